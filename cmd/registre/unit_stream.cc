#include "cmd/registre/unit_stream.h"

#include <utility>

#include "absl/time/time.h"
#include "cmd/registre/client.h"

namespace registre::cli {

UnitStream::UnitStream(v1::LedgerService::Stub& stub) {
  stub.async()->RecordStream(&context_, this);
  // Writes start outside gRPC's callbacks: without a hold the call could be done under their feet.
  AddHold();
  StartRead(&receiving_);
  StartCall();
}

UnitStream::~UnitStream() {
  if (!held_) return;
  context_.TryCancel();
  (void)End();
}

absl::StatusOr<bool> UnitStream::Send(v1::RecordRequest request) {
  {
    absl::MutexLock lock(&mutex_);
    if (!Await(&UnitStream::WrittenOrOver)) return TimedOut();
    if (over_) return false;
    writing_ = true;
    ++sent_;
  }
  *sending_.mutable_request() = std::move(request);
  StartWrite(&sending_);
  return true;
}

absl::StatusOr<v1::RecordStreamResponse> UnitStream::NextAnswer() {
  {
    absl::MutexLock lock(&mutex_);
    if (!Await(&UnitStream::AnsweredOrOver)) return TimedOut();
    if (!answers_.empty()) {
      v1::RecordStreamResponse answer = std::move(answers_.front());
      answers_.pop_front();
      return answer;
    }
  }
  return Broken();
}

absl::Status UnitStream::Finish() {
  StartWritesDone();
  return End();
}

bool UnitStream::Await(bool (UnitStream::*condition)() const) {
  return mutex_.AwaitWithTimeout(absl::Condition(this, condition), absl::FromChrono(kCallDeadline));
}

absl::Status UnitStream::End() {
  held_ = false;
  RemoveHold();
  absl::MutexLock lock(&mutex_);
  if (!Await(&UnitStream::Done)) {
    context_.TryCancel();
    mutex_.Await(absl::Condition(this, &UnitStream::Done));
  }
  return FromGrpc(status_);
}

absl::Status UnitStream::Broken() {
  absl::Status status = End();
  return status.ok() ? absl::UnavailableError("the server ended the stream") : status;
}

absl::Status UnitStream::TimedOut() {
  context_.TryCancel();
  return absl::DeadlineExceededError("the server has not answered in time");
}

void UnitStream::OnReadDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    // More answers than units: the server is not one of ours, and the queue would have no bound.
    const bool expected = ok && received_ < sent_;
    if (ok && !expected) context_.TryCancel();
    over_ = !expected;
    if (expected) {
      ++received_;
      answers_.push_back(std::move(receiving_));
      receiving_.Clear();
    }
    if (over_) return;
  }
  StartRead(&receiving_);
}

void UnitStream::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  // What was answered before the stream broke is still read: OnReadDone says when it is over.
  if (!ok) context_.TryCancel();
}

void UnitStream::OnDone(const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  over_ = true;
  done_ = true;
  status_ = status;
}

}  // namespace registre::cli
