#include "ledger/event_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"

namespace registre {
namespace {

void CheckTerms(const google::protobuf::RepeatedPtrField<std::string>& terms, std::string_view path,
                std::string_view name, std::vector<Violation>* violations) {
  if (terms.size() > kMaxQueryTerms) {
    violations->push_back({fmt::format("{}.{}", path, name), "QUERY_INVALID",
                           fmt::format("{} of them, at most {}", terms.size(), kMaxQueryTerms)});
  }
}

bool HasTag(const v1::Event& event, const std::string& tag) {
  return std::any_of(event.tags().begin(), event.tags().end(),
                     [&](const v1::TagLink& link) { return link.tag() == tag; });
}

// Adds an event to the page. False when the page is full.
class PageBuilder {
 public:
  PageBuilder(const v1::EventQuery& query, const EventRange& range, EventPage* page)
      : query_(query), range_(range), page_(page) {}

  // Whether another event may be looked at.
  bool full() const {
    return page_->events.size() >= range_.max_events || bytes_ >= range_.max_bytes;
  }

  absl::Status Offer(uint64_t position, std::string_view bytes) {
    v1::Event event;
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Error(absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
                   fmt::format("the event at position {} cannot be read", position));
    }
    if (!Matches(query_, event) || EffectiveDateOf(event.act()) > range_.effective_on) {
      return absl::OkStatus();
    }
    bytes_ += bytes.size();
    page_->events.push_back({position, std::string(bytes)});
    return absl::OkStatus();
  }

 private:
  const v1::EventQuery& query_;
  const EventRange& range_;
  EventPage* page_;
  size_t bytes_ = 0;
};

absl::StatusOr<EventPage> ScanLog(const EventStore& log, const v1::EventQuery& query,
                                  const EventRange& range) {
  EventPage page;
  PageBuilder builder(query, range, &page);
  absl::Status failed;
  if (!range.backward) {
    page.next = range.from;
    page.complete = true;
    const absl::Status read = log.Read(range.from, [&](uint64_t position, std::string_view bytes) {
      if (position >= range.end) return false;
      if (builder.full() || position - range.from >= kMaxPageScan) {
        page.complete = false;
        return false;
      }
      failed = builder.Offer(position, bytes);
      page.next = position + 1;
      return failed.ok();
    });
    REGISTRE_RETURN_IF_ERROR(read);
    REGISTRE_RETURN_IF_ERROR(failed);
    return page;
  }
  constexpr uint64_t kChunk = 256;
  uint64_t left = range.end == 0 ? 0 : std::min(range.from, range.end - 1) + 1;
  uint64_t looked_at = 0;
  while (left > 0 && !builder.full() && looked_at < kMaxPageScan) {
    std::vector<uint64_t> positions;
    for (uint64_t i = 0; i < std::min(left, kChunk); ++i) positions.push_back(left - 1 - i);
    auto events = log.Get(positions);
    if (!events.ok()) return events.status();
    for (size_t i = 0; i < positions.size() && !builder.full(); ++i, --left, ++looked_at) {
      REGISTRE_RETURN_IF_ERROR(builder.Offer(positions[i], (*events)[i]));
    }
  }
  page.complete = left == 0;
  page.next = left == 0 ? 0 : left - 1;
  return page;
}

// The item's tag with the shortest history, and its length; nothing when one has no history at all.
absl::StatusOr<std::optional<std::pair<std::string, uint64_t>>> RarestTag(
    const Index::Reader& reader, const v1::QueryItem& item) {
  std::optional<std::pair<std::string, uint64_t>> rarest;
  for (const std::string& tag : item.tags()) {
    auto state = reader.Get(tag);
    if (!state.ok()) return state.status();
    if (!state->has_value()) return std::optional<std::pair<std::string, uint64_t>>();
    if (!rarest || (*state)->count < rarest->second) rarest = {tag, (*state)->count};
  }
  return rarest;
}

// Candidates of one item, in the direction of the range. The answer is the last position looked at when
// the item may have more: `limit` were found, or kMaxPageScan looked at.
absl::StatusOr<std::optional<uint64_t>> Candidates(const Index::Reader& reader, const v1::QueryItem& item,
                                const EventRange& range, size_t limit,
                                std::vector<uint64_t>* positions) {
  auto rarest = RarestTag(reader, item);
  if (!rarest.ok()) return rarest.status();
  if (!rarest->has_value()) return std::optional<uint64_t>();
  const auto& [tag, count] = **rarest;
  std::vector<uint16_t> types;
  for (const std::string& type : item.types()) {
    types.push_back(static_cast<uint16_t>(ActCaseOf(type)));
  }
  uint64_t start_at = range.from;
  if (range.backward) start_at = std::min(range.from, range.end == 0 ? 0 : range.end - 1) + 1;
  auto sequence = SequenceAtOrAfter(reader, tag, count, start_at);
  if (!sequence.ok()) return sequence.status();
  if (range.backward) *sequence -= 1;
  if (*sequence == 0 || *sequence > count) return std::optional<uint64_t>();
  std::optional<uint64_t> last;
  bool more = false;
  uint64_t looked_at = 0;
  const absl::Status read =
      reader.Postings(tag, *sequence, range.backward, [&](uint64_t, const Posting& posting) {
        if (posting.position >= range.end) return range.backward;
        more = positions->size() >= limit || looked_at >= kMaxPageScan;
        if (more) return false;
        ++looked_at;
        last = posting.position;
        const bool wanted = types.empty() || std::count(types.begin(), types.end(), posting.act);
        if (wanted && posting.effective <= range.effective_on) {
          positions->push_back(posting.position);
        }
        return true;
      });
  REGISTRE_RETURN_IF_ERROR(read);
  return more ? last : std::nullopt;
}

absl::StatusOr<EventPage> ReadByTags(const EventStore& log, const Index& index,
                                     const v1::EventQuery& query, const EventRange& range) {
  const size_t limit = std::min<size_t>(kMaxPageScan, range.max_events * 4 + 16);
  std::vector<uint64_t> positions;
  // Nothing beyond where the first item stopped may be used: the next page starts there.
  std::optional<uint64_t> bound;
  {
    const auto reader = index.Read();
    for (const v1::QueryItem& item : query.items()) {
      std::vector<uint64_t> found;
      auto stopped_at = Candidates(*reader, item, range, limit, &found);
      if (!stopped_at.ok()) return stopped_at.status();
      if (const std::optional<uint64_t> at = *stopped_at) {
        bound = !bound ? *at : range.backward ? std::max(*bound, *at) : std::min(*bound, *at);
      }
      positions.insert(positions.end(), found.begin(), found.end());
    }
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  if (range.backward) std::reverse(positions.begin(), positions.end());
  if (bound) {
    std::erase_if(positions, [&](uint64_t p) { return range.backward ? p < *bound : p > *bound; });
  }

  EventPage page;
  PageBuilder builder(query, range, &page);
  constexpr size_t kChunk = 64;
  size_t done = 0;
  while (done < positions.size() && !builder.full()) {
    const size_t end = std::min(positions.size(), done + kChunk);
    auto events = log.Get({positions.begin() + static_cast<ptrdiff_t>(done),
                           positions.begin() + static_cast<ptrdiff_t>(end)});
    if (!events.ok()) return events.status();
    for (const std::string& event : *events) {
      if (builder.full()) break;
      REGISTRE_RETURN_IF_ERROR(builder.Offer(positions[done], event));
      ++done;
    }
  }
  page.complete = done == positions.size() && !bound;
  if (done < positions.size()) {
    page.next = positions[done];
  } else if (bound) {
    page.next = range.backward ? *bound - std::min<uint64_t>(*bound, 1) : *bound + 1;
    if (range.backward && *bound == 0) page.complete = true;
  } else {
    page.next = range.backward ? 0 : range.end;
  }
  return page;
}

}  // namespace

void CheckQuery(const v1::EventQuery& query, std::string path, std::vector<Violation>* violations) {
  if (query.items_size() > kMaxQueryItems) {
    violations->push_back({path + ".items", "QUERY_INVALID",
                           fmt::format("{} items, at most {}", query.items_size(), kMaxQueryItems)});
  }
  for (int i = 0; i < query.items_size(); ++i) {
    const v1::QueryItem& item = query.items(i);
    const std::string at = fmt::format("{}.items[{}]", path, i);
    CheckTerms(item.types(), at, "types", violations);
    CheckTerms(item.tags(), at, "tags", violations);
    for (const std::string& type : item.types()) {
      if (ActCaseOf(type) != v1::Act::ACT_NOT_SET) continue;
      violations->push_back({at + ".types", "QUERY_INVALID",
                             fmt::format("\"{:.80}\" is no act; see act.proto for the names, for "
                                         "example payment_ordered",
                                         type)});
    }
    for (const std::string& tag : item.tags()) {
      if (IsTag(tag)) continue;
      violations->push_back({at + ".tags", "QUERY_INVALID",
                             fmt::format("\"{:.80}\" is no tag; write kind:id, for example "
                                         "convention:2023-00963",
                                         tag)});
    }
  }
}

bool Matches(const v1::QueryItem& item, const v1::Event& event) {
  const auto& types = item.types();
  const std::string_view type = ActType(event.act());
  if (!types.empty() && std::find(types.begin(), types.end(), type) == types.end()) return false;
  return std::all_of(item.tags().begin(), item.tags().end(),
                     [&](const std::string& tag) { return HasTag(event, tag); });
}

bool Matches(const v1::EventQuery& query, const v1::Event& event) {
  return query.items().empty() ||
         std::any_of(query.items().begin(), query.items().end(),
                     [&](const v1::QueryItem& item) { return Matches(item, event); });
}

absl::StatusOr<uint64_t> SequenceAtOrAfter(const Index::Reader& reader, std::string_view key,
                                           uint64_t count, uint64_t position) {
  uint64_t low = 1;
  uint64_t high = count + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    uint64_t found = 0;
    const absl::Status read =
        reader.Postings(key, middle, /*backward=*/false, [&](uint64_t, const Posting& posting) {
          found = posting.position;
          return false;
        });
    REGISTRE_RETURN_IF_ERROR(read);
    if (found < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

absl::StatusOr<EventPage> ReadEventPage(const EventStore& log, const Index& index,
                                        const v1::EventQuery& query, const EventRange& range) {
  const bool by_tags =
      query.items_size() > 0 &&
      std::all_of(query.items().begin(), query.items().end(),
                  [](const v1::QueryItem& item) { return item.tags_size() > 0; });
  return by_tags ? ReadByTags(log, index, query, range) : ScanLog(log, query, range);
}

}  // namespace registre
