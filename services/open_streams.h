// The streams that wait for their clients, so that a server that stops can tell them.
#ifndef REGISTRE_SERVICES_OPEN_STREAMS_H_
#define REGISTRE_SERVICES_OPEN_STREAMS_H_

#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace registre {

// Any thread.
class OpenStreams {
 public:
  using Id = uint64_t;

  // `on_drain` is called once, by Drain; or within Add, when that was before. It must not block. It
  // may still be called a moment after Remove, so it must know whether its stream is there.
  Id Add(std::function<void()> on_drain);
  void Remove(Id id);

  // Tells all, those to come included.
  void Drain();

 private:
  absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  Id next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_map<Id, std::function<void()>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_OPEN_STREAMS_H_
