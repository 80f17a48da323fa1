// Rules of a deliberation as a whole: its number, its references, its annexes, its signature, and
// the fields that the ledger fills.
#include "gtest/gtest.h"
#include "tests/ledger/acts/vote_world.h"
#include "tests/support/rule_cases.h"

namespace registre::deliberation_test {
namespace {

using testing::FakeView;
using testing::JudgeOn;
using testing::On;
using testing::RunCases;
using testing::StartVote;
using testing::Text;
using Act = v1::DeliberationVoted;

TEST(DeliberationVotedTest, Cases) {
  RunCases<Act>(
      StartVote,
      {
          {"NUMBER_FORM",
           [](FakeView*, Act* act) { act->set_number("405"); },
           "NUMBER_FORM",
           {},
           {"AAAA-n"}},
          {"NUMBER_TAKEN",
           [](FakeView* view, Act*) {
             view->AddDeliberation("2023-405", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18");
           },
           "NUMBER_TAKEN",
           {},
           {"2023-405"}},
          {"REFERENCE_UNKNOWN, session",
           [](FakeView*, Act* act) { act->set_session_id("y"); },
           "REFERENCE_UNKNOWN",
           {},
           {"session y"}},
          {"another day",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2023-09-19"); },
           "PERIOD_INVALID",
           {},
           {"19/09/2023", "18/09/2023"}},
          {"REFERENCE_UNKNOWN, report",
           [](FakeView*, Act* act) { act->set_report_number("71"); },
           "REFERENCE_UNKNOWN",
           {},
           {"report 71"}},
          {"REFERENCE_UNKNOWN, a report of which only an opinion is known",
           [](FakeView* view, Act*) {
             view->RowOf("session:x").mutable_session()->mutable_reports(0)->set_tabled(false);
           },
           "REFERENCE_UNKNOWN",
           {},
           {"report 70"}},
          {"no report", [](FakeView*, Act* act) { act->clear_report_number(); }, "", {}, {}},
          {"REFERENCE_UNKNOWN, call",
           [](FakeView*, Act* act) { act->set_call_id("l"); },
           "REFERENCE_UNKNOWN",
           {},
           {"call l"}},
          {"REFERENCE_UNKNOWN, visa",
           [](FakeView*, Act* act) {
             act->mutable_visas(0)->mutable_deliberation()->set_number("2023-1");
           },
           "REFERENCE_UNKNOWN",
           {},
           {"deliberation 2023-1"}},
          {"visa before the ledger",
           [](FakeView*, Act* act) {
             *act->mutable_visas(0)->mutable_deliberation() = Text<v1::DeliberationRef>(
                 "before_opening { number: '2021-257' date { year: 2021 month: 7 day: 1 } "
                 "body: BODY_CONSEIL_DEPARTEMENTAL }");
           },
           "",
           {},
           {}},
          {"visa before the ledger of what the ledger holds",
           [](FakeView* view, Act* act) {
             view->AddDeliberation("2023-1", v1::BODY_CONSEIL_DEPARTEMENTAL, "2023-05-15");
             *act->mutable_visas(0)->mutable_deliberation() = Text<v1::DeliberationRef>(
                 "before_opening { number: '2023-1' date { year: 2022 month: 7 day: 1 } "
                 "body: BODY_CONSEIL_DEPARTEMENTAL }");
           },
           "REFERENCE_UNKNOWN",
           {},
           {"2023-1", "15/05/2023", "by its number"}},
          {"visa of what is voted the day after",
           [](FakeView* view, Act* act) {
             view->AddDeliberation("2023-500", v1::BODY_CONSEIL_DEPARTEMENTAL, "2023-09-19");
             act->mutable_visas(0)->mutable_deliberation()->set_number("2023-500");
           },
           "PERIOD_INVALID",
           {},
           {"2023-500", "18/09/2023", "19/09/2023"}},
          {"an annex twice",
           [](FakeView*, Act* act) {
             *act->add_annexes() = Text<v1::Annex>("number: '1' title: 'T'");
           },
           "DUPLICATE_ID",
           {},
           {"annex 1"}},
          {"ANNEX_MISSING",
           [](FakeView*, Act* act) { act->mutable_annexes(0)->set_missing(true); },
           "",
           {"ANNEX_MISSING serious 1"},
           {"Annexe d'essai"}},
          {"SIGNATORY_DELEGATION_UNKNOWN",
           [](FakeView*, Act* act) {
             *act->mutable_signature() = Text<v1::Signature>("signatory: 'D' by_delegation: true");
           },
           "",
           {"SIGNATORY_DELEGATION_UNKNOWN information D"},
           {}},
          {"a delegation that is known",
           [](FakeView*, Act* act) {
             *act->mutable_signature() = Text<v1::Signature>(
                 "signatory: 'D' by_delegation: true delegation_reference: 'Arrêté d\\'essai'");
           },
           "",
           {},
           {}},
          {"FILLED_DIFFERS, body",
           [](FakeView*, Act* act) { act->set_body(v1::BODY_CONSEIL_DEPARTEMENTAL); },
           "FILLED_DIFFERS",
           {},
           {"body"}},
          {"FILLED_DIFFERS, attendance",
           [](FakeView*, Act* act) { act->mutable_attendance()->set_present(8); },
           "FILLED_DIFFERS",
           {},
           {"attendance"}},
          {"FILLED_DIFFERS, derived",
           [](FakeView*, Act* act) { act->mutable_derived()->set_votes_for(8); },
           "FILLED_DIFFERS",
           {},
           {"derived"}},
      });
}

TEST(DeliberationVotedTest, FillsWhatTheLedgerKnows) {
  FakeView view;
  Act act;
  StartVote(&view, &act);
  ASSERT_TRUE(JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.body(), v1::BODY_COMMISSION_PERMANENTE);
  EXPECT_EQ(act.attendance().members(), 10);
  EXPECT_EQ(act.attendance().quorum(), 6);
  EXPECT_EQ(act.attendance().present(), 7);
  EXPECT_EQ(act.attendance().represented(), 1);
  EXPECT_EQ(act.attendance().absent(), 2);
  EXPECT_EQ(act.attendance().recused(), 0);
  EXPECT_EQ(act.derived().SerializeAsString(), act.declared().SerializeAsString());
  // Sent again with what was filled, it is the same act.
  EXPECT_TRUE(JudgeOn(view, &act).status.ok());
}

}  // namespace
}  // namespace registre::deliberation_test
