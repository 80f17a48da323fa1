#include "tests/ledger/acts/contract_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registre/v1/state.pb.h"

namespace registre::testing {
namespace {

constexpr char kDeliberation10[] = R"(
  number: "2023-10" body: BODY_COMMISSION_PERMANENTE result: VOTE_RESULT_ADOPTED
  date { year: 2023 month: 9 day: 18 }
  transmitted_on { year: 2023 month: 9 day: 20 } published_on { year: 2023 month: 9 day: 22 }
  allotments { drawn_cents: 4000000 allotment {
    allotment_id: "a1" structure_id: "asso" amount_cents: 10000000 budget_code: "L1" } }
  allotments { allotment { allotment_id: "a2" named_structure_ids: "asso"
    named_structure_ids: "autre" amount_cents: 5000000 budget_code: "L1" } }
  allotments { allotment {
    allotment_id: "a3" structure_id: "autre" amount_cents: 1000000 budget_code: "L1" } }
  allotments { allotment {
    allotment_id: "a4" structure_id: "asso" amount_cents: 1000000 budget_code: "L2" } }
  allotments { allotment { allotment_id: "a5" amount_cents: 3000000 budget_code: "L1" } }
  allotments { allotment {
    allotment_id: "a6" structure_id: "asso" amount_cents: 1000000 budget_code: "L1"
    period { start { year: 2023 month: 1 day: 1 } end { year: 2023 month: 6 day: 30 } } } }
  allotments { allotment {
    allotment_id: "a7" structure_id: "cias" amount_cents: 2000000 budget_code: "L1" } }
)";

constexpr char kDeliberation11[] = R"(
  number: "2023-11" body: BODY_COMMISSION_PERMANENTE result: VOTE_RESULT_REJECTED
  date { year: 2023 month: 9 day: 18 }
  allotments { allotment {
    allotment_id: "r1" structure_id: "asso" amount_cents: 1000000 budget_code: "L1" } }
)";

constexpr char kDeliberation12[] = R"(
  number: "2023-12" body: BODY_COMMISSION_PERMANENTE result: VOTE_RESULT_ADOPTED
  date { year: 2023 month: 12 day: 4 }
  allotments { allotment {
    allotment_id: "b1" structure_id: "asso" amount_cents: 3000000 budget_code: "L1" } }
)";

constexpr char kConvention10[] = R"(
  number: "2023-00010" structure_id: "asso" signed_on { year: 2023 month: 10 day: 2 }
  initial_amount_cents: 4000000 amount_cents: 4000000
  tranches { tranche {
    tranche_id: "T1" ceiling_cents: 4000000 budget_code: "L1"
    period { start { year: 2023 month: 10 day: 1 } end { year: 2024 month: 9 day: 30 } }
    draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 4000000 }
    schedule { line_id: "avance" kind: PAYMENT_KIND_ADVANCE amount_cents: 2400000
               trigger: TRIGGER_KIND_CONVENTION_SIGNED }
    schedule { line_id: "solde" kind: PAYMENT_KIND_BALANCE amount_cents: 1600000
               trigger: TRIGGER_KIND_REPORT_ACCEPTED }
    report_due { year: 2024 month: 12 day: 31 } } }
)";

constexpr char kConvention20[] = R"(
  number: "2023-00020" opening: true structure_id: "asso"
  signed_on { year: 2023 month: 6 day: 1 }
  initial_amount_cents: 4000000 amount_cents: 4000000
  tranches { tranche {
    tranche_id: "O1" ceiling_cents: 4000000 budget_code: "L1"
    period { start { year: 2023 month: 1 day: 1 } end { year: 2023 month: 12 day: 31 } } } }
)";

}  // namespace

ContractWorld::ContractWorld() {
  *view_.RowOf(kLedgerKey).mutable_ledger() =
      Text<v1::Ledger>(R"(opened { patterns { convention: "AAAA-nnnnn" mandat: "n" }
          late_entry_days: 0 date { year: 2023 month: 7 day: 1 } })");
  *line("L1") = Text<v1::BudgetLine>(R"(code: "L1" authorised_cents: 100000000)");
  *line("L2") = Text<v1::BudgetLine>(R"(code: "L2" authorised_cents: 100000000)");
  *structure("asso") = Text<v1::Structure>(R"(structure_id: "asso" conventions: 2
      last_convention: "2023-00020" identity {
      name: "Association d'essai" sector: SECTOR_PRIVATE })");
  *structure("autre") = Text<v1::Structure>(R"(structure_id: "autre" identity {
      name: "Autre association d'essai" sector: SECTOR_PRIVATE })");
  *structure("cias") = Text<v1::Structure>(R"(structure_id: "cias" identity {
      name: "CIAS d'essai" sector: SECTOR_PUBLIC })");
  *deliberation("2023-10") = Text<v1::Deliberation>(kDeliberation10);
  *deliberation("2023-11") = Text<v1::Deliberation>(kDeliberation11);
  *deliberation("2023-12") = Text<v1::Deliberation>(kDeliberation12);
  for (const char* number : {"2023-10", "2023-11", "2023-12"}) {
    for (v1::AllotmentState& state : *deliberation(number)->mutable_allotments()) {
      state.set_amount_cents(state.allotment().amount_cents());
    }
  }
  *convention("2023-00010") = Text<v1::Convention>(kConvention10);
  *convention("2023-00020") = Text<v1::Convention>(kConvention20);
}

v1::Deliberation* ContractWorld::deliberation(const std::string& number) {
  return view_.RowOf(DeliberationKey(number)).mutable_deliberation();
}

v1::AllotmentState* ContractWorld::allotment(const std::string& number, const std::string& id) {
  for (v1::AllotmentState& state : *deliberation(number)->mutable_allotments()) {
    if (state.allotment().allotment_id() == id) return &state;
  }
  ADD_FAILURE() << "no allotment " << id;
  return deliberation(number)->add_allotments();
}

v1::Convention* ContractWorld::convention(const std::string& number) {
  return view_.RowOf(ConventionKey(number)).mutable_convention();
}

v1::TrancheState* ContractWorld::tranche(const std::string& number, const std::string& id) {
  for (v1::TrancheState& state : *convention(number)->mutable_tranches()) {
    if (state.tranche().tranche_id() == id) return &state;
  }
  ADD_FAILURE() << "no tranche " << id;
  return convention(number)->add_tranches();
}

v1::Structure* ContractWorld::structure(const std::string& id) {
  return view_.RowOf(StructureKey(id)).mutable_structure();
}

v1::BudgetLine* ContractWorld::line(const std::string& code) {
  return view_.RowOf(BudgetLineKey(code)).mutable_budget_line();
}

v1::Payment* ContractWorld::payment(int fiscal_year, const std::string& mandat) {
  return view_.RowOf(PaymentKey(fiscal_year, mandat)).mutable_payment();
}

void Certify(int64_t cents, const std::string& day, v1::TrancheState* tranche) {
  tranche->set_certified_cents(tranche->certified_cents() + cents);
  v1::CertifiedService* service = tranche->add_certified();
  *service->mutable_date() = On(day);
  service->set_amount_cents(cents);
}

void Expect(const Judged& judged, const Expected& expected) {
  std::string message(judged.status.message());
  EXPECT_EQ(judged.reason, expected.reason) << message;
  if (expected.reason.empty()) {
    EXPECT_TRUE(judged.status.ok()) << message;
    EXPECT_THAT(judged.flags, ::testing::ElementsAreArray(expected.flags));
    if (!judged.messages.empty()) message = judged.messages.front();
  } else {
    EXPECT_EQ(judged.status.code(), expected.code) << message;
  }
  for (const std::string& part : expected.parts) {
    EXPECT_THAT(message, ::testing::HasSubstr(part));
  }
}

}  // namespace registre::testing
