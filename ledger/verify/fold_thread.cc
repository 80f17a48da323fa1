#include "ledger/verify/fold_thread.h"

#include <algorithm>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {

absl::StatusOr<std::unique_ptr<FoldThread>> FoldThread::Start(const std::string& directory,
                                                              const Projection& projection) {
  auto index = Index::Open(directory, projection.version, kIndexFlushEvents, Index::Use::kCompared);
  if (!index.ok()) return index.status();
  return std::unique_ptr<FoldThread>(new FoldThread(*std::move(index), projection));
}

FoldThread::~FoldThread() { Stop(); }

void FoldThread::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void FoldThread::Add(std::unique_ptr<Chunk> chunk) {
  absl::MutexLock lock(&mutex_);
  const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return waiting_ == nullptr || !status_.ok();
  };
  mutex_.Await(absl::Condition(&room));
  if (status_.ok()) waiting_ = std::move(chunk);
}

void FoldThread::Run() {
  while (true) {
    std::unique_ptr<Chunk> chunk;
    {
      absl::MutexLock lock(&mutex_);
      const auto there = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return waiting_ != nullptr || ended_;
      };
      mutex_.Await(absl::Condition(&there));
      if (waiting_ == nullptr) return;
      chunk = std::move(waiting_);
    }
    const bool whole =
        std::find(chunk->events.begin(), chunk->events.end(), nullptr) == chunk->events.end();
    const absl::Status folded =
        whole ? FoldChunk(*chunk, &layers_)
              : Error(absl::StatusCode::kDataLoss, "EVENT_DAMAGED", "an event cannot be read");
    if (folded.ok()) continue;
    absl::MutexLock lock(&mutex_);
    status_ = folded;
    waiting_.reset();
    return;
  }
}

absl::Status FoldThread::Finish() {
  Stop();
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    status = status_;
  }
  if (status.ok()) status = index_->Flush();
  index_.reset();
  return status;
}

}  // namespace registre
