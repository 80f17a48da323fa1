// The end of a fiscal year.
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"

namespace registre {

absl::Status Judge(const RuleContext& /*context*/, v1::FiscalYearClosed* /*act*/) {
  return Refused("NOT_BUILT", "fiscal_year_closed is not built yet");
}

}  // namespace registre
