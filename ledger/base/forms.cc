// The forms of strings declared in shape.h: ids, tags, SIRET, SIREN, RNA, UTF-8, number patterns.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>

#include "ledger/base/shape.h"

namespace registre {
namespace {

constexpr size_t kMaxIdBytes = 64;
constexpr std::string_view kLaPosteSiren = "356000000";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

bool IsIdChar(char c) {
  return IsDigit(c) || IsUpper(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
}

bool AllDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

// Every second digit from the right counts double, the digits of the double added.
bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    int value = digits[i] - '0';
    if (twice) value = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return sum % 10 == 0;
}

int DigitSum(std::string_view digits) {
  int sum = 0;
  for (const char c : digits) sum += c - '0';
  return sum;
}

// Bytes of the well-formed UTF-8 sequence at the front of `text` (Unicode 15, table 3-7), or 0.
size_t Utf8SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  size_t length = 0;
  unsigned char low = 0x80;  // bounds of the second byte: they bar overlong forms and surrogates
  unsigned char high = 0xBF;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

// Places in a number that a prefix of a pattern can end at; a number has at most kMaxIdBytes bytes.
using Ends = std::bitset<kMaxIdBytes + 1>;

// The ends after one more character of the number for which `fits` holds.
template <typename Fits>
Ends Advance(const Ends& ends, std::string_view number, Fits fits) {
  Ends next;
  for (size_t i = 0; i < number.size(); ++i) next[i + 1] = ends[i] && fits(number[i]);
  return next;
}

}  // namespace

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), IsIdChar);
}

bool IsTag(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kKinds = {
      "structure",   "call",       "application", "session",   "deliberation",
      "budget_line", "convention", "payment",     "correction"};
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !IsId(text.substr(colon + 1))) return false;
  return std::find(kKinds.begin(), kKinds.end(), text.substr(0, colon)) != kKinds.end();
}

bool IsSiren(std::string_view text) {
  return text.size() == 9 && AllDigits(text) && DigitSum(text) > 0 && PassesLuhn(text);
}

bool IsSiret(std::string_view text) {
  if (text.size() != 14 || !AllDigits(text) || DigitSum(text) == 0) return false;
  if (PassesLuhn(text)) return true;
  return text.substr(0, 9) == kLaPosteSiren && DigitSum(text) % 5 == 0;
}

bool IsRna(std::string_view text) {
  return text.size() == 10 && text[0] == 'W' && IsDigit(text[1]) &&
         (IsDigit(text[2]) || IsUpper(text[2])) && AllDigits(text.substr(3));
}

std::string_view FirstBytes(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Utf8Of(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    if (length > 0) {
      out.append(text.substr(0, length));
    } else {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

bool MatchesPattern(std::string_view pattern, std::string_view number) {
  if (pattern.empty()) return true;
  if (number.size() > kMaxIdBytes) return false;
  Ends ends;
  ends[0] = true;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    const size_t run =
        c == 'n' ? std::min(pattern.find_first_not_of('n', i), pattern.size()) - i : 1;
    if (c == 'n' && run == 1) {
      // No leading zero: 1 and 01 would be two numbers. A zero alone is one.
      Ends any = Advance(ends, number, IsDigit);
      ends = Advance(ends, number, [](char got) { return IsDigit(got) && got != '0'; });
      for (int digits = 2; digits <= 9; ++digits) {
        ends = Advance(ends, number, IsDigit);
        any |= ends;
      }
      ends = any;
    } else if (c == 'n' || c == 'A') {
      for (size_t digit = 0; digit < run; ++digit) ends = Advance(ends, number, IsDigit);
    } else if (c == 'X') {
      ends = Advance(ends, number, IsUpper);
    } else {
      ends = Advance(ends, number, [c](char got) { return got == c; });
    }
    i += run;
  }
  return ends[number.size()];
}

}  // namespace registre
