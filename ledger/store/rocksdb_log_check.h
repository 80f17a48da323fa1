// The log's database, open, and what is checked before it is trusted. Private to ledger/store.
#ifndef REGISTRE_LEDGER_STORE_ROCKSDB_LOG_CHECK_H_
#define REGISTRE_LEDGER_STORE_ROCKSDB_LOG_CHECK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/store/rocksdb_event_store.h"
#include "rocksdb/db.h"

namespace registre {

// Owns the database and its handles, which end with it.
struct OpenLog {
  static absl::StatusOr<OpenLog> Open(const std::string& directory, const LogTuning& tuning);
  // Writes nothing, takes no lock. A family that an older version has not made is read as empty.
  static absl::StatusOr<OpenLog> OpenForReading(
      const std::string& directory,
      rocksdb::WALRecoveryMode recovery = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);

  struct Close {
    void operator()(rocksdb::DB* db) const;
  };
  std::unique_ptr<rocksdb::DB, Close> db;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles;
  rocksdb::ColumnFamilyHandle* events = nullptr;
  rocksdb::ColumnFamilyHandle* leaves = nullptr;
  rocksdb::ColumnFamilyHandle* tiles = nullptr;
  rocksdb::ColumnFamilyHandle* consumers = nullptr;
  rocksdb::ColumnFamilyHandle* checkpoints = nullptr;

 private:
  void Adopt(rocksdb::DB* opened, const std::vector<rocksdb::ColumnFamilyHandle*>& families);
};

// The store over an open log of `size` events.
std::unique_ptr<EventStore> StoreOver(OpenLog log, const std::string& directory, uint64_t size);

// Makes the folder when there is none. DATA_LOSS LOG_DAMAGED when it holds the files of a database
// but not CURRENT, which names the live ones: RocksDB would make a new database there and delete
// them.
absl::Status CheckBeforeOpening(const std::string& directory);

// One more than the position of the last event. DATA_LOSS LOG_DAMAGED.
absl::StatusOr<uint64_t> EndOfEvents(const OpenLog& log, const std::string& directory);

// The number of events, once the families agree on it: the last event and the last leaf have the
// same position, and as many events, leaves and full tiles are stored as that makes. So a hole in
// the middle is found too, without a scan. DATA_LOSS LOG_DAMAGED otherwise.
absl::StatusOr<uint64_t> CheckedSize(const OpenLog& log, const std::string& directory);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_ROCKSDB_LOG_CHECK_H_
