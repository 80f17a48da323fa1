// Rules of the end of a fiscal year, and of what may no longer be done in one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "registre/v1/control.pb.h"
#include "registre/v1/opening.pb.h"
#include "registre/v1/reference.pb.h"
#include "tests/ledger/acts/contract_world.h"
#include "tests/support/rule_cases.h"

namespace registre::testing::control_test {
namespace {

v1::FiscalYearCredits* AddYear(int year, int64_t ordered_cents, int64_t paid_cents,
                               v1::BudgetLine* line) {
  v1::FiscalYearCredits* entry = line->add_fiscal_years();
  entry->set_fiscal_year(year);
  entry->set_ordered_cents(ordered_cents);
  entry->set_paid_cents(paid_cents);
  entry->set_mentions(1);
  return entry;
}

v1::BudgetLine* LineOf(FakeView* view, const std::string& code) {
  return view->RowOf(BudgetLineKey(code)).mutable_budget_line();
}

void AddClosed(int year, const std::string& day, FakeView* view) {
  v1::ClosedYear* closed = view->RowOf(kLedgerKey).mutable_ledger()->add_closed_years();
  closed->set_fiscal_year(year);
  *closed->mutable_closed_on() = On(day);
}

// L1 moved in 2023 and 2024, L2 in 2023 alone, L3 never.
void Start(FakeView* view, v1::FiscalYearClosed* act) {
  view->OpenLedger();
  for (const char* code : {"L1", "L2", "L3"}) view->AddBudgetLine(code, 10000);
  v1::FiscalYearCredits* credits = AddYear(2023, 700, 500, LineOf(view, "L1"));
  credits->set_credits_cents(900);
  credits->set_credits_recorded(true);
  AddYear(2024, 20, 10, LineOf(view, "L1"));
  AddYear(2023, 30, 30, LineOf(view, "L2"));
  act->set_fiscal_year(2023);
  *act->mutable_date() = On("2024-01-31");
}

TEST(FiscalYearClosedTest, Cases) {
  RunCases<v1::FiscalYearClosed>(
      Start, {
                 {"not the first that moved",
                  [](auto*, auto* act) {
                    act->set_fiscal_year(2024);
                    *act->mutable_date() = On("2025-01-31");
                  },
                  "YEAR_NOT_NEXT",
                  {},
                  {"fiscal year 2024 is not the next", "2023 is the first", "close 2023"}},
                 {"a year that never moved a line",
                  [](auto*, auto* act) { act->set_fiscal_year(2022); },
                  "YEAR_NOT_NEXT",
                  {},
                  {"close 2023"}},
                 {"no line moved at all",
                  [](auto* view, auto*) {
                    LineOf(view, "L1")->clear_fiscal_years();
                    LineOf(view, "L2")->clear_fiscal_years();
                  },
                  "YEAR_NOT_NEXT",
                  {},
                  {"none to close"}},
                 {"again",
                  [](auto* view, auto*) { AddClosed(2023, "2024-01-31", view); },
                  "YEAR_NOT_NEXT",
                  {},
                  {"2023 was closed on 31/01/2024", "close 2024"}},
                 {"the one after the last closed, whatever the order they stand in",
                  [](auto* view, auto* act) {
                    AddClosed(2023, "2024-01-31", view);
                    AddClosed(2022, "2023-01-31", view);
                    act->set_fiscal_year(2024);
                    *act->mutable_date() = On("2025-01-31");
                  },
                  "",
                  {},
                  {}},
                 {"over a year",
                  [](auto* view, auto* act) {
                    AddClosed(2022, "2023-01-31", view);
                    act->set_fiscal_year(2024);
                    *act->mutable_date() = On("2025-01-31");
                  },
                  "YEAR_NOT_NEXT",
                  {},
                  {"close 2023"}},
                 {"orders of the year without an answer",
                  [](auto* view, auto*) {
                    LineOf(view, "L1")->mutable_fiscal_years(0)->set_unanswered_orders(2);
                    LineOf(view, "L2")->mutable_fiscal_years(0)->set_unanswered_orders(1);
                  },
                  "YEAR_NOT_NEXT",
                  {},
                  {"2 on line L1, 1 on line L2", "payment_accepted or payment_rejected"}},
                 {"orders of another year without an answer",
                  [](auto* view, auto*) {
                    LineOf(view, "L1")->mutable_fiscal_years(1)->set_unanswered_orders(1);
                  },
                  "",
                  {},
                  {}},
                 {"on the last day of the year",
                  [](auto*, auto* act) { *act->mutable_date() = On("2023-12-31"); },
                  "",
                  {},
                  {}},
                 {"before the last day of the year",
                  [](auto*, auto* act) { *act->mutable_date() = On("2023-12-30"); },
                  "PERIOD_INVALID",
                  {},
                  {"31/12/2023", "30/12/2023"}},
                 {"other balances than the ledger's",
                  [](auto*, auto* act) { act->add_balances()->set_budget_code("L1"); },
                  "FILLED_DIFFERS",
                  {},
                  {"balances"}},
             });
}

TEST(FiscalYearClosedTest, FillsBalancesAndLog) {
  FakeView view;
  v1::FiscalYearClosed act;
  Start(&view, &act);
  std::vector<v1::Flag> flags;
  RuleContext context{view, ToDays(On("2024-02-01")), "accountant", &flags};
  context.log_head = [] {
    LogHead head{.size = 7, .root = {}};
    head.root.fill(0xab);
    return head;
  };
  ASSERT_TRUE(Judge(context, &act).ok());
  EXPECT_EQ(act.SerializeAsString(),
            Text<v1::FiscalYearClosed>(
                "fiscal_year: 2023 date { year: 2024 month: 1 day: 31 } "
                "balances { budget_code: 'L1' credits_cents: 900 credits_recorded: true "
                "           ordered_cents: 700 paid_cents: 500 } "
                "balances { budget_code: 'L2' ordered_cents: 30 paid_cents: 30 } "
                "log_size: 7 log_root: '" +
                [] {
                  std::string bytes;
                  for (int i = 0; i < 32; ++i) bytes += "\\xab";
                  return bytes;
                }() +
                "'")
                .SerializeAsString());
  EXPECT_TRUE(Judge(context, &act).ok()) << "filled with the very same values";
  v1::FiscalYearClosed other = act;
  other.set_log_size(6);
  EXPECT_EQ(ReasonOf(Judge(context, &other)), "FILLED_DIFFERS");
  other = act;
  other.set_log_root(std::string(32, 'x'));
  EXPECT_EQ(ReasonOf(Judge(context, &other)), "FILLED_DIFFERS");
  EXPECT_TRUE(flags.empty());
}

// ---- BUDGET_CLOSED_YEAR, where the act is not about an order that is given (recovery_test.cc)

TEST(ClosedYearTest, Orders) {
  const auto close = [](int year) {
    return [year](auto& act, auto& world) {
      AddClosed(year, "2024-01-31", world.fake());
      *act.mutable_date() = On("2024-01-15");
    };
  };
  RunActs<v1::PaymentOrdered>(
      R"(fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_ADVANCE
         amount_cents: 2400000 date { year: 2023 month: 10 day: 9 }
         basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "avance" })",
      "asso",
      {{"the year is closed: not by the day",
        close(2023),
        {"BUDGET_CLOSED_YEAR",
         {"mandat 2023-1200 is of fiscal year 2023", "closed since 31/01/2024"}}},
       {"a later year is closed", close(2024), {"BUDGET_CLOSED_YEAR", {"up to 2024"}}},
       {"the year before is closed", close(2022), {""}}});
}

TEST(ClosedYearTest, Credits) {
  for (const auto& [year, reason] :
       std::vector<std::pair<int, std::string>>{{2023, "BUDGET_CLOSED_YEAR"}, {2024, ""}}) {
    FakeView view;
    view.OpenLedger();
    view.AddBudgetLine("L1", 10000);
    AddClosed(2023, "2024-01-31", &view);
    auto act = Text<v1::PaymentCreditsVoted>(
        R"(code: "L1" credits_after_cents: 5 date { year: 2023 month: 3 day: 1 }
           voted_by { before_opening { number: "2022-9" body: BODY_CONSEIL_DEPARTEMENTAL
                                       date { year: 2022 month: 12 day: 5 } } })");
    act.set_fiscal_year(year);
    ExpectJudged(JudgeOn(view, &act), reason, {},
                 reason.empty() ? std::vector<std::string>()
                                : std::vector<std::string>{"line L1", "fiscal year 2023"});
  }
}

TEST(ClosedYearTest, OpeningPayments) {
  for (const auto& [closed, reason] :
       std::vector<std::pair<int, std::string>>{{2023, "BUDGET_CLOSED_YEAR"}, {2022, ""}}) {
    ContractWorld world;
    AddClosed(closed, "2024-01-31", world.fake());
    auto act = Text<v1::OpeningPaymentRecorded>(
        R"(convention_number: "2023-00020" tranche_id: "O1" fiscal_year: 2023 amount_cents: 5
           date { year: 2023 month: 6 day: 20 })");
    ExpectJudged(JudgeOn(world.view(), &act), reason, {}, {});
  }
}

}  // namespace
}  // namespace registre::testing::control_test
