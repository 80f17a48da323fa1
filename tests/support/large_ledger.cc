#include "tests/support/large_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/support/fake_view.h"

namespace registre::testing {
namespace {

constexpr int64_t kLineCents = 9'000'000'000'000;
constexpr int64_t kAllotmentCents = 1'000'000'000;
constexpr int kDays = 3 * 365;

const Days kFirstDay = ToDays(On("2021-01-01"));

int LineOf(int convention) { return convention % LargeLedger::kLines; }

}  // namespace

Zipf::Zipf(int count) {
  double sum = 0;
  for (int rank = 0; rank < count; ++rank) cumulated_.push_back(sum += 1.0 / (rank + 1));
}

int Zipf::Draw(std::mt19937_64* rng) const {
  std::uniform_real_distribution<double> uniform(0, cumulated_.back());
  const auto it = std::lower_bound(cumulated_.begin(), cumulated_.end(), uniform(*rng));
  return static_cast<int>(
      std::min<ptrdiff_t>(it - cumulated_.begin(), static_cast<ptrdiff_t>(cumulated_.size()) - 1));
}

LargeLedger::LargeLedger(uint64_t seed, uint64_t expected_orders)
    : rng_(seed), expected_orders_(std::max<uint64_t>(expected_orders, 1)) {
  for (int i = 0; i < kConventions; ++i) structure_of_.push_back(structures_.Draw(&rng_));
}

std::string LargeLedger::LineCode(int line) { return fmt::format("C01-446A{:02}", line); }
std::string LargeLedger::StructureId(int structure) { return fmt::format("st-{}", structure); }
std::string LargeLedger::ConventionNumber(int convention) {
  return fmt::format("2021-{:05}", convention);
}
std::string LargeLedger::DeliberationNumber(int deliberation) {
  return fmt::format("2021-{}", deliberation + 1);
}

v1::Act LargeLedger::Next() {
  v1::Act act;
  switch (stage_) {
    case Stage::kLedger:
      stage_ = Stage::kLines;
      return Text<v1::Act>(R"pb(ledger_opened {
                                  authority_name: "Collectivité d'essai"
                                  origin: "registre.example/large"
                                  time_zone: "Europe/Paris"
                                  currency: "EUR"
                                  late_entry_days: 0
                                  date { year: 2020 month: 12 day: 1 }
                                })pb");
    case Stage::kLines: {
      act = Text<v1::Act>(R"pb(budget_line_opened {
                                 nature: "6568"
                                 function: "93446"
                                 label: "Ligne d'essai"
                                 opened_by {
                                   before_opening {
                                     number: "2020-1"
                                     date { year: 2020 month: 11 day: 30 }
                                     body: BODY_CONSEIL_DEPARTEMENTAL
                                   }
                                 }
                                 date { year: 2020 month: 12 day: 1 }
                               })pb");
      act.mutable_budget_line_opened()->set_code(LineCode(next_));
      act.mutable_budget_line_opened()->set_authorised_cents(kLineCents);
      if (++next_ == kLines) stage_ = Stage::kStructures, next_ = 0;
      return act;
    }
    case Stage::kStructures: {
      v1::StructureRegistered* structure = act.mutable_structure_registered();
      structure->set_structure_id(StructureId(next_));
      structure->mutable_identity()->set_name(fmt::format("Structure d'essai {}", next_));
      structure->mutable_identity()->set_legal_form(v1::LEGAL_FORM_ASSOCIATION);
      if (++next_ == kStructures) stage_ = Stage::kDeliberations, next_ = 0;
      return act;
    }
    case Stage::kDeliberations:
      return NextOfDeliberation();
    case Stage::kOrders:
      return NextOfOrder();
  }
  return act;
}

v1::Act LargeLedger::NextOfDeliberation() {
  v1::Act act;
  const std::string number = DeliberationNumber(deliberation_);
  const v1::Date day = FromDays(kFirstDay);
  switch (step_++) {
    case 0: {
      act = Text<v1::Act>(R"pb(session_held {
                                 body: BODY_COMMISSION_PERMANENTE
                                 chair: "Membre 1"
                                 members_in_office: 3
                                 roster { member: "Membre 1" presence: PRESENCE_PRESENT }
                                 roster { member: "Membre 2" presence: PRESENCE_PRESENT }
                                 roster { member: "Membre 3" presence: PRESENCE_PRESENT }
                               })pb");
      act.mutable_session_held()->set_session_id("s-" + number);
      *act.mutable_session_held()->mutable_date() = day;
      return act;
    }
    case 1:
      return Vote();
    case 2:
      act.mutable_deliberation_transmitted()->set_number(number);
      act.mutable_deliberation_transmitted()->set_ctes_number(
          fmt::format("2021_{}", deliberation_ + 1));
      *act.mutable_deliberation_transmitted()->mutable_date() = day;
      return act;
    case 3:
      act.mutable_deliberation_published()->set_number(number);
      *act.mutable_deliberation_published()->mutable_date() = day;
      return act;
    default: {
      const int convention = next_++;
      if (next_ % kAllotmentsEach == 0) step_ = 0, ++deliberation_;
      if (next_ == kConventions) stage_ = Stage::kOrders, step_ = 0;
      return Sign(convention);
    }
  }
}

v1::Act LargeLedger::Vote() {
  v1::Act act;
  v1::DeliberationVoted* vote = act.mutable_deliberation_voted();
  vote->set_number(DeliberationNumber(deliberation_));
  vote->set_session_id("s-" + vote->number());
  vote->set_title("Délibération d'essai");
  *vote->mutable_date() = FromDays(kFirstDay);
  v1::Article* article = vote->add_articles();
  article->set_number("1");
  article->set_kind(v1::ARTICLE_KIND_FINANCING);
  article->set_text("Essai");
  article->set_amount_cents(kAllotmentCents * kAllotmentsEach);
  for (int i = 0; i < kAllotmentsEach; ++i) {
    const int convention = next_ + i;
    v1::Allotment* allotment = vote->add_allotments();
    allotment->set_allotment_id(fmt::format("{}", convention));
    allotment->set_article("1");
    allotment->set_label("Attribution d'essai");
    allotment->set_structure_id(StructureId(structure_of_[static_cast<size_t>(convention)]));
    allotment->set_amount_cents(kAllotmentCents);
    allotment->set_budget_code(LineCode(LineOf(convention)));
  }
  vote->mutable_declared()->set_votes_for(3);
  vote->set_result(v1::VOTE_RESULT_ADOPTED);
  return act;
}

v1::Act LargeLedger::Sign(int convention) {
  v1::Act act;
  v1::ConventionSigned* signed_act = act.mutable_convention_signed();
  signed_act->set_number(ConventionNumber(convention));
  signed_act->set_structure_id(StructureId(structure_of_[static_cast<size_t>(convention)]));
  signed_act->set_object("Convention d'essai");
  *signed_act->mutable_signatures()->mutable_authority_signed_on() = FromDays(kFirstDay);
  signed_act->set_amount_cents(kAllotmentCents);
  v1::Tranche* tranche = signed_act->add_tranches();
  tranche->set_tranche_id("1");
  tranche->set_ceiling_cents(kAllotmentCents);
  tranche->set_budget_code(LineCode(LineOf(convention)));
  v1::Draw* draw = tranche->add_draws();
  draw->set_deliberation_number(DeliberationNumber(convention / kAllotmentsEach));
  draw->set_allotment_id(fmt::format("{}", convention));
  draw->set_amount_cents(kAllotmentCents);
  return act;
}

v1::Act LargeLedger::NextOfOrder() {
  if (answering_) return NextAnswer();
  const int convention = conventions_.Draw(&rng_);
  const uint64_t day = std::min<uint64_t>(order_ * kDays / expected_orders_, kDays - 1);
  Order given;
  given.date = FromDays(kFirstDay + static_cast<Days>(day));
  given.reference.set_fiscal_year(given.date.year());
  given.reference.set_mandat(fmt::format("{}", order_++));
  v1::Act act;
  v1::PaymentOrdered* order = act.mutable_payment_ordered();
  order->set_fiscal_year(given.reference.fiscal_year());
  order->set_mandat(given.reference.mandat());
  order->mutable_basis()->set_convention_number(ConventionNumber(convention));
  order->mutable_basis()->set_tranche_id("1");
  order->set_budget_code(LineCode(LineOf(convention)));
  order->set_kind(v1::PAYMENT_KIND_ADVANCE);
  order->set_amount_cents(static_cast<int64_t>(1 + rng_() % 1'000));
  *order->mutable_date() = given.date;
  orders_.push_back(std::move(given));
  answering_ = orders_.size() == kOrdersEach;
  return act;
}

v1::Act LargeLedger::NextAnswer() {
  v1::Act act;
  const Order& order = orders_[answers_ / 2];
  if (answers_ % 2 == 0) {
    *act.mutable_payment_accepted()->mutable_order() = order.reference;
    *act.mutable_payment_accepted()->mutable_date() = order.date;
  } else {
    *act.mutable_payment_settled()->mutable_order() = order.reference;
    *act.mutable_payment_settled()->mutable_date() = order.date;
  }
  if (++answers_ == 2 * orders_.size()) {
    answering_ = false;
    answers_ = 0;
    orders_.clear();
  }
  return act;
}

std::vector<v1::Act> LargeLedger::NextUnit(size_t most) {
  std::vector<v1::Act> acts;
  const bool answers = answering_;
  while (acts.size() < most && answering_ == answers) acts.push_back(Next());
  return acts;
}

}  // namespace registre::testing
