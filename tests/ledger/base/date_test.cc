#include "ledger/base/date.h"

#include <climits>
#include <limits>

#include "gtest/gtest.h"

namespace registre::date_test {
namespace {

v1::Date Make(int year, int month, int day) {
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(DateTest, KnowsTheCalendar) {
  EXPECT_TRUE(IsValidDate(Make(2023, 9, 18)));
  EXPECT_TRUE(IsValidDate(Make(2024, 2, 29)));
  EXPECT_TRUE(IsValidDate(Make(2000, 2, 29)));
  EXPECT_TRUE(IsValidDate(Make(1800, 1, 1)));
  EXPECT_TRUE(IsValidDate(Make(2200, 12, 31)));
  EXPECT_FALSE(IsValidDate(Make(2023, 2, 29)));
  EXPECT_FALSE(IsValidDate(Make(1900, 2, 29)));
  EXPECT_FALSE(IsValidDate(Make(2023, 2, 30)));
  EXPECT_FALSE(IsValidDate(Make(2023, 4, 31)));
  EXPECT_FALSE(IsValidDate(Make(2023, 13, 1)));
  EXPECT_FALSE(IsValidDate(Make(2023, 0, 1)));
  EXPECT_FALSE(IsValidDate(Make(2023, 1, 0)));
  EXPECT_FALSE(IsValidDate(Make(1799, 12, 31)));
  EXPECT_FALSE(IsValidDate(Make(2201, 1, 1)));
  EXPECT_FALSE(IsValidDate(v1::Date()));
}

TEST(DateTest, CountsDaysFromTheEpoch) {
  EXPECT_EQ(ToDays(Make(1970, 1, 1)), 0);
  EXPECT_EQ(ToDays(Make(1969, 12, 31)), -1);
  EXPECT_EQ(ToDays(Make(2000, 3, 1)), 11017);
  EXPECT_EQ(ToDays(Make(2023, 9, 18)), 19618);
}

TEST(DateTest, EveryDayGoesThereAndBack) {
  Days expected = ToDays(Make(1800, 1, 1));
  const Days last = ToDays(Make(2200, 12, 31));
  for (; expected <= last; ++expected) {
    const v1::Date date = FromDays(expected);
    ASSERT_TRUE(IsValidDate(date)) << FormatIsoDate(date);
    ASSERT_EQ(ToDays(date), expected) << FormatIsoDate(date);
  }
}

// Of events that a verifier reads: undefined behaviour is found by the sanitizers.
TEST(DateTest, AnyNumbersGiveSomeDay) {
  for (const int year : {INT_MIN, -1, 0, 10'000, INT_MAX}) {
    for (const int month : {INT_MIN, 0, 3, 13, INT_MAX}) {
      for (const int day : {INT_MIN, 0, 32, INT_MAX}) {
        const Days days = ToDays(Make(year, month, day));
        EXPECT_EQ(days, ToDays(Make(year, month, day)));
        (void)FromDays(days);
      }
    }
  }
  (void)FromDays(kAlways);
  (void)FromDays(std::numeric_limits<Days>::max());
}

TEST(DateTest, UnsetIsAlways) {
  EXPECT_EQ(ToDaysOrAlways(v1::Date()), kAlways);
  EXPECT_EQ(ToDaysOrAlways(Make(1970, 1, 2)), 1);
}

TEST(DateTest, FormatsAndParses) {
  EXPECT_EQ(FormatDate(Make(2023, 9, 8)), "08/09/2023");
  EXPECT_EQ(FormatIsoDate(Make(2023, 9, 8)), "2023-09-08");
  v1::Date date;
  EXPECT_TRUE(ParseDate("2023-09-08", &date));
  EXPECT_EQ(ToDays(date), ToDays(Make(2023, 9, 8)));
  EXPECT_TRUE(ParseDate("08/09/2023", &date));
  EXPECT_EQ(ToDays(date), ToDays(Make(2023, 9, 8)));
  for (const char* wrong :
       {"", "2023-02-30", "2023-09-08x", "8 septembre", "2023/09/08", "08-09-23"}) {
    EXPECT_FALSE(ParseDate(wrong, &date)) << wrong;
  }
}

}  // namespace
}  // namespace registre::date_test
