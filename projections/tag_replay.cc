#include "projections/tag_replay.h"

#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"

namespace registre {

TagReplay::TagReplay(const EventStore* log, std::shared_ptr<Index> index,
                     const Projection& projection, std::string tag, const Point& point)
    : log_(log),
      index_(std::move(index)),
      projection_(projection),
      tag_(std::move(tag)),
      point_(point) {}

absl::StatusOr<bool> TagReplay::FindRange(uint64_t from) {
  const auto reader = index_->Read();
  const auto state = reader->Get(tag_);
  if (!state.ok()) return state.status();
  if (!state->has_value()) return false;
  const auto after = SequenceAtOrAfter(*reader, tag_, (*state)->count, point_.size);
  if (!after.ok()) return after.status();
  count_ = *after - 1;
  if (count_ == 0) return false;
  REGISTRE_RETURN_IF_ERROR(
      reader->Postings(tag_, count_, /*backward=*/false, [&](uint64_t, const Posting& posting) {
        last_position_ = posting.position;
        return false;
      }));
  const auto first = SequenceAtOrAfter(*reader, tag_, count_, from);
  if (!first.ok()) return first.status();
  next_ = *first;
  return true;
}

absl::StatusOr<std::optional<TagReplay>> TagReplay::Begin(const EventStore& log,
                                                          std::shared_ptr<Index> index,
                                                          const Projection& projection,
                                                          const std::string& tag, uint64_t from,
                                                          const Point& point) {
  TagReplay replay(&log, std::move(index), projection, tag, point);
  const auto found = replay.FindRange(from);
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<TagReplay>();
  if (replay.next_ > 1 && !replay.done()) {
    const StateReader state(log, *replay.index_, projection);
    const auto row = state.RowAt(tag, {.size = from, .effective_on = point.effective_on});
    if (!row.ok()) return row.status();
    if (*row != nullptr) replay.row_ = **row;
  }
  return std::optional(std::move(replay));
}

absl::Status TagReplay::Next(size_t most, const std::function<bool(const Step&)>& visit) {
  std::vector<uint64_t> positions;
  std::vector<uint64_t> sequences;
  uint64_t looked_at = 0;
  REGISTRE_RETURN_IF_ERROR(VisitPostings(
      *index_, tag_, next_, /*backward=*/false, [&](uint64_t sequence, const Posting& posting) {
        next_ = sequence + 1;
        if (posting.effective <= point_.effective_on) {
          positions.push_back(posting.position);
          sequences.push_back(sequence);
        }
        return positions.size() < most && !done() && ++looked_at < kMaxPageScan;
      }));
  absl::Status failed;
  REGISTRE_RETURN_IF_ERROR(VisitEvents(*log_, positions, [&](size_t i, const std::string& bytes) {
    const auto event = ParseEvent(positions[i], bytes);
    failed = event.status();
    if (!failed.ok()) return false;
    projection_.apply(*event, tag_, &row_);
    if (visit({.position = positions[i], .event = bytes, .row = row_})) return true;
    next_ = sequences[i] + 1;
    return false;
  }));
  return failed;
}

}  // namespace registre
