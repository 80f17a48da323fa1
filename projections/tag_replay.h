// The history of a tag, event by event, with its row after each.
#ifndef REGISTRE_PROJECTIONS_TAG_REPLAY_H_
#define REGISTRE_PROJECTIONS_TAG_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "projections/state_reader.h"
#include "registre/v1/state.pb.h"

namespace registre {

// Goes through the events of a tag from a position up to a point, each folded into the row once.
// Holds the row and, in Next, a page of positions. One thread at a time; blocks on disk, and never
// holds back Publish for more than kPostingsAtOnce postings.
class TagReplay {
 public:
  // The row before `from` is read as StateReader reads it. Nothing when the tag has no event at the
  // point. Borrows the log; holds the index. Errors: those of StateReader.
  static absl::StatusOr<std::optional<TagReplay>> Begin(const EventStore& log,
                                                        std::shared_ptr<Index> index,
                                                        const Projection& projection,
                                                        const std::string& tag, uint64_t from,
                                                        const Point& point);

  // An event with the row after it, which lives during the call only.
  struct Step {
    uint64_t position;
    const std::string& event;  // stored bytes
    const v1::Row& row;        // empty when the tag has none
  };
  // Calls visit(step) for the next events in effect at the point, `most` at most, until it returns
  // false: the next call goes on after that one.
  absl::Status Next(size_t most, const std::function<bool(const Step&)>& visit);

  // There are no more.
  bool done() const { return next_ > count_; }
  // Position of the last event at the point, in effect or not.
  uint64_t last_position() const { return last_position_; }

 private:
  TagReplay(const EventStore* log, std::shared_ptr<Index> index, const Projection& projection,
            std::string tag, const Point& point);
  // What Begin finds of the chain; false when there is none at the point.
  absl::StatusOr<bool> FindRange(uint64_t from);

  const EventStore* log_;
  std::shared_ptr<Index> index_;
  Projection projection_;
  std::string tag_;
  Point point_;
  uint64_t next_ = 1;   // sequence
  uint64_t count_ = 0;  // sequence of the last event at the point
  uint64_t last_position_ = 0;
  v1::Row row_;
};

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_TAG_REPLAY_H_
