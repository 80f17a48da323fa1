#include "ledger/proof/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/encoding.h"

namespace registre {
namespace {

constexpr std::string_view kTlogProofHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr size_t kTimestampBytes = 8;

absl::Status CheckpointInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "CHECKPOINT_INVALID",
               "the checkpoint is malformed: " + std::move(why));
}

absl::Status TlogProofInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "PROOF_INVALID",
               "the proof is malformed: " + std::move(why));
}

// What a witness signs (C2SP tlog-cosignature, "Ed25519 signed message").
std::string CosignedText(uint64_t seconds, std::string_view text) {
  return fmt::format("cosignature/v1\ntime {}\n{}", seconds, text);
}

bool TakePrefix(std::string_view prefix, std::string_view* line) {
  if (line->substr(0, prefix.size()) != prefix) return false;
  line->remove_prefix(prefix.size());
  return true;
}

// When a cosignature of that key says it was made; nothing when it is not over the text.
std::optional<absl::Time> TimeOfCosignature(std::string_view signature, std::string_view text,
                                            const PublicKey& key) {
  if (signature.size() < kTimestampBytes) return std::nullopt;
  uint64_t seconds = 0;
  for (const char byte : signature.substr(0, kTimestampBytes)) {
    seconds = seconds << 8 | static_cast<uint8_t>(byte);
  }
  if (seconds > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  if (!VerifyEd25519(key, CosignedText(seconds, text), signature.substr(kTimestampBytes))) {
    return std::nullopt;
  }
  return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

}  // namespace

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  return fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, Base64Of(checkpoint.root));
}

absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  if (text.size() > kMaxNoteBytes) {
    return CheckpointInvalid(fmt::format("{} bytes are more than {}", text.size(), kMaxNoteBytes));
  }
  if (!IsNoteText(text)) {
    return CheckpointInvalid("it is not UTF-8, or holds a control character other than line feeds");
  }
  const std::optional<std::string_view> origin = TakeLine(&text);
  const std::optional<std::string_view> size_line = TakeLine(&text);
  const std::optional<std::string_view> root_line = TakeLine(&text);
  if (!root_line) return CheckpointInvalid("it has not the three lines origin, size and root");
  if (origin->empty()) return CheckpointInvalid("its origin is empty");
  const std::optional<uint64_t> size = ParseDecimal(*size_line);
  if (!size || *size > kMaxTreeSize) {
    return CheckpointInvalid(fmt::format("its size `{}` is no number from 0 to {}",
                                         FirstBytes(*size_line, 40), kMaxTreeSize));
  }
  const std::optional<Hash> root = HashFromBase64(*root_line);
  if (!root) {
    return CheckpointInvalid(fmt::format("its root `{}` is not 32 bytes in canonical base64",
                                         FirstBytes(*root_line, 60)));
  }
  while (!text.empty()) {
    const std::optional<std::string_view> extension = TakeLine(&text);
    if (!extension) return CheckpointInvalid("its last line does not end in a line feed");
    if (extension->empty()) return CheckpointInvalid("one of its lines is empty");
  }
  return Checkpoint{.origin = std::string(*origin), .size = *size, .root = *root};
}

absl::StatusOr<std::string> StampedText(std::string_view note) {
  absl::StatusOr<Note> parsed = ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return checkpoint.status();
  std::erase_if(parsed->signatures, [&](const NoteSignature& signature) {
    return signature.name != checkpoint->origin;
  });
  if (parsed->signatures.empty()) {
    return CheckpointInvalid(fmt::format("no signature is of the log {}", checkpoint->origin));
  }
  return FormatNote(*parsed);
}

NoteSignature Cosign(std::string_view text, const std::string& name, const SigningKey& key,
                     absl::Time time) {
  const VerifierKey verifier{.name = name, .use = KeyUse::kWitness, .public_key = key.public_key()};
  const uint64_t seconds = static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixSeconds(time), 0));
  NoteSignature cosignature{.name = name, .key_id = verifier.id(), .signature = {}};
  for (int shift = 56; shift >= 0; shift -= 8) {
    cosignature.signature += static_cast<char>(seconds >> shift & 0xFF);
  }
  const Ed25519Signature signature = key.Sign(CosignedText(seconds, text));
  cosignature.signature.append(signature.begin(), signature.end());
  return cosignature;
}

absl::StatusOr<std::optional<absl::Time>> CosignedAt(const Note& note, const VerifierKey& key) {
  std::optional<absl::Time> earliest;
  if (key.use != KeyUse::kWitness) return earliest;
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name != key.name || signature.key_id != key.id()) continue;
    const std::optional<absl::Time> time =
        TimeOfCosignature(signature.signature, note.text, key.public_key);
    if (!time) {
      return Error(absl::StatusCode::kInvalidArgument, "SIGNATURE_INVALID",
                   fmt::format("the cosignature of {} ({:08x}) is not over this text and its time: "
                               "one of them was changed; trust nothing of it",
                               key.name, key.id()));
    }
    earliest = earliest ? std::min(*earliest, *time) : *time;
  }
  return earliest;
}

std::string FormatTlogProof(const TlogProof& proof) {
  std::string text = fmt::format("{}\n{}{}\n", kTlogProofHeader, kIndex, proof.index);
  for (const Hash& hash : proof.hashes) text += Base64Of(hash) + "\n";
  return text + "\n" + proof.checkpoint;
}

absl::StatusOr<TlogProof> ParseTlogProof(std::string_view text) {
  if (text.size() > kMaxTlogProofBytes) {
    return TlogProofInvalid(
        fmt::format("{} bytes are more than {}", text.size(), kMaxTlogProofBytes));
  }
  if (TakeLine(&text) != kTlogProofHeader) {
    return TlogProofInvalid(fmt::format("its first line is not {}", kTlogProofHeader));
  }
  std::optional<std::string_view> line = TakeLine(&text);
  if (line && TakePrefix(kExtra, &*line)) {
    if (!BytesFromBase64(*line)) return TlogProofInvalid("its extra data is no canonical base64");
    line = TakeLine(&text);
  }
  if (!line || !TakePrefix(kIndex, &*line))
    return TlogProofInvalid("it has no line with the index");
  const std::optional<uint64_t> index = ParseDecimal(*line);
  if (!index) return TlogProofInvalid("its index is no number without leading zeros");
  TlogProof proof{.index = *index, .hashes = {}, .checkpoint = {}};
  for (;;) {
    line = TakeLine(&text);
    if (!line)
      return TlogProofInvalid("no empty line stands between its hashes and the checkpoint");
    if (line->empty()) break;
    if (proof.hashes.size() == kMaxProofHashes) {
      return TlogProofInvalid(fmt::format("it has more than {} hashes", kMaxProofHashes));
    }
    const std::optional<Hash> hash = HashFromBase64(*line);
    if (!hash) {
      return TlogProofInvalid(
          fmt::format("hash {} is not 32 bytes in canonical base64", proof.hashes.size() + 1));
    }
    proof.hashes.push_back(*hash);
  }
  proof.checkpoint = std::string(text);
  return proof;
}

std::string Base64Of(const Hash& hash) { return Base64OfBytes(BytesOf(hash)); }

std::optional<Hash> HashFromBase64(std::string_view text) {
  const std::optional<std::string> bytes = BytesFromBase64(text);
  return bytes ? HashFromBytes(*bytes) : std::nullopt;
}

std::string BytesOf(const Hash& hash) { return std::string(hash.begin(), hash.end()); }

std::optional<Hash> HashFromBytes(std::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

}  // namespace registre
