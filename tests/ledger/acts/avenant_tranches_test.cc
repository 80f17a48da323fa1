// Rules of the avenant: tranches that it replaces.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registre/v1/contract.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::avenant_tranches_test {
namespace {

using AvenantCase = ActCase<v1::AvenantSigned>;

void SetDelta(int64_t delta_cents, v1::AvenantSigned* act) {
  act->set_delta_cents(delta_cents);
  act->set_amount_after_cents(act->amount_before_cents() + delta_cents);
}

// To opening convention 2023-00020: its tranche goes from 40 000,00 to 50 000,00.
constexpr char kIncrease[] = R"(
      convention_number: "2023-00020" avenant_number: 1
      authorised_by { number: "2023-10" }
      signatures { authority_signed_on { year: 2023 month: 10 day: 2 } }
      amount_before_cents: 4000000 delta_cents: 1000000 amount_after_cents: 5000000
      tranches { tranche_id: "O1" ceiling_cents: 5000000 budget_code: "L1"
        draws { deliberation_number: "2023-10" allotment_id: "a5" amount_cents: 1000000 } })";

// To convention 2023-00010: its tranche goes from 40 000,00 to all that a1 can give, 100 000,00.
constexpr char kReplacement[] = R"(
      convention_number: "2023-00010" avenant_number: 1
      authorised_by { number: "2023-10" }
      signatures { authority_signed_on { year: 2023 month: 11 day: 2 } }
      amount_before_cents: 4000000 delta_cents: 6000000 amount_after_cents: 10000000
      tranches { tranche_id: "T1" ceiling_cents: 10000000 budget_code: "L1"
        period { start { year: 2023 month: 10 day: 1 } end { year: 2024 month: 9 day: 30 } }
        draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 10000000 }
        schedule { line_id: "avance" kind: PAYMENT_KIND_ADVANCE amount_cents: 2400000 } })";

TEST(AvenantTranchesTest, FillsWhatItReplaces) {
  ContractWorld world;
  auto act = Text<v1::AvenantSigned>(kReplacement);
  *act.add_tranches() = act.tranches(0);
  act.mutable_tranches(1)->set_tranche_id("T2");
  act.mutable_tranches(1)->set_ceiling_cents(1000000);
  act.mutable_tranches(1)->clear_schedule();
  act.mutable_tranches(1)->mutable_draws(0)->set_allotment_id("a5");
  act.mutable_tranches(1)->mutable_draws(0)->set_amount_cents(1000000);
  act.mutable_tranches()->SwapElements(0, 1);  // the added tranche stands first
  SetDelta(7000000, &act);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.structure_id(), "asso");
  ASSERT_EQ(act.tranches_before_size(), 1);
  EXPECT_EQ(act.tranches_before(0).SerializeAsString(),
            world.tranche("2023-00010", "T1")->tranche().SerializeAsString());

  Expect(JudgeOn(world.view(), &act), {""});  // filled with the very same values
  act.mutable_tranches_before(0)->set_ceiling_cents(1);
  Expect(JudgeOn(world.view(), &act), {"FILLED_DIFFERS", {"tranches_before"}});
}

TEST(AvenantTranchesTest, OpeningTranche) {
  const std::vector<AvenantCase> cases = {
      {"what it adds is drawn", [](auto&, auto&) {}, {""}},
      {"one cent of it is not",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(999999);
       },
       {"NOT_AUTHORISED", {"0,01 EUR more"}}},
      {"one cent more than it adds",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(1000001);
       },
       {"NOT_AUTHORISED", {"0,01 EUR less"}}},
      {"unchanged, without draws",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->clear_draws();
         SetDelta(0, &act);
       },
       {""}},
      {"reduced, without draws",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(3000000);
         act.mutable_tranches(0)->clear_draws();
         SetDelta(-1000000, &act);
       },
       {""}},
      {"the part without draws shrinks below what is ordered of it",
       [](auto& act, auto& world) {
         world.tranche("2023-00020", "O1")->set_ordered_cents(4000000);
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(1);
         *act.add_tranches() = act.tranches(0);
         act.mutable_tranches(1)->set_tranche_id("O2");
         act.mutable_tranches(1)->set_ceiling_cents(1);
         act.mutable_tranches(1)->clear_draws();
         SetDelta(1, &act);
       },
       {"AVENANT_BELOW_ORDERED", {"committed before the ledger was opened", "39 999,99 EUR"}}},
      {"split in two, without draws",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(3000000);
         act.mutable_tranches(0)->clear_draws();
         *act.add_tranches() = act.tranches(0);
         act.mutable_tranches(1)->set_tranche_id("O2");
         act.mutable_tranches(1)->set_ceiling_cents(1000000);
         SetDelta(0, &act);
       },
       {""}},
      {"moved to another line",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->set_budget_code("L2");
         act.mutable_tranches(0)->clear_draws();
         SetDelta(0, &act);
       },
       {"NOT_AUTHORISED", {"L2", "40 000,00 EUR more"}}},
      {"increased before, the first draw forgotten",
       [](auto& act, auto& world) {
         v1::Tranche* tranche = world.tranche("2023-00020", "O1")->mutable_tranche();
         tranche->set_ceiling_cents(5000000);
         *tranche->add_draws() = act.tranches(0).draws(0);
         world.convention("2023-00020")->set_amount_cents(5000000);
         act.set_amount_before_cents(5000000);
         act.mutable_tranches(0)->set_ceiling_cents(5000000);
         act.mutable_tranches(0)->clear_draws();
         SetDelta(0, &act);
       },
       {"NOT_AUTHORISED", {"10 000,00 EUR more"}}},
  };
  RunActs<v1::AvenantSigned>(kIncrease, "asso", cases);
}

TEST(AvenantTranchesTest, ReplacedTranche) {
  const auto reduce = [](int64_t cents) {
    return [=](v1::AvenantSigned& act, ContractWorld&) {
      act.mutable_tranches(0)->set_ceiling_cents(cents);
      act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(cents);
      SetDelta(cents - 4000000, &act);
    };
  };
  const auto ordered = [](int64_t tranche_cents, int64_t line_cents, ContractWorld* world) {
    v1::TrancheState* tranche = world->tranche("2023-00010", "T1");
    tranche->set_ordered_cents(tranche_cents);
    v1::ScheduleLineState* line = tranche->add_lines();
    line->set_line_id("avance");
    line->set_ordered_cents(line_cents);
  };
  const std::vector<AvenantCase> cases = {
      {"all that the allotment can give", [](auto&, auto&) {}, {""}},
      {"one cent more",
       reduce(10000001),
       {"ALLOTMENT_EXCEEDED", {"60 000,00 EUR left", "60 000,01 EUR", "0,01 EUR too much"}}},
      {"a reduction gives back",
       [&](auto& act, auto& world) {
         world.allotment("2023-10", "a1")->set_released_cents(6000000);
         reduce(3000000)(act, world);
       },
       {""}},
      {"down to what is ordered",
       [&](auto& act, auto& world) {
         ordered(3000000, 2400000, &world);
         reduce(3000000)(act, world);
       },
       {""}},
      {"one cent below what is ordered",
       [&](auto& act, auto& world) {
         ordered(3000000, 2400000, &world);
         reduce(2999999)(act, world);
       },
       {"AVENANT_BELOW_ORDERED", {"tranche T1", "29 999,99 EUR", "30 000,00 EUR", "0,01 EUR"}}},
      {"a line one cent below what is ordered",
       [&](auto&, auto& world) { ordered(2400001, 2400001, &world); },
       {"AVENANT_BELOW_ORDERED", {"schedule line avance", "24 000,00 EUR", "24 000,01 EUR"}}},
      {"a line that is ordered goes",
       [&](auto& act, auto& world) {
         ordered(1, 1, &world);
         act.mutable_tranches(0)->clear_schedule();
       },
       {"AVENANT_BELOW_ORDERED", {"schedule line avance", "0,00 EUR", "0,01 EUR"}}},
      {"a line that is not ordered goes",
       [&](auto& act, auto& world) {
         ordered(0, 0, &world);
         act.mutable_tranches(0)->clear_schedule();
       },
       {""}},
      {"what is ordered outside the schedule needs no line",
       [&](auto&, auto& world) {
         ordered(1, 0, &world);
         world.tranche("2023-00010", "T1")->add_lines()->set_ordered_cents(1);
       },
       {""}},
      {"all of it moves to another allotment",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(3000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a5");
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(3000000);
         SetDelta(-1000000, &act);
       },
       {""}},
      {"all of it moves to another allotment, one cent ordered",
       [&](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->set_ordered_cents(1);
         act.mutable_tranches(0)->set_ceiling_cents(3000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a5");
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(3000000);
         SetDelta(-1000000, &act);
       },
       {"AVENANT_BELOW_ORDERED", {"0,01 EUR", "allotment a1 of deliberation 2023-10", "0,00 EUR"}}},
      {"what is not ordered moves to another allotment",
       [&](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->set_ordered_cents(2400000);
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(2400000);
         *act.mutable_tranches(0)->add_draws() = Text<v1::Draw>(
             "deliberation_number: '2023-10' allotment_id: 'a5' amount_cents: 1600000");
         SetDelta(0, &act);
       },
       {""}},
      {"one cent of what is ordered with it",
       [&](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->set_ordered_cents(2400000);
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(2399999);
         *act.mutable_tranches(0)->add_draws() = Text<v1::Draw>(
             "deliberation_number: '2023-10' allotment_id: 'a5' amount_cents: 1600001");
         act.mutable_tranches(0)->clear_schedule();
         SetDelta(0, &act);
       },
       {"AVENANT_BELOW_ORDERED", {"24 000,00 EUR", "23 999,99 EUR"}}},
      {"another allotment takes its place before it",
       [&](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->set_ordered_cents(2400000);
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a5");
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(1600000);
         *act.mutable_tranches(0)->add_draws() = Text<v1::Draw>(
             "deliberation_number: '2023-10' allotment_id: 'a1' amount_cents: 2400000");
         SetDelta(0, &act);
       },
       {"AVENANT_BELOW_ORDERED", {"24 000,00 EUR", "8 000,00 EUR"}}},
      {"to another budget line",
       [&](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(1000000);
         act.mutable_tranches(0)->clear_schedule();
         act.mutable_tranches(0)->set_budget_code("L2");
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a4");
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(1000000);
         SetDelta(-3000000, &act);
       },
       {""}},
      {"to another budget line, one cent ordered",
       [&](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->set_ordered_cents(1);
         act.mutable_tranches(0)->set_ceiling_cents(1000000);
         act.mutable_tranches(0)->clear_schedule();
         act.mutable_tranches(0)->set_budget_code("L2");
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a4");
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(1000000);
         SetDelta(-3000000, &act);
       },
       {"AVENANT_BELOW_ORDERED", {"from budget line L1 to L2", "0,01 EUR"}}},
      {"half of it moves to another tranche",
       [](auto& act, auto& world) {
         world.allotment("2023-10", "a1")->set_released_cents(6000000);  // nothing is left of a1
         act.mutable_tranches(0)->set_ceiling_cents(2400000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(2400000);
         *act.add_tranches() = act.tranches(0);
         act.mutable_tranches(1)->set_tranche_id("T2");
         act.mutable_tranches(1)->set_ceiling_cents(1600000);
         act.mutable_tranches(1)->clear_schedule();
         act.mutable_tranches(1)->mutable_draws(0)->set_amount_cents(1600000);
         SetDelta(0, &act);
       },
       {""}},
      {"draws that were voted after the signature stay",
       [](auto& act, auto& world) {
         *world.deliberation("2023-10")->mutable_date() = On("2023-11-03");
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(4000000);
         act.mutable_authorised_by()->mutable_before_opening()->set_number("2022-1");
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() = On("2022-01-01");
         SetDelta(0, &act);
       },
       {""}},
      {"the same period is not flagged again",
       [](auto& act, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_tranche()->mutable_period() =
             FromTo("2023-01-01", "2024-09-30");
         *act.mutable_tranches(0)->mutable_period() = FromTo("2023-01-01", "2024-09-30");
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(4000000);
         SetDelta(0, &act);
       },
       {""}},
      {"an earlier period is",
       [](auto& act, auto&) {
         *act.mutable_tranches(0)->mutable_period() = FromTo("2023-01-01", "2024-09-30");
         act.mutable_tranches(0)->set_ceiling_cents(4000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(4000000);
         SetDelta(0, &act);
       },
       {"", {}, {"PERIOD_BEFORE_VOTE information T1"}}},
  };
  RunActs<v1::AvenantSigned>(kReplacement, "asso", cases);
}

}  // namespace
}  // namespace registre::testing::avenant_tranches_test
