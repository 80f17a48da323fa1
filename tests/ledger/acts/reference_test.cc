// Rules of the ledger itself, of structures and of budget lines.
#include "gtest/gtest.h"
#include "tests/support/rule_cases.h"

namespace registre::reference_test {
namespace {

using testing::FakeView;
using testing::On;
using testing::RuleCase;
using testing::RunCases;
using testing::Text;

v1::DeliberationRef Before(v1::Body body) {
  auto ref = Text<v1::DeliberationRef>(
      "before_opening { number: '2022-1' date { year: 2022 month: 12 day: 12 } }");
  ref.mutable_before_opening()->set_body(body);
  return ref;
}

v1::DeliberationRef Held(const std::string& number) {
  v1::DeliberationRef ref;
  ref.set_number(number);
  return ref;
}

// Line d gave up an amount for another line under a deliberation.
void GiveUp(FakeView* view, const std::string& deliberation, const std::string& with_code,
            int64_t cents) {
  v1::LineTransfer& transfer = *view->RowOf("budget_line:d").mutable_budget_line()->add_transfers();
  *transfer.mutable_adjusted_by() = Held(deliberation);
  transfer.set_with_code(with_code);
  transfer.set_left_cents(cents);
}

TEST(LedgerOpenedTest, Cases) {
  const auto start = [](FakeView*, v1::LedgerOpened* act) {
    *act = Text<v1::LedgerOpened>(R"pb(
      authority_name: "Département d'essai"
      origin: "registre.test/essai"
      time_zone: "Europe/Paris"
      currency: "EUR"
      patterns { deliberation: "AAAA-n" budget_code: "Cnn-nnnXnn" }
      date { year: 2023 month: 1 day: 1 }
    )pb");
  };
  RunCases<v1::LedgerOpened>(
      start,
      {
          {"another currency",
           [](FakeView*, v1::LedgerOpened* act) { act->set_currency("USD"); },
           "FIELD_INVALID",
           {},
           {"USD", "EUR"}},
          {"no such time zone",
           [](FakeView*, v1::LedgerOpened* act) { act->set_time_zone("Europe/Arras"); },
           "FIELD_INVALID",
           {},
           {"Europe/Arras"}},
          {"a path is no time zone",
           [](FakeView*, v1::LedgerOpened* act) {
             act->set_time_zone("/usr/share/zoneinfo/Europe/Paris");
           },
           "FIELD_INVALID",
           {},
           {}},
          {"a way out of the zone database is no time zone",
           [](FakeView*, v1::LedgerOpened* act) { act->set_time_zone("../zoneinfo/Europe/Paris"); },
           "FIELD_INVALID",
           {},
           {}},
          {"the zone of the machine is no time zone",
           [](FakeView*, v1::LedgerOpened* act) { act->set_time_zone("localtime"); },
           "FIELD_INVALID",
           {},
           {}},
          {"UTC is a zone",
           [](FakeView*, v1::LedgerOpened* act) { act->set_time_zone("UTC"); },
           "",
           {},
           {}},
          {"origin with a schema",
           [](FakeView*, v1::LedgerOpened* act) { act->set_origin("https://registre.test"); },
           "FIELD_INVALID",
           {},
           {"https://registre.test"}},
          {"origin with a space",
           [](FakeView*, v1::LedgerOpened* act) { act->set_origin("registre test"); },
           "FIELD_INVALID",
           {},
           {}},
          {"origin with a plus",
           [](FakeView*, v1::LedgerOpened* act) { act->set_origin("registre+test"); },
           "FIELD_INVALID",
           {},
           {}},
          {"pattern that no number fits",
           [](FakeView*, v1::LedgerOpened* act) {
             act->mutable_patterns()->set_convention("AAAA/nnnnn");
           },
           "FIELD_INVALID",
           {},
           {"AAAA/nnnnn"}},
      });
}

// Another structure has the SIRET of the cases.
void Share(FakeView* view) {
  view->AddStructure("autre", "Autre structure").mutable_identity()->set_siret("34175422400028");
  view->RowOf(SiretKey("34175422400028")).mutable_structure_ids()->add_structure_ids("autre");
}

TEST(StructureRegisteredTest, Cases) {
  const auto start = [](FakeView* view, v1::StructureRegistered* act) {
    view->OpenLedger();
    act->set_structure_id("passeport-forma");
    act->mutable_identity()->set_name("Passeport Forma");
    act->mutable_identity()->set_siret("34175422400028");
  };
  RunCases<v1::StructureRegistered>(
      start,
      {
          {"SIRET_MISSING",
           [](FakeView*, v1::StructureRegistered* act) { act->mutable_identity()->clear_siret(); },
           "",
           {"SIRET_MISSING information passeport-forma"},
           {"Passeport Forma"}},
          {"SIRET_SHARED",
           [](FakeView* view, v1::StructureRegistered*) { Share(view); },
           "",
           {"SIRET_SHARED attention passeport-forma"},
           {"34175422400028", "autre", "Autre structure"}},
          {"a SIRET that another structure had",
           [](FakeView* view, v1::StructureRegistered*) {
             Share(view);
             view->RowOf("structure:autre").mutable_structure()->mutable_identity()->clear_siret();
           },
           "",
           {},
           {}},
          {"NUMBER_TAKEN",
           [](FakeView* view, v1::StructureRegistered*) {
             view->AddStructure("passeport-forma", "X");
           },
           "NUMBER_TAKEN",
           {},
           {"passeport-forma"}},
      });
}

TEST(StructureUpdatedTest, Cases) {
  const auto start = [](FakeView* view, v1::StructureUpdated* act) {
    view->OpenLedger();
    view->AddStructure("s", "Avant");
    *act = Text<v1::StructureUpdated>(R"pb(
      structure_id: "s"
      after { name: "Après" siret: "34175422400028" }
      date { year: 2023 month: 2 day: 1 }
      reason: "Changement d'adresse"
    )pb");
  };
  RunCases<v1::StructureUpdated>(
      start,
      {
          {"SIRET_SHARED",
           [](FakeView* view, v1::StructureUpdated*) { Share(view); },
           "",
           {"SIRET_SHARED attention s"},
           {"autre"}},
          {"its own SIRET is no other's",
           [](FakeView* view, v1::StructureUpdated*) {
             view->RowOf("structure:s")
                 .mutable_structure()
                 ->mutable_identity()
                 ->set_siret("34175422400028");
             view->RowOf(SiretKey("34175422400028"))
                 .mutable_structure_ids()
                 ->add_structure_ids("s");
           },
           "",
           {},
           {}},
          {"SIRET_MISSING",
           [](FakeView*, v1::StructureUpdated* act) { act->mutable_after()->clear_siret(); },
           "",
           {"SIRET_MISSING information s"},
           {}},
          {"REFERENCE_UNKNOWN",
           [](FakeView*, v1::StructureUpdated* act) { act->set_structure_id("t"); },
           "REFERENCE_UNKNOWN",
           {},
           {"structure t"}},
          {"FILLED_DIFFERS",
           [](FakeView*, v1::StructureUpdated* act) { act->mutable_before()->set_name("Autre"); },
           "FILLED_DIFFERS",
           {},
           {"Autre", "Avant"}},
      });
  FakeView view;
  v1::StructureUpdated act;
  start(&view, &act);
  EXPECT_TRUE(testing::JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.before().name(), "Avant");
}

TEST(BudgetLineOpenedTest, Cases) {
  const auto start = [](FakeView* view, v1::BudgetLineOpened* act) {
    view->OpenLedger().mutable_opened()->set_budget_code_follows_function(true);
    view->AddDeliberation("2023-1", v1::BODY_CONSEIL_DEPARTEMENTAL, "2023-01-30");
    view->AddDeliberation("2023-2", v1::BODY_COMMISSION_PERMANENTE, "2023-02-06");
    *act = Text<v1::BudgetLineOpened>(R"pb(
      code: "C02-446A05"
      nature: "6568"
      function: "93446"
      label: "Indemnisation des organismes référents"
      authorised_cents: 619364300
      date { year: 2023 month: 3 day: 1 }
    )pb");
    *act->mutable_opened_by() = Held("2023-1");
  };
  using Act = v1::BudgetLineOpened;
  RunCases<Act>(start,
                {
                    {"by a deliberation before the ledger",
                     [](FakeView*, Act* act) {
                       *act->mutable_opened_by() = Before(v1::BODY_CONSEIL_MUNICIPAL);
                     },
                     "",
                     {},
                     {}},
                    {"NUMBER_FORM",
                     [](FakeView*, Act* act) { act->set_code("446A05"); },
                     "NUMBER_FORM",
                     {},
                     {"Cnn-nnnXnn"}},
                    {"NUMBER_TAKEN",
                     [](FakeView* view, Act*) { view->AddBudgetLine("C02-446A05", 1); },
                     "NUMBER_TAKEN",
                     {},
                     {"C02-446A05"}},
                    {"REFERENCE_UNKNOWN",
                     [](FakeView*, Act* act) { *act->mutable_opened_by() = Held("2023-9"); },
                     "REFERENCE_UNKNOWN",
                     {},
                     {"deliberation 2023-9"}},
                    {"BUDGET_BODY",
                     [](FakeView*, Act* act) { *act->mutable_opened_by() = Held("2023-2"); },
                     "BUDGET_BODY",
                     {},
                     {"2023-2", "commission permanente"}},
                    {"on the day of the deliberation",
                     [](FakeView*, Act* act) { *act->mutable_date() = On("2023-01-30"); },
                     "",
                     {},
                     {}},
                    {"before the deliberation",
                     [](FakeView*, Act* act) { *act->mutable_date() = On("2023-01-29"); },
                     "PERIOD_INVALID",
                     {},
                     {"29/01/2023", "2023-1", "30/01/2023"}},
                    {"before a deliberation before the ledger",
                     [](FakeView*, Act* act) {
                       *act->mutable_opened_by() = Before(v1::BODY_CONSEIL_DEPARTEMENTAL);
                       *act->mutable_date() = On("2022-12-11");
                     },
                     "PERIOD_INVALID",
                     {},
                     {"11/12/2022", "12/12/2022"}},
                    {"before the ledger, and rejected in it",
                     [](FakeView* view, Act* act) {
                       view->AddDeliberation("2022-1", v1::BODY_CONSEIL_DEPARTEMENTAL, "2023-01-30")
                           .set_result(v1::VOTE_RESULT_REJECTED);
                       *act->mutable_opened_by() = Before(v1::BODY_CONSEIL_DEPARTEMENTAL);
                     },
                     "REFERENCE_UNKNOWN",
                     {},
                     {"2022-1", "the ledger holds that deliberation"}},
                    {"before the ledger, dated as it was opened",
                     [](FakeView*, Act* act) {
                       *act->mutable_opened_by() = Before(v1::BODY_CONSEIL_DEPARTEMENTAL);
                       *act->mutable_opened_by()->mutable_before_opening()->mutable_date() =
                           On("2023-01-01");
                     },
                     "REFERENCE_UNKNOWN",
                     {},
                     {"01/01/2023"}},
                    {"BUDGET_BODY before the ledger",
                     [](FakeView*, Act* act) {
                       *act->mutable_opened_by() = Before(v1::BODY_COMMISSION_PERMANENTE);
                     },
                     "BUDGET_BODY",
                     {},
                     {"2022-1"}},
                    {"BUDGET_BODY, rejected",
                     [](FakeView* view, Act*) {
                       view->RowOf("deliberation:2023-1")
                           .mutable_deliberation()
                           ->set_result(v1::VOTE_RESULT_REJECTED);
                     },
                     "BUDGET_BODY",
                     {},
                     {"rejected"}},
                    {"BUDGET_CODE_FUNCTION",
                     [](FakeView*, Act* act) { act->set_function("93444"); },
                     "",
                     {"BUDGET_CODE_FUNCTION attention C02-446A05"},
                     {"446", "444"}},
                    {"BUDGET_CODE_FUNCTION, short function",
                     [](FakeView*, Act* act) { act->set_function("93"); },
                     "",
                     {"BUDGET_CODE_FUNCTION attention C02-446A05"},
                     {}},
                    {"no such habit",
                     [](FakeView* view, Act* act) {
                       act->set_function("93444");
                       view->OpenLedger().mutable_opened()->set_budget_code_follows_function(false);
                     },
                     "",
                     {},
                     {}},
                });
}

TEST(BudgetLineAdjustedTest, Cases) {
  const auto start = [](FakeView* view, v1::BudgetLineAdjusted* act) {
    view->OpenLedger();
    view->AddDeliberation("2023-1", v1::BODY_CONSEIL_DEPARTEMENTAL, "2023-01-30");
    view->AddDeliberation("2023-2", v1::BODY_COMMISSION_PERMANENTE, "2023-02-06");
    v1::BudgetLine& line = view->AddBudgetLine("c", 100000, 20000);
    line.set_voted_cents(30000);
    line.set_released_cents(5000);
    view->AddBudgetLine("d", 100000);
    *act = Text<v1::BudgetLineAdjusted>(R"pb(
      code: "c"
      authorised_after_cents: 45000
      adjusted_by { number: "2023-1" }
      date { year: 2023 month: 6 day: 1 }
      reason: "Décision modificative"
    )pb");
  };
  using Act = v1::BudgetLineAdjusted;
  RunCases<Act>(start,
                {
                    {"BUDGET_BELOW_VOTED, one cent",
                     [](FakeView*, Act* act) { act->set_authorised_after_cents(44999); },
                     "BUDGET_BELOW_VOTED",
                     {},
                     {"449,99 EUR", "450,00 EUR", "0,01 EUR"}},
                    {"REFERENCE_UNKNOWN, line",
                     [](FakeView*, Act* act) { act->set_code("e"); },
                     "REFERENCE_UNKNOWN",
                     {},
                     {"budget line e"}},
                    {"REFERENCE_UNKNOWN, other line",
                     [](FakeView*, Act* act) { act->set_transfer_with_code("e"); },
                     "REFERENCE_UNKNOWN",
                     {},
                     {"budget line e"}},
                    {"a transfer with itself",
                     [](FakeView*, Act* act) { act->set_transfer_with_code("c"); },
                     "FIELD_INVALID",
                     {},
                     {}},
                    {"BUDGET_BODY",
                     [](FakeView*, Act* act) { *act->mutable_adjusted_by() = Held("2023-2"); },
                     "BUDGET_BODY",
                     {},
                     {"commission permanente"}},
                    {"a transfer by the commission permanente",
                     [](FakeView*, Act* act) {
                       *act->mutable_adjusted_by() = Held("2023-2");
                       act->set_transfer_with_code("d");
                     },
                     "",
                     {"BUDGET_BODY information c"},
                     {"2023-2"}},
                    {"a transfer by the commission permanente that nothing pays for",
                     [](FakeView*, Act* act) {
                       *act->mutable_adjusted_by() = Held("2023-2");
                       act->set_transfer_with_code("d");
                       act->set_authorised_after_cents(100001);
                     },
                     "BUDGET_BODY",
                     {},
                     {"line c would gain 0,01 EUR", "line d", "0,00 EUR", "0,01 EUR too much"}},
                    {"what the other line has given up",
                     [](FakeView* view, Act* act) {
                       *act->mutable_adjusted_by() = Held("2023-2");
                       act->set_transfer_with_code("d");
                       act->set_authorised_after_cents(130000);
                       GiveUp(view, "2023-2", "c", 30000);
                     },
                     "",
                     {"BUDGET_BODY information c"},
                     {}},
                    {"one cent more than the other line has given up",
                     [](FakeView* view, Act* act) {
                       *act->mutable_adjusted_by() = Held("2023-2");
                       act->set_transfer_with_code("d");
                       act->set_authorised_after_cents(130001);
                       GiveUp(view, "2023-2", "c", 30000);
                     },
                     "BUDGET_BODY",
                     {},
                     {"300,01 EUR", "300,00 EUR", "0,01 EUR too much"}},
                    {"what the other line has given up for another line",
                     [](FakeView* view, Act* act) {
                       *act->mutable_adjusted_by() = Held("2023-2");
                       act->set_transfer_with_code("d");
                       act->set_authorised_after_cents(130000);
                       GiveUp(view, "2023-2", "e", 30000);
                     },
                     "BUDGET_BODY",
                     {},
                     {}},
                    {"what the other line has given up under another deliberation",
                     [](FakeView* view, Act* act) {
                       *act->mutable_adjusted_by() = Held("2023-2");
                       act->set_transfer_with_code("d");
                       act->set_authorised_after_cents(130000);
                       GiveUp(view, "2023-1", "c", 30000);
                     },
                     "BUDGET_BODY",
                     {},
                     {}},
                    {"before the deliberation",
                     [](FakeView*, Act* act) { *act->mutable_date() = On("2023-01-29"); },
                     "PERIOD_INVALID",
                     {},
                     {"29/01/2023", "30/01/2023"}},
                    {"a transfer by the conseil",
                     [](FakeView*, Act* act) { act->set_transfer_with_code("d"); },
                     "",
                     {},
                     {}},
                    {"the same value before",
                     [](FakeView*, Act* act) { act->set_authorised_before_cents(100000); },
                     "",
                     {},
                     {}},
                    {"FILLED_DIFFERS",
                     [](FakeView*, Act* act) { act->set_authorised_before_cents(99999); },
                     "FILLED_DIFFERS",
                     {},
                     {"999,99 EUR", "1 000,00 EUR"}},
                });
  FakeView view;
  Act act;
  start(&view, &act);
  EXPECT_TRUE(testing::JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.authorised_before_cents(), 100000);
}

TEST(PaymentCreditsVotedTest, Cases) {
  const auto start = [](FakeView* view, v1::PaymentCreditsVoted* act) {
    view->OpenLedger();
    view->AddDeliberation("2023-1", v1::BODY_CONSEIL_DEPARTEMENTAL, "2023-01-30");
    view->AddDeliberation("2023-2", v1::BODY_COMMISSION_PERMANENTE, "2023-02-06");
    v1::BudgetLine& line = view->AddBudgetLine("c", 100000);
    *line.add_fiscal_years() =
        Text<v1::FiscalYearCredits>("fiscal_year: 2022 credits_cents: 1 ordered_cents: 99");
    *line.add_fiscal_years() = Text<v1::FiscalYearCredits>(
        "fiscal_year: 2023 credits_cents: 50000 credits_recorded: true ordered_cents: 30000");
    *act = Text<v1::PaymentCreditsVoted>(R"pb(
      code: "c"
      fiscal_year: 2023
      credits_after_cents: 30000
      voted_by { number: "2023-1" }
      date { year: 2023 month: 6 day: 1 }
    )pb");
  };
  using Act = v1::PaymentCreditsVoted;
  RunCases<Act>(start, {
                           {"CREDITS_EXCEEDED, one cent",
                            [](FakeView*, Act* act) { act->set_credits_after_cents(29999); },
                            "CREDITS_EXCEEDED",
                            {},
                            {"299,99 EUR", "300,00 EUR"}},
                           {"another year",
                            [](FakeView*, Act* act) {
                              act->set_fiscal_year(2024);
                              act->set_credits_after_cents(0);
                            },
                            "",
                            {},
                            {}},
                           {"REFERENCE_UNKNOWN",
                            [](FakeView*, Act* act) { act->set_code("e"); },
                            "REFERENCE_UNKNOWN",
                            {},
                            {}},
                           {"BUDGET_BODY",
                            [](FakeView*, Act* act) { *act->mutable_voted_by() = Held("2023-2"); },
                            "BUDGET_BODY",
                            {},
                            {}},
                           {"before the deliberation",
                            [](FakeView*, Act* act) { *act->mutable_date() = On("2023-01-29"); },
                            "PERIOD_INVALID",
                            {},
                            {}},
                           {"FILLED_DIFFERS",
                            [](FakeView*, Act* act) { act->set_credits_before_cents(1); },
                            "FILLED_DIFFERS",
                            {},
                            {"500,00 EUR"}},
                       });
  FakeView view;
  Act act;
  start(&view, &act);
  EXPECT_TRUE(testing::JudgeOn(view, &act).status.ok());
  EXPECT_EQ(act.credits_before_cents(), 50000);
}

}  // namespace
}  // namespace registre::reference_test
