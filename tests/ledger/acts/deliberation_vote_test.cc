// Attendance, quorum, recusals, tally and result.
#include "gtest/gtest.h"
#include "tests/ledger/acts/vote_world.h"
#include "tests/support/rule_cases.h"

namespace registre {
namespace {

using testing::Declare;
using testing::FakeView;
using testing::JudgeOn;
using testing::On;
using testing::Recuse;
using testing::RunCases;
using testing::SessionOf;
using testing::StartVote;
using Act = v1::DeliberationVoted;

constexpr auto kOut = v1::RECUSAL_SCOPE_DEBATE_AND_VOTE;

void ChangePresence(Act* act, const std::string& member, v1::Presence presence,
                    const std::string& holder = "") {
  v1::AttendanceChange& change = *act->add_attendance_changes();
  change.set_member(member);
  change.set_presence(presence);
  change.set_proxy_holder(holder);
}

void Name(Act* act, const std::string& member, v1::Vote vote) {
  v1::NamedVote& named = *act->add_named_votes();
  named.set_member(member);
  named.set_vote(vote);
}

// A session and a deliberation on another day.
void MoveTo(FakeView* view, Act* act, const std::string& date) {
  *SessionOf(view).mutable_date() = On(date);
  *act->mutable_date() = On(date);
}

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
                                {"6", "5 sans eux"}},
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

TEST(TallyTest, Cases) {
  RunCases<Act>(
      StartVote,
      {
          {"VOTE_TALLY, one too few",
           [](FakeView*, Act* act) { Declare(act, 6, 1, 0, 0); },
           "VOTE_TALLY",
           {},
           {"6 for", "make 7", "8 in all"}},
          {"VOTE_TALLY, one too many",
           [](FakeView*, Act* act) { Declare(act, 7, 1, 1, 0); },
           "VOTE_TALLY",
           {},
           {"make 9"}},
          {"all four counts", [](FakeView*, Act* act) { Declare(act, 4, 1, 2, 1); }, "", {}, {}},
          {"RECUSED_COUNTED as abstaining",
           [](FakeView*, Act* act) {
             Recuse(act, "M3", kOut, false);
             Recuse(act, "M4", v1::RECUSAL_SCOPE_VOTE, false);
             Declare(act, 5, 0, 3, 0);
           },
           "",
           {"RECUSED_COUNTED attention"},
           {"5 pour, 0 contre, 3 abstentions, 0 sans part",
            "5 pour, 0 contre, 1 abstentions, 2 sans "
            "part"}},
          {"RECUSED_COUNTED among the votes",
           [](FakeView*, Act* act) { Recuse(act, "M3", kOut, false); },
           "",
           {"RECUSED_COUNTED attention"},
           {"parmi les votes"}},
          {"a recused member counted as not voting",
           [](FakeView*, Act* act) { Recuse(act, "M3", kOut, true); },
           "",
           {},
           {}},
          {"named votes that agree",
           [](FakeView*, Act* act) {
             for (int i = 2; i <= 8; ++i) Name(act, "M" + std::to_string(i), v1::VOTE_FOR);
             Name(act, "M1", v1::VOTE_AGAINST);
           },
           "",
           {},
           {}},
          {"named votes against only",
           [](FakeView*, Act* act) { Name(act, "M1", v1::VOTE_AGAINST); },
           "",
           {},
           {}},
          {"VOTE_TALLY, more named than counted",
           [](FakeView*, Act* act) {
             Name(act, "M1", v1::VOTE_AGAINST);
             Name(act, "M2", v1::VOTE_AGAINST);
           },
           "VOTE_TALLY",
           {},
           {"2 members", "counts 1"}},
          {"VOTE_TALLY, fewer named than counted",
           [](FakeView*, Act* act) { Name(act, "M1", v1::VOTE_FOR); },
           "VOTE_TALLY",
           {},
           {"counts 7"}},
          {"a member votes twice",
           [](FakeView*, Act* act) {
             Name(act, "M1", v1::VOTE_AGAINST);
             Name(act, "M1", v1::VOTE_ABSTENTION);
           },
           "DUPLICATE_ID",
           {},
           {"M1"}},
          {"a vote of nobody",
           [](FakeView*, Act* act) { Name(act, "Z", v1::VOTE_AGAINST); },
           "ROSTER_INVALID",
           {},
           {"Z", "not on the roster"}},
          {"a vote of an absent member",
           [](FakeView*, Act* act) { Name(act, "M10", v1::VOTE_AGAINST); },
           "ROSTER_INVALID",
           {},
           {"M10"}},
          {"a vote of one without a vote",
           [](FakeView*, Act* act) { Name(act, "V1", v1::VOTE_AGAINST); },
           "ROSTER_INVALID",
           {},
           {"V1", "without a vote"}},
          {"a vote of one who arrived",
           [](FakeView*, Act* act) {
             ChangePresence(act, "M10", v1::PRESENCE_PRESENT);
             Declare(act, 8, 1, 0, 0);
             Name(act, "M10", v1::VOTE_AGAINST);
           },
           "",
           {},
           {}},
          {"RECUSED_VOTED, for",
           [](FakeView*, Act* act) {
             Recuse(act, "M3", kOut, false);
             Name(act, "M3", v1::VOTE_FOR);
           },
           "RECUSED_VOTED",
           {},
           {"M3"}},
          {"RECUSED_VOTED, against",
           [](FakeView*, Act* act) {
             Recuse(act, "M3", v1::RECUSAL_SCOPE_VOTE, false);
             Name(act, "M3", v1::VOTE_AGAINST);
           },
           "RECUSED_VOTED",
           {},
           {"M3", "against"}},
          {"named as abstaining, before the law of 2025",
           [](FakeView*, Act* act) {
             Recuse(act, "M3", kOut, false);
             Declare(act, 6, 1, 1, 0);
             Name(act, "M3", v1::VOTE_ABSTENTION);
           },
           "",
           {"RECUSED_COUNTED attention"},
           {}},
          {"RECUSED_VOTED, abstaining under the law of 2025",
           [](FakeView* view, Act* act) {
             MoveTo(view, act, "2026-01-15");
             Recuse(act, "M3", kOut, false);
             Declare(act, 6, 1, 1, 0);
             Name(act, "M3", v1::VOTE_ABSTENTION);
           },
           "RECUSED_VOTED",
           {},
           {"M3", "abstaining", "takes no part"}},
          {"named as not voting",
           [](FakeView* view, Act* act) {
             MoveTo(view, act, "2026-01-15");
             Recuse(act, "M3", kOut, true);
             Name(act, "M3", v1::VOTE_NOT_VOTING);
           },
           "",
           {},
           {}},
      });
}

TEST(ResultTest, Cases) {
  const auto result = [](int votes_for, int against, v1::Vote casting, v1::Ballot ballot,
                         v1::VoteResult said) {
    return [=](FakeView*, Act* act) {
      Declare(act, votes_for, against, 8 - votes_for - against, 0);
      act->set_casting_vote(casting);
      act->set_ballot(ballot);
      act->set_result(said);
    };
  };
  constexpr auto kNone = v1::VOTE_UNSPECIFIED;
  constexpr auto kHands = v1::BALLOT_ORDINARY;
  constexpr auto kAdopted = v1::VOTE_RESULT_ADOPTED;
  constexpr auto kRejected = v1::VOTE_RESULT_REJECTED;
  RunCases<Act>(
      StartVote,
      {
          {"more for", result(2, 1, kNone, kHands, kAdopted), "", {}, {}},
          {"more for, said rejected",
           result(2, 1, kNone, kHands, kRejected),
           "VOTE_RESULT",
           {},
           {"2 for and 1 against", "adopted"}},
          {"more against", result(1, 2, kNone, kHands, kRejected), "", {}, {}},
          {"more against, said adopted",
           result(1, 2, kNone, kHands, kAdopted),
           "VOTE_RESULT",
           {},
           {"rejected"}},
          {"a tie is rejected", result(3, 3, kNone, kHands, kRejected), "", {}, {}},
          {"a tie said adopted",
           result(3, 3, kNone, kHands, kAdopted),
           "VOTE_RESULT",
           {},
           {"casting vote"}},
          {"a tie adopted by the chair", result(3, 3, v1::VOTE_FOR, kHands, kAdopted), "", {}, {}},
          {"a tie rejected by the chair",
           result(3, 3, v1::VOTE_AGAINST, kHands, kRejected),
           "",
           {},
           {}},
          {"a tie, the chair for, said rejected",
           result(3, 3, v1::VOTE_FOR, kHands, kRejected),
           "VOTE_RESULT",
           {},
           {"adopted"}},
          {"a tie, the chair against, said adopted",
           result(3, 3, v1::VOTE_AGAINST, kHands, kAdopted),
           "VOTE_RESULT",
           {},
           {"rejected"}},
          {"a casting vote that abstains",
           result(3, 3, v1::VOTE_ABSTENTION, kHands, kRejected),
           "VOTE_RESULT",
           {},
           {"for or against"}},
          {"a casting vote without a tie",
           result(4, 3, v1::VOTE_FOR, kHands, kAdopted),
           "VOTE_RESULT",
           {},
           {"tie only"}},
          {"a casting vote in a secret ballot",
           result(3, 3, v1::VOTE_FOR, v1::BALLOT_SECRET, kAdopted),
           "VOTE_RESULT",
           {},
           {"secret ballot"}},
          {"a tie in a secret ballot",
           result(3, 3, kNone, v1::BALLOT_SECRET, kRejected),
           "",
           {},
           {}},
      });
}

// The vote of 2023-405: 44 members, 38 present, 3 represented; 36 for and 5 abstaining, who are the
// 5 recused members present.
TEST(DerivedTallyTest, RecusedMembersDoNotAbstain) {
  FakeView view;
  Act act;
  StartVote(&view, &act);
  v1::SessionHeld& held = SessionOf(&view);
  held.clear_roster();
  held.set_members_in_office(44);
  for (int i = 1; i <= 44; ++i) {
    v1::RosterEntry& entry = *held.add_roster();
    entry.set_member("M" + std::to_string(i));
    entry.set_presence(i <= 38   ? v1::PRESENCE_PRESENT
                       : i <= 41 ? v1::PRESENCE_REPRESENTED
                                 : v1::PRESENCE_ABSENT);
  }
  for (int i = 2; i <= 6; ++i) Recuse(&act, "M" + std::to_string(i), kOut, false);
  for (int i = 42; i <= 44; ++i) {
    Recuse(&act, "M" + std::to_string(i), v1::RECUSAL_SCOPE_NO_PROXY, false);
  }
  Declare(&act, 36, 0, 5, 0);
  act.mutable_declared()->set_absent_without_proxy(3);
  const testing::Judged judged = JudgeOn(view, &act);
  ASSERT_TRUE(judged.status.ok()) << judged.status;
  EXPECT_EQ(judged.flags, std::vector<std::string>{"RECUSED_COUNTED attention"});
  EXPECT_EQ(act.attendance().quorum(), 23);
  EXPECT_EQ(act.attendance().present(), 38);
  EXPECT_EQ(act.attendance().represented(), 3);
  EXPECT_EQ(act.attendance().absent(), 3);
  EXPECT_EQ(act.attendance().recused(), 5);
  EXPECT_EQ(act.derived().votes_for(), 36);
  EXPECT_EQ(act.derived().votes_against(), 0);
  EXPECT_EQ(act.derived().abstentions(), 0);
  EXPECT_EQ(act.derived().not_voting(), 5);
  EXPECT_EQ(act.derived().absent_without_proxy(), 3);
  EXPECT_EQ(act.declared().abstentions(), 5);
}

TEST(DerivedTallyTest, OnlyThoseNotShownAreMoved) {
  FakeView view;
  Act act;
  StartVote(&view, &act);
  Recuse(&act, "M3", kOut, false);
  Recuse(&act, "M4", kOut, false);
  Declare(&act, 5, 0, 2, 1);
  ASSERT_TRUE(JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.derived().abstentions(), 1);
  EXPECT_EQ(act.derived().not_voting(), 2);
}

}  // namespace
}  // namespace registre
