// Rules of the termination of a convention, and of what follows it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registre/v1/consequence.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::termination_test {
namespace {

constexpr auto kNotFound = absl::StatusCode::kNotFound;

using Act = v1::ConventionTerminated;

constexpr char kTerminated[] = R"(
    convention_number: "2023-00010" ground: TERMINATION_GROUND_BREACH
    date { year: 2024 month: 2 day: 1 } reason: "essai")";

// 10 000,00 are ordered on the advance.
void OrderAdvance(ContractWorld& world) {
  v1::TrancheState* tranche = world.tranche("2023-00010", "T1");
  tranche->set_ordered_cents(1000000);
  *tranche->add_lines() =
      Text<v1::ScheduleLineState>(R"(line_id: "avance" ordered_cents: 1000000)");
}

TEST(ConventionTerminatedTest, KeepsWhatIsOrdered) {
  ContractWorld world;
  OrderAdvance(world);
  v1::Tranche* tranche = world.tranche("2023-00010", "T1")->mutable_tranche();
  tranche->set_quantitative_ceiling_cents(3000000);
  tranche->set_qualitative_ceiling_cents(1000000);
  const v1::Tranche before = *tranche;
  Act act = Text<Act>(kTerminated);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.structure_id(), "asso");
  EXPECT_EQ(act.amount_before_cents(), 4000000);
  EXPECT_EQ(act.amount_after_cents(), 1000000);
  ASSERT_EQ(act.tranches_before_size(), 1);
  EXPECT_EQ(act.tranches_before(0).ShortDebugString(), before.ShortDebugString());
  ASSERT_EQ(act.tranches_size(), 1);
  EXPECT_EQ(act.tranches(0).ShortDebugString(), Text<v1::Tranche>(R"(
                tranche_id: "T1" ceiling_cents: 1000000 budget_code: "L1"
                period { start { year: 2023 month: 10 day: 1 } end { year: 2024 month: 9 day: 30 } }
                draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 1000000 }
                schedule { line_id: "avance" kind: PAYMENT_KIND_ADVANCE amount_cents: 1000000
                           trigger: TRIGGER_KIND_CONVENTION_SIGNED }
                report_due { year: 2024 month: 12 day: 31 })")
                                                    .ShortDebugString());
}

// The tranche draws `draws`, in their order, and stands on what was committed before the ledger for
// the rest; `ordered` of it are ordered. What it draws once terminated.
std::vector<int64_t> DrawsAfter(const std::vector<int64_t>& draws, int64_t ceiling,
                                int64_t ordered) {
  ContractWorld world;
  v1::TrancheState* state = world.tranche("2023-00020", "O1");
  state->set_ordered_cents(ordered);
  state->mutable_tranche()->set_ceiling_cents(ceiling);
  for (size_t i = 0; i < draws.size(); ++i) {
    v1::Draw* draw = state->mutable_tranche()->add_draws();
    draw->set_deliberation_number("2023-10");
    draw->set_allotment_id("a" + std::to_string(i + 1));
    draw->set_amount_cents(draws[i]);
  }
  Act act = Text<Act>(kTerminated);
  act.set_convention_number("2023-00020");
  EXPECT_TRUE(JudgeOn(world.view(), &act).status.ok());
  EXPECT_EQ(act.tranches_size(), 1);
  EXPECT_EQ(act.tranches(0).ceiling_cents(), ordered);
  std::vector<int64_t> after;
  for (const v1::Draw& draw : act.tranches(0).draws()) after.push_back(draw.amount_cents());
  return after;
}

TEST(ConventionTerminatedTest, TheLastDrawsFallFirstAndTheOpeningLast) {
  using Draws = std::vector<int64_t>;
  EXPECT_EQ(DrawsAfter({60, 40}, 100, 70), Draws({60, 10}));
  EXPECT_EQ(DrawsAfter({60, 40}, 100, 60), Draws({60}));
  EXPECT_EQ(DrawsAfter({60, 40}, 100, 1), Draws({1}));
  EXPECT_EQ(DrawsAfter({60, 40}, 100, 0), Draws({}));
  EXPECT_EQ(DrawsAfter({60, 40}, 150, 120), Draws({60, 10}));
  EXPECT_EQ(DrawsAfter({60, 40}, 150, 50), Draws({}));
  EXPECT_EQ(DrawsAfter({}, 150, 50), Draws({}));
}

TEST(ConventionTerminatedTest, ADrawTwiceOnOneAllotmentIsCountedOnce) {
  ContractWorld world;
  v1::TrancheState* state = world.tranche("2023-00010", "T1");
  state->set_ordered_cents(3000000);
  v1::Draw* first = state->mutable_tranche()->mutable_draws(0);
  first->set_amount_cents(2000000);
  *state->mutable_tranche()->add_draws() = *first;
  Act act = Text<Act>(kTerminated);
  Expect(JudgeOn(world.view(), &act), {""});
  ASSERT_EQ(act.tranches(0).draws_size(), 2);
  EXPECT_EQ(act.tranches(0).draws(0).amount_cents(), 2000000);
  EXPECT_EQ(act.tranches(0).draws(1).amount_cents(), 1000000);
}

TEST(ConventionTerminatedTest, ATrancheOrderedInFullStaysAsItIs) {
  ContractWorld world;
  world.tranche("2023-00010", "T1")->set_ordered_cents(4000000);
  Act act = Text<Act>(kTerminated);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.amount_after_cents(), 4000000);
  EXPECT_EQ(act.tranches_size(), 0);
  EXPECT_EQ(act.tranches_before_size(), 0);
}

TEST(ConventionTerminatedTest, Cases) {
  const std::vector<ActCase<Act>> cases = {
      {"plain", [](auto&, auto&) {}, {""}},
      {"unknown",
       [](auto& act, auto&) { act.set_convention_number("2023-99999"); },
       {"REFERENCE_UNKNOWN", {"2023-99999"}, {}, kNotFound}},
      {"closed",
       [](auto&, auto& world) {
         *world.convention("2023-00010")->mutable_closed_on() = On("2024-01-15");
       },
       {"CONVENTION_CLOSED", {"15/01/2024", "a termination"}}},
      {"terminated already, with nothing left",
       [](auto&, auto& world) {
         v1::Convention& convention = *world.convention("2023-00010");
         *convention.mutable_terminated_on() = On("2024-01-15");
         for (v1::TrancheState& state : *convention.mutable_tranches()) {
           state.set_ordered_cents(state.tranche().ceiling_cents());
         }
       },
       {"CONVENTION_TERMINATED", {"15/01/2024", "a termination"}}},
      {"terminated already, and an order was rejected since",
       [](auto&, auto& world) {
         *world.convention("2023-00010")->mutable_terminated_on() = On("2024-01-15");
       },
       {""}},
      {"the day of the signature",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-10-02"); },
       {""}},
      {"before the signature",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-10-01"); },
       {"PERIOD_INVALID", {"01/10/2023", "02/10/2023"}}},
      {"another structure",
       [](auto& act, auto&) { act.set_structure_id("autre"); },
       {"FILLED_DIFFERS", {"structure_id"}}},
      {"another amount before",
       [](auto& act, auto&) { act.set_amount_before_cents(1); },
       {"FILLED_DIFFERS", {"40 000,00 EUR"}}},
      {"another amount after",
       [](auto& act, auto&) { act.set_amount_after_cents(1); },
       {"FILLED_DIFFERS", {"amount_after_cents"}}},
      {"other tranches before",
       [](auto& act, auto&) { act.add_tranches_before()->set_tranche_id("T1"); },
       {"FILLED_DIFFERS", {"tranches_before"}}},
      {"other tranches",
       [](auto& act, auto&) { act.add_tranches()->set_tranche_id("T1"); },
       {"FILLED_DIFFERS", {"tranches"}}},
  };
  RunActs<Act>(kTerminated, "asso", cases);
}

// ---- After it

void Terminate(ContractWorld& world) {
  *world.convention("2023-00010")->mutable_terminated_on() = On("2024-02-01");
}

TEST(AfterTheTermination, WhatComesTooLateIsRefused) {
  const Expected refused{"CONVENTION_TERMINATED", {"terminated since 01/02/2024"}};
  const auto terminated = [](auto&, auto& world) { Terminate(world); };
  RunActs<v1::PaymentOrdered>(
      R"(fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_ADVANCE
         amount_cents: 2400000 date { year: 2023 month: 10 day: 9 }
         basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "avance" })",
      "asso", {{"an order", terminated, refused}});
  RunActs<v1::ServiceCertified>(
      R"(convention_number: "2023-00010" tranche_id: "T1" amount_cents: 1
         date { year: 2024 month: 1 day: 9 })",
      "asso", {{"a service", terminated, refused}});
  RunActs<v1::ConventionClosed>(
      R"(number: "2023-00010" reason: "essai" date { year: 2024 month: 10 day: 9 })", "asso",
      {{"a closing", terminated, refused}});
  RunActs<v1::AvenantSigned>(
      R"(convention_number: "2023-00010" avenant_number: 1 authorised_by { number: "2023-10" }
         signatures { authority_signed_on { year: 2024 month: 1 day: 15 } }
         amount_before_cents: 4000000 amount_after_cents: 4000000)",
      "asso", {{"an avenant", terminated, {"AVENANT_NUMBER", {"terminated since 01/02/2024"}}}});
}

TEST(AfterTheTermination, OrdersGivenBeforeGoOn) {
  ContractWorld world;
  Terminate(world);
  world.fake()->AddPayment(2023, "1200", "asso", "L1", 1000000, "2023-10-09");
  const std::string order = R"(order { fiscal_year: 2023 mandat: "1200" }
      date { year: 2024 month: 3 day: 1 })";
  auto accepted = Text<v1::PaymentAccepted>(order);
  Expect(JudgeOn(world.view(), &accepted), {""});
  auto rejected = Text<v1::PaymentRejected>(order);
  Expect(JudgeOn(world.view(), &rejected), {""});
  auto reduced = Text<v1::PaymentReduced>(order + " reduction_cents: 1");
  Expect(JudgeOn(world.view(), &reduced), {""});
}

}  // namespace
}  // namespace registre::testing::termination_test
