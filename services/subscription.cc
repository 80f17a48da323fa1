// Subscribe: one page at a time is read and written; the next is read when the client has taken it.
// A slow client so holds one page of the server's memory and nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"
#include "ledger/view.h"
#include "ledger/wait_list.h"
#include "services/ledger_service.h"
#include "services/status.h"

namespace registre {
namespace {

// Owned by itself until gRPC is done with it, and by every piece of work and every wake that may
// still come: each holds a pointer, so that none finds it gone, on however many threads they run.
class Subscription final : public grpc::ServerWriteReactor<v1::SubscribeResponse>,
                           public std::enable_shared_from_this<Subscription> {
 public:
  Subscription(const LedgerServiceParts& parts, Caller caller, const v1::SubscribeRequest& request)
      : parts_(parts),
        query_(request.query()),
        caller_(std::move(caller)),
        origin_(request.origin()),
        next_(request.from_position()) {}

  // Once, before gRPC knows the reactor.
  void Start() {
    self_ = shared_from_this();
    if (parts_.subscriptions->fetch_add(1) >= kMaxSubscriptions) {
      FinishOnce(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_SUBSCRIPTIONS",
                       "the server serves as many subscriptions as it may; try again later"));
      return;
    }
    std::vector<Violation> violations;
    CheckQuery(query_, "query", &violations);
    if (!violations.empty()) {
      FinishOnce(ShapeError(violations));
      return;
    }
    Pump();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      Pump();
    } else {
      FinishOnce(absl::CancelledError("the client is gone"));
    }
  }

  // While a page is read or written, its end notices; while the subscription waits, this ends it.
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
    parts_.subscriptions->fetch_sub(1);
    self_.reset();
  }

 private:
  void Pump() {
    // The pool's queue has room for every subscription, so this cannot fail.
    if (!parts_.subscription_reads->Submit([self = shared_from_this()] { self->ReadAndWrite(); })) {
      FinishOnce(ReadsFull("subscribe again from the last position reached"));
    }
  }

  void ReadAndWrite() {
    // Before whatever is looked at below.
    const uint64_t seen = parts_.context.ledger->tail().changes();
    if (parts_.draining->load()) {
      FinishOnce(Error(absl::StatusCode::kUnavailable, "DRAINING",
                       "the server is stopping; subscribe again from the last position reached"));
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
    const std::shared_ptr<Index> index = parts_.context.ledger->index();
    const uint64_t size = index->Read()->size();
    if (const absl::Status other = CheckOrigin(); !other.ok()) {
      FinishOnce(other);
      return;
    }
    if (next_ > size) {
      FinishOnce(Ahead(size));
      return;
    }
    auto page = ReadEventPage(parts_.context.ledger->log(), *index, query_,
                              {.from = next_,
                               .end = size,
                               .max_events = kMaxBatchEvents,
                               .max_bytes = BatchBytes(parts_.subscriptions->load())});
    if (!page.ok()) {
      FinishOnce(page.status());
      return;
    }
    const bool progressed = size > next_;
    next_ = page->complete ? std::max(next_, size) : page->next;
    if (!page->events.empty()) {
      response_.Clear();
      v1::EventBatch* batch = response_.mutable_batch();
      for (EventPage::Item& item : page->events) {
        v1::RecordedEvent* event = batch->add_events();
        event->set_position(item.position);
        event->set_event(std::move(item.bytes));
      }
      batch->set_position(next_ - 1);
      told_caught_up_ = false;
      StartWrite(&response_);
    } else if (!page->complete) {
      Pump();
    } else if (progressed || !told_caught_up_) {
      told_caught_up_ = true;
      response_.Clear();
      v1::CaughtUp* caught_up = response_.mutable_caught_up();
      if (size > 0) caught_up->set_position(size - 1);
      StartWrite(&response_);
    } else {
      WaitForMore(seen);
    }
  }

  // The wake may come before Wait returns, on another thread; there is then nothing to remember.
  void WaitForMore(uint64_t seen) {
    {
      absl::MutexLock lock(&mutex_);
      wake_pending_ = true;
    }
    const WaitList::Id id =
        parts_.context.ledger->tail().Wait(seen, [self = shared_from_this()] { self->Wake(); });
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
    parts_.context.ledger->tail().Cancel(id);
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
    Pump();
  }

  // Only at the start: later the position is one that this log has reached.
  absl::Status Ahead(uint64_t size) const {
    return Error(
        absl::StatusCode::kFailedPrecondition, "POSITION_AHEAD",
        fmt::format("the subscription starts at position {}, but the log holds {} events: what the "
                    "consumer reached is not in this log, which may be a backup that was restored; "
                    "compare the consumer with the log, then subscribe from {} or below",
                    next_, size, size),
        {{"from_position", fmt::format("{}", next_)}, {"size", fmt::format("{}", size)}});
  }

  // Once: the origin of a log changes before the log is served.
  absl::Status CheckOrigin() {
    if (origin_.empty()) return absl::OkStatus();
    const std::string known = std::exchange(origin_, "");
    const auto ledger = parts_.context.ledger->Row();
    if (!ledger.ok()) return ledger.status();
    const uint64_t shared = EventsSharedWith(*ledger, known);
    if (next_ <= shared) return absl::OkStatus();
    const std::string read =
        fmt::format("the client read the log {:.200} up to position {}", known, next_);
    return Error(
        absl::StatusCode::kFailedPrecondition, "ORIGIN_CHANGED",
        shared == 0
            ? fmt::format("{}, but this is the log {}, which never had that name: is it the right "
                          "server, and the name the first line of a checkpoint?",
                          read, OriginOf(*ledger))
            : fmt::format("{}, but this is the log {}, which shares its first {} events with it: a "
                          "backup was restored. Undo what the client did of later events, then "
                          "subscribe from {} or below",
                          read, OriginOf(*ledger), shared, shared),
        {{"origin", OriginOf(*ledger)}, {"shared_events", fmt::format("{}", shared)}});
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

  const LedgerServiceParts parts_;
  const v1::EventQuery query_;
  std::shared_ptr<Subscription> self_;  // until OnDone
  // Touched by one piece of work at a time: the page being read, or the write that follows it.
  Caller caller_;
  std::string origin_;  // of the log that the client knows; empty: not said, or compared
  uint64_t next_;
  bool told_caught_up_ = false;
  v1::SubscribeResponse response_;

  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool wake_pending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<WaitList::Id> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

size_t BatchBytes(uint64_t live) {
  return std::clamp(kMaxSubscriptionBytes / std::max<uint64_t>(live, 1), kMinBatchBytes,
                    kMaxBatchBytes);
}

grpc::ServerWriteReactor<v1::SubscribeResponse>* NewSubscription(
    const LedgerServiceParts& parts, Caller caller, const v1::SubscribeRequest& request) {
  const auto subscription = std::make_shared<Subscription>(parts, std::move(caller), request);
  subscription->Start();
  return subscription.get();
}

}  // namespace registre
