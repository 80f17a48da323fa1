// Answers that need more than one row: pure functions of rows and events.
#ifndef REGISTRE_PROJECTIONS_REPORTS_H_
#define REGISTRE_PROJECTIONS_REPORTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "projections/state_reader.h"
#include "registre/v1/budget_service.pb.h"
#include "registre/v1/deliberation_service.pb.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/structure_service.pb.h"

namespace registre {

// The budget table of a deliberation at a point (GetDeliberationBudget). `present` is the
// deliberation as it is now: it says which lines, where its vote is not known yet at the point. Its
// proposition is then 0. at_position is left to the caller.
absl::StatusOr<v1::GetDeliberationBudgetResponse> DeliberationBudget(
    const EventStore& log, const Index& index, const StateReader& state, const Point& point,
    const v1::Deliberation& present);

// Totals of a deliberation by thematic, in the order of its allotments, and in all. `call` may be
// nullptr.
void AddThematicTotals(const v1::Deliberation& deliberation, const v1::Call* call,
                       v1::GetDeliberationResponse* response);

// The entries of a structure's history that an event gives: one for each allotment that names it,
// one for any other act.
std::vector<v1::StructureAct> StructureActsOf(const v1::Event& event,
                                              std::string_view structure_id);

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_REPORTS_H_
