// RecordStream: requests are read as long as fewer than kMaxStreamUnits are under way; answers are
// written in the order of the requests.
#include <deque>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/command.h"
#include "services/ledger_service.h"
#include "services/status.h"

namespace registre {
namespace {

class RecordStreamReactor final
    : public grpc::ServerBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse> {
 public:
  RecordStreamReactor(const LedgerServiceParts& parts, v1::Actor actor)
      : parts_(parts), actor_(std::move(actor)) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Step([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { reading_over_ = true; });
      return;
    }
    auto slot = std::make_shared<Slot>();
    slot->response.set_command_id(request_.request().command_id());
    {
      absl::MutexLock lock(&mutex_);
      slots_.push_back(slot);
    }
    auto command = MakeCommand(actor_, std::move(*request_.mutable_request()));
    request_.Clear();
    if (command.ok()) {
      parts_.context.ledger->recorder().Submit(
          *std::move(command), [this, slot](absl::StatusOr<v1::RecordResponse> outcome) {
            Answer(slot.get(), std::move(outcome));
          });
    } else {
      Answer(slot.get(), command.status());
    }
    bool more = false;
    {
      absl::MutexLock lock(&mutex_);
      more = broken_ || slots_.size() < kMaxStreamUnits;
      read_paused_ = !more;
    }
    if (more) StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    bool resume = false;
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      slots_.pop_front();
      writing_ = false;
      broken_ = broken_ || !ok;
      resume = std::exchange(read_paused_, false);
    });
    if (resume) StartRead(&request_);
  }

  void OnDone() override { delete this; }

 private:
  struct Slot {
    v1::RecordStreamResponse response;
    bool answered = false;
  };

  // On the recorder's thread, or within OnReadDone.
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

  // Changes the state, then starts the next write, or finishes when all is over. Finish is the last
  // thing done: the reactor may be deleted by then.
  template <class Change>
  void Step(const Change& change) {
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      change();
      // A broken stream cannot be written to; its units are recorded all the same.
      while (broken_ && !slots_.empty() && slots_.front()->answered) slots_.pop_front();
      if (!writing_ && !slots_.empty() && slots_.front()->answered) {
        writing_ = true;
        StartWrite(&slots_.front()->response);
      }
      finish = reading_over_ && !writing_ && slots_.empty();
    }
    if (finish) Finish(grpc::Status::OK);
  }

  const LedgerServiceParts parts_;
  const v1::Actor actor_;
  v1::RecordStreamRequest request_;
  absl::Mutex mutex_;
  std::deque<std::shared_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_over_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse>* NewRecordStream(
    const LedgerServiceParts& parts, v1::Actor actor) {
  return new RecordStreamReactor(parts, std::move(actor));
}

}  // namespace registre
