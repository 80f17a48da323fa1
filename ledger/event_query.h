// Events by tags, types, range and direction, over the log and the index.
#ifndef REGISTRE_LEDGER_EVENT_QUERY_H_
#define REGISTRE_LEDGER_EVENT_QUERY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/query.pb.h"

namespace registre {

// Appends what is wrong with a query: too many items or terms, an unknown type, a malformed tag
// (QUERY_INVALID). Too many items or terms end the check; adds none once there are kMaxViolations
// (shape.h).
void CheckQuery(const v1::EventQuery& query, std::string path, std::vector<Violation>* violations);

// The item or the query holds the event. Pure.
bool Matches(const v1::QueryItem& item, const v1::Event& event);
bool Matches(const v1::EventQuery& query, const v1::Event& event);

// Which events, and how many of them at once.
struct EventRange {
  uint64_t from = 0;  // first position; the last one when backward
  uint64_t end = 0;   // positions below this one are known
  bool backward = false;
  Days effective_on = kNever;  // later effective dates are left out
  size_t max_events = 100;
  // A page ends before the event that would take it over this; one larger event is a page alone.
  size_t max_bytes = 2 * 1024 * 1024;

  static constexpr Days kNever = 0x7fffffff;
};

// Events found, and where to go on.
struct EventPage {
  struct Item {
    uint64_t position;
    std::string bytes;
  };
  std::vector<Item> events;
  // Next position to look at (from); everything before it (after it, when backward) was looked at.
  uint64_t next = 0;
  // Nothing is left in the range.
  bool complete = false;
};

// One page. Looks at no more than kMaxPageScan events, so a page may be empty and not complete.
// Uses the index where every item of the query has a tag, and scans the log otherwise. Any thread;
// blocks on disk, and never holds back Publish for more than kPostingsAtOnce postings. Errors:
// DATA_LOSS (EVENT_DAMAGED), INTERNAL.
absl::StatusOr<EventPage> ReadEventPage(const EventStore& log, const Index& index,
                                        const v1::EventQuery& query, const EventRange& range);

// The smallest sequence of the key whose position is at least `position`; count + 1 when there is
// none.
absl::StatusOr<uint64_t> SequenceAtOrAfter(const Index::Reader& reader, std::string_view key,
                                           uint64_t count, uint64_t position);

// Postings visited under one reader of the index.
inline constexpr uint64_t kPostingsAtOnce = 1'000;

// Index::Reader::Postings in slices of kPostingsAtOnce, each under a reader of its own. Postings
// are only ever added behind those there are: up to a position below a size that the index has
// reached, the slices together are what one reader would have shown.
absl::Status VisitPostings(const Index& index, std::string_view key, uint64_t from, bool backward,
                           const std::function<bool(uint64_t, const Posting&)>& visit);

// The same forward from the first posting at or after a position; none where the key has no
// history.
absl::Status VisitPostingsFrom(const Index& index, std::string_view key, uint64_t position,
                               const std::function<bool(uint64_t, const Posting&)>& visit);

// Calls visit(i, bytes) for the event at each positions[i], in the order given, until it returns
// false. Holds few events at once, and one at a time while they are large.
absl::Status VisitEvents(const EventStore& log, const std::vector<uint64_t>& positions,
                         const std::function<bool(size_t, const std::string&)>& visit);

// The event at a position. NOT_FOUND past the end; DATA_LOSS as ParseEvent.
absl::StatusOr<v1::Event> ReadEvent(const EventStore& log, uint64_t position);

// The event of stored bytes. DATA_LOSS (EVENT_DAMAGED) when they are none.
absl::StatusOr<v1::Event> ParseEvent(uint64_t position, std::string_view bytes);

}  // namespace registre

#endif  // REGISTRE_LEDGER_EVENT_QUERY_H_
