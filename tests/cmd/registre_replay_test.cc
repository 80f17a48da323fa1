// registre convention --replay, proof tag and checkpoint seal, run as from a shell against a server
// that tells the truth, or not. Its log is test data.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ledger/proof/checkpoint.h"
#include "projections/fold.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "services/status.h"
#include "tests/cmd/registre_fake.h"
#include "tests/support/bundle_world.h"
#include "tests/support/test_keys.h"

namespace registre::cli::registre_replay_test {
namespace {

using ::testing::AllOf;
using testing::BundleWorld;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A server that answers what a test makes of what is true.
struct FakeAuditor final : v1::AuditService::Service {
  grpc::Status Replay(grpc::ServerContext*, const v1::ReplayRequest* request,
                      grpc::ServerWriter<v1::ReplayResponse>* writer) override {
    asked = *request;
    for (const v1::ReplayResponse& message : messages) {
      if (message.has_checkpoint() && !request->with_proofs()) continue;
      if (message.event().event().position() < request->from_position()) continue;
      if (!writer->Write(message)) break;
    }
    return ToGrpcStatus(replay_end);
  }
  grpc::Status GetTagProof(grpc::ServerContext*, const v1::GetTagProofRequest*,
                           v1::GetTagProofResponse* response) override {
    *response = tag_proof;
    return ToGrpcStatus(tag_proof_status);
  }
  grpc::Status GetInclusionProof(grpc::ServerContext*, const v1::GetInclusionProofRequest*,
                                 v1::GetInclusionProofResponse* response) override {
    *response = seal_proof;
    return ToGrpcStatus(seal_proof_status);
  }
  grpc::Status GetCheckpoint(grpc::ServerContext*, const v1::GetCheckpointRequest*,
                             v1::GetCheckpointResponse* response) override {
    *response->mutable_checkpoint() = messages.front().checkpoint();
    return grpc::Status::OK;
  }
  grpc::Status SealDirectory(grpc::ServerContext*, const v1::SealDirectoryRequest*,
                             grpc::ServerWriter<v1::SealDirectoryResponse>* writer) override {
    v1::SealDirectoryResponse response;
    response.set_tags(3);
    writer->Write(response);
    response.set_done(seal_ends);
    response.set_position(8);
    response.set_count(7);
    response.mutable_checkpoint()->set_size(9);
    writer->Write(response);
    return grpc::Status::OK;
  }

  std::vector<v1::ReplayResponse> messages;  // the checkpoint first
  v1::ReplayRequest asked;
  absl::Status replay_end;
  v1::GetTagProofResponse tag_proof;
  absl::Status tag_proof_status;
  v1::GetInclusionProofResponse seal_proof;
  absl::Status seal_proof_status;
  bool seal_ends = true;
};

template <typename Hashes>
void SetHashes(const Proof& proof, Hashes* hashes) {
  for (const Hash& hash : proof) hashes->Add(BytesOf(hash));
}

class ReplayCommand : public ::testing::Test {
 protected:
  ReplayCommand() {
    TellTheTruth();
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&server_);
    grpc_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~ReplayCommand() override { grpc_->Shutdown(); }

  Proof ProofAt(uint64_t position) const {
    return *InclusionProof(position, world_.events.size(), world_.Hashes());
  }
  void TellTheTruth() {
    server_.messages.clear();
    server_.messages.emplace_back().mutable_checkpoint()->set_note(world_.Note());
    v1::Row row;
    for (const v1::Event& event : world_.events) {
      for (const v1::TagLink& link : event.tags()) {
        if (link.tag() != BundleWorld::kTag) continue;
        Fold(Direction::kApply, event, BundleWorld::kTag, &row);
        v1::ReplayedEvent* replayed = server_.messages.emplace_back().mutable_event();
        replayed->mutable_event()->set_position(event.position());
        replayed->mutable_event()->set_event(event.SerializeAsString());
        *replayed->mutable_state() = row;
        SetHashes(ProofAt(event.position()), replayed->mutable_hashes());
      }
    }
    SetTagProof(BundleWorld::kTag);
    server_.seal_proof.clear_hashes();
    SetHashes(ProofAt(world_.seal), server_.seal_proof.mutable_hashes());
  }
  void SetTagProof(const std::string& tag) {
    server_.tag_proof.Clear();
    server_.tag_proof.mutable_seal()->set_position(world_.seal);
    server_.tag_proof.mutable_seal()->set_event(world_.events[world_.seal].SerializeAsString());
    for (const ProvenEntry& proven : testing::EntriesFor(world_.directory, tag)) {
      v1::DirectoryEntry* entry = server_.tag_proof.add_entries();
      entry->set_tag(proven.entry.tag);
      entry->set_events(proven.entry.events);
      entry->set_last_position(proven.entry.last_position);
      entry->set_index(proven.index);
      SetHashes(proven.proof, entry->mutable_hashes());
    }
  }

  Outcome Cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--server", address_});
    return RunCli(std::move(arguments));
  }
  Outcome Replay(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"convention", "c1", "--replay"});
    return Cli(std::move(options));
  }
  Outcome Verify(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"--verify", "--key", key_});
    return Replay(std::move(options));
  }
  // Refused, with what is wrong and where; what came before it was verified, and is shown.
  void ExpectFound(const std::string& where, const std::string& what) {
    const Outcome outcome = Verify();
    EXPECT_EQ(outcome.exit, kExitRefused) << outcome.out;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("not verified: "), HasSubstr(where), HasSubstr(what)));
    EXPECT_THAT(outcome.out, Not(HasSubstr("Verified")));
    TellTheTruth();
    EXPECT_EQ(Verify().exit, kExitDone);
  }
  v1::ReplayedEvent* Event(int number) { return server_.messages.at(number).mutable_event(); }

  BundleWorld world_;
  const std::string key_ = FormatVerifierKey(world_.policy().logs[0].key);
  FakeAuditor server_;
  std::unique_ptr<grpc::Server> grpc_;
  std::string address_;
};

TEST_F(ReplayCommand, EachEventAndTheStateAfterIt) {
  const Outcome outcome = Replay();
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_FALSE(server_.asked.with_proofs());
  EXPECT_EQ(server_.asked.tag(), "convention:c1");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("#2  "), HasSubstr("convention_signed"),
                                 HasSubstr("#9  "), HasSubstr("payment_ordered")));
  EXPECT_THAT(outcome.out, HasSubstr("mandaté 1 000,05*, payé 0,00"));
  EXPECT_THAT(outcome.out, HasSubstr("mandaté 2 000,10*, payé 0,00"));
  EXPECT_THAT(outcome.out, HasSubstr("ce qui change : signée le 13/07/2023, montant + 12 345,50"));
  EXPECT_THAT(outcome.out, HasSubstr("ce qui change : mandaté + 1 000,05"));
  EXPECT_THAT(outcome.out, HasSubstr("sans effet sur ces montants"));
  EXPECT_THAT(outcome.out, HasSubstr("* supposé"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("Verified")));
}

TEST_F(ReplayCommand, BetweenTwoPoints) {
  Outcome outcome = Replay({"--from", "6", "--known-at", "#8", "--as-of", "2023-12-31"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_EQ(server_.asked.from_position(), 6u);
  EXPECT_EQ(server_.asked.as_of().position(), 8u);
  EXPECT_EQ(server_.asked.as_of().effective_on().year(), 2023);
  EXPECT_THAT(outcome.out, Not(HasSubstr("convention_signed")));
  // Verified from the first event on all the same, in effect or not.
  outcome = Verify({"--from", "6", "--as-of", "2023-08-31"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_EQ(server_.asked.from_position(), 0u);
  EXPECT_FALSE(server_.asked.as_of().has_effective_on());
  EXPECT_THAT(outcome.out, Not(HasSubstr("convention_signed")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("payment_ordered"))) << "on the first of September";
  EXPECT_THAT(outcome.out, HasSubstr("Verified: 5 events"));
}

TEST_F(ReplayCommand, AsJson) {
  const Outcome outcome = Cli({"--output", "json", "convention", "c1", "--replay", "--verify",
                               "--key", key_, "--from", "9"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("{\"checkpoint\":{"), HasSubstr("{\"event\":{"),
                                 HasSubstr("\"position\":\"9\"")));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
}

TEST_F(ReplayCommand, WhatIsTrueIsVerified) {
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_TRUE(server_.asked.with_proofs());
  EXPECT_THAT(outcome.out, HasSubstr("Verified: 5 events of convention:c1 from the first"));
  EXPECT_THAT(outcome.out, HasSubstr("all 4 through position #7, as sealed at #8"));
  EXPECT_THAT(outcome.out, HasSubstr(key_));
}

TEST_F(ReplayCommand, WhatIsNotProvenCompleteSaysSo) {
  server_.tag_proof_status =
      Error(absl::StatusCode::kFailedPrecondition, "NOT_SEALED", "nothing is sealed");
  Outcome outcome = Verify();
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("nothing is sealed: the last event may not be the last"));
  server_.tag_proof_status = absl::OkStatus();
  outcome = Verify({"--known-at", "#9"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("--known-at cuts the history"));
  server_.tag_proof_status = Error(absl::StatusCode::kDataLoss, "SEAL_DIFFERENT", "other tags");
  EXPECT_EQ(Verify().exit, kExitRefused);
}

TEST_F(ReplayCommand, AChangedEventIsFound) {
  std::string* bytes = Event(2)->mutable_event()->mutable_event();
  bytes->back() = static_cast<char>(bytes->back() ^ 1);
  const Outcome outcome = Verify();
  EXPECT_THAT(outcome.out, HasSubstr("#2  ")) << "what was verified before it";
  EXPECT_THAT(outcome.out, Not(HasSubstr("#5  ")));
  ExpectFound("position 5", "do not stand there in the log of the checkpoint");
}

TEST_F(ReplayCommand, AChangedStateIsFound) {
  Event(3)->mutable_state()->mutable_convention()->set_amount_cents(1);
  ExpectFound("position 6", "the state after it is not what the events add up to");
}

TEST_F(ReplayCommand, ADroppedEventIsFound) {
  server_.messages.erase(server_.messages.begin() + 3);
  ExpectFound("position 7", "events are missing, or out of place");
  server_.messages.erase(server_.messages.begin() + 1);
  ExpectFound("position 5", "events are missing, or out of place");
  // At the end of what is sealed, and all of it.
  server_.messages.resize(4);
  ExpectFound("position 7", "has 4 events up to there as sealed");
  server_.messages.resize(1);
  ExpectFound("position 7", "has 4 events up to there as sealed");
}

TEST_F(ReplayCommand, AWrongProofIsFound) {
  Event(1)->mutable_hashes(0)->front() ^= 1;
  ExpectFound("position 2", "do not stand there");
  Event(1)->mutable_hashes(0)->pop_back();
  ExpectFound("position 2", "a hash of 31 bytes");
  server_.seal_proof.mutable_hashes(0)->front() ^= 1;
  ExpectFound("the seal at #8", "");
}

TEST_F(ReplayCommand, AWrongKeyOrNoneIsRefused) {
  const std::string other = FormatVerifierKey(TestLogKey(BundleWorld::kOrigin, TestKey('X')));
  Outcome outcome = Replay({"--verify", "--key", other});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("LOG_UNKNOWN"));
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(Replay({"--verify"}).exit, kExitUsage);
  outcome = Replay({"--verify", "--key", "/nowhere"});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("FILE_UNREADABLE"));
}

TEST_F(ReplayCommand, MessagesOutOfPlaceAreFound) {
  server_.messages.erase(server_.messages.begin());
  ExpectFound("", "no checkpoint before the events");
  server_.messages.push_back(server_.messages.front());
  ExpectFound("", "or another after it");
  server_.messages.clear();
  ExpectFound("", "the server gave no checkpoint");
}

TEST_F(ReplayCommand, AFalseSealIsFound) {
  server_.tag_proof.mutable_entries(0)->set_events(3);
  Outcome outcome = Verify();
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("PROOF_INVALID"));
  TellTheTruth();
  server_.tag_proof.mutable_seal()->set_event(world_.events[2].SerializeAsString());
  outcome = Verify();
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("as the seal is none"));
}

TEST_F(ReplayCommand, ErrorsOfTheServer) {
  server_.messages.clear();
  server_.replay_end = Error(absl::StatusCode::kNotFound, "NOT_FOUND", "there is no convention c1");
  for (const Outcome& outcome : {Replay(), Verify()}) {
    EXPECT_EQ(outcome.exit, kExitRefused);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("NOT_FOUND"), HasSubstr("convention list")));
  }
  TellTheTruth();
  Event(1)->mutable_event()->set_event("\xff");
  server_.replay_end = absl::OkStatus();
  const Outcome outcome = Replay();
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("DATA_LOSS"));
}

TEST_F(ReplayCommand, ProofOfATagThatIsThere) {
  const Outcome outcome = Cli({"proof", "tag", "convention:c1"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("As the server says: convention:c1 has 4 events through position #7, the "
                        "last at #7: no more and no fewer."));
  EXPECT_THAT(outcome.out, HasSubstr("event at position #8, recorded on 14/11/2023"));
  // No key was given: nothing is verified.
  EXPECT_THAT(outcome.out, Not(HasSubstr("Verified")));
  EXPECT_THAT(outcome.out, HasSubstr("registre proof inclusion 8\n"));
  EXPECT_THAT(outcome.out, HasSubstr("No key was looked at"));
  EXPECT_THAT(outcome.out, HasSubstr("registre verify ledger"));
}

TEST_F(ReplayCommand, ProofOfATagThatIsNot) {
  const std::vector<std::pair<std::string, std::string>> absent = {
      {"convention:c2", "between convention:c1 and convention:c3, which follow each other"},
      {"application:1", "before budget_line:65-748, which is the first"},
      {"structure:s9", "after structure:s2, which is the last"}};
  for (const auto& [tag, place] : absent) {
    SetTagProof(tag);
    const Outcome outcome = Cli({"proof", "tag", tag});
    EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr(tag + " has no event through position #7"), HasSubstr(place)));
  }
  // What proves nothing of it.
  const Outcome outcome = Cli({"proof", "tag", "convention:c2"});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("does not verify"), HasSubstr("PROOF_INVALID")));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST_F(ReplayCommand, ProofOfATagUnderAKey) {
  const Outcome outcome = Cli({"proof", "tag", "convention:c1", "--key", key_});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Verified: convention:c1 has 4 events through position #7"));
  EXPECT_THAT(outcome.out, HasSubstr("Signed by"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("No key was looked at")));
}

TEST_F(ReplayCommand, ProofOfATagSaysWhatTheSealDoesNotCover) {
  // The world's last event stands behind its seal.
  Outcome outcome = Cli({"proof", "tag", "convention:c1", "--key", key_});
  EXPECT_THAT(outcome.out, HasSubstr("Not covered       #8 to #9, where the tag may have more"));
  outcome = Cli({"--output", "json", "proof", "tag", "convention:c1", "--key", key_});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("\"verified\":true"), HasSubstr("\"events\":\"4\""),
                    HasSubstr("\"through_position\":\"7\""), HasSubstr("\"size\":\"10\""),
                    HasSubstr("\"origin\":\"example.org/registre\""), HasSubstr(key_)));
}

TEST_F(ReplayCommand, ProofOfATagOfABusyServerIsNoBadProof) {
  server_.seal_proof_status = Error(absl::StatusCode::kResourceExhausted, "READS_FULL", "later");
  const Outcome outcome = Cli({"proof", "tag", "convention:c1", "--key", key_});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("READS_FULL"), Not(HasSubstr("does not verify"))));
  EXPECT_THAT(outcome.out, IsEmpty());
  // A key that cannot be read is said before anyone is asked.
  EXPECT_THAT(
      RunCli({"--server", "127.0.0.1:1", "proof", "tag", "convention:c1", "--key", "nofile"}).err,
      HasSubstr("nofile"));
}

TEST_F(ReplayCommand, ProofOfATagWhoseSealIsNotInTheLog) {
  server_.seal_proof.mutable_hashes(0)->front() ^= 1;
  Outcome outcome = Cli({"proof", "tag", "convention:c1", "--key", key_});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("does not verify"), HasSubstr("the seal at #8")));
  EXPECT_THAT(outcome.out, IsEmpty());
  // Nor is a hash that is none looked at.
  server_.seal_proof.add_hashes("short");
  outcome = Cli({"proof", "tag", "convention:c1", "--key", key_});
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("ANSWER_INVALID"), HasSubstr("a hash of 5 bytes")));
}

TEST_F(ReplayCommand, ProofOfATagUnderACheckpointThatNobodyTrusted) {
  std::string* note = server_.messages.front().mutable_checkpoint()->mutable_note();
  note->replace(note->find('\n'), 1, "x\n");
  const Outcome outcome = Cli({"proof", "tag", "convention:c1", "--key", key_});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("does not verify"), HasSubstr("the checkpoint: ")));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST_F(ReplayCommand, ProofOfATagAsJson) {
  const Outcome outcome = Cli({"--output", "json", "proof", "tag", "convention:c1"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"events\":\"4\""));
}

TEST_F(ReplayCommand, Seals) {
  Outcome outcome = Cli({"checkpoint", "seal"});
  EXPECT_EQ(outcome.exit, kExitDone) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("répertoire scellé : 7 étiquettes, à la position #8 ; point de "
                        "contrôle de 9 événements"));
  outcome = Cli({"--output", "json", "checkpoint", "seal"});
  EXPECT_THAT(outcome.out, HasSubstr("\"done\":true"));
  server_.seal_ends = false;
  outcome = Cli({"checkpoint", "seal"});
  EXPECT_EQ(outcome.exit, kExitRefused);
  EXPECT_THAT(outcome.err, HasSubstr("has no end"));
}

}  // namespace
}  // namespace registre::cli::registre_replay_test
