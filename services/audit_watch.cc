// WatchCheckpoints: the latest checkpoint, then each new one, and the latest again when something
// was added to it, one message at a time. A slow client misses those that were replaced while it
// took the last.
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "ledger/wait_list.h"
#include "services/audit_service.h"
#include "services/ended_call.h"
#include "services/status.h"

namespace registre {
namespace {

// Owned by itself until gRPC is done with it, and by every piece of work and every wake that may
// still come.
class Watch final : public grpc::ServerWriteReactor<v1::WatchCheckpointsResponse>,
                    public std::enable_shared_from_this<Watch> {
 public:
  Watch(const AuditServiceParts& parts, Caller caller)
      : parts_(parts), caller_(std::move(caller)) {}

  // Once, before gRPC knows the reactor.
  void Start() {
    self_ = shared_from_this();
    if (parts_.watches->fetch_add(1) >= kMaxWatches) {
      FinishOnce(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHES",
                       "as many clients watch checkpoints as may; try again later"));
      return;
    }
    Look();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      Look();
    } else {
      FinishOnce(absl::CancelledError("the client is gone"));
    }
  }

  // While a message is under way, its end notices; while the watch waits, this ends it.
  void OnCancel() override {
    std::optional<WaitList::Id> waiting;
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      waiting = std::exchange(waiting_, std::nullopt);
    }
    if (waiting) StopWaiting(*waiting);
  }

  void OnDone() override {
    parts_.watches->fetch_sub(1);
    self_.reset();
  }

 private:
  void Look() {
    // The pool's queue has room for every watch, so this cannot fail.
    if (!parts_.watch_reads->Submit([self = shared_from_this()] { self->WriteOrWait(); })) {
      FinishOnce(ReadsFull());
    }
  }

  void WriteOrWait() {
    // Before whatever is looked at below.
    const uint64_t seen = parts_.checkpoints->waiters().changes();
    if (parts_.draining->load()) {
      FinishOnce(Error(absl::StatusCode::kUnavailable, "DRAINING",
                       "the server is stopping; watch again when it is back"));
      return;
    }
    if (Cancelled()) {
      FinishOnce(absl::CancelledError("the call was cancelled"));
      return;
    }
    if (const absl::Status refused = parts_.context.access->Renew(&caller_); !refused.ok()) {
      FinishOnce(refused);
      return;
    }
    auto latest = parts_.checkpoints->latest();
    const auto origin = latest ? "" : parts_.checkpoints->origin();
    if (!origin.ok()) {
      FinishOnce(origin.status());
      return;
    }
    if (!latest || latest->SerializeAsString() == response_.checkpoint().SerializeAsString()) {
      WaitForMore(seen);
      return;
    }
    *response_.mutable_checkpoint() = *std::move(latest);
    StartWrite(&response_);
  }

  // The wake may come before Wait returns, on another thread; there is then nothing to remember.
  void WaitForMore(uint64_t seen) {
    {
      absl::MutexLock lock(&mutex_);
      wake_pending_ = true;
    }
    const WaitList::Id id =
        parts_.checkpoints->waiters().Wait(seen, [self = shared_from_this()] { self->Wake(); });
    bool cancelled = false;
    {
      absl::MutexLock lock(&mutex_);
      if (!wake_pending_) return;
      cancelled = cancelled_;
      if (!cancelled) waiting_ = id;
    }
    if (cancelled) StopWaiting(id);
  }

  // Finishes unless the wake was faster: it then finds the cancellation itself.
  void StopWaiting(WaitList::Id id) {
    parts_.checkpoints->waiters().Cancel(id);
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      finish = std::exchange(wake_pending_, false);
    }
    if (finish) FinishOnce(absl::CancelledError("the call was cancelled"));
  }

  void Wake() {
    {
      absl::MutexLock lock(&mutex_);
      wake_pending_ = false;
      waiting_.reset();
    }
    Look();
  }

  bool Cancelled() {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

  void FinishOnce(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(finished_, true)) return;
    }
    Finish(ToGrpcStatus(status));
  }

  const AuditServiceParts parts_;
  std::shared_ptr<Watch> self_;  // until OnDone
  // Touched by one piece of work at a time: a look, or the write that follows it.
  Caller caller_;
  v1::WatchCheckpointsResponse response_;  // what was written last

  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool wake_pending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<WaitList::Id> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchCheckpointsResponse>* AuditService::WatchCheckpoints(
    grpc::CallbackServerContext* call, const v1::WatchCheckpointsRequest* request) {
  auto caller = parts_.context.access->Authorize(*call, *request);
  if (!caller.ok()) {
    return new EndedCall<grpc::ServerWriteReactor<v1::WatchCheckpointsResponse>>(caller.status());
  }
  const auto watch = std::make_shared<Watch>(parts_, *std::move(caller));
  watch->Start();
  return watch.get();
}

}  // namespace registre
