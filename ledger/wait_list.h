// Who waits for something to change, and is called when it does.
#ifndef REGISTRE_LEDGER_WAIT_LIST_H_
#define REGISTRE_LEDGER_WAIT_LIST_H_

#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace registre {

// To wait: take changes(), then look; when there is nothing yet, Wait with what was taken. What
// changes after the look then calls at once, and nothing is missed in between. Any thread.
class WaitList {
 public:
  using Id = uint64_t;

  // How often something has changed.
  uint64_t changes() const;

  // Calls `wake` once, as soon as changes() is not `seen` any more: at once when it is not already.
  // It is called on the thread that changes something, or on this one: it must only hand work on.
  Id Wait(uint64_t seen, std::function<void()> wake);

  // Forgets a waiter. After the return its wake is not called any more, unless it was called
  // before.
  void Cancel(Id id);

  // Something has changed, and whoever looks from now on sees it: wakes everyone.
  void Wake();

 private:
  mutable absl::Mutex mutex_;
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
  Id next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_map<Id, std::function<void()>> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_WAIT_LIST_H_
