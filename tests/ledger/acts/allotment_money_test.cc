// Rules of the order on an allotment, without a convention, and of the release.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registre/v1/money.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::allotment_money_test {
namespace {

using OrderCase = ActCase<v1::PaymentOrdered>;

constexpr auto kNotFound = absl::StatusCode::kNotFound;

// All of a3: 10 000,00 for autre.
constexpr char kDirect[] = R"(
    fiscal_year: 2023 mandat: "1300" budget_code: "L1" kind: PAYMENT_KIND_SINGLE
    amount_cents: 1000000 date { year: 2023 month: 10 day: 9 }
    basis { deliberation_number: "2023-10" allotment_id: "a3" })";

TEST(AllotmentOrderTest, OnAnAllotment) {
  const std::vector<OrderCase> cases = {
      {"all that is left", [](auto&, auto&) {}, {""}},
      {"an advance", [](auto& act, auto&) { act.set_kind(v1::PAYMENT_KIND_ADVANCE); }, {""}},
      {"a balance",
       [](auto& act, auto&) { act.set_kind(v1::PAYMENT_KIND_BALANCE); },
       {"SERVICE_NOT_CERTIFIED", {"2023-1300"}}},
      {"one cent over",
       [](auto& act, auto&) { act.set_amount_cents(1000001); },
       {"ALLOTMENT_EXCEEDED", {"10 000,00 EUR left", "mandat 2023-1300", "0,01 EUR too much"}}},
      {"one cent drawn",
       [](auto&, auto& world) { world.allotment("2023-10", "a3")->set_drawn_cents(1); },
       {"ALLOTMENT_EXCEEDED", {"9 999,99 EUR left"}}},
      {"on the day of the vote",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-09-18"); },
       {"", {}, {"EXECUTORY_BEFORE attention 2023-10"}}},
      {"the day before the vote",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-09-17"); },
       {"NOT_AUTHORISED", {"mandat 2023-1300", "17/09/2023", "18/09/2023"}}},
      {"deliberation unknown",
       [](auto& act, auto&) { act.mutable_basis()->set_deliberation_number("2023-99"); },
       {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
      {"deliberation rejected",
       [](auto& act, auto&) {
         act.mutable_basis()->set_deliberation_number("2023-11");
         act.mutable_basis()->set_allotment_id("r1");
       },
       {"NOT_AUTHORISED", {"2023-11"}}},
      {"allotment unknown",
       [](auto& act, auto&) { act.mutable_basis()->set_allotment_id("zz"); },
       {"NOT_AUTHORISED", {"zz"}}},
      {"an allotment that names nobody",
       [](auto& act, auto&) { act.mutable_basis()->set_allotment_id("a5"); },
       {"NOT_AUTHORISED", {"a5", "order on a convention"}}},
      {"an allotment that names several",
       [](auto& act, auto&) { act.mutable_basis()->set_allotment_id("a2"); },
       {"NOT_AUTHORISED", {"a2"}}},
      {"another budget line",
       [](auto& act, auto&) { act.set_budget_code("L2"); },
       {"PAYMENT_BUDGET_LINE", {"L1", "L2"}}},
      {"another structure",
       [](auto& act, auto&) { act.set_structure_id("asso"); },
       {"FILLED_DIFFERS", {"autre"}}},
      {"the line lacks one cent of credits",
       [](auto&, auto& world) {
         v1::FiscalYearCredits* credit = world.line("L1")->add_fiscal_years();
         credit->set_fiscal_year(2023);
         credit->set_credits_cents(999999);
         credit->set_credits_recorded(true);
       },
       {"CREDITS_EXCEEDED", {"0,01 EUR too much"}}},
      {"before transmission",
       [](auto&, auto& world) { world.deliberation("2023-10")->clear_transmitted_on(); },
       {"", {"n'est pas transmise"}, {"EXECUTORY_BEFORE attention 2023-10"}}},
      {"a debt of four years and more",
       [](auto& act, auto&) { *act.mutable_debt_arose_on() = On("2018-06-30"); },
       {"", {"30/06/2018"}, {"PRESCRIPTION serious a3"}}},
      {"a debt of the fourth year before",
       [](auto& act, auto&) { *act.mutable_debt_arose_on() = On("2019-01-01"); },
       {""}},
  };
  RunActs<v1::PaymentOrdered>(kDirect, "autre", cases);
}

TEST(CommitmentReleasedTest, Cases) {
  constexpr char kRelease[] = R"(deliberation_number: "2023-10" allotment_id: "a1"
      amount_cents: 6000000 reason: "essai" date { year: 2024 month: 12 day: 31 })";
  const std::vector<ActCase<v1::CommitmentReleased>> cases = {
      {"all that is left", [](auto&, auto&) {}, {""}},
      {"one cent over",
       [](auto& act, auto&) { act.set_amount_cents(6000001); },
       {"ALLOTMENT_EXCEEDED", {"60 000,00 EUR left", "the release", "0,01 EUR too much"}}},
      {"one cent ordered directly",
       [](auto&, auto& world) { world.allotment("2023-10", "a1")->set_ordered_cents(1); },
       {"ALLOTMENT_EXCEEDED", {"59 999,99 EUR left"}}},
      {"one cent released before",
       [](auto&, auto& world) { world.allotment("2023-10", "a1")->set_released_cents(1); },
       {"ALLOTMENT_EXCEEDED", {"59 999,99 EUR left"}}},
      {"the day before the vote",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-09-17"); },
       {"NOT_AUTHORISED", {"the release", "17/09/2023", "18/09/2023"}}},
      {"deliberation unknown",
       [](auto& act, auto&) { act.set_deliberation_number("2023-99"); },
       {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
      {"deliberation rejected",
       [](auto& act, auto&) {
         act.set_deliberation_number("2023-11");
         act.set_allotment_id("r1");
       },
       {"NOT_AUTHORISED", {"2023-11"}}},
      {"allotment unknown",
       [](auto& act, auto&) { act.set_allotment_id("zz"); },
       {"NOT_AUTHORISED", {"zz"}}},
      {"another budget line",
       [](auto& act, auto&) { act.set_budget_code("L2"); },
       {"FILLED_DIFFERS", {"L1", "L2"}}},
  };
  RunActs<v1::CommitmentReleased>(kRelease, "asso", cases);

  ContractWorld world;
  auto act = Text<v1::CommitmentReleased>(kRelease);
  act.set_allotment_id("a5");
  act.set_amount_cents(3000000);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.budget_code(), "L1");
  EXPECT_EQ(act.structure_id(), "");
}

}  // namespace
}  // namespace registre::testing::allotment_money_test
