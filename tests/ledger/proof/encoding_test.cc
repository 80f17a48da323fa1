#include "ledger/proof/encoding.h"

#include <gtest/gtest.h>

namespace registre::encoding_test {
namespace {

TEST(EncodingTest, Base64IsThatOfTheRfc) {  // RFC 4648, section 10
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64OfBytes(bytes), text);
    EXPECT_EQ(BytesFromBase64(text), bytes);
  }
}

TEST(EncodingTest, OnlyCanonicalBase64IsRead) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9v",
                           "Zm9v=", "Zm9v====", "Zm-_", "=", "Z", "Zg==Zg=="}) {
    EXPECT_FALSE(BytesFromBase64(text)) << text;
  }
  EXPECT_FALSE(BytesFromBase64(std::string("Zm9v\0", 5)));
}

TEST(EncodingTest, DecimalsHaveOneForm) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("10"), 10u);
  EXPECT_EQ(ParseDecimal("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "0x1",
                           "18446744073709551616", "99999999999999999999", "a"}) {
    EXPECT_FALSE(ParseDecimal(text)) << text;
  }
}

TEST(EncodingTest, LinesEndInLineFeeds) {
  std::string_view text = "a\n\nb";
  EXPECT_EQ(TakeLine(&text), "a");
  EXPECT_EQ(TakeLine(&text), "");
  EXPECT_EQ(TakeLine(&text), std::nullopt);
  EXPECT_EQ(text, "b");
}

}  // namespace
}  // namespace registre::encoding_test
