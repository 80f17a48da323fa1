// Signed notes (C2SP signed-note) and their verifier keys. Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_NOTE_H_
#define REGISTRE_LEDGER_PROOF_NOTE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/proof/ed25519.h"

namespace registre {

// Largest note that is read, and most signatures in it. 16 of post-quantum size fit.
inline constexpr size_t kMaxNoteBytes = 256 * 1024;
inline constexpr size_t kMaxNoteSignatures = 64;

// What a key signs: a note as a log, or a cosignature as a witness (C2SP tlog-cosignature).
enum class KeyUse : uint8_t { kLog = 0x01, kWitness = 0x04 };

// Who signs, and with what.
struct VerifierKey {
  std::string name;  // no space, no plus sign
  KeyUse use = KeyUse::kLog;
  PublicKey public_key = {};

  // The first four bytes, big-endian, of SHA-256(name, line feed, use, public key).
  uint32_t id() const;
  bool operator==(const VerifierKey&) const = default;
};

// name+id+key (C2SP signed-note, "Verifier keys"). INVALID_ARGUMENT (KEY_INVALID) when malformed,
// of another algorithm, or its id is not that of the key.
absl::StatusOr<VerifierKey> ParseVerifierKey(std::string_view text);
std::string FormatVerifierKey(const VerifierKey& key);

// Whether a name may stand in a signature line: not empty, valid UTF-8 without spaces, control
// characters or '+'.
bool IsKeyName(std::string_view name);

// Whether it may be part of a note: valid UTF-8 without ASCII control characters but line feeds.
bool IsNoteText(std::string_view text);

// One signature line. Of an unknown algorithm too.
struct NoteSignature {
  std::string name;
  uint32_t key_id = 0;
  std::string signature;  // what follows the key id

  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;  // ends in a line feed
  std::vector<NoteSignature> signatures;

  bool operator==(const Note&) const = default;
};

// INVALID_ARGUMENT (NOTE_INVALID) unless FormatNote of the result is the text again, byte for byte:
// base64 is canonical here, so that no byte of a note may change unseen.
absl::StatusOr<Note> ParseNote(std::string_view text);
// "— <name> <base64>\n" of one signature, as a witness answers.
std::string FormatSignatureLine(const NoteSignature& signature);
// One or more signature lines; the errors of ParseNote.
absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines);
std::string FormatNote(const Note& note);

// A log's signature over a note's text.
NoteSignature SignNote(std::string_view text, const std::string& name, const SigningKey& key);

// Whether the note bears the log key's signature. INVALID_ARGUMENT (SIGNATURE_INVALID) when it
// bears one that does not verify: such a note is to be rejected whole.
absl::StatusOr<bool> IsSignedBy(const Note& note, const VerifierKey& key);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_NOTE_H_
