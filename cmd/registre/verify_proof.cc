// registre verify proof, registre verify checkpoint: with no server.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "cmd/registre/trust.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/encoding.h"
#include "ledger/proof/time_stamp.h"
#include "ledger/proof/tree_proof.h"

namespace registre::cli {
namespace {

// Largest event: what a unit may hold, and its envelope.
constexpr size_t kMaxEventFileBytes = 4 * 1024 * 1024;
// A consistency proof: a hash in base64 is a line of 45 bytes.
constexpr size_t kMaxProofFileBytes = 64 * 45;

// A checkpoint of a file, which the policy accepts. Errors name the file.
absl::StatusOr<TrustedCheckpoint> ReadCheckpoint(const std::string& path,
                                                 const TrustPolicy& policy) {
  const absl::StatusOr<std::string> note = ReadWholeFile(path, kMaxNoteBytes);
  if (!note.ok()) return note.status();
  absl::StatusOr<TrustedCheckpoint> trusted = VerifyCheckpoint(*note, policy);
  if (!trusted.ok()) return Annotate(trusted.status(), path + ": ");
  return trusted;
}

// Hashes, one a line, as `registre proof consistency` prints them.
absl::StatusOr<Proof> ReadConsistencyProof(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadWholeFile(path, kMaxProofFileBytes);
  if (!text.ok()) return text.status();
  Proof proof;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::optional<std::string_view> line = TakeLine(&rest);
    const std::optional<Hash> hash = line ? HashFromBase64(*line) : std::nullopt;
    if (!hash) {
      return Error(
          absl::StatusCode::kInvalidArgument, "PROOF_INVALID",
          fmt::format("{}: line {} is not a hash, 32 bytes in base64", path, proof.size() + 1));
    }
    proof.push_back(*hash);
  }
  return proof;
}

// What was verified, for a person and for a program.
struct Verdict {
  std::string sentence;
  std::vector<std::pair<std::string, std::string>> pairs;
  google::protobuf::Struct json;

  void Add(const char* field, const char* label, const std::string& value) {
    Add(field, value, label, value);
  }
  void Add(const char* field, const std::string& json_value, const char* label,
           const std::string& value) {
    (*json.mutable_fields())[field].set_string_value(json_value);
    pairs.emplace_back(label, value);
  }
};

int Tell(Verdict verdict, const TrustedCheckpoint& trusted, const TrustPolicy& policy,
         const Args& args, Console& console) {
  if (args.json) {
    (*verdict.json.mutable_fields())["verified"].set_bool_value(true);
    DescribeCheckpoint(trusted, policy, &verdict.json);
    PrintJson(console.out, verdict.json);
    return kExitDone;
  }
  console.out << "Verified: " << verdict.sentence << "\n\n";
  std::vector<std::pair<std::string, std::string>> pairs = DescribeCheckpoint(trusted, policy);
  pairs.insert(pairs.end(), verdict.pairs.begin(), verdict.pairs.end());
  PrintPairs(console.out, console.width, pairs);
  return kExitDone;
}

// That the event of `args` stands in a log that the policy knows.
int VerifyInclusionFile(const Args& args, const TrustPolicy& policy, Console& console) {
  const std::string& path = args.audit.file;
  const absl::StatusOr<std::string> text = ReadWholeFile(path, kMaxTlogProofBytes);
  if (!text.ok()) return Fail(text.status(), args, console);
  const absl::StatusOr<TlogProof> proof = ParseTlogProof(*text);
  if (!proof.ok()) return Fail(Annotate(proof.status(), path + ": "), args, console);
  const absl::StatusOr<TrustedCheckpoint> trusted = VerifyCheckpoint(proof->checkpoint, policy);
  if (!trusted.ok()) return Fail(Annotate(trusted.status(), path + ": "), args, console);
  const absl::StatusOr<std::string> event = ReadWholeFile(args.audit.event, kMaxEventFileBytes);
  if (!event.ok()) return Fail(event.status(), args, console);
  const Checkpoint& checkpoint = trusted->checkpoint;
  const absl::Status included = VerifyInclusion(LeafHash(*event), proof->index, checkpoint.size,
                                                proof->hashes, checkpoint.root);
  if (!included.ok()) {
    return Fail(Annotate(included, fmt::format("{} with {}: ", path, args.audit.event)), args,
                console);
  }
  Verdict verdict;
  verdict.sentence = fmt::format("{} holds, byte for byte, the event at position {} of the log.",
                                 args.audit.event, proof->index);
  verdict.Add("position", "Position", fmt::format("{}", proof->index));
  verdict.Add("event_sha256", "SHA-256 of the event", HexOf(Sha256(*event)));
  return Tell(std::move(verdict), *trusted, policy, args, console);
}

// That the log of --older is the start of the checkpoint's.
absl::Status VerifyOlder(const AuditArgs& args, const Checkpoint& newer, const TrustPolicy& policy,
                         Verdict* verdict) {
  const absl::StatusOr<TrustedCheckpoint> older = ReadKeptCheckpoint(args.older, policy);
  if (!older.ok()) return older.status();
  if (older->checkpoint.origin != newer.origin) {
    return Error(
        absl::StatusCode::kInvalidArgument, "ORIGIN_DIFFERENT",
        fmt::format("{} is of the log {}, and {} of the log {}: one cannot continue the "
                    "other; after a restore that may have lost events the log goes on under "
                    "another origin",
                    args.older, older->checkpoint.origin, args.file, newer.origin));
  }
  const absl::StatusOr<Proof> proof = ReadConsistencyProof(args.proof);
  if (!proof.ok()) return proof.status();
  const absl::Status consistent = VerifyConsistency(older->checkpoint.size, older->checkpoint.root,
                                                    newer.size, newer.root, *proof);
  if (!consistent.ok()) {
    return Annotate(consistent, fmt::format("{} after {}: ", args.file, args.older));
  }
  verdict->sentence += fmt::format(
      " Its log begins with the {} events of {}: none of them was changed, moved or taken away.",
      older->checkpoint.size, args.older);
  verdict->Add("older_size", "Events of the older", fmt::format("{}", older->checkpoint.size));
  return absl::OkStatus();
}

absl::Status VerifyStampFile(const AuditArgs& args, const TrustedCheckpoint& trusted,
                             Verdict* verdict) {
  const absl::StatusOr<std::string> token = ReadWholeFile(args.stamp, kMaxTimeStampBytes);
  if (!token.ok()) return token.status();
  const absl::StatusOr<std::string> ca = ReadWholeFile(args.tsa_ca, kMaxTsaCaBytes);
  if (!ca.ok()) return ca.status();
  const absl::StatusOr<std::string> text = StampedText(FormatNote(trusted.note));
  if (!text.ok()) return text.status();
  const absl::StatusOr<absl::Time> time = VerifyTimeStamp(*token, *text, *ca);
  if (!time.ok()) return Annotate(time.status(), args.stamp + ": ");
  verdict->sentence += " A time stamp authority that you trust saw it.";
  verdict->Add("stamped_at", RfcInstant(*time), "Stamped", InstantText(*time));
  return absl::OkStatus();
}

int VerifyCheckpointFile(const Args& args, const TrustPolicy& policy, Console& console) {
  const absl::StatusOr<TrustedCheckpoint> trusted = ReadCheckpoint(args.audit.file, policy);
  if (!trusted.ok()) return Fail(trusted.status(), args, console);
  Verdict verdict;
  verdict.sentence = fmt::format("{} is signed as you ask.", args.audit.file);
  if (!args.audit.older.empty()) {
    const absl::Status older = VerifyOlder(args.audit, trusted->checkpoint, policy, &verdict);
    if (!older.ok()) return Fail(older, args, console);
  }
  if (!args.audit.stamp.empty()) {
    const absl::Status stamp = VerifyStampFile(args.audit, *trusted, &verdict);
    if (!stamp.ok()) return Fail(stamp, args, console);
  }
  return Tell(std::move(verdict), *trusted, policy, args, console);
}

}  // namespace

int RunVerifyProof(const Args& args, Console& console) {
  const absl::StatusOr<TrustPolicy> policy = ReadTrust(args.audit);
  if (!policy.ok()) return Fail(policy.status(), args, console);
  return args.command == Command::kVerifyProof ? VerifyInclusionFile(args, *policy, console)
                                               : VerifyCheckpointFile(args, *policy, console);
}

}  // namespace registre::cli
