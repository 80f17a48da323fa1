// A recorder over a log in memory that a test can hold up, or break.
#ifndef REGISTRE_TESTS_SUPPORT_TEST_RECORDER_H_
#define REGISTRE_TESTS_SUPPORT_TEST_RECORDER_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/recorder.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/event.pb.h"
#include "tests/support/subjects.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_clock.h"

namespace registre::testing {

// Hands on to a log in memory. Append waits while the gate is closed, and fails once told to.
class GatedLog final : public EventStore {
 public:
  absl::Status Append(uint64_t expected_next_position, const EventBatch& batch) override;
  uint64_t size() const override { return log_->size(); }
  absl::Status Read(uint64_t from,
                    const std::function<bool(uint64_t, std::string_view)>& visit) const override {
    return log_->Read(from, visit);
  }
  absl::StatusOr<std::vector<std::string>> Get(
      const std::vector<uint64_t>& positions) const override {
    return log_->Get(positions);
  }
  absl::StatusOr<Hash> GetLeafHash(uint64_t position) const override {
    return log_->GetLeafHash(position);
  }
  absl::StatusOr<Tile> GetTile(uint8_t level, uint64_t index) const override {
    return log_->GetTile(level, index);
  }
  absl::StatusOr<std::vector<ConsumerWrite>> ReadConsumers() const override {
    return log_->ReadConsumers();
  }
  absl::Status WriteCheckpoints(const std::vector<CheckpointWrite>& writes) override {
    return log_->WriteCheckpoints(writes);
  }
  absl::Status ReadCheckpoints(
      uint64_t before,
      const std::function<bool(uint64_t, std::string_view)>& visit) const override {
    return log_->ReadCheckpoints(before, visit);
  }

  void CloseGate();
  void OpenGate();
  // Waits until an Append stands at the gate.
  void AwaitAppend();
  void FailFromNowOn();
  // How many Appends there were.
  int appends() const;

 private:
  std::unique_ptr<EventStore> log_ = NewMemoryEventStore();
  mutable absl::Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
  int appends_ ABSL_GUARDED_BY(mutex_) = 0;
};

using Outcome = absl::StatusOr<v1::RecordResponse>;

// An outcome that comes later.
class PendingOutcome {
 public:
  void Set(Outcome outcome);
  bool ready() const;
  // Waits for it.
  Outcome Get() const;

 private:
  mutable absl::Mutex mutex_;
  std::optional<Outcome> outcome_ ABSL_GUARDED_BY(mutex_);
};

// The whole, in a folder of its own below `parent`.
class TestRecorder {
 public:
  explicit TestRecorder(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path());

  // Queues a unit for the subject; when it is empty for SubjectOf its first act.
  std::shared_ptr<PendingOutcome> Submit(v1::RecordRequest request,
                                         const std::string& subject = "");
  // The same for a command that is made already.
  std::shared_ptr<PendingOutcome> Submit(Command command);
  // Records a unit and waits.
  Outcome Record(v1::RecordRequest request, const std::string& subject = "");
  // Records acts under an id; aborts when refused.
  v1::RecordResponse Must(const std::string& command_id, const std::vector<v1::Act>& acts);

  // Starts the recorder again over the same log and index.
  void Restart();

  v1::Event EventAt(uint64_t position) const;
  // The row of a key as readers see it; empty when there is none.
  v1::Row RowOf(const std::string& key) const;

  TestClock clock;
  TestRandom random;
  GatedLog log;
  std::unique_ptr<Index> index;
  std::unique_ptr<WaitList> tail;
  std::unique_ptr<Recorder> recorder;

 private:
  void Start(MerkleTree tree, std::optional<absl::Time> last_recorded_at);

  TempFolder folder_;
};

// A request of one unit.
v1::RecordRequest UnitOf(const std::string& command_id, const std::vector<v1::Act>& acts);

// Acts of a test ledger; every name is made up.
v1::Act OpenTestLedger();
v1::Act RegisterStructure(const std::string& id);
v1::Act OpenLine(const std::string& code, int64_t authorised_cents);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_TEST_RECORDER_H_
