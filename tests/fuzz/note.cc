// Signed notes, verifier keys, checkpoints, cosignatures.
#include "ledger/proof/note.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/trust_policy.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/test_keys.h"

namespace registre {
namespace {

constexpr char kFuzzOrigin[] = "registre.example/test";

const TrustPolicy& Policy() {
  static const TrustPolicy* const policy = [] {
    auto* made = new TrustPolicy(TrustPolicy::OfKeys({TestLogKey(kFuzzOrigin, TestKey(1))}));
    made->witnesses = {{"w", TestWitnessKey("w.example", TestKey(2)), ""}};
    made->groups = {{"g", 1, {"w"}}};
    made->quorum = "g";
    return made;
  }();
  return *policy;
}

void FuzzNote(std::string_view text) {
  const auto note = ParseNote(text);
  if (note.ok()) {
    REGISTRE_CHECK(FormatNote(*note) == text, "a note has one form");
    const auto checkpoint = ParseCheckpoint(note->text);
    const auto stamped = StampedText(text);
    REGISTRE_CHECK(!stamped.ok() || (checkpoint.ok() && ParseNote(*stamped).ok()),
                   "what is stamped is a note");
  }
  const auto trusted = VerifyCheckpoint(text, Policy());
  if (trusted.ok()) {
    REGISTRE_CHECK(trusted->checkpoint.origin == kFuzzOrigin, "the origin is the key's name");
    REGISTRE_CHECK(trusted->cosigned.size() == 1, "the quorum is there");
  }
}

void FuzzParts(std::string_view text) {
  if (const auto key = ParseVerifierKey(text); key.ok()) {
    REGISTRE_CHECK(FormatVerifierKey(*key) == text, "a key has one form");
  }
  if (const auto signatures = ParseSignatureLines(text); signatures.ok()) {
    std::string lines;
    for (const NoteSignature& signature : *signatures) lines += FormatSignatureLine(signature);
    REGISTRE_CHECK(lines == text, "signature lines have one form");
  }
  if (const auto checkpoint = ParseCheckpoint(text); checkpoint.ok()) {
    REGISTRE_CHECK(
        text.substr(0, FormatCheckpoint(*checkpoint).size()) == FormatCheckpoint(*checkpoint),
        "a checkpoint has one form, before its extension lines");
  }
  // Any text, signed and cosigned, is known to be so.
  Note note{std::string(text), {}};
  note.signatures = {SignNote(text, "a", TestKey(1)),
                     Cosign(text, "b", TestKey(2), absl::UnixEpoch())};
  REGISTRE_CHECK(*IsSignedBy(note, TestLogKey("a", TestKey(1))), "signed");
  REGISTRE_CHECK((*CosignedAt(note, TestWitnessKey("b", TestKey(2)))).has_value(), "cosigned");
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  registre::FuzzNote(registre::FuzzText(data, size));
  registre::FuzzParts(registre::FuzzText(data, size));
  return 0;
}
