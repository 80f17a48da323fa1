#include "tests/support/oracle_acts.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/acts/act.h"
#include "tests/support/fake_view.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {
namespace {

constexpr int kStructures = 3;
constexpr int kLines = 2;

constexpr char kCall[] = R"pb(call_for_projects_opened {
                                call_id: "AAP-1"
                                title: "Appel d'essai"
                                thematics {
                                  code: "1"
                                  title: "Thématique d'essai"
                                  operations { code: "1" title: "Opération d'essai" }
                                }
                                date { year: 2023 month: 1 day: 2 }
                              })pb";

v1::Act Session(const std::string& id, v1::Body body, const v1::Date& date) {
  v1::Act act = Text<v1::Act>(R"pb(session_held {
                                     chair: "Membre 1"
                                     members_in_office: 1
                                     roster { member: "Membre 1" presence: PRESENCE_PRESENT }
                                   })pb");
  act.mutable_session_held()->set_session_id(id);
  act.mutable_session_held()->set_body(body);
  *act.mutable_session_held()->mutable_date() = date;
  return act;
}

v1::DeliberationRef BeforeTheLedger() {
  return Text<v1::DeliberationRef>(R"pb(before_opening {
                                          number: "2022-1"
                                          date { year: 2022 month: 12 day: 12 }
                                          body: BODY_CONSEIL_DEPARTEMENTAL
                                        })pb");
}

v1::ScheduleLine ScheduleLine(const char* id, v1::PaymentKind kind, v1::TriggerKind trigger,
                              int64_t cents) {
  v1::ScheduleLine line;
  line.set_line_id(id);
  line.set_kind(kind);
  line.set_trigger(trigger);
  line.set_amount_cents(std::max<int64_t>(1, cents));
  return line;
}

}  // namespace

Days OracleFirstDay() { return ToDays(On("2023-01-01")); }
Days OracleLastDay() { return ToDays(On("2025-12-31")); }

// ---- Random values

Days OracleActs::AnyDay() {
  return OracleFirstDay() +
         static_cast<Days>(Below(static_cast<uint64_t>(OracleLastDay() - OracleFirstDay() + 1)));
}

int64_t OracleActs::Amount(int64_t most) {
  return most <= 1 ? 1 : 1 + static_cast<int64_t>(Below(static_cast<uint64_t>(most)));
}

v1::Date OracleActs::After(Days day) {
  if (Chance(8)) return FromDays(AnyDay());
  return FromDays(Chance(15) ? day : day + static_cast<Days>(Below(120)));
}

std::string OracleActs::AnyStructure() { return fmt::format("S{}", 1 + Below(kStructures)); }
std::string OracleActs::AnyLine() { return fmt::format("L{}", 1 + Below(kLines)); }

// Now and then a number that was given before.
std::string OracleActs::Serial(const char* prefix) {
  if (serial_ == 0 || !Chance(2)) ++serial_;
  return fmt::format("{}{}", prefix, serial_);
}

// ---- The world

// What was before the ledger on a line.
v1::Act OracleActs::Opening(const std::string& line) {
  v1::Act act;
  v1::OpeningConventionRecorded* opening = act.mutable_opening_convention_recorded();
  opening->set_number("C0-" + line);
  opening->set_structure_id(AnyStructure());
  opening->set_object("Convention d'essai");
  *opening->mutable_signatures()->mutable_authority_signed_on() = On("2022-06-01");
  v1::Tranche* tranche = opening->add_tranches();
  tranche->set_tranche_id("T1");
  tranche->set_budget_code(line);
  tranche->set_ceiling_cents(20 + Amount(20));
  if (Chance(50)) AddSchedule(tranche);
  opening->set_amount_cents(tranche->ceiling_cents());
  return act;
}

std::vector<v1::Act> OracleActs::Founding() {
  std::vector<v1::Act> acts = {OpenTestLedger()};
  for (int i = 1; i <= kStructures; ++i) acts.push_back(RegisterStructure(fmt::format("S{}", i)));
  for (int i = 1; i <= kLines; ++i) {
    const std::string line = fmt::format("L{}", i);
    acts.push_back(OpenLine(line, 150 + Amount(250)));
    v1::OpeningCommitmentRecorded* commitment =
        acts.emplace_back().mutable_opening_commitment_recorded();
    commitment->set_code(line);
    commitment->set_amount_cents(40 + Amount(20));
    *commitment->mutable_date() = On("2023-01-01");
    acts.push_back(Opening(line));
  }
  v1::OpeningPaymentRecorded* payment = acts.emplace_back().mutable_opening_payment_recorded();
  payment->set_convention_number("C0-L1");
  payment->set_tranche_id("T1");
  payment->set_fiscal_year(2022);
  payment->set_amount_cents(Amount(20));
  *payment->mutable_date() = On("2022-11-15");
  acts.push_back(Text<v1::Act>(kCall));
  acts.push_back(Session("SE-A", v1::BODY_CONSEIL_DEPARTEMENTAL, On("2023-02-10")));
  acts.push_back(Session("SE-B", v1::BODY_COMMISSION_PERMANENTE, FromDays(AnyDay())));
  return acts;
}

v1::Act OracleActs::Next() {
  static const auto* const choices = new std::vector<Choice>{
      {3, &OracleActs::AdjustLine},
      {3, &OracleActs::VoteCredits},
      {5, &OracleActs::SubmitApplication},
      {1, &OracleActs::HoldSession},
      {9, &OracleActs::Vote},
      {10, &OracleActs::Sign},
      {8, &OracleActs::SignAvenant},
      {2, &OracleActs::ReceiveReport},
      {2, &OracleActs::AcceptReport},
      {1, &OracleActs::CloseConvention},
      {6, &OracleActs::Certify},
      {18, &OracleActs::OrderOnTranche},
      {7, &OracleActs::OrderOnAllotment},
      {12, &OracleActs::Accept},
      {3, &OracleActs::Suspend},
      {4, &OracleActs::Reject},
      {10, &OracleActs::Settle},
      {7, &OracleActs::Reduce},
      {4, &OracleActs::Release},
      {5, &OracleActs::Amend},
      {4, &OracleActs::Withdraw},
      {1, &OracleActs::Annul},
      {3, &OracleActs::ReduceAllotment},
      {2, &OracleActs::Terminate},
      {1, &OracleActs::Merge},
      {12, &OracleActs::AskBack},
      {14, &OracleActs::Receive},
      {8, &OracleActs::Reimpute},
      {2, &OracleActs::CloseYear},
  };
  int total = 0;
  for (const Choice& choice : *choices) total += choice.weight;
  for (;;) {
    int at = static_cast<int>(Below(static_cast<uint64_t>(total)));
    for (const Choice& choice : *choices) {
      at -= choice.weight;
      if (at >= 0) continue;
      v1::Act act;
      if ((this->*choice.make)(&act)) return act;
      break;
    }
  }
}

// ---- Budget, applications, votes

bool OracleActs::AdjustLine(v1::Act* act) {
  v1::BudgetLineAdjusted* adjusted = act->mutable_budget_line_adjusted();
  adjusted->set_code(AnyLine());
  adjusted->set_authorised_after_cents(Amount(500));
  *adjusted->mutable_adjusted_by() = BeforeTheLedger();
  *adjusted->mutable_date() = FromDays(AnyDay());
  adjusted->set_reason("essai");
  return true;
}

bool OracleActs::VoteCredits(v1::Act* act) {
  v1::PaymentCreditsVoted* voted = act->mutable_payment_credits_voted();
  voted->set_code(AnyLine());
  voted->set_fiscal_year(2023 + static_cast<int>(Below(3)));
  voted->set_credits_after_cents(Amount(200));
  *voted->mutable_voted_by() = BeforeTheLedger();
  *voted->mutable_date() = FromDays(AnyDay());
  return true;
}

bool OracleActs::SubmitApplication(v1::Act* act) {
  v1::ApplicationSubmitted* submitted = act->mutable_application_submitted();
  submitted->set_number(Serial("D"));
  submitted->set_call_id("AAP-1");
  submitted->set_thematic("1");
  submitted->set_operation("1");
  submitted->set_structure_id(AnyStructure());
  submitted->set_requested_cents(Amount(100));
  submitted->set_pledge_signed(true);
  *submitted->mutable_date() = FromDays(AnyDay());
  return true;
}

bool OracleActs::HoldSession(v1::Act* act) {
  *act = Session(Serial("SE-"), v1::BODY_CONSEIL_DEPARTEMENTAL, FromDays(AnyDay()));
  return true;
}

void OracleActs::AddAllotment(const v1::Date& date, v1::DeliberationVoted* act) {
  v1::Allotment* allotment = act->add_allotments();
  allotment->set_allotment_id(fmt::format("A{}", act->allotments_size()));
  allotment->set_article("1");
  allotment->set_label("Action d'essai");
  allotment->set_budget_code(AnyLine());
  allotment->set_amount_cents(Amount(60));
  if (!act->call_id().empty()) {
    allotment->set_thematic("1");
    allotment->set_operation("1");
  }
  if (Chance(15)) {
    allotment->add_named_structure_ids(AnyStructure());
  } else if (!act->call_id().empty() && !applications_.empty() && Chance(70)) {
    const v1::ApplicationSubmitted& application = Pick(applications_);
    if (ToDays(application.date()) <= ToDays(date)) {
      allotment->set_application_number(application.number());
    }
    allotment->set_structure_id(application.structure_id());
  } else {
    allotment->set_structure_id(AnyStructure());
  }
  act->mutable_articles(0)->set_amount_cents(act->articles(0).amount_cents() +
                                             allotment->amount_cents());
}

bool OracleActs::Vote(v1::Act* act) {
  const v1::SessionHeld& session = Pick(sessions_);
  v1::DeliberationVoted* voted = act->mutable_deliberation_voted();
  voted->set_number(Serial("DEL-"));
  voted->set_session_id(session.session_id());
  voted->set_title("Délibération d'essai");
  *voted->mutable_date() = session.date();
  if (Chance(60)) voted->set_call_id("AAP-1");
  v1::Article* article = voted->add_articles();
  article->set_number("1");
  article->set_kind(v1::ARTICLE_KIND_FINANCING);
  article->set_text("Article d'essai");
  const int allotments = 1 + static_cast<int>(Below(3));
  for (int i = 0; i < allotments; ++i) AddAllotment(session.date(), voted);
  const bool adopted = Chance(93);
  if (adopted) {
    voted->mutable_declared()->set_votes_for(1);
  } else {
    voted->mutable_declared()->set_votes_against(1);
  }
  voted->set_result(adopted ? v1::VOTE_RESULT_ADOPTED : v1::VOTE_RESULT_REJECTED);
  return true;
}

bool OracleActs::Release(v1::Act* act) {
  if (allotments_.empty()) return false;
  const Allotment& allotment = Pick(allotments_);
  v1::CommitmentReleased* released = act->mutable_commitment_released();
  released->set_deliberation_number(allotment.deliberation);
  released->set_allotment_id(allotment.id);
  released->set_amount_cents(Amount(allotment.cents / 2));
  *released->mutable_date() = After(allotment.voted_on);
  released->set_reason("essai");
  return true;
}

// ---- Contracts

void OracleActs::AddSchedule(v1::Tranche* tranche) {
  const int64_t cents = tranche->ceiling_cents();
  switch (Below(4)) {
    case 0:
      *tranche->add_schedule() = ScheduleLine("avance", v1::PAYMENT_KIND_ADVANCE,
                                              v1::TRIGGER_KIND_CONVENTION_SIGNED, cents * 6 / 10);
      *tranche->add_schedule() = ScheduleLine("solde", v1::PAYMENT_KIND_BALANCE,
                                              v1::TRIGGER_KIND_REPORT_ACCEPTED, cents * 4 / 10);
      break;
    case 1:
      *tranche->add_schedule() = ScheduleLine("acompte", v1::PAYMENT_KIND_INSTALMENT,
                                              v1::TRIGGER_KIND_STATEMENT_CHECKED, cents / 2);
      break;
    case 2:
      *tranche->add_schedule() =
          ScheduleLine("avance", v1::PAYMENT_KIND_ADVANCE, v1::TRIGGER_KIND_UNSPECIFIED, cents);
      break;
    default:  // none
      break;
  }
}

v1::Tranche OracleActs::NewTranche(const std::string& id, const Allotment& allotment) {
  v1::Tranche tranche;
  tranche.set_tranche_id(id);
  tranche.set_budget_code(allotment.line);
  tranche.set_ceiling_cents(Chance(25) ? allotment.cents : Amount(allotment.cents * 2 / 3));
  v1::Draw* draw = tranche.add_draws();
  draw->set_deliberation_number(allotment.deliberation);
  draw->set_allotment_id(allotment.id);
  draw->set_amount_cents(tranche.ceiling_cents());
  AddSchedule(&tranche);
  return tranche;
}

bool OracleActs::Sign(v1::Act* act) {
  if (allotments_.empty()) return false;
  const Allotment& first = Pick(allotments_);
  v1::ConventionSigned* signed_act = act->mutable_convention_signed();
  signed_act->set_number(Serial("C"));
  signed_act->set_structure_id(first.structure.empty() ? AnyStructure() : first.structure);
  signed_act->set_object("Action d'essai");
  *signed_act->mutable_signatures()->mutable_authority_signed_on() = After(first.voted_on);
  *signed_act->add_tranches() = NewTranche("T1", first);
  for (int i = 2; i <= 3 && Chance(30); ++i) {
    *signed_act->add_tranches() =
        NewTranche(fmt::format("T{}", i), PickAllotmentFor(first.structure));
  }
  for (const v1::Tranche& tranche : signed_act->tranches()) {
    signed_act->set_amount_cents(signed_act->amount_cents() + tranche.ceiling_cents());
  }
  return true;
}

// Mostly one of the structure's.
const OracleActs::Allotment& OracleActs::PickAllotmentFor(const std::string& structure) {
  for (int i = 0; i < 4; ++i) {
    const Allotment& allotment = Pick(allotments_);
    if (allotment.structure == structure) return allotment;
  }
  return Pick(allotments_);
}

int64_t OracleActs::Raise(const Allotment& allotment, v1::Tranche* tranche) {
  const int64_t cents = Amount(allotment.cents / 2);
  v1::Draw* draw = tranche->add_draws();
  draw->set_deliberation_number(allotment.deliberation);
  draw->set_allotment_id(allotment.id);
  draw->set_amount_cents(cents);
  tranche->set_ceiling_cents(tranche->ceiling_cents() + cents);
  return cents;
}

int64_t OracleActs::Lower(v1::Tranche* tranche) {
  const int64_t cents = Amount(tranche->ceiling_cents() / 3);
  if (tranche->draws_size() > 0) {
    v1::Draw* last = tranche->mutable_draws(tranche->draws_size() - 1);
    last->set_amount_cents(last->amount_cents() - cents);
  }
  tranche->set_ceiling_cents(tranche->ceiling_cents() - cents);
  tranche->clear_schedule();
  return -cents;
}

bool OracleActs::SignAvenant(v1::Act* act) {
  if (conventions_.empty() || allotments_.empty()) return false;
  Convention& convention = Pick(conventions_);
  const Allotment& allotment = PickAllotmentFor(convention.structure);
  v1::AvenantSigned* avenant = act->mutable_avenant_signed();
  avenant->set_convention_number(convention.number);
  avenant->set_avenant_number(convention.avenants + 1);
  const uint64_t kind = Below(4);
  const bool draws = kind < 2;
  *avenant->mutable_authorised_by() = BeforeTheLedger();
  if (draws) avenant->mutable_authorised_by()->set_number(allotment.deliberation);
  *avenant->mutable_signatures()->mutable_authority_signed_on() =
      After(draws ? std::max(convention.signed_on, allotment.voted_on) : convention.signed_on);
  v1::Tranche* tranche = avenant->add_tranches();
  *tranche = Pick(convention.tranches);
  int64_t delta = 0;
  if (kind == 0) {
    delta = Raise(allotment, tranche);
  } else if (kind == 1) {
    *tranche = NewTranche(fmt::format("T{}", convention.tranches.size() + 1), allotment);
    delta = tranche->ceiling_cents();
  } else if (kind == 2) {
    delta = Lower(tranche);
  } else {
    *tranche->mutable_period() = FromTo("2023-03-01", "2025-06-30");
  }
  avenant->set_amount_before_cents(convention.cents);
  avenant->set_delta_cents(delta);
  avenant->set_amount_after_cents(convention.cents + delta);
  return true;
}

bool OracleActs::ReceiveReport(v1::Act* act) {
  if (conventions_.empty()) return false;
  Convention& convention = Pick(conventions_);
  v1::ReportReceived* report = act->mutable_report_received();
  report->set_convention_number(convention.number);
  report->set_tranche_id(Pick(convention.tranches).tranche_id());
  *report->mutable_date() = After(convention.signed_on);
  return true;
}

bool OracleActs::AcceptReport(v1::Act* act) {
  if (conventions_.empty()) return false;
  Convention& convention = Pick(conventions_);
  v1::ReportAccepted* report = act->mutable_report_accepted();
  report->set_convention_number(convention.number);
  report->set_tranche_id(Pick(convention.tranches).tranche_id());
  *report->mutable_date() = After(convention.signed_on + 60);
  return true;
}

bool OracleActs::CloseConvention(v1::Act* act) {
  if (conventions_.empty()) return false;
  const Convention& convention = Pick(conventions_);
  v1::ConventionClosed* closed = act->mutable_convention_closed();
  closed->set_number(convention.number);
  *closed->mutable_date() = After(convention.signed_on + 200);
  closed->set_reason("essai");
  return true;
}

bool OracleActs::Certify(v1::Act* act) {
  if (conventions_.empty()) return false;
  Convention& convention = Pick(conventions_);
  const v1::Tranche& tranche = Pick(convention.tranches);
  v1::ServiceCertified* certified = act->mutable_service_certified();
  certified->set_convention_number(convention.number);
  certified->set_tranche_id(tranche.tranche_id());
  certified->set_amount_cents(Amount(tranche.ceiling_cents()));
  *certified->mutable_date() = After(convention.signed_on);
  return true;
}

}  // namespace registre::testing
