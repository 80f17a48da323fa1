// What is odd about an order.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/view.h"
#include "registre/v1/money.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::order_flags_test {
namespace {

using Order = v1::PaymentOrdered;
using OrderCase = ActCase<Order>;

// The advance of convention 2023-00010, whole.
constexpr char kAdvance[] = R"(
    fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_ADVANCE
    amount_cents: 2400000 date { year: 2023 month: 10 day: 9 }
    basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "avance" })";

// All of a3: 10 000,00 for autre.
constexpr char kDirect[] = R"(
    fiscal_year: 2023 mandat: "1300" budget_code: "L1" kind: PAYMENT_KIND_SINGLE
    amount_cents: 1000000 date { year: 2023 month: 10 day: 9 }
    basis { deliberation_number: "2023-10" allotment_id: "a3" })";

TEST(OrderFlagsTest, FlagsOnATranche) {
  const std::vector<OrderCase> cases = {
      {"before publication",
       [](auto&, auto& world) {
         *world.deliberation("2023-10")->mutable_published_on() = On("2023-10-10");
       },
       {"",
        {"Le mandat 2023-1200 est émis le 09/10/2023", "10/10/2023"},
        {"EXECUTORY_BEFORE attention 2023-10"}}},
      {"an opening tranche has no deliberation here",
       [](auto& act, auto&) {
         act.mutable_basis()->set_convention_number("2023-00020");
         act.mutable_basis()->set_tranche_id("O1");
         act.mutable_basis()->clear_schedule_line_id();
       },
       {""}},
      {"an advance on the first day of the period",
       [](auto&, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_tranche()->mutable_period() =
             FromTo("2023-10-09", "2024-09-30");
       },
       {""}},
      {"an advance the day before the period",
       [](auto&, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_tranche()->mutable_period() =
             FromTo("2023-10-10", "2024-09-30");
       },
       {"", {"24 000,00 €", "09/10/2023", "10/10/2023"}, {"ADVANCE_BEFORE_PERIOD information T1"}}},
      {"the period ended four years ago",
       [](auto&, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_tranche()->mutable_period() =
             FromTo("2019-01-01", "2019-01-01");
       },
       {""}},
      {"the period ended the year before that",
       [](auto&, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_tranche()->mutable_period() =
             FromTo("2018-01-01", "2018-12-31");
       },
       {"", {"31/12/2018", "01/01/2023"}, {"PRESCRIPTION serious T1"}}},
      {"the debt arose later than the period",
       [](auto& act, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_tranche()->mutable_period() =
             FromTo("2018-01-01", "2018-12-31");
         *act.mutable_debt_arose_on() = On("2019-01-01");
       },
       {""}},
      {"the debt arose earlier than the period",
       [](auto& act, auto&) { *act.mutable_debt_arose_on() = On("2018-12-31"); },
       {"", {"31/12/2018"}, {"PRESCRIPTION serious T1"}}},
  };
  RunActs<Order>(kAdvance, "asso", cases);
}

// The threshold of a signed convention is 23 000,00 a calendar year.
TEST(OrderFlagsTest, ConventionMissing) {
  const auto ordered = [](const std::string& structure, int year, int64_t cents,
                          ContractWorld& world) {
    v1::YearAmount* amount = world.structure(structure)->add_ordered_by_year();
    amount->set_year(year);
    amount->set_amount_cents(cents);
  };
  // A second structure of autre's SIREN, at another address.
  const auto sister = [](ContractWorld& world) {
    *world.structure("soeur") = Text<v1::Structure>(R"(structure_id: "soeur" identity {
        name: "Antenne d'essai" siret: "34175422400036" })");
    world.structure("autre")->mutable_identity()->set_siret("34175422400028");
    v1::StructureIds* ids = world.fake()->RowOf(SirenKey("341754224")).mutable_structure_ids();
    ids->add_structure_ids("autre");
    ids->add_structure_ids("soeur");
  };
  const auto convention = [](const std::string& structure, const std::string& signed_on,
                             ContractWorld& world) {
    world.structure(structure)->set_last_convention("2023-00030");
    world.fake()->AddConvention("2023-00030", structure, signed_on, 1000000);
    v1::TrancheState& tranche = world.fake()->AddTranche("2023-00030", "1", "L1", 1000000);
    *tranche.mutable_tranche()->mutable_period() = FromTo("2023-01-01", "2023-10-09");
    return world.convention("2023-00030");
  };
  const std::vector<std::string> flag = {"CONVENTION_MISSING serious autre"};
  const std::vector<OrderCase> cases = {
      {"exactly the threshold",
       [&](auto&, auto& world) { ordered("autre", 2023, 1300000, world); },
       {""}},
      {"one cent over",
       [&](auto&, auto& world) { ordered("autre", 2023, 1300001, world); },
       {"", {"23 000,01 €", "2023", "23 000,00 €"}, flag}},
      {"over in another year",
       [&](auto&, auto& world) { ordered("autre", 2022, 9000000, world); },
       {""}},
      {"by the year of the order, not the fiscal year",
       [&](auto& act, auto& world) {
         ordered("autre", 2024, 1300001, world);
         *act.mutable_date() = On("2024-01-15");
       },
       {"", {"en 2024"}, flag}},
      {"with a convention in force to that day",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         convention("autre", "2023-10-09", world);
       },
       {""}},
      {"with a convention without end",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         v1::TrancheState& later = *convention("autre", "2022-10-09", world)->add_tranches();
         later.mutable_tranche()->set_tranche_id("2");
       },
       {""}},
      {"with a convention signed the day after",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         convention("autre", "2023-10-10", world);
       },
       {"", {}, flag}},
      {"with a convention that ended the day before",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         convention("autre", "2022-10-09", world);
         *world.tranche("2023-00030", "1")->mutable_tranche()->mutable_period() =
             FromTo("2022-01-01", "2023-10-08");
       },
       {"", {}, flag}},
      {"with a convention before the last one",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         convention("autre", "2022-10-09", world);
         world.structure("autre")->set_last_convention("2023-00031");
         world.fake()
             ->AddConvention("2023-00031", "autre", "2023-10-10", 1000000)
             .set_previous_convention("2023-00030");
       },
       {""}},
      {"with a convention closed the day before",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         *convention("autre", "2022-10-09", world)->mutable_closed_on() = On("2023-10-08");
       },
       {"", {}, flag}},
      {"a public sector",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         world.structure("autre")->mutable_identity()->set_sector(v1::SECTOR_PUBLIC);
       },
       {""}},
      {"a public form, no sector said",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         world.structure("autre")->mutable_identity()->clear_sector();
         world.structure("autre")->mutable_identity()->set_legal_form(v1::LEGAL_FORM_PUBLIC_BODY);
       },
       {""}},
      {"a GIP, no sector said",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 9000000, world);
         world.structure("autre")->mutable_identity()->clear_sector();
         world.structure("autre")->mutable_identity()->set_legal_form(v1::LEGAL_FORM_GIP);
       },
       {""}},
      {"neither form nor sector said",
       [&](auto&, auto& world) {
         ordered("autre", 2023, 1300001, world);
         world.structure("autre")->mutable_identity()->clear_sector();
       },
       {"", {}, flag}},
      {"one cent over with a structure of the same SIREN",
       [&](auto&, auto& world) {
         sister(world);
         ordered("autre", 2023, 300000, world);
         ordered("soeur", 2023, 1000001, world);
       },
       {"", {"23 000,01 €"}, flag}},
      {"a structure of the same SIREN has a convention",
       [&](auto&, auto& world) {
         sister(world);
         ordered("soeur", 2023, 9000000, world);
         convention("soeur", "2022-10-09", world);
       },
       {""}},
      {"a structure that no longer has the SIREN",
       [&](auto&, auto& world) {
         sister(world);
         ordered("soeur", 2023, 9000000, world);
         world.structure("soeur")->mutable_identity()->set_siret("48054398200023");
       },
       {""}},
  };
  RunActs<Order>(kDirect, "autre", cases);
}

}  // namespace
}  // namespace registre::testing::order_flags_test
