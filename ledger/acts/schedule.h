// The schedule of a tranche, as an order meets it. Pure functions; no I/O.
#ifndef REGISTRE_LEDGER_ACTS_SCHEDULE_H_
#define REGISTRE_LEDGER_ACTS_SCHEDULE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "ledger/base/date.h"
#include "registre/v1/money.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// Judges an order on a tranche against its schedule. With a line: it exists (REFERENCE_UNKNOWN), is
// of the order's kind (FIELD_INVALID), is due (TRIGGER_MISSING) and holds the amount
// (PAYMENT_LINE_EXCEEDED). Without: the amount is within what the lines leave of the ceiling, so
// that nobody goes around a trigger by naming no line (PAYMENT_LINE_EXCEEDED).
[[nodiscard]] absl::Status CheckAgainstSchedule(const v1::Convention& convention,
                                                const v1::TrancheState& tranche,
                                                const v1::PaymentOrdered& act);

// TRIGGER_MISSING when the order comes before the signature of the convention, or of the avenant
// that brought the tranche in.
[[nodiscard]] absl::Status CheckOrderedAfterSignature(const v1::Convention& convention,
                                                      const v1::TrancheState& tranche,
                                                      const v1::PaymentOrdered& act);

// TRIGGER_MISSING when the report on the tranche is not accepted by the day of the order; `what`
// awaits it: "a balance".
[[nodiscard]] absl::Status CheckReportAccepted(const v1::TrancheState& tranche,
                                               const v1::PaymentOrdered& act,
                                               const std::string& what);

// Service on the tranche certified by a day, in cents.
int64_t CertifiedBy(const v1::TrancheState& tranche, Days day);

// "mandat 2023-1200".
std::string NameOf(const v1::PaymentOrdered& act);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_SCHEDULE_H_
