#include "tests/cmd/registre_fixture.h"

#include <string>

namespace registre::cli {
namespace {

struct Line {
  const char* code;
  const char* function;
  const char* label;
  int64_t authorised, available, proposed;
};

// As printed in the report.
constexpr Line kLines[] = {
    {"C02-446A05", "93446", "Indemnisation des organismes référents", 619364300, 154578028,
     68232851},
    {"C01-444H03", "93444", "Référents insertion professionnelle", 101640000, 10140000, 10080000},
    {"C01-444H02", "93444", "Appui au parcours intégré 2021-2027", 729818200, 206402290, 161436436},
    {"C02-428B04", "93428", "Politique inclusive en faveur du logement", 287069100, 237069100,
     112200000},
};

v1::Period Days(v1::Date start, v1::Date end) {
  v1::Period period;
  *period.mutable_start() = start;
  *period.mutable_end() = end;
  return period;
}

v1::AvenantState Avenant1(int64_t before, int64_t delta) {
  v1::AvenantState avenant;
  avenant.set_avenant_number(1);
  *avenant.mutable_signed_on() = Day(2023, 10, 2);
  avenant.mutable_authorised_by()->set_number("2023-405");
  avenant.set_amount_before_cents(before);
  avenant.set_delta_cents(delta);
  avenant.set_amount_after_cents(before + delta);
  avenant.set_position(55);
  avenant.add_assumed_fields("avenant_signed.signatures.authority_signed_on");
  return avenant;
}

v1::ScheduleLine* AddScheduled(v1::Tranche* tranche, const char* id, v1::PaymentKind kind,
                               int64_t cents, v1::TriggerKind trigger) {
  v1::ScheduleLine* line = tranche->add_schedule();
  line->set_line_id(id);
  line->set_kind(kind);
  line->set_amount_cents(cents);
  line->set_trigger(trigger);
  return line;
}

v1::TrancheState* AddTranche(v1::Convention* convention, const char* id, int64_t ceiling,
                             v1::Date start, v1::Date end) {
  v1::TrancheState* state = convention->add_tranches();
  state->mutable_tranche()->set_tranche_id(id);
  state->mutable_tranche()->set_ceiling_cents(ceiling);
  state->mutable_tranche()->set_budget_code("C02-446A05");
  *state->mutable_tranche()->mutable_period() = Days(start, end);
  return state;
}

v1::AllotmentState* AddAllotment(v1::Deliberation* deliberation, const char* id, int64_t cents,
                                 const char* label) {
  v1::AllotmentState* state = deliberation->add_allotments();
  state->mutable_allotment()->set_allotment_id(id);
  state->mutable_allotment()->set_amount_cents(cents);
  state->set_amount_cents(cents);
  state->mutable_allotment()->set_label(label);
  state->mutable_allotment()->set_budget_code("C02-446A05");
  return state;
}

void AddThematic(v1::GetDeliberationResponse* response, const char* code, int operations,
                 int64_t allotted, int64_t without_name) {
  v1::ThematicTotal* thematic = response->add_thematics();
  thematic->set_thematic(code);
  thematic->set_operations(operations);
  thematic->set_allotted_cents(allotted);
  thematic->set_without_name_cents(without_name);
}

void SetVote(v1::Deliberation* deliberation) {
  v1::Attendance* attendance = deliberation->mutable_attendance();
  attendance->set_members(44);
  attendance->set_quorum(23);
  attendance->set_present(38);
  attendance->set_represented(3);
  attendance->set_absent(3);
  attendance->set_recused(5);
  deliberation->mutable_declared()->set_votes_for(36);
  deliberation->mutable_declared()->set_abstentions(5);
  deliberation->mutable_declared()->set_absent_without_proxy(3);
  deliberation->mutable_derived()->set_votes_for(36);
  deliberation->mutable_derived()->set_not_voting(5);
  deliberation->set_result(v1::VOTE_RESULT_ADOPTED);
}

void SetAct(v1::DeliberationVoted* act) {
  v1::Recusal* recusal = act->add_recusals();
  recusal->set_member("Mme Carole DUBOIS");
  recusal->set_scope(v1::RECUSAL_SCOPE_DEBATE_AND_VOTE);
  recusal = act->add_recusals();
  recusal->set_member("Mme Blandine DRAIN");
  recusal->set_scope(v1::RECUSAL_SCOPE_NO_PROXY);
  v1::Article* article = act->add_articles();
  article->set_number("1");
  article->set_kind(v1::ARTICLE_KIND_FINANCING);
  article->set_thematic("1");
  article->set_amount_cents(78312851);
  article->set_text("De valider le financement des 7 opérations de la thématique 1");
  article = act->add_articles();
  article->set_number("5");
  article->set_kind(v1::ARTICLE_KIND_AUTHORISATION);
  article->set_text("D’autoriser le Président du Conseil départemental à signer");
  v1::Annex* annex = act->add_annexes();
  annex->set_number("1");
  annex->set_title("Thématique 1");
  annex = act->add_annexes();
  annex->set_number("4");
  annex->set_title("Répartition financière par structure");
  annex->set_missing(true);
  v1::GroupPosition* group = act->add_groups();
  group->set_group("Groupe Union pour le Pas-de-Calais");
  group->set_vote(v1::VOTE_FOR);
  group = act->add_groups();
  group->set_group("Groupe Union pour le Pas-de-Calais");
  group->set_vote(v1::VOTE_NOT_VOTING);
}

}  // namespace

v1::Date Day(int year, int month, int day) {
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

v1::GetDeliberationBudgetResponse ReportTable(bool voted) {
  v1::GetDeliberationBudgetResponse response;
  v1::DeliberationBudgetLine& total = *response.mutable_total();
  for (const Line& line : kLines) {
    const int64_t proposed = voted ? line.proposed : 0;
    v1::DeliberationBudgetLine* out = response.add_lines();
    out->set_code(line.code);
    out->set_nature("6568");
    out->set_function(line.function);
    out->set_label(line.label);
    out->set_authorised_cents(line.authorised);
    out->set_available_before_cents(line.available);
    out->set_proposed_cents(proposed);
    out->set_available_after_cents(line.available - proposed);
    total.set_authorised_cents(total.authorised_cents() + line.authorised);
    total.set_available_before_cents(total.available_before_cents() + line.available);
    total.set_proposed_cents(total.proposed_cents() + proposed);
    total.set_available_after_cents(total.available_after_cents() + line.available - proposed);
  }
  response.set_voted(voted);
  response.set_at_position(63);
  return response;
}

v1::ListBudgetLinesResponse BudgetLines() {
  v1::ListBudgetLinesResponse response;
  for (const Line& line : kLines) {
    v1::BudgetLine* out = response.add_budget_lines();
    out->set_code(line.code);
    out->set_nature("6568");
    out->set_function(line.function);
    out->set_label(line.label);
    out->set_authorised_cents(line.authorised);
    out->set_opening_commitment_cents(line.authorised - line.available);
    out->set_voted_cents(line.proposed);
    out->set_available_cents(line.available - line.proposed);
  }
  v1::BudgetLine* first = response.mutable_budget_lines(0);
  first->set_opening_contracted_cents(12900000);
  first->set_contracted_cents(12187500);
  first->set_ordered_cents(2812500);
  first->set_paid_cents(2400000);
  first->add_assumed_fields("budget_line_opened.opened_by");
  first->add_assumed_fields("opening_convention_recorded.amount_cents");
  first->add_assumed_fields("payment_ordered");
  v1::FiscalYearCredits* year = first->add_fiscal_years();
  year->set_fiscal_year(2023);
  year->set_ordered_cents(2812500);
  year->add_assumed_fields("payment_ordered");
  for (v1::BudgetLine& line : *response.mutable_budget_lines()) {
    line.add_assumed_fields("opening_commitment_recorded.amount_cents");
  }
  response.set_at_position(63);
  return response;
}

v1::GetConventionResponse PasseportForma() {
  v1::GetConventionResponse response;
  v1::Convention* convention = response.mutable_convention();
  convention->set_number("2023-00963");
  convention->set_opening(true);
  convention->set_structure_id("passeport-forma");
  convention->set_object("Accompagnement Global");
  *convention->mutable_signed_on() = Day(2023, 6, 27);
  convention->set_initial_amount_cents(8900000);
  convention->set_amount_cents(9587500);
  *convention->add_avenants() = Avenant1(8900000, 687500);
  v1::TrancheState* first =
      AddTranche(convention, "2023-rs", 8900000, Day(2023, 1, 1), Day(2023, 12, 31));
  first->mutable_tranche()->add_schemes("Référent solidarité");
  first->mutable_tranche()->add_schemes("Référent socioprofessionnel");
  v1::TrancheState* second =
      AddTranche(convention, "2023-ag", 687500, Day(2023, 7, 1), Day(2023, 12, 31));
  second->mutable_tranche()->add_schemes("Accompagnement Global");
  second->set_ordered_cents(412500);
  AddScheduled(second->mutable_tranche(), "avance", v1::PAYMENT_KIND_ADVANCE, 412500,
               v1::TRIGGER_KIND_AVENANT_SIGNED)
      ->set_trigger_avenant(1);
  AddScheduled(second->mutable_tranche(), "solde", v1::PAYMENT_KIND_BALANCE, 275000,
               v1::TRIGGER_KIND_REPORT_ACCEPTED);
  *second->mutable_tranche()->mutable_report_due() = Day(2024, 3, 31);
  v1::ScheduleLineState* ordered = second->add_lines();
  ordered->set_line_id("avance");
  ordered->set_ordered_cents(412500);
  ordered->add_assumed_fields("payment_ordered.mandat");
  second->add_assumed_fields("avenant_signed.tranches.schedule[1].amount_cents");
  convention->set_structure_name_as_written("PASSEPORT FORMA");
  convention->add_assumed_fields("opening_convention_recorded.amount_cents");
  convention->add_assumed_fields("avenant_signed.signatures.authority_signed_on");
  response.set_structure_name("Passeport Forma");
  response.set_at_position(63);
  return response;
}

v1::ListConventionPaymentsResponse PasseportFormaPayments() {
  v1::ListConventionPaymentsResponse response;
  v1::Payment* payment = response.add_payments();
  payment->set_fiscal_year(2023);
  payment->set_mandat("9001");
  payment->mutable_basis()->set_tranche_id("2023-ag");
  payment->set_kind(v1::PAYMENT_KIND_ADVANCE);
  payment->set_amount_cents(412500);
  *payment->mutable_ordered_on() = Day(2023, 10, 16);
  v1::PaymentStep* step = payment->add_steps();
  step->set_status(v1::PAYMENT_STATUS_ORDERED);
  *step->mutable_date() = Day(2023, 10, 16);
  payment->add_assumed_fields("payment_ordered.mandat");
  payment->add_assumed_fields("payment_ordered.date");
  response.set_at_position(63);
  return response;
}

v1::GetConventionResponse ChevalBleuConvention() {
  v1::GetConventionResponse response;
  v1::Convention* convention = response.mutable_convention();
  convention->set_number("2023-01628");
  convention->set_opening(true);
  convention->set_structure_id("cheval-bleu");
  convention->set_object("accompagnement spécifique BRSA");
  *convention->mutable_signed_on() = Day(2023, 7, 3);
  convention->set_initial_amount_cents(4000000);
  convention->set_amount_cents(15500000);
  *convention->add_avenants() = Avenant1(4000000, 11500000);
  v1::TrancheState* first =
      AddTranche(convention, "2023", 4000000, Day(2023, 1, 1), Day(2023, 12, 31));
  first->set_ordered_cents(2400000);
  first->set_paid_cents(2400000);
  AddScheduled(first->mutable_tranche(), "avance", v1::PAYMENT_KIND_ADVANCE, 2400000,
               v1::TRIGGER_KIND_CONVENTION_SIGNED);
  v1::ScheduleLineState* ordered = first->add_lines();
  ordered->set_line_id("avance");
  ordered->set_ordered_cents(2400000);
  ordered->add_assumed_fields("opening_payment_recorded");
  convention->add_assumed_fields("opening_payment_recorded");
  v1::TrancheState* second =
      AddTranche(convention, "2024", 11500000, Day(2024, 1, 1), Day(2024, 12, 31));
  AddScheduled(second->mutable_tranche(), "avance", v1::PAYMENT_KIND_ADVANCE, 6900000,
               v1::TRIGGER_KIND_AVENANT_SIGNED)
      ->set_trigger_avenant(1);
  response.set_structure_name("Le Cheval Bleu");
  response.set_at_position(63);
  return response;
}

v1::GetStructureResponse ChevalBleu() {
  v1::GetStructureResponse response;
  v1::Structure* structure = response.mutable_structure();
  structure->set_structure_id("cheval-bleu");
  structure->mutable_identity()->set_name("Le Cheval Bleu");
  structure->mutable_identity()->set_siret("48054398200023");
  structure->mutable_identity()->set_legal_form(v1::LEGAL_FORM_ASSOCIATION);
  structure->set_allotted_cents(24837800);
  structure->set_contracted_cents(15500000);
  structure->set_ordered_cents(2400000);
  structure->set_paid_cents(2400000);
  structure->set_conventions(1);
  structure->set_named_without_amount(1);
  structure->add_assumed_fields("opening_payment_recorded");
  structure->add_assumed_fields("avenant_signed.signatures.authority_signed_on");
  response.set_at_position(63);
  return response;
}

v1::ListStructureActsResponse ChevalBleuActs() {
  v1::ListStructureActsResponse response;
  v1::StructureAct* act = response.add_acts();
  act->set_position(50);
  act->set_type("deliberation_voted");
  *act->mutable_effective_date() = Day(2023, 9, 18);
  act->set_reference("2023-405/1.6");
  act->set_label("Accompagnement spécifique");
  act->set_amount_cents(11500000);
  act = response.add_acts();
  act->set_position(56);
  act->set_type("avenant_signed");
  *act->mutable_effective_date() = Day(2023, 10, 2);
  act->set_reference("2023-01628/1");
  act->set_label("Avenant n° 1");
  act->set_amount_cents(11500000);
  act->add_assumed_fields("avenant_signed.signatures.authority_signed_on");
  act->set_name_as_written("Cheval bleu");
  response.set_at_position(63);
  return response;
}

v1::GetDeliberationResponse Deliberation405() {
  v1::GetDeliberationResponse response;
  v1::Deliberation* deliberation = response.mutable_deliberation();
  deliberation->set_number("2023-405");
  deliberation->set_body(v1::BODY_COMMISSION_PERMANENTE);
  deliberation->set_report_number("70");
  deliberation->set_title("APPELS À PROJETS DES POLITIQUES D'INCLUSION DURABLE 2023-PHASE 4");
  *deliberation->mutable_date() = Day(2023, 9, 18);
  SetVote(deliberation);
  SetAct(response.mutable_act());
  v1::AllotmentState* shared =
      AddAllotment(deliberation, "1.1", 8645334, "Dispositif référent solidarité");
  shared->mutable_allotment()->set_structures_count(4);
  v1::AllotmentState* named =
      AddAllotment(deliberation, "1.4", 10176400, "Dynamisation de parcours");
  named->mutable_allotment()->set_structures_count(2);
  named->mutable_allotment()->add_named_structure_ids("tous-parrains");
  v1::AllotmentState* bleu =
      AddAllotment(deliberation, "1.6", 11500000, "Accompagnement spécifique");
  bleu->mutable_allotment()->set_structure_id("cheval-bleu");
  bleu->mutable_allotment()->set_structure_name_as_written("Cheval bleu");
  bleu->set_drawn_cents(11500000);
  bleu->add_assumed_fields("avenant_signed.signatures.authority_signed_on");
  AddThematic(&response, "1", 7, 78312851, 49245351);
  AddThematic(&response, "2", 12, 161436436, 159436436);
  AddThematic(&response, "3", 7, 112200000, 0);
  response.set_allotted_cents(351949287);
  response.set_without_name_cents(208681787);
  *deliberation->mutable_transmitted_on() = Day(2023, 9, 25);
  deliberation->set_ctes_number("2023_405");
  deliberation->add_assumed_fields("deliberation_transmitted.date");
  response.set_at_position(63);
  return response;
}

}  // namespace registre::cli
