// Who waits for the log to grow.
#ifndef REGISTRE_LEDGER_TAIL_H_
#define REGISTRE_LEDGER_TAIL_H_

#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace registre {

// Any thread.
class Tail {
 public:
  using Id = uint64_t;

  // Calls `wake` once, as soon as the log holds more than `size` events: at once when it does
  // already. It is called on the recorder's thread, or on this one: it must only hand work on.
  Id Wait(uint64_t size, std::function<void()> wake);

  // Forgets a waiter. After the return its wake is not called any more, unless it was called
  // before.
  void Cancel(Id id);

  // The log holds `size` durable and visible events. Called by the recorder.
  void Advance(uint64_t size);

  // Wakes everyone who waits, to look again: not the log has changed, but who may read it.
  void WakeOnce();

  // Wakes everyone, and from now on whoever comes: the server stops.
  void WakeAll();

 private:
  struct Waiter {
    uint64_t size;
    std::function<void()> wake;
  };
  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  uint64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Id next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_map<Id, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_TAIL_H_
