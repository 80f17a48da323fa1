#include <random>
#include <regex>
#include <string>

#include "gtest/gtest.h"
#include "ledger/base/shape.h"
#include "tests/support/test_seed.h"

namespace registre::forms_test {
namespace {

TEST(FormsTest, Id) {
  EXPECT_TRUE(IsId("2023-00963"));
  EXPECT_TRUE(IsId("a.B_9-"));
  EXPECT_TRUE(IsId(std::string(64, 'x')));
  for (const std::string& wrong : {std::string(), std::string(65, 'x'), std::string("a b"),
                                   std::string("a:b"), std::string("é"), std::string("a/b")}) {
    EXPECT_FALSE(IsId(wrong)) << wrong;
  }
}

TEST(FormsTest, Tag) {
  for (const char* tag :
       {"structure:a", "call:1", "application:1", "session:1", "deliberation:2023-405",
        "budget_line:C02-446A05", "convention:2023-00963", "payment:2023-1"}) {
    EXPECT_TRUE(IsTag(tag)) << tag;
  }
  for (const char* wrong : {"", "structure", "structure:", ":a", "ledger:a", "structure:a b",
                            "Structure:a", "structure:a:b"}) {
    EXPECT_FALSE(IsTag(wrong)) << wrong;
  }
}

// 732829320 is the example number of many public documents on the SIREN's check.
TEST(FormsTest, Siren) {
  EXPECT_TRUE(IsSiren("732829320"));
  EXPECT_FALSE(IsSiren("732829321"));
  EXPECT_FALSE(IsSiren("73282932"));
  EXPECT_FALSE(IsSiren("73282932A"));
}

TEST(FormsTest, Siret) {
  EXPECT_TRUE(IsSiret("34175422400028"));  // of the deliberation 2023-405
  EXPECT_TRUE(IsSiret("48054398200023"));  // of the deliberation 2023-405
  EXPECT_TRUE(IsSiret("73282932000074"));
  for (int i = 0; i < 14; ++i) {
    std::string changed = "34175422400028";
    changed[i] = changed[i] == '9' ? '0' : static_cast<char>(changed[i] + 1);
    EXPECT_FALSE(IsSiret(changed)) << changed;
  }
  EXPECT_FALSE(IsSiret("3417542240002"));
  EXPECT_FALSE(IsSiret("341754224000281"));
  EXPECT_FALSE(IsSiret("3417542240002 "));
}

// Establishments of La Poste ran out of numbers that pass Luhn's check.
TEST(FormsTest, SiretOfLaPoste) {
  EXPECT_TRUE(IsSiret("35600000000048"));   // Luhn
  EXPECT_TRUE(IsSiret("35600000000001"));   // digit sum 15
  EXPECT_FALSE(IsSiret("35600000000002"));  // neither
  EXPECT_FALSE(IsSiret("34175422400008"));  // digit sum 40, another SIREN
  EXPECT_FALSE(IsSiret("00000000000000"));
}

TEST(FormsTest, Rna) {
  EXPECT_TRUE(IsRna("W621000001"));
  EXPECT_TRUE(IsRna("W9R1000001"));
  for (const char* wrong :
       {"", "W62100000", "W6210000011", "w621000001", "WR21000001", "W6R100000A", "6210000010"}) {
    EXPECT_FALSE(IsRna(wrong)) << wrong;
  }
}

TEST(FormsTest, Utf8) {
  for (const std::string& right :
       {std::string(), std::string("Cœur"), std::string("a\n"), std::string("\xF0\x9F\x8F\x9B"),
        std::string("\xED\x9F\xBF"), std::string("\xF4\x8F\xBF\xBF")}) {
    EXPECT_TRUE(IsUtf8(right)) << right;
  }
  for (const std::string& wrong :
       {std::string("\x80"), std::string("\xC3"), std::string("\xC0\xAF"),
        std::string("\xE0\x9F\xBF"), std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"),
        std::string("\xF8\x88\x80\x80"), std::string("\xE2\x82"), std::string("\xE2\x28\xA1"),
        std::string("\xF0\x9F\x8F\x28")}) {
    EXPECT_FALSE(IsUtf8(wrong));
    EXPECT_TRUE(IsUtf8(Utf8Of(wrong)));
  }
  EXPECT_EQ(Utf8Of("C\u0153ur\n"), "C\u0153ur\n");
  EXPECT_EQ(Utf8Of("a\xADz\xE2\x82"), "a\\xADz\\xE2\\x82");
}

TEST(FormsTest, Pattern) {
  struct Case {
    const char* pattern;
    const char* number;
    bool fits;
  };
  const Case kCases[] = {
      {"", "anything", true},
      {"AAAA-n", "2023-405", true},
      {"AAAA-n", "2023-4", true},
      {"AAAA-n", "2023-123456789", true},
      {"AAAA-n", "2023-1234567890", false},
      {"AAAA-n", "2023-0", true},
      {"AAAA-n", "2023-01", false},
      {"AAAA-n", "2023-00", false},
      {"n", "10", true},
      {"AAAA-n", "2023-", false},
      {"AAAA-n", "2023-4a", false},
      {"AAAA-n", "202-405", false},
      {"AAAA-n", "2023_405", false},
      {"AAAA-nnnnn", "2023-00963", true},
      {"AAAA-nnnnn", "2023-963", false},
      {"AAAA-nnnnn", "2023-009631", false},
      {"Cnn-nnnXnn", "C02-446A05", true},
      {"Cnn-nnnXnn", "C02-446a05", false},
      {"Cnn-nnnXnn", "D02-446A05", false},
      {"n.n", "1.12", true},
      {"n.n", "112", false},
      {"nA", "12", true},
      {"nA", "1", false},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(MatchesPattern(one.pattern, one.number), one.fits)
        << one.pattern << " " << one.number;
  }
  EXPECT_FALSE(MatchesPattern("n", std::string(1000, '1')));
}

// The naive reading of a pattern: a regular expression.
std::string RegexOf(const std::string& pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    size_t run = 1;
    while (pattern[i] == 'n' && i + run < pattern.size() && pattern[i + run] == 'n') ++run;
    if (pattern[i] == 'n') {
      out += run == 1 ? "(?:0|[1-9][0-9]{0,8})" : "[0-9]{" + std::to_string(run) + "}";
      i += run - 1;
    } else if (pattern[i] == 'A') {
      out += "[0-9]";
    } else if (pattern[i] == 'X') {
      out += "[A-Z]";
    } else {
      out += std::string("[") + pattern[i] + "]";
    }
  }
  return out;
}

TEST(FormsTest, RandomPatternsReadLikeRegularExpressions) {
  std::mt19937_64 random(TestSeed());
  const auto text = [&](const std::string& alphabet, size_t longest) {
    std::string out(1 + random() % longest, ' ');
    for (char& c : out) c = alphabet[random() % alphabet.size()];
    return out;
  };
  int fits = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string pattern = text("nnAX1", 5);
    const std::string number = text("01112Q", 12);
    const bool expected = std::regex_match(number, std::regex(RegexOf(pattern)));
    ASSERT_EQ(MatchesPattern(pattern, number), expected) << pattern << " " << number;
    fits += expected ? 1 : 0;
  }
  EXPECT_GT(fits, 50);
}

}  // namespace
}  // namespace registre::forms_test
