// Rules of money that comes back or goes elsewhere.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "registre/v1/consequence.pb.h"
#include "registre/v1/money.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::recovery_test {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;

void Step(v1::PaymentStatus status, const std::string& day, v1::Payment* payment) {
  v1::PaymentStep* step = payment->add_steps();
  step->set_status(status);
  *step->mutable_date() = On(day);
}

// The advance of 24 000,00 of convention 2023-00010, mandat 2023-1200 of 2023-10-09 by "clerk",
// taken in charge on 2023-10-12.
v1::Payment* AddAccepted(ContractWorld* world) {
  v1::Payment& payment =
      world->fake()->AddPayment(2023, "1200", "asso", "L1", 2400000, "2023-10-09");
  payment.set_kind(v1::PAYMENT_KIND_ADVANCE);
  payment.mutable_basis()->set_convention_number("2023-00010");
  payment.mutable_basis()->set_tranche_id("T1");
  payment.mutable_basis()->set_schedule_line_id("avance");
  Step(v1::PAYMENT_STATUS_ACCEPTED, "2023-10-12", &payment);
  v1::TrancheState* tranche = world->tranche("2023-00010", "T1");
  tranche->set_ordered_cents(2400000);
  v1::ScheduleLineState* line = tranche->add_lines();
  line->set_line_id("avance");
  line->set_ordered_cents(2400000);
  return &payment;
}

// The same, paid on 2023-10-16.
v1::Payment* AddSettled(ContractWorld* world) {
  v1::Payment* payment = AddAccepted(world);
  Step(v1::PAYMENT_STATUS_SETTLED, "2023-10-16", payment);
  payment->set_paid_cents(2400000);
  return payment;
}

void Reduce(int64_t cents, const std::string& day, v1::Payment* payment) {
  payment->set_reduced_cents(payment->reduced_cents() + cents);
  v1::PaymentReduction* reduction = payment->add_reductions();
  reduction->set_amount_cents(cents);
  *reduction->mutable_date() = On(day);
}

v1::PaymentRecovery* AddRecovery(const std::string& number, int64_t cents, v1::Payment* payment) {
  v1::PaymentRecovery* recovery = payment->add_recoveries();
  recovery->set_recovery_number(number);
  recovery->set_fiscal_year(2023);
  *recovery->mutable_date() = On("2023-11-06");
  recovery->set_amount_cents(cents);
  return recovery;
}

void CloseYear(int year, const std::string& day, ContractWorld* world) {
  v1::ClosedYear* closed = world->fake()->RowOf(kLedgerKey).mutable_ledger()->add_closed_years();
  closed->set_fiscal_year(year);
  *closed->mutable_closed_on() = On(day);
}

template <typename Act>
struct Case {
  std::string name;
  std::function<void(Act&, ContractWorld&, v1::Payment&)> change;
  Expected expected;
};

template <typename Act>
void RunSteps(const std::string& plain, const std::function<v1::Payment*(ContractWorld*)>& start,
              const std::vector<Case<Act>>& cases) {
  for (const Case<Act>& test : cases) {
    SCOPED_TRACE(test.name);
    ContractWorld world;
    v1::Payment* payment = start(&world);
    Act act = Text<Act>(plain);
    test.change(act, world, *payment);
    Expect(JudgeOn(world.view(), &act), test.expected);
  }
}

// ---- Titre de recettes

using Recovery = v1::RecoveryOrdered;

constexpr char kRecovery[] = R"(
    order { fiscal_year: 2023 mandat: "1200" } fiscal_year: 2023 recovery_number: "77"
    amount_cents: 400000 date { year: 2023 month: 11 day: 6 } reason: "trop-perçu d'essai")";

// 4 000,00 of the paid order are taken off.
v1::Payment* AddReduced(ContractWorld* world) {
  v1::Payment* payment = AddSettled(world);
  Reduce(400000, "2023-11-02", payment);
  return payment;
}

TEST(RecoveryOrderedTest, Cases) {
  const std::vector<Case<Recovery>> cases = {
      {"all that is paid and not due", [](auto&, auto&, auto&) {}, {""}},
      {"one cent more",
       [](auto& act, auto&, auto&) { act.set_amount_cents(400001); },
       {"RECOVERY_EXCEEDED",
        {"4 000,01 EUR of mandat 2023-1200", "24 000,00 EUR are paid",
         "20 000,00 EUR are still due", "4 000,00 EUR may be", "0,01 EUR too much",
         "payment_reduced first"}}},
      {"what is asked back counts",
       [](auto&, auto&, auto& payment) { AddRecovery("76", 1, &payment); },
       {"RECOVERY_EXCEEDED", {"0,01 EUR asked back already", "0,01 EUR too much"}}},
      {"nothing was reduced",
       [](auto& act, auto&, auto& payment) {
         payment.clear_reductions();
         payment.clear_reduced_cents();
         act.set_amount_cents(1);
       },
       {"RECOVERY_EXCEEDED", {"0,00 EUR may be", "payment_reduced first"}}},
      {"the number is the order's already",
       [](auto& act, auto&, auto& payment) {
         AddRecovery("77", 1, &payment);
         act.set_amount_cents(1);
       },
       {"NUMBER_TAKEN", {"77 of mandat 2023-1200"}, {}, kExists}},
      {"order unknown",
       [](auto& act, auto&, auto&) { act.mutable_order()->set_mandat("1201"); },
       {"REFERENCE_UNKNOWN", {"2023-1201"}, {}, kNotFound}},
      {"not paid yet",
       [](auto&, auto&, auto& payment) { payment.mutable_steps()->RemoveLast(); },
       {"PAYMENT_ORDER",
        {"is accepted since 12/10/2023", "cannot be asked back", "only what is paid"}}},
      {"on the day of the reduction",
       [](auto& act, auto&, auto&) { *act.mutable_date() = On("2023-11-02"); },
       {""}},
      {"before the reduction",
       [](auto& act, auto&, auto&) { *act.mutable_date() = On("2023-11-01"); },
       {"PERIOD_INVALID", {"reduced by 4 000,00 EUR on 02/11/2023", "01/11/2023"}}},
      {"before it is paid",
       [](auto& act, auto&, auto&) { *act.mutable_date() = On("2023-10-15"); },
       {"PERIOD_INVALID", {"paid since 16/10/2023", "15/10/2023"}}},
      {"in another year than the titre's",
       [](auto& act, auto&, auto&) { act.set_fiscal_year(2024); },
       {"PERIOD_INVALID", {"titre 77 of fiscal year 2024"}, {}, kInvalid}},
      {"the titre's fiscal year is closed",
       [](auto& act, auto& world, auto&) {
         CloseYear(2023, "2024-01-31", &world);
         *act.mutable_date() = On("2024-01-15");
       },
       {"BUDGET_CLOSED_YEAR", {"titre 77 is of fiscal year 2023", "31/01/2024"}}},
      {"a fiscal year before the closed ones",
       [](auto& act, auto& world, auto&) {
         CloseYear(2024, "2025-01-31", &world);
         *act.mutable_date() = On("2024-01-15");
       },
       {"BUDGET_CLOSED_YEAR", {"fiscal years up to 2024"}}},
      {"another amount than the ledger's",
       [](auto& act, auto&, auto&) { act.mutable_order()->set_amount_cents(2400000); },
       {"FILLED_DIFFERS", {"order.amount_cents"}}},
  };
  RunSteps<Recovery>(kRecovery, AddReduced, cases);
}

// Of an order of a closed year nothing is reduced: all that is paid may be asked back.
TEST(RecoveryOrderedTest, OfAClosedYear) {
  const auto start = [](ContractWorld* world) {
    CloseYear(2023, "2024-01-31", world);
    return AddSettled(world);
  };
  const std::vector<Case<Recovery>> cases = {
      {"all that is paid", [](auto&, auto&, auto&) {}, {""}},
      {"one cent more",
       [](auto& act, auto&, auto&) { act.set_amount_cents(2400001); },
       {"RECOVERY_EXCEEDED",
        {"24 000,00 EUR are paid, 0,00 EUR asked", "0,01 EUR too much; ask less"}}},
      {"what is asked back counts",
       [](auto&, auto&, auto& payment) { AddRecovery("76", 1, &payment); },
       {"RECOVERY_EXCEEDED", {"0,01 EUR too much"}}},
  };
  RunSteps<Recovery>(
      R"(order { fiscal_year: 2023 mandat: "1200" } fiscal_year: 2024 recovery_number: "7"
                   amount_cents: 2400000 date { year: 2024 month: 2 day: 5 } reason: "essai")",
      start, cases);
}

TEST(RecoveryOrderedTest, FillsTheOrder) {
  ContractWorld world;
  AddReduced(&world);
  auto act = Text<Recovery>(kRecovery);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.order().SerializeAsString(), Text<v1::OrderRef>(R"(
      fiscal_year: 2023 mandat: "1200" structure_id: "asso" budget_code: "L1"
      basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "avance" }
      amount_cents: 2000000 ordered_in_year: 2023 kind: PAYMENT_KIND_ADVANCE)")
                                                 .SerializeAsString());
  Expect(JudgeOn(world.view(), &act), {""});
}

TEST(RecoveryReceivedTest, Cases) {
  using Received = v1::RecoveryReceived;
  const auto start = [](ContractWorld* world) {
    v1::Payment* payment = AddReduced(world);
    AddRecovery("76", 100000, payment);
    AddRecovery("77", 300000, payment)->set_received_cents(100000);
    return payment;
  };
  const std::vector<Case<Received>> cases = {
      {"all that is asked back", [](auto&, auto&, auto&) {}, {""}},
      {"one cent more",
       [](auto& act, auto&, auto&) { act.set_amount_cents(200001); },
       {"RECOVERY_EXCEEDED",
        {"2 000,01 EUR are received on titre 77", "3 000,00 EUR back", "1 000,00 EUR of them",
         "0,01 EUR too much"}}},
      {"no such titre",
       [](auto& act, auto&, auto&) { act.set_recovery_number("78"); },
       {"REFERENCE_UNKNOWN", {"78 of mandat 2023-1200"}, {}, kNotFound}},
      {"no such order",
       [](auto& act, auto&, auto&) { act.mutable_order()->set_fiscal_year(2024); },
       {"REFERENCE_UNKNOWN", {"2024-1200"}, {}, kNotFound}},
      {"on the day of the titre",
       [](auto& act, auto&, auto&) { *act.mutable_date() = On("2023-11-06"); },
       {""}},
      {"before the titre",
       [](auto& act, auto&, auto&) { *act.mutable_date() = On("2023-11-05"); },
       {"PERIOD_INVALID", {"is of 06/11/2023", "05/11/2023"}}},
      {"once the year is closed: only the cash follows",
       [](auto&, auto& world, auto&) { CloseYear(2023, "2024-01-31", &world); },
       {""}},
      {"by who ordered",
       [](auto&, auto&, auto& payment) { payment.set_ordered_by("accountant"); },
       {"ORDERER_ACCOUNTANT", {"ordered by accountant", "paid back"}}},
  };
  RunSteps<Received>(R"(order { fiscal_year: 2023 mandat: "1200" } recovery_number: "77"
                   amount_cents: 200000 date { year: 2023 month: 12 day: 4 })",
                     start, cases);
}

// ---- Reductions once paid, and what a closed fiscal year lets nobody do

TEST(PaymentReducedTest, OncePaid) {
  using Reduced = v1::PaymentReduced;
  const std::vector<Case<Reduced>> cases = {
      {"all that is ordered", [](auto&, auto&, auto&) {}, {""}},
      {"one cent more than what was reduced before leaves",
       [](auto&, auto&, auto& payment) { Reduce(1, "2023-10-20", &payment); },
       {"PAYMENT_ORDER", {"stands at 23 999,99 EUR", "0,01 EUR too much"}}},
      {"before it is paid",
       [](auto& act, auto&, auto&) { *act.mutable_date() = On("2023-10-15"); },
       {"PERIOD_INVALID", {"paid since 16/10/2023"}}},
      {"before it was put where it is",
       [](auto&, auto&, auto& payment) {
         *payment.add_reimputations()->mutable_date() = On("2023-11-03");
       },
       {"PERIOD_INVALID", {"put on another basis on 03/11/2023", "02/11/2023"}}},
      {"its fiscal year is closed",
       [](auto&, auto& world, auto&) { CloseYear(2023, "2024-01-31", &world); },
       {"BUDGET_CLOSED_YEAR", {"mandat 2023-1200 is of fiscal year 2023", "recovery_ordered"}}},
      {"the fiscal year before is closed",
       [](auto&, auto& world, auto&) { CloseYear(2022, "2023-01-31", &world); },
       {""}},
  };
  RunSteps<Reduced>(R"(order { fiscal_year: 2023 mandat: "1200" } reduction_cents: 2400000
                  date { year: 2023 month: 11 day: 2 } reason: "essai")",
                    AddSettled, cases);
}

TEST(ClosedYearTest, AnswersToOrders) {
  ContractWorld world;
  v1::Payment* payment = AddAccepted(&world);
  CloseYear(2023, "2024-01-31", &world);
  // The cash of an accepted order follows.
  auto settled = Text<v1::PaymentSettled>(
      R"(order { fiscal_year: 2023 mandat: "1200" } date { year: 2024 month: 2 day: 5 })");
  Expect(JudgeOn(world.view(), &settled), {""});
  payment->mutable_steps()->RemoveLast();
  auto rejected = Text<v1::PaymentRejected>(
      R"(order { fiscal_year: 2023 mandat: "1200" } date { year: 2024 month: 2 day: 5 }
         reason: "essai")");
  Expect(JudgeOn(world.view(), &rejected), {"BUDGET_CLOSED_YEAR", {"mandat 2023-1200"}});
}

// ---- Reimputation

using Reimputed = v1::PaymentReimputed;

// Onto tranche T2 of convention 2023-00012 with asso, 30 000,00 on L2, without schedule.
constexpr char kReimputed[] = R"(
    order { fiscal_year: 2023 mandat: "1200" }
    basis { convention_number: "2023-00012" tranche_id: "T2" }
    date { year: 2023 month: 11 day: 6 } reason: "erreur d'imputation d'essai")";

v1::Payment* AddMovable(ContractWorld* world) {
  world->fake()->AddConvention("2023-00012", "asso", "2023-10-02", 3000000);
  world->fake()->AddTranche("2023-00012", "T2", "L2", 3000000);
  return AddSettled(world);
}

v1::TrancheState* Target(ContractWorld& world) { return world.tranche("2023-00012", "T2"); }

void AddCredits(int64_t credits_cents, int64_t ordered_cents, v1::BudgetLine* line) {
  v1::FiscalYearCredits* year = line->add_fiscal_years();
  year->set_fiscal_year(2023);
  year->set_credits_recorded(true);
  year->set_credits_cents(credits_cents);
  year->set_ordered_cents(ordered_cents);
}

TEST(PaymentReimputedTest, TheOrderAndItsYear) {
  const std::vector<Case<Reimputed>> cases = {
      {"paid", [](auto&, auto&, auto&) {}, {""}},
      {"accepted",
       [](auto&, auto&, auto& payment) { payment.mutable_steps()->RemoveLast(); },
       {""}},
      {"ordered",
       [](auto&, auto&, auto& payment) {
         payment.mutable_steps()->RemoveLast();
         payment.mutable_steps()->RemoveLast();
       },
       {"PAYMENT_ORDER", {"is ordered since", "cannot be put elsewhere", "reject this one"}}},
      {"rejected",
       [](auto&, auto&, auto& payment) {
         payment.mutable_steps(1)->set_status(v1::PAYMENT_STATUS_REJECTED);
         payment.mutable_steps()->RemoveLast();
       },
       {"PAYMENT_ORDER", {"is rejected since"}}},
      {"order unknown",
       [](auto& act, auto&, auto&) { act.mutable_order()->set_mandat("1201"); },
       {"REFERENCE_UNKNOWN", {"2023-1201"}, {}, kNotFound}},
      {"before it is paid",
       [](auto& act, auto&, auto&) { *act.mutable_date() = On("2023-10-15"); },
       {"PERIOD_INVALID", {"paid since 16/10/2023"}}},
      {"before a reduction",
       [](auto&, auto&, auto& payment) { Reduce(1, "2023-11-07", &payment); },
       {"PERIOD_INVALID", {"reduced by 0,01 EUR on 07/11/2023"}}},
      {"before another reimputation",
       [](auto&, auto&, auto& payment) {
         *payment.add_reimputations()->mutable_date() = On("2023-11-07");
       },
       {"PERIOD_INVALID", {"07/11/2023"}}},
      {"its fiscal year is closed",
       [](auto&, auto& world, auto&) { CloseYear(2023, "2024-01-31", &world); },
       {"BUDGET_CLOSED_YEAR", {"mandat 2023-1200", "recovery_ordered"}}},
  };
  RunSteps<Reimputed>(kReimputed, AddMovable, cases);
}

TEST(PaymentReimputedTest, TheTranche) {
  const std::vector<Case<Reimputed>> cases = {
      {"no basis",
       [](auto& act, auto&, auto&) { act.mutable_basis()->Clear(); },
       {"FIELD_INVALID", {"one of the two"}, {}, kInvalid}},
      {"the same basis",
       [](auto& act, auto&, auto& payment) { *act.mutable_basis() = payment.basis(); },
       {"FIELD_INVALID", {"is on it already"}, {}, kInvalid}},
      {"convention unknown",
       [](auto& act, auto&, auto&) { act.mutable_basis()->set_convention_number("2023-00099"); },
       {"REFERENCE_UNKNOWN", {"2023-00099"}, {}, kNotFound}},
      {"convention closed",
       [](auto&, auto& world, auto&) {
         *world.convention("2023-00012")->mutable_closed_on() = On("2023-11-01");
       },
       {"CONVENTION_CLOSED", {"2023-00012"}}},
      {"of another structure",
       [](auto&, auto& world, auto&) { world.convention("2023-00012")->set_structure_id("autre"); },
       {"REIMPUTATION_PAYEE", {"pays asso", "is for autre"}}},
      {"before the convention is signed",
       [](auto&, auto& world, auto&) {
         *world.convention("2023-00012")->mutable_signed_on() = On("2023-11-07");
       },
       {"TRIGGER_MISSING", {"07/11/2023"}}},
      {"up to its ceiling",
       [](auto&, auto& world, auto&) { Target(world)->set_ordered_cents(600000); },
       {""}},
      {"one cent over its ceiling",
       [](auto&, auto& world, auto&) { Target(world)->set_ordered_cents(600001); },
       {"TRANCHE_EXCEEDED", {"23 999,99 EUR left", "0,01 EUR too much"}}},
      {"net of what was reduced",
       [](auto&, auto& world, auto& payment) {
         Reduce(1, "2023-11-02", &payment);
         Target(world)->set_ordered_cents(600001);
       },
       {""}},
      {"one cent over its line",
       [](auto& act, auto& world, auto&) {
         *Target(world)->mutable_tranche()->add_schedule() = Text<v1::ScheduleLine>(
             R"(line_id: "a" kind: PAYMENT_KIND_ADVANCE amount_cents: 2399999)");
         act.mutable_basis()->set_schedule_line_id("a");
       },
       {"PAYMENT_LINE_EXCEEDED", {"23 999,99 EUR left"}}},
      {"a line of another kind",
       [](auto& act, auto& world, auto&) {
         *Target(world)->mutable_tranche()->add_schedule() = Text<v1::ScheduleLine>(
             R"(line_id: "a" kind: PAYMENT_KIND_BALANCE amount_cents: 2400000)");
         act.mutable_basis()->set_schedule_line_id("a");
       },
       {"FIELD_INVALID", {"PAYMENT_KIND_BALANCE"}, {}, kInvalid}},
      {"what is no advance follows a service",
       [](auto&, auto& world, auto& payment) {
         payment.set_kind(v1::PAYMENT_KIND_INSTALMENT);
         Certify(2399999, "2023-11-01", Target(world));
       },
       {"SERVICE_NOT_CERTIFIED", {"23 999,99 EUR", "0,01 EUR too much"}}},
      {"credits of another line, up to what they are",
       [](auto&, auto& world, auto&) { AddCredits(2500000, 100000, world.line("L2")); },
       {""}},
      {"credits of another line, one cent over",
       [](auto&, auto& world, auto&) { AddCredits(2500000, 100001, world.line("L2")); },
       {"CREDITS_EXCEEDED", {"budget line L2", "23 999,99 EUR", "0,01 EUR too much"}}},
      {"credits of the same line, which it has used",
       [](auto&, auto& world, auto&) {
         Target(world)->mutable_tranche()->set_budget_code("L1");
         AddCredits(2400000, 2400000, world.line("L1"));
       },
       {""}},
      {"another budget line than the tranche's",
       [](auto& act, auto&, auto&) { act.set_budget_code("L1"); },
       {"FILLED_DIFFERS", {"budget_code"}}},
      {"another amount paid",
       [](auto& act, auto&, auto&) { act.set_paid_cents(1); },
       {"FILLED_DIFFERS", {"paid_cents"}}},
      {"another amount asked back",
       [](auto& act, auto&, auto&) { act.set_recovery_ordered_cents(1); },
       {"FILLED_DIFFERS", {"recovery_ordered_cents"}}},
      {"another amount received",
       [](auto& act, auto&, auto&) { act.set_recovered_cents(1); },
       {"FILLED_DIFFERS", {"recovered_cents"}}},
  };
  RunSteps<Reimputed>(kReimputed, AddMovable, cases);
}

// Within a tranche the order leaves what it takes up.
TEST(PaymentReimputedTest, WithinItsTranche) {
  const auto start = [](ContractWorld* world) {
    v1::Payment* payment = AddSettled(world);
    v1::Tranche* tranche = world->tranche("2023-00010", "T1")->mutable_tranche();
    tranche->set_ceiling_cents(2400000);
    *tranche->mutable_schedule(1) = Text<v1::ScheduleLine>(
        R"(line_id: "avance2" kind: PAYMENT_KIND_ADVANCE amount_cents: 2400000)");
    return payment;
  };
  const std::vector<Case<Reimputed>> cases = {
      {"onto another line", [](auto&, auto&, auto&) {}, {""}},
      {"onto a line that another order uses",
       [](auto&, auto& world, auto&) {
         v1::ScheduleLineState* line = world.tranche("2023-00010", "T1")->add_lines();
         line->set_line_id("avance2");
         line->set_ordered_cents(1);
       },
       {"PAYMENT_LINE_EXCEEDED", {"avance2", "0,01 EUR too much"}}},
      {"onto what the schedule leaves",
       [](auto& act, auto& world, auto&) {
         world.tranche("2023-00010", "T1")->mutable_tranche()->clear_schedule();
         act.mutable_basis()->clear_schedule_line_id();
       },
       {""}},
      {"what others order on the tranche counts",
       [](auto&, auto& world, auto&) {
         world.tranche("2023-00010", "T1")->set_ordered_cents(2400001);
       },
       {"TRANCHE_EXCEEDED", {"0,01 EUR too much"}}},
  };
  RunSteps<Reimputed>(R"(order { fiscal_year: 2023 mandat: "1200" }
                    basis { convention_number: "2023-00010" tranche_id: "T1"
                            schedule_line_id: "avance2" }
                    date { year: 2023 month: 11 day: 6 } reason: "essai")",
                      start, cases);
}

TEST(PaymentReimputedTest, OntoAnAllotment) {
  const std::vector<Case<Reimputed>> cases = {
      {"up to what is left of it", [](auto&, auto&, auto&) {}, {""}},
      {"one cent over",
       [](auto&, auto& world, auto&) {
         world.allotment("2023-10", "a1")->set_ordered_cents(3600001);
       },
       {"ALLOTMENT_EXCEEDED", {"a1"}}},
      {"of another structure",
       [](auto& act, auto&, auto&) { act.mutable_basis()->set_allotment_id("a7"); },
       {"REIMPUTATION_PAYEE", {"is for cias"}}},
      {"of nobody",
       [](auto& act, auto&, auto&) { act.mutable_basis()->set_allotment_id("a5"); },
       {"NOT_AUTHORISED", {"names no structure"}}},
      {"of a rejected deliberation",
       [](auto& act, auto&, auto&) {
         act.mutable_basis()->set_deliberation_number("2023-11");
         act.mutable_basis()->set_allotment_id("r1");
       },
       {"NOT_AUTHORISED", {"2023-11"}}},
      {"voted later",
       [](auto& act, auto&, auto&) {
         act.mutable_basis()->set_deliberation_number("2023-12");
         act.mutable_basis()->set_allotment_id("b1");
       },
       {"NOT_AUTHORISED", {"04/12/2023"}}},
      {"an instalment",
       [](auto&, auto&, auto& payment) { payment.set_kind(v1::PAYMENT_KIND_INSTALMENT); },
       {"SERVICE_NOT_CERTIFIED", {"on a convention only"}}},
  };
  RunSteps<Reimputed>(R"(order { fiscal_year: 2023 mandat: "1200" }
                    basis { deliberation_number: "2023-10" allotment_id: "a1" }
                    date { year: 2023 month: 11 day: 6 } reason: "essai")",
                      [](ContractWorld* world) {
                        world->allotment("2023-10", "a1")->set_ordered_cents(3600000);
                        return AddSettled(world);
                      },
                      cases);
}

TEST(PaymentReimputedTest, FillsWhatMoves) {
  ContractWorld world;
  v1::Payment* payment = AddMovable(&world);
  Reduce(400000, "2023-11-02", payment);
  AddRecovery("76", 100000, payment);
  AddRecovery("77", 300000, payment)->set_received_cents(50000);
  auto act = Text<Reimputed>(kReimputed);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.budget_code(), "L2");
  EXPECT_EQ(act.paid_cents(), 2400000);
  EXPECT_EQ(act.recovery_ordered_cents(), 400000);
  EXPECT_EQ(act.recovered_cents(), 50000);
  EXPECT_EQ(act.order().amount_cents(), 2000000);
  EXPECT_EQ(act.order().budget_code(), "L1");
  EXPECT_EQ(act.order().basis().schedule_line_id(), "avance");
  Expect(JudgeOn(world.view(), &act), {""});
}

}  // namespace
}  // namespace registre::testing::recovery_test
