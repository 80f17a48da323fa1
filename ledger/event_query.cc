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

// Events read at once, and how many bytes of them make the next reads go one by one: an event may
// hold 3 MiB, and several reads go on at once.
constexpr size_t kEventsAtOnce = 16;
constexpr size_t kManyBytes = 256 * 1024;
// What an event costs in an answer beside its bytes.
constexpr size_t kItemBytes = 16;

// Adds violations of a query as long as there may be more.
class QueryCheck {
 public:
  explicit QueryCheck(std::vector<Violation>* violations) : violations_(violations) {}

  bool full() const { return violations_->size() >= kMaxViolations; }

  void Add(std::string field, std::string message) {
    if (!full()) violations_->push_back({std::move(field), "QUERY_INVALID", std::move(message)});
  }

  // False, and said, when there are more than may be.
  bool AtMost(int count, int most, const std::string& field) {
    if (count > most) Add(field, fmt::format("{} of them, at most {}", count, most));
    return count <= most;
  }

 private:
  std::vector<Violation>* const violations_;
};

bool HasTag(const v1::Event& event, const std::string& tag) {
  return std::any_of(event.tags().begin(), event.tags().end(),
                     [&](const v1::TagLink& link) { return link.tag() == tag; });
}

// Puts events into the page.
class PageBuilder {
 public:
  PageBuilder(const v1::EventQuery& query, const EventRange& range, EventPage* page)
      : query_(query), range_(range), page_(page) {}

  // Nothing more goes into the page.
  bool full() const {
    return over_ || page_->events.size() >= range_.max_events || bytes_ >= range_.max_bytes;
  }

  // Takes the event if it is wanted. False when it does not fit: the next page starts with it.
  absl::StatusOr<bool> Offer(uint64_t position, std::string_view bytes) {
    auto event = ParseEvent(position, bytes);
    if (!event.ok()) return event.status();
    if (!Matches(query_, *event) || EffectiveDateOf(event->act()) > range_.effective_on) {
      return true;
    }
    const size_t cost = bytes.size() + kItemBytes;
    over_ = !page_->events.empty() && bytes_ + cost > range_.max_bytes;
    if (over_) return false;
    bytes_ += cost;
    page_->events.push_back({position, std::string(bytes)});
    return true;
  }

  // Offers the events of positions until one does not fit; `*done` is how many were looked at.
  absl::Status OfferAll(const EventStore& log, const std::vector<uint64_t>& positions,
                        size_t* done) {
    *done = 0;
    absl::Status failed;
    REGISTRE_RETURN_IF_ERROR(VisitEvents(log, positions, [&](size_t i, const std::string& bytes) {
      if (full()) return false;
      auto taken = Offer(positions[i], bytes);
      failed = taken.status();
      if (!taken.ok() || !*taken) return false;
      *done = i + 1;
      return !full();
    }));
    return failed;
  }

 private:
  const v1::EventQuery& query_;
  const EventRange& range_;
  EventPage* page_;
  size_t bytes_ = 0;
  bool over_ = false;
};

absl::StatusOr<EventPage> ScanForward(const EventStore& log, const v1::EventQuery& query,
                                      const EventRange& range) {
  EventPage page;
  PageBuilder builder(query, range, &page);
  absl::Status failed;
  page.next = range.from;
  page.complete = true;
  const absl::Status read = log.Read(range.from, [&](uint64_t position, std::string_view bytes) {
    if (position >= range.end) return false;
    page.complete = false;
    if (builder.full() || position - range.from >= kMaxPageScan) return false;
    auto taken = builder.Offer(position, bytes);
    failed = taken.status();
    if (!taken.ok() || !*taken) return false;
    page.next = position + 1;
    page.complete = true;
    return true;
  });
  REGISTRE_RETURN_IF_ERROR(read);
  REGISTRE_RETURN_IF_ERROR(failed);
  return page;
}

absl::StatusOr<EventPage> ScanBackward(const EventStore& log, const v1::EventQuery& query,
                                       const EventRange& range) {
  EventPage page;
  PageBuilder builder(query, range, &page);
  constexpr uint64_t kChunk = 256;
  uint64_t left = range.end == 0 ? 0 : std::min(range.from, range.end - 1) + 1;
  uint64_t looked_at = 0;
  while (left > 0 && !builder.full() && looked_at < kMaxPageScan) {
    std::vector<uint64_t> positions;
    for (uint64_t i = 0; i < std::min(left, kChunk); ++i) positions.push_back(left - 1 - i);
    size_t done = 0;
    REGISTRE_RETURN_IF_ERROR(builder.OfferAll(log, positions, &done));
    left -= done;
    looked_at += done;
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

// Positions that may match, in the direction of the range.
struct CandidatePage {
  std::vector<uint64_t> positions;
  // Last position looked at; set when there may be more of them.
  std::optional<uint64_t> stopped_at;
};

// Candidates of one item: at most `limit`, of at most `scan` postings.
absl::StatusOr<CandidatePage> CandidatesOf(const Index& index, const v1::QueryItem& item,
                                           const EventRange& range, size_t limit, uint64_t scan) {
  CandidatePage found;
  std::string tag;
  uint64_t sequence = 0;
  {
    const auto reader = index.Read();
    auto rarest = RarestTag(*reader, item);
    if (!rarest.ok()) return rarest.status();
    if (!rarest->has_value()) return found;
    tag = (*rarest)->first;
    const uint64_t count = (*rarest)->second;
    uint64_t start_at = range.from;
    if (range.backward) start_at = std::min(range.from, range.end == 0 ? 0 : range.end - 1) + 1;
    auto first = SequenceAtOrAfter(*reader, tag, count, start_at);
    if (!first.ok()) return first.status();
    sequence = range.backward ? *first - 1 : *first;
    if (sequence == 0 || sequence > count) return found;
  }
  std::vector<uint16_t> types;
  for (const std::string& type : item.types()) {
    types.push_back(static_cast<uint16_t>(ActCaseOf(type)));
  }
  std::optional<uint64_t> last;
  bool more = false;
  uint64_t looked_at = 0;
  REGISTRE_RETURN_IF_ERROR(
      VisitPostings(index, tag, sequence, range.backward, [&](uint64_t, const Posting& posting) {
        if (posting.position >= range.end) return range.backward;
        more = found.positions.size() >= limit || looked_at >= scan;
        if (more) return false;
        ++looked_at;
        last = posting.position;
        const bool wanted = types.empty() || std::count(types.begin(), types.end(), posting.act);
        if (wanted && posting.effective <= range.effective_on) {
          found.positions.push_back(posting.position);
        }
        return true;
      }));
  if (more) found.stopped_at = last;
  return found;
}

absl::StatusOr<EventPage> ReadByTags(const EventStore& log, const Index& index,
                                     const v1::EventQuery& query, const EventRange& range) {
  const size_t limit = std::min<size_t>(kMaxPageScan, range.max_events * 4 + 16);
  const uint64_t scan = kMaxPageScan / static_cast<uint64_t>(query.items_size());
  std::vector<uint64_t> positions;
  // Nothing beyond where the first item stopped may be used: the next page starts there.
  std::optional<uint64_t> bound;
  for (const v1::QueryItem& item : query.items()) {
    auto found = CandidatesOf(index, item, range, limit, scan);
    if (!found.ok()) return found.status();
    if (const std::optional<uint64_t> at = found->stopped_at) {
      bound = !bound ? *at : range.backward ? std::max(*bound, *at) : std::min(*bound, *at);
    }
    positions.insert(positions.end(), found->positions.begin(), found->positions.end());
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  if (range.backward) std::reverse(positions.begin(), positions.end());
  if (bound) {
    std::erase_if(positions, [&](uint64_t p) { return range.backward ? p < *bound : p > *bound; });
  }

  EventPage page;
  PageBuilder builder(query, range, &page);
  size_t done = 0;
  REGISTRE_RETURN_IF_ERROR(builder.OfferAll(log, positions, &done));
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
  QueryCheck check(violations);
  if (!check.AtMost(query.items_size(), kMaxQueryItems, path + ".items")) return;
  for (int i = 0; i < query.items_size() && !check.full(); ++i) {
    const v1::QueryItem& item = query.items(i);
    const std::string types = fmt::format("{}.items[{}].types", path, i);
    const std::string tags = fmt::format("{}.items[{}].tags", path, i);
    if (!check.AtMost(item.types_size(), kMaxQueryTerms, types)) return;
    if (!check.AtMost(item.tags_size(), kMaxQueryTerms, tags)) return;
    for (const std::string& type : item.types()) {
      if (ActCaseOf(type) != v1::Act::ACT_NOT_SET) continue;
      check.Add(types, fmt::format("\"{:.80}\" is no act; see act.proto for the names, for example "
                                   "payment_ordered",
                                   type));
    }
    for (const std::string& tag : item.tags()) {
      if (IsTag(tag)) continue;
      check.Add(tags, fmt::format("\"{:.80}\" is no tag; write kind:id, for example "
                                  "convention:2023-00963",
                                  tag));
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
  const bool by_tags = query.items_size() > 0 &&
                       std::all_of(query.items().begin(), query.items().end(),
                                   [](const v1::QueryItem& item) { return item.tags_size() > 0; });
  if (by_tags) return ReadByTags(log, index, query, range);
  return range.backward ? ScanBackward(log, query, range) : ScanForward(log, query, range);
}

absl::Status VisitPostings(const Index& index, std::string_view key, uint64_t from, bool backward,
                           const std::function<bool(uint64_t, const Posting&)>& visit) {
  uint64_t next = from;
  bool more = true;
  while (more) {
    uint64_t seen = 0;
    more = false;
    REGISTRE_RETURN_IF_ERROR(
        index.Read()->Postings(key, next, backward, [&](uint64_t sequence, const Posting& posting) {
          if (!visit(sequence, posting)) return false;
          next = backward ? sequence - 1 : sequence + 1;
          more = ++seen == kPostingsAtOnce && next > 0;
          return !more;
        }));
  }
  return absl::OkStatus();
}

absl::Status VisitEvents(const EventStore& log, const std::vector<uint64_t>& positions,
                         const std::function<bool(size_t, const std::string&)>& visit) {
  size_t at_once = kEventsAtOnce;
  for (size_t begin = 0; begin < positions.size();) {
    const size_t end = std::min(positions.size(), begin + at_once);
    auto events = log.Get({positions.begin() + static_cast<ptrdiff_t>(begin),
                           positions.begin() + static_cast<ptrdiff_t>(end)});
    if (!events.ok()) return events.status();
    size_t bytes = 0;
    for (size_t i = begin; i < end; ++i) {
      bytes += (*events)[i - begin].size();
      if (!visit(i, (*events)[i - begin])) return absl::OkStatus();
    }
    at_once = bytes > kManyBytes ? 1 : kEventsAtOnce;
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status VisitPostingsFrom(const Index& index, std::string_view key, uint64_t position,
                               const std::function<bool(uint64_t, const Posting&)>& visit) {
  uint64_t sequence = 0;
  {
    const auto reader = index.Read();
    auto state = reader->Get(key);
    if (!state.ok()) return state.status();
    if (!state->has_value()) return absl::OkStatus();
    auto first = SequenceAtOrAfter(*reader, key, (*state)->count, position);
    if (!first.ok()) return first.status();
    sequence = *first;
  }
  return VisitPostings(index, key, sequence, /*backward=*/false, visit);
}

absl::StatusOr<v1::Event> ReadEvent(const EventStore& log, uint64_t position) {
  auto bytes = log.Get({position});
  if (!bytes.ok()) return bytes.status();
  return ParseEvent(position, bytes->front());
}

absl::StatusOr<v1::Event> ParseEvent(uint64_t position, std::string_view bytes) {
  v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(
        absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
        fmt::format("the event at position {} cannot be read; restore the last backup, and "
                    "keep the damaged folder",
                    position));
  }
  return event;
}

}  // namespace registre
