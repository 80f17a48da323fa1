// Rules of the opening acts.
#include "gtest/gtest.h"
#include "tests/support/rule_cases.h"

namespace registre::opening_test {
namespace {

using testing::FakeView;
using testing::On;
using testing::RunCases;
using testing::Text;

void Close(FakeView* view) { *view->OpenLedger().mutable_opening_closed_on() = On("2023-01-31"); }

TEST(OpeningCommitmentRecordedTest, Cases) {
  using Act = v1::OpeningCommitmentRecorded;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    view->AddBudgetLine("c", 100000);
    *act = Text<Act>("code: 'c' amount_cents: 100000 date { year: 2023 month: 1 day: 1 }");
  };
  RunCases<Act>(start, {
                           {"OPENING_CLOSED",
                            [](FakeView* view, Act*) { Close(view); },
                            "OPENING_CLOSED",
                            {},
                            {"31/01/2023"}},
                           {"REFERENCE_UNKNOWN",
                            [](FakeView*, Act* act) { act->set_code("d"); },
                            "REFERENCE_UNKNOWN",
                            {},
                            {"budget line d"}},
                           {"NUMBER_TAKEN",
                            [](FakeView* view, Act*) {
                              view->AddBudgetLine("c", 100000).set_opening_commitment_cents(1);
                            },
                            "NUMBER_TAKEN",
                            {},
                            {}},
                           {"stated for a day after the ledger was opened",
                            [](FakeView*, Act* act) { *act->mutable_date() = On("2023-01-02"); },
                            "PERIOD_INVALID",
                            {},
                            {"02/01/2023", "01/01/2023"}},
                           {"BUDGET_EXCEEDED, one cent",
                            [](FakeView*, Act* act) { act->set_amount_cents(100001); },
                            "BUDGET_EXCEEDED",
                            {},
                            {"1 000,01 EUR", "1 000,00 EUR", "0,01 EUR"}},
                       });
}

TEST(OpeningConventionRecordedTest, Cases) {
  using Act = v1::OpeningConventionRecorded;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    view->AddBudgetLine("c", 100000, 60000).set_opening_contracted_cents(20000);
    view->AddBudgetLine("d", 100000, 10000);
    view->AddStructure("s", "Structure d'essai");
    *act = Text<Act>(R"pb(
      number: "2023-00001"
      structure_id: "s"
      object: "Objet d'essai"
      signatures { authority_signed_on { year: 2022 month: 6 day: 27 } }
      amount_cents: 50000
      tranches { tranche_id: "1" ceiling_cents: 30000 budget_code: "c" }
      tranches { tranche_id: "2" ceiling_cents: 10000 budget_code: "c" }
      tranches { tranche_id: "3" ceiling_cents: 10000 budget_code: "d" }
    )pb");
  };
  RunCases<Act>(
      start,
      {
          {"OPENING_CLOSED", [](FakeView* view, Act*) { Close(view); }, "OPENING_CLOSED", {}, {}},
          {"NUMBER_FORM",
           [](FakeView*, Act* act) { act->set_number("2023-1"); },
           "NUMBER_FORM",
           {},
           {"AAAA-nnnnn"}},
          {"NUMBER_TAKEN",
           [](FakeView* view, Act*) { view->AddConvention("2023-00001", "s", "2022-01-01", 1); },
           "NUMBER_TAKEN",
           {},
           {}},
          {"REFERENCE_UNKNOWN, structure",
           [](FakeView*, Act* act) { act->set_structure_id("t"); },
           "REFERENCE_UNKNOWN",
           {},
           {"structure t"}},
          {"REFERENCE_UNKNOWN, line",
           [](FakeView*, Act* act) { act->mutable_tranches(0)->set_budget_code("e"); },
           "REFERENCE_UNKNOWN",
           {},
           {"e"}},
          {"NAME_DIFFERS",
           [](FakeView*, Act* act) { act->set_structure_name_as_written("Une autre"); },
           "",
           {"NAME_DIFFERS information s"},
           {"Une autre"}},
          {"signed on the day the ledger was opened",
           [](FakeView*, Act* act) {
             *act->mutable_signatures()->mutable_authority_signed_on() = On("2023-01-01");
           },
           "",
           {},
           {}},
          {"signed after the ledger was opened",
           [](FakeView*, Act* act) {
             *act->mutable_signatures()->mutable_authority_signed_on() = On("2023-01-02");
           },
           "PERIOD_INVALID",
           {},
           {"2023-00001", "02/01/2023", "01/01/2023"}},
          {"NOT_AUTHORISED: draws",
           [](FakeView*, Act* act) {
             *act->mutable_tranches(1)->add_draws() =
                 Text<v1::Draw>("deliberation_number: '2023-1' allotment_id: '1' amount_cents: 1");
           },
           "NOT_AUTHORISED",
           {},
           {"tranche 2"}},
          {"TRANCHE_TOTAL",
           [](FakeView*, Act* act) { act->set_amount_cents(50001); },
           "TRANCHE_TOTAL",
           {},
           {}},
          {"ALLOTMENT_EXCEEDED, one cent over two tranches",
           [](FakeView*, Act* act) {
             act->mutable_tranches(1)->set_ceiling_cents(10001);
             act->set_amount_cents(50001);
           },
           "ALLOTMENT_EXCEEDED",
           {},
           {"line c", "600,01 EUR", "600,00 EUR", "0,01 EUR"}},
          {"ALLOTMENT_EXCEEDED on the other line",
           [](FakeView* view, Act*) {
             view->AddBudgetLine("d", 100000, 10000).set_opening_contracted_cents(1);
           },
           "ALLOTMENT_EXCEEDED",
           {},
           {"line d"}},
      });
}

TEST(OpeningPaymentRecordedTest, Cases) {
  using Act = v1::OpeningPaymentRecorded;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    v1::BudgetLine& line = view->AddBudgetLine("c", 100000, 60000);
    *line.add_fiscal_years() = Text<v1::FiscalYearCredits>(
        "fiscal_year: 2022 credits_cents: 40000 credits_recorded: true ordered_cents: 16000");
    *line.add_fiscal_years() = Text<v1::FiscalYearCredits>("fiscal_year: 2021 ordered_cents: 5");
    view->AddConvention("2023-00001", "s", "2022-06-27", 40000).set_opening(true);
    v1::TrancheState& state = view->AddTranche("2023-00001", "1", "c", 40000);
    state.set_ordered_cents(16000);
    *state.mutable_tranche()->add_schedule() =
        Text<v1::ScheduleLine>("line_id: 'avance' kind: PAYMENT_KIND_ADVANCE amount_cents: 24000");
    *state.add_lines() = Text<v1::ScheduleLineState>("line_id: 'avance' ordered_cents: 1000");
    *act = Text<Act>(R"pb(
      convention_number: "2023-00001"
      tranche_id: "1"
      schedule_line_id: "avance"
      fiscal_year: 2022
      amount_cents: 23000
      date { year: 2022 month: 7 day: 3 }
    )pb");
  };
  RunCases<Act>(
      start,
      {
          {"OPENING_CLOSED", [](FakeView* view, Act*) { Close(view); }, "OPENING_CLOSED", {}, {}},
          {"REFERENCE_UNKNOWN, convention",
           [](FakeView*, Act* act) { act->set_convention_number("2023-00002"); },
           "REFERENCE_UNKNOWN",
           {},
           {"2023-00002"}},
          {"a convention of this ledger",
           [](FakeView* view, Act*) {
             view->RowOf("convention:2023-00001").mutable_convention()->set_opening(false);
           },
           "REFERENCE_UNKNOWN",
           {},
           {"opening convention", "payment_ordered"}},
          {"REFERENCE_UNKNOWN, tranche",
           [](FakeView*, Act* act) { act->set_tranche_id("2"); },
           "REFERENCE_UNKNOWN",
           {},
           {"tranche 2"}},
          {"REFERENCE_UNKNOWN, schedule line",
           [](FakeView*, Act* act) { act->set_schedule_line_id("solde"); },
           "REFERENCE_UNKNOWN",
           {},
           {"schedule line solde"}},
          {"PAYMENT_LINE_EXCEEDED, one cent",
           [](FakeView*, Act* act) { act->set_amount_cents(23001); },
           "PAYMENT_LINE_EXCEEDED",
           {},
           {"240,01 EUR", "240,00 EUR"}},
          {"outside the schedule",
           [](FakeView*, Act* act) {
             act->clear_schedule_line_id();
             act->set_amount_cents(24000);
           },
           "",
           {},
           {}},
          {"TRANCHE_EXCEEDED, one cent",
           [](FakeView*, Act* act) {
             act->clear_schedule_line_id();
             act->set_amount_cents(24001);
           },
           "TRANCHE_EXCEEDED",
           {},
           {"400,01 EUR", "400,00 EUR", "0,01 EUR"}},
          {"CREDITS_EXCEEDED",
           [](FakeView* view, Act*) {
             view->RowOf("budget_line:c")
                 .mutable_budget_line()
                 ->mutable_fiscal_years(0)
                 ->set_credits_cents(38999);
           },
           "CREDITS_EXCEEDED",
           {},
           {"2022", "389,99 EUR"}},
          {"a year without recorded credits",
           [](FakeView* view, Act* act) {
             *view->RowOf("convention:2023-00001").mutable_convention()->mutable_signed_on() =
                 On("2021-12-15");
             *act->mutable_date() = On("2022-01-31");
             act->set_fiscal_year(2021);
           },
           "",
           {},
           {}},
          {"on the day of the signature",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2022-06-27"); },
           "",
           {},
           {}},
          {"before the signature",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2022-06-26"); },
           "PERIOD_INVALID",
           {},
           {"26/06/2022", "27/06/2022"}},
          {"after the ledger was opened",
           [](FakeView*, Act* act) {
             *act->mutable_date() = On("2023-01-02");
             act->set_fiscal_year(2023);
           },
           "PERIOD_INVALID",
           {},
           {"02/01/2023", "01/01/2023"}},
          {"FILLED_DIFFERS, structure",
           [](FakeView*, Act* act) { act->set_structure_id("t"); },
           "FILLED_DIFFERS",
           {},
           {}},
          {"FILLED_DIFFERS, line",
           [](FakeView*, Act* act) { act->set_budget_code("d"); },
           "FILLED_DIFFERS",
           {},
           {}},
      });
  FakeView view;
  Act act;
  start(&view, &act);
  EXPECT_TRUE(testing::JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.structure_id(), "s");
  EXPECT_EQ(act.budget_code(), "c");

  act.set_fiscal_year(2021);  // not its date's
  const testing::Judged judged = testing::JudgeOn(view, &act);
  EXPECT_EQ(judged.reason, "PERIOD_INVALID");
  EXPECT_EQ(judged.status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(OpeningClosedTest, Cases) {
  using Act = v1::OpeningClosed;
  RunCases<Act>(
      [](FakeView* view, Act* act) {
        view->OpenLedger();
        *act->mutable_date() = On("2023-01-31");
      },
      {
          {"OPENING_CLOSED", [](FakeView* view, Act*) { Close(view); }, "OPENING_CLOSED", {}, {}},
          {"on the day the ledger was opened",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2023-01-01"); },
           "",
           {},
           {}},
          {"before the ledger was opened",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2022-12-31"); },
           "PERIOD_INVALID",
           {},
           {"31/12/2022", "01/01/2023"}},
      });
}

}  // namespace
}  // namespace registre::opening_test
