#include "projections/standing.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"
#include "ledger/layers.h"
#include "ledger/view.h"
#include "projections/fold.h"

namespace registre {

absl::StatusOr<std::optional<StandingAct>> StandingAt(const EventStore& log,
                                                      const StateReader& state, const Point& point,
                                                      uint64_t position) {
  auto event = ReadEvent(log, position);
  if (!event.ok()) return event.status();
  auto row = state.RowAt(CorrectedKey(position), point);
  if (!row.ok()) return row.status();
  StandingAct standing{.position = position,
                       .subject = event->actor().subject(),
                       .recorded_at = FromTimestamp(event->recorded_at()),
                       .act = std::move(*event->mutable_act()),
                       .flags = {event->flags().begin(), event->flags().end()},
                       .standing_position = std::nullopt,
                       .counts_from = kAlways};
  if (*row == nullptr) return standing;
  const v1::CorrectedPosition& corrected = (*row)->corrected_position();
  if (!corrected.has_replaced_position()) return std::nullopt;
  auto rectified = ReadEvent(log, corrected.replaced_position());
  if (!rectified.ok()) return rectified.status();
  standing.counts_from = ToDays(rectified->act().act_rectified().effective_on());
  standing.act = rectified->act().act_rectified().act();
  standing.flags.assign(rectified->flags().begin(), rectified->flags().end());
  standing.standing_position = corrected.replaced_position();
  return standing;
}

absl::StatusOr<std::string> CorrectedBy(const StateReader& state, const Point& point,
                                        const v1::Event& event) {
  if (point.as_recorded) return std::string();
  const bool rectified = event.act().has_act_rectified();
  const uint64_t position =
      rectified ? event.act().act_rectified().target_position() : event.position();
  auto row = state.RowAt(CorrectedKey(position), point);
  if (!row.ok()) return row.status();
  if (*row == nullptr) return std::string();
  const v1::CorrectedPosition& corrected = (*row)->corrected_position();
  if (rectified && corrected.replaced_position() == event.position()) return std::string();
  return corrected.correction_numbers(corrected.correction_numbers_size() - 1);
}

absl::StatusOr<std::optional<v1::Event>> AsCounted(const StateReader& state, const Point& point,
                                                   v1::Event event) {
  if (event.act().has_act_reversed()) return std::nullopt;
  if (point.as_recorded && !event.correction_number().empty()) return std::nullopt;
  auto corrected_by = CorrectedBy(state, point, event);
  if (!corrected_by.ok()) return corrected_by.status();
  if (!corrected_by->empty()) return std::nullopt;
  if (event.act().has_act_rectified()) return CompensationOf(event).event;
  return event;
}

absl::StatusOr<CorrectedPast> CorrectedPast::Load(const EventStore& log, const Index& index,
                                                  const StateReader& state, const Point& point,
                                                  uint64_t from) {
  CorrectedPast past(state, point);
  if (point.as_recorded) return past;
  std::vector<uint64_t> positions;
  const auto collect = [&](uint64_t, const Posting& posting) {
    if (posting.position >= point.size) return false;
    if (posting.effective <= point.effective_on) positions.push_back(posting.position);
    return positions.size() <= kMaxCorrectionScan;
  };
  REGISTRE_RETURN_IF_ERROR(VisitPostingsFrom(index, kCorrectionsKey, from, collect));
  if (positions.size() > kMaxCorrectionScan) {
    return Error(absl::StatusCode::kResourceExhausted, "CORRECTION_TOO_WIDE",
                 fmt::format("more than {} corrections were made since position {}",
                             kMaxCorrectionScan, from));
  }
  absl::Status failed;
  REGISTRE_RETURN_IF_ERROR(VisitEvents(log, positions, [&](size_t i, const std::string& bytes) {
    auto event = ParseEvent(positions[i], bytes);
    failed = event.status();
    if (!event.ok()) return false;
    const std::vector<std::string> keys = RowKeysOf(*event);
    past.corrections_.push_back({.event = *std::move(event), .keys = {keys.begin(), keys.end()}});
    return true;
  }));
  REGISTRE_RETURN_IF_ERROR(failed);
  return past;
}

void CorrectedPast::ForEachCorrected(std::string_view key,
                                     const std::function<void(uint64_t position)>& visit) const {
  for (const Known& known : corrections_) {
    if (known.keys.count(key) > 0) visit(CompensationOf(known.event).event.position());
  }
}

absl::StatusOr<std::shared_ptr<const v1::Row>> CorrectedPast::RowBefore(std::string_view key,
                                                                        uint64_t position) const {
  Point before = point_;
  before.size = std::min(position, point_.size);
  auto row = state_->RowAt(key, before);
  if (!row.ok()) return row.status();
  std::shared_ptr<v1::Row> own;
  for (const Known& known : corrections_) {
    if (known.event.position() < position || known.keys.count(key) == 0) continue;
    const Compensation compensation = CompensationOf(known.event);
    if (compensation.event.position() >= position) continue;
    if (own == nullptr) own = std::make_shared<v1::Row>(*row == nullptr ? v1::Row() : **row);
    Fold(compensation.direction, compensation.event, key, own.get());
  }
  if (own == nullptr) return row;
  if (own->row_case() == v1::Row::ROW_NOT_SET) return std::shared_ptr<const v1::Row>();
  return own;
}

}  // namespace registre
