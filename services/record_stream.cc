// RecordStream: requests are read as long as fewer than kMaxStreamUnits are under way; answers are
// written in the order of the requests. A unit that finds the recorder's queue full is held, and
// nothing more is read, until it has got in: so no unit overtakes one that was sent before it.
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/alarm.h"
#include "services/ledger_service.h"
#include "services/status.h"

namespace registre {
namespace {

// A full queue of 4,096 units empties group by group, each some milliseconds.
constexpr std::chrono::milliseconds kTryAgainAfter{5};

// Owned by itself until gRPC is done with it, and by what else may still call it: the recorder for
// the answers under way, the alarm of a held unit.
class RecordStreamReactor final
    : public grpc::ServerBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse>,
      public std::enable_shared_from_this<RecordStreamReactor> {
 public:
  RecordStreamReactor(const LedgerServiceParts& parts, Caller caller)
      : parts_(parts), caller_(std::move(caller)) {}

  // Once, before gRPC knows the reactor.
  void Start() {
    self_ = shared_from_this();
    const std::weak_ptr<RecordStreamReactor> weak = self_;
    id_ = parts_.streams->Add([weak] {
      if (const auto stream = weak.lock()) {
        stream->End(Error(absl::StatusCode::kUnavailable, "DRAINING",
                          "the server is stopping; send the units that were not answered again, "
                          "with the same ids, when it is back"));
      }
    });
    ReadOn();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Step([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { reading_over_ = true; });
      return;
    }
    Access& access = *parts_.context.access;
    if (const absl::Status refused = access.Renew(&caller_); !refused.ok()) {
      End(refused);
      return;
    }
    auto slot = std::make_shared<Slot>();
    slot->response.set_command_id(request_.request().command_id());
    {
      absl::MutexLock lock(&mutex_);
      // It is not taken; the end of the stream says so.
      if (!end_.ok()) return;
      slots_.push_back(slot);
    }
    auto command = access.MakeCommand(caller_, std::move(*request_.mutable_request()));
    request_.Clear();
    if (command.ok()) {
      held_.emplace(Held{*std::move(command), std::move(slot)});
      SubmitHeld();
    } else {
      Answer(slot.get(), command.status());
      ReadOn();
    }
  }

  void OnWriteDone(bool ok) override {
    bool resume = false;
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      slots_.pop_front();
      writing_ = false;
      broken_ = broken_ || !ok;
      resume = std::exchange(read_paused_, false);
    });
    if (resume) ReadOn();
  }

  void OnDone() override {
    parts_.streams->Remove(id_);
    self_.reset();
  }

 private:
  struct Slot {
    v1::RecordStreamResponse response;
    bool answered = false;
  };
  // A unit on its way to the recorder.
  struct Held {
    Command command;
    std::shared_ptr<Slot> slot;
  };

  // Nothing is being read meanwhile, so there is one held unit at most and one thread that knows
  // it.
  void SubmitHeld() {
    const auto self = shared_from_this();
    // Submit leaves a command that it refuses as it was.
    parts_.context.ledger->recorder().Submit(
        std::move(held_->command),
        [self, slot = held_->slot](absl::StatusOr<v1::RecordResponse> outcome) {
          if (ReasonOf(outcome.status()) == "QUEUE_FULL") {
            absl::MutexLock lock(&self->mutex_);
            self->queue_full_ = true;
          } else {
            self->Answer(slot.get(), std::move(outcome));
          }
        });
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(queue_full_, false)) {
        // Of its own each time: one that has rung still holds what it called.
        alarm_ = std::make_unique<grpc::Alarm>();
        alarm_->Set(
            std::chrono::system_clock::now() + kTryAgainAfter,
            [stream = self](bool) mutable { std::exchange(stream, nullptr)->SubmitHeld(); });
        return;
      }
    }
    held_.reset();
    ReadOn();
  }

  // On a thread of the recorder, or within OnReadDone.
  void Answer(Slot* slot, absl::StatusOr<v1::RecordResponse> outcome) {
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (outcome.ok()) {
        *slot->response.mutable_receipt() = *std::move(outcome);
      } else {
        *slot->response.mutable_error() = ToRpcStatus(outcome.status());
      }
      slot->answered = true;
    });
  }

  // Takes no further unit; the stream ends so once those under way are answered.
  void End(const absl::Status& why) {
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { end_.Update(why); });
  }

  // Reads the next request, unless there are enough under way or there will be no more.
  void ReadOn() {
    absl::MutexLock lock(&mutex_);
    if (!end_.ok()) return;
    read_paused_ = !broken_ && slots_.size() >= kMaxStreamUnits;
    if (!read_paused_) StartRead(&request_);
  }

  // Changes the state, then starts the next write, or finishes when all is over.
  template <class Change>
  void Step(const Change& change) {
    absl::Status end;
    {
      absl::MutexLock lock(&mutex_);
      change();
      // A broken stream cannot be written to; its units are recorded all the same.
      while (broken_ && !slots_.empty() && slots_.front()->answered) slots_.pop_front();
      if (!writing_ && !slots_.empty() && slots_.front()->answered) {
        writing_ = true;
        StartWrite(&slots_.front()->response);
      }
      const bool over = (reading_over_ || !end_.ok()) && !writing_ && slots_.empty();
      if (!over || std::exchange(finished_, true)) return;
      if (!reading_over_) end = end_;
    }
    Finish(ToGrpcStatus(end));
  }

  const LedgerServiceParts parts_;
  std::shared_ptr<RecordStreamReactor> self_;  // until OnDone
  OpenStreams::Id id_ = 0;
  // Touched by one piece of work at a time: a read, or the unit that it brought.
  Caller caller_;
  v1::RecordStreamRequest request_;
  std::optional<Held> held_;
  std::unique_ptr<grpc::Alarm> alarm_;

  absl::Mutex mutex_;
  std::deque<std::shared_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_over_ ABSL_GUARDED_BY(mutex_) = false;
  bool queue_full_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // why it is ended; OK while it is not
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse>* NewRecordStream(
    const LedgerServiceParts& parts, Caller caller) {
  const auto stream = std::make_shared<RecordStreamReactor>(parts, std::move(caller));
  stream->Start();
  return stream.get();
}

}  // namespace registre
