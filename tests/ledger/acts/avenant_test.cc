// Rules of the avenant.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/limits.h"
#include "registre/v1/contract.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

struct Case {
  std::string name;
  std::function<void(v1::AvenantSigned&, ContractWorld&)> change;
  Expected expected;
};

void Run(const std::function<v1::AvenantSigned()>& plain, const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    ContractWorld world;
    v1::AvenantSigned act = plain();
    test.change(act, world);
    Expect(JudgeOn(world.view(), &act), test.expected);
  }
}

void SetDelta(int64_t delta_cents, v1::AvenantSigned* act) {
  act->set_delta_cents(delta_cents);
  act->set_amount_after_cents(act->amount_before_cents() + delta_cents);
}

// To opening convention 2023-00020: adds tranche A1, 30 000,00 of what is left of a1.
v1::AvenantSigned Addition() {
  return Text<v1::AvenantSigned>(R"(
      convention_number: "2023-00020" avenant_number: 1
      authorised_by { number: "2023-10" }
      signatures { authority_signed_on { year: 2023 month: 10 day: 2 } }
      amount_before_cents: 4000000 delta_cents: 3000000 amount_after_cents: 7000000
      tranches { tranche_id: "A1" ceiling_cents: 3000000 budget_code: "L1"
        period { start { year: 2024 month: 1 day: 1 } end { year: 2024 month: 12 day: 31 } }
        draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 3000000 } })");
}

// To opening convention 2023-00020: its tranche goes from 40 000,00 to 50 000,00.
v1::AvenantSigned Increase() {
  return Text<v1::AvenantSigned>(R"(
      convention_number: "2023-00020" avenant_number: 1
      authorised_by { number: "2023-10" }
      signatures { authority_signed_on { year: 2023 month: 10 day: 2 } }
      amount_before_cents: 4000000 delta_cents: 1000000 amount_after_cents: 5000000
      tranches { tranche_id: "O1" ceiling_cents: 5000000 budget_code: "L1"
        draws { deliberation_number: "2023-10" allotment_id: "a5" amount_cents: 1000000 } })");
}

// To convention 2023-00010: its tranche goes from 40 000,00 to all that a1 can give, 100 000,00.
v1::AvenantSigned Replacement() {
  return Text<v1::AvenantSigned>(R"(
      convention_number: "2023-00010" avenant_number: 1
      authorised_by { number: "2023-10" }
      signatures { authority_signed_on { year: 2023 month: 11 day: 2 } }
      amount_before_cents: 4000000 delta_cents: 6000000 amount_after_cents: 10000000
      tranches { tranche_id: "T1" ceiling_cents: 10000000 budget_code: "L1"
        period { start { year: 2023 month: 10 day: 1 } end { year: 2024 month: 9 day: 30 } }
        draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 10000000 }
        schedule { line_id: "avance" kind: PAYMENT_KIND_ADVANCE amount_cents: 2400000 } })");
}

TEST(AvenantSignedTest, FillsWhatItReplaces) {
  ContractWorld world;
  v1::AvenantSigned act = Replacement();
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

TEST(AvenantSignedTest, NumberAndConvention) {
  Run(Addition, {
      {"plain", [](auto&, auto&) {}, {""}},
      {"convention unknown",
       [](auto& act, auto&) { act.set_convention_number("2023-00099"); },
       {"REFERENCE_UNKNOWN", {"2023-00099"}, {}, kNotFound}},
      {"second before first",
       [](auto& act, auto&) { act.set_avenant_number(2); },
       {"AVENANT_NUMBER", {"none yet", "the next is number 1"}}},
      {"third after first",
       [](auto& act, auto& world) {
         world.convention("2023-00020")->add_avenants()->set_avenant_number(1);
         act.set_avenant_number(3);
       },
       {"AVENANT_NUMBER", {"its last is number 1", "the next is number 2"}}},
      {"first twice",
       [](auto&, auto& world) {
         world.convention("2023-00020")->add_avenants()->set_avenant_number(1);
       },
       {"AVENANT_NUMBER", {"the next is number 2"}}},
      {"second after first",
       [](auto& act, auto& world) {
         world.convention("2023-00020")->add_avenants()->set_avenant_number(1);
         act.set_avenant_number(2);
       },
       {""}},
      {"convention closed",
       [](auto&, auto& world) {
         *world.convention("2023-00020")->mutable_closed_on() = On("2023-09-30");
       },
       {"AVENANT_NUMBER", {"closed since 30/09/2023"}}},
      {"named otherwise",
       [](auto& act, auto&) { act.set_structure_name_as_written("Tout autre nom"); },
       {"", {}, {"NAME_DIFFERS information asso"}}},
      {"another structure",
       [](auto& act, auto&) { act.set_structure_id("autre"); },
       {"FILLED_DIFFERS", {"asso", "autre"}}},
  });
}

TEST(AvenantSignedTest, Authorisation) {
  Run(Addition, {
      {"deliberation unknown",
       [](auto& act, auto&) { act.mutable_authorised_by()->set_number("2023-99"); },
       {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
      {"deliberation rejected",
       [](auto& act, auto&) { act.mutable_authorised_by()->set_number("2023-11"); },
       {"NOT_AUTHORISED", {"2023-11", "not adopted"}}},
      {"signed the day before the vote",
       [](auto& act, auto&) {
         *act.mutable_signatures()->mutable_authority_signed_on() = On("2023-09-17");
       },
       {"SIGNED_BEFORE_VOTE", {"17/09/2023", "18/09/2023"}}},
      {"signed on the day of the vote",
       [](auto& act, auto&) {
         *act.mutable_signatures()->mutable_authority_signed_on() = On("2023-09-18");
       },
       {"", {"L'avenant 1 à la convention 2023-00020"}, {"EXECUTORY_BEFORE attention 2023-10"}}},
      {"signed before what is drawn is voted",
       [](auto& act, auto&) {
         *act.mutable_signatures()->mutable_authority_signed_on() = On("2023-12-03");
         act.mutable_tranches(0)->mutable_draws(0)->set_deliberation_number("2023-12");
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("b1");
       },
       {"SIGNED_BEFORE_VOTE", {"03/12/2023", "2023-12", "04/12/2023"}}},
      {"authorised before the ledger was opened",
       [](auto& act, auto&) {
         act.mutable_authorised_by()->mutable_before_opening()->set_number("2022-1");
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() =
             On("2023-10-02");
       },
       {""}},
      {"signed before the deliberation that is before the ledger",
       [](auto& act, auto&) {
         act.mutable_authorised_by()->mutable_before_opening()->set_number("2022-1");
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() =
             On("2023-10-03");
       },
       {"SIGNED_BEFORE_VOTE", {"2022-1", "03/10/2023"}}},
      {"by delegation, without its reference",
       [](auto& act, auto&) {
         act.mutable_signatures()->mutable_authority()->set_signatory("Mme Essai");
         act.mutable_signatures()->mutable_authority()->set_by_delegation(true);
       },
       {"", {}, {"SIGNATORY_DELEGATION_UNKNOWN information Mme Essai"}}},
      {"what is drawn is neither transmitted nor published",
       [](auto& act, auto&) {
         *act.mutable_signatures()->mutable_authority_signed_on() = On("2023-12-04");
         act.mutable_tranches(0)->mutable_draws(0)->set_deliberation_number("2023-12");
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("b1");
       },
       {"", {"2023-12 n'est pas transmise"}, {"EXECUTORY_BEFORE attention 2023-12"}}},
      {"allotment of another structure",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a3");
       },
       {"NOT_AUTHORISED", {"for structure autre"}}},
      {"allotment on another line",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a4");
       },
       {"PAYMENT_BUDGET_LINE", {"L1", "L2"}}},
  });
}

TEST(AvenantSignedTest, Totals) {
  Run(Addition, {
      {"amount before one cent over",
       [](auto& act, auto&) {
         act.set_amount_before_cents(4000001);
         act.set_amount_after_cents(7000001);
       },
       {"AVENANT_TOTAL", {"40 000,01 EUR", "40 000,00 EUR", "0,01 EUR"}}},
      {"amount after one cent over",
       [](auto& act, auto&) { act.set_amount_after_cents(7000001); },
       {"AVENANT_TOTAL", {"40 000,00 EUR", "30 000,00 EUR", "70 000,01 EUR"}}},
      {"a delta that overflows",
       [](auto& act, auto&) { act.set_delta_cents(kMaxCents); },
       {"AVENANT_TOTAL", {}}},
      {"tranches one cent over",
       [](auto& act, auto&) { act.mutable_tranches(0)->set_ceiling_cents(3000001); },
       {"TRANCHE_TOTAL", {"70 000,01 EUR", "70 000,00 EUR"}}},
      {"wrong terms",
       [](auto& act, auto&) { act.mutable_tranches(0)->set_budget_code("L9"); },
       {"REFERENCE_UNKNOWN", {"L9"}, {}, kNotFound}},
      {"nothing but words",
       [](auto& act, auto&) {
         act.clear_tranches();
         SetDelta(0, &act);
       },
       {""}},
      {"a delta without a tranche",
       [](auto& act, auto&) { act.clear_tranches(); },
       {"TRANCHE_TOTAL", {"40 000,00 EUR", "70 000,00 EUR"}}},
  });
}

TEST(AvenantSignedTest, AddedTranche) {
  Run(Addition, {
      {"one cent not drawn",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(2999999);
       },
       {"NOT_AUTHORISED", {"L1", "0,01 EUR more"}}},
      {"nothing drawn",
       [](auto& act, auto&) { act.mutable_tranches(0)->clear_draws(); },
       {"NOT_AUTHORISED", {"30 000,00 EUR more"}}},
      {"one cent drawn too much",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(3000001);
       },
       {"NOT_AUTHORISED", {"0,01 EUR"}}},
      {"the allotment holds it",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(6000000);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(6000000);
         SetDelta(6000000, &act);
       },
       {""}},
      {"the allotment lacks one cent",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->set_ceiling_cents(6000001);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(6000001);
         SetDelta(6000001, &act);
       },
       {"ALLOTMENT_EXCEEDED",
        {"avenant 1 to convention 2023-00020", "60 000,00 EUR left", "0,01 EUR too much"}}},
      {"a period before the vote",
       [](auto& act, auto&) {
         *act.mutable_tranches(0)->mutable_period() = FromTo("2023-07-01", "2023-12-31");
       },
       {"", {"01/07/2023"}, {"PERIOD_BEFORE_VOTE information A1"}}},
      {"a period that ended before the vote",
       [](auto& act, auto&) {
         *act.mutable_tranches(0)->mutable_period() = FromTo("2023-01-01", "2023-06-30");
       },
       {"", {}, {"PERIOD_ENDED_BEFORE_VOTE attention A1"}}},
  });
}

TEST(AvenantSignedTest, OpeningTranche) {
  Run(Increase, {
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
  });
}

TEST(AvenantSignedTest, ReplacedTranche) {
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
  Run(Replacement, {
      {"all that the allotment can give", [](auto&, auto&) {}, {""}},
      {"one cent more", reduce(10000001),
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
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() =
             On("2022-01-01");
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
  });
}

TEST(AvenantSignedTest, AfterTheEnd) {
  const auto sign = [](const std::string& day) {
    return [=](v1::AvenantSigned& act, ContractWorld&) {
      *act.mutable_signatures()->mutable_authority_signed_on() = On(day);
    };
  };
  Run(Addition, {
      {"on the last day", sign("2023-12-31"), {""}},
      {"the day after", sign("2024-01-01"),
       {"", {"01/01/2024", "31/12/2023"}, {"AVENANT_AFTER_END attention 2023-00020"}}},
      {"no period said",
       [&](auto& act, auto& world) {
         world.tranche("2023-00020", "O1")->mutable_tranche()->clear_period();
         sign("2030-01-01")(act, world);
       },
       {""}},
      {"a later tranche runs",
       [&](auto& act, auto& world) {
         v1::Tranche* later = world.convention("2023-00020")->add_tranches()->mutable_tranche();
         later->set_tranche_id("O2");
         *later->mutable_period() = FromTo("2024-01-01", "2024-12-31");
         sign("2024-12-31")(act, world);
       },
       {""}},
  });
}

}  // namespace
}  // namespace registre::testing
