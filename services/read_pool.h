// Threads for work that waits for the disk, so that gRPC's own threads never do.
#ifndef REGISTRE_SERVICES_READ_POOL_H_
#define REGISTRE_SERVICES_READ_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace registre {

// Any thread.
class ReadPool {
 public:
  ReadPool(int threads, size_t max_queued);
  // Runs what is queued, then stops.
  ~ReadPool();
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // Queues work; false when max_queued pieces wait already.
  [[nodiscard]] bool Submit(std::function<void()> work);

 private:
  void Run();

  const size_t max_queued_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// RESOURCE_EXHAUSTED (READS_FULL): what Submit did not queue, and what the client is to do.
absl::Status ReadsFull(std::string_view then = "try again in a moment");

}  // namespace registre

#endif  // REGISTRE_SERVICES_READ_POOL_H_
