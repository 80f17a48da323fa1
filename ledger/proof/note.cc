#include "ledger/proof/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/encoding.h"
#include "ledger/proof/merkle.h"

namespace registre {
namespace {

constexpr std::string_view kEmDash = "\xE2\x80\x94";
constexpr size_t kKeyIdBytes = 4;
constexpr size_t kKeyIdDigits = 2 * kKeyIdBytes;
// A verifier key with a name longer than this is none of ours.
constexpr size_t kMaxVerifierKeyBytes = 1'024;

absl::Status NoteInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "NOTE_INVALID",
               "the signed note is malformed: " + std::move(why));
}

absl::Status VerifierKeyInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "KEY_INVALID",
               "the verifier key is malformed: " + std::move(why) +
                   "; take it whole, name+id+key, as `registre keys` prints it");
}

// Beside ASCII's: the characters with the property White_Space (Unicode 15, PropList).
constexpr std::array<std::string_view, 19> kUnicodeSpaces = {
    "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
    "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A",
    "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};

std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

uint32_t FirstFour(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

std::string_view Raw(const PublicKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

// The name, key id and signature of a line without its line feed.
std::optional<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (line.substr(0, kEmDash.size()) != kEmDash) return std::nullopt;
  line.remove_prefix(kEmDash.size());
  if (line.empty() || line.front() != ' ') return std::nullopt;
  line.remove_prefix(1);
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !IsKeyName(line.substr(0, space))) return std::nullopt;
  const std::optional<std::string> bytes = BytesFromBase64(line.substr(space + 1));
  if (!bytes || bytes->size() <= kKeyIdBytes) return std::nullopt;
  return NoteSignature{.name = std::string(line.substr(0, space)),
                       .key_id = FirstFour(reinterpret_cast<const uint8_t*>(bytes->data())),
                       .signature = bytes->substr(kKeyIdBytes)};
}

}  // namespace

uint32_t VerifierKey::id() const {
  return FirstFour(
      Sha256(fmt::format("{}\n{}{}", name, static_cast<char>(use), Raw(public_key))).data());
}

absl::StatusOr<VerifierKey> ParseVerifierKey(std::string_view text) {
  if (text.size() > kMaxVerifierKeyBytes) {
    return VerifierKeyInvalid(
        fmt::format("it has {} bytes, more than {}", text.size(), kMaxVerifierKeyBytes));
  }
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) {
    return VerifierKeyInvalid("it has not the three parts name+id+key");
  }
  VerifierKey key{.name = std::string(text.substr(0, first)), .use = {}, .public_key = {}};
  if (!IsKeyName(key.name)) return VerifierKeyInvalid("its name is empty or holds a space");
  const std::optional<std::string> bytes = BytesFromBase64(text.substr(second + 1));
  if (!bytes || bytes->empty()) return VerifierKeyInvalid("its last part is no base64");
  const uint8_t algorithm = static_cast<uint8_t>(bytes->front());
  if (algorithm != static_cast<uint8_t>(KeyUse::kLog) &&
      algorithm != static_cast<uint8_t>(KeyUse::kWitness)) {
    return VerifierKeyInvalid(
        fmt::format("it is of algorithm 0x{:02x}; only Ed25519 is known: 0x01 of a log, 0x04 of a "
                    "witness",
                    algorithm));
  }
  if (bytes->size() != 1 + key.public_key.size()) {
    return VerifierKeyInvalid(fmt::format("its public key has {} bytes, not {}", bytes->size() - 1,
                                          key.public_key.size()));
  }
  key.use = static_cast<KeyUse>(algorithm);
  std::copy(bytes->begin() + 1, bytes->end(), key.public_key.begin());
  if (FormatVerifierKey(key) != text) {
    return VerifierKeyInvalid(
        fmt::format("its id is not {:08x}, which is the id of its name and key", key.id()));
  }
  return key;
}

std::string FormatVerifierKey(const VerifierKey& key) {
  std::string material(1, static_cast<char>(key.use));
  material += Raw(key.public_key);
  return fmt::format("{}+{:0{}x}+{}", key.name, key.id(), kKeyIdDigits, Base64OfBytes(material));
}

bool IsKeyName(std::string_view name) {
  return !name.empty() && IsUtf8(name) && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '+';
  }) && std::none_of(kUnicodeSpaces.begin(), kUnicodeSpaces.end(), [&](std::string_view space) {
    return name.find(space) != std::string_view::npos;
  });
}

bool IsNoteText(std::string_view text) {
  return IsUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 && c != '\n';
         });
}

absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines) {
  if (lines.size() > kMaxNoteBytes) {
    return NoteInvalid(
        fmt::format("{} bytes of signatures are more than {}", lines.size(), kMaxNoteBytes));
  }
  if (!IsNoteText(lines)) return NoteInvalid("a signature line is no text of a note");
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    if (signatures.size() == kMaxNoteSignatures) {
      return NoteInvalid(fmt::format("it has more than {} signatures", kMaxNoteSignatures));
    }
    const std::optional<std::string_view> line = TakeLine(&lines);
    if (!line) return NoteInvalid("its last line does not end in a line feed");
    std::optional<NoteSignature> signature = ParseSignatureLine(*line);
    if (!signature) {
      return NoteInvalid(fmt::format(
          "signature line {} is not an em dash, a space, a key name, a space and canonical base64 "
          "of a key id and a signature",
          signatures.size() + 1));
    }
    signatures.push_back(*std::move(signature));
  }
  if (signatures.empty()) return NoteInvalid("it has no signature");
  return signatures;
}

absl::StatusOr<Note> ParseNote(std::string_view text) {
  if (text.size() > kMaxNoteBytes) {
    return NoteInvalid(fmt::format("{} bytes are more than {}", text.size(), kMaxNoteBytes));
  }
  if (!IsNoteText(text)) {
    return NoteInvalid("it is not UTF-8, or holds a control character other than line feeds");
  }
  const size_t end = text.rfind("\n\n");
  if (end == std::string_view::npos) {
    return NoteInvalid("no empty line stands between its text and its signatures");
  }
  absl::StatusOr<std::vector<NoteSignature>> signatures = ParseSignatureLines(text.substr(end + 2));
  if (!signatures.ok()) return signatures.status();
  return Note{.text = std::string(text.substr(0, end + 1)), .signatures = *std::move(signatures)};
}

std::string FormatSignatureLine(const NoteSignature& signature) {
  return fmt::format("{} {} {}\n", kEmDash, signature.name,
                     Base64OfBytes(BigEndian(signature.key_id) + signature.signature));
}

std::string FormatNote(const Note& note) {
  std::string text = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) text += FormatSignatureLine(signature);
  return text;
}

NoteSignature SignNote(std::string_view text, const std::string& name, const SigningKey& key) {
  const VerifierKey verifier{.name = name, .use = KeyUse::kLog, .public_key = key.public_key()};
  const Ed25519Signature signature = key.Sign(text);
  return {.name = name,
          .key_id = verifier.id(),
          .signature = std::string(signature.begin(), signature.end())};
}

absl::StatusOr<bool> IsSignedBy(const Note& note, const VerifierKey& key) {
  bool is_signed = false;
  // What a witness's key signs is another text (CosignedAt).
  if (key.use != KeyUse::kLog) return false;
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name != key.name || signature.key_id != key.id()) continue;
    if (!VerifyEd25519(key.public_key, note.text, signature.signature)) {
      return Error(
          absl::StatusCode::kInvalidArgument, "SIGNATURE_INVALID",
          fmt::format("the signature of {} ({:08x}) is not over this text: one of both was "
                      "changed; trust nothing of it",
                      key.name, key.id()));
    }
    is_signed = true;
  }
  return is_signed;
}

}  // namespace registre
