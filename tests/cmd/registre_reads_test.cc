// registre budget, structure, convention, deliberation, anomalies: tables and JSON of what a server
// answers, with the figures of deliberation 2023-405.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "cmd/registre/text.h"
#include "ledger/base/errors.h"
#include "tests/cmd/registre_fake.h"
#include "tests/cmd/registre_fixture.h"

namespace registre::cli::registre_reads_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Answers every request with the same message.
template <class Request, class Response>
Answer<Request, Response> Always(Response response) {
  return [response](const Request&, Response* out) {
    *out = response;
    return absl::OkStatus();
  };
}

class Reads : public ::testing::Test {
 protected:
  Reads() {
    server_.answers.deliberation_budget =
        Always<v1::GetDeliberationBudgetRequest>(ReportTable(true));
    server_.answers.budget_lines = Always<v1::ListBudgetLinesRequest>(BudgetLines());
    server_.answers.structure = Always<v1::GetStructureRequest>(ChevalBleu());
    server_.answers.structure_acts = Always<v1::ListStructureActsRequest>(ChevalBleuActs());
    server_.answers.convention = Always<v1::GetConventionRequest>(PasseportForma());
    server_.answers.payments = Always<v1::ListConventionPaymentsRequest>(PasseportFormaPayments());
    v1::ListDeliberationsResponse deliberations;
    *deliberations.add_deliberations() = Deliberation405().deliberation();
    deliberations.set_at_position(63);
    server_.answers.deliberations = Always<v1::ListDeliberationsRequest>(deliberations);
    server_.answers.deliberation = Always<v1::GetDeliberationRequest>(Deliberation405());
  }

  Outcome Run(std::vector<std::string> arguments, size_t width = 120) {
    Outcome outcome = RunCli(server_, std::move(arguments), "", width);
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_THAT(outcome.err, IsEmpty());
    return outcome;
  }

  FakeServer server_;
};

size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(Reads, TheBudgetTableOfTheDeliberation) {
  EXPECT_EQ(Run({"budget", "--deliberation", "2023-405"}, 130).out,
            "Délibération n° 2023-405\n"
            "\n"
            "Code        Imputation  Libellé                                               AE    "
            "Disponible   Proposition  Solde après vote\n"
            "──────────  ──────────  ─────────────────────────────────────────  ─────────────  "
            "────────────  ────────────  ────────────────\n"
            "C02-446A05  6568/93446  Indemnisation des organismes référents      6 193 643,00  1 "
            "545 780,28    682 328,51        863 451,77\n"
            "C01-444H03  6568/93444  Référents insertion professionnelle         1 016 400,00    "
            "101 400,00    100 800,00            600,00\n"
            "C01-444H02  6568/93444  Appui au parcours intégré 2021-2027         7 298 182,00  2 "
            "064 022,90  1 614 364,36        449 658,54\n"
            "C02-428B04  6568/93428  Politique inclusive en faveur du logement   2 870 691,00  2 "
            "370 691,00  1 122 000,00      1 248 691,00\n"
            "──────────  ──────────  ─────────────────────────────────────────  ─────────────  "
            "────────────  ────────────  ────────────────\n"
            "Total                                                              17 378 916,00  6 "
            "081 894,18  3 519 492,87      2 562 401,31\n"
            "\n"
            "à la position #63\n");
}

TEST_F(Reads, TheBudgetTableBeforeTheVote) {
  v1::GetDeliberationBudgetRequest seen;
  server_.answers.deliberation_budget = [&](const v1::GetDeliberationBudgetRequest& request,
                                            v1::GetDeliberationBudgetResponse* response) {
    seen = request;
    *response = ReportTable(false);
    return absl::OkStatus();
  };
  const Outcome outcome =
      Run({"budget", "--deliberation", "2023-405", "--known-at", "#49", "--as-of", "18/09/2023"});
  EXPECT_EQ(seen.number(), "2023-405");
  EXPECT_EQ(seen.options().as_of().position(), 49u);
  EXPECT_EQ(seen.options().as_of().effective_on().day(), 18);
  EXPECT_THAT(outcome.out, HasSubstr("le vote n'est pas connu"));
  EXPECT_THAT(outcome.out, HasSubstr("6 081 894,18         0,00  6 081 894,18\n"));
  EXPECT_THAT(outcome.out, HasSubstr("connu à #49, en vigueur au 18/09/2023\n"));
}

TEST_F(Reads, BudgetLinesWithATotalAndWhatIsAssumed) {
  const Outcome outcome = Run({"budget"}, 160);
  EXPECT_THAT(outcome.out, HasSubstr("Engagé avant"));
  EXPECT_THAT(outcome.out, HasSubstr("C02-446A05  Indemnisation"));
  // Sums, differences and totals are as sure as what they rest on: the code and the AE are printed.
  EXPECT_THAT(outcome.out,
              HasSubstr("6 193 643,00   4 647 862,72*    682 328,51    863 451,77*  250 875,00*  "
                        "28 125,00*  24 000,00\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr("1 016 400,00     915 000,00*    100 800,00        600,00*        0,00   "
                        "     0,00        0,00\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr("17 378 916,00  11 297 021,82*  3 519 492,87  2 562 401,31*  250 875,00*  "
                        "28 125,00*  24 000,00\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n* supposé : le document ne le dit pas\n"
                                     "  budget_line_opened           opened_by\n"
                                     "  opening_commitment_recorded  amount_cents\n"
                                     "  opening_convention_recorded  amount_cents\n"
                                     "  payment_ordered              tout l'acte\n"
                                     "à la position #63\n"));
}

TEST_F(Reads, WhatTheReportPrintsIsNotAssumed) {
  v1::GetDeliberationBudgetResponse response = ReportTable(true);
  for (int i = 0; i < response.lines_size(); ++i) {
    response.mutable_lines(i)->add_assumed_fields("opening_commitment_recorded.amount_cents");
    response.mutable_lines(i)->set_as_reported(i > 0);
  }
  server_.answers.deliberation_budget = Always<v1::GetDeliberationBudgetRequest>(response);
  const std::string out = Run({"budget", "--deliberation", "2023-405"}, 140).out;
  EXPECT_THAT(out, HasSubstr("6 193 643,00  1 545 780,28*    682 328,51        863 451,77*\n"));
  EXPECT_THAT(out, HasSubstr("1 016 400,00    101 400,00     100 800,00            600,00\n"));
  EXPECT_THAT(out, HasSubstr("17 378 916,00  6 081 894,18*  3 519 492,87      2 562 401,31*\n"));
}

TEST_F(Reads, OneBudgetLineWithItsFiscalYears) {
  server_.answers.budget_line = [](const v1::GetBudgetLineRequest& request,
                                   v1::GetBudgetLineResponse* response) {
    EXPECT_EQ(request.code(), "C02-446A05");
    *response->mutable_budget_line() = BudgetLines().budget_lines(0);
    response->set_at_position(63);
    return absl::OkStatus();
  };
  const Outcome outcome = Run({"budget", "C02-446A05"});
  EXPECT_THAT(outcome.out, HasSubstr("Imputation                   6568/93446\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Disponible                   863 451,77*\n"));
  EXPECT_THAT(outcome.out, HasSubstr("2023          non enregistrés  28 125,00*  0,00\n"));
}

// Two pages: the total is of both, and no credits left are added up where some are not recorded.
TEST_F(Reads, AFiscalYearLineByLine) {
  bool closed = false;
  server_.answers.fiscal_year_lines = [&](const v1::ListFiscalYearLinesRequest& request,
                                          v1::ListFiscalYearLinesResponse* response) {
    EXPECT_EQ(request.fiscal_year(), 2023);
    v1::FiscalYearLine* line = response->add_lines();
    line->set_label("Ligne d'essai");
    v1::FiscalYearCredits* year = line->mutable_year();
    if (request.page_token().empty()) {
      line->set_code("L1");
      year->set_credits_cents(90'000);
      year->set_credits_recorded(true);
      year->set_ordered_cents(70'000);
      year->set_paid_cents(50'000);
      year->set_unanswered_orders(closed ? 0 : 2);
      response->set_next_page_token("plus");
    } else {
      line->set_code("L2");
      year->set_ordered_cents(3'000);
      year->add_assumed_fields("payment_ordered.amount_cents");
    }
    if (closed) {
      *response->mutable_closed()->mutable_closed_on() = Day(2024, 1, 31);
      response->mutable_closed()->set_position(62);
      response->set_closed_log_size(62);
      response->set_closed_log_root(std::string(32, '\xab'));
    }
    response->set_at_position(63);
    return absl::OkStatus();
  };
  EXPECT_EQ(Run({"budget", "--year", "2023"}).out,
            "Exercice 2023\n\n"
            "Code   Libellé        Crédits de paiement  Mandaté     Payé   Reste  Sans réponse\n"
            "─────  ─────────────  ───────────────────  ────────  ──────  ──────  ────────────\n"
            "L1     Ligne d'essai               900,00   700,00   500,00  200,00             2\n"
            "L2     Ligne d'essai      non enregistrés    30,00*    0,00\n"
            "─────  ─────────────  ───────────────────  ────────  ──────  ──────  ────────────\n"
            "Total                              900,00   730,00*  500,00                     2\n"
            "\nexercice ouvert\n"
            "\n* supposé : le document ne le dit pas\n"
            "  payment_ordered  amount_cents\n"
            "à la position #63\n");
  closed = true;
  const std::string out = Run({"budget", "--year", "2023"}).out;
  EXPECT_THAT(out, HasSubstr("Clos le  31/01/2024\n"));
  EXPECT_THAT(out, HasSubstr("Acte     #62\n"));
  EXPECT_THAT(out, HasSubstr("Journal  62 événements\n"));
  EXPECT_THAT(out, HasSubstr("Racine   abababab"));
  EXPECT_THAT(out, Not(HasSubstr("Sans réponse")));
  EXPECT_THAT(Run({"budget", "--year", "2023", "--output", "json"}).out,
              HasSubstr(R"("closed_log_size":"62")"));
}

TEST_F(Reads, AStructureSaysWhatIsKnownByName) {
  v1::ListStructureActsRequest acts;
  server_.answers.structure_acts = [&](const v1::ListStructureActsRequest& request,
                                       v1::ListStructureActsResponse* response) {
    acts = request;
    *response = ChevalBleuActs();
    return absl::OkStatus();
  };
  const Outcome outcome = Run({"structure", "48054398200023"});
  EXPECT_THAT(outcome.out, HasSubstr("Le Cheval Bleu"));
  EXPECT_THAT(outcome.out, HasSubstr("connu nommément  ≥ 248 378,00 ; 1 attribution la nomme sans "
                                     "montant propre"));
  EXPECT_THAT(outcome.out, HasSubstr("Conventionné               155 000,00* (1 convention)\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Mandaté                    24 000,00*\n"));
  // Of an act only what is assumed is starred.
  EXPECT_THAT(outcome.out, HasSubstr("  #50  18/09/2023   deliberation_voted  2023-405/1.6"));
  EXPECT_THAT(outcome.out, HasSubstr("  #56  02/10/2023*  avenant_signed      2023-01628/1  "
                                     "Avenant n° 1, écrit « Cheval bleu »  115 000,00\n"));
  // Both answers are of the same state.
  EXPECT_EQ(acts.id(), "cheval-bleu");
  EXPECT_EQ(acts.options().as_of().position(), 63u);
}

TEST_F(Reads, AStructureThatWasAbsorbedAndAbsorbed) {
  v1::GetStructureResponse response = ChevalBleu();
  response.mutable_structure()->set_merged_into("absorbante");
  *response.mutable_structure()->mutable_merged_on() = Day(2024, 11, 1);
  response.mutable_structure()->add_absorbed_structure_ids("une");
  response.mutable_structure()->add_absorbed_structure_ids("deux");
  server_.answers.structure = Always<v1::GetStructureRequest>(response);
  const Outcome outcome = Run({"structure", "cheval-bleu"});
  EXPECT_THAT(outcome.out, HasSubstr("Absorbée                   par absorbante le 01/11/2024\n"));
  EXPECT_THAT(outcome.out, HasSubstr("A absorbé                  une, deux\n"));
}

TEST_F(Reads, StructuresPageAfterPage) {
  server_.answers.structures = [](const v1::ListStructuresRequest& request,
                                  v1::ListStructuresResponse* response) {
    *response->add_structures() = ChevalBleu().structure();
    if (request.page_token().empty()) response->set_next_page_token("more");
    response->set_at_position(63);
    return absl::OkStatus();
  };
  const Outcome table = Run({"structure", "list"});
  EXPECT_THAT(table.out, HasSubstr("Connu nommément"));
  EXPECT_THAT(table.out, HasSubstr("≥ 248 378,00    155 000,00*  24 000,00*  24 000,00*\n"));
  EXPECT_THAT(table.out, HasSubstr("≥ 496 756,00    310 000,00*  48 000,00*  48 000,00*\n"));
  EXPECT_THAT(table.out, HasSubstr("188 217,34 sont attribués sans montant nommé"));
  const Outcome json = Run({"structure", "list", "--output", "json"});
  EXPECT_EQ(Lines(json.out), 2u);
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("structure_id":"cheval-bleu")"),
                              HasSubstr(R"("allotted_cents":"24837800")"),
                              HasSubstr(R"("requested_cents":"0")")));
}

TEST_F(Reads, APageGivenForEverIsAnError) {
  server_.answers.structures = [](const v1::ListStructuresRequest&,
                                  v1::ListStructuresResponse* response) {
    response->set_next_page_token("same");
    return absl::OkStatus();
  };
  const Outcome outcome = RunCli(server_, {"structure", "list"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr("PAGE_REPEATED"));
}

TEST_F(Reads, AConventionWithItsAvenantTranchesScheduleAndOrders) {
  const std::string out = Run({"convention", "2023-00963"}, 140).out;
  EXPECT_THAT(out, HasSubstr("Montant     89 000,00*, porté à 95 875,00*\n"));
  EXPECT_THAT(out, HasSubstr("Passeport Forma (passeport-forma), écrit « PASSEPORT FORMA »\n"));
  EXPECT_THAT(out, HasSubstr("27/06/2023, avant l'ouverture du registre"));
  EXPECT_THAT(
      out, HasSubstr(" 1  02/10/2023*  2023-405      89 000,00   6 875,00  95 875,00       #55\n"));
  EXPECT_THAT(out,
              HasSubstr("2023-ag  Accompagnement Global                              C02-446A05  "
                        "01/07/2023 – 31/12/2023   6 875,00  4 125,00*  0,00        2 750,00*\n"));
  EXPECT_THAT(
      out, HasSubstr("2023-ag  avance     avance                  4 125,00   4 125,00*      0,00*  "
                     "signature de l'avenant n° 1  mandatée*\n"));
  EXPECT_THAT(out, HasSubstr("2 750,00*      0,00   2 750,00*  bilan accepté"));
  EXPECT_THAT(out, HasSubstr("Prochaine échéance :  solde de la convention de la tranche 2023-ag, "
                             "2 750,00* (bilan accepté), en attente\n"));
  EXPECT_THAT(out, HasSubstr("2023-ag  31/03/2024        —        —\n"));
  EXPECT_THAT(
      out, HasSubstr(
               "2023-9001*  16/10/2023*  2023-ag  avance  4 125,00  mandat émis le 16/10/2023*\n"));
  EXPECT_THAT(out, HasSubstr("  avenant_signed               signatures.authority_signed_on\n"
                             "  opening_convention_recorded  amount_cents\n"
                             "  payment_ordered              date, mandat\n"));
  EXPECT_THAT(out, Not(HasSubstr("Payé avant l'ouverture")));
}

TEST_F(Reads, AnAdvancePaidBeforeTheOpening) {
  server_.answers.convention = Always<v1::GetConventionRequest>(ChevalBleuConvention());
  server_.answers.payments =
      Always<v1::ListConventionPaymentsRequest>(v1::ListConventionPaymentsResponse());
  const std::string out = Run({"convention", "2023-01628"}, 140).out;
  EXPECT_THAT(out, HasSubstr("aucun mandat\nPayé avant l'ouverture du registre : 24 000,00*\n"));
  EXPECT_THAT(out, HasSubstr("Prochaine échéance :  avance de la tranche 2024, 69 000,00 "
                             "(signature de l'avenant n° 1), due depuis le "
                             "02/10/2023*\n"));
}

TEST_F(Reads, ATerminatedConventionHasNothingDue) {
  v1::GetConventionResponse response = PasseportForma();
  v1::Convention* convention = response.mutable_convention();
  *convention->mutable_terminated_on() = Day(2024, 2, 1);
  convention->add_assumed_fields("convention_terminated.date");
  convention->set_amount_cents(8000000);
  server_.answers.convention = Always<v1::GetConventionRequest>(response);
  const std::string out = Run({"convention", "2023-00963"}, 140).out;
  EXPECT_THAT(out, HasSubstr("Résiliée le  01/02/2024*\n"));
  EXPECT_THAT(out, HasSubstr("89 000,00*, ramené à 80 000,00*\n"));
  EXPECT_THAT(out, Not(HasSubstr("Prochaine échéance")));
}

TEST_F(Reads, ConventionsNameTheirStructures) {
  server_.answers.conventions = [](const v1::ListConventionsRequest&,
                                   v1::ListConventionsResponse* response) {
    *response->add_conventions() = PasseportForma().convention();
    *response->add_conventions() = ChevalBleuConvention().convention();
    response->set_at_position(63);
    return absl::OkStatus();
  };
  const Outcome table = Run({"convention", "list"}, 160);
  EXPECT_THAT(table.out, HasSubstr("2023-01628  Le Cheval Bleu"));
  EXPECT_THAT(table.out, HasSubstr("250 875,00"));  // 95 875,00 and 155 000,00
  EXPECT_EQ(Lines(Run({"convention", "list", "--output", "json"}).out), 2u);
}

TEST_F(Reads, ADeliberationWithBothTallies) {
  server_.answers.structure = [](const v1::GetStructureRequest& request,
                                 v1::GetStructureResponse* response) {
    EXPECT_EQ(request.options().as_of().position(), 63u);
    if (request.id() != "cheval-bleu") return UnknownReference("structure", request.id(), "");
    *response = ChevalBleu();
    return absl::OkStatus();
  };
  const std::string out = Run({"deliberation", "2023-405"}, 150).out;
  EXPECT_THAT(out, HasSubstr("n° 2023-405 du 18/09/2023, commission permanente\n"));
  EXPECT_THAT(out, HasSubstr("44 membres en exercice, quorum 23 ; 41 présents ou représentés "
                             "(38 présents, 3 représentés), 3 absents\n"));
  EXPECT_THAT(out,
              HasSubstr("Déclaré   36 pour, 0 contre, 5 abstentions (3 absents sans pouvoir)\n"));
  EXPECT_THAT(out, HasSubstr("Dérivé    36 pour, 0 contre, 0 abstention, 5 sans prendre part\n"));
  EXPECT_THAT(
      out, HasSubstr("Groupes   Groupe Union pour le Pas-de-Calais (pour) ; Groupe Union pour le "
                     "Pas-de-Calais (absents sans délégation de vote)\n"));
  EXPECT_THAT(out, HasSubstr("Mme Blandine DRAIN  absent, sans pouvoir donné\n"));
  EXPECT_THAT(out, HasSubstr("1  financement   1           783 128,51  De valider"));
  EXPECT_THAT(out, HasSubstr("     4  MANQUE  Répartition financière"));
  EXPECT_THAT(out, HasSubstr("783 128,51          492 453,51\n"));
  EXPECT_THAT(out, HasSubstr("3 519 492,87        2 086 817,87\n"));
  EXPECT_THAT(out, HasSubstr("1.1          4 structures non détaillées "));
  EXPECT_THAT(out, HasSubstr("2 structures non détaillées, dont tous-parrains"));
  EXPECT_THAT(out, HasSubstr("1.6          Le Cheval Bleu, écrit « Cheval bleu »"));
  EXPECT_THAT(out, HasSubstr("dont 2 086 817,87 sans montant nommé"));
  EXPECT_THAT(out, HasSubstr("Transmise le  25/09/2023*, @CTES 2023_405\n"));
  EXPECT_THAT(out, HasSubstr("Publiée le    pas encore\n"));
}

TEST_F(Reads, WhatBecameOfADeliberation) {
  v1::GetDeliberationResponse response = Deliberation405();
  v1::Deliberation* deliberation = response.mutable_deliberation();
  deliberation->mutable_allotments(2)->set_amount_cents(12000000);
  *deliberation->mutable_annulled_on() = Day(2025, 1, 14);
  v1::DeliberationChange* change = deliberation->add_changes();
  change->set_type("deliberation_amended");
  *change->mutable_date() = Day(2023, 12, 4);
  change->mutable_by()->set_number("2023-500");
  change->set_reason("essai");
  change->set_position(70);
  change = deliberation->add_changes();
  change->set_type("deliberation_annulled");
  *change->mutable_date() = Day(2025, 1, 14);
  change->set_decision("Tribunal d'essai, n° 1");
  change->set_reason("essai");
  change->set_position(71);
  deliberation->add_assumed_fields("deliberation_annulled.date");
  server_.answers.deliberation = Always<v1::GetDeliberationRequest>(response);
  const std::string out = Run({"deliberation", "2023-405"}, 170).out;
  EXPECT_THAT(out, HasSubstr("Annulée le    14/01/2025*\n"));
  EXPECT_THAT(out, HasSubstr("Voté"));
  EXPECT_THAT(out, HasSubstr("115 000,00  120 000,00"));
  EXPECT_THAT(out, HasSubstr("\nSuites\n"));
  EXPECT_THAT(out, HasSubstr("#70  04/12/2023   deliberation_amended   2023-500"));
  EXPECT_THAT(out, HasSubstr("#71  14/01/2025*  deliberation_annulled  Tribunal d'essai, n° 1"));
}

TEST_F(Reads, DeliberationsInAList) {
  server_.answers.deliberations = [](const v1::ListDeliberationsRequest&,
                                     v1::ListDeliberationsResponse* response) {
    *response->add_deliberations() = Deliberation405().deliberation();
    response->set_at_position(63);
    return absl::OkStatus();
  };
  EXPECT_THAT(Run({"deliberation", "list"}, 160).out,
              AllOf(HasSubstr("2023-405"), HasSubstr("36/0/5"), HasSubstr("25/09/2023*")));
}

v1::Anomaly Flagged(uint64_t position, v1::Severity severity, const std::string& rule) {
  v1::Anomaly anomaly;
  anomaly.set_position(position);
  anomaly.set_type("deliberation_voted");
  anomaly.mutable_flag()->set_severity(severity);
  anomaly.mutable_flag()->set_rule(rule);
  anomaly.mutable_flag()->set_subject("annexe 4");
  anomaly.mutable_flag()->set_message("l'annexe 4 est citée et n'est pas jointe");
  return anomaly;
}

TEST_F(Reads, AnomaliesTheGravestFirst) {
  v1::ListAnomaliesRequest seen;
  server_.answers.anomalies = [&](const v1::ListAnomaliesRequest& request,
                                  v1::ListAnomaliesResponse* response) {
    seen = request;
    *response->add_anomalies() = Flagged(10, v1::SEVERITY_INFORMATION, "SIRET_MISSING");
    *response->add_anomalies() = Flagged(50, v1::SEVERITY_SERIOUS, "ANNEX_MISSING");
    *response->add_anomalies() = Flagged(51, v1::SEVERITY_INFORMATION, "NAME_DIFFERS");
    response->set_at_position(63);
    return absl::OkStatus();
  };
  const std::string out =
      Run({"anomalies", "--tag", "deliberation:2023-405", "--min-severity", "information"}).out;
  EXPECT_EQ(seen.tag(), "deliberation:2023-405");
  EXPECT_EQ(seen.min_severity(), v1::SEVERITY_INFORMATION);
  EXPECT_LT(out.find("ANNEX_MISSING"), out.find("SIRET_MISSING"));
  EXPECT_LT(out.find("SIRET_MISSING"), out.find("NAME_DIFFERS"));
  EXPECT_THAT(out, HasSubstr("Graves : 1\n"));
  EXPECT_THAT(out, HasSubstr("3 anomalies : 1 grave, 2 pour information\n\nà la position #63\n"));
  const std::string json = Run({"anomalies", "--output", "json"}).out;
  EXPECT_EQ(Lines(json), 3u);
  EXPECT_LT(json.find("ANNEX_MISSING"), json.find("SIRET_MISSING"));
  EXPECT_LT(json.find("SIRET_MISSING"), json.find("NAME_DIFFERS"));
}

TEST_F(Reads, AnEmptyLedger) {
  server_.answers.budget_lines = Always<v1::ListBudgetLinesRequest>(v1::ListBudgetLinesResponse());
  EXPECT_EQ(Run({"budget"}).out, "aucune ligne budgétaire\n\nle registre est vide\n");
}

TEST_F(Reads, JsonOfASingleReadIsItsResponse) {
  const Outcome outcome = Run({"budget", "--deliberation", "2023-405", "--output", "json"});
  EXPECT_EQ(Lines(outcome.out), 1u);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(R"("voted":true)"), HasSubstr(R"("at_position":"63")"),
                                 HasSubstr(R"("available_after_cents":"256240131")")));
  // A convention: the response, then an order a line.
  EXPECT_EQ(Lines(Run({"convention", "2023-00963", "--output", "json"}).out), 2u);
  EXPECT_EQ(Lines(Run({"structure", "cheval-bleu", "--output", "json"}).out), 3u);
}

TEST_F(Reads, WhatIsNotFoundIsARefusal) {
  server_.answers.convention = [](const v1::GetConventionRequest& request,
                                  v1::GetConventionResponse*) {
    return UnknownReference("convention", request.number(), "give the number of a signed one");
  };
  const Outcome outcome = RunCli(server_, {"convention", "2023-1"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(
      outcome.err,
      "registre: REFERENCE_UNKNOWN: convention 2023-1 is not in the ledger; give the number of a "
      "signed one\n  `registre convention list` shows those that there are.\n");
  const Outcome json = RunCli(server_, {"convention", "2023-1", "--output", "json"});
  EXPECT_EQ(json.exit, 1);
  EXPECT_EQ(json.err, outcome.err);
  EXPECT_THAT(json.out,
              AllOf(StartsWith(R"({"error":{"code":5,"message":"convention 2023-1 is not)"),
                    HasSubstr(R"("reason":"REFERENCE_UNKNOWN")")));
  EXPECT_EQ(Lines(json.out), 1u);
}

TEST_F(Reads, AServerNotReachedIsSaidInJsonToo) {
  const Outcome outcome = RunCli({"--server", "127.0.0.1:1", "budget", "--output", "json"});
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_THAT(outcome.out, StartsWith(R"({"error":{"code":14,)"));
}

TEST_F(Reads, TablesFitTheTerminal) {
  server_.answers.structures = [](const v1::ListStructuresRequest&,
                                  v1::ListStructuresResponse* response) {
    *response->add_structures() = ChevalBleu().structure();
    response->set_at_position(63);
    return absl::OkStatus();
  };
  const std::vector<std::vector<std::string>> reads = {{"deliberation", "2023-405"},
                                                       {"budget"},
                                                       {"budget", "--deliberation", "2023-405"},
                                                       {"structure", "list"},
                                                       {"structure", "cheval-bleu"},
                                                       {"convention", "2023-00963"}};
  for (const size_t width : {60u, 80u, 120u, 200u}) {
    for (const std::vector<std::string>& read : reads) {
      std::istringstream out(Run(read, width).out);
      for (std::string line; std::getline(out, line);) {
        EXPECT_LE(DisplayWidth(line), width) << line;
        EXPECT_THAT(line, Not(HasSubstr("…")));
      }
    }
  }
}

}  // namespace
}  // namespace registre::cli::registre_reads_test
