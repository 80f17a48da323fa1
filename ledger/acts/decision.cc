// What follows a decision.
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"

namespace registre {

absl::Status Judge(const RuleContext& /*context*/, v1::DeliberationAmended* /*act*/) {
  return Refused("NOT_BUILT", "deliberation_amended is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::DeliberationWithdrawn* /*act*/) {
  return Refused("NOT_BUILT", "deliberation_withdrawn is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::DeliberationAnnulled* /*act*/) {
  return Refused("NOT_BUILT", "deliberation_annulled is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::AllotmentReduced* /*act*/) {
  return Refused("NOT_BUILT", "allotment_reduced is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::ConventionTerminated* /*act*/) {
  return Refused("NOT_BUILT", "convention_terminated is not built yet");
}

absl::Status Judge(const RuleContext& /*context*/, v1::StructuresMerged* /*act*/) {
  return Refused("NOT_BUILT", "structures_merged is not built yet");
}

}  // namespace registre
