// Seals and proofs of tags over gRPC.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/directory.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "tests/services/services_fixture.h"

namespace registre::testing::audit_seal_test {
namespace {

class AuditSealTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    audit_ = v1::AuditService::NewStub(channel_);
  }
  grpc::Status Seal(v1::SealDirectoryResponse* response) {
    grpc::ClientContext context;
    const auto stream = audit_->SealDirectory(&context, v1::SealDirectoryRequest());
    while (stream->Read(response)) {
    }
    return stream->Finish();
  }
  v1::SealDirectoryResponse MustSeal() {
    v1::SealDirectoryResponse response;
    const grpc::Status status = Seal(&response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(response.done());
    return response;
  }
  grpc::Status Prove(const std::string& tag, v1::GetTagProofResponse* response) {
    grpc::ClientContext context;
    v1::GetTagProofRequest request;
    request.set_tag(tag);
    return audit_->GetTagProof(&context, request, response);
  }
  // How many events the last seal proves that the tag has; and the position of the seal.
  uint64_t EventsOf(const std::string& tag, uint64_t* position) {
    v1::GetTagProofResponse response;
    const grpc::Status status = Prove(tag, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    v1::Event seal;
    EXPECT_TRUE(seal.ParseFromString(response.seal().event()));
    EXPECT_EQ(seal.position(), response.seal().position());
    *position = seal.position();
    std::vector<ProvenEntry> entries;
    for (const v1::DirectoryEntry& entry : response.entries()) {
      Proof proof;
      for (const std::string& hash : entry.hashes()) proof.push_back(*HashFromBytes(hash));
      entries.push_back(
          {{entry.tag(), entry.events(), entry.last_position()}, entry.index(), proof});
    }
    const v1::DirectorySealed& act = seal.act().directory_sealed();
    const auto events = VerifyTag(tag, act.count(), *HashFromBytes(act.root()), entries);
    EXPECT_TRUE(events.ok()) << events.status();
    return events.value_or(~uint64_t{0});
  }

  std::unique_ptr<v1::AuditService::Stub> audit_;
};

TEST_F(AuditSealTest, BeforeThereIsAnythingToSeal) {
  v1::SealDirectoryResponse response;
  EXPECT_EQ(InfoOf(Seal(&response)).reason(), "LEDGER_NOT_OPENED");
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  EXPECT_EQ(InfoOf(Seal(&response)).reason(), "NOTHING_TO_SEAL");
  EXPECT_EQ(Seal(&response).error_code(), grpc::FAILED_PRECONDITION);
  v1::GetTagProofResponse proof;
  EXPECT_EQ(InfoOf(Prove("structure:a", &proof)).reason(), "NOT_SEALED");
  EXPECT_EQ(Prove("structure:a", &proof).error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(Prove("structures", &proof)).reason(), "FIELD_INVALID");
  EXPECT_EQ(Prove("", &proof).error_code(), grpc::INVALID_ARGUMENT);
}

TEST_F(AuditSealTest, EveryTagOfTheRealDeliberation) {
  RecordReal();
  std::map<std::string, uint64_t> tags;
  for (uint64_t i = 0; i < size_; ++i) {
    v1::Event event;
    event.ParseFromString(ledger_->log().Get({i})->front());
    for (const v1::TagLink& link : event.tags()) tags[link.tag()] = link.sequence();
  }
  const v1::SealDirectoryResponse sealed = MustSeal();
  EXPECT_EQ(sealed.position(), size_);
  EXPECT_EQ(sealed.count(), tags.size());
  EXPECT_TRUE(sealed.checkpoint().sealed());
  EXPECT_EQ(sealed.checkpoint().size(), size_ + 1) << "it holds the seal";
  EXPECT_TRUE(checkpoints_->Get(size_ + 1)->sealed()) << "it is kept";
  uint64_t position = 0;
  for (const auto& [tag, events] : tags) {
    EXPECT_EQ(EventsOf(tag, &position), events) << tag;
    EXPECT_EQ(position, size_);
  }
  for (const char* absent : {"application:0", "structure:zzzz", "convention:2023-00963.1"}) {
    EXPECT_EQ(EventsOf(absent, &position), 0u) << absent;
  }
  // Another finds nothing new.
  const v1::SealDirectoryResponse again = MustSeal();
  EXPECT_EQ(again.position(), sealed.position());
  EXPECT_EQ(again.count(), sealed.count());
  EXPECT_EQ(ledger_->log().size(), size_ + 1);
  // One after an act is new.
  ASSERT_TRUE(Record("later", {RegisterStructure("st-later")}).ok());
  EXPECT_EQ(EventsOf("structure:st-later", &position), 0u);
  EXPECT_EQ(MustSeal().position(), size_ + 2);
  EXPECT_EQ(EventsOf("structure:st-later", &position), 1u);
  EXPECT_EQ(position, size_ + 2);
  const auto report = ledger_->Check(nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->differences, std::vector<std::string>());
}

TEST_F(AuditSealTest, TheEnvelopeSaysWhoSealed) {
  ASSERT_TRUE(Record("open", {OpenTestLedger(), RegisterStructure("st-a")}).ok());
  const uint64_t position = MustSeal().position();
  v1::Event event;
  event.ParseFromString(ledger_->log().Get({position})->front());
  EXPECT_EQ(event.actor().role(), "local");
  EXPECT_EQ(event.actor().subject(), "local");
  EXPECT_EQ(event.command_id().substr(0, 7), "seal-1-");
  EXPECT_EQ(event.unit_size(), 1u);
  EXPECT_EQ(event.fingerprint().size(), 33u);
}

// Seals at once: one at a time, and each that is answered is recorded once.
TEST_F(AuditSealTest, OneAtATime) {
  RecordReal();
  std::vector<std::thread> threads;
  std::vector<grpc::Status> answers(8);
  std::vector<v1::SealDirectoryResponse> responses(answers.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] { answers[i] = Seal(&responses[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  size_t sealed = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].ok()) {
      ++sealed;
      EXPECT_EQ(responses[i].position(), size_) << "nothing else was recorded";
    } else {
      EXPECT_EQ(InfoOf(answers[i]).reason(), "SEAL_RUNNING") << answers[i].error_message();
      EXPECT_EQ(answers[i].error_code(), grpc::RESOURCE_EXHAUSTED);
    }
  }
  EXPECT_GT(sealed, 0u);
  EXPECT_EQ(ledger_->log().size(), size_ + 1);
}

TEST_F(AuditSealTest, OneThatIsCancelledRecordsNothing) {
  RecordReal();
  {
    grpc::ClientContext context;
    context.TryCancel();
    const auto stream = audit_->SealDirectory(&context, v1::SealDirectoryRequest());
    v1::SealDirectoryResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
  }
  // The next one waits for nothing of it.
  EXPECT_EQ(MustSeal().position(), size_);
}

}  // namespace
}  // namespace registre::testing::audit_seal_test
