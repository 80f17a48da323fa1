// What a call's rules share with those of the deliberation that answers it. Pure.
#ifndef REGISTRE_LEDGER_ACTS_CALL_H_
#define REGISTRE_LEDGER_ACTS_CALL_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "registre/v1/state.pb.h"

namespace registre {

// The thematic and the operation, where they are not empty, are the call's. A thematic that the
// call gives without operations takes any. Refusal: CALL_UNKNOWN_OPERATION.
[[nodiscard]] absl::Status CheckOperation(const v1::Call& call, const std::string& thematic,
                                          const std::string& operation);

// The application is not withdrawn. `act` says what would follow. Refusal: APPLICATION_STATE.
[[nodiscard]] absl::Status CheckApplicationStands(const v1::Application& application,
                                                  std::string_view act);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_CALL_H_
