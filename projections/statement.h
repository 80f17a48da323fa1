// Payments of a convention, added up in the order in which they were given.
#ifndef REGISTRE_PROJECTIONS_STATEMENT_H_
#define REGISTRE_PROJECTIONS_STATEMENT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "projections/state_reader.h"
#include "registre/v1/payment_service.pb.h"

namespace registre {

// Orders of one statement.
inline constexpr size_t kMaxStatementLines = 5'000;

// Where an order is: its last step's.
v1::PaymentStatus StatusOf(const v1::Payment& payment);

// The row of the order that a payment_ordered gives, or a payment_reimputed puts elsewhere.
std::string OrderKeyOf(const v1::Act& act);

// The statement (décompte) of a convention at a point (GetStatement). at_position is left to the
// caller. RESOURCE_EXHAUSTED (STATEMENT_TOO_LONG) over kMaxStatementLines; errors of StateReader.
absl::StatusOr<v1::GetStatementResponse> StatementOf(const EventStore& log, const Index& index,
                                                     const StateReader& state, const Point& point,
                                                     const v1::Convention& convention);

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_STATEMENT_H_
