#include "ledger/proof/witness_request.h"

#include <fmt/format.h>

#include <utility>

#include "ledger/base/errors.h"
#include "ledger/proof/encoding.h"

namespace registre {
namespace {

constexpr std::string_view kOld = "old ";
constexpr char kPlainText[] = "text/plain; charset=utf-8";

absl::Status WitnessRequestInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "WITNESS_REQUEST_INVALID",
               "the request to cosign is malformed: " + std::move(why));
}

WitnessVerdict RefusedWith(int status, std::string why) {
  return {
      .status = status, .content_type = kPlainText, .body = std::move(why) + "\n", .cosigned = {}};
}

WitnessVerdict Contradiction(std::string why) {
  WitnessVerdict verdict = RefusedWith(422, std::move(why));
  verdict.contradicts = true;
  return verdict;
}

bool IsSignatureOf(const NoteSignature& signature, const VerifierKey& key) {
  return signature.name == key.name && signature.key_id == key.id();
}

// The note with the signatures of known keys of its origin alone; or the refusal.
WitnessVerdict CheckSignatures(const WitnessRequest& request,
                               absl::Span<const VerifierKey> log_keys) {
  const std::string& origin = request.checkpoint.origin;
  WitnessVerdict verdict;
  verdict.cosigned.text = request.note.text;
  bool known = false;
  for (const VerifierKey& key : log_keys) {
    if (key.name != origin) continue;
    known = true;
    const auto is_signed = IsSignedBy(request.note, key);
    if (!is_signed.ok()) return RefusedWith(403, std::string(is_signed.status().message()));
    if (!*is_signed) continue;
    for (const NoteSignature& signature : request.note.signatures) {
      if (IsSignatureOf(signature, key)) verdict.cosigned.signatures.push_back(signature);
    }
  }
  if (!known) return RefusedWith(404, "the log " + origin + " is not known here");
  if (!verdict.cosigned.signatures.empty()) return verdict;
  return RefusedWith(403, "no signature is of a key that is known here for " + origin);
}

// Of a request that names the latest rightly.
WitnessVerdict CheckTree(const WitnessRequest& request, const CosignedHead& latest) {
  const Checkpoint& checkpoint = request.checkpoint;
  if (checkpoint.size == 0 && checkpoint.root != EmptyRoot()) {
    return RefusedWith(422, "a log of no entries has another root: the hash of the empty string");
  }
  if (checkpoint.size == latest.size && checkpoint.root != latest.root) {
    return Contradiction(fmt::format("of {} entries another root was cosigned here: {}, not {}",
                                     latest.size, HexOf(latest.root), HexOf(checkpoint.root)));
  }
  if (latest.size == 0 && !request.proof.empty()) {
    return RefusedWith(422, "the proof from an empty log is empty");
  }
  const absl::Status continues =
      VerifyConsistency(latest.size, latest.root, checkpoint.size, checkpoint.root, request.proof);
  if (continues.ok()) return {};
  return Contradiction(
      fmt::format("{} entries with root {} are not shown to continue the {} with "
                  "root {} that were cosigned here",
                  checkpoint.size, HexOf(checkpoint.root), latest.size, HexOf(latest.root)));
}

}  // namespace

std::string FormatWitnessRequest(uint64_t old_size, const Proof& proof, std::string_view note) {
  std::string body = fmt::format("{}{}\n", kOld, old_size);
  for (const Hash& hash : proof) body += Base64Of(hash) + "\n";
  return fmt::format("{}\n{}", body, note);
}

absl::StatusOr<WitnessRequest> ParseWitnessRequest(std::string_view body) {
  if (body.size() > kMaxWitnessRequestBytes) {
    return WitnessRequestInvalid(
        fmt::format("{} bytes are more than {}", body.size(), kMaxWitnessRequestBytes));
  }
  const std::optional<std::string_view> first = TakeLine(&body);
  const std::optional<uint64_t> old_size =
      first && first->starts_with(kOld) ? ParseDecimal(first->substr(kOld.size())) : std::nullopt;
  if (!old_size) return WitnessRequestInvalid("its first line is not `old <size>`");
  WitnessRequest request;
  request.old_size = *old_size;
  while (true) {
    const std::optional<std::string_view> line = TakeLine(&body);
    if (!line) return WitnessRequestInvalid("no empty line stands before the checkpoint");
    if (line->empty()) break;
    if (request.proof.size() == kMaxProofHashes) {
      return WitnessRequestInvalid(fmt::format("it has more than {} hashes", kMaxProofHashes));
    }
    const std::optional<Hash> hash = HashFromBase64(*line);
    if (!hash) {
      return WitnessRequestInvalid(
          fmt::format("hash {} is not 32 bytes in canonical base64", request.proof.size() + 1));
    }
    request.proof.push_back(*hash);
  }
  auto note = ParseNote(body);
  if (!note.ok()) return note.status();
  auto checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  request.note = *std::move(note);
  request.checkpoint = *std::move(checkpoint);
  return request;
}

std::string FormatWitnessSize(uint64_t size) { return fmt::format("{}\n", size); }

std::optional<uint64_t> ParseWitnessSize(std::string_view body) {
  const std::optional<std::string_view> line = TakeLine(&body);
  return line && body.empty() ? ParseDecimal(*line) : std::nullopt;
}

WitnessVerdict JudgeWitnessRequest(const WitnessRequest& request,
                                   absl::Span<const VerifierKey> log_keys,
                                   const CosignedHead& latest) {
  WitnessVerdict verdict = CheckSignatures(request, log_keys);
  if (verdict.status != 200) return verdict;
  const Checkpoint& checkpoint = request.checkpoint;
  if (request.old_size > checkpoint.size) {
    return RefusedWith(400, fmt::format("the old size {} is over the checkpoint's, {}",
                                        request.old_size, checkpoint.size));
  }
  if (request.old_size != latest.size) {
    return {.status = 409,
            .content_type = kWitnessSizeType,
            .body = FormatWitnessSize(latest.size),
            .cosigned = {},
            .contradicts = checkpoint.size == latest.size && checkpoint.root != latest.root};
  }
  WitnessVerdict tree = CheckTree(request, latest);
  return tree.status == 200 ? verdict : tree;
}

}  // namespace registre
