// Structures that another absorbed: who takes their place, and what they no longer do. Pure; no I/O
// but the view.
#ifndef REGISTRE_LEDGER_ACTS_MERGER_H_
#define REGISTRE_LEDGER_ACTS_MERGER_H_

#include <string>

#include "absl/status/status.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "registre/v1/state.pb.h"

namespace registre {

// The structure that stands in the place of `structure_id` on `day`: itself, or the last of those
// that absorbed it by then, one after the other.
std::string SuccessorOf(const RuleContext& context, const std::string& structure_id, Days day);

// STRUCTURE_MERGED when the structure was absorbed by `day`: `what` ("application 2023-1") is for
// who absorbed it.
[[nodiscard]] absl::Status CheckNotMerged(const RuleContext& context,
                                          const v1::Structure& structure, const std::string& what,
                                          Days day);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_MERGER_H_
