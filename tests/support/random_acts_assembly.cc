// Calls, applications, sessions and deliberations.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tests/support/random_acts.h"

namespace registre::testing {

bool RandomActs::OpenCall(v1::Act* act) {
  v1::CallForProjectsOpened* opened = act->mutable_call_for_projects_opened();
  opened->set_call_id(fmt::format("AAP-{}", ++serial_));
  opened->set_title("Appel à projets d'essai");
  opened->set_phase(static_cast<int>(Below(5)));
  for (int i = 1; i <= 2; ++i) {
    v1::Thematic* thematic = opened->add_thematics();
    thematic->set_code(fmt::format("{}", i));
    thematic->set_title("Thématique d'essai");
    for (int j = 1; j <= 3; ++j) {
      v1::Operation* operation = thematic->add_operations();
      operation->set_code(fmt::format("{}.{}", i, j));
      operation->set_title("Opération d'essai");
    }
  }
  if (Chance(50)) {
    *opened->mutable_applications()->mutable_start() = Today();
    *opened->mutable_applications()->mutable_end() = FromDays(today_ + 60);
  }
  *opened->mutable_date() = Today();
  calls_.push_back(opened->call_id());
  return true;
}

bool RandomActs::SubmitApplication(v1::Act* act) {
  if (calls_.empty() || structures_.empty()) return false;
  const v1::Call* call =
      view_.Call(calls_[calls_.size() - 1 - Below(std::min<size_t>(3, calls_.size()))]);
  const v1::Structure* structure = view_.Structure(SuccessorOf(Pick(structures_), today_));
  if (call == nullptr || structure == nullptr) return false;
  v1::ApplicationSubmitted* submitted = act->mutable_application_submitted();
  submitted->set_number(fmt::format("D{}", ++serial_));
  submitted->set_call_id(call->call_id());
  const v1::Thematic& thematic = call->thematics(static_cast<int>(Below(call->thematics_size())));
  submitted->set_thematic(thematic.code());
  submitted->set_operation(
      thematic.operations(static_cast<int>(Below(thematic.operations_size()))).code());
  submitted->set_structure_id(structure->structure_id());
  submitted->set_requested_cents(Amount(20'000'000));
  submitted->set_pledge_signed(Chance(90));
  *submitted->mutable_date() = Today();
  applications_.push_back(submitted->number());
  return true;
}

bool RandomActs::WithdrawApplication(v1::Act* act) {
  if (applications_.empty()) return false;
  const v1::Application* application = view_.Application(Pick(applications_));
  if (application == nullptr || application->has_withdrawn_on() ||
      application->deliberations_size() > 0) {
    return false;
  }
  v1::ApplicationWithdrawn* withdrawn = act->mutable_application_withdrawn();
  withdrawn->set_number(application->number());
  withdrawn->set_call_id(application->call_id());
  withdrawn->set_structure_id(application->structure_id());
  *withdrawn->mutable_date() = Today();
  withdrawn->set_reason("essai");
  return true;
}

bool RandomActs::InstructApplication(v1::Act* act) {
  if (applications_.empty()) return false;
  const v1::Application* application = view_.Application(Pick(applications_));
  if (application == nullptr || application->has_withdrawn_on() ||
      application->deliberations_size() > 0) {
    return false;
  }
  v1::ApplicationInstructed* instructed = act->mutable_application_instructed();
  instructed->set_number(application->number());
  instructed->set_call_id(application->call_id());
  instructed->set_structure_id(application->structure_id());
  if (application->has_instruction()) *instructed->mutable_before() = application->instruction();
  v1::Instruction* instruction = instructed->mutable_instruction();
  instruction->set_advice(Chance(80) ? v1::ADVICE_FAVOURABLE : v1::ADVICE_UNFAVOURABLE);
  if (instruction->advice() == v1::ADVICE_FAVOURABLE) {
    instruction->set_proposed_cents(Amount(application->requested_cents()));
  }
  instruction->set_service("Service d'essai");
  *instructed->mutable_date() = Today();
  return true;
}

bool RandomActs::HoldSession(v1::Act* act) {
  v1::SessionHeld* held = act->mutable_session_held();
  held->set_session_id(fmt::format("SE{}", ++serial_));
  held->set_body(Chance(70) ? v1::BODY_COMMISSION_PERMANENTE : v1::BODY_CONSEIL_DEPARTEMENTAL);
  *held->mutable_date() = Today();
  const int members = 5 + static_cast<int>(Below(8));
  for (int i = 1; i <= members; ++i) {
    v1::RosterEntry* entry = held->add_roster();
    entry->set_member(fmt::format("Membre {}", i));
    // The first two thirds are there: the quorum is met, with proxies or without.
    entry->set_presence(i <= members * 2 / 3 ? v1::PRESENCE_PRESENT : v1::PRESENCE_ABSENT);
  }
  v1::RosterEntry* last = held->mutable_roster(members - 1);
  if (Chance(50)) {
    last->set_presence(v1::PRESENCE_REPRESENTED);
    last->set_proxy_holder("Membre 1");
  }
  held->set_chair("Membre 1");
  held->set_secretary("Membre 2");
  held->set_members_in_office(members);
  sessions_.push_back(held->session_id());
  return true;
}

bool RandomActs::TableReport(v1::Act* act) {
  if (sessions_.empty() || lines_.empty()) return false;
  const v1::Session* session = view_.Session(sessions_.back());
  const v1::BudgetLine* line = view_.BudgetLine(Pick(lines_));
  if (session == nullptr || line == nullptr) return false;
  v1::ReportTabled* tabled = act->mutable_report_tabled();
  tabled->set_session_id(session->held().session_id());
  tabled->set_report_number(fmt::format("R{}", ++serial_));
  tabled->set_title("Rapport d'essai");
  v1::ReportBudgetLine* printed = tabled->add_budget();
  printed->set_code(line->code());
  printed->set_authorised_cents(line->authorised_cents());
  printed->set_available_cents(line->available_cents());
  printed->set_remaining_cents(line->available_cents());
  *tabled->mutable_date() = session->held().date();
  return true;
}

bool RandomActs::GiveOpinion(v1::Act* act) {
  if (sessions_.empty()) return false;
  const v1::Session* session = view_.Session(sessions_.back());
  if (session == nullptr || session->reports_size() == 0) return false;
  v1::OpinionGiven* given = act->mutable_opinion_given();
  given->set_session_id(session->held().session_id());
  given->set_report_number(
      session->reports(static_cast<int>(Below(session->reports_size()))).report_number());
  given->set_commission(fmt::format("Commission d'essai {}", ++serial_));
  given->set_opinion(Chance(90) ? v1::ADVICE_FAVOURABLE : v1::ADVICE_UNFAVOURABLE);
  *given->mutable_date() = FromDays(ToDays(session->held().date()) - static_cast<Days>(Below(20)));
  return true;
}

// On one thematic of the call, where there is one; at most a part of what is available.
bool RandomActs::AddAllotments(v1::DeliberationVoted* act) {
  const v1::Call* call = act->call_id().empty() ? nullptr : view_.Call(act->call_id());
  const v1::Thematic* thematic =
      call == nullptr ? nullptr : &call->thematics(static_cast<int>(Below(call->thematics_size())));
  std::map<std::string, int64_t> by_line;
  int64_t total = 0;
  const int count = 1 + static_cast<int>(Below(4));
  for (int i = 1; i <= count; ++i) {
    const v1::BudgetLine* line = view_.BudgetLine(Pick(lines_));
    if (line == nullptr || line->available_cents() - by_line[line->code()] < 10'000) continue;
    if (ToDays(line->opened_on()) > ToDays(act->date())) continue;
    v1::Allotment* allotment = act->add_allotments();
    allotment->set_allotment_id(fmt::format("1.{}", i));
    allotment->set_article("1");
    allotment->set_label("Action d'essai");
    allotment->set_budget_code(line->code());
    allotment->set_amount_cents(
        1'000 + Amount(std::min<int64_t>(30'000'000,
                                         (line->available_cents() - by_line[line->code()]) / 8)));
    if (thematic != nullptr) {
      allotment->set_thematic(thematic->code());
      allotment->set_operation(thematic->operations(0).code());
    }
    if (Chance(75)) {
      allotment->set_structure_id(SuccessorOf(Pick(structures_), ToDays(act->date())));
      const v1::Application* application =
          applications_.empty() ? nullptr : view_.Application(Pick(applications_));
      if (thematic != nullptr && application != nullptr && !application->has_withdrawn_on() &&
          application->call_id() == act->call_id() && application->thematic() == thematic->code()) {
        allotment->set_operation(application->operation());
        allotment->set_structure_id(SuccessorOf(application->structure_id(), ToDays(act->date())));
        allotment->set_application_number(application->number());
      }
    } else {
      allotment->add_named_structure_ids(SuccessorOf(Pick(structures_), ToDays(act->date())));
      const std::string other = SuccessorOf(Pick(structures_), ToDays(act->date()));
      if (other != allotment->named_structure_ids(0)) allotment->add_named_structure_ids(other);
      allotment->set_structures_count(allotment->named_structure_ids_size());
    }
    by_line[line->code()] += allotment->amount_cents();
    total += allotment->amount_cents();
  }
  if (total == 0) return false;
  v1::Article* financing = act->add_articles();
  financing->set_number("1");
  financing->set_kind(v1::ARTICLE_KIND_FINANCING);
  financing->set_text("Article d'essai");
  if (thematic != nullptr) financing->set_thematic(thematic->code());
  financing->set_amount_cents(total);
  v1::Article* imputation = act->add_articles();
  imputation->set_number("2");
  imputation->set_kind(v1::ARTICLE_KIND_IMPUTATION);
  imputation->set_text("Imputation d'essai");
  for (const auto& [code, cents] : by_line) {
    if (cents == 0) continue;
    v1::Imputation* line = imputation->add_imputations();
    line->set_code(code);
    line->set_authorised_cents(view_.BudgetLine(code)->authorised_cents());
    line->set_expense_cents(cents);
  }
  return true;
}

// Unanimous, for or against.
void RandomActs::Tally(const v1::SessionHeld& session, v1::DeliberationVoted* act) {
  v1::Attendance* attendance = act->mutable_attendance();
  attendance->set_members(session.members_in_office());
  attendance->set_quorum(session.members_in_office() / 2 + 1);
  for (const v1::RosterEntry& entry : session.roster()) {
    if (entry.presence() == v1::PRESENCE_PRESENT) {
      attendance->set_present(attendance->present() + 1);
    } else if (entry.presence() == v1::PRESENCE_REPRESENTED) {
      attendance->set_represented(attendance->represented() + 1);
    } else {
      attendance->set_absent(attendance->absent() + 1);
    }
  }
  const int votes = attendance->present() + attendance->represented();
  act->set_result(Chance(90) ? v1::VOTE_RESULT_ADOPTED : v1::VOTE_RESULT_REJECTED);
  if (act->result() == v1::VOTE_RESULT_ADOPTED) {
    act->mutable_declared()->set_votes_for(votes);
  } else {
    act->mutable_declared()->set_votes_against(votes);
  }
  *act->mutable_derived() = act->declared();
}

bool RandomActs::VoteDeliberation(v1::Act* act) {
  if (sessions_.empty() || lines_.empty() || structures_.empty()) return false;
  const v1::Session* session = view_.Session(sessions_.back());
  if (session == nullptr) return false;
  v1::DeliberationVoted* voted = act->mutable_deliberation_voted();
  *voted->mutable_date() = session->held().date();
  voted->set_number(fmt::format("{}-{}", voted->date().year(), ++serial_));
  voted->set_session_id(session->held().session_id());
  for (const v1::Report& report : session->reports()) {
    if (report.tabled() && Chance(50)) voted->set_report_number(report.report_number());
  }
  voted->set_title("Délibération d'essai");
  if (!calls_.empty() && Chance(70)) voted->set_call_id(Pick(calls_));
  if (!voted->call_id().empty() && view_.Call(voted->call_id()) == nullptr) voted->clear_call_id();
  voted->set_body(session->held().body());
  Tally(session->held(), voted);
  if (!AddAllotments(voted)) return false;
  deliberations_.push_back(voted->number());
  return true;
}

bool RandomActs::TransmitDeliberation(v1::Act* act) {
  if (deliberations_.empty()) return false;
  const v1::Deliberation* deliberation = view_.Deliberation(Pick(deliberations_));
  if (deliberation == nullptr || deliberation->has_transmitted_on()) return false;
  v1::DeliberationTransmitted* transmitted = act->mutable_deliberation_transmitted();
  transmitted->set_number(deliberation->number());
  std::string ctes = deliberation->number();
  std::replace(ctes.begin(), ctes.end(), '-', '_');
  transmitted->set_ctes_number(ctes);
  *transmitted->mutable_date() = Today();
  return true;
}

bool RandomActs::PublishDeliberation(v1::Act* act) {
  if (deliberations_.empty()) return false;
  const v1::Deliberation* deliberation = view_.Deliberation(Pick(deliberations_));
  if (deliberation == nullptr || deliberation->has_published_on()) return false;
  v1::DeliberationPublished* published = act->mutable_deliberation_published();
  published->set_number(deliberation->number());
  *published->mutable_date() = Today();
  return true;
}

}  // namespace registre::testing
