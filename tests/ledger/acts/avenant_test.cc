// Rules of the avenant: number, authorisation, totals, tranches that it adds, end.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/base/limits.h"
#include "registre/v1/contract.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::avenant_test {
namespace {

constexpr auto kNotFound = absl::StatusCode::kNotFound;

using AvenantCase = ActCase<v1::AvenantSigned>;

void SetDelta(int64_t delta_cents, v1::AvenantSigned* act) {
  act->set_delta_cents(delta_cents);
  act->set_amount_after_cents(act->amount_before_cents() + delta_cents);
}

// To opening convention 2023-00020: adds tranche A1, 30 000,00 of what is left of a1.
constexpr char kAddition[] = R"(
      convention_number: "2023-00020" avenant_number: 1
      authorised_by { number: "2023-10" }
      signatures { authority_signed_on { year: 2023 month: 10 day: 2 } }
      amount_before_cents: 4000000 delta_cents: 3000000 amount_after_cents: 7000000
      tranches { tranche_id: "A1" ceiling_cents: 3000000 budget_code: "L1"
        period { start { year: 2024 month: 1 day: 1 } end { year: 2024 month: 12 day: 31 } }
        draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 3000000 } })";

TEST(AvenantSignedTest, NumberAndConvention) {
  const std::vector<AvenantCase> cases = {
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
      {"signed on the day of the convention",
       [](auto&, auto& world) {
         *world.convention("2023-00020")->mutable_signed_on() = On("2023-10-02");
       },
       {""}},
      {"signed before the convention",
       [](auto&, auto& world) {
         *world.convention("2023-00020")->mutable_signed_on() = On("2023-10-03");
       },
       {"AVENANT_NUMBER", {"02/10/2023", "convention 2023-00020", "03/10/2023"}}},
      {"signed before the avenant before it",
       [](auto& act, auto& world) {
         v1::AvenantState* first = world.convention("2023-00020")->add_avenants();
         first->set_avenant_number(1);
         *first->mutable_signed_on() = On("2023-10-03");
         act.set_avenant_number(2);
       },
       {"AVENANT_NUMBER", {"02/10/2023", "before avenant 1", "03/10/2023"}}},
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
  };
  RunActs<v1::AvenantSigned>(kAddition, "asso", cases);
}

TEST(AvenantSignedTest, Authorisation) {
  const std::vector<AvenantCase> cases = {
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
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() = On("2023-06-30");
       },
       {""}},
      {"authorised before the ledger was opened, by what is dated as it was opened",
       [](auto& act, auto&) {
         act.mutable_authorised_by()->mutable_before_opening()->set_number("2022-1");
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() = On("2023-07-01");
       },
       {"REFERENCE_UNKNOWN", {"2022-1", "01/07/2023"}, {}, kNotFound}},
      {"authorised before the ledger was opened, by a deliberation that it holds as rejected",
       [](auto& act, auto&) {
         act.mutable_authorised_by()->mutable_before_opening()->set_number("2023-11");
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() = On("2023-06-30");
       },
       {"REFERENCE_UNKNOWN", {"2023-11", "18/09/2023"}, {}, kNotFound}},
      {"signed before the deliberation that is before the ledger",
       [](auto& act, auto&) {
         act.mutable_authorised_by()->mutable_before_opening()->set_number("2022-1");
         *act.mutable_authorised_by()->mutable_before_opening()->mutable_date() = On("2023-06-30");
         *act.mutable_signatures()->mutable_authority_signed_on() = On("2023-06-29");
       },
       {"SIGNED_BEFORE_VOTE", {"2022-1", "30/06/2023"}}},
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
       [](auto& act, auto&) { act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a3"); },
       {"NOT_AUTHORISED", {"for structure autre"}}},
      {"allotment on another line",
       [](auto& act, auto&) { act.mutable_tranches(0)->mutable_draws(0)->set_allotment_id("a4"); },
       {"PAYMENT_BUDGET_LINE", {"L1", "L2"}}},
  };
  RunActs<v1::AvenantSigned>(kAddition, "asso", cases);
}

TEST(AvenantSignedTest, Totals) {
  const std::vector<AvenantCase> cases = {
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
  };
  RunActs<v1::AvenantSigned>(kAddition, "asso", cases);
}

TEST(AvenantSignedTest, AddedTranche) {
  const std::vector<AvenantCase> cases = {
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
  };
  RunActs<v1::AvenantSigned>(kAddition, "asso", cases);
}

TEST(AvenantSignedTest, AfterTheEnd) {
  const auto sign = [](const std::string& day) {
    return [=](v1::AvenantSigned& act, ContractWorld&) {
      *act.mutable_signatures()->mutable_authority_signed_on() = On(day);
    };
  };
  const std::vector<AvenantCase> cases = {
      {"on the last day", sign("2023-12-31"), {""}},
      {"the day after",
       sign("2024-01-01"),
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
  };
  RunActs<v1::AvenantSigned>(kAddition, "asso", cases);
}

}  // namespace
}  // namespace registre::testing::avenant_test
