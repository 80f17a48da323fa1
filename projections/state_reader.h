// The state at a point on the two time axes.
#ifndef REGISTRE_PROJECTIONS_STATE_READER_H_
#define REGISTRE_PROJECTIONS_STATE_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/date.h"
#include "ledger/projection.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "registre/v1/common.pb.h"
#include "registre/v1/query.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// The projection that the ledger runs with (fold.h).
Projection RegistreProjection();

// A point: the first `size` events are known, and of these the ones in effect on a date count; as
// recorded, without those that corrections added.
struct Point {
  static constexpr Days kNoLimit = 0x7fffffff;

  uint64_t size = 0;
  Days effective_on = kNoLimit;
  bool as_recorded = false;

  // Position the answer is true at; nothing when no event is known.
  std::optional<uint64_t> position() const {
    return size == 0 ? std::nullopt : std::optional<uint64_t>(size - 1);
  }
};

// Reads rows. Cheap to make, one a request; any one thread. Blocks on disk. Looks into the index
// often and for a moment each time, so that Publish is never held back for long: what is recorded
// meanwhile lies past the point, and what lies below it never changes. Errors: DATA_LOSS
// (EVENT_DAMAGED), INTERNAL.
class StateReader {
 public:
  // Borrows all three.
  StateReader(const EventStore& log, const Index& index, const Projection& projection)
      : log_(log), index_(index), projection_(projection) {}

  // The point of read options. A position inside a unit, or past the head, means the unit's end, or
  // the head. INVALID_ARGUMENT (PERIOD_INVALID) for a date that does not exist; UNAVAILABLE
  // (POSITION_NOT_REACHED) when min_position is not durable yet.
  absl::StatusOr<Point> Resolve(const v1::ReadOptions& options) const;

  // The row of a key at the point; nullptr when nothing had touched it. From the index when the
  // point is the present; else the newest snapshot that serves, and the events after it. As
  // recorded: from all its events.
  absl::StatusOr<std::shared_ptr<const v1::Row>> RowAt(std::string_view key,
                                                       const Point& point) const;

  // Calls visit(key, row) in order of key, for keys with the prefix that come after `after`, until
  // it returns false. The row is nullptr where it does not exist at the point: it was looked for
  // all the same, so that the caller may stop after so many.
  absl::Status ForEachRow(std::string_view prefix, std::string_view after, const Point& point,
                          const std::function<bool(std::string_view, const v1::Row*)>& visit) const;

 private:
  // What a row at a point is made of.
  struct Recipe {
    std::shared_ptr<const v1::Row> present;  // set: this is it
    std::string snapshot;                    // else: serialized row to start from, may be empty
    std::vector<uint64_t> positions;         // events to fold into it
    bool as_recorded = false;                // without those that corrections added
  };
  absl::StatusOr<Recipe> RecipeFor(std::string_view key, const Point& point) const;
  // Sequences of a history, both included.
  struct Range {
    uint64_t first;
    uint64_t last;
  };
  // From `first` to `count`, without the blocks whose events all come into effect later.
  absl::Status BlocksToRead(std::string_view key, uint64_t first, uint64_t count, Days effective_on,
                            std::vector<Range>* ranges) const;
  absl::Status CollectPositions(std::string_view key, uint64_t first, uint64_t count,
                                const Point& point, std::vector<uint64_t>* positions) const;
  absl::StatusOr<std::shared_ptr<const v1::Row>> Cook(std::string_view key, Recipe recipe) const;

  const EventStore& log_;
  const Index& index_;
  const Projection projection_;
};

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_STATE_READER_H_
