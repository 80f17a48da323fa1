// A command: a request to record a unit, once its shape is known to be right.
#ifndef REGISTRE_LEDGER_COMMAND_H_
#define REGISTRE_LEDGER_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "ledger/base/errors.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/ledger_service.pb.h"

namespace registre {

// A unit to be recorded.
struct Command {
  std::string subject;             // who records it
  std::vector<std::string> roles;  // in which role, for each act
  v1::RecordRequest request;
  std::string fingerprint;  // version byte 1, SHA-256 of acts and condition as sent
  size_t bytes = 0;         // serialized size of acts and condition
  // The correction whose approval this is; empty: it is none.
  std::string correction_number;
  // ABORTED (CONDITION_BROKEN) when one of these keys' rows was touched from that size on: what the
  // unit was worked out from no longer holds.
  std::vector<std::string> untouched_keys;
  uint64_t untouched_since = 0;
};

// Appends what is wrong with a command id: COMMAND_ID_INVALID.
void CheckCommandId(std::string_view id, std::vector<Violation>* violations);

// What stands for a request's content in the envelope: version byte 1, SHA-256 of its deterministic
// serialization.
std::string FingerprintOf(const google::protobuf::Message& request);

// In which role a subject records an act, or why it may not.
using RoleOf = std::function<absl::StatusOr<std::string>(const v1::Act& act)>;

// Checks the shape of a request, then asks in which role each act is recorded, and takes the
// fingerprint. Pure as `role_of` is; any thread. RESOURCE_EXHAUSTED (UNIT_TOO_LARGE) over
// kMaxUnitActs or kMaxUnitBytes, which is looked at first; INVALID_ARGUMENT with every violation up
// to kMaxViolations (shape.h; COMMAND_ID_INVALID; CONDITION_INVALID; QUERY_INVALID); the first
// error of `role_of`, with the index of its act before the message.
absl::StatusOr<Command> MakeCommand(std::string subject, v1::RecordRequest request,
                                    const RoleOf& role_of);

}  // namespace registre

#endif  // REGISTRE_LEDGER_COMMAND_H_
