// What stands after corrections: for an act, and for the rows as they were before one.
#ifndef REGISTRE_PROJECTIONS_STANDING_H_
#define REGISTRE_PROJECTIONS_STANDING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/date.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "projections/state_reader.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/event.pb.h"

namespace registre {

// What stands for the act recorded at a position, earlier corrections included.
struct StandingAct {
  uint64_t position = 0;
  std::string subject;     // who recorded it
  absl::Time recorded_at;  // when that was, whatever was corrected since
  v1::Act act;
  std::vector<v1::Flag> flags;                // what was found odd about it
  std::optional<uint64_t> standing_position;  // of the act_rectified that it is; unset: as recorded
  Days counts_from = kAlways;                 // from when that act_rectified does
};

// What stands at the point for the act at a position below its size; nothing when it was reversed.
// Blocks on disk; the errors of StateReader.
absl::StatusOr<std::optional<StandingAct>> StandingAt(const EventStore& log,
                                                      const StateReader& state, const Point& point,
                                                      uint64_t position);

// Number of the correction by which what the event says no longer counts at the point: its act was
// reversed or replaced since; empty while it counts. As recorded every act counts.
absl::StatusOr<std::string> CorrectedBy(const StateReader& state, const Point& point,
                                        const v1::Event& event);

// The event as it counts at the point: itself, or for an act_rectified the act that it put in
// place, at the position that it has there. Nothing where it does not count: its act was reversed
// or replaced since, it reverses one, or, as recorded, it belongs to a correction.
absl::StatusOr<std::optional<v1::Event>> AsCounted(const StateReader& state, const Point& point,
                                                   v1::Event event);

// Rows as they were before an act, with what was corrected since in what was recorded before it.
class CorrectedPast {
 public:
  // At the point; for acts from position `from` on. Borrows the reader. RESOURCE_EXHAUSTED
  // (CORRECTION_TOO_WIDE) for more than kMaxCorrectionScan corrections since; the errors of
  // StateReader.
  static absl::StatusOr<CorrectedPast> Load(const EventStore& log, const Index& index,
                                            const StateReader& state, const Point& point,
                                            uint64_t from);

  // Positions of the acts that a correction since took off the row or put on it; some twice.
  void ForEachCorrected(std::string_view key,
                        const std::function<void(uint64_t position)>& visit) const;

  // The row before the act at `position`, from `from` on; nullptr when nothing had touched it.
  absl::StatusOr<std::shared_ptr<const v1::Row>> RowBefore(std::string_view key,
                                                           uint64_t position) const;

 private:
  struct Known {
    v1::Event event;
    std::set<std::string, std::less<>> keys;
  };
  CorrectedPast(const StateReader& state, const Point& point) : state_(&state), point_(point) {}

  const StateReader* state_;
  Point point_;
  std::vector<Known> corrections_;
};

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_STANDING_H_
