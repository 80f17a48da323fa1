// Consume: one message at a time is made and written; the next is made when the client has taken
// it. What the client answers is taken as it comes.
//
//   busy      a message is being made (Pump, on the pool) or written: whoever has something new for
//             the stream asks for another round (Kick)
//   waiting   for the log to grow, for an alarm, for an answer: each kicks
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/alarm.h"
#include "ledger/wait_list.h"
#include "services/payment_feed_service.h"
#include "services/status.h"

namespace registre {
namespace {

absl::Status AttachFirst() {
  return ShapeError({{"message", "FIELD_INVALID",
                      "the first message of the stream is attach, with the consumer's name, and "
                      "later ones are not"}});
}

// Owned by itself until gRPC is done with it, and by every piece of work, alarm and wake that may
// still come.
class FeedStream final : public grpc::ServerBidiReactor<v1::ConsumeRequest, v1::ConsumeResponse>,
                         public std::enable_shared_from_this<FeedStream> {
 public:
  FeedStream(const PaymentFeedParts& parts, Caller caller, grpc::CallbackServerContext* call)
      : parts_(parts),
        call_(call),
        reader_(caller),
        caller_(std::move(caller)),
        last_sent_(parts.clock->Now()) {}

  // Once, before gRPC knows the reactor.
  void Start() {
    self_ = shared_from_this();
    if (parts_.open->fetch_add(1) >= kMaxFeedStreams) {
      FinishWith(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_SUBSCRIPTIONS",
                       "the server serves as many consumers as it may; try again later"));
      return;
    }
    stream_id_ = parts_.streams->Add(Kicker());
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    const absl::Status taken = ok ? TakeMessage() : absl::OkStatus();
    if (ok && taken.ok()) {
      StartRead(&request_);
    } else {
      End(taken);
    }
    Kick();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) End(absl::CancelledError("the client is gone"));
    Submit();
  }

  void OnCancel() override {
    End(absl::CancelledError("the call was cancelled"));
    Kick();
  }

  void OnDone() override {
    parts_.streams->Remove(stream_id_);
    parts_.open->fetch_sub(1);
    // Only now is no answer being taken.
    if (connection_ != nullptr && call_->IsCancelled()) connection_->MarkLost();
    connection_.reset();
    self_.reset();
  }

 private:
  // What kicks the stream if it is still there.
  std::function<void()> Kicker() {
    return [weak = weak_from_this()] {
      if (const auto stream = weak.lock()) stream->Kick();
    };
  }

  // How the stream is to end; the first reason stands.
  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (!end_) end_ = status;
  }

  // Reads come one at a time, so only one thread is here.
  absl::Status TakeMessage() {
    // The certificate may have ended, the policy be another.
    REGISTRE_RETURN_IF_ERROR(parts_.context.access->Renew(&reader_));
    if (request_.has_attach() != (connection_ == nullptr)) return AttachFirst();
    switch (request_.message_case()) {
      case v1::ConsumeRequest::kAttach: {
        auto connection = parts_.feed->Attach(request_.attach(), Kicker());
        if (!connection.ok()) return connection.status();
        parts_.context.access->NoteRequest(reader_, request_);
        absl::MutexLock lock(&mutex_);
        connection_ = *std::move(connection);
        attached_ = true;
        return absl::OkStatus();
      }
      case v1::ConsumeRequest::kAcknowledge:
        return connection_->Acknowledge(request_.acknowledge());
      case v1::ConsumeRequest::kRefuse:
        return connection_->Refuse(request_.refuse());
      case v1::ConsumeRequest::MESSAGE_NOT_SET:
        break;
    }
    return AttachFirst();
  }

  void Kick() {
    {
      absl::MutexLock lock(&mutex_);
      if (finished_) return;
      if (busy_) {
        again_ = true;
        return;
      }
      busy_ = true;
    }
    Submit();
  }

  // Busy. The pool's queue has room for every stream, so this cannot fail: it may be called by a
  // wake, which must not finish the call.
  void Submit() {
    if (!parts_.feed_reads->Submit([self = shared_from_this()] { self->Pump(); })) std::abort();
  }

  // Busy; nothing is being written.
  void Pump() {
    // Before whatever is looked at below.
    const uint64_t seen = parts_.context.ledger->tail().changes();
    bool attached = false;
    std::optional<absl::Status> end;
    {
      absl::MutexLock lock(&mutex_);
      again_ = false;
      end = end_;
      attached = attached_;
    }
    if (!end && parts_.draining->load()) {
      end = Error(absl::StatusCode::kUnavailable, "DRAINING",
                  "the server is stopping; attach again when it is back: what was not acknowledged "
                  "is delivered again");
    }
    if (const absl::Status refused = parts_.context.access->Renew(&caller_);
        !end && !refused.ok()) {
      end = refused;
    }
    if (end) {
      FinishWith(*end);
    } else if (!attached) {
      Rest(absl::InfiniteFuture());
    } else {
      Serve(seen);
    }
  }

  void Serve(uint64_t seen) {
    auto message = connection_->Next();
    if (!message.ok()) {
      FinishWith(message.status());
      return;
    }
    const absl::Time now = parts_.clock->Now();
    response_.Clear();
    if (!message->deliveries.empty()) {
      for (const Outgoing& outgoing : message->deliveries) {
        v1::Delivery* delivery = response_.mutable_deliveries()->add_deliveries();
        delivery->set_delivery_id(outgoing.delivery_id);
        delivery->set_tries(outgoing.tries);
        for (const auto& [position, bytes] : outgoing.events) {
          v1::RecordedEvent* event = delivery->add_events();
          event->set_position(position);
          event->set_event(*bytes);
        }
      }
      told_held_.reset();
    } else if (message->caught_up && told_held_ != message->held) {
      response_.mutable_caught_up()->set_position(message->looked_at);
      response_.mutable_caught_up()->set_held(message->held);
      told_held_ = message->held;
    } else if (now - last_sent_ >= kHeartbeat) {
      response_.mutable_heartbeat()->set_paused(message->paused);
    } else {
      if (message->caught_up) WaitForMore(seen);
      Rest(std::min(message->next_time, last_sent_ + kHeartbeat));
      return;
    }
    last_sent_ = now;
    StartWrite(&response_);
  }

  void WaitForMore(uint64_t seen) {
    if (tail_id_) parts_.context.ledger->tail().Cancel(*tail_id_);
    tail_id_ = parts_.context.ledger->tail().Wait(seen, Kicker());
  }

  // Nothing to do until `until`, or until somebody kicks.
  void Rest(absl::Time until) {
    // Of its own each time: one that has rung still holds what it called.
    std::unique_ptr<grpc::Alarm> alarm;
    if (until != absl::InfiniteFuture()) {
      alarm = std::make_unique<grpc::Alarm>();
      const absl::Duration wait = std::max(until - parts_.clock->Now(), absl::ZeroDuration());
      alarm->Set(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(wait),
                 [kick = Kicker()](bool rang) {
                   if (rang) kick();
                 });
    }
    alarm_ = std::move(alarm);
    {
      absl::MutexLock lock(&mutex_);
      if (!again_) {
        busy_ = false;
        return;
      }
    }
    Submit();
  }

  // Busy, and from then on for ever; or before anything else.
  void FinishWith(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      finished_ = true;
    }
    alarm_.reset();
    if (tail_id_) parts_.context.ledger->tail().Cancel(*tail_id_);
    Finish(ToGrpcStatus(status));
  }

  const PaymentFeedParts parts_;
  grpc::CallbackServerContext* const call_;
  std::shared_ptr<FeedStream> self_;  // until OnDone
  OpenStreams::Id stream_id_ = 0;
  // Of the read under way.
  v1::ConsumeRequest request_;
  Caller reader_;
  // Set once, by a read, before attached_ is.
  std::unique_ptr<PaymentFeed::Connection> connection_;
  // Of who is busy.
  Caller caller_;
  v1::ConsumeResponse response_;
  std::optional<uint64_t> told_held_;  // with the last caught_up, since the last deliveries
  absl::Time last_sent_;
  std::optional<WaitList::Id> tail_id_;
  std::unique_ptr<grpc::Alarm> alarm_;

  absl::Mutex mutex_;
  bool attached_ ABSL_GUARDED_BY(mutex_) = false;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool again_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);  // how the stream is to end
};

}  // namespace

grpc::ServerBidiReactor<v1::ConsumeRequest, v1::ConsumeResponse>* NewFeedStream(
    const PaymentFeedParts& parts, Caller caller, grpc::CallbackServerContext* call) {
  const auto stream = std::make_shared<FeedStream>(parts, std::move(caller), call);
  stream->Start();
  return stream.get();
}

}  // namespace registre
