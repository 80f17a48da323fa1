#include "ledger/acts/order_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/acts/checks.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

std::string_view StatusWord(v1::PaymentStatus status) {
  switch (status) {
    case v1::PAYMENT_STATUS_ORDERED:
      return "ordered";
    case v1::PAYMENT_STATUS_SUSPENDED:
      return "suspended";
    case v1::PAYMENT_STATUS_ACCEPTED:
      return "accepted";
    case v1::PAYMENT_STATUS_REJECTED:
      return "rejected";
    case v1::PAYMENT_STATUS_SETTLED:
      return "paid";
    default:
      return "unknown";
  }
}

// Where the order is and since when.
struct Standing {
  v1::PaymentStatus status = v1::PAYMENT_STATUS_ORDERED;
  Days since = kAlways;
};

Standing StandingOf(const v1::Payment& payment) {
  Standing standing{v1::PAYMENT_STATUS_ORDERED, ToDays(payment.ordered_on())};
  for (const v1::PaymentStep& step : payment.steps()) {
    standing.status = step.status();
    standing.since = std::max(standing.since, ToDays(step.date()));
  }
  return standing;
}

std::string_view RemedyFor(v1::PaymentStatus status) {
  switch (status) {
    case v1::PAYMENT_STATUS_REJECTED:
      return "a rejected order is at its end, issue a new one";
    case v1::PAYMENT_STATUS_SETTLED:
      return "a paid order is at its end; what was paid too much is taken off by payment_reduced, "
             "while its fiscal year is open, and claimed by a recovery order (recovery_ordered)";
    case v1::PAYMENT_STATUS_ACCEPTED:
      return "an accepted order is paid or reduced";
    case v1::PAYMENT_STATUS_SUSPENDED:
      return "a suspended order is accepted, rejected or reduced";
    default:
      return "an order is accepted, suspended, rejected or reduced first";
  }
}

absl::Status FillOrder(const v1::Payment& payment, v1::OrderRef* order) {
  REGISTRE_RETURN_IF_ERROR(FillMessage("order.basis", order->basis(), payment.basis(),
                                       [&] { return order->mutable_basis(); }));
  REGISTRE_RETURN_IF_ERROR(Fill("order.structure_id", order->structure_id(), payment.structure_id(),
                                [&](const std::string& id) { order->set_structure_id(id); }));
  REGISTRE_RETURN_IF_ERROR(Fill("order.budget_code", order->budget_code(), payment.budget_code(),
                                [&](const std::string& code) { order->set_budget_code(code); }));
  REGISTRE_RETURN_IF_ERROR(Fill("order.amount_cents", order->amount_cents(), NetOf(payment),
                                [&](int64_t cents) { order->set_amount_cents(cents); }));
  REGISTRE_RETURN_IF_ERROR(Fill("order.ordered_in_year", order->ordered_in_year(),
                                payment.ordered_on().year(),
                                [&](int32_t year) { order->set_ordered_in_year(year); }));
  return Fill("order.kind", order->kind(), payment.kind(),
              [&](v1::PaymentKind kind) { order->set_kind(kind); });
}

// The order is on its basis since the last reimputation; steps name that basis.
absl::Status CheckAfterReimputations(const OrderStep& step, const v1::Payment& payment) {
  for (const v1::PaymentReimputation& reimputation : payment.reimputations()) {
    if (ToDays(step.date) >= ToDays(reimputation.date())) continue;
    return Refused("PERIOD_INVALID",
                   fmt::format("{} was put on another basis on {} and cannot be {} before, on {}; "
                               "correct the date",
                               NameOf(payment), FormatDate(reimputation.date()), step.what,
                               FormatDate(step.date)));
  }
  return absl::OkStatus();
}

}  // namespace

std::string NameOf(const v1::Payment& payment) {
  return fmt::format("mandat {}-{}", payment.fiscal_year(), payment.mandat());
}

absl::Status FindOrder(const RuleContext& context, const OrderStep& step, v1::OrderRef* order,
                       const v1::Payment** found) {
  *found = context.view.Payment(order->fiscal_year(), order->mandat());
  if (*found == nullptr) {
    return UnknownReference("mandat", fmt::format("{}-{}", order->fiscal_year(), order->mandat()),
                            "record the order first, or correct its year and number");
  }
  const v1::Payment& payment = **found;
  REGISTRE_RETURN_IF_ERROR(FillOrder(payment, order));
  const Standing standing = StandingOf(payment);
  if (std::find(step.allowed.begin(), step.allowed.end(), standing.status) == step.allowed.end()) {
    return Refused(
        "PAYMENT_ORDER",
        fmt::format("{} is {} since {} and cannot be {}: {}", NameOf(payment),
                    StatusWord(standing.status), FormatDate(FromDays(standing.since)), step.what,
                    step.remedy.empty() ? RemedyFor(standing.status) : step.remedy),
        {{"status", std::string(StatusWord(standing.status))}});
  }
  if (ToDays(step.date) >= standing.since) return CheckAfterReimputations(step, payment);
  return Refused(
      "PERIOD_INVALID",
      fmt::format("{} is {} since {} and cannot be {} before, on {}; correct the date",
                  NameOf(payment), StatusWord(standing.status),
                  FormatDate(FromDays(standing.since)), step.what, FormatDate(step.date)));
}

absl::Status CheckAfterReductions(const OrderStep& step, const v1::Payment& payment) {
  for (const v1::PaymentReduction& reduction : payment.reductions()) {
    if (ToDays(step.date) >= ToDays(reduction.date())) continue;
    return Refused("PERIOD_INVALID",
                   fmt::format("{} was reduced by {} on {} and cannot be {} before, on {}; correct "
                               "the date",
                               NameOf(payment), Eur(reduction.amount_cents()),
                               FormatDate(reduction.date()), step.what, FormatDate(step.date)));
  }
  return absl::OkStatus();
}

absl::Status CheckNotOrderer(const RuleContext& context, const OrderStep& step,
                             const v1::Payment& payment) {
  if (context.actor != payment.ordered_by()) return absl::OkStatus();
  return Refused("ORDERER_ACCOUNTANT",
                 fmt::format("{} was ordered by {}, who cannot record that it is {}: who orders "
                             "never accepts, suspends, rejects, pays or receives (décret "
                             "2012-1246, art. 9); another subject, the accountant, records it",
                             NameOf(payment), context.actor, step.what),
                 {{"subject", std::string(context.actor)}});
}

}  // namespace registre
