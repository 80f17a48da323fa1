#include "ledger/base/money.h"

#include <limits>

#include "gtest/gtest.h"
#include "ledger/base/limits.h"

namespace registre::money_test {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();

TEST(MoneyTest, AddsWithinTheRange) {
  int64_t sum = 10;
  EXPECT_TRUE(AddCents(5, &sum));
  EXPECT_EQ(sum, 15);
  EXPECT_TRUE(AddCents(-20, &sum));
  EXPECT_EQ(sum, -5);
  sum = kMaxCents - 1;
  EXPECT_TRUE(AddCents(1, &sum));
  EXPECT_EQ(sum, kMaxCents);
}

TEST(MoneyTest, LeavesTheSumWhenItWouldLeaveTheRange) {
  for (const int64_t cents : {int64_t{1}, kLargest}) {
    int64_t sum = kMaxCents;
    EXPECT_FALSE(AddCents(cents, &sum));
    EXPECT_EQ(sum, kMaxCents);
  }
  for (const int64_t cents : {int64_t{-1}, kSmallest}) {
    int64_t sum = -kMaxCents;
    EXPECT_FALSE(AddCents(cents, &sum));
    EXPECT_EQ(sum, -kMaxCents);
  }
}

TEST(MoneyTest, FormatsInTheFrenchWay) {
  EXPECT_EQ(FormatCents(0), "0,00");
  EXPECT_EQ(FormatCents(5), "0,05");
  EXPECT_EQ(FormatCents(-1200), "-12,00");
  EXPECT_EQ(FormatCents(99999), "999,99");
  EXPECT_EQ(FormatCents(100000), "1 000,00");
  EXPECT_EQ(FormatCents(154578028), "1 545 780,28");
  EXPECT_EQ(FormatCents(-154578028), "-1 545 780,28");
  EXPECT_EQ(FormatCents(kMaxCents), "100 000 000 000,00");
  EXPECT_EQ(FormatCents(kSmallest), "-92 233 720 368 547 758,08");
}

}  // namespace
}  // namespace registre::money_test
