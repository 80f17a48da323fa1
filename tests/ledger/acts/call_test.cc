// Rules of calls, applications and instructions.
#include "gtest/gtest.h"
#include "tests/support/rule_cases.h"

namespace registre::call_test {
namespace {

using testing::FakeView;
using testing::FromTo;
using testing::On;
using testing::RunCases;
using testing::Text;

TEST(CallForProjectsOpenedTest, Cases) {
  using Act = v1::CallForProjectsOpened;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    *act = Text<Act>(R"pb(
      call_id: "k"
      title: "Appel d'essai"
      thematics {
        code: "1"
        title: "T"
        operations { code: "1" title: "O" }
        operations { code: "2" title: "P" }
      }
      thematics {
        code: "2"
        title: "U"
        operations { code: "1" title: "O" }
      }
      date { year: 2023 month: 1 day: 15 }
    )pb");
  };
  RunCases<Act>(start, {
                           {"NUMBER_TAKEN",
                            [](FakeView* view, Act*) { view->AddCall("k"); },
                            "NUMBER_TAKEN",
                            {},
                            {"call k"}},
                           {"a thematic twice",
                            [](FakeView*, Act* act) { act->mutable_thematics(1)->set_code("1"); },
                            "DUPLICATE_ID",
                            {},
                            {"thematic 1"}},
                           {"an operation twice",
                            [](FakeView*, Act* act) {
                              act->mutable_thematics(0)->mutable_operations(1)->set_code("1");
                            },
                            "DUPLICATE_ID",
                            {},
                            {"operation of thematic 1 1"}},
                       });
}

TEST(ApplicationSubmittedTest, Cases) {
  using Act = v1::ApplicationSubmitted;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger().mutable_opened()->mutable_patterns()->set_application("AAAA-n");
    *view->AddCall("k").mutable_applications_period() = FromTo("2023-01-15", "2023-03-31");
    view->AddStructure("s", "Structure d'essai");
    *act = Text<Act>(R"pb(
      number: "2023-11"
      call_id: "k"
      thematic: "1"
      operation: "2"
      structure_id: "s"
      requested_cents: 100000
      pledge_signed: true
      date { year: 2023 month: 3 day: 31 }
    )pb");
  };
  RunCases<Act>(start,
                {
                    {"NUMBER_FORM",
                     [](FakeView*, Act* act) { act->set_number("11"); },
                     "NUMBER_FORM",
                     {},
                     {}},
                    {"NUMBER_TAKEN",
                     [](FakeView* view, Act*) { view->AddApplication("2023-11", "k", "s", 1); },
                     "NUMBER_TAKEN",
                     {},
                     {}},
                    {"REFERENCE_UNKNOWN, call",
                     [](FakeView*, Act* act) { act->set_call_id("l"); },
                     "REFERENCE_UNKNOWN",
                     {},
                     {"call l"}},
                    {"REFERENCE_UNKNOWN, structure",
                     [](FakeView*, Act* act) { act->set_structure_id("t"); },
                     "REFERENCE_UNKNOWN",
                     {},
                     {"structure t"}},
                    {"CALL_UNKNOWN_OPERATION, thematic",
                     [](FakeView*, Act* act) { act->set_thematic("3"); },
                     "CALL_UNKNOWN_OPERATION",
                     {},
                     {"thematic 3"}},
                    {"CALL_UNKNOWN_OPERATION, operation",
                     [](FakeView*, Act* act) { act->set_operation("3"); },
                     "CALL_UNKNOWN_OPERATION",
                     {},
                     {"operation 3"}},
                    {"a thematic that the call gives without operations",
                     [](FakeView*, Act* act) { act->set_thematic("2"); },
                     "",
                     {},
                     {}},
                    {"NAME_DIFFERS",
                     [](FakeView*, Act* act) { act->set_structure_name_as_written("Autre"); },
                     "",
                     {"NAME_DIFFERS information s"},
                     {}},
                    {"APPLICATION_LATE, a day after",
                     [](FakeView*, Act* act) { *act->mutable_date() = On("2023-04-01"); },
                     "",
                     {"APPLICATION_LATE attention 2023-11"},
                     {"01/04/2023", "31/03/2023"}},
                    {"APPLICATION_LATE, a day before",
                     [](FakeView*, Act* act) { *act->mutable_date() = On("2023-01-14"); },
                     "",
                     {"APPLICATION_LATE attention 2023-11"},
                     {}},
                    {"a call without dates",
                     [](FakeView* view, Act* act) {
                       view->AddCall("k").clear_applications_period();
                       *act->mutable_date() = On("2023-04-01");
                     },
                     "",
                     {},
                     {}},
                    {"PLEDGE_MISSING",
                     [](FakeView*, Act* act) { act->clear_pledge_signed(); },
                     "",
                     {"PLEDGE_MISSING attention 2023-11"},
                     {}},
                    {"no pledge before the law",
                     [](FakeView* view, Act* act) {
                       view->AddCall("k").clear_applications_period();
                       act->clear_pledge_signed();
                       *act->mutable_date() = On("2022-01-01");
                     },
                     "",
                     {},
                     {}},
                    {"no pledge of a public body",
                     [](FakeView* view, Act* act) {
                       act->clear_pledge_signed();
                       view->AddStructure("s", "CCAS d'essai")
                           .mutable_identity()
                           ->set_legal_form(v1::LEGAL_FORM_PUBLIC_BODY);
                     },
                     "",
                     {},
                     {}},
                });
}

TEST(ApplicationWithdrawnTest, Cases) {
  using Act = v1::ApplicationWithdrawn;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    view->AddApplication("a", "k", "s", 100000);
    *act = Text<Act>("number: 'a' date { year: 2023 month: 4 day: 1 } reason: 'Renoncement'");
  };
  RunCases<Act>(start, {
                           {"REFERENCE_UNKNOWN",
                            [](FakeView*, Act* act) { act->set_number("b"); },
                            "REFERENCE_UNKNOWN",
                            {},
                            {}},
                           {"APPLICATION_STATE",
                            [](FakeView* view, Act*) {
                              *view->AddApplication("a", "k", "s", 1).mutable_withdrawn_on() =
                                  On("2023-03-30");
                            },
                            "APPLICATION_STATE",
                            {},
                            {"30/03/2023"}},
                           {"after an allotment",
                            [](FakeView* view, Act*) {
                              view->AddApplication("a", "k", "s", 1).add_deliberations("2023-1");
                            },
                            "APPLICATION_STATE",
                            {},
                            {"2023-1", "withdrawn until the vote"}},
                           {"before its submission",
                            [](FakeView*, Act* act) { *act->mutable_date() = On("2023-02-28"); },
                            "APPLICATION_STATE",
                            {},
                            {"01/03/2023", "28/02/2023"}},
                           {"on the day of its submission",
                            [](FakeView*, Act* act) { *act->mutable_date() = On("2023-03-01"); },
                            "",
                            {},
                            {}},
                           {"FILLED_DIFFERS, call",
                            [](FakeView*, Act* act) { act->set_call_id("l"); },
                            "FILLED_DIFFERS",
                            {},
                            {}},
                           {"FILLED_DIFFERS, structure",
                            [](FakeView*, Act* act) { act->set_structure_id("t"); },
                            "FILLED_DIFFERS",
                            {},
                            {}},
                       });
  FakeView view;
  Act act;
  start(&view, &act);
  EXPECT_TRUE(testing::JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.call_id(), "k");
  EXPECT_EQ(act.structure_id(), "s");
}

TEST(ApplicationInstructedTest, Cases) {
  using Act = v1::ApplicationInstructed;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    *view->AddApplication("a", "k", "s", 100000).mutable_instruction() =
        Text<v1::Instruction>("advice: ADVICE_RESERVED proposed_cents: 50000");
    *act = Text<Act>(R"pb(
      number: "a"
      instruction { advice: ADVICE_FAVOURABLE proposed_cents: 100000 }
      date { year: 2023 month: 5 day: 1 }
    )pb");
  };
  RunCases<Act>(
      start,
      {
          {"REFERENCE_UNKNOWN",
           [](FakeView*, Act* act) { act->set_number("b"); },
           "REFERENCE_UNKNOWN",
           {},
           {}},
          {"APPLICATION_STATE, withdrawn",
           [](FakeView* view, Act*) {
             *view->AddApplication("a", "k", "s", 100000).mutable_withdrawn_on() = On("2023-03-30");
           },
           "APPLICATION_STATE",
           {},
           {"withdrawn"}},
          {"APPLICATION_STATE, allotted",
           [](FakeView* view, Act*) {
             view->AddApplication("a", "k", "s", 100000).add_deliberations("2023-1");
           },
           "APPLICATION_STATE",
           {},
           {"2023-1"}},
          {"APPLICATION_STATE, before its submission",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2023-02-28"); },
           "APPLICATION_STATE",
           {},
           {"01/03/2023", "28/02/2023"}},
          {"PROPOSED_ABOVE_REQUESTED, one cent",
           [](FakeView*, Act* act) { act->mutable_instruction()->set_proposed_cents(100001); },
           "",
           {"PROPOSED_ABOVE_REQUESTED attention a"},
           {"1 000,01 €", "1 000,00 €"}},
          {"FILLED_DIFFERS",
           [](FakeView*, Act* act) { act->mutable_before()->set_advice(v1::ADVICE_FAVOURABLE); },
           "FILLED_DIFFERS",
           {},
           {}},
      });
  FakeView view;
  Act act;
  start(&view, &act);
  EXPECT_TRUE(testing::JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.before().advice(), v1::ADVICE_RESERVED);
  EXPECT_EQ(act.structure_id(), "s");
  EXPECT_EQ(act.call_id(), "k");
}

TEST(ApplicationInstructedTest, TheFirstHasNothingBefore) {
  FakeView view;
  view.OpenLedger();
  view.AddApplication("a", "k", "s", 100000);
  auto act = Text<v1::ApplicationInstructed>(
      "number: 'a' instruction { advice: ADVICE_UNFAVOURABLE } date { year: 2023 month: 5 day: 1 "
      "}");
  EXPECT_TRUE(testing::JudgeOn(view, &act).status.ok());
  EXPECT_FALSE(act.has_before());
}

}  // namespace
}  // namespace registre::call_test
