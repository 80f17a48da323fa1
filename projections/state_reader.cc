#include "projections/state_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"
#include "projections/fold.h"

namespace registre {
namespace {

// Looked at under one reader: keys; snapshots of a key, of which the disk gives the rows too.
constexpr size_t kKeyChunk = 256;
constexpr size_t kBlockChunk = 8;

// Events recorded at or before the instant, of the first `size`. Units share their recorded_at, so
// the bound falls between units.
absl::StatusOr<uint64_t> SizeAt(const EventStore& log, uint64_t size, absl::Time instant) {
  uint64_t low = 0;
  uint64_t high = size;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    auto event = ReadEvent(log, middle);
    if (!event.ok()) return event.status();
    if (FromTimestamp(event->recorded_at()) <= instant) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The largest multiple of kSnapshotEvery, at most `count`, whose snapshot holds no later effective
// date than the point's; nothing when there is none. Dates only grow along a history.
absl::StatusOr<std::optional<Snapshot>> BestSnapshot(const Index& index, std::string_view key,
                                                     uint64_t count, const Point& point) {
  uint64_t low = 0;
  uint64_t high = count / kSnapshotEvery;
  std::optional<Snapshot> best;
  while (low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    auto snapshot = index.Read()->GetSnapshot(key, middle * kSnapshotEvery);
    if (!snapshot.ok()) return snapshot.status();
    if (snapshot->has_value() && (*snapshot)->max_effective <= point.effective_on) {
      low = middle;
      best = **std::move(snapshot);
    } else {
      high = middle - 1;
    }
  }
  return best;
}

}  // namespace

Projection RegistreProjection() {
  return {.version = kFoldVersion,
          .row_keys = &RowKeysOf,
          .apply = [](const v1::Event& event, std::string_view key, v1::Row* row) {
            Fold(Direction::kApply, event, key, row);
          }};
}

absl::StatusOr<Point> StateReader::Resolve(const v1::ReadOptions& options) const {
  Point point{.size = index_.Read()->size(), .as_recorded = options.as_recorded()};
  if (options.has_min_position() && options.min_position() >= point.size) {
    return Error(
        absl::StatusCode::kUnavailable, "POSITION_NOT_REACHED",
        fmt::format("position {} is not recorded here yet, the ledger holds {} events; try "
                    "again in a moment",
                    options.min_position(), point.size));
  }
  const v1::AsOf& as_of = options.as_of();
  if (as_of.has_effective_on()) {
    if (!IsValidDate(as_of.effective_on())) {
      return ShapeError(
          {{"options.as_of.effective_on", "PERIOD_INVALID",
            fmt::format("{} is no date of the calendar", FormatIsoDate(as_of.effective_on()))}});
    }
    point.effective_on = ToDays(as_of.effective_on());
  }
  if (as_of.has_instant()) {
    auto size = SizeAt(log_, point.size, FromTimestamp(as_of.instant()));
    if (!size.ok()) return size.status();
    point.size = *size;
  } else if (as_of.known_at_case() == v1::AsOf::kPosition && as_of.position() < point.size) {
    auto event = ReadEvent(log_, as_of.position());
    if (!event.ok()) return event.status();
    point.size = as_of.position() - event->unit_index() + event->unit_size();
  }
  return point;
}

absl::Status StateReader::BlocksToRead(std::string_view key, uint64_t first, uint64_t count,
                                       Days effective_on, std::vector<Range>* ranges) const {
  uint64_t unread = first;  // first sequence neither passed over nor in a range
  uint64_t from = first;
  bool more = effective_on != Point::kNoLimit;
  while (more) {
    more = false;
    size_t seen = 0;
    const auto pass_over = [&](uint64_t sequence, Days earliest) {
      if (sequence > count) return false;
      from = sequence + 1;
      // What is no end of a whole block is not passed over.
      const bool whole = sequence % kSnapshotEvery == 0 && sequence + 1 >= unread + kSnapshotEvery;
      if (whole && earliest > effective_on) {
        const uint64_t block = sequence - kSnapshotEvery + 1;
        if (unread < block) ranges->push_back({unread, block - 1});
        unread = sequence + 1;
      }
      more = ++seen == kBlockChunk;
      return !more;
    };
    REGISTRE_RETURN_IF_ERROR(index_.Read()->BlockDates(key, from, pass_over));
  }
  if (unread <= count) ranges->push_back({unread, count});
  return absl::OkStatus();
}

absl::Status StateReader::CollectPositions(std::string_view key, uint64_t first, uint64_t count,
                                           const Point& point,
                                           std::vector<uint64_t>* positions) const {
  std::vector<Range> ranges;
  REGISTRE_RETURN_IF_ERROR(BlocksToRead(key, first, count, point.effective_on, &ranges));
  for (const Range& range : ranges) {
    const auto collect = [&](uint64_t sequence, const Posting& posting) {
      if (posting.effective <= point.effective_on) positions->push_back(posting.position);
      return sequence < range.last;
    };
    REGISTRE_RETURN_IF_ERROR(VisitPostings(index_, key, range.first, /*backward=*/false, collect));
  }
  return absl::OkStatus();
}

absl::StatusOr<StateReader::Recipe> StateReader::RecipeFor(std::string_view key,
                                                           const Point& point) const {
  Recipe recipe;
  uint64_t count = 0;
  {
    const auto reader = index_.Read();
    auto state = reader->Get(key);
    if (!state.ok()) return state.status();
    if (!state->has_value()) return recipe;
    const KeyState& present = **state;
    if (present.last_position < point.size && present.max_effective <= point.effective_on &&
        !point.as_recorded) {
      recipe.present = present.row;
      return recipe;
    }
    count = present.count;
    if (present.last_position >= point.size) {
      auto after = SequenceAtOrAfter(*reader, key, present.count, point.size);
      if (!after.ok()) return after.status();
      count = *after - 1;
    }
  }
  recipe.as_recorded = point.as_recorded;
  uint64_t first = 1;
  if (!point.as_recorded) {
    auto snapshot = BestSnapshot(index_, key, count, point);
    if (!snapshot.ok()) return snapshot.status();
    if (snapshot->has_value()) {
      recipe.snapshot = std::move((*snapshot)->row);
      first = (*snapshot)->sequence + 1;
    }
  }
  REGISTRE_RETURN_IF_ERROR(CollectPositions(key, first, count, point, &recipe.positions));
  return recipe;
}

absl::StatusOr<std::shared_ptr<const v1::Row>> StateReader::Cook(std::string_view key,
                                                                 Recipe recipe) const {
  if (recipe.present != nullptr) return recipe.present;
  auto row = std::make_shared<v1::Row>();
  if (!row->ParseFromString(recipe.snapshot)) {
    return Error(absl::StatusCode::kDataLoss, "INDEX_DAMAGED",
                 fmt::format("a snapshot of {} cannot be read; rebuild the index", key));
  }
  absl::Status failed;
  REGISTRE_RETURN_IF_ERROR(
      VisitEvents(log_, recipe.positions, [&](size_t i, const std::string& bytes) {
        auto event = ParseEvent(recipe.positions[i], bytes);
        failed = event.status();
        if (!event.ok()) return false;
        const bool counts = !recipe.as_recorded || event->correction_number().empty();
        if (counts) projection_.apply(*event, key, row.get());
        return true;
      }));
  REGISTRE_RETURN_IF_ERROR(failed);
  return row;
}

absl::StatusOr<std::shared_ptr<const v1::Row>> StateReader::RowAt(std::string_view key,
                                                                  const Point& point) const {
  auto recipe = RecipeFor(key, point);
  if (!recipe.ok()) return recipe.status();
  auto row = Cook(key, *std::move(recipe));
  if (!row.ok()) return row.status();
  if ((*row)->row_case() == v1::Row::ROW_NOT_SET) return std::shared_ptr<const v1::Row>();
  return row;
}

absl::Status StateReader::ForEachRow(
    std::string_view prefix, std::string_view after, const Point& point,
    const std::function<bool(std::string_view, const v1::Row*)>& visit) const {
  std::string last(after);
  while (true) {
    std::vector<std::string> keys;
    REGISTRE_RETURN_IF_ERROR(index_.Read()->ForEachKeyName(prefix, last, [&](std::string_view key) {
      keys.emplace_back(key);
      return keys.size() < kKeyChunk;
    }));
    for (const std::string& key : keys) {
      auto row = RowAt(key, point);
      if (!row.ok()) return row.status();
      if (!visit(key, row->get())) return absl::OkStatus();
    }
    if (keys.size() < kKeyChunk) return absl::OkStatus();
    last = keys.back();
  }
}

}  // namespace registre
