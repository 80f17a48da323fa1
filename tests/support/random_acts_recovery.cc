// Money that comes back or goes elsewhere, and the end of fiscal years.
#include <fmt/format.h>

#include <algorithm>

#include "tests/support/random_acts.h"

namespace registre::testing {
namespace {

// Few orders allow one of these acts: so many are looked at.
constexpr int kLookedAt = 20;

int64_t AskedBack(const v1::Payment& payment) {
  int64_t sum = 0;
  for (const v1::PaymentRecovery& recovery : payment.recoveries()) sum += recovery.amount_cents();
  return sum;
}

int64_t ReceivedBack(const v1::Payment& payment) {
  int64_t sum = 0;
  for (const v1::PaymentRecovery& recovery : payment.recoveries()) {
    sum += recovery.received_cents();
  }
  return sum;
}

}  // namespace

int RandomActs::LastClosedYear() const {
  int last = 0;
  for (const v1::ClosedYear& closed : view_.Ledger().closed_years()) {
    last = std::max(last, closed.fiscal_year());
  }
  return last;
}

bool RandomActs::OrderRecovery(v1::Act* act) {
  if (Year() <= LastClosedYear()) return false;
  v1::RecoveryOrdered* ordered = act->mutable_recovery_ordered();
  for (int i = 0; i < kLookedAt; ++i) {
    const v1::Payment* payment =
        PickPayment({v1::PAYMENT_STATUS_SETTLED}, ordered->mutable_order());
    if (payment == nullptr) continue;
    const bool open = payment->fiscal_year() > LastClosedYear();
    const int64_t due = open ? payment->amount_cents() - payment->reduced_cents() : 0;
    const int64_t left = payment->paid_cents() - due - AskedBack(*payment);
    if (left <= 0) continue;
    ordered->set_fiscal_year(Year());
    ordered->set_recovery_number(fmt::format("{}", ++serial_));
    ordered->set_amount_cents(Amount(left));
    *ordered->mutable_date() = Today();
    ordered->set_reason("trop-perçu (essai)");
    return true;
  }
  return false;
}

bool RandomActs::ReceiveRecovery(v1::Act* act) {
  v1::RecoveryReceived* received = act->mutable_recovery_received();
  for (int i = 0; i < kLookedAt; ++i) {
    const v1::Payment* payment =
        PickPayment({v1::PAYMENT_STATUS_SETTLED}, received->mutable_order());
    if (payment == nullptr || payment->recoveries().empty()) continue;
    const v1::PaymentRecovery& recovery =
        payment->recoveries(static_cast<int>(Below(payment->recoveries_size())));
    const int64_t left = recovery.amount_cents() - recovery.received_cents();
    if (left <= 0) continue;
    received->set_recovery_number(recovery.recovery_number());
    received->set_amount_cents(Amount(left));
    *received->mutable_date() = Today();
    return true;
  }
  return false;
}

bool RandomActs::FindBasis(const v1::Payment& payment, v1::PaymentOrdered* order) {
  v1::PaymentBasis* basis = order->mutable_basis();
  std::string number = view_.Structure(payment.structure_id())->last_convention();
  for (int i = 0; i < kLookedAt && !number.empty(); ++i) {
    const v1::Convention* convention = view_.Convention(number);
    number = convention->previous_convention();
    if (convention->has_closed_on() || convention->has_terminated_on()) continue;
    const v1::TrancheState& state =
        convention->tranches(static_cast<int>(Below(convention->tranches_size())));
    const v1::Tranche& tranche = state.tranche();
    if (payment.basis().convention_number() == convention->number() &&
        payment.basis().tranche_id() == tranche.tranche_id()) {
      continue;
    }
    const v1::ScheduleLine* line =
        tranche.schedule_size() > 0 && Chance(85)
            ? &tranche.schedule(static_cast<int>(Below(tranche.schedule_size())))
            : nullptr;
    if (RoomOn(*convention, state, line, payment.kind()) < order->amount_cents()) continue;
    basis->set_convention_number(convention->number());
    basis->set_tranche_id(tranche.tranche_id());
    if (line != nullptr) basis->set_schedule_line_id(line->line_id());
    order->set_budget_code(tranche.budget_code());
    return true;
  }
  Source source;
  const bool direct =
      payment.kind() == v1::PAYMENT_KIND_SINGLE || payment.kind() == v1::PAYMENT_KIND_ADVANCE;
  if (!direct || !FindSource(payment.structure_id(), "", &source) || !source.named ||
      source.left_cents < order->amount_cents() ||
      (source.deliberation == payment.basis().deliberation_number() &&
       source.allotment == payment.basis().allotment_id())) {
    return false;
  }
  basis->set_deliberation_number(source.deliberation);
  basis->set_allotment_id(source.allotment);
  order->set_budget_code(source.budget_code);
  return true;
}

bool RandomActs::ReimputePayment(v1::Act* act) {
  v1::PaymentReimputed* reimputed = act->mutable_payment_reimputed();
  for (int i = 0; i < kLookedAt; ++i) {
    const v1::Payment* payment = PickPayment(
        {v1::PAYMENT_STATUS_ACCEPTED, v1::PAYMENT_STATUS_SETTLED}, reimputed->mutable_order());
    if (payment == nullptr || payment->fiscal_year() <= LastClosedYear()) continue;
    if (!view_.Structure(payment->structure_id())->merged_into().empty()) continue;
    v1::PaymentOrdered order;
    order.set_fiscal_year(payment->fiscal_year());
    order.set_amount_cents(reimputed->order().amount_cents());
    if (!FindBasis(*payment, &order)) continue;
    if (order.budget_code() != payment->budget_code() && !CheckCredits(order)) continue;
    *reimputed->mutable_basis() = order.basis();
    reimputed->set_budget_code(order.budget_code());
    reimputed->set_paid_cents(payment->paid_cents());
    reimputed->set_recovery_ordered_cents(AskedBack(*payment));
    reimputed->set_recovered_cents(ReceivedBack(*payment));
    *reimputed->mutable_date() = Today();
    reimputed->set_reason("erreur d'imputation (essai)");
    return true;
  }
  return false;
}

bool RandomActs::CloseFiscalYear(v1::Act* act) {
  v1::FiscalYearClosed* closed = act->mutable_fiscal_year_closed();
  const auto for_each_year = [&](auto visit) {
    view_.ForEachKey(BudgetLineKey(""), [&](std::string_view key) {
      const v1::BudgetLine& line = view_.Find(key)->budget_line();
      for (const v1::FiscalYearCredits& year : line.fiscal_years()) visit(line, year);
      return true;
    });
  };
  int next = LastClosedYear() + 1;
  if (next == 1) {
    next = Year();
    for_each_year([&](const v1::BudgetLine&, const v1::FiscalYearCredits& year) {
      next = std::min(next, year.fiscal_year());
    });
  }
  if (next >= Year()) return false;
  bool unanswered = false;
  for_each_year([&](const v1::BudgetLine& line, const v1::FiscalYearCredits& year) {
    if (year.fiscal_year() != next) return;
    unanswered = unanswered || year.unanswered_orders() > 0;
    v1::FiscalYearBalance* balance = closed->add_balances();
    balance->set_budget_code(line.code());
    balance->set_credits_cents(year.credits_cents());
    balance->set_credits_recorded(year.credits_recorded());
    balance->set_ordered_cents(year.ordered_cents());
    balance->set_paid_cents(year.paid_cents());
  });
  closed->set_fiscal_year(next);
  *closed->mutable_date() = Today();
  return !unanswered;
}

}  // namespace registre::testing
