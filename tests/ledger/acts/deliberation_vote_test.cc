// The tally and the result of a vote.
#include "gtest/gtest.h"
#include "tests/ledger/acts/vote_world.h"
#include "tests/support/rule_cases.h"

namespace registre::deliberation_vote_test {
namespace {

using testing::ChangePresence;
using testing::Declare;
using testing::FakeView;
using testing::JudgeOn;
using testing::MoveTo;
using testing::Recuse;
using testing::RunCases;
using testing::SessionOf;
using testing::StartVote;
using Act = v1::DeliberationVoted;

constexpr auto kOut = v1::RECUSAL_SCOPE_DEBATE_AND_VOTE;

void Name(Act* act, const std::string& member, v1::Vote vote) {
  v1::NamedVote& named = *act->add_named_votes();
  named.set_member(member);
  named.set_vote(vote);
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
            "5 pour, 0 contre, 1 abstention, 2 sans "
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
          {"votes by name in a secret ballot",
           [](FakeView*, Act* act) {
             act->set_ballot(v1::BALLOT_SECRET);
             Name(act, "M1", v1::VOTE_AGAINST);
           },
           "VOTE_TALLY",
           {},
           {"secret", "M1"}},
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

// A tie of 4 and 4, decided for.
void Tie(Act* act) {
  Declare(act, 4, 4, 0, 0);
  act->set_casting_vote(v1::VOTE_FOR);
}

TEST(CastingVoteTest, ItIsTheVoteOfWhoPresides) {
  RunCases<Act>(StartVote, {
                               {"a tie", [](FakeView*, Act* act) { Tie(act); }, "", {}, {}},
                               {"the chair is recused",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  Declare(act, 3, 3, 1, 1);
                                  Recuse(act, "M1", kOut, false);
                                },
                                "VOTE_RESULT",
                                {},
                                {"M1", "recused", "presided_by"}},
                               {"the chair is recused and another presides",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  Declare(act, 3, 3, 1, 1);
                                  Recuse(act, "M1", kOut, false);
                                  act->set_presided_by("M2");
                                },
                                "",
                                {},
                                {}},
                               {"the chair has left",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  Declare(act, 3, 3, 1, 0);
                                  ChangePresence(act, "M1", v1::PRESENCE_EXCUSED);
                                },
                                "VOTE_RESULT",
                                {},
                                {"M1", "not present", "presided_by"}},
                               {"the chair has left and is represented",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  ChangePresence(act, "M1", v1::PRESENCE_REPRESENTED, "M3");
                                },
                                "VOTE_RESULT",
                                {},
                                {"M1", "not present"}},
                               {"the chair is named on that side",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  for (int i = 1; i <= 4; ++i)
                                    Name(act, "M" + std::to_string(i), v1::VOTE_FOR);
                                },
                                "",
                                {},
                                {}},
                               {"the chair is named on the other side",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  for (int i = 1; i <= 4; ++i)
                                    Name(act, "M" + std::to_string(i), v1::VOTE_AGAINST);
                                },
                                "VOTE_RESULT",
                                {},
                                {"M1", "voted for"}},
                               {"the chair is named as abstaining",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  Declare(act, 3, 3, 2, 0);
                                  Name(act, "M1", v1::VOTE_ABSTENTION);
                                  Name(act, "M2", v1::VOTE_ABSTENTION);
                                },
                                "VOTE_RESULT",
                                {},
                                {"M1"}},
                               {"the chair is not named on that side, where all are",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  for (int i = 2; i <= 5; ++i)
                                    Name(act, "M" + std::to_string(i), v1::VOTE_FOR);
                                },
                                "VOTE_RESULT",
                                {},
                                {"M1", "voted for"}},
                               {"the other side is named without the chair",
                                [](FakeView*, Act* act) {
                                  Tie(act);
                                  for (int i = 2; i <= 5; ++i)
                                    Name(act, "M" + std::to_string(i), v1::VOTE_AGAINST);
                                },
                                "",
                                {},
                                {}},
                               {"presided by nobody of the roster",
                                [](FakeView*, Act* act) { act->set_presided_by("Z"); },
                                "ROSTER_INVALID",
                                {},
                                {"Z", "not on the roster"}},
                               {"presided by an absent member",
                                [](FakeView*, Act* act) { act->set_presided_by("M10"); },
                                "ROSTER_INVALID",
                                {},
                                {"M10", "not present"}},
                               {"presided by one without a vote",
                                [](FakeView*, Act* act) { act->set_presided_by("V1"); },
                                "ROSTER_INVALID",
                                {},
                                {"V1", "without a vote"}},
                               {"presided by another member",
                                [](FakeView*, Act* act) { act->set_presided_by("M2"); },
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
}  // namespace registre::deliberation_vote_test
