#include "ledger/feed/recent_events.h"

namespace registre {

std::vector<uint64_t> RecentEvents::Take(const std::vector<uint64_t>& positions,
                                         std::vector<FeedEvent>* events) const {
  std::vector<uint64_t> others;
  absl::MutexLock lock(&mutex_);
  for (const uint64_t position : positions) {
    const auto at = events_.find(position);
    if (at == events_.end()) {
      others.push_back(position);
    } else {
      events->push_back(at->second);
    }
  }
  return others;
}

void RecentEvents::Put(const FeedEvent& event) {
  absl::MutexLock lock(&mutex_);
  const bool full = events_.size() >= kMaxEvents || bytes_ + event.size > kMaxBytes;
  if (full && !events_.empty() && event.position < events_.begin()->first) return;
  if (!events_.emplace(event.position, event).second) return;
  bytes_ += event.size;
  while (events_.size() > kMaxEvents || bytes_ > kMaxBytes) {
    bytes_ -= events_.begin()->second.size;
    events_.erase(events_.begin());
  }
}

}  // namespace registre
