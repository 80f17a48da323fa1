// What becomes of an order: the accountant accepts, suspends, rejects or pays it; the authority may
// reduce it before it is paid. A third party's act is refused only for incoherence, or when it is
// recorded by who ordered.
//
//   ordered ---> accepted ---> paid
//      |  \         ^
//      |   `-> suspended
//      v        v
//       rejected          reductions: while ordered, suspended or accepted
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

using Statuses = std::initializer_list<v1::PaymentStatus>;

std::string NameOf(const v1::Payment& payment) {
  return fmt::format("mandat {}-{}", payment.fiscal_year(), payment.mandat());
}

std::string_view NameOf(v1::PaymentStatus status) {
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

std::string Remedy(v1::PaymentStatus status) {
  switch (status) {
    case v1::PAYMENT_STATUS_REJECTED:
      return "a rejected order is at its end, issue a new one";
    case v1::PAYMENT_STATUS_SETTLED:
      return "a paid order is at its end, what was paid too much is claimed by a recovery order";
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
  REGISTRE_RETURN_IF_ERROR(Fill("order.amount_cents", order->amount_cents(),
                                payment.amount_cents() - payment.reduced_cents(),
                                [&](int64_t cents) { order->set_amount_cents(cents); }));
  REGISTRE_RETURN_IF_ERROR(Fill("order.ordered_in_year", order->ordered_in_year(),
                                payment.ordered_on().year(),
                                [&](int32_t year) { order->set_ordered_in_year(year); }));
  return Fill("order.kind", order->kind(), payment.kind(),
              [&](v1::PaymentKind kind) { order->set_kind(kind); });
}

// Finds the order, fills its reference, and judges that `what` ("accepted") may happen to it on
// `date`, where it is in one of `allowed`.
absl::Status CheckStep(const RuleContext& context, std::string_view what, Statuses allowed,
                       const v1::Date& date, v1::OrderRef* order) {
  const v1::Payment* payment = context.view.Payment(order->fiscal_year(), order->mandat());
  if (payment == nullptr) {
    return UnknownReference("mandat", fmt::format("{}-{}", order->fiscal_year(), order->mandat()),
                            "record the order first, or correct its year and number");
  }
  REGISTRE_RETURN_IF_ERROR(FillOrder(*payment, order));
  const Standing standing = StandingOf(*payment);
  if (std::find(allowed.begin(), allowed.end(), standing.status) == allowed.end()) {
    return Refused("PAYMENT_ORDER",
                   fmt::format("{} is {} since {} and cannot be {}: {}", NameOf(*payment),
                               NameOf(standing.status), FormatDate(FromDays(standing.since)), what,
                               Remedy(standing.status)),
                   {{"status", std::string(NameOf(standing.status))}});
  }
  if (ToDays(date) >= standing.since) return absl::OkStatus();
  return Refused("PERIOD_INVALID",
                 fmt::format("{} is {} since {} and cannot be {} before, on {}; correct the date",
                             NameOf(*payment), NameOf(standing.status),
                             FormatDate(FromDays(standing.since)), what, FormatDate(date)));
}

// The same for what the accountant does: it is about the order net of the reductions recorded, and
// so does not come before them.
absl::Status CheckAnswer(const RuleContext& context, std::string_view what, Statuses allowed,
                         const v1::Date& date, v1::OrderRef* order) {
  REGISTRE_RETURN_IF_ERROR(CheckStep(context, what, allowed, date, order));
  const v1::Payment& payment = *context.view.Payment(order->fiscal_year(), order->mandat());
  if (context.actor == payment.ordered_by()) {
    return Refused("ORDERER_ACCOUNTANT",
                   fmt::format("{} was ordered by {}, who cannot record that it is {}: who orders "
                               "never accepts, suspends, rejects or pays (décret 2012-1246, art. "
                               "9); another subject, the accountant, records it",
                               NameOf(payment), context.actor, what),
                   {{"subject", std::string(context.actor)}});
  }
  for (const v1::PaymentReduction& reduction : payment.reductions()) {
    if (ToDays(date) >= ToDays(reduction.date())) continue;
    return Refused("PERIOD_INVALID",
                   fmt::format("{} was reduced by {} on {} and cannot be {} before, on {}; correct "
                               "the date",
                               NameOf(payment), Eur(reduction.amount_cents()),
                               FormatDate(reduction.date()), what, FormatDate(date)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::PaymentAccepted* act) {
  return CheckAnswer(context, "accepted",
                     {v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED}, act->date(),
                     act->mutable_order());
}

absl::Status Judge(const RuleContext& context, v1::PaymentSuspended* act) {
  return CheckAnswer(context, "suspended", {v1::PAYMENT_STATUS_ORDERED}, act->date(),
                     act->mutable_order());
}

absl::Status Judge(const RuleContext& context, v1::PaymentRejected* act) {
  return CheckAnswer(context, "rejected",
                     {v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED}, act->date(),
                     act->mutable_order());
}

absl::Status Judge(const RuleContext& context, v1::PaymentSettled* act) {
  REGISTRE_RETURN_IF_ERROR(CheckAnswer(context, "paid", {v1::PAYMENT_STATUS_ACCEPTED}, act->date(),
                                       act->mutable_order()));
  if (act->order().amount_cents() > 0) return absl::OkStatus();
  return Refused("PAYMENT_ORDER",
                 fmt::format("mandat {}-{} is reduced to {}: nothing is left to be paid, leave it "
                             "as it is",
                             act->order().fiscal_year(), act->order().mandat(),
                             Eur(act->order().amount_cents())),
                 {{"net_cents", fmt::format("{}", act->order().amount_cents())}});
}

absl::Status Judge(const RuleContext& context, v1::PaymentReduced* act) {
  REGISTRE_RETURN_IF_ERROR(CheckStep(
      context, "reduced",
      {v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED, v1::PAYMENT_STATUS_ACCEPTED},
      act->date(), act->mutable_order()));
  const int64_t net = act->order().amount_cents();
  if (act->reduction_cents() <= net) return absl::OkStatus();
  return Refused("PAYMENT_ORDER",
                 fmt::format("mandat {}-{} stands at {} and is reduced by {}: {} too much; reduce "
                             "it by what is left at most",
                             act->order().fiscal_year(), act->order().mandat(), Eur(net),
                             Eur(act->reduction_cents()), Eur(act->reduction_cents() - net)),
                 {{"net_cents", fmt::format("{}", net)}});
}

}  // namespace registre
