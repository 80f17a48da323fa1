#include "ledger/store/index.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/store/index_changes.h"
#include "ledger/store/index_disk.h"
#include "ledger/store/index_reader.h"

namespace registre {
namespace {

// How many times over its limit active may grow while frozen is on its way to
// the disk.
constexpr size_t kActiveAtMost = 2;

class IndexImpl final : public Index {
 public:
  IndexImpl(std::unique_ptr<IndexDisk> disk, uint64_t flush_events);
  ~IndexImpl() override;

  void Publish(IndexDelta&& delta, const LogHead& head) override;
  absl::Status Flush() override;
  absl::Status Clear() override;
  LogHead disk_head() const override;
  absl::Status status() const override;
  std::unique_ptr<Reader> Read() const override;
  size_t memory_bytes() const override { return memory_bytes_.load(std::memory_order_relaxed); }

 private:
  bool IsFull(size_t times) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return now_.active->events() >= times * flush_events_ ||
           now_.active->bytes() >= times * kIndexFlushBytes;
  }
  // Nothing is on its way to the disk, or nothing will get there any more.
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return now_.frozen == nullptr || failed_;
  }
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || (now_.frozen != nullptr && !failed_);
  }

  // Hands active over to the flushing thread. REQUIRES: nothing is frozen.
  void Freeze() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountMemory() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // The flushing thread: each frozen piece in turn, until the first error or
  // the end.
  void FlushFrozen();
  void Settle(const LogHead& head, const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  const uint64_t flush_events_;
  mutable absl::Mutex mu_;
  IndexSources now_ ABSL_GUARDED_BY(mu_);
  LogHead frozen_head_ ABSL_GUARDED_BY(mu_);
  bool failed_ ABSL_GUARDED_BY(mu_) = false;  // status_ is an error
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  // A lock of its own, so that a thread that holds a Reader may ask.
  mutable absl::Mutex facts_mu_ ABSL_ACQUIRED_AFTER(mu_);
  LogHead disk_head_ ABSL_GUARDED_BY(facts_mu_);
  absl::Status status_ ABSL_GUARDED_BY(facts_mu_);
  std::atomic<size_t> memory_bytes_ = 0;

  std::thread flusher_;  // last: it uses all of the above
};

IndexImpl::IndexImpl(std::unique_ptr<IndexDisk> disk, uint64_t flush_events)
    : flush_events_(flush_events) {
  disk_head_ = disk->head_at_open();
  now_.head = disk_head_;
  now_.disk = std::move(disk);
  now_.active = std::make_unique<IndexChanges>();
  flusher_ = std::thread([this] { FlushFrozen(); });
}

IndexImpl::~IndexImpl() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  flusher_.join();
}

void IndexImpl::Publish(IndexDelta&& delta, const LogHead& head) {
  // Outlives the lock: the rows that the group replaces are destroyed when
  // readers can read again.
  IndexDelta group = std::move(delta);
  const std::vector<size_t> row_bytes = RowBytesOf(group);
  absl::MutexLock lock(&mu_);
  now_.active->Merge(row_bytes, &group);
  now_.head = head;
  CountMemory();
  if (IsFull(kActiveAtMost)) mu_.Await(absl::Condition(this, &IndexImpl::IsIdle));
  if (IsFull(1) && now_.frozen == nullptr) Freeze();
}

void IndexImpl::Freeze() {
  auto next = std::make_unique<IndexChanges>(now_.active.get());
  now_.frozen = std::move(now_.active);
  now_.active = std::move(next);
  frozen_head_ = now_.head;
}

void IndexImpl::CountMemory() {
  size_t bytes = now_.active->bytes();
  if (now_.frozen != nullptr) bytes += now_.frozen->bytes();
  memory_bytes_.store(bytes, std::memory_order_relaxed);
}

absl::Status IndexImpl::Flush() {
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &IndexImpl::IsIdle));
  const LogHead on_disk = disk_head();
  const bool behind = now_.head.size != on_disk.size || now_.head.root != on_disk.root;
  if (!failed_ && (behind || !now_.active->empty())) Freeze();
  mu_.Await(absl::Condition(this, &IndexImpl::IsIdle));
  return status();
}

absl::Status IndexImpl::Clear() {
  // Destroyed when no lock is held.
  auto empty = std::make_unique<IndexChanges>();
  std::shared_ptr<const IndexChanges> frozen;
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &IndexImpl::IsIdle));
  now_.active.swap(empty);
  now_.frozen.swap(frozen);
  now_.head = {};
  CountMemory();
  const absl::Status cleared = now_.disk->Clear();
  failed_ = !cleared.ok();
  absl::MutexLock facts(&facts_mu_);
  disk_head_ = {};
  status_ = cleared;
  return cleared;
}

LogHead IndexImpl::disk_head() const {
  absl::MutexLock lock(&facts_mu_);
  return disk_head_;
}

absl::Status IndexImpl::status() const {
  absl::MutexLock lock(&facts_mu_);
  return status_;
}

// The reader takes the lock, then looks at what it guards: more than the
// analysis can follow.
std::unique_ptr<Index::Reader> IndexImpl::Read() const ABSL_NO_THREAD_SAFETY_ANALYSIS {
  return std::make_unique<IndexReader>(&mu_, now_);
}

void IndexImpl::FlushFrozen() {
  for (;;) {
    std::shared_ptr<const IndexChanges> frozen;
    LogHead head;
    IndexDisk* disk = nullptr;  // lives: Clear waits until nothing is frozen
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &IndexImpl::HasWork));
      if (stopping_) return;
      frozen = now_.frozen;
      head = frozen_head_;
      disk = now_.disk.get();
    }
    Settle(head, disk->Ingest(*frozen, head));
    // The last owner: the changes are destroyed here, where nobody waits.
  }
}

void IndexImpl::Settle(const LogHead& head, const absl::Status& status) {
  if (!status.ok()) {
    spdlog::error("The index could not be written at size {}: {}", head.size,
                  std::string(status.message()));
  }
  absl::MutexLock lock(&mu_);
  absl::MutexLock facts(&facts_mu_);
  if (status.ok()) {
    now_.frozen = nullptr;
    disk_head_ = head;
    CountMemory();
  } else {
    failed_ = true;
    status_ = status;
  }
}

}  // namespace

std::string CommandKey(std::string_view subject, std::string_view command_id) {
  return fmt::format("{}{}{}", subject, '\0', command_id);
}

absl::StatusOr<std::unique_ptr<Index>> Index::Open(const std::string& directory,
                                                   uint32_t fold_version, uint64_t flush_events,
                                                   Use use) {
  auto disk = IndexDisk::Open(directory, fold_version, use);
  if (!disk.ok()) return disk.status();
  return std::make_unique<IndexImpl>(*std::move(disk), flush_events);
}

}  // namespace registre
