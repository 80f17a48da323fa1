// Corrections: what the recorder checks of an act that the correction service made.
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"

namespace registre {

absl::Status Judge(const RuleContext& /*context*/, v1::CorrectionProposed* /*act*/) {
  return Refused("NOT_BUILT", "correction_proposed is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::CorrectionApproved* /*act*/) {
  return Refused("NOT_BUILT", "correction_approved is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::CorrectionRejected* /*act*/) {
  return Refused("NOT_BUILT", "correction_rejected is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::ActReversed* /*act*/) {
  return Refused("NOT_BUILT", "act_reversed is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::ActRectified* /*act*/) {
  return Refused("NOT_BUILT", "act_rectified is not built yet");
}

}  // namespace registre
