#include "ledger/store/rocksdb_event_store.h"
#include "ledger/store/rocksdb_logger.h"
#include "rocksdb/cache.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/table.h"

namespace registre {
namespace {

constexpr size_t kLogBlockCacheBytes = 64 * 1024 * 1024;
// A block holds about 25 events: a scan decodes few blocks, a read of one event not much it does
// not want.
constexpr size_t kLogBlockBytes = 8 * 1024;
// A scan that goes on reads ahead this much; a short read does not.
constexpr size_t kReadaheadBytes = 1024 * 1024;
constexpr int kLogOpenFiles = 512;
// Only a disk far slower than the writer fills a buffer before the full WAL makes it flush.
constexpr size_t kWriteBufferBytes = 128 * 1024 * 1024;
constexpr size_t kInfoLogBytes = 4 * 1024 * 1024;
constexpr size_t kInfoLogFiles = 4;

rocksdb::ColumnFamilyOptions FamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                           rocksdb::CompressionType compression) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kLogBlockBytes;
  table.max_auto_readahead_size = kReadaheadBytes;
  // Index blocks live in the cache too: memory stays bounded however long the log grows.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kWriteBufferBytes;
  options.compression = compression;
  options.ttl = 0;  // nothing is ever outdated: old tables need no rewriting
  return options;
}

}  // namespace

rocksdb::DBOptions LogDbOptions(const LogTuning& tuning) {
  rocksdb::DBOptions options;
  options.env = tuning.env;
  options.create_if_missing = true;
  options.info_log = NewRocksDbLogger();
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
  // The size of the WAL, not that of a buffer, is what makes it flush: when a full buffer asks for
  // an atomic flush and the next WAL cannot be made, RocksDB 7.8 leaks a reference, and its
  // assertion ends the process at the close (facebook/rocksdb#12176).
  options.max_total_wal_size = tuning.wal_bytes;

  options.allow_concurrent_memtable_write = false;  // one thread appends
  options.max_background_jobs = 2;
  options.max_open_files = kLogOpenFiles;
  options.max_log_file_size = kInfoLogBytes;
  options.keep_log_file_num = kInfoLogFiles;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> LogFamilies() {
  const auto cache = rocksdb::NewLRUCache(kLogBlockCacheBytes);
  // Hashes do not compress.
  const auto plain = FamilyOptions(cache, rocksdb::kNoCompression);
  const auto packed = FamilyOptions(cache, rocksdb::kLZ4Compression);
  return {{rocksdb::kDefaultColumnFamilyName, plain},
          {kEventsFamily, packed},
          {kLeavesFamily, plain},
          {kTilesFamily, plain},
          {kConsumersFamily, plain},
          {kCheckpointsFamily, packed}};
}

std::string PositionKey(uint64_t position) {
  std::string key(sizeof(position), '\0');
  for (size_t i = key.size(); i-- > 0; position >>= 8) key[i] = static_cast<char>(position & 0xff);
  return key;
}

uint64_t PositionOf(const rocksdb::Slice& key) {
  uint64_t position = 0;
  for (size_t i = 0; i < key.size(); ++i) position = position << 8 | static_cast<uint8_t>(key[i]);
  return position;
}

std::string TileKey(uint8_t level, uint64_t index) {
  return std::string(1, static_cast<char>(level)) + PositionKey(index);
}

}  // namespace registre
