// registre checkpoint seal, registre proof tag: completeness.
#include "cmd/registre/tag_proof.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/progress.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"
#include "cmd/registre/trust.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/checkpoint.h"

namespace registre::cli {
namespace {

constexpr std::string_view kOfTheServer =
    "It fits the seal that the server gave. No key was looked at, nor that the seal stands in the "
    "log: --key does\nboth, and `registre bundle` writes what proves it with no server.";
constexpr std::string_view kOfTheSeal =
    "The seal commits the authority to it. That the sealed directory itself leaves no event out, a "
    "full\n`registre verify ledger` of the data folder alone proves.";

absl::Status AnswerInvalid(std::string why) {
  return Error(absl::StatusCode::kInternal, "ANSWER_INVALID", std::move(why));
}

// "1 event", "2 events".
std::string EventsText(uint64_t count) {
  return count == 1 ? "1 event" : fmt::format("{} events", count);
}

// What the proof says of the tag, as a sentence.
std::string VerdictOn(const std::string& tag, const ProvenTag& proven) {
  const uint64_t through = proven.seal.act().directory_sealed().through_position();
  if (proven.events > 0) {
    return fmt::format("{} has {} through position #{}, the last at #{}: no more and no fewer.",
                       tag, EventsText(proven.events), through,
                       proven.entries.front().entry.last_position);
  }
  const std::string first = OneLine(proven.entries.front().entry.tag);
  const std::string place =
      proven.entries.size() == 2 ? fmt::format("between {} and {}, which follow each other", first,
                                               OneLine(proven.entries.back().entry.tag))
      : proven.entries.front().index == 0 ? fmt::format("before {}, which is the first", first)
                                          : fmt::format("after {}, which is the last", first);
  return fmt::format(
      "{} has no event through position #{}. In the sealed directory it would stand {}.", tag,
      through, place);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The seal, for PrintPairs.
Pairs DescribeSeal(const ProvenTag& proven, Client& client) {
  const v1::DirectorySealed& sealed = proven.seal.act().directory_sealed();
  return {{"Seal", fmt::format("event at position #{}, recorded on {}", proven.seal.position(),
                               LedgerTime(client).Text(proven.seal.recorded_at()))},
          {"Through", fmt::format("position #{}", sealed.through_position())},
          {"Tags", fmt::format("{}", sealed.count())},
          {"Root of the tags", Base64Of(*HashFromBytes(sealed.root()))}};
}

// What the server says, with no key.
void TellOfServer(const Args& args, const ProvenTag& proven,
                  const v1::GetTagProofResponse& response, Client& client, Console& console) {
  if (args.json) {
    PrintJson(console.out, response);
    return;
  }
  console.out << "As the server says: " << VerdictOn(args.subject, proven) << "\n\n";
  Pairs pairs = DescribeSeal(proven, client);
  pairs.emplace_back("Proof of the seal",
                     fmt::format("registre proof inclusion {}", proven.seal.position()));
  PrintPairs(console.out, console.width, pairs);
  console.out << '\n' << kOfTheServer << '\n' << kOfTheSeal << '\n';
}

// What the checkpoint holds and the seal says nothing of; empty where that is the seal alone.
std::string NotCovered(const ProvenTag& proven, uint64_t size) {
  const uint64_t first = proven.seal.act().directory_sealed().through_position() + 1;
  if (first == proven.seal.position() && size == first + 1) return "";
  return fmt::format(
      "#{} to #{}, where the tag may have more events; the server chose this seal, and "
      "`registre checkpoint seal` makes a newer one",
      first, size - 1);
}

// What is verified under the keys given.
void TellVerified(const Args& args, const ProvenTag& proven, const TrustedCheckpoint& trusted,
                  const TrustPolicy& policy, Client& client, Console& console) {
  const v1::DirectorySealed& sealed = proven.seal.act().directory_sealed();
  if (args.json) {
    google::protobuf::Struct json;
    auto& fields = *json.mutable_fields();
    fields["verified"].set_bool_value(true);
    fields["tag"].set_string_value(args.subject);
    fields["events"].set_string_value(fmt::format("{}", proven.events));
    fields["through_position"].set_string_value(fmt::format("{}", sealed.through_position()));
    fields["seal_position"].set_string_value(fmt::format("{}", proven.seal.position()));
    DescribeCheckpoint(trusted, policy, &json);
    PrintJson(console.out, json);
    return;
  }
  console.out << "Verified: " << VerdictOn(args.subject, proven) << "\n\n";
  Pairs pairs = DescribeSeal(proven, client);
  const std::string not_covered = NotCovered(proven, trusted.checkpoint.size);
  if (!not_covered.empty()) pairs.emplace_back("Not covered", not_covered);
  for (auto& pair : DescribeCheckpoint(trusted, policy)) pairs.push_back(std::move(pair));
  PrintPairs(console.out, console.width, pairs);
  console.out << '\n' << kOfTheSeal << '\n';
}

// A server that answers badly.
int FailAnswer(const absl::Status& status, const Args& args, Console& console) {
  return Fail(Annotate(status, "what the server gave does not verify: "), args, console);
}

}  // namespace

absl::StatusOr<Proof> ProofOf(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  Proof proof;
  for (const std::string& bytes : hashes) {
    const auto hash = HashFromBytes(bytes);
    if (!hash) {
      return AnswerInvalid(
          fmt::format("the server answered with a hash of {} bytes", bytes.size()));
    }
    proof.push_back(*hash);
  }
  return proof;
}

absl::StatusOr<ProvenTag> VerifyTagProof(const std::string& tag,
                                         const v1::GetTagProofResponse& response) {
  ProvenTag proven;
  proven.seal_bytes = response.seal().event();
  const bool is_seal = proven.seal.ParseFromString(proven.seal_bytes) &&
                       proven.seal.act().has_directory_sealed() &&
                       proven.seal.position() == response.seal().position();
  if (!is_seal) return AnswerInvalid("the event that the server gives as the seal is none");
  const v1::DirectorySealed& sealed = proven.seal.act().directory_sealed();
  const std::optional<Hash> root = HashFromBytes(sealed.root());
  if (!root || sealed.through_position() >= proven.seal.position()) {
    return AnswerInvalid("the server's seal seals what cannot be sealed");
  }
  for (const v1::DirectoryEntry& entry : response.entries()) {
    auto proof = ProofOf(entry.hashes());
    if (!proof.ok()) return proof.status();
    proven.entries.push_back({.entry = {.tag = entry.tag(),
                                        .events = entry.events(),
                                        .last_position = entry.last_position()},
                              .index = entry.index(),
                              .proof = *std::move(proof)});
  }
  const auto events = VerifyTag(tag, sealed.count(), *root, proven.entries);
  if (!events.ok()) return events.status();
  proven.events = *events;
  if (*events > 0 && proven.entries.front().entry.last_position > sealed.through_position()) {
    return Error(absl::StatusCode::kInvalidArgument, "PROOF_INVALID",
                 "the sealed tag ends after the seal's end");
  }
  return proven;
}

absl::Status AskForSealProof(Client& client, const ProvenTag& proven, uint64_t size,
                             v1::GetInclusionProofResponse* response) {
  v1::GetInclusionProofRequest request;
  request.set_position(proven.seal.position());
  request.set_size(size);
  return Call(*client.audit, &v1::AuditService::Stub::GetInclusionProof, request, response);
}

absl::Status VerifySealIn(const ProvenTag& proven, const v1::GetInclusionProofResponse& response,
                          const Checkpoint& checkpoint) {
  const uint64_t position = proven.seal.position();
  const auto proof = ProofOf(response.hashes());
  const absl::Status included = proof.ok()
                                    ? VerifyInclusion(LeafHash(proven.seal_bytes), position,
                                                      checkpoint.size, *proof, checkpoint.root)
                                    : proof.status();
  return Annotate(included, fmt::format("the seal at #{}: ", position));
}

int RunSeal(const Args& args, Client& client, Console& console) {
  // No deadline: it takes as long as there are tags, and the server says how far it is.
  grpc::ClientContext context;
  const auto stream = client.audit->SealDirectory(&context, v1::SealDirectoryRequest());
  v1::SealDirectoryResponse response;
  {
    Progress progress(console.err, console.progress);
    while (stream->Read(&response)) {
      progress.Update(response.tags(), 0, fmt::format("{} tags", response.tags()));
      if (args.json) PrintJson(console.out, response);
    }
  }
  const absl::Status status = FromGrpc(stream->Finish());
  if (!status.ok()) return Fail(status, args, console);
  if (!response.done()) {
    return Fail(AnswerInvalid("the server's seal has no end; seal again"), args, console);
  }
  if (args.json) return kExitDone;
  console.out << fmt::format(
      "répertoire scellé : {}, à la position #{} ; point de contrôle de {}\n",
      Count(static_cast<int64_t>(response.count()), "étiquette"), response.position(),
      Count(static_cast<int64_t>(response.checkpoint().size()), "événement"));
  return kExitDone;
}

int RunProofOfTag(const Args& args, Client& client, Console& console) {
  const auto policy = ReadTrust(args.audit);
  if (!policy.ok()) return Fail(policy.status(), args, console);
  v1::GetTagProofRequest request;
  request.set_tag(args.subject);
  v1::GetTagProofResponse response;
  absl::Status asked =
      Call(*client.audit, &v1::AuditService::Stub::GetTagProof, request, &response);
  if (!asked.ok()) return Fail(asked, args, console);
  const absl::StatusOr<ProvenTag> proven = VerifyTagProof(args.subject, response);
  if (!proven.ok()) return FailAnswer(proven.status(), args, console);
  if (policy->logs.empty()) {
    TellOfServer(args, *proven, response, client, console);
    return kExitDone;
  }
  v1::GetCheckpointResponse head;
  asked = Call(*client.audit, &v1::AuditService::Stub::GetCheckpoint, v1::GetCheckpointRequest(),
               &head);
  if (!asked.ok()) return Fail(asked, args, console);
  const auto trusted = VerifyCheckpoint(head.checkpoint().note(), *policy);
  if (!trusted.ok()) {
    return FailAnswer(Annotate(trusted.status(), "the checkpoint: "), args, console);
  }
  v1::GetInclusionProofResponse seal_proof;
  asked = AskForSealProof(client, *proven, trusted->checkpoint.size, &seal_proof);
  if (!asked.ok()) return Fail(asked, args, console);
  const absl::Status sealed = VerifySealIn(*proven, seal_proof, trusted->checkpoint);
  if (!sealed.ok()) return FailAnswer(sealed, args, console);
  TellVerified(args, *proven, *trusted, *policy, client, console);
  return kExitDone;
}

}  // namespace registre::cli
