#include "ledger/acts/law.h"

#include "gtest/gtest.h"
#include "tests/support/fake_view.h"

namespace registre::law_test {
namespace {

using testing::On;

TEST(LawTest, FewestForQuorum) {
  EXPECT_EQ(FewestForQuorum(QuorumShare::kMajority, 44), 23);
  EXPECT_EQ(FewestForQuorum(QuorumShare::kMajority, 45), 23);
  EXPECT_EQ(FewestForQuorum(QuorumShare::kMajority, 1), 1);
  EXPECT_EQ(FewestForQuorum(QuorumShare::kThird, 44), 15);
  EXPECT_EQ(FewestForQuorum(QuorumShare::kThird, 45), 15);
  EXPECT_EQ(FewestForQuorum(QuorumShare::kThird, 46), 16);
}

TEST(LawTest, AttendanceByBodyAndDate) {
  struct Case {
    v1::Body body;
    const char* date;
    QuorumBase base;
    QuorumShare share;
    int proxies;
  };
  constexpr auto kCommission = v1::BODY_COMMISSION_PERMANENTE;
  constexpr auto kConseil = v1::BODY_CONSEIL_DEPARTEMENTAL;
  constexpr auto kMunicipal = v1::BODY_CONSEIL_MUNICIPAL;
  constexpr auto kPresent = QuorumBase::kPresent;
  constexpr auto kBoth = QuorumBase::kPresentOrRepresented;
  constexpr auto kHalf = QuorumShare::kMajority;
  constexpr auto kThird = QuorumShare::kThird;
  const Case kCases[] = {
      {kCommission, "2023-09-18", kBoth, kHalf, 1},
      {kConseil, "2023-09-18", kPresent, kHalf, 1},
      {kMunicipal, "2023-09-18", kPresent, kHalf, 1},
      {kCommission, "2020-03-23", kBoth, kHalf, 1},
      {kCommission, "2020-03-24", kBoth, kThird, 2},
      {kConseil, "2020-07-10", kBoth, kThird, 2},
      {kConseil, "2020-07-11", kPresent, kThird, 2},
      {kMunicipal, "2020-08-30", kPresent, kThird, 2},
      {kConseil, "2020-08-31", kPresent, kHalf, 1},
      {kConseil, "2020-10-16", kPresent, kHalf, 1},
      {kCommission, "2020-10-17", kPresent, kThird, 2},
      {kConseil, "2021-09-30", kPresent, kThird, 2},
      {kCommission, "2021-10-01", kBoth, kHalf, 1},
      {kConseil, "2021-11-09", kPresent, kHalf, 1},
      {kConseil, "2021-11-10", kPresent, kThird, 2},
      {kMunicipal, "2022-07-31", kPresent, kThird, 2},
      {kCommission, "2022-08-01", kBoth, kHalf, 1},
  };
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.date);
    const AttendanceLaw law = AttendanceLawOf(one.body, On(one.date));
    EXPECT_EQ(law.base, one.base);
    EXPECT_EQ(law.share, one.share);
    EXPECT_EQ(law.proxies_per_holder, one.proxies);
    EXPECT_FALSE(law.quorum_source.empty());
    EXPECT_FALSE(law.proxy_source.empty());
  }
}

TEST(LawTest, DatesFromWhichALawHolds) {
  EXPECT_FALSE(PledgeRequired(On("2022-01-01")));
  EXPECT_TRUE(PledgeRequired(On("2022-01-02")));
  EXPECT_FALSE(RecusedTakesNoPart(On("2025-12-23")));
  EXPECT_TRUE(RecusedTakesNoPart(On("2025-12-24")));
}

}  // namespace
}  // namespace registre::law_test
