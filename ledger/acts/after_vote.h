// Checks that acts on a deliberation share once it is voted. Pure; no I/O.
#ifndef REGISTRE_LEDGER_ACTS_AFTER_VOTE_H_
#define REGISTRE_LEDGER_ACTS_AFTER_VOTE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "registre/v1/common.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// ALREADY_EXISTS, `reason`: the deliberation was `what` ("transmitted") on a day, which happens
// once.
[[nodiscard]] absl::Status AlreadyDone(std::string_view reason, std::string_view what,
                                       const v1::Deliberation& deliberation, const v1::Date& on);

// `reason` when the deliberation is `what` before the day it was taken.
[[nodiscard]] absl::Status CheckNotBeforeVote(std::string_view reason, std::string_view what,
                                              const v1::Date& date,
                                              const v1::Deliberation& deliberation);

// NOT_AUTHORISED when the deliberation was withdrawn or annulled: `what` ("convention 2023-00963")
// cannot rest on it any more, whatever its date.
[[nodiscard]] absl::Status CheckStands(const v1::Deliberation& deliberation,
                                       const std::string& what);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_AFTER_VOTE_H_
