// What may happen to an order that is given, shared by the accountant's acts and by those on money
// that comes back or goes elsewhere. Pure; no I/O but the view.
#ifndef REGISTRE_LEDGER_ACTS_ORDER_STEPS_H_
#define REGISTRE_LEDGER_ACTS_ORDER_STEPS_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/acts/rules.h"
#include "registre/v1/money.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// "mandat 2023-1200".
std::string NameOf(const v1::Payment& payment);

// Something that happens to an order.
struct OrderStep {
  std::string_view what;                             // "accepted": after "cannot be"
  std::initializer_list<v1::PaymentStatus> allowed;  // where the order then is
  v1::Date date;
  std::string_view remedy = {};  // where it is elsewhere; empty: what else may be done there
};

// Finds the order, fills its reference and sets `*payment`, which belongs to the view.
// REFERENCE_UNKNOWN when there is no such order, PAYMENT_ORDER when it is where the step is not
// allowed, PERIOD_INVALID when the step comes before the order came there or was put where it is.
[[nodiscard]] absl::Status FindOrder(const RuleContext& context, const OrderStep& step,
                                     v1::OrderRef* order, const v1::Payment** payment);

// PERIOD_INVALID when a step that is about the order net of its reductions comes before one.
[[nodiscard]] absl::Status CheckAfterReductions(const OrderStep& step, const v1::Payment& payment);

// ORDERER_ACCOUNTANT when what the accountant does is recorded by who ordered.
[[nodiscard]] absl::Status CheckNotOrderer(const RuleContext& context, const OrderStep& step,
                                           const v1::Payment& payment);

// Net of reductions, in cents.
inline int64_t NetOf(const v1::Payment& payment) {
  return payment.amount_cents() - payment.reduced_cents();
}

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_ORDER_STEPS_H_
