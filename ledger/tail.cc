#include "ledger/tail.h"

#include <utility>

namespace registre {

// Wakes are called under the mutex, so that Cancel may promise that none follows it.
Tail::Id Tail::Wait(uint64_t size, std::function<void()> wake) {
  absl::MutexLock lock(&mutex_);
  const Id id = next_id_++;
  if (size_ > size || stopping_) {
    wake();
  } else {
    waiters_.emplace(id, Waiter{size, std::move(wake)});
  }
  return id;
}

void Tail::Cancel(Id id) {
  absl::MutexLock lock(&mutex_);
  waiters_.erase(id);
}

void Tail::Advance(uint64_t size) {
  absl::MutexLock lock(&mutex_);
  size_ = size;
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    if (it->second.size < size) {
      it->second.wake();
      waiters_.erase(it++);
    } else {
      ++it;
    }
  }
}

void Tail::WakeOnce() {
  absl::MutexLock lock(&mutex_);
  Wake();
}

void Tail::WakeAll() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  Wake();
}

void Tail::Wake() {
  for (auto& [id, waiter] : waiters_) waiter.wake();
  waiters_.clear();
}

}  // namespace registre
