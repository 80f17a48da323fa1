// A call that takes long, and says how far it is.
#ifndef REGISTRE_SERVICES_PROGRESS_STREAM_H_
#define REGISTRE_SERVICES_PROGRESS_STREAM_H_

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "ledger/base/errors.h"
#include "ledger/ledger.h"
#include "services/read_pool.h"
#include "services/status.h"

namespace registre {

// Events, or tags, done between two messages of progress.
inline constexpr uint64_t kProgressEvery = 50'000;

// What runs such calls, and how they are named.
struct ProgressStreamParts {
  ReadPool* pool;
  const std::atomic<bool>* draining;
  const char* name;  // "rebuild or check"
  // True while there is one: another is refused for `busy_reason`, not queued behind it. Both null
  // where the work itself says so.
  std::atomic<bool>* running = nullptr;
  const char* busy_reason = nullptr;
};

// Runs `work` on a thread of the pool; its progress is put into messages by `tell`, queued and
// written one by one, and what it returns is the last message. `work` gives up with CANCELLED once
// the progress that it tells is answered with false: the client has gone, or the server stops
// (UNAVAILABLE, DRAINING). Deletes itself when gRPC is done with it, which is after Finish: no work
// is under way then.
template <class Response>
class ProgressStream final : public grpc::ServerWriteReactor<Response> {
 public:
  using Work = std::function<absl::StatusOr<Response>(const OnFoldProgress&)>;
  using Tell = void (*)(const FoldProgress&, Response*);

  ProgressStream(const ProgressStreamParts& parts, Work work, Tell tell)
      : parts_(parts), work_(std::move(work)), tell_(tell) {
    const absl::Status started = Start();
    if (!started.ok()) this->Finish(ToGrpcStatus(started));
  }

  void OnWriteDone(bool ok) override {
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      writing_ = false;
      messages_.pop_front();
      if (!ok) cancelled_ = true;
    });
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }

  void OnDone() override { delete this; }

 private:
  absl::Status Start() {
    if (parts_.running != nullptr && parts_.running->exchange(true)) {
      return Error(absl::StatusCode::kResourceExhausted, parts_.busy_reason,
                   std::string("a ") + parts_.name + " is under way; wait until it ends");
    }
    // Full only where others use the pool too.
    if (parts_.pool->Submit([this] { Run(); })) return absl::OkStatus();
    if (parts_.running != nullptr) parts_.running->store(false);
    return ReadsFull();
  }

  void Run() {
    uint64_t told = 0;
    absl::StatusOr<Response> last = work_([&](const FoldProgress& progress) {
      bool go_on = true;
      const bool tell = progress.events - std::min(told, progress.events) >= kProgressEvery;
      Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        go_on = !cancelled_ && !parts_.draining->load();
        if (!tell || messages_.size() > 1) return;
        told = progress.events;
        tell_(progress, &messages_.emplace_back());
      });
      return go_on;
    });
    if (parts_.running != nullptr) parts_.running->store(false);
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      over_ = true;
      status_ = last.status();
      if (absl::IsCancelled(status_) && parts_.draining->load()) {
        status_ = Error(absl::StatusCode::kUnavailable, "DRAINING",
                        std::string("the server is stopping; start the ") + parts_.name +
                            " again when it is back");
      }
      if (last.ok()) messages_.push_back(*std::move(last));
    });
  }

  // Changes the state, then starts the next write, or finishes: the last thing done.
  template <class Change>
  void Step(const Change& change) {
    bool finish = false;
    absl::Status status;
    {
      absl::MutexLock lock(&mutex_);
      change();
      if (cancelled_ && !writing_) messages_.clear();
      if (!writing_ && !messages_.empty()) {
        writing_ = true;
        this->StartWrite(&messages_.front());
      }
      finish = over_ && !writing_ && messages_.empty();
      if (finish) {
        status = cancelled_ ? absl::CancelledError("the call was cancelled") : status_;
      }
    }
    if (finish) this->Finish(ToGrpcStatus(status));
  }

  const ProgressStreamParts parts_;
  const Work work_;
  const Tell tell_;
  absl::Mutex mutex_;
  std::deque<Response> messages_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_PROGRESS_STREAM_H_
