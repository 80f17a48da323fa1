// Units over one RecordStream: sent one after the other, answered in order, several under way.
#ifndef REGISTRE_CMD_REGISTRE_UNIT_STREAM_H_
#define REGISTRE_CMD_REGISTRE_UNIT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "registre/v1/ledger_service.grpc.pb.h"

namespace registre::cli {

// Used by one thread, which blocks; gRPC's threads only hand over what has come. The caller bounds
// what is under way (kMaxPipeline). Send and NextAnswer give up after kCallDeadline without any
// progress.
class UnitStream final
    : private grpc::ClientBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse> {
 public:
  // Borrows the stub. The call starts at once.
  explicit UnitStream(v1::LedgerService::Stub& stub);
  // Cancels what is under way.
  ~UnitStream() override;

  // Sends a unit once the one before is written. False when the stream is over and the unit was not
  // sent: NextAnswer still gives what was answered, and then why it is over.
  absl::StatusOr<bool> Send(v1::RecordRequest request);

  // Waits for the next answer; an error ends the stream.
  absl::StatusOr<v1::RecordStreamResponse> NextAnswer();

  // Ends the stream once everything is answered.
  absl::Status Finish();

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  bool WrittenOrOver() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !writing_ || over_; }
  bool AnsweredOrOver() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !answers_.empty() || over_;
  }
  bool Done() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return done_; }

  // Waits for the condition; false when kCallDeadline passes first.
  bool Await(bool (UnitStream::*condition)() const) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets the call end and waits for its status. The call is over, cancelled, or told that no unit
  // follows.
  absl::Status End() ABSL_LOCKS_EXCLUDED(mutex_);
  // The status of a call that ended before its time.
  absl::Status Broken() ABSL_LOCKS_EXCLUDED(mutex_);
  // Gives up waiting; the destructor ends the call.
  absl::Status TimedOut();

  grpc::ClientContext context_;
  v1::RecordStreamRequest sending_;     // gRPC reads it while writing_
  v1::RecordStreamResponse receiving_;  // gRPC writes it between StartRead and OnReadDone
  bool held_ = true;                    // only the user's thread: the hold keeps OnDone away

  absl::Mutex mutex_;
  std::deque<v1::RecordStreamResponse> answers_ ABSL_GUARDED_BY(mutex_);
  uint64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t received_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more comes
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_UNIT_STREAM_H_
