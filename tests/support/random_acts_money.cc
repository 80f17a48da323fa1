// Orders and what becomes of them.
#include <fmt/format.h>

#include <algorithm>

#include "tests/support/random_acts.h"

namespace registre::testing {
namespace {

// An order is followed while it is one of the last.
constexpr size_t kFollowed = 40;

bool TriggerMet(const v1::Convention& convention, const v1::TrancheState& state,
                const v1::ScheduleLine& line) {
  switch (line.trigger()) {
    case v1::TRIGGER_KIND_REPORT_ACCEPTED:
      return state.has_report_accepted_on();
    case v1::TRIGGER_KIND_STATEMENT_CHECKED:
      return state.certified_cents() > 0;
    case v1::TRIGGER_KIND_AVENANT_SIGNED:
      return line.trigger_avenant() <= convention.avenants_size();
    default:
      return true;
  }
}

}  // namespace

void RandomActs::NumberOrder(v1::PaymentOrdered* order) {
  order->set_fiscal_year(Year());
  order->set_mandat(fmt::format("{}", ++serial_));
  order->set_bordereau(fmt::format("B{}", Below(1'000)));
  *order->mutable_date() = Today();
  if (Today().month() == 1 && Year() - 1 > LastClosedYear() && Chance(50)) {
    order->set_fiscal_year(Year() - 1);
  }
}

bool RandomActs::CheckCredits(const v1::PaymentOrdered& order) const {
  const v1::BudgetLine* line = view_.BudgetLine(order.budget_code());
  if (line == nullptr) return false;
  for (const v1::FiscalYearCredits& year : line->fiscal_years()) {
    if (year.fiscal_year() == order.fiscal_year() && year.credits_recorded()) {
      return order.amount_cents() <= year.credits_cents() - year.ordered_cents();
    }
  }
  return true;
}

bool RandomActs::SourcesStand(const v1::Tranche& tranche) const {
  return std::all_of(tranche.draws().begin(), tranche.draws().end(), [&](const v1::Draw& draw) {
    return Stands(*view_.Deliberation(draw.deliberation_number()));
  });
}

int64_t RandomActs::RoomOn(const v1::Convention& convention, const v1::TrancheState& state,
                           const v1::ScheduleLine* line, v1::PaymentKind kind) const {
  const v1::Tranche& tranche = state.tranche();
  int64_t left = tranche.ceiling_cents() - state.ordered_cents();
  if (kind == v1::PAYMENT_KIND_BALANCE && !state.has_report_accepted_on()) return 0;
  if (line != nullptr) {
    if (line->kind() != kind || !TriggerMet(convention, state, *line)) return 0;
    left = std::min(left, line->amount_cents() - OrderedOn(state, line->line_id()));
  } else if (tranche.schedule_size() > 0) {
    // What the schedule leaves of the ceiling.
    int64_t outside = tranche.ceiling_cents() - OrderedOn(state, "");
    for (const v1::ScheduleLine& scheduled : tranche.schedule()) {
      outside -= scheduled.amount_cents();
    }
    left = std::min(left, outside);
  }
  if (kind != v1::PAYMENT_KIND_ADVANCE) {
    left = std::min(left, state.certified_cents() - state.ordered_cents());
  }
  return left;
}

bool RandomActs::OrderOnTranche(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr) return false;
  const v1::TrancheState& state =
      convention->tranches(static_cast<int>(Below(convention->tranches_size())));
  const v1::Tranche& tranche = state.tranche();
  v1::PaymentOrdered* order = act->mutable_payment_ordered();
  NumberOrder(order);
  v1::PaymentBasis* basis = order->mutable_basis();
  basis->set_convention_number(convention->number());
  basis->set_tranche_id(tranche.tranche_id());
  order->set_kind(Chance(50) ? v1::PAYMENT_KIND_ADVANCE : v1::PAYMENT_KIND_INSTALMENT);
  const v1::ScheduleLine* line = nullptr;
  if (tranche.schedule_size() > 0 && Chance(85)) {
    line = &tranche.schedule(static_cast<int>(Below(tranche.schedule_size())));
    basis->set_schedule_line_id(line->line_id());
    order->set_kind(line->kind());
  }
  const int64_t left = RoomOn(*convention, state, line, order->kind());
  if (left <= 0) return false;
  if (!SourcesStand(tranche)) return false;
  order->set_structure_id(SuccessorOf(convention->structure_id(), today_));
  order->set_budget_code(tranche.budget_code());
  order->set_amount_cents(Chance(40) ? left : Amount(left));
  if (!CheckCredits(*order)) return false;
  payments_.emplace_back(order->fiscal_year(), order->mandat());
  return true;
}

bool RandomActs::OrderOnAllotment(v1::Act* act) {
  Source source;
  if (!FindSource("", "", &source) || !source.named) return false;
  v1::PaymentOrdered* order = act->mutable_payment_ordered();
  NumberOrder(order);
  order->mutable_basis()->set_deliberation_number(source.deliberation);
  order->mutable_basis()->set_allotment_id(source.allotment);
  order->set_structure_id(SuccessorOf(source.structure_id, today_));
  order->set_budget_code(source.budget_code);
  order->set_kind(Chance(50) ? v1::PAYMENT_KIND_SINGLE : v1::PAYMENT_KIND_ADVANCE);
  order->set_amount_cents(Amount(source.left_cents));
  if (!CheckCredits(*order)) return false;
  payments_.emplace_back(order->fiscal_year(), order->mandat());
  return true;
}

const v1::Payment* RandomActs::PickPayment(const std::vector<v1::PaymentStatus>& states,
                                           v1::OrderRef* order) {
  if (payments_.empty()) return nullptr;
  const auto& [year, mandat] =
      payments_[payments_.size() - 1 - Below(std::min(kFollowed, payments_.size()))];
  const v1::Payment* payment = view_.Payment(year, mandat);
  if (payment == nullptr) return nullptr;
  const v1::PaymentStatus status = payment->steps(payment->steps_size() - 1).status();
  if (std::find(states.begin(), states.end(), status) == states.end()) return nullptr;
  order->set_fiscal_year(payment->fiscal_year());
  order->set_mandat(payment->mandat());
  *order->mutable_basis() = payment->basis();
  order->set_structure_id(payment->structure_id());
  order->set_budget_code(payment->budget_code());
  order->set_amount_cents(payment->amount_cents() - payment->reduced_cents());
  order->set_ordered_in_year(payment->ordered_on().year());
  order->set_kind(payment->kind());
  return payment;
}

bool RandomActs::AcceptPayment(v1::Act* act) {
  v1::PaymentAccepted* accepted = act->mutable_payment_accepted();
  *accepted->mutable_date() = Today();
  return PickPayment({v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED},
                     accepted->mutable_order()) != nullptr;
}

bool RandomActs::SuspendPayment(v1::Act* act) {
  v1::PaymentSuspended* suspended = act->mutable_payment_suspended();
  *suspended->mutable_date() = Today();
  suspended->set_reason("pièce manquante (essai)");
  return PickPayment({v1::PAYMENT_STATUS_ORDERED}, suspended->mutable_order()) != nullptr;
}

bool RandomActs::RejectPayment(v1::Act* act) {
  v1::PaymentRejected* rejected = act->mutable_payment_rejected();
  *rejected->mutable_date() = Today();
  rejected->set_reason("essai");
  return PickPayment({v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED},
                     rejected->mutable_order()) != nullptr;
}

bool RandomActs::SettlePayment(v1::Act* act) {
  v1::PaymentSettled* settled = act->mutable_payment_settled();
  *settled->mutable_date() = Today();
  return PickPayment({v1::PAYMENT_STATUS_ACCEPTED}, settled->mutable_order()) != nullptr;
}

bool RandomActs::ReducePayment(v1::Act* act) {
  v1::PaymentReduced* reduced = act->mutable_payment_reduced();
  const v1::Payment* payment =
      PickPayment({v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED,
                   v1::PAYMENT_STATUS_ACCEPTED, v1::PAYMENT_STATUS_SETTLED},
                  reduced->mutable_order());
  if (payment == nullptr || reduced->order().amount_cents() < 2 ||
      payment->fiscal_year() <= LastClosedYear()) {
    return false;
  }
  reduced->set_reduction_cents(Amount(reduced->order().amount_cents() - 1));
  *reduced->mutable_date() = Today();
  reduced->set_reason("essai");
  return true;
}

bool RandomActs::ReleaseCommitment(v1::Act* act) {
  Source source;
  if (!FindSource("", "", &source)) return false;
  v1::CommitmentReleased* released = act->mutable_commitment_released();
  released->set_deliberation_number(source.deliberation);
  released->set_allotment_id(source.allotment);
  released->set_budget_code(source.budget_code);
  // Of an allotment that several structures share, the act names none.
  for (const v1::AllotmentState& state : view_.Deliberation(source.deliberation)->allotments()) {
    if (state.allotment().allotment_id() != source.allotment) continue;
    released->set_structure_id(state.allotment().structure_id());
  }
  released->set_amount_cents(Amount(source.left_cents));
  *released->mutable_date() = Today();
  released->set_reason("essai");
  return true;
}

}  // namespace registre::testing
