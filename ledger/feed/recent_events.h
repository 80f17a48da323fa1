// The newest payment events as consumers are offered them, so that those who keep up share one
// read.
#ifndef REGISTRE_LEDGER_FEED_RECENT_EVENTS_H_
#define REGISTRE_LEDGER_FEED_RECENT_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/feed/consumer.h"

namespace registre {

// Any thread. Keeps at most kMaxEvents and kMaxBytes of stored bytes, the oldest going first: a
// consumer far behind neither finds anything here nor pushes anything out.
class RecentEvents {
 public:
  static constexpr size_t kMaxEvents = 8'192;
  static constexpr size_t kMaxBytes = 8 * 1024 * 1024;

  // Appends the events at the positions that are known, and returns the other positions.
  std::vector<uint64_t> Take(const std::vector<uint64_t>& positions,
                             std::vector<FeedEvent>* events) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Keeps an event with its bytes, which are shared.
  void Put(const FeedEvent& event) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::map<uint64_t, FeedEvent> events_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_FEED_RECENT_EVENTS_H_
