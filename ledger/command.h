// A command: a request to record a unit, once its shape is known to be right.
#ifndef REGISTRE_LEDGER_COMMAND_H_
#define REGISTRE_LEDGER_COMMAND_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/ledger_service.pb.h"

namespace registre {

// A unit to be recorded.
struct Command {
  v1::Actor actor;
  v1::RecordRequest request;
  std::string fingerprint;  // version byte 1, SHA-256 of acts and condition as sent
  size_t bytes = 0;         // serialized size of acts and condition
};

// Checks the shape of a request and takes its fingerprint. Pure; any thread. RESOURCE_EXHAUSTED
// (UNIT_TOO_LARGE) over kMaxUnitActs or kMaxUnitBytes, which is looked at first; INVALID_ARGUMENT
// with every violation up to kMaxViolations (shape.h; COMMAND_ID_INVALID; CONDITION_INVALID;
// QUERY_INVALID).
absl::StatusOr<Command> MakeCommand(v1::Actor actor, v1::RecordRequest request);

}  // namespace registre

#endif  // REGISTRE_LEDGER_COMMAND_H_
