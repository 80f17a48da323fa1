#include "cmd/registre/text.h"

#include <algorithm>
#include <cstdint>

#include "ledger/base/shape.h"

namespace registre::cli {
namespace {

// A character: its bytes and its code point; code point 0xFFFFFFFF for an invalid byte.
struct Character {
  size_t size = 1;
  uint32_t code = kInvalid;
  static constexpr uint32_t kInvalid = 0xFFFFFFFF;
};

// Bytes of the sequence that starts with `lead`, and the smallest code point that needs them (RFC
// 3629: no overlong form); 0 for a byte that starts none.
size_t SequenceSize(uint8_t lead, uint32_t* smallest) {
  if (lead < 0x80) return *smallest = 0, 1;
  if (lead >= 0xC2 && lead <= 0xDF) return *smallest = 0x80, 2;
  if (lead >= 0xE0 && lead <= 0xEF) return *smallest = 0x800, 3;
  if (lead >= 0xF0 && lead <= 0xF4) return *smallest = 0x10000, 4;
  return 0;
}

// The character at the start of `text`, which is not empty.
Character Next(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  uint32_t smallest = 0;
  const size_t size = SequenceSize(lead, &smallest);
  if (size == 0 || size > text.size()) return {};
  if (size == 1) return {1, lead};
  uint32_t code = lead & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest || code > 0x10FFFF || surrogate) return {};
  return {size, code};
}

// Characters that take no column: combining marks, joiners, variation selectors.
bool IsZeroWidth(uint32_t code) {
  return (code >= 0x0300 && code <= 0x036F) || (code >= 0x1AB0 && code <= 0x1AFF) ||
         (code >= 0x1DC0 && code <= 0x1DFF) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x20D0 && code <= 0x20FF) || (code >= 0xFE00 && code <= 0xFE0F) ||
         (code >= 0xFE20 && code <= 0xFE2F) || code == 0xFEFF;
}

// C0, DEL, C1, and the marks that reorder a line.
bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

size_t Columns(const Character& character) { return IsZeroWidth(character.code) ? 0 : 1; }

// The longest start of `text` in at most `width` columns, in bytes.
size_t BytesWithin(std::string_view text, size_t width) {
  size_t bytes = 0;
  size_t columns = 0;
  while (bytes < text.size()) {
    const Character character = Next(text.substr(bytes));
    columns += Columns(character);
    if (columns > width) break;
    bytes += character.size;
  }
  return bytes;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A line may end at the space at `at`: French keeps « and the word behind it together, a sign of
// two parts with the word before it, and the groups of an amount.
bool MayBreakAt(std::string_view text, size_t at) {
  if (text[at] != ' ' || text.substr(0, at).ends_with("«")) return false;
  const std::string_view behind = text.substr(at + 1);
  const bool in_amount = at > 0 && IsDigit(text[at - 1]) && behind.size() >= 3 &&
                         std::all_of(behind.begin(), behind.begin() + 3, IsDigit);
  if (in_amount) return false;
  for (const std::string_view sign : {"»", ":", ";", "?", "!", "€", "%", "–"}) {
    if (behind.starts_with(sign)) return false;
  }
  return true;
}

// The last space at or before `room` where a line may end; 0 when there is none.
size_t BreakBefore(std::string_view text, size_t room) {
  size_t at = room;
  while (at > 0 && !MayBreakAt(text, at)) --at;
  return at;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Character character = Next(text);
    columns += Columns(character);
    text.remove_prefix(character.size);
  }
  return columns;
}

size_t WidestPart(std::string_view text) {
  size_t widest = 0;
  size_t start = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && !MayBreakAt(text, at)) continue;
    widest = std::max(widest, DisplayWidth(text.substr(start, at - start)));
    start = at + 1;
  }
  return widest;
}

std::vector<std::string> Wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  while (DisplayWidth(text) > width) {
    const size_t room = std::max(BytesWithin(text, width), Next(text).size);
    // A word that fills the line alone is cut inside.
    size_t end = BreakBefore(text, room);
    if (end == 0) end = room;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    while (line.ends_with(' ')) line.remove_suffix(1);
    while (text.starts_with(' ')) text.remove_prefix(1);
    lines.emplace_back(line);
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

std::string OneLine(std::string_view text) {
  std::string out;
  bool in_control = false;
  while (!text.empty()) {
    const Character character = Next(text);
    if (character.code == Character::kInvalid) {
      out += Utf8Of(text.substr(0, 1));
    } else if (!IsControl(character.code)) {
      out.append(text.substr(0, character.size));
    } else if (!in_control) {
      out.push_back(' ');
    }
    in_control = IsControl(character.code);
    text.remove_prefix(character.size);
  }
  return out;
}

std::optional<size_t> InvalidUtf8At(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Character character = Next(text.substr(at));
    if (character.code == Character::kInvalid) return at;
    at += character.size;
  }
  return std::nullopt;
}

}  // namespace registre::cli
