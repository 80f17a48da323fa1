// The fold of a log that is being verified, on a thread of its own. Private to ledger/verify.
#ifndef REGISTRE_LEDGER_VERIFY_FOLD_THREAD_H_
#define REGISTRE_LEDGER_VERIFY_FOLD_THREAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/chunk_reader.h"
#include "ledger/projection.h"
#include "ledger/store/index.h"

namespace registre {

// One thread calls it.
class FoldThread {
 public:
  // Folds into a new index in `directory`.
  static absl::StatusOr<std::unique_ptr<FoldThread>> Start(const std::string& directory,
                                                           const Projection& projection);
  ~FoldThread();
  FoldThread(const FoldThread&) = delete;
  FoldThread& operator=(const FoldThread&) = delete;

  // The next chunk. Waits while the one before the last is not folded yet. After an error, or once
  // an event of a chunk could not be read, nothing more is folded.
  void Add(std::unique_ptr<Chunk> chunk);
  // Waits until all is folded and on disk; then the index may be opened in its folder. Errors:
  // those of the fold; DATA_LOSS (EVENT_DAMAGED) when an event could not be read.
  absl::Status Finish();

 private:
  FoldThread(std::unique_ptr<Index> index, const Projection& projection)
      : index_(std::move(index)), layers_(index_.get(), projection), thread_([this] { Run(); }) {}

  void Run();
  // Nothing more is added; waits for the thread.
  void Stop();

  std::unique_ptr<Index> index_;
  Layers layers_;
  absl::Mutex mutex_;
  std::unique_ptr<Chunk> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_FOLD_THREAD_H_
