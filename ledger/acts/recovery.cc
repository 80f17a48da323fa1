// Money that comes back or goes elsewhere. What was ordered and paid stays: a titre de recettes
// stands beside it, and a reimputation moves it as it is.
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "ledger/acts/checks.h"
#include "ledger/acts/merger.h"
#include "ledger/acts/order_checks.h"
#include "ledger/acts/order_steps.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/base/money.h"

namespace registre {
namespace {

// What was asked back of an order, and received of that, in cents.
struct Recovered {
  int64_t ordered_cents = 0;
  int64_t received_cents = 0;
};

Recovered RecoveredOf(const v1::Payment& payment) {
  Recovered sums;  // at most what was paid
  for (const v1::PaymentRecovery& recovery : payment.recoveries()) {
    sums.ordered_cents += recovery.amount_cents();
    sums.received_cents += recovery.received_cents();
  }
  return sums;
}

const v1::PaymentRecovery* FindRecovery(const v1::Payment& payment, const std::string& number) {
  for (const v1::PaymentRecovery& recovery : payment.recoveries()) {
    if (recovery.recovery_number() == number) return &recovery;
  }
  return nullptr;
}

// In an open fiscal year the order is reduced first, so that what is ordered on its line is right;
// in a closed one it is only read, and the titre alone says what was too much.
absl::Status CheckClaim(const RuleContext& context, const v1::Payment& payment,
                        int64_t amount_cents) {
  const bool open = payment.fiscal_year() > LastClosedYear(context.view.Ledger()).fiscal_year();
  const int64_t due = open ? NetOf(payment) : 0;
  const int64_t asked = RecoveredOf(payment).ordered_cents;
  const int64_t left = payment.paid_cents() - due - asked;
  if (amount_cents <= left) return absl::OkStatus();
  return Refused(
      "RECOVERY_EXCEEDED",
      fmt::format(
          "{} of {} is asked back: {} are paid, {}{} asked back already, so that {} may be "
          "asked back: {} too much; {}",
          Eur(amount_cents), NameOf(payment), Eur(payment.paid_cents()),
          open ? fmt::format("{} are still due, ", Eur(due)) : "", Eur(asked), Eur(left),
          Eur(amount_cents - left),
          open ? "its fiscal year is open: record payment_reduced first, or ask less" : "ask less"),
      {{"paid_cents", fmt::format("{}", payment.paid_cents())},
       {"due_cents", fmt::format("{}", due)},
       {"asked_cents", fmt::format("{}", asked)},
       {"left_cents", fmt::format("{}", left)},
       {"excess_cents", fmt::format("{}", amount_cents - left)}});
}

// The tranche as if nothing of the order were on it.
v1::TrancheState Without(const v1::TrancheState& tranche, const v1::OrderRef& order) {
  v1::TrancheState rest = tranche;
  rest.set_ordered_cents(rest.ordered_cents() - order.amount_cents());
  for (v1::ScheduleLineState& line : *rest.mutable_lines()) {
    if (line.line_id() != order.basis().schedule_line_id()) continue;
    line.set_ordered_cents(line.ordered_cents() - order.amount_cents());
  }
  return rest;
}

// The order as it would be given now on its new basis.
v1::PaymentOrdered OrderedNow(const v1::PaymentReimputed& act) {
  v1::PaymentOrdered order;
  order.set_fiscal_year(act.order().fiscal_year());
  order.set_mandat(act.order().mandat());
  *order.mutable_basis() = act.basis();
  order.set_structure_id(act.order().structure_id());
  order.set_budget_code(act.budget_code());
  order.set_kind(act.order().kind());
  order.set_amount_cents(act.order().amount_cents());
  *order.mutable_date() = act.date();
  return order;
}

// Same payee, or who absorbed it, and another basis.
absl::Status CheckMove(const RuleContext& context, const v1::PaymentReimputed& act,
                       const OrderTarget& target) {
  const v1::OrderRef& order = act.order();
  if (internal::SameMessage(act.basis(), order.basis())) {
    return FieldInvalid(
        fmt::format("basis: mandat {}-{} is on it already; name the tranche, schedule line or "
                    "allotment that it "
                    "goes to",
                    order.fiscal_year(), order.mandat()));
  }
  const std::string payee = SuccessorOf(context, order.structure_id(), ToDays(act.date()));
  if (target.structure_id == payee) return absl::OkStatus();
  return Refused(
      "REIMPUTATION_PAYEE",
      fmt::format(
          "mandat {}-{} pays {}, and what it would be put on is for {}: a reimputation keeps "
          "the payee; name a basis of {}, or reduce the order and ask the money back",
          order.fiscal_year(), order.mandat(), order.structure_id(), target.structure_id,
          order.structure_id()),
      {{"structure_id", order.structure_id()}, {"basis_structure_id", target.structure_id}});
}

absl::Status FillReimputed(const v1::Payment& payment, const std::string& budget_code,
                           v1::PaymentReimputed* act) {
  const Recovered recovered = RecoveredOf(payment);
  REGISTRE_RETURN_IF_ERROR(Fill("budget_code", act->budget_code(), budget_code,
                                [&](const std::string& code) { act->set_budget_code(code); }));
  REGISTRE_RETURN_IF_ERROR(Fill("paid_cents", act->paid_cents(), payment.paid_cents(),
                                [&](int64_t cents) { act->set_paid_cents(cents); }));
  REGISTRE_RETURN_IF_ERROR(Fill("recovery_ordered_cents", act->recovery_ordered_cents(),
                                recovered.ordered_cents,
                                [&](int64_t cents) { act->set_recovery_ordered_cents(cents); }));
  return Fill("recovered_cents", act->recovered_cents(), recovered.received_cents,
              [&](int64_t cents) { act->set_recovered_cents(cents); });
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::RecoveryOrdered* act) {
  const OrderStep step{
      "asked back",
      {v1::PAYMENT_STATUS_SETTLED},
      act->date(),
      "only what is paid is asked back; what is not paid yet is rejected or reduced"};
  const std::string name = fmt::format("titre {}", act->recovery_number());
  const v1::Payment* payment = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindOrder(context, step, act->mutable_order(), &payment));
  REGISTRE_RETURN_IF_ERROR(CheckAfterReductions(step, *payment));
  if (FindRecovery(*payment, act->recovery_number()) != nullptr) {
    return NumberTaken("titre de recettes",
                       fmt::format("{} of {}", act->recovery_number(), NameOf(*payment)));
  }
  REGISTRE_RETURN_IF_ERROR(CheckFiscalYear(name, act->fiscal_year(), act->date()));
  REGISTRE_RETURN_IF_ERROR(CheckYearOpen(context, act->fiscal_year(), name,
                                         "issue it in an open fiscal year, whichever the order's"));
  return CheckClaim(context, *payment, act->amount_cents());
}

// Money asked back comes in whether the fiscal year of its titre is closed or not: only the cash
// follows.
absl::Status Judge(const RuleContext& context, v1::RecoveryReceived* act) {
  const OrderStep step{"paid back", {v1::PAYMENT_STATUS_SETTLED}, act->date()};
  const v1::Payment* payment = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindOrder(context, step, act->mutable_order(), &payment));
  REGISTRE_RETURN_IF_ERROR(CheckNotOrderer(context, step, *payment));
  const v1::PaymentRecovery* recovery = FindRecovery(*payment, act->recovery_number());
  if (recovery == nullptr) {
    return UnknownReference("titre de recettes",
                            fmt::format("{} of {}", act->recovery_number(), NameOf(*payment)),
                            "record recovery_ordered first, or correct its number");
  }
  if (ToDays(act->date()) < ToDays(recovery->date())) {
    return Refused(
        "PERIOD_INVALID",
        fmt::format("titre {} of {} is of {} and nothing is received on it before, on {}; "
                    "correct the date",
                    act->recovery_number(), NameOf(*payment), FormatDate(recovery->date()),
                    FormatDate(act->date())));
  }
  const int64_t left = recovery->amount_cents() - recovery->received_cents();
  if (act->amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "RECOVERY_EXCEEDED",
      fmt::format(
          "{} are received on titre {} of {}, which asks {} back, {} of them received: {} too "
          "much; correct the amount, or record recovery_ordered for the rest first",
          Eur(act->amount_cents()), act->recovery_number(), NameOf(*payment),
          Eur(recovery->amount_cents()), Eur(recovery->received_cents()),
          Eur(act->amount_cents() - left)),
      {{"asked_cents", fmt::format("{}", recovery->amount_cents())},
       {"received_cents", fmt::format("{}", recovery->received_cents())},
       {"left_cents", fmt::format("{}", left)},
       {"excess_cents", fmt::format("{}", act->amount_cents() - left)}});
}

absl::Status Judge(const RuleContext& context, v1::PaymentReimputed* act) {
  const OrderStep step{"put elsewhere",
                       {v1::PAYMENT_STATUS_ACCEPTED, v1::PAYMENT_STATUS_SETTLED},
                       act->date(),
                       "only an accepted order is; reject this one, or correct it"};
  const v1::Payment* payment = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindOrder(context, step, act->mutable_order(), &payment));
  REGISTRE_RETURN_IF_ERROR(CheckAfterReductions(step, *payment));
  REGISTRE_RETURN_IF_ERROR(CheckYearOpen(context, payment->fiscal_year(), NameOf(*payment),
                                         "it stays where it is; what was paid too much is claimed "
                                         "by a recovery order (recovery_ordered)"));
  OrderTarget target;
  REGISTRE_RETURN_IF_ERROR(FindOrderTarget(context, act->basis(), ToDays(act->date()), &target));
  REGISTRE_RETURN_IF_ERROR(CheckMove(context, *act, target));
  REGISTRE_RETURN_IF_ERROR(FillReimputed(*payment, target.budget_code, act));
  const v1::PaymentBasis& before = payment->basis();
  v1::TrancheState rest;
  if (target.contract.tranche != nullptr &&
      before.convention_number() == act->basis().convention_number() &&
      before.tranche_id() == act->basis().tranche_id()) {
    rest = Without(*target.contract.tranche, act->order());
    target.contract.tranche = &rest;
  }
  const v1::PaymentOrdered order = OrderedNow(*act);
  REGISTRE_RETURN_IF_ERROR(CheckOnTarget(context, target, order));
  // Within a line the orders of the year stay what they are.
  return order.budget_code() == payment->budget_code() ? absl::OkStatus()
                                                       : CheckCredits(context, order);
}

}  // namespace registre
