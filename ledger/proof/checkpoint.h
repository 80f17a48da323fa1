// Checkpoints (C2SP tlog-checkpoint), cosignatures (C2SP tlog-cosignature) and proofs that carry
// them (C2SP tlog-proof). Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_CHECKPOINT_H_
#define REGISTRE_LEDGER_PROOF_CHECKPOINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/note.h"
#include "ledger/proof/tree_proof.h"

namespace registre {

// What a log says of itself.
struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash root = {};

  bool operator==(const Checkpoint&) const = default;
};

// The note's text: three lines.
std::string FormatCheckpoint(const Checkpoint& checkpoint);
// INVALID_ARGUMENT (CHECKPOINT_INVALID) when it is none. Extension lines are allowed and not kept:
// nothing of ours writes any.
absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

// What a time stamp is taken over: the note with the signatures of the log alone (those whose name
// is the origin), cosignatures left out.
// NOTE_INVALID, CHECKPOINT_INVALID; also when the log did not sign.
absl::StatusOr<std::string> StampedText(std::string_view note);

// A witness's cosignature at a time, whole seconds; and when a key cosigned a note: nothing when it
// did not, the earliest time when it did several times, INVALID_ARGUMENT (SIGNATURE_INVALID) when a
// cosignature of it does not verify.
NoteSignature Cosign(std::string_view text, const std::string& name, const SigningKey& key,
                     absl::Time time);
absl::StatusOr<std::optional<absl::Time>> CosignedAt(const Note& note, const VerifierKey& key);

// Largest proof that is read, its checkpoint and its extra data included.
inline constexpr size_t kMaxTlogProofBytes = kMaxNoteBytes + 64 * 1024;

// That an entry stands in a checkpointed log (C2SP tlog-proof), without extra data.
struct TlogProof {
  uint64_t index = 0;
  Proof hashes;
  std::string checkpoint;  // the note

  bool operator==(const TlogProof&) const = default;
};
std::string FormatTlogProof(const TlogProof& proof);
// INVALID_ARGUMENT (PROOF_INVALID) when malformed. Extra data is allowed and not kept.
absl::StatusOr<TlogProof> ParseTlogProof(std::string_view text);

// 32 bytes in standard base64, 44 characters; nothing when it is not that, or not canonical.
std::string Base64Of(const Hash& hash);
std::optional<Hash> HashFromBase64(std::string_view text);
// 32 bytes as they are; nothing for another length.
std::string BytesOf(const Hash& hash);
std::optional<Hash> HashFromBytes(std::string_view bytes);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_CHECKPOINT_H_
