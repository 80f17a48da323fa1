#include "ledger/wait_list.h"

#include <utility>

namespace registre {

uint64_t WaitList::changes() const {
  absl::MutexLock lock(&mutex_);
  return changes_;
}

// Wakes are called under the mutex, so that Cancel may promise that none follows it.
WaitList::Id WaitList::Wait(uint64_t seen, std::function<void()> wake) {
  absl::MutexLock lock(&mutex_);
  const Id id = next_id_++;
  if (changes_ != seen) {
    wake();
  } else {
    waiters_.emplace(id, std::move(wake));
  }
  return id;
}

void WaitList::Cancel(Id id) {
  absl::MutexLock lock(&mutex_);
  waiters_.erase(id);
}

void WaitList::Wake() {
  absl::MutexLock lock(&mutex_);
  ++changes_;
  for (const auto& [id, wake] : waiters_) wake();
  waiters_.clear();
}

}  // namespace registre
