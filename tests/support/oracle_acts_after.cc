// Orders and what becomes of them; what follows a decision; what is learnt of it all.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "google/protobuf/message.h"
#include "ledger/acts/act.h"
#include "tests/support/oracle_acts.h"

namespace registre::testing {
namespace {

// The latest day by which the accountant's answers are looked for.
constexpr Days kDaysToAnswer = 40;

constexpr v1::PaymentStatus kOrdered = v1::PAYMENT_STATUS_ORDERED;
constexpr v1::PaymentStatus kSuspended = v1::PAYMENT_STATUS_SUSPENDED;
constexpr v1::PaymentStatus kAccepted = v1::PAYMENT_STATUS_ACCEPTED;
constexpr v1::PaymentStatus kRejected = v1::PAYMENT_STATUS_REJECTED;
constexpr v1::PaymentStatus kSettled = v1::PAYMENT_STATUS_SETTLED;

// The message of the act itself, for example PaymentOrdered.
google::protobuf::Message* InnerOf(v1::Act* act) {
  const auto* field = v1::Act::descriptor()->FindFieldByNumber(act->act_case());
  return field == nullptr ? nullptr : act->GetReflection()->MutableMessage(act, field);
}

}  // namespace

// ---- Orders

v1::OrderRef OracleActs::RefTo(const Order& order) {
  v1::OrderRef ref;
  ref.set_fiscal_year(order.fiscal_year);
  ref.set_mandat(order.mandat);
  return ref;
}

void OracleActs::NumberOrder(Days day, v1::PaymentOrdered* order) {
  *order->mutable_date() = After(day);
  order->set_fiscal_year(order->date().year());
  if (order->date().month() == 1 && Chance(50)) order->set_fiscal_year(order->date().year() - 1);
  order->set_mandat(Serial(""));
}

void OracleActs::PickLine(const v1::Tranche& tranche, v1::PaymentBasis* basis,
                          v1::PaymentKind* kind, int64_t* most) {
  basis->set_tranche_id(tranche.tranche_id());
  *kind = Chance(80) ? v1::PAYMENT_KIND_ADVANCE : v1::PAYMENT_KIND_INSTALMENT;
  *most = tranche.ceiling_cents();
  if (tranche.schedule_size() == 0 || Chance(10)) return;
  const v1::ScheduleLine& line = tranche.schedule(static_cast<int>(Below(tranche.schedule_size())));
  basis->set_schedule_line_id(line.line_id());
  *kind = line.kind();
  *most = line.amount_cents();
}

bool OracleActs::OrderOnTranche(v1::Act* act) {
  if (conventions_.empty()) return false;
  Convention& convention = Pick(conventions_);
  const v1::Tranche& tranche = Pick(convention.tranches);
  v1::PaymentOrdered* order = act->mutable_payment_ordered();
  NumberOrder(convention.signed_on, order);
  order->mutable_basis()->set_convention_number(convention.number);
  v1::PaymentKind kind = v1::PAYMENT_KIND_UNSPECIFIED;
  int64_t most = 0;
  PickLine(tranche, order->mutable_basis(), &kind, &most);
  order->set_kind(kind);
  order->set_budget_code(tranche.budget_code());
  order->set_amount_cents(Chance(20) ? most : Amount(most / 2));
  return true;
}

bool OracleActs::OrderOnAllotment(v1::Act* act) {
  if (allotments_.empty()) return false;
  const Allotment& allotment = Pick(allotments_);
  v1::PaymentOrdered* order = act->mutable_payment_ordered();
  NumberOrder(allotment.voted_on, order);
  order->mutable_basis()->set_deliberation_number(allotment.deliberation);
  order->mutable_basis()->set_allotment_id(allotment.id);
  order->set_kind(Chance(50) ? v1::PAYMENT_KIND_SINGLE : v1::PAYMENT_KIND_ADVANCE);
  order->set_budget_code(allotment.line);
  order->set_amount_cents(Amount(allotment.cents * 2 / 3));
  return true;
}

// Mostly one in one of the states.
const OracleActs::Order* OracleActs::PickOrder(std::initializer_list<v1::PaymentStatus> statuses) {
  for (int i = 0; i < 6 && !orders_.empty(); ++i) {
    const Order& order = Pick(orders_);
    const bool in_one = std::find(statuses.begin(), statuses.end(), order.status) != statuses.end();
    if (in_one || Chance(4)) return &order;
  }
  return nullptr;
}

bool OracleActs::Accept(v1::Act* act) {
  if (!final_acts_) return false;
  const Order* order = PickOrder({kOrdered, kSuspended});
  if (order == nullptr) return false;
  *act->mutable_payment_accepted()->mutable_order() = RefTo(*order);
  *act->mutable_payment_accepted()->mutable_date() =
      After(order->since + static_cast<Days>(Below(kDaysToAnswer)));
  return true;
}

bool OracleActs::Suspend(v1::Act* act) {
  const Order* order = PickOrder({kOrdered});
  if (order == nullptr) return false;
  *act->mutable_payment_suspended()->mutable_order() = RefTo(*order);
  *act->mutable_payment_suspended()->mutable_date() = After(order->since);
  act->mutable_payment_suspended()->set_reason("essai");
  return true;
}

bool OracleActs::Reject(v1::Act* act) {
  const Order* order = PickOrder({kOrdered, kSuspended});
  if (order == nullptr) return false;
  *act->mutable_payment_rejected()->mutable_order() = RefTo(*order);
  *act->mutable_payment_rejected()->mutable_date() = After(order->since);
  act->mutable_payment_rejected()->set_reason("essai");
  return true;
}

bool OracleActs::Settle(v1::Act* act) {
  const Order* order = PickOrder({kAccepted});
  if (order == nullptr) return false;
  *act->mutable_payment_settled()->mutable_order() = RefTo(*order);
  *act->mutable_payment_settled()->mutable_date() = After(order->since);
  return true;
}

bool OracleActs::Reduce(v1::Act* act) {
  const Order* order =
      Chance(50) ? PickOrder({kSettled}) : PickOrder({kOrdered, kSuspended, kAccepted});
  if (order == nullptr) return false;
  *act->mutable_payment_reduced()->mutable_order() = RefTo(*order);
  act->mutable_payment_reduced()->set_reduction_cents(Amount(order->net_cents * 2 / 3));
  *act->mutable_payment_reduced()->mutable_date() = After(order->since);
  act->mutable_payment_reduced()->set_reason("essai");
  return true;
}

// Mostly one with the structure.
OracleActs::Convention& OracleActs::PickConventionOf(const std::string& structure) {
  for (int i = 0; i < 4; ++i) {
    Convention& convention = Pick(conventions_);
    if (convention.structure == structure) return convention;
  }
  return Pick(conventions_);
}

bool OracleActs::Reimpute(v1::Act* act) {
  const Order* order = PickOrder({kAccepted, kSettled});
  if (order == nullptr || conventions_.empty() || allotments_.empty()) return false;
  v1::PaymentReimputed* reimputed = act->mutable_payment_reimputed();
  *reimputed->mutable_order() = RefTo(*order);
  v1::PaymentBasis* basis = reimputed->mutable_basis();
  Days from = order->since;
  if (Chance(50)) {
    Convention& convention = PickConventionOf(order->structure);
    v1::PaymentKind kind = v1::PAYMENT_KIND_UNSPECIFIED;
    int64_t most = 0;
    basis->set_convention_number(convention.number);
    PickLine(Pick(convention.tranches), basis, &kind, &most);
    from = std::max(from, convention.signed_on);
  } else {
    const Allotment& allotment = PickAllotmentFor(order->structure);
    basis->set_deliberation_number(allotment.deliberation);
    basis->set_allotment_id(allotment.id);
    from = std::max(from, allotment.voted_on);
  }
  *reimputed->mutable_date() = After(from);
  reimputed->set_reason("essai");
  return true;
}

// Mostly what is paid over what an order is reduced to.
bool OracleActs::AskBack(v1::Act* act) {
  const Order* order = PickOrder({kSettled});
  for (const Order& other : orders_) {
    if (other.paid_cents > other.net_cents && Chance(70)) order = &other;
  }
  if (order == nullptr) return false;
  v1::RecoveryOrdered* recovery = act->mutable_recovery_ordered();
  *recovery->mutable_order() = RefTo(*order);
  recovery->set_recovery_number(Serial("R"));
  recovery->set_amount_cents(Amount(std::max(order->paid_cents - order->net_cents, int64_t{5})));
  *recovery->mutable_date() = After(order->since);
  recovery->set_fiscal_year(recovery->date().year());
  recovery->set_reason("essai");
  return true;
}

bool OracleActs::Receive(v1::Act* act) {
  if (recoveries_.empty()) return false;
  const Recovery& recovery = Pick(recoveries_);
  v1::RecoveryReceived* received = act->mutable_recovery_received();
  *received->mutable_order() = recovery.order;
  received->set_recovery_number(recovery.number);
  received->set_amount_cents(Amount(recovery.cents));
  *received->mutable_date() = After(recovery.since);
  return true;
}

// ---- What follows a decision

v1::DeliberationRef OracleActs::LaterDeliberation(const Allotment& allotment, Days* from) {
  const v1::DeliberationVoted* later = &Pick(deliberations_);
  for (int i = 0; i < 3 && ToDays(later->date()) < allotment.voted_on; ++i) {
    later = &Pick(deliberations_);
  }
  *from = std::max(allotment.voted_on, ToDays(later->date()));
  v1::DeliberationRef ref;
  ref.set_number(later->number());
  return ref;
}

bool OracleActs::Amend(v1::Act* act) {
  if (allotments_.empty()) return false;
  const Allotment& allotment = Pick(allotments_);
  v1::DeliberationAmended* amended = act->mutable_deliberation_amended();
  amended->set_deliberation_number(allotment.deliberation);
  Days from = 0;
  *amended->mutable_amended_by() = LaterDeliberation(allotment, &from);
  *amended->mutable_date() = After(from);
  amended->set_reason("essai");
  for (const Allotment& other : allotments_) {
    if (other.deliberation != allotment.deliberation || Chance(30)) continue;
    v1::AllotmentChange* change = amended->add_changes();
    change->set_allotment_id(other.id);
    change->set_amount_after_cents(Amount(80) - 1);
  }
  return amended->changes_size() > 0;
}

bool OracleActs::Withdraw(v1::Act* act) {
  if (allotments_.empty()) return false;
  const Allotment& allotment = Pick(allotments_);
  v1::DeliberationWithdrawn* withdrawn = act->mutable_deliberation_withdrawn();
  withdrawn->set_deliberation_number(allotment.deliberation);
  Days from = 0;
  *withdrawn->mutable_withdrawn_by() = LaterDeliberation(allotment, &from);
  withdrawn->set_at_request(Chance(80));
  *withdrawn->mutable_date() = After(from);
  withdrawn->set_reason("essai");
  return true;
}

bool OracleActs::Annul(v1::Act* act) {
  if (allotments_.empty()) return false;
  const Allotment& allotment = Pick(allotments_);
  v1::DeliberationAnnulled* annulled = act->mutable_deliberation_annulled();
  annulled->set_deliberation_number(allotment.deliberation);
  annulled->set_decision("Tribunal d'essai, n° 1");
  *annulled->mutable_date() = After(allotment.voted_on);
  annulled->set_reason("essai");
  return true;
}

bool OracleActs::ReduceAllotment(v1::Act* act) {
  if (allotments_.empty()) return false;
  const Allotment& allotment = Pick(allotments_);
  v1::AllotmentReduced* reduced = act->mutable_allotment_reduced();
  reduced->set_deliberation_number(allotment.deliberation);
  reduced->mutable_change()->set_allotment_id(allotment.id);
  reduced->mutable_change()->set_amount_after_cents(Amount(allotment.cents) - 1);
  *reduced->mutable_date() = After(allotment.voted_on);
  reduced->set_reason("essai");
  return true;
}

bool OracleActs::Terminate(v1::Act* act) {
  if (conventions_.empty()) return false;
  const Convention& convention = Pick(conventions_);
  v1::ConventionTerminated* terminated = act->mutable_convention_terminated();
  terminated->set_convention_number(convention.number);
  terminated->set_ground(v1::TERMINATION_GROUND_AGREEMENT);
  *terminated->mutable_date() = After(convention.signed_on + 100);
  terminated->set_reason("essai");
  return true;
}

bool OracleActs::Merge(v1::Act* act) {
  v1::StructuresMerged* merged = act->mutable_structures_merged();
  merged->set_absorbed_structure_id(AnyStructure());
  merged->set_structure_id(AnyStructure());
  *merged->mutable_date() = FromDays(AnyDay());
  merged->set_deed("Traité de fusion d'essai");
  return true;
}

bool OracleActs::CloseYear(v1::Act* act) {
  if (!final_acts_) return false;
  v1::FiscalYearClosed* closed = act->mutable_fiscal_year_closed();
  closed->set_fiscal_year(last_closed_year_ == 0 ? 2022 + static_cast<int>(Below(2))
                                                 : last_closed_year_ + 1);
  closed->mutable_date()->set_year(closed->fiscal_year() + 1);
  closed->mutable_date()->set_month(2);
  closed->mutable_date()->set_day(1 + static_cast<int>(Below(28)));
  return true;
}

// ---- Corrections

bool OracleActs::Instead(const v1::Act& act, v1::Act* replacement) {
  *replacement = act;
  google::protobuf::Message* inner = InnerOf(replacement);
  if (inner == nullptr) return false;
  const auto* type = inner->GetDescriptor();
  const auto* reflection = inner->GetReflection();
  const bool contract = act.has_convention_signed() || act.has_avenant_signed() ||
                        act.has_opening_convention_recorded() || act.has_payment_accepted();
  for (const char* name : {"amount_cents", "requested_cents", "reduction_cents", "authorised_cents",
                           "authorised_after_cents", "credits_after_cents"}) {
    const auto* field = type->FindFieldByName(name);
    if (field == nullptr || contract || Chance(30)) continue;
    reflection->SetInt64(inner, field, Amount(2 * reflection->GetInt64(*inner, field)));
    return true;
  }
  const auto* date = type->FindFieldByName("date");
  if (date == nullptr || !reflection->HasField(*inner, date)) return false;
  const Days day = EffectiveDateOf(act) - 30 + static_cast<Days>(Below(60));
  reflection->MutableMessage(inner, date)->CopyFrom(FromDays(day));
  return true;
}

// ---- What is known

void OracleActs::Learn(const v1::OrderRef& ref, Days day, std::optional<v1::PaymentStatus> status) {
  for (Order& order : orders_) {
    if (order.mandat != ref.mandat() || order.fiscal_year != ref.fiscal_year()) continue;
    order.since = std::max(order.since, day);
    order.net_cents = ref.amount_cents();
    order.status = status.value_or(order.status);
    if (status == kSettled) order.paid_cents = ref.amount_cents();
  }
}

void OracleActs::Learn(const v1::DeliberationVoted& vote) {
  if (vote.result() != v1::VOTE_RESULT_ADOPTED) return;
  deliberations_.push_back(vote);
  for (const v1::Allotment& allotment : vote.allotments()) {
    allotments_.push_back({vote.number(), allotment.allotment_id(), allotment.budget_code(),
                           allotment.structure_id(), allotment.amount_cents(),
                           ToDays(vote.date())});
  }
}

template <typename A>
void OracleActs::LearnContract(const A& contract, Days day) {
  Convention convention{
      contract.number(), contract.structure_id(), contract.amount_cents(), day, 0, {}};
  convention.tranches.assign(contract.tranches().begin(), contract.tranches().end());
  conventions_.push_back(std::move(convention));
}

void OracleActs::Learn(const v1::AvenantSigned& avenant, Days day) {
  for (Convention& convention : conventions_) {
    if (convention.number != avenant.convention_number()) continue;
    convention.cents = avenant.amount_after_cents();
    convention.signed_on = day;
    ++convention.avenants;
    for (const v1::Tranche& tranche : avenant.tranches()) {
      const auto old = std::find_if(
          convention.tranches.begin(), convention.tranches.end(),
          [&](const v1::Tranche& known) { return known.tranche_id() == tranche.tranche_id(); });
      if (old == convention.tranches.end()) {
        convention.tranches.push_back(tranche);
      } else {
        *old = tranche;
      }
    }
  }
}

void OracleActs::Learn(const v1::Event& event) {
  const v1::Act& act = event.act();
  const Days day = EffectiveDateOf(act);
  switch (act.act_case()) {
    case v1::Act::kSessionHeld:
      sessions_.push_back(act.session_held());
      break;
    case v1::Act::kApplicationSubmitted:
      applications_.push_back(act.application_submitted());
      break;
    case v1::Act::kDeliberationVoted:
      Learn(act.deliberation_voted());
      break;
    case v1::Act::kOpeningConventionRecorded:
      LearnContract(act.opening_convention_recorded(), day);
      break;
    case v1::Act::kConventionSigned:
      LearnContract(act.convention_signed(), day);
      break;
    case v1::Act::kAvenantSigned:
      Learn(act.avenant_signed(), day);
      break;
    case v1::Act::kPaymentOrdered: {
      const v1::PaymentOrdered& order = act.payment_ordered();
      orders_.push_back({order.fiscal_year(), order.mandat(), order.structure_id(),
                         order.amount_cents(), 0, day, kOrdered});
      break;
    }
    case v1::Act::kPaymentAccepted:
      Learn(act.payment_accepted().order(), day, kAccepted);
      break;
    case v1::Act::kPaymentSuspended:
      Learn(act.payment_suspended().order(), day, kSuspended);
      break;
    case v1::Act::kPaymentRejected:
      Learn(act.payment_rejected().order(), day, kRejected);
      break;
    case v1::Act::kPaymentReduced: {
      v1::OrderRef order = act.payment_reduced().order();
      order.set_amount_cents(order.amount_cents() - act.payment_reduced().reduction_cents());
      Learn(order, day, std::nullopt);
      break;
    }
    case v1::Act::kPaymentSettled:
      Learn(act.payment_settled().order(), day, kSettled);
      break;
    case v1::Act::kRecoveryOrdered: {
      const v1::RecoveryOrdered& recovery = act.recovery_ordered();
      Recovery known{{}, recovery.recovery_number(), recovery.amount_cents(), day};
      known.order.set_fiscal_year(recovery.order().fiscal_year());
      known.order.set_mandat(recovery.order().mandat());
      recoveries_.push_back(std::move(known));
      break;
    }
    case v1::Act::kFiscalYearClosed:
      last_closed_year_ = act.fiscal_year_closed().fiscal_year();
      break;
    default:  // nothing refers to it
      break;
  }
}

}  // namespace registre::testing
