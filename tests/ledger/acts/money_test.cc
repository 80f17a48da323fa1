// Rules of the service fait and of the order on a convention.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registre/v1/money.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::money_test {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;

TEST(ServiceCertifiedTest, Cases) {
  const std::vector<ActCase<v1::ServiceCertified>> cases = {
      {"plain", [](auto&, auto&) {}, {""}},
      {"up to the ceiling",
       [](auto&, auto& world) { world.tranche("2023-00010", "T1")->set_certified_cents(1000000); },
       {""}},
      {"one cent over",
       [](auto&, auto& world) { world.tranche("2023-00010", "T1")->set_certified_cents(1000001); },
       {"TRANCHE_EXCEEDED",
        {"29 999,99 EUR of service left", "10 000,01 EUR", "0,01 EUR too much"}}},
      {"convention closed",
       [](auto&, auto& world) {
         *world.convention("2023-00010")->mutable_closed_on() = On("2024-10-01");
       },
       {"CONVENTION_CLOSED", {"01/10/2024"}}},
      {"tranche unknown",
       [](auto& act, auto&) { act.set_tranche_id("T9"); },
       {"REFERENCE_UNKNOWN", {"T9"}, {}, kNotFound}},
      {"another structure",
       [](auto& act, auto&) { act.set_structure_id("autre"); },
       {"FILLED_DIFFERS", {}}},
  };
  RunActs<v1::ServiceCertified>(
      R"(convention_number: "2023-00010" tranche_id: "T1" amount_cents: 3000000
         date { year: 2024 month: 10 day: 15 })",
      "asso", cases);
}

// ---- Orders on a convention

using Order = v1::PaymentOrdered;
using OrderCase = ActCase<Order>;

// The advance of convention 2023-00010, whole.
constexpr char kAdvance[] = R"(
    fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_ADVANCE
    amount_cents: 2400000 date { year: 2023 month: 10 day: 9 }
    basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "avance" })";

// Its balance, whole, once the report is accepted and the service certified.
constexpr char kBalance[] = R"(
    fiscal_year: 2025 mandat: "12" budget_code: "L1" kind: PAYMENT_KIND_BALANCE
    amount_cents: 1600000 date { year: 2025 month: 2 day: 3 }
    basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "solde" })";

// The advance is ordered, all the service is certified, the report is accepted on 2025-02-03.
void MakeBalanceDue(ContractWorld* world) {
  v1::TrancheState* tranche = world->tranche("2023-00010", "T1");
  tranche->set_ordered_cents(2400000);
  v1::ScheduleLineState* line = tranche->add_lines();
  line->set_line_id("avance");
  line->set_ordered_cents(2400000);
  Certify(4000000, "2025-02-03", tranche);
  *tranche->mutable_report_received_on() = On("2024-12-20");
  *tranche->mutable_report_accepted_on() = On("2025-02-03");
}

v1::ScheduleLine* Line(ContractWorld& world, int index) {
  return world.tranche("2023-00010", "T1")->mutable_tranche()->mutable_schedule(index);
}

TEST(PaymentOrderedTest, NumberBasisAndYear) {
  const std::vector<OrderCase> cases = {
      {"plain", [](auto&, auto&) {}, {""}},
      {"number of another form",
       [](auto& act, auto&) { act.set_mandat("M-1"); },
       {"NUMBER_FORM", {"M-1"}, {}, kInvalid}},
      {"number taken in its year",
       [](auto&, auto& world) { world.payment(2023, "1200")->set_mandat("1200"); },
       {"NUMBER_TAKEN", {"2023-1200"}, {}, kExists}},
      {"number taken in another year",
       [](auto&, auto& world) { world.payment(2022, "1200")->set_mandat("1200"); },
       {""}},
      {"no basis",
       [](auto& act, auto&) { act.mutable_basis()->Clear(); },
       {"FIELD_INVALID", {"basis"}, {}, kInvalid}},
      {"two bases",
       [](auto& act, auto&) {
         act.mutable_basis()->set_deliberation_number("2023-10");
         act.mutable_basis()->set_allotment_id("a1");
       },
       {"FIELD_INVALID", {"one of the two"}, {}, kInvalid}},
      {"half of another basis",
       [](auto& act, auto&) { act.mutable_basis()->set_allotment_id("a1"); },
       {"FIELD_INVALID", {}, {}, kInvalid}},
      {"a convention without a tranche",
       [](auto& act, auto&) { act.mutable_basis()->clear_tranche_id(); },
       {"FIELD_INVALID", {}, {}, kInvalid}},
      {"the last day of the year",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-12-31"); },
       {""}},
      {"the last day of January after",
       [](auto& act, auto&) { *act.mutable_date() = On("2024-01-31"); },
       {""}},
      {"the first of February after",
       [](auto& act, auto&) { *act.mutable_date() = On("2024-02-01"); },
       {"PERIOD_INVALID", {"2023", "31/01/2024", "01/02/2024"}, {}, kInvalid}},
      {"before the year",
       [](auto& act, auto&) {
         act.set_fiscal_year(2024);
         *act.mutable_date() = On("2023-12-31");
       },
       {"PERIOD_INVALID", {"31/12/2023"}, {}, kInvalid}},
      {"a fiscal year beyond the calendar",
       [](auto& act, auto&) { act.set_fiscal_year(2147483647); },
       {"PERIOD_INVALID", {"2147483647"}, {}, kInvalid}},
      {"January two years after",
       [](auto& act, auto&) { *act.mutable_date() = On("2025-01-15"); },
       {"PERIOD_INVALID", {}, {}, kInvalid}},
  };
  RunActs<Order>(kAdvance, "asso", cases);
}

TEST(PaymentOrderedTest, ConventionTrancheAndLine) {
  const std::vector<OrderCase> cases = {
      {"convention unknown",
       [](auto& act, auto&) { act.mutable_basis()->set_convention_number("2023-00099"); },
       {"REFERENCE_UNKNOWN", {"2023-00099"}, {}, kNotFound}},
      {"convention closed",
       [](auto&, auto& world) {
         *world.convention("2023-00010")->mutable_closed_on() = On("2023-10-05");
       },
       {"CONVENTION_CLOSED", {"05/10/2023"}}},
      {"tranche unknown",
       [](auto& act, auto&) { act.mutable_basis()->set_tranche_id("T9"); },
       {"REFERENCE_UNKNOWN", {"T9"}, {}, kNotFound}},
      {"line unknown",
       [](auto& act, auto&) { act.mutable_basis()->set_schedule_line_id("zz"); },
       {"REFERENCE_UNKNOWN", {"zz of tranche T1"}, {}, kNotFound}},
      {"another kind than its line",
       [](auto& act, auto&) { act.set_kind(v1::PAYMENT_KIND_SINGLE); },
       {"FIELD_INVALID", {"PAYMENT_KIND_SINGLE", "PAYMENT_KIND_ADVANCE"}, {}, kInvalid}},
      {"another budget line",
       [](auto& act, auto&) { act.set_budget_code("L2"); },
       {"PAYMENT_BUDGET_LINE", {"L1", "L2"}}},
      {"another structure",
       [](auto& act, auto&) { act.set_structure_id("autre"); },
       {"FILLED_DIFFERS", {"asso"}}},
      {"one cent over the line",
       [](auto& act, auto&) { act.set_amount_cents(2400001); },
       {"PAYMENT_LINE_EXCEEDED", {"24 000,00 EUR left", "24 000,01 EUR", "0,01 EUR too much"}}},
      {"one cent ordered on the line",
       [](auto&, auto& world) {
         v1::ScheduleLineState* line = world.tranche("2023-00010", "T1")->add_lines();
         line->set_line_id("avance");
         line->set_ordered_cents(1);
       },
       {"PAYMENT_LINE_EXCEEDED", {"23 999,99 EUR left", "0,01 EUR too much"}}},
      {"one cent ordered on another line",
       [](auto&, auto& world) {
         v1::ScheduleLineState* line = world.tranche("2023-00010", "T1")->add_lines();
         line->set_line_id("solde");
         line->set_ordered_cents(1);
       },
       {""}},
      {"without a line where the schedule covers the ceiling",
       [](auto& act, auto&) {
         act.mutable_basis()->clear_schedule_line_id();
         act.set_amount_cents(1);
       },
       {"PAYMENT_LINE_EXCEEDED", {"40 000,00 EUR", "names no schedule line", "0,01 EUR too much"}}},
      {"all that the schedule leaves of the ceiling",
       [](auto& act, auto& world) {
         Line(world, 1)->set_amount_cents(1000000);
         act.mutable_basis()->clear_schedule_line_id();
         act.set_amount_cents(600000);
       },
       {""}},
      {"one cent more than the schedule leaves of the ceiling",
       [](auto& act, auto& world) {
         Line(world, 1)->set_amount_cents(1000000);
         act.mutable_basis()->clear_schedule_line_id();
         act.set_amount_cents(600001);
       },
       {"PAYMENT_LINE_EXCEEDED", {"34 000,00 EUR", "6 000,01 EUR", "0,01 EUR too much"}}},
      {"what the schedule leaves is ordered once",
       [](auto& act, auto& world) {
         Line(world, 1)->set_amount_cents(1000000);
         world.tranche("2023-00010", "T1")->add_lines()->set_ordered_cents(1);
         act.mutable_basis()->clear_schedule_line_id();
         act.set_amount_cents(600000);
       },
       {"PAYMENT_LINE_EXCEEDED", {"0,01 EUR are ordered outside", "0,01 EUR too much"}}},
      {"without a schedule, up to the ceiling",
       [](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->mutable_tranche()->clear_schedule();
         act.mutable_basis()->clear_schedule_line_id();
         act.set_amount_cents(4000000);
       },
       {""}},
      {"without a schedule, before the convention is signed",
       [](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->mutable_tranche()->clear_schedule();
         act.mutable_basis()->clear_schedule_line_id();
         *act.mutable_date() = On("2023-10-01");
       },
       {"TRIGGER_MISSING", {"mandat 2023-1200", "01/10/2023", "02/10/2023"}}},
      {"before the avenant that brings the tranche in is signed",
       [](auto&, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_signed_on() = On("2023-10-10");
       },
       {"TRIGGER_MISSING", {"09/10/2023", "10/10/2023"}}},
      {"on the day it is signed",
       [](auto&, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_signed_on() = On("2023-10-09");
       },
       {""}},
      {"outside the schedule, one cent over the ceiling",
       [](auto& act, auto&) {
         act.mutable_basis()->clear_schedule_line_id();
         act.set_amount_cents(4000001);
       },
       {"TRANCHE_EXCEEDED",
        {"40 000,00 EUR left", "ceiling 40 000,00 EUR", "40 000,01 EUR", "0,01 EUR too much"}}},
      {"up to what is left of the ceiling",
       [](auto&, auto& world) { world.tranche("2023-00010", "T1")->set_ordered_cents(1600000); },
       {""}},
      {"one cent over what is left of the ceiling",
       [](auto&, auto& world) { world.tranche("2023-00010", "T1")->set_ordered_cents(1600001); },
       {"TRANCHE_EXCEEDED", {"23 999,99 EUR left", "ordered 16 000,01 EUR", "0,01 EUR too much"}}},
  };
  RunActs<Order>(kAdvance, "asso", cases);
}

TEST(PaymentOrderedTest, Triggers) {
  const auto trigger = [](v1::TriggerKind kind, ContractWorld& world) {
    Line(world, 0)->set_trigger(kind);
    return Line(world, 0);
  };
  const auto avenant = [](int32_t number, const std::string& day, ContractWorld& world) {
    v1::AvenantState* state = world.convention("2023-00010")->add_avenants();
    state->set_avenant_number(number);
    *state->mutable_signed_on() = On(day);
  };
  const std::vector<OrderCase> cases = {
      {"nothing awaited",
       [&](auto&, auto& world) { trigger(v1::TRIGGER_KIND_UNSPECIFIED, world); },
       {""}},
      {"on the day of the signature",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-10-02"); },
       {""}},
      {"the day before the signature",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-10-01"); },
       {"TRIGGER_MISSING", {"02/10/2023", "01/10/2023"}}},
      {"an avenant that is not signed",
       [&](auto&, auto& world) {
         trigger(v1::TRIGGER_KIND_AVENANT_SIGNED, world)->set_trigger_avenant(2);
         avenant(1, "2023-10-05", world);
       },
       {"TRIGGER_MISSING", {"avenant 2"}}},
      {"an avenant signed that day",
       [&](auto&, auto& world) {
         trigger(v1::TRIGGER_KIND_AVENANT_SIGNED, world)->set_trigger_avenant(2);
         avenant(1, "2023-10-05", world);
         avenant(2, "2023-10-09", world);
       },
       {""}},
      {"an avenant signed the day after",
       [&](auto&, auto& world) {
         trigger(v1::TRIGGER_KIND_AVENANT_SIGNED, world)->set_trigger_avenant(1);
         avenant(1, "2023-10-10", world);
       },
       {"TRIGGER_MISSING", {"10/10/2023", "09/10/2023"}}},
      {"on its date",
       [&](auto&, auto& world) {
         *trigger(v1::TRIGGER_KIND_DATE, world)->mutable_due_on() = On("2023-10-09");
       },
       {""}},
      {"the day before its date",
       [&](auto&, auto& world) {
         *trigger(v1::TRIGGER_KIND_DATE, world)->mutable_due_on() = On("2023-10-10");
       },
       {"TRIGGER_MISSING", {"10/10/2023", "09/10/2023"}}},
      {"a report that is not accepted",
       [&](auto&, auto& world) {
         trigger(v1::TRIGGER_KIND_REPORT_ACCEPTED, world);
         *world.tranche("2023-00010", "T1")->mutable_report_received_on() = On("2023-10-04");
       },
       {"TRIGGER_MISSING", {"report (bilan) on tranche T1"}}},
      {"a report accepted that day",
       [&](auto&, auto& world) {
         trigger(v1::TRIGGER_KIND_REPORT_ACCEPTED, world);
         *world.tranche("2023-00010", "T1")->mutable_report_accepted_on() = On("2023-10-09");
       },
       {""}},
      {"a statement that is not checked",
       [&](auto&, auto& world) { trigger(v1::TRIGGER_KIND_STATEMENT_CHECKED, world); },
       {"TRIGGER_MISSING", {"no service is certified"}}},
      {"a statement that is checked",
       [&](auto&, auto& world) {
         trigger(v1::TRIGGER_KIND_STATEMENT_CHECKED, world);
         Certify(1, "2023-10-09", world.tranche("2023-00010", "T1"));
       },
       {""}},
      {"a statement that is checked the day after",
       [&](auto&, auto& world) {
         trigger(v1::TRIGGER_KIND_STATEMENT_CHECKED, world);
         Certify(1, "2023-10-10", world.tranche("2023-00010", "T1"));
       },
       {"TRIGGER_MISSING", {"no service is certified on the tranche by 09/10/2023"}}},
  };
  RunActs<Order>(kAdvance, "asso", cases);
}

TEST(PaymentOrderedTest, ServiceAndBalance) {
  const std::vector<OrderCase> cases = {
      {"due", [](auto&, auto& world) { MakeBalanceDue(&world); }, {""}},
      {"the report is not accepted",
       [](auto&, auto& world) {
         MakeBalanceDue(&world);
         world.tranche("2023-00010", "T1")->clear_report_accepted_on();
       },
       {"TRIGGER_MISSING", {"schedule line solde", "report (bilan)"}}},
      {"the report is not accepted, whatever the schedule says",
       [](auto& act, auto& world) {
         MakeBalanceDue(&world);
         world.tranche("2023-00010", "T1")->clear_report_accepted_on();
         world.tranche("2023-00010", "T1")->mutable_tranche()->clear_schedule();
         act.mutable_basis()->clear_schedule_line_id();
       },
       {"TRIGGER_MISSING", {"a balance", "report (bilan)"}}},
      {"the report is accepted the day after",
       [](auto&, auto& world) {
         MakeBalanceDue(&world);
         *world.tranche("2023-00010", "T1")->mutable_report_accepted_on() = On("2025-02-04");
       },
       {"TRIGGER_MISSING", {"03/02/2025", "04/02/2025"}}},
      {"one cent is not certified",
       [](auto&, auto& world) {
         MakeBalanceDue(&world);
         world.tranche("2023-00010", "T1")->mutable_certified(0)->set_amount_cents(3999999);
       },
       {"SERVICE_NOT_CERTIFIED",
        {"39 999,99 EUR", "24 000,00 EUR", "16 000,00 EUR", "0,01 EUR too much"}}},
      {"half is certified the day after",
       [](auto&, auto& world) {
         MakeBalanceDue(&world);
         world.tranche("2023-00010", "T1")->clear_certified();
         Certify(2000000, "2025-01-31", world.tranche("2023-00010", "T1"));
         Certify(2000000, "2025-02-04", world.tranche("2023-00010", "T1"));
       },
       {"SERVICE_NOT_CERTIFIED", {"certified by 03/02/2025 is 20 000,00 EUR"}}},
      {"an instalment without any service",
       [](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->mutable_tranche()->clear_schedule();
         act.mutable_basis()->clear_schedule_line_id();
         act.set_kind(v1::PAYMENT_KIND_INSTALMENT);
         act.set_amount_cents(1);
       },
       {"SERVICE_NOT_CERTIFIED", {"0,01 EUR"}}},
      {"a single payment on a tranche without any service",
       [](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->mutable_tranche()->clear_schedule();
         act.mutable_basis()->clear_schedule_line_id();
         act.set_kind(v1::PAYMENT_KIND_SINGLE);
         act.set_amount_cents(1);
       },
       {"SERVICE_NOT_CERTIFIED", {"0,01 EUR"}}},
  };
  RunActs<Order>(kBalance, "asso", cases);
}

TEST(PaymentOrderedTest, Credits) {
  const auto credits = [](int year, int64_t cents, int64_t ordered, ContractWorld& world) {
    v1::FiscalYearCredits* credit = world.line("L1")->add_fiscal_years();
    credit->set_fiscal_year(year);
    credit->set_credits_cents(cents);
    credit->set_ordered_cents(ordered);
    credit->set_credits_recorded(true);
    return credit;
  };
  const std::vector<OrderCase> cases = {
      {"just enough", [&](auto&, auto& world) { credits(2023, 2500000, 100000, world); }, {""}},
      {"one cent short",
       [&](auto&, auto& world) { credits(2023, 2500000, 100001, world); },
       {"CREDITS_EXCEEDED",
        {"L1", "23 999,99 EUR", "2023", "voted 25 000,00 EUR", "0,01 EUR too much"}}},
      {"none recorded",
       [&](auto&, auto& world) { credits(2023, 0, 100, world)->set_credits_recorded(false); },
       {""}},
      {"another year's", [&](auto&, auto& world) { credits(2022, 0, 0, world); }, {""}},
      {"of the fiscal year, not of the date's",
       [&](auto& act, auto& world) {
         credits(2023, 0, 0, world);
         credits(2024, 9000000, 0, world);
         *act.mutable_date() = On("2024-01-15");
       },
       {"CREDITS_EXCEEDED", {"for 2023"}}},
  };
  RunActs<Order>(kAdvance, "asso", cases);
}

}  // namespace
}  // namespace registre::testing::money_test
