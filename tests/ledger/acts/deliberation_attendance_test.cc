// Attendance of a deliberation, its recusals and its quorum.
#include "gtest/gtest.h"
#include "tests/ledger/acts/vote_world.h"
#include "tests/support/rule_cases.h"

namespace registre::deliberation_attendance_test {
namespace {

using testing::ChangePresence;
using testing::Declare;
using testing::FakeView;
using testing::MoveTo;
using testing::Recuse;
using testing::RunCases;
using testing::SessionOf;
using testing::StartVote;
using Act = v1::DeliberationVoted;

constexpr auto kOut = v1::RECUSAL_SCOPE_DEBATE_AND_VOTE;

// Leaves `present` of M1 to M7 present; M8 stays represented.
void KeepPresent(Act* act, int present) {
  for (int i = 7; i > present; --i) {
    ChangePresence(act, "M" + std::to_string(i), v1::PRESENCE_ABSENT);
  }
  Declare(act, present + 1, 0, 0, 0);
}

TEST(AttendanceTest, Cases) {
  RunCases<Act>(
      StartVote,
      {
          {"an arrival",
           [](FakeView*, Act* act) {
             ChangePresence(act, "M9", v1::PRESENCE_PRESENT);
             Declare(act, 9, 0, 0, 0);
           },
           "",
           {},
           {}},
          {"a departure with a proxy",
           [](FakeView*, Act* act) { ChangePresence(act, "M7", v1::PRESENCE_REPRESENTED, "M1"); },
           "",
           {},
           {}},
          {"a departure with a proxy to nobody known",
           [](FakeView*, Act* act) { ChangePresence(act, "M7", v1::PRESENCE_REPRESENTED); },
           "",
           {"PROXY_HOLDER_UNKNOWN information M7"},
           {}},
          {"the holder leaves",
           [](FakeView*, Act* act) {
             ChangePresence(act, "M2", v1::PRESENCE_ABSENT);
             Declare(act, 7, 0, 0, 0);
           },
           "ROSTER_INVALID",
           {},
           {"M8", "M2"}},
          {"a second proxy to the same holder",
           [](FakeView*, Act* act) { ChangePresence(act, "M7", v1::PRESENCE_REPRESENTED, "M2"); },
           "ROSTER_INVALID",
           {},
           {"M2 holds 2"}},
          {"more proxies without holder than the present may hold",
           [](FakeView*, Act* act) {
             for (int i = 4; i <= 10; ++i) {
               if (i != 8) ChangePresence(act, "M" + std::to_string(i), v1::PRESENCE_REPRESENTED);
             }
             Declare(act, 10, 0, 0, 0);
           },
           "ROSTER_INVALID",
           {},
           {"7 members are represented and 3 are present", "L.3121-16"}},
          {"a change of nobody on the roster",
           [](FakeView*, Act* act) { ChangePresence(act, "Z", v1::PRESENCE_PRESENT); },
           "ROSTER_INVALID",
           {},
           {"Z"}},
          {"a member changes twice",
           [](FakeView*, Act* act) {
             ChangePresence(act, "M7", v1::PRESENCE_ABSENT);
             ChangePresence(act, "M7", v1::PRESENCE_PRESENT);
           },
           "DUPLICATE_ID",
           {},
           {"M7"}},
          {"who has no vote counts nowhere",
           [](FakeView*, Act* act) { ChangePresence(act, "V1", v1::PRESENCE_ABSENT); },
           "",
           {},
           {}},
          {"RECUSED_UNKNOWN",
           [](FakeView*, Act* act) { Recuse(act, "Z", kOut, false); },
           "RECUSED_UNKNOWN",
           {},
           {"Z"}},
          {"a member recused twice",
           [](FakeView*, Act* act) {
             Recuse(act, "M3", kOut, true);
             Recuse(act, "M3", v1::RECUSAL_SCOPE_DEBATE, false);
           },
           "DUPLICATE_ID",
           {},
           {"M3"}},
          {"PROXY_RECUSED, given by a recused member",
           [](FakeView*, Act* act) { Recuse(act, "M8", kOut, true); },
           "",
           {"PROXY_RECUSED attention M8"},
           {}},
          {"PROXY_RECUSED, held by a recused member",
           [](FakeView*, Act* act) { Recuse(act, "M2", kOut, true); },
           "",
           {"PROXY_RECUSED attention M8"},
           {"M2"}},
          {"PROXY_RECUSED, of one who is said to have given none",
           [](FakeView*, Act* act) { Recuse(act, "M8", v1::RECUSAL_SCOPE_NO_PROXY, false); },
           "",
           {"PROXY_RECUSED attention M8"},
           {}},
          {"the debate alone leaves the vote",
           [](FakeView*, Act* act) {
             Recuse(act, "M2", v1::RECUSAL_SCOPE_DEBATE, false);
             Recuse(act, "V1", v1::RECUSAL_SCOPE_DEBATE, false);
             Recuse(act, "M10", v1::RECUSAL_SCOPE_NO_PROXY, false);
           },
           "",
           {},
           {}},
      });
}

TEST(QuorumTest, Cases) {
  const auto conseil = [](FakeView* view) {
    SessionOf(view).set_body(v1::BODY_CONSEIL_DEPARTEMENTAL);
  };
  RunCases<Act>(StartVote, {
                               {"commission permanente: 5 present and 1 represented are 6",
                                [](FakeView*, Act* act) { KeepPresent(act, 5); },
                                "",
                                {},
                                {}},
                               {"commission permanente: 5 in all are not",
                                [](FakeView*, Act* act) { KeepPresent(act, 4); },
                                "QUORUM_MISSING",
                                {},
                                {"6", "10", "5 are", "L.3121-14-1"}},
                               {"conseil départemental: 6 present",
                                [=](FakeView* view, Act* act) {
                                  conseil(view);
                                  KeepPresent(act, 6);
                                },
                                "",
                                {},
                                {}},
                               {"conseil départemental: the represented do not count",
                                [=](FakeView* view, Act* act) {
                                  conseil(view);
                                  KeepPresent(act, 5);
                                },
                                "QUORUM_MISSING",
                                {},
                                {"5 are", "L.3121-14]"}},
                               {"conseil municipal: the represented do not count",
                                [](FakeView* view, Act* act) {
                                  SessionOf(view).set_body(v1::BODY_CONSEIL_MUNICIPAL);
                                  KeepPresent(act, 5);
                                },
                                "QUORUM_MISSING",
                                {},
                                {"L.2121-17"}},
                               {"health emergency: a third present, 4 of 10",
                                [=](FakeView* view, Act* act) {
                                  conseil(view);
                                  MoveTo(view, act, "2021-03-15");
                                  KeepPresent(act, 4);
                                },
                                "",
                                {},
                                {}},
                               {"health emergency: 3 of 10 present are no third",
                                [](FakeView* view, Act* act) {
                                  MoveTo(view, act, "2021-03-15");
                                  KeepPresent(act, 3);
                                },
                                "QUORUM_MISSING",
                                {},
                                {"4", "3 are", "2020-1379"}},
                               {"a second meeting needs none",
                                [](FakeView* view, Act* act) {
                                  SessionOf(view).set_second_meeting_of("w");
                                  KeepPresent(act, 2);
                                },
                                "",
                                {},
                                {}},
                               {"QUORUM_RECUSED",
                                [](FakeView*, Act* act) {
                                  for (const char* member : {"M3", "M4", "M5"})
                                    Recuse(act, member, kOut, true);
                                },
                                "",
                                {"QUORUM_RECUSED attention"},
                                {"6", "5 sinon"}},
                               {"enough without the recused",
                                [](FakeView*, Act* act) {
                                  for (const char* member : {"M3", "M4"})
                                    Recuse(act, member, kOut, true);
                                },
                                "",
                                {},
                                {}},
                               {"a recused represented member does not matter to a conseil",
                                [=](FakeView* view, Act* act) {
                                  conseil(view);
                                  KeepPresent(act, 6);
                                  Recuse(act, "M8", kOut, true);
                                },
                                "",
                                {"PROXY_RECUSED attention M8"},
                                {}},
                           });
}

}  // namespace
}  // namespace registre::deliberation_attendance_test
