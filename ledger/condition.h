// The condition of a command: no event from a position on that its query holds.
#ifndef REGISTRE_LEDGER_CONDITION_H_
#define REGISTRE_LEDGER_CONDITION_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/layers.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/ledger_service.pb.h"

namespace registre {

// The events at these positions, in the order given.
using GetEvents =
    std::function<absl::StatusOr<std::vector<v1::Event>>(const std::vector<uint64_t>& positions)>;

// Looks at no more than kMaxConditionScan events, whatever the number of items. ABORTED
// (CONDITION_BROKEN, with a position that breaks it); RESOURCE_EXHAUSTED (CONDITION_TOO_WIDE);
// errors of the disk. The recorder's thread.
absl::Status CheckCondition(const v1::Condition& condition, const Layers& layers,
                            const GetEvents& get_events);

}  // namespace registre

#endif  // REGISTRE_LEDGER_CONDITION_H_
