// A file system for RocksDB whose writes fail when a test says so, and that can lose what was
// written but never synced, as a power cut does.
#ifndef REGISTRE_TESTS_LEDGER_STORE_FAULTY_FILE_SYSTEM_H_
#define REGISTRE_TESTS_LEDGER_STORE_FAULTY_FILE_SYSTEM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace registre {

// What a file system does next. Any thread.
class Faults {
 public:
  enum class Kind {
    kNone,
    kSync,        // syncs fail; what they should have made durable is in the file, not on the disk
    kNoSpace,     // writes and new files answer that the disk is full
    kTables,      // new tables answer that the disk is full: all stays in WALs
    kEverything,  // every write, sync, new file and rename fails
  };

  // From now on, after `skipped` more operations of that kind, they fail: for ever or, `once`, one.
  void Fail(Kind kind, uint64_t skipped = 0, bool once = false);
  void Heal() { Fail(Kind::kNone); }

  // Whether an operation has failed since the last Fail.
  bool HasFailed() const;

  // Cuts every file back to what was last synced of it.
  void LoseWhatWasNotSynced();

 private:
  friend class FaultyFile;
  friend class FaultyFileSystem;
  enum class Operation { kWrite, kSync, kCreate, kRename };

  rocksdb::IOStatus Before(Operation operation, const std::string& file);
  void Written(const std::string& file, uint64_t bytes);
  void Synced(const std::string& file);
  void Created(const std::string& file);
  void Renamed(const std::string& from, const std::string& to);
  void Deleted(const std::string& file);

  struct Length {
    uint64_t written = 0;
    uint64_t synced = 0;
  };
  mutable absl::Mutex mutex_;
  Kind kind_ ABSL_GUARDED_BY(mutex_) = Kind::kNone;
  uint64_t skipped_ ABSL_GUARDED_BY(mutex_) = 0;
  bool once_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Length> files_ ABSL_GUARDED_BY(mutex_);
};

// An environment on the real file system with these faults, which outlive it.
std::unique_ptr<rocksdb::Env> NewFaultyEnv(Faults* faults);

}  // namespace registre

#endif  // REGISTRE_TESTS_LEDGER_STORE_FAULTY_FILE_SYSTEM_H_
