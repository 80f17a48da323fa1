// A ledger at work: the data folder, the log, the index, the recorder.
#ifndef REGISTRE_LEDGER_LEDGER_H_
#define REGISTRE_LEDGER_LEDGER_H_

#include <cstdint>
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
#include "ledger/base/clock.h"
#include "ledger/log_tiles.h"
#include "ledger/projection.h"
#include "ledger/recorder.h"
#include "ledger/store/data_folder.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "ledger/wait_list.h"

namespace registre {

// How far a fold of the log is.
struct FoldProgress {
  uint64_t events = 0;
  uint64_t total = 0;
};
// Called now and then; returns false to give up.
using OnFoldProgress = std::function<bool(const FoldProgress&)>;

// What a comparison of the index with a new fold of the log found.
struct RebuildReport {
  uint64_t events = 0;
  uint64_t rows = 0;
  std::vector<std::string> differences;  // at most kMaxDifferences, each with the key
  static constexpr size_t kMaxDifferences = 100;
};

// Any thread, unless a method says otherwise.
class Ledger {
 public:
  struct Options {
    std::string directory;
    Projection projection;
    const Clock* clock = nullptr;  // borrowed
    Random* random = nullptr;      // borrowed
    OnFoldProgress on_progress;    // of the replay at the start; may be empty
    // Changes that the index holds in memory before they go to disk.
    uint64_t index_flush_events = kIndexFlushEvents;
  };

  // Opens the folder, checks the log against HEAD, brings the index up to the log, starts
  // recording. Errors: those of DataFolder::Open, OpenRocksDbEventStore, CheckHead, Index::Open.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(Options options);

  // A clean stop: drains the recorder, flushes the log and the index, writes HEAD with the state
  // digest. Whatever else writes to the ledger has ended (Checkpoints, PaymentFeed).
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  Recorder& recorder() { return *recorder_; }
  // Who waits for the log to grow: woken once new events are durable and in the index.
  WaitList& tail() { return tail_; }
  const EventStore& log() const { return *log_; }
  // Tiles of the log, and subtree hashes out of them.
  LogTiles& tiles() { return *tiles_; }
  const std::string& directory() const { return options_.directory; }
  const Projection& projection() const { return options_.projection; }

  // The index of the moment. A rebuild puts another in its place: hold the pointer while reading.
  std::shared_ptr<Index> index() const;

  // What the ledger says of itself: its opening, its restorations; empty before LedgerOpened.
  absl::StatusOr<v1::Ledger> Row() const;

  // EventStore::WriteCheckpoints of the log.
  absl::Status WriteCheckpoints(const std::vector<CheckpointWrite>& writes) {
    return log_->WriteCheckpoints(writes);
  }

  // OK, or why HEAD could not be written the last time: a loss of the log's end would go unnoticed.
  absl::Status head_status() const;

  // Folds the log into a new index beside the one in use, while recording and reads go on.
  // Check compares the two at one position (rows, histories, snapshots, what command ids lead to)
  // and throws the new one away; Rebuild puts it in place. One at a time: RESOURCE_EXHAUSTED
  // (REBUILD_RUNNING). CANCELLED when `on_progress` gives up.
  absl::StatusOr<RebuildReport> Check(const OnFoldProgress& on_progress);
  absl::StatusOr<RebuildReport> Rebuild(const OnFoldProgress& on_progress);

 private:
  explicit Ledger(Options options) : options_(std::move(options)) {}

  // An index with its folder DIR/index/<generation>, which goes with it once it is obsolete.
  struct Generation;

  absl::Status Start();
  absl::Status BringUpToLog(Index* index);
  absl::StatusOr<MerkleTree> TreeAt(uint64_t size) const;
  absl::StatusOr<std::shared_ptr<Generation>> OpenGeneration(uint64_t number) const;
  std::shared_ptr<Generation> generation() const;
  // Opens the generation after the one in use, empty. Sets rebuilding_; EndRebuild clears it.
  absl::StatusOr<std::shared_ptr<Generation>> BeginRebuild();
  void EndRebuild();
  void WriteHeads();
  void WriteHead(const LogHead& head, const std::optional<Hash>& state_digest);
  // What HEAD says of a clean stop; nothing when it cannot be one.
  std::optional<Hash> DigestAtStop();

  const Options options_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<EventStore> log_;
  std::unique_ptr<LogTiles> tiles_;
  WaitList tail_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<Generation> generation_ ABSL_GUARDED_BY(mutex_);
  bool rebuilding_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status head_status_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Recorder> recorder_;
  std::thread head_thread_;
};

// Folds the events [from, to) of the log into the index, whose content is true at `from`. Publishes
// in chunks; `tree` holds `from` leaves and then `to`. One thread, which has another read ahead.
// After an error the index is true at the last chunk published, and the tree is worth nothing.
absl::Status FoldLog(const EventStore& log, uint64_t from, uint64_t to,
                     const Projection& projection, Index* index, MerkleTree* tree,
                     const OnFoldProgress& on_progress);

}  // namespace registre

#endif  // REGISTRE_LEDGER_LEDGER_H_
