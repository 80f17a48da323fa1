// cmd/registre/text.h: what a terminal shows, counted in columns.
#include <gmock/gmock.h>

#include "cmd/registre/text.h"

namespace registre::cli::registre_text_test {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

TEST(Text, WidthCountsCharactersNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("Libellé"), 7u);
  EXPECT_EQ(DisplayWidth("Libelle\u0301"), 7u);  // e and a combining accent
  EXPECT_EQ(DisplayWidth("1 545 780,28 €"), 14u);
  EXPECT_EQ(DisplayWidth("0–63 … cœur"), 11u);
  EXPECT_EQ(DisplayWidth("a\xff"), 2u);
}

TEST(Text, WidestPartIsWhatWrapKeepsTogether) {
  EXPECT_EQ(WidestPart(""), 0u);
  EXPECT_EQ(WidestPart("un deux trois"), 5u);
  EXPECT_EQ(WidestPart("soit 40 000,00 €"), 11u);  // an amount and its sign
  EXPECT_EQ(WidestPart("été"), 3u);
}

TEST(Text, WrapCutsBetweenWords) {
  EXPECT_THAT(Wrap("", 5), ElementsAre(""));
  EXPECT_THAT(Wrap("un deux", 7), ElementsAre("un deux"));
  EXPECT_THAT(Wrap("un deux trois", 7), ElementsAre("un deux", "trois"));
  EXPECT_THAT(Wrap("été à côté", 5), ElementsAre("été à", "côté"));
  EXPECT_THAT(Wrap("anticonstitutionnel", 8), ElementsAre("anticons", "titution", "nel"));
  EXPECT_THAT(Wrap("un anticonstitutionnel", 8), ElementsAre("un", "anticons", "titution", "nel"));
}

TEST(Text, WrapKeepsFrenchSignsWithTheirWords) {
  EXPECT_THAT(Wrap("nom « DIESE » lu", 8), ElementsAre("nom", "« DIESE", "» lu"));
  EXPECT_THAT(Wrap("nom « DIESE » lu", 9), ElementsAre("nom", "« DIESE »", "lu"));
  EXPECT_THAT(Wrap("un total : deux", 9), ElementsAre("un", "total :", "deux"));
  EXPECT_THAT(Wrap("soit 40 000,00 €", 12), ElementsAre("soit", "40 000,00 €"));
}

TEST(Text, OneLineTakesOutWhatSteersATerminal) {
  EXPECT_EQ(OneLine("deux\nlignes"), "deux lignes");
  EXPECT_EQ(OneLine("a\r\n\tb"), "a b");
  EXPECT_EQ(OneLine("\x1b[31mrouge"), " [31mrouge");
  EXPECT_EQ(OneLine("\xAD\nq\xC3"), "\\xAD q\\xC3");
  EXPECT_EQ(OneLine("a\u202E"
                    "b"),
            "a b");  // right-to-left override
  EXPECT_EQ(OneLine("é…–"), "é…–");
}

TEST(Text, InvalidUtf8IsFound) {
  EXPECT_EQ(InvalidUtf8At("Hénin-Carvin €"), std::nullopt);
  EXPECT_THAT(InvalidUtf8At("H\xe9nin"), Optional(Eq(1u)));          // Latin-1
  EXPECT_THAT(InvalidUtf8At("ab\xc3"), Optional(Eq(2u)));            // cut short
  EXPECT_THAT(InvalidUtf8At("\xc0\xaf"), Optional(Eq(0u)));          // overlong
  EXPECT_THAT(InvalidUtf8At("\xe0\x80\xaf"), Optional(Eq(0u)));      // overlong
  EXPECT_THAT(InvalidUtf8At("\xed\xa0\x80"), Optional(Eq(0u)));      // surrogate
  EXPECT_THAT(InvalidUtf8At("\xf4\x90\x80\x80"), Optional(Eq(0u)));  // past U+10FFFF
}

}  // namespace
}  // namespace registre::cli::registre_text_test
