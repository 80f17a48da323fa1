#include "ledger/store/rocksdb_event_store.h"
#include "rocksdb/cache.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/table.h"

namespace registre {
namespace {

constexpr size_t kBlockCacheBytes = 64 * 1024 * 1024;
// A block holds about 25 events: a scan decodes few blocks, a read of one event not much it does
// not want.
constexpr size_t kBlockBytes = 8 * 1024;
// A scan that goes on reads ahead this much; a short read does not.
constexpr size_t kReadaheadBytes = 1024 * 1024;
constexpr int kOpenFiles = 512;
constexpr int kWriteBuffers = 3;
constexpr size_t kInfoLogBytes = 4 * 1024 * 1024;
constexpr size_t kInfoLogFiles = 4;

rocksdb::ColumnFamilyOptions FamilyOptions(const LogTuning& tuning,
                                           const std::shared_ptr<rocksdb::Cache>& cache,
                                           rocksdb::CompressionType compression) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytes;
  table.max_auto_readahead_size = kReadaheadBytes;
  // Index blocks live in the cache too: memory stays bounded however long the log grows.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = tuning.write_buffer_bytes;
  options.max_write_buffer_number = kWriteBuffers;
  options.compression = compression;
  return options;
}

}  // namespace

rocksdb::DBOptions LogDbOptions(const LogTuning& tuning) {
  rocksdb::DBOptions options;
  options.env = tuning.env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;

  // A crash may cut the last record of the WAL, and nothing else may differ from what was written.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.recycle_log_file_num = 0;
  options.paranoid_checks = true;
  // After a failed write or sync nobody knows what is on the disk: only a restart, which reads it
  // again, may write again.
  options.max_bgerror_resume_count = 0;
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  // A flush takes all families to the same point, so that they agree whatever happens.
  options.atomic_flush = true;

  options.allow_concurrent_memtable_write = false;  // one thread appends
  options.max_background_jobs = 2;
  options.max_open_files = kOpenFiles;
  options.max_log_file_size = kInfoLogBytes;
  options.keep_log_file_num = kInfoLogFiles;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> LogFamilies(const LogTuning& tuning) {
  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  // Hashes do not compress.
  const auto plain = FamilyOptions(tuning, cache, rocksdb::kNoCompression);
  const auto packed = FamilyOptions(tuning, cache, rocksdb::kLZ4Compression);
  return {{rocksdb::kDefaultColumnFamilyName, plain},
          {kEventsFamily, packed},
          {kLeavesFamily, plain},
          {kTilesFamily, plain},
          {kConsumersFamily, plain}};
}

std::string PositionKey(uint64_t position) {
  std::string key(sizeof(position), '\0');
  for (size_t i = key.size(); i-- > 0; position >>= 8) key[i] = static_cast<char>(position & 0xff);
  return key;
}

std::string TileKey(uint8_t level, uint64_t index) {
  return std::string(1, static_cast<char>(level)) + PositionKey(index);
}

}  // namespace registre
