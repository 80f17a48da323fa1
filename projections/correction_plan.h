// What correcting an act would do: which acts it touches, what stands for them, what every figure
// becomes. The plan is the correction: its unit is what an approval records.
//
//   before the target    |  target   later acts on what it touches, judged again in order  |  now
//   rows as they stand --+--> rows without it, or with its replacement --------------------+-->
//   rows after
//
// A replacement takes the target's place (a rectification) where no later act would then be
// refused. Otherwise the target and the acts that would be refused without it are reversed, and the
// replacements are judged now and recorded after. A later act that stands, but for which the ledger
// would have filled other values, or that sets again what a corrected one set, is refilled. An
// accepted payment is never reversed: what makes it good is recorded after it.
#ifndef REGISTRE_PROJECTIONS_CORRECTION_PLAN_H_
#define REGISTRE_PROJECTIONS_CORRECTION_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "projections/state_reader.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/correction_service.pb.h"

namespace registre {

// What is to be corrected.
struct CorrectionRequest {
  std::string correction_number;  // for the unit's acts; may be empty for a mere look
  uint64_t target_position = 0;
  v1::Date effective_on;
  std::vector<v1::Act> replacements;
  std::string subject;  // who would record it
  absl::Time now;
};

// What it does.
struct PlannedCorrection {
  v1::Act target;  // as it stands, earlier corrections included
  v1::CorrectionPlan plan;
  // What follows the approval: act_reversed newest first, act_rectified oldest first, then the
  // replacements that took nobody's place.
  std::vector<v1::Act> unit;
  // For the envelope of the unit's events (event.proto); empty where nothing is undone.
  std::string correction_number;
  // Nothing that touches the rows of these keys may be recorded from `size` on before the unit is,
  // or the plan is worth nothing.
  std::vector<std::string> keys;
  uint64_t size = 0;
};

// Plans at the present. Pure but for its reads; any thread; blocks on disk. NOT_FOUND:
// CORRECTION_TARGET (no such act). FAILED_PRECONDITION: CORRECTION_TARGET (reversed already, or an
// act that is not corrected), CORRECTION_ACCEPTED_PAYMENT, BUDGET_CLOSED_YEAR,
// CORRECTION_EFFECTIVE_DATE (values: earliest), the rule that a replacement breaks.
// RESOURCE_EXHAUSTED: CORRECTION_TOO_WIDE (limits.h). DATA_LOSS as StateReader.
absl::StatusOr<PlannedCorrection> PlanCorrection(const EventStore& log, const Index& index,
                                                 const CorrectionRequest& request);

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_CORRECTION_PLAN_H_
