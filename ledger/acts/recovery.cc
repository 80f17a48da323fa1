// Money that comes back or goes elsewhere.
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"

namespace registre {

absl::Status Judge(const RuleContext& /*context*/, v1::RecoveryOrdered* /*act*/) {
  return Refused("NOT_BUILT", "recovery_ordered is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::RecoveryReceived* /*act*/) {
  return Refused("NOT_BUILT", "recovery_received is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::PaymentReimputed* /*act*/) {
  return Refused("NOT_BUILT", "payment_reimputed is not built yet");
}

}  // namespace registre
