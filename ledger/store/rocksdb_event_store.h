// The log in RocksDB, as tests need it: on another file system, or with a small WAL. Private to
// ledger/store and its tests; everyone else calls OpenRocksDbEventStore of event_store.h.
#ifndef REGISTRE_LEDGER_STORE_ROCKSDB_EVENT_STORE_H_
#define REGISTRE_LEDGER_STORE_ROCKSDB_EVENT_STORE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/store/event_store.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/options.h"
#include "rocksdb/slice.h"

namespace registre {

struct LogTuning {
  // Outlives the store.
  rocksdb::Env* env = rocksdb::Env::Default();
  // Bytes that gather in the WAL, and in memory, before they become tables. A start after a crash
  // replays about this much: 100,000 events of the usual size.
  size_t wal_bytes = 32 * 1024 * 1024;
};

absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbEventStore(const std::string& directory,
                                                                  const LogTuning& tuning);

// Names of the column families (event_store.h).
inline constexpr char kEventsFamily[] = "events";
inline constexpr char kLeavesFamily[] = "leaves";
inline constexpr char kTilesFamily[] = "tiles";
inline constexpr char kConsumersFamily[] = "consumers";
inline constexpr char kCheckpointsFamily[] = "checkpoints";

// What the design fixes for the log, and our sizes.
rocksdb::DBOptions LogDbOptions(const LogTuning& tuning);
std::vector<rocksdb::ColumnFamilyDescriptor> LogFamilies();

// The key of a position: 8 bytes, big-endian, so that keys sort as positions do.
std::string PositionKey(uint64_t position);
uint64_t PositionOf(const rocksdb::Slice& key);
// The key of a tile: its level, then its index as above.
std::string TileKey(uint8_t level, uint64_t index);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_ROCKSDB_EVENT_STORE_H_
