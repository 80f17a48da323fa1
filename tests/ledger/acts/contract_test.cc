// Rules of the convention, of the report on it and of its end.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/limits.h"
#include "registre/v1/contract.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::contract_test {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;

// A convention that takes all that is left of a1: 60 000,00.
v1::ConventionSigned Plain() {
  return Text<v1::ConventionSigned>(R"(
      number: "2023-00100" structure_id: "asso" object: "Objet d'essai" amount_cents: 6000000
      signatures { authority_signed_on { year: 2023 month: 10 day: 2 } }
      tranches { tranche_id: "T1" ceiling_cents: 6000000 budget_code: "L1"
        period { start { year: 2023 month: 10 day: 1 } end { year: 2024 month: 9 day: 30 } }
        draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 6000000 } })");
}

struct Case {
  std::string name;
  std::function<void(v1::ConventionSigned&, ContractWorld&)> change;
  Expected expected;
};

void RunCases(const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    ContractWorld world;
    v1::ConventionSigned act = Plain();
    test.change(act, world);
    Expect(JudgeOn(world.view(), &act), test.expected);
  }
}

// The act's tranche and amount, all of it drawn on one allotment.
void Draw(const std::string& deliberation, const std::string& allotment, int64_t cents,
          v1::ConventionSigned* act) {
  act->set_amount_cents(cents);
  v1::Tranche* tranche = act->mutable_tranches(0);
  tranche->set_ceiling_cents(cents);
  tranche->clear_draws();
  v1::Draw* draw = tranche->add_draws();
  draw->set_deliberation_number(deliberation);
  draw->set_allotment_id(allotment);
  draw->set_amount_cents(cents);
}

TEST(ConventionSignedTest, NumberAndStructure) {
  RunCases({
      {"all that is left", [](auto&, auto&) {}, {""}},
      {"number of another form",
       [](auto& act, auto&) { act.set_number("23-100"); },
       {"NUMBER_FORM", {"23-100", "AAAA-nnnnn"}, {}, kInvalid}},
      {"number taken",
       [](auto& act, auto&) { act.set_number("2023-00010"); },
       {"NUMBER_TAKEN", {"2023-00010"}, {}, kExists}},
      {"structure unknown",
       [](auto& act, auto&) { act.set_structure_id("inconnue"); },
       {"REFERENCE_UNKNOWN", {"inconnue"}, {}, kNotFound}},
      {"named otherwise",
       [](auto& act, auto&) { act.set_structure_name_as_written("Tout autre nom"); },
       {"", {"Tout autre nom"}, {"NAME_DIFFERS information asso"}}},
  });
}

TEST(ConventionSignedTest, Totals) {
  RunCases({
      {"amount one cent over",
       [](auto& act, auto&) { act.set_amount_cents(6000001); },
       {"TRANCHE_TOTAL", {"convention 2023-00100", "60 000,00 EUR", "60 000,01 EUR", "-0,01 EUR"}}},
      {"draws one cent under",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(5999999);
       },
       {"TRANCHE_TOTAL", {"59 999,99 EUR", "60 000,00 EUR"}}},
      {"draws one cent over",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(6000001);
       },
       {"TRANCHE_TOTAL", {"60 000,01 EUR"}}},
      {"no draw",
       [](auto& act, auto&) { act.mutable_tranches(0)->clear_draws(); },
       {"NOT_AUTHORISED", {"tranche T1", "60 000,00 EUR"}}},
      {"two draws that make it",
       [](auto& act, auto&) {
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(5000000);
         v1::Draw* draw = act.mutable_tranches(0)->add_draws();
         *draw = act.tranches(0).draws(0);
         draw->set_allotment_id("a5");
         draw->set_amount_cents(1000000);
       },
       {""}},
      {"draws that overflow",
       [](auto& act, auto&) {
         *act.mutable_tranches(0)->add_draws() = act.tranches(0).draws(0);
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(kMaxCents);
       },
       {"AMOUNT_INVALID", {}, {}, kInvalid}},
      {"a tranche with wrong terms",
       [](auto& act, auto&) { act.mutable_tranches(0)->set_quantitative_ceiling_cents(1); },
       {"TRANCHE_TOTAL", {"parts"}}},
  });
}

TEST(ConventionSignedTest, Authorisation) {
  RunCases({
      {"deliberation unknown",
       [](auto& act, auto&) { Draw("2023-99", "a1", 6000000, &act); },
       {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
      {"deliberation rejected",
       [](auto& act, auto&) { Draw("2023-11", "r1", 1000000, &act); },
       {"NOT_AUTHORISED", {"2023-11", "not adopted"}}},
      {"allotment unknown",
       [](auto& act, auto&) { Draw("2023-10", "zz", 6000000, &act); },
       {"NOT_AUTHORISED", {"no allotment zz"}}},
      {"allotment of another structure",
       [](auto& act, auto&) { Draw("2023-10", "a3", 1000000, &act); },
       {"NOT_AUTHORISED", {"for structure autre, not for asso"}}},
      {"allotment that names it with another",
       [](auto& act, auto&) { Draw("2023-10", "a2", 5000000, &act); },
       {""}},
      {"allotment that names others only",
       [](auto& act, auto& world) {
         Draw("2023-10", "a2", 5000000, &act);
         world.allotment("2023-10", "a2")->mutable_allotment()->clear_named_structure_ids();
         world.allotment("2023-10", "a2")->mutable_allotment()->add_named_structure_ids("autre");
       },
       {"NOT_AUTHORISED", {"for structure autre, not for asso"}}},
      {"allotment that names nobody",
       [](auto& act, auto&) { Draw("2023-10", "a5", 3000000, &act); },
       {""}},
      {"allotment on another line",
       [](auto& act, auto&) { Draw("2023-10", "a4", 1000000, &act); },
       {"PAYMENT_BUDGET_LINE", {"tranche T1", "L1", "L2"}}},
  });
}

TEST(ConventionSignedTest, WhatIsLeftOfAnAllotment) {
  RunCases({
      {"one cent over",
       [](auto& act, auto&) { Draw("2023-10", "a1", 6000001, &act); },
       {"ALLOTMENT_EXCEEDED",
        {"allotment a1 of deliberation 2023-10", "60 000,00 EUR left", "60 000,01 EUR",
         "0,01 EUR too much"}}},
      {"one cent over by two tranches",
       [](auto& act, auto&) {
         *act.add_tranches() = act.tranches(0);
         act.mutable_tranches(1)->set_tranche_id("T2");
         act.mutable_tranches(1)->set_ceiling_cents(1);
         act.mutable_tranches(1)->mutable_draws(0)->set_amount_cents(1);
         act.set_amount_cents(6000001);
       },
       {"ALLOTMENT_EXCEEDED", {"60 000,01 EUR"}}},
      {"one cent released",
       [](auto&, auto& world) { world.allotment("2023-10", "a1")->set_released_cents(1); },
       {"ALLOTMENT_EXCEEDED", {"59 999,99 EUR left"}}},
      {"one cent ordered directly",
       [](auto&, auto& world) { world.allotment("2023-10", "a1")->set_ordered_cents(1); },
       {"ALLOTMENT_EXCEEDED", {"59 999,99 EUR left"}}},
  });
}

TEST(ConventionSignedTest, Signature) {
  const auto sign = [](const std::string& day) {
    return [=](v1::ConventionSigned& act, ContractWorld&) {
      *act.mutable_signatures()->mutable_authority_signed_on() = On(day);
    };
  };
  const std::vector<std::string> early = {"EXECUTORY_BEFORE attention 2023-10"};
  RunCases({
      {"the day before the vote",
       sign("2023-09-17"),
       {"SIGNED_BEFORE_VOTE", {"17/09/2023", "18/09/2023"}}},
      {"the day of the vote",
       sign("2023-09-18"),
       {"",
        {"La convention 2023-00100 est signée le 18/09/2023", "transmise que le 20/09/2023",
         "publiée que le 22/09/2023"},
        early}},
      {"once transmitted, not published", sign("2023-09-21"), {"", {"publiée que le"}, early}},
      {"the day of publication", sign("2023-09-22"), {""}},
      {"structure signed before the vote",
       [](auto& act, auto&) {
         *act.mutable_signatures()->mutable_structure_signed_on() = On("2023-01-01");
       },
       {""}},
      {"neither transmission nor publication recorded",
       [](auto&, auto& world) {
         world.deliberation("2023-10")->clear_transmitted_on();
         world.deliberation("2023-10")->clear_published_on();
       },
       {"", {"n'est pas transmise et n'est pas publiée"}, early}},
      {"one flag a deliberation",
       [](auto& act, auto& world) {
         world.deliberation("2023-10")->clear_published_on();
         act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(5000000);
         *act.mutable_tranches(0)->add_draws() = act.tranches(0).draws(0);
         act.mutable_tranches(0)->mutable_draws(1)->set_allotment_id("a5");
         act.mutable_tranches(0)->mutable_draws(1)->set_amount_cents(1000000);
       },
       {"", {}, early}},
      {"by delegation, without its reference",
       [](auto& act, auto&) {
         act.mutable_signatures()->mutable_authority()->set_signatory("Mme Essai");
         act.mutable_signatures()->mutable_authority()->set_by_delegation(true);
       },
       {"", {"Mme Essai"}, {"SIGNATORY_DELEGATION_UNKNOWN information Mme Essai"}}},
      {"by delegation, with its reference",
       [](auto& act, auto&) {
         act.mutable_signatures()->mutable_authority()->set_by_delegation(true);
         act.mutable_signatures()->mutable_authority()->set_delegation_reference("2021-1");
       },
       {""}},
  });
}

TEST(ConventionSignedTest, Periods) {
  const auto period = [](const std::string& allotment, const std::string& start,
                         const std::string& end) {
    return [=](v1::ConventionSigned& act, ContractWorld&) {
      Draw("2023-10", allotment, 1000000, &act);
      *act.mutable_tranches(0)->mutable_period() = FromTo(start, end);
    };
  };
  RunCases({
      {"starts on the day of the vote", period("a1", "2023-09-18", "2024-09-30"), {""}},
      {"starts the day before",
       period("a1", "2023-09-17", "2024-09-30"),
       {"", {"17/09/2023", "2023-10", "18/09/2023"}, {"PERIOD_BEFORE_VOTE information T1"}}},
      {"ends on the day of the vote",
       period("a1", "2023-01-01", "2023-09-18"),
       {"", {}, {"PERIOD_BEFORE_VOTE information T1"}}},
      {"ended the day before",
       period("a1", "2023-01-01", "2023-09-17"),
       {"", {"17/09/2023"}, {"PERIOD_ENDED_BEFORE_VOTE attention T1"}}},
      {"the allotment has said so", period("a6", "2023-01-01", "2023-06-30"), {""}},
      {"no period", [](auto& act, auto&) { act.mutable_tranches(0)->clear_period(); }, {""}},
      {"the allotment has said that it started, not that it ended",
       [&](auto& act, auto& world) {
         *world.allotment("2023-10", "a6")->mutable_allotment()->mutable_period() =
             FromTo("2023-01-01", "2023-12-31");
         period("a6", "2023-01-01", "2023-06-30")(act, world);
       },
       {"", {}, {"PERIOD_ENDED_BEFORE_VOTE attention T1"}}},
  });
}

// ---- Report and end

TEST(ReportReceivedTest, Cases) {
  const std::vector<ActCase<v1::ReportReceived>> cases = {
      {"on its due date", [](auto&, auto&) {}, {""}},
      {"the day after",
       [](auto& act, auto&) { *act.mutable_date() = On("2025-01-01"); },
       {"", {"01/01/2025", "31/12/2024", "1 jours"}, {"REPORT_LATE attention T1"}}},
      {"no due date",
       [](auto& act, auto& world) {
         world.tranche("2023-00010", "T1")->mutable_tranche()->clear_report_due();
         *act.mutable_date() = On("2030-01-01");
       },
       {""}},
      {"convention unknown",
       [](auto& act, auto&) { act.set_convention_number("2023-00099"); },
       {"REFERENCE_UNKNOWN", {"2023-00099"}, {}, kNotFound}},
      {"tranche unknown",
       [](auto& act, auto&) { act.set_tranche_id("T9"); },
       {"REFERENCE_UNKNOWN", {"T9 of convention 2023-00010", "T1"}, {}, kNotFound}},
      {"received already",
       [](auto&, auto& world) {
         *world.tranche("2023-00010", "T1")->mutable_report_received_on() = On("2024-11-01");
       },
       {"NUMBER_TAKEN", {"01/11/2024"}, {}, kExists}},
      {"another structure",
       [](auto& act, auto&) { act.set_structure_id("autre"); },
       {"FILLED_DIFFERS", {"asso", "autre"}}},
  };
  RunActs<v1::ReportReceived>(
      R"(convention_number: "2023-00010" tranche_id: "T1" date { year: 2024 month: 12 day: 31 })",
      "asso", cases);
}

TEST(ReportAcceptedTest, Cases) {
  const auto received = [](ContractWorld& world) {
    *world.tranche("2023-00010", "T1")->mutable_report_received_on() = On("2024-12-15");
  };
  const std::vector<ActCase<v1::ReportAccepted>> cases = {
      {"not received", [](auto&, auto&) {}, {"TRIGGER_MISSING", {"T1", "2023-00010"}}},
      {"the day it is received", [&](auto&, auto& world) { received(world); }, {""}},
      {"the day before",
       [&](auto& act, auto& world) {
         received(world);
         *act.mutable_date() = On("2024-12-14");
       },
       {"PERIOD_INVALID", {"14/12/2024", "15/12/2024"}}},
      {"accepted already",
       [&](auto&, auto& world) {
         received(world);
         *world.tranche("2023-00010", "T1")->mutable_report_accepted_on() = On("2024-12-20");
       },
       {"NUMBER_TAKEN", {"20/12/2024"}, {}, kExists}},
      {"tranche unknown",
       [](auto& act, auto&) { act.set_tranche_id("T9"); },
       {"REFERENCE_UNKNOWN", {}, {}, kNotFound}},
  };
  RunActs<v1::ReportAccepted>(
      R"(convention_number: "2023-00010" tranche_id: "T1" date { year: 2024 month: 12 day: 15 })",
      "asso", cases);
}

TEST(ConventionClosedTest, Cases) {
  const std::vector<ActCase<v1::ConventionClosed>> cases = {
      {"the day it is signed", [](auto&, auto&) {}, {""}},
      {"the day before",
       [](auto& act, auto&) { *act.mutable_date() = On("2023-10-01"); },
       {"PERIOD_INVALID", {"01/10/2023", "02/10/2023"}}},
      {"unknown",
       [](auto& act, auto&) { act.set_number("2023-00099"); },
       {"REFERENCE_UNKNOWN", {}, {}, kNotFound}},
      {"closed already",
       [](auto&, auto& world) {
         *world.convention("2023-00010")->mutable_closed_on() = On("2023-10-15");
       },
       {"CONVENTION_CLOSED", {"15/10/2023"}}},
  };
  RunActs<v1::ConventionClosed>(
      R"(number: "2023-00010" reason: "essai" date { year: 2023 month: 10 day: 2 })", "asso",
      cases);
}

}  // namespace
}  // namespace registre::testing::contract_test
