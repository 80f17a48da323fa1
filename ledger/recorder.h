// The one thread that decides, writes and syncs.
//
//   Submit -> queue -> the recorder's thread takes what queued during the last sync (the group):
//     for each command: known id? condition? rules -> events in the unit layer -> group layer
//     one Append (one write, one sync) -> publish to readers -> tail
//   -> a second thread gives every answer of the group, in order
#ifndef REGISTRE_LEDGER_RECORDER_H_
#define REGISTRE_LEDGER_RECORDER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "ledger/base/clock.h"
#include "ledger/command.h"
#include "ledger/layers.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "ledger/wait_list.h"

namespace registre {

// What the clock may do before recording stops (CLOCK_SUSPECT).
inline constexpr absl::Duration kMaxClockDrift = absl::Seconds(60);

// Whether acts are recorded, and how much was.
struct RecorderStatus {
  enum class State { kRecording, kClockSuspect, kStopped, kDraining };
  State state = State::kRecording;
  std::string message;  // why not
  LogHead head;         // durable and visible
  std::optional<absl::Time> last_recorded_at;
  uint64_t queued_units = 0;
  uint64_t recorded_acts = 0;    // since the start
  uint64_t recorded_groups = 0;  // since the start; each is one write and one sync
  uint64_t refused_units = 0;    // since the start
};

class Recorder {
 public:
  struct Parts {
    EventStore* log;
    Index* index;
    WaitList* tail;  // who waits for the log to grow
    const Clock* clock;
    Random* random;
  };

  // Borrows the parts; they outlive the recorder. The log and the index hold the same events,
  // `tree` is the log's, `last_recorded_at` its last event's. The thread starts at once.
  Recorder(const Parts& parts, const Projection& projection, MerkleTree tree,
           std::optional<absl::Time> last_recorded_at);
  // Drains.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Called once with the outcome, on the recorder's second thread or within Submit: it must not
  // block.
  using Done = std::function<void(absl::StatusOr<v1::RecordResponse>)>;

  // Queues a command; never blocks; any thread. An answer, refusals included, means that everything
  // it rests on is durable. Refusals: those of rules.h; ALREADY_EXISTS (COMMAND_ID_REUSED); ABORTED
  // (CONDITION_BROKEN); FAILED_PRECONDITION (POSITION_AHEAD: of a condition); RESOURCE_EXHAUSTED
  // (QUEUE_FULL: retry; CONDITION_TOO_WIDE); UNAVAILABLE (WRITER_STOPPED, DRAINING, CLOCK_SUSPECT).
  // After WRITER_STOPPED the outcome is not known: retry with the same command id once the server
  // is back. QUEUE_FULL and DRAINING come within the call and leave the command as it was: it may
  // be submitted again.
  void Submit(Command&& command, Done done);

  // Runs `task` on the recorder's thread between two groups and waits for it. Any other thread.
  void RunExclusive(const std::function<void(Layers* layers, const LogHead& head)>& task);

  // What consumers of the payment feed wrote since it was asked last (event_store.h).
  using ConsumerSource = std::function<std::vector<ConsumerWrite>()>;
  // From now on the source is asked, on the recorder's thread, for what to write beside a group's
  // events. Null: no longer; what was waiting is written first. Waits. Any other thread.
  void SetConsumerSource(ConsumerSource source);
  // The source has something to be written: with the next group, or on its own after
  // kConsumerDelay. Never blocks; any thread.
  void ConsumersChanged();
  // Waits until what the source has now is durable, and says so. UNAVAILABLE (WRITER_STOPPED,
  // DRAINING) when it will not be. Any other thread.
  absl::Status SyncConsumers();

  // Takes the system's clock as right from now on.
  void AcceptClock();

  // Refuses new commands, answers those queued, and stops the thread. Once.
  void Drain();

  RecorderStatus status() const;

 private:
  struct Item {
    Command command;
    Done done;
    absl::StatusOr<v1::RecordResponse> outcome;  // once it is decided
  };
  // Commands that become durable together, and what they become on their way to the disk.
  struct Group {
    std::vector<Item> items;
    EventBatch batch;
    std::vector<v1::Event> events;  // staged, for duplicates and conditions within the group
    uint64_t first_position = 0;
    bool consumers_changed = false;
    absl::Time recorded_at;
  };

  void Run();
  void RunAnswers();
  void TakeItems(Group* group) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status StoppedError() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RecordGroup(Group* group);
  void WriteConsumers();
  // Hands the group over to be answered; waits while kMaxUnanswered are.
  void Answer(std::unique_ptr<Group> group);
  absl::StatusOr<v1::RecordResponse> Process(Command* command, Group* group);
  absl::StatusOr<v1::RecordResponse> ReceiptAgain(const Command& command,
                                                  const CommandRecord& record, const Group& group);
  // Takes the acts out of the command.
  absl::StatusOr<std::vector<v1::Event>> DecideUnit(Command* command, const Group& group);
  // Size and root of the log up to the unit being decided, the group's units before it included.
  LogHead HeadBeforeUnit(const Group& group) const;
  void StampEvent(const Command& command, int index, const Group& group, v1::Event* event);
  absl::StatusOr<std::vector<v1::Event>> EventsAt(const std::vector<uint64_t>& positions,
                                                  const Group& group) const;
  absl::Status CheckClock(absl::Time now);
  Days DayOf(absl::Time time);
  void Stop(const absl::Status& why);

  EventStore* const log_;
  WaitList* const tail_;
  const Clock* const clock_;
  Random* const random_;

  // The recorder's thread only.
  Layers layers_;
  MerkleTree tree_;
  LogHead head_;  // durable and published
  std::optional<absl::Time> last_recorded_at_;
  std::string time_zone_name_;
  absl::TimeZone time_zone_;
  std::string random_pool_;
  ConsumerSource consumer_source_;

  mutable absl::Mutex mutex_;
  std::deque<Item> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool consumers_changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  RecorderStatus status_ ABSL_GUARDED_BY(mutex_);
  // Reference of the clock guard: wall and boot time when the clock was last taken as right.
  absl::Time wall_reference_ ABSL_GUARDED_BY(mutex_);
  absl::Duration boot_reference_ ABSL_GUARDED_BY(mutex_);

  // Answering a group takes as long as deciding one: the next is decided meanwhile.
  absl::Mutex answers_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  std::deque<std::unique_ptr<Group>> unanswered_ ABSL_GUARDED_BY(answers_mutex_);
  bool no_more_answers_ ABSL_GUARDED_BY(answers_mutex_) = false;

  std::thread thread_;
  std::thread answering_thread_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_RECORDER_H_
