// What is odd about an order that the rules do not refuse. Pure; no I/O but the view.
#ifndef REGISTRE_LEDGER_ACTS_ORDER_FLAGS_H_
#define REGISTRE_LEDGER_ACTS_ORDER_FLAGS_H_

#include "ledger/acts/rules.h"
#include "registre/v1/contract.pb.h"
#include "registre/v1/money.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// Flags of an order on a tranche: EXECUTORY_BEFORE, one for each deliberation that it draws on;
// ADVANCE_BEFORE_PERIOD; PRESCRIPTION. `act` has its filled fields set.
void FlagOrderOnTranche(const RuleContext& context, const v1::Tranche& tranche,
                        const v1::PaymentOrdered& act);

// Flags of an order on an allotment of the deliberation: EXECUTORY_BEFORE, CONVENTION_MISSING,
// PRESCRIPTION. `act` has its filled fields set.
void FlagOrderOnAllotment(const RuleContext& context, const v1::Deliberation& deliberation,
                          const v1::PaymentOrdered& act);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_ORDER_FLAGS_H_
