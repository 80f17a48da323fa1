#include "ledger/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"

namespace registre {
namespace {

// Events read at once.
constexpr size_t kChunk = 64;

const std::string& RarestTag(const Layers& layers, const v1::QueryItem& item) {
  return *std::min_element(item.tags().begin(), item.tags().end(),
                           [&](const std::string& a, const std::string& b) {
                             return layers.HeadOf(a).count < layers.HeadOf(b).count;
                           });
}

absl::Status TooWide(const std::string& tag) {
  return Error(
      absl::StatusCode::kResourceExhausted, "CONDITION_TOO_WIDE",
      fmt::format("the condition looks at more than {} events, those of {} among them; raise "
                  "from_position or name a rarer tag",
                  kMaxConditionScan, tag));
}

absl::Status Broken(uint64_t position, uint64_t from_position) {
  return Error(absl::StatusCode::kAborted, "CONDITION_BROKEN",
               fmt::format("the event at position {} matches the condition, which allows none from "
                           "position {} on; read up to there and decide again",
                           position, from_position),
               {{"position", fmt::format("{}", position)}});
}

// Positions from `from_position` on, newest first, that the item may hold: those of its rarest tag
// with one of its types. Counts every event looked at.
absl::StatusOr<std::vector<uint64_t>> Candidates(const v1::QueryItem& item, uint64_t from_position,
                                                 const Layers& layers, uint64_t* looked_at) {
  std::vector<uint16_t> types;
  for (const std::string& type : item.types()) {
    types.push_back(static_cast<uint16_t>(ActCaseOf(type)));
  }
  const std::string& tag = RarestTag(layers, item);
  std::vector<uint64_t> positions;
  bool too_wide = false;
  layers.PostingsBackward(tag, [&](const Posting& posting) {
    if (posting.position < from_position) return false;
    too_wide = ++*looked_at > kMaxConditionScan;
    if (too_wide) return false;
    if (types.empty() || std::count(types.begin(), types.end(), posting.act) > 0) {
      positions.push_back(posting.position);
    }
    return true;
  });
  REGISTRE_RETURN_IF_ERROR(layers.status());
  if (too_wide) return TooWide(tag);
  return positions;
}

}  // namespace

absl::Status CheckCondition(const v1::Condition& condition, const Layers& layers,
                            const GetEvents& get_events) {
  uint64_t looked_at = 0;
  for (const v1::QueryItem& item : condition.query().items()) {
    auto candidates = Candidates(item, condition.from_position(), layers, &looked_at);
    if (!candidates.ok()) return candidates.status();
    for (size_t done = 0; done < candidates->size(); done += kChunk) {
      const auto begin = candidates->begin() + static_cast<ptrdiff_t>(done);
      const auto end =
          candidates->begin() + static_cast<ptrdiff_t>(std::min(done + kChunk, candidates->size()));
      auto events = get_events({begin, end});
      if (!events.ok()) return events.status();
      for (const v1::Event& event : *events) {
        if (Matches(item, event)) return Broken(event.position(), condition.from_position());
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace registre
