// What an order may be put on, and how much of it: shared by the order itself and by its
// reimputation. Pure; no I/O but the view.
#ifndef REGISTRE_LEDGER_ACTS_ORDER_CHECKS_H_
#define REGISTRE_LEDGER_ACTS_ORDER_CHECKS_H_

#include <string>

#include "absl/status/status.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/funding.h"
#include "ledger/acts/rules.h"
#include "registre/v1/money.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// What an order pays: one of the two, which belongs to the view.
struct OrderTarget {
  ContractTarget contract;  // tranche null: an allotment is paid
  Funding funding;          // allotment null: a tranche is paid
  std::string structure_id;
  std::string budget_code;
};

// Finds what the basis names, for an order of that day: where the structure was absorbed by then,
// its successor is paid. FIELD_INVALID when it is not one thing, whole; REFERENCE_UNKNOWN,
// CONVENTION_CLOSED; NOT_AUTHORISED when nobody can be paid on the allotment.
[[nodiscard]] absl::Status FindOrderTarget(const RuleContext& context,
                                           const v1::PaymentBasis& basis, Days day,
                                           OrderTarget* target);

// Judges an order on its target: signature or vote before it, ceilings, schedule, report, service.
// Its budget line is not looked at. TRANCHE_EXCEEDED, PAYMENT_LINE_EXCEEDED, TRIGGER_MISSING,
// SERVICE_NOT_CERTIFIED, ALLOTMENT_EXCEEDED, NOT_AUTHORISED where the deliberation stands no more,
// ...
[[nodiscard]] absl::Status CheckOnTarget(const RuleContext& context, const OrderTarget& target,
                                         const v1::PaymentOrdered& order);

// CREDITS_EXCEEDED when the order is more than the credits of its fiscal year on its budget line
// leave.
[[nodiscard]] absl::Status CheckCredits(const RuleContext& context,
                                        const v1::PaymentOrdered& order);

// NOT_AUTHORISED when `what` uses the allotment before its vote.
[[nodiscard]] absl::Status CheckAfterVote(const Funding& funding, const std::string& what,
                                          const v1::Date& date);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_ORDER_CHECKS_H_
