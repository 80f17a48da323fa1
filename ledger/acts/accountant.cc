// What becomes of an order: the accountant accepts, suspends, rejects or pays it; the authority may
// reduce it. A third party's act is refused only for incoherence, or when it is recorded by who
// ordered.
//
//   ordered ---> accepted ---> paid
//      |  \         ^
//      |   `-> suspended
//      v        v
//       rejected          reductions: anywhere but rejected, while the fiscal year is open
#include <fmt/format.h>

#include <string>

#include "ledger/acts/checks.h"
#include "ledger/acts/order_steps.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

// What the accountant does is about the order net of the reductions recorded.
absl::Status CheckAnswer(const RuleContext& context, const OrderStep& step, v1::OrderRef* order) {
  const v1::Payment* payment = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindOrder(context, step, order, &payment));
  REGISTRE_RETURN_IF_ERROR(CheckNotOrderer(context, step, *payment));
  return CheckAfterReductions(step, *payment);
}

}  // namespace

// A fiscal year is closed once each of its orders is accepted or rejected: nothing is left to
// accept or suspend then.
absl::Status Judge(const RuleContext& context, v1::PaymentAccepted* act) {
  return CheckAnswer(
      context,
      {"accepted", {v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED}, act->date()},
      act->mutable_order());
}

absl::Status Judge(const RuleContext& context, v1::PaymentSuspended* act) {
  return CheckAnswer(context, {"suspended", {v1::PAYMENT_STATUS_ORDERED}, act->date()},
                     act->mutable_order());
}

absl::Status Judge(const RuleContext& context, v1::PaymentRejected* act) {
  REGISTRE_RETURN_IF_ERROR(CheckAnswer(
      context,
      {"rejected", {v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED}, act->date()},
      act->mutable_order()));
  return CheckYearOpen(
      context, act->order().fiscal_year(),
      fmt::format("mandat {}-{}", act->order().fiscal_year(), act->order().mandat()),
      "what is ordered on them stands: accept the order");
}

// An accepted order of a closed fiscal year is paid all the same: its credits are used, only the
// cash follows.
absl::Status Judge(const RuleContext& context, v1::PaymentSettled* act) {
  REGISTRE_RETURN_IF_ERROR(CheckAnswer(
      context, {"paid", {v1::PAYMENT_STATUS_ACCEPTED}, act->date()}, act->mutable_order()));
  if (act->order().amount_cents() > 0) return absl::OkStatus();
  return Refused("PAYMENT_ORDER",
                 fmt::format("mandat {}-{} is reduced to {}: nothing is left to be paid, leave it "
                             "as it is",
                             act->order().fiscal_year(), act->order().mandat(),
                             Eur(act->order().amount_cents())),
                 {{"net_cents", fmt::format("{}", act->order().amount_cents())}});
}

absl::Status Judge(const RuleContext& context, v1::PaymentReduced* act) {
  const v1::Payment* payment = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindOrder(context,
                                     {"reduced",
                                      {v1::PAYMENT_STATUS_ORDERED, v1::PAYMENT_STATUS_SUSPENDED,
                                       v1::PAYMENT_STATUS_ACCEPTED, v1::PAYMENT_STATUS_SETTLED},
                                      act->date()},
                                     act->mutable_order(), &payment));
  REGISTRE_RETURN_IF_ERROR(CheckYearOpen(
      context, payment->fiscal_year(), NameOf(*payment),
      "once it is paid, what is too much is claimed by a recovery order (recovery_ordered)"));
  const int64_t net = NetOf(*payment);
  if (act->reduction_cents() <= net) return absl::OkStatus();
  return Refused("PAYMENT_ORDER",
                 fmt::format("{} stands at {} and is reduced by {}: {} too much; reduce it by what "
                             "is left at most",
                             NameOf(*payment), Eur(net), Eur(act->reduction_cents()),
                             Eur(act->reduction_cents() - net)),
                 {{"net_cents", fmt::format("{}", net)}});
}

}  // namespace registre
