// The one place where errors of the ledger are built. Inside, an error is an absl::Status whose
// payloads are google.rpc.ErrorInfo and google.rpc.BadRequest; services map it to gRPC unchanged.
#ifndef REGISTRE_LEDGER_BASE_ERRORS_H_
#define REGISTRE_LEDGER_BASE_ERRORS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace registre {

// Names and values of what was wrong, for programs.
using ErrorValues = std::vector<std::pair<std::string, std::string>>;

// One field whose shape is wrong.
struct Violation {
  std::string field;    // path, for example acts[0].payment_ordered.amount_cents
  std::string reason;   // AMOUNT_INVALID, PERIOD_INVALID, SIRET_INVALID, ... or FIELD_INVALID
  std::string message;  // what is wrong, with the value, and what to do
};

// INVALID_ARGUMENT with every violation; the reason is the first one's.
[[nodiscard]] absl::Status ShapeError(const std::vector<Violation>& violations);

// An error with a reason. `message` says what was wrong, with the values, and what to do. What is
// not UTF-8 in message and values, which may be what was sent, is written as \xNN.
[[nodiscard]] absl::Status Error(absl::StatusCode code, std::string_view reason,
                                 std::string message, ErrorValues values = {});

// A broken rule: FAILED_PRECONDITION.
[[nodiscard]] absl::Status Refused(std::string_view rule, std::string message,
                                   ErrorValues values = {});

// A reference to what the ledger does not hold: NOT_FOUND, REFERENCE_UNKNOWN.
[[nodiscard]] absl::Status UnknownReference(std::string_view kind, std::string_view id,
                                            std::string_view remedy);

// A number that exists: ALREADY_EXISTS, NUMBER_TAKEN.
[[nodiscard]] absl::Status NumberTaken(std::string_view kind, std::string_view id);

// The same status with `prefix` put before the message, payloads kept.
[[nodiscard]] absl::Status Annotate(const absl::Status& status, std::string_view prefix);

// The reason of an error built here, or empty.
std::string ReasonOf(const absl::Status& status);

// Payload type URLs.
inline constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
inline constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

#define REGISTRE_RETURN_IF_ERROR(expr)                                \
  do {                                                                \
    if (absl::Status status_ = (expr); !status_.ok()) return status_; \
  } while (false)

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_ERRORS_H_
