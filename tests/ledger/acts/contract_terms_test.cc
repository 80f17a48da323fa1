#include "ledger/acts/contract_terms.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/limits.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::contract_terms_test {
namespace {

using Tranches = google::protobuf::RepeatedPtrField<v1::Tranche>;

// One tranche of 40 000,00 on L1, of 2023, that nothing is wrong with.
Tranches Plain() {
  Tranches tranches;
  *tranches.Add() = Text<v1::Tranche>(R"(
      tranche_id: "T1" ceiling_cents: 4000000 budget_code: "L1"
      period { start { year: 2023 month: 1 day: 1 } end { year: 2023 month: 12 day: 31 } }
      quantitative_ceiling_cents: 2000000 qualitative_ceiling_cents: 2000000
      schedule { line_id: "avance" kind: PAYMENT_KIND_ADVANCE amount_cents: 2400000
                 trigger: TRIGGER_KIND_CONVENTION_SIGNED }
      schedule { line_id: "solde" kind: PAYMENT_KIND_BALANCE amount_cents: 1600000 })");
  return tranches;
}

struct Case {
  std::string name;
  std::function<void(Tranches&)> change;
  Expected expected;
};

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

void RunCases(const std::vector<Case>& cases) {
  const ContractWorld world;
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    Tranches tranches = Plain();
    test.change(tranches);
    std::vector<v1::Flag> flags;
    const absl::Status status = CheckTranches({world.view(), 0, "clerk", &flags}, tranches);
    Expect(MakeJudged(status, flags), test.expected);
  }
}

TEST(ContractTermsTest, TranchesAndSchedules) {
  RunCases({
      {"plain", [](Tranches&) {}, {""}},
      {"no tranche", [](Tranches& t) { t.Clear(); }, {""}},
      {"tranche id twice",
       [](Tranches& t) { *t.Add() = t[0]; },
       {"DUPLICATE_ID", {"tranche T1 stands twice"}, {}, kInvalid}},
      {"line id twice",
       [](Tranches& t) { t[0].mutable_schedule(1)->set_line_id("avance"); },
       {"DUPLICATE_ID", {"schedule line avance stands twice in tranche T1"}, {}, kInvalid}},
      {"same line id in two tranches",
       [](Tranches& t) {
         *t.Add() = t[0];
         t[1].set_tranche_id("T2");
       },
       {""}},
      {"line not open",
       [](Tranches& t) { t[0].set_budget_code("L9"); },
       {"REFERENCE_UNKNOWN", {"budget line L9"}, {}, kNotFound}},
      {"parts one cent over",
       [](Tranches& t) { t[0].set_quantitative_ceiling_cents(2000001); },
       {"TRANCHE_TOTAL", {"40 000,01 EUR", "40 000,00 EUR", "difference of 0,01 EUR"}}},
      {"parts one cent under",
       [](Tranches& t) { t[0].set_qualitative_ceiling_cents(1999999); },
       {"TRANCHE_TOTAL", {"39 999,99 EUR", "difference of -0,01 EUR"}}},
      {"one part alone",
       [](Tranches& t) { t[0].clear_qualitative_ceiling_cents(); },
       {"TRANCHE_TOTAL", {"20 000,00 EUR"}}},
      {"one part that is all",
       [](Tranches& t) {
         t[0].clear_qualitative_ceiling_cents();
         t[0].set_quantitative_ceiling_cents(4000000);
       },
       {""}},
      {"schedule one cent over",
       [](Tranches& t) { t[0].mutable_schedule(1)->set_amount_cents(1600001); },
       {"SCHEDULE_EXCEEDED", {"40 000,01 EUR", "0,01 EUR over its ceiling of 40 000,00 EUR"}}},
      {"schedule under", [](Tranches& t) { t[0].mutable_schedule(1)->set_amount_cents(1); }, {""}},
      {"schedule overflows",
       [](Tranches& t) {
         t[0].mutable_schedule(0)->set_amount_cents(kMaxCents);
         t[0].mutable_schedule(1)->set_amount_cents(1);
       },
       {"AMOUNT_INVALID", {"schedule lines of tranche T1"}, {}, kInvalid}},
      {"parts overflow",
       [](Tranches& t) { t[0].set_quantitative_ceiling_cents(kMaxCents); },
       {"AMOUNT_INVALID", {"parts of tranche T1"}, {}, kInvalid}},
  });
}

TEST(ContractTermsTest, Triggers) {
  const auto line = [](Tranches& t) { return t[0].mutable_schedule(0); };
  RunCases({
      {"date without a date",
       [&](Tranches& t) { line(t)->set_trigger(v1::TRIGGER_KIND_DATE); },
       {"FIELD_INVALID", {"avance", "due_on"}, {}, kInvalid}},
      {"date with its date",
       [&](Tranches& t) {
         line(t)->set_trigger(v1::TRIGGER_KIND_DATE);
         *line(t)->mutable_due_on() = On("2023-07-01");
       },
       {""}},
      {"a date that nothing awaits",
       [&](Tranches& t) { *line(t)->mutable_due_on() = On("2023-07-01"); },
       {"FIELD_INVALID", {"01/07/2023"}, {}, kInvalid}},
      {"avenant without its number",
       [&](Tranches& t) { line(t)->set_trigger(v1::TRIGGER_KIND_AVENANT_SIGNED); },
       {"FIELD_INVALID", {"trigger_avenant"}, {}, kInvalid}},
      {"avenant of a negative number",
       [&](Tranches& t) {
         line(t)->set_trigger(v1::TRIGGER_KIND_AVENANT_SIGNED);
         line(t)->set_trigger_avenant(-1);
       },
       {"FIELD_INVALID", {"-1"}, {}, kInvalid}},
      {"avenant with its number",
       [&](Tranches& t) {
         line(t)->set_trigger(v1::TRIGGER_KIND_AVENANT_SIGNED);
         line(t)->set_trigger_avenant(1);
       },
       {""}},
      {"an avenant that nothing awaits",
       [&](Tranches& t) { line(t)->set_trigger_avenant(2); },
       {"FIELD_INVALID", {"names avenant 2"}, {}, kInvalid}},
  });
}

void Places(std::vector<int> counts, v1::Tranche* tranche) {
  for (const int count : counts) {
    v1::TerritoryPlaces* places = tranche->add_places();
    places->set_territory("territoire d'essai");
    places->set_places(count);
  }
}

void Period(const std::string& start, const std::string& end, v1::Tranche* tranche) {
  *tranche->mutable_period()->mutable_start() = On(start);
  *tranche->mutable_period()->mutable_end() = On(end);
}

// A tranche without parts nor schedule, so that only its places matter.
void Bare(int64_t ceiling_cents, int64_t unit_cost_cents, v1::Tranche* tranche) {
  tranche->clear_schedule();
  tranche->clear_quantitative_ceiling_cents();
  tranche->clear_qualitative_ceiling_cents();
  tranche->set_ceiling_cents(ceiling_cents);
  tranche->set_unit_cost_cents(unit_cost_cents);
}

// The two tranches of annexe 6 of deliberation 2023-405, and that of its annexe 5.
TEST(ContractTermsTest, UnitCostsOfTheDocument) {
  RunCases({
      {"Le Cheval Bleu 2023: 100 places at 500 EUR against 40 000 EUR",
       [](Tranches& t) {
         t[0].set_unit_cost_cents(50000);
         Places({60, 20, 20}, &t[0]);
       },
       {"",
        {"100 places à 500,00 € font 50 000,00 €", "40 000,00 €", "80 places"},
        {"UNIT_COST attention T1"}}},
      {"Le Cheval Bleu 2024: 230 places at 500 EUR are 115 000 EUR",
       [](Tranches& t) {
         Bare(11500000, 50000, &t[0]);
         Period("2024-01-01", "2024-12-31", &t[0]);
         Places({90, 90, 50}, &t[0]);
       },
       {""}},
      {"Passeport Forma: 6 875 EUR at 250 EUR for 70 to 100 places over half a year",
       [](Tranches& t) {
         Bare(687500, 25000, &t[0]);
         Period("2023-07-01", "2023-12-31", &t[0]);
         t[0].set_places_min(70);
         t[0].set_places_max(100);
       },
       {"", {"6 875,00 €", "250,00 €", "27,5 places", "70 à 100"}, {"UNIT_COST attention T1"}}},
  });
}

TEST(ContractTermsTest, UnitCostByTerritory) {
  // 100 places at 500,00 EUR: 50 000,00 EUR a year.
  const auto with = [](int64_t ceiling, bool per_year, std::string start, std::string end) {
    return [=](Tranches& t) {
      Bare(ceiling, 50000, &t[0]);
      t[0].set_unit_cost_per_year(per_year);
      Period(start, end, &t[0]);
      Places({60, 40}, &t[0]);
    };
  };
  const std::vector<std::string> flag = {"UNIT_COST attention T1"};
  RunCases({
      {"exact", with(5000000, false, "2023-01-01", "2023-12-31"), {""}},
      {"one cent over", with(5000001, false, "2023-01-01", "2023-12-31"), {"", {}, flag}},
      {"one cent under", with(4999999, false, "2023-01-01", "2023-12-31"), {"", {}, flag}},
      {"half a year, not per year",
       with(2500000, false, "2023-07-01", "2023-12-31"),
       {"", {"50 places"}, flag}},
      {"half a year by months", with(2500000, true, "2023-07-01", "2023-12-31"), {""}},
      {"half a year by days, 184/365", with(2520548, true, "2023-07-01", "2023-12-31"), {""}},
      {"half a year, two cents more",
       with(2520550, true, "2023-07-01", "2023-12-31"),
       {"", {"par an"}, flag}},
      {"half a year, a cent less than half",
       with(2499999, true, "2023-07-01", "2023-12-31"),
       {"", {}, flag}},
      {"a leap year is a year", with(5000000, true, "2024-01-01", "2024-12-31"), {""}},
      {"the whole year's price for a part", with(5000000, true, "2023-07-01", "2023-12-31"), {""}},
      {"two years", with(10000000, true, "2023-01-01", "2024-12-31"), {""}},
      {"no cost given",
       [](Tranches& t) {
         Bare(4000000, 0, &t[0]);
         Places({100}, &t[0]);
       },
       {""}},
      {"no place given", [](Tranches& t) { Bare(4000000, 50000, &t[0]); }, {""}},
      {"places without a period",
       [](Tranches& t) {
         Bare(5000000, 50000, &t[0]);
         t[0].set_unit_cost_per_year(true);
         t[0].clear_period();
         Places({100}, &t[0]);
       },
       {""}},
      {"too many places",
       [](Tranches& t) {
         Bare(4000000, kMaxCents, &t[0]);
         Places({2}, &t[0]);
       },
       {"AMOUNT_INVALID", {"places of tranche T1"}, {}, kInvalid}},
      {"a product that overflows",
       [](Tranches& t) {
         Bare(4000000, kMaxCents, &t[0]);
         Places({2000000000}, &t[0]);
       },
       {"AMOUNT_INVALID", {}, {}, kInvalid}},
  });
}

TEST(ContractTermsTest, UnitCostInARange) {
  // 70 to 100 places at 250,00 EUR: 17 500,00 to 25 000,00 EUR; half of the least: 8 750,00 EUR.
  const auto with = [](int64_t ceiling, std::string start, std::string end) {
    return [=](Tranches& t) {
      Bare(ceiling, 25000, &t[0]);
      Period(start, end, &t[0]);
      t[0].set_places_min(70);
      t[0].set_places_max(100);
    };
  };
  const std::vector<std::string> flag = {"UNIT_COST attention T1"};
  RunCases({
      {"the least", with(1750000, "2023-01-01", "2023-12-31"), {""}},
      {"under the least", with(1745000, "2023-01-01", "2023-12-31"), {"", {"69,8 places"}, flag}},
      {"the most", with(2500000, "2023-01-01", "2023-12-31"), {""}},
      {"over the most", with(2500001, "2023-01-01", "2023-12-31"), {"", {}, flag}},
      {"the least pro rata", with(875000, "2023-07-01", "2023-12-31"), {""}},
      {"under the least pro rata", with(874999, "2023-07-01", "2023-12-31"), {"", {}, flag}},
      {"the most of a part of a year", with(2500000, "2023-07-01", "2023-12-31"), {""}},
      {"at least 70",
       [&](Tranches& t) {
         with(9900000, "2023-01-01", "2023-12-31")(t);
         t[0].clear_places_max();
       },
       {""}},
      {"fewer than at least 70",
       [&](Tranches& t) {
         with(1700000, "2023-01-01", "2023-12-31")(t);
         t[0].clear_places_max();
       },
       {"", {"68 places", "au moins 70"}, flag}},
      {"upside down",
       [&](Tranches& t) {
         with(1750000, "2023-01-01", "2023-12-31")(t);
         t[0].set_places_max(69);
       },
       {"FIELD_INVALID", {"70 to 69"}, {}, kInvalid}},
      {"negative",
       [&](Tranches& t) {
         with(1750000, "2023-01-01", "2023-12-31")(t);
         t[0].set_places_min(-1);
       },
       {"FIELD_INVALID", {"-1"}, {}, kInvalid}},
  });
}

TEST(ContractTermsTest, TotalOfTranches) {
  Tranches tranches = Plain();
  *tranches.Add() = tranches[0];
  tranches[1].set_ceiling_cents(1);
  EXPECT_TRUE(CheckTrancheTotal(tranches, 4000001, "convention 2023-00001").ok());
  Expect(MakeJudged(CheckTrancheTotal(tranches, 4000000, "convention 2023-00001"), {}),
         {"TRANCHE_TOTAL",
          {"convention 2023-00001", "40 000,01 EUR", "40 000,00 EUR", "difference of 0,01 EUR"}});
  tranches[0].set_ceiling_cents(kMaxCents);
  Expect(MakeJudged(CheckTrancheTotal(tranches, 4000000, "convention 2023-00001"), {}),
         {"AMOUNT_INVALID", {}, {}, kInvalid});
}

TEST(ContractTermsTest, SumOfDraws) {
  auto tranche = Text<v1::Tranche>("draws { amount_cents: 3 } draws { amount_cents: 4 }");
  int64_t sum = 99;
  ASSERT_TRUE(SumDraws(tranche, &sum).ok());
  EXPECT_EQ(sum, 7);
  tranche.add_draws()->set_amount_cents(kMaxCents);
  Expect(MakeJudged(SumDraws(tranche, &sum), {}), {"AMOUNT_INVALID", {}, {}, kInvalid});
}

}  // namespace
}  // namespace registre::testing::contract_terms_test
