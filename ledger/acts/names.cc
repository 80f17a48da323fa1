// FoldName, FoldPerson: what makes two written names the same name.
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/acts/checks.h"

namespace registre {
namespace {

// Reads the code point at the front of well-formed UTF-8 and removes it.
uint32_t TakeCodePoint(std::string_view* text) {
  const auto lead = static_cast<unsigned char>(text->front());
  size_t length = 1;
  uint32_t code = lead;
  if (lead >= 0xF0) {
    length = 4;
    code = lead & 0x07;
  } else if (lead >= 0xE0) {
    length = 3;
    code = lead & 0x0F;
  } else if (lead >= 0xC0) {
    length = 2;
    code = lead & 0x1F;
  }
  if (length > text->size()) length = text->size();
  for (size_t i = 1; i < length; ++i) {
    code = (code << 6) | (static_cast<unsigned char>((*text)[i]) & 0x3F);
  }
  text->remove_prefix(length);
  return code;
}

// U+00C0 to U+00FF without their accents; a space for the two signs among them.
constexpr std::string_view kLatin1[64] = {
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",
    "d", "n", "o", "o", "o", "o", "o",  " ", "o", "u", "u", "u", "u", "y", "th", "ss",
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",
    "d", "n", "o", "o", "o", "o", "o",  " ", "o", "u", "u", "u", "u", "y", "th", "y"};

void AppendFolded(uint32_t code, std::string_view bytes, std::string* out) {
  if (code < 0x80) {
    const char c = static_cast<char>(code);
    if (c >= 'A' && c <= 'Z') {
      *out += static_cast<char>(c - 'A' + 'a');
    } else {
      *out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : ' ';
    }
  } else if (code >= 0xC0 && code <= 0xFF) {
    *out += kLatin1[code - 0xC0];
  } else if (code == 0x152 || code == 0x153) {
    *out += "oe";
  } else if (code == 0x178) {
    *out += 'y';
  } else if (code >= 0x300 && code <= 0x36F) {
    // A combining accent, as decomposed text writes it.
  } else if (code < 0xC0 || (code >= 0x2000 && code <= 0x206F)) {
    *out += ' ';  // signs and no-break space of Latin-1; typographic quotes, dashes and spaces
  } else {
    *out += bytes;
  }
}

bool IsLeftOut(std::string_view word) {
  return word == "le" || word == "la" || word == "les" || word == "l" || word == "et";
}

std::string Fold(std::string_view name, bool drops_small_words) {
  std::string folded;
  while (!name.empty()) {
    const std::string_view before = name;
    const uint32_t code = TakeCodePoint(&name);
    AppendFolded(code, before.substr(0, before.size() - name.size()), &folded);
  }
  std::string words;
  std::string_view rest = folded;
  while (!rest.empty()) {
    const size_t end = rest.find(' ');
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (word.empty() || (drops_small_words && IsLeftOut(word))) continue;
    if (!words.empty()) words += ' ';
    words += word;
  }
  return words;
}

}  // namespace

std::string FoldName(std::string_view name) { return Fold(name, true); }

std::string FoldPerson(std::string_view name) { return Fold(name, false); }

}  // namespace registre
