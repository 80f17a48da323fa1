#include "ledger/store/rocksdb_event_store.h"

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "ledger/store/rocksdb_errors.h"
#include "ledger/store/rocksdb_log_check.h"
#include "ledger/store/store_errors.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace registre {
namespace {

rocksdb::Slice SliceOf(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// A scan reads each block once: it must not push out of the cache what point reads come back to.
rocksdb::ReadOptions ScanOptions() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  return options;
}

class RocksDbEventStore final : public EventStore {
 public:
  RocksDbEventStore(std::string directory, OpenLog log, uint64_t size)
      : directory_(std::move(directory)), log_(std::move(log)), size_(size) {}

  absl::Status Append(uint64_t expected_next_position, const EventBatch& batch) override;

  uint64_t size() const override { return size_.load(std::memory_order_acquire); }

  absl::Status Read(uint64_t from,
                    const std::function<bool(uint64_t, std::string_view)>& visit) const override;

  absl::StatusOr<std::vector<std::string>> Get(
      const std::vector<uint64_t>& positions) const override;

  absl::StatusOr<Hash> GetLeafHash(uint64_t position) const override;

  absl::StatusOr<Tile> GetTile(uint8_t level, uint64_t index) const override;

  absl::StatusOr<std::vector<ConsumerWrite>> ReadConsumers() const override;

  absl::Status WriteCheckpoints(const std::vector<CheckpointWrite>& writes) override;

  absl::Status Flush() override;

  absl::Status ReadCheckpoints(
      uint64_t before, const std::function<bool(uint64_t, std::string_view)>& visit) const override;

 private:
  absl::Status Write(uint64_t first_position, const EventBatch& batch);

  // The value of a key that must be there, of a size that is known.
  absl::StatusOr<std::string> GetFixed(rocksdb::ColumnFamilyHandle* family, const std::string& key,
                                       size_t bytes, const std::string& what) const;

  const std::string directory_;
  const OpenLog log_;
  // Events that are durable: raised only after the sync that made them so.
  std::atomic<uint64_t> size_;
  // The appending thread's: why it may append no more.
  std::optional<std::string> stopped_by_;
};

absl::Status RocksDbEventStore::Append(uint64_t expected_next_position, const EventBatch& batch) {
  if (stopped_by_) return WriterStopped(*stopped_by_);
  const uint64_t size = size_.load(std::memory_order_relaxed);
  if (size != expected_next_position) return WrongPosition(expected_next_position, size);
  CheckBatch(batch, size);
  if (batch.events.empty() && batch.consumers.empty()) return absl::OkStatus();
  const absl::Status status = Write(size, batch);
  if (!status.ok()) {
    stopped_by_ = std::string(status.message());
    return status;
  }
  size_.store(size + batch.events.size(), std::memory_order_release);
  return absl::OkStatus();
}

absl::Status RocksDbEventStore::Write(uint64_t first_position, const EventBatch& batch) {
  rocksdb::WriteBatch writes;
  for (size_t i = 0; i < batch.events.size(); ++i) {
    const std::string key = PositionKey(first_position + i);
    writes.Put(log_.events, key, batch.events[i]);
    writes.Put(log_.leaves, key, SliceOf(batch.leaf_hashes[i]));
  }
  for (const Tile& tile : batch.tiles) {
    writes.Put(log_.tiles, TileKey(tile.level, tile.index), tile.hashes);
  }
  for (const ConsumerWrite& write : batch.consumers) {
    if (write.state.empty()) {
      writes.Delete(log_.consumers, write.name);
    } else {
      writes.Put(log_.consumers, write.name, write.state);
    }
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = log_.db->Write(options, &writes);
  if (status.ok()) return absl::OkStatus();
  return LogError(status, directory_, fmt::format("appending at position {}", first_position));
}

absl::Status RocksDbEventStore::Read(
    uint64_t from, const std::function<bool(uint64_t, std::string_view)>& visit) const {
  const uint64_t end = size();
  if (from >= end) return absl::OkStatus();
  const std::string end_key = PositionKey(end);
  const rocksdb::Slice upper_bound(end_key);
  rocksdb::ReadOptions options = ScanOptions();
  options.iterate_upper_bound = &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> it(log_.db->NewIterator(options, log_.events));
  it->Seek(PositionKey(from));
  for (uint64_t position = from; position < end; ++position, it->Next()) {
    if (!it->Valid() && !it->status().ok()) {
      return LogError(it->status(), directory_, fmt::format("reading event {}", position));
    }
    if (!it->Valid() || it->key() != PositionKey(position)) {
      return LogDamaged(directory_, fmt::format("event {} of {} is missing", position, end));
    }
    if (!visit(position, {it->value().data(), it->value().size()})) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RocksDbEventStore::Get(
    const std::vector<uint64_t>& positions) const {
  const uint64_t end = size();
  std::vector<std::string> keys;
  keys.reserve(positions.size());
  for (const uint64_t position : positions) {
    if (position >= end) return PositionUnknown(position, end);
    keys.push_back(PositionKey(position));
  }
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  log_.db->MultiGet(rocksdb::ReadOptions(), log_.events, keys.size(), slices.data(), values.data(),
                    statuses.data());
  std::vector<std::string> events;
  events.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) {
      return LogDamaged(directory_, fmt::format("event {} of {} is missing", positions[i], end));
    }
    if (!statuses[i].ok()) {
      return LogError(statuses[i], directory_, fmt::format("reading event {}", positions[i]));
    }
    events.emplace_back(values[i].data(), values[i].size());
  }
  return events;
}

absl::StatusOr<std::string> RocksDbEventStore::GetFixed(rocksdb::ColumnFamilyHandle* family,
                                                        const std::string& key, size_t bytes,
                                                        const std::string& what) const {
  std::string value;
  const rocksdb::Status status = log_.db->Get(rocksdb::ReadOptions(), family, key, &value);
  if (status.IsNotFound()) return LogDamaged(directory_, fmt::format("{} is missing", what));
  if (!status.ok()) return LogError(status, directory_, fmt::format("reading {}", what));
  if (value.size() != bytes) {
    return LogDamaged(directory_,
                      fmt::format("{} has {} bytes, not {}", what, value.size(), bytes));
  }
  return value;
}

absl::StatusOr<Hash> RocksDbEventStore::GetLeafHash(uint64_t position) const {
  const uint64_t end = size();
  if (position >= end) return PositionUnknown(position, end);
  const absl::StatusOr<std::string> value =
      GetFixed(log_.leaves, PositionKey(position), sizeof(Hash),
               fmt::format("the leaf hash of event {}", position));
  if (!value.ok()) return value.status();
  Hash hash;
  std::memcpy(hash.data(), value->data(), hash.size());
  return hash;
}

absl::StatusOr<Tile> RocksDbEventStore::GetTile(uint8_t level, uint64_t index) const {
  const uint64_t end = size();
  if (index >= FullTiles(level, end)) return TileUnknown(level, index, end);
  absl::StatusOr<std::string> value =
      GetFixed(log_.tiles, TileKey(level, index), kTileWidth * sizeof(Hash),
               fmt::format("tile {} of level {}", index, level));
  if (!value.ok()) return value.status();
  return Tile{.level = level, .index = index, .hashes = *std::move(value)};
}

absl::StatusOr<std::vector<ConsumerWrite>> RocksDbEventStore::ReadConsumers() const {
  std::vector<ConsumerWrite> consumers;
  const std::unique_ptr<rocksdb::Iterator> it(log_.db->NewIterator(ScanOptions(), log_.consumers));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    consumers.push_back({it->key().ToString(), it->value().ToString()});
  }
  if (!it->status().ok()) return LogError(it->status(), directory_, "reading the consumers");
  return consumers;
}

// After a failure RocksDB itself refuses what comes later, events too.
absl::Status RocksDbEventStore::WriteCheckpoints(const std::vector<CheckpointWrite>& writes) {
  rocksdb::WriteBatch batch;
  for (const CheckpointWrite& write : writes) {
    if (write.checkpoint.empty()) {
      batch.Delete(log_.checkpoints, PositionKey(write.size));
    } else {
      batch.Put(log_.checkpoints, PositionKey(write.size), write.checkpoint);
    }
  }
  if (batch.Count() == 0) return absl::OkStatus();
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = log_.db->Write(options, &batch);
  if (status.ok()) return absl::OkStatus();
  return LogError(status, directory_, "storing a checkpoint");
}

absl::Status RocksDbEventStore::Flush() {
  if (stopped_by_) return WriterStopped(*stopped_by_);
  const rocksdb::Status status =
      log_.db->Flush(rocksdb::FlushOptions(),
                     {log_.events, log_.leaves, log_.tiles, log_.consumers, log_.checkpoints});
  if (status.ok()) return absl::OkStatus();
  return LogError(status, directory_, "writing tables");
}

absl::Status RocksDbEventStore::ReadCheckpoints(
    uint64_t before, const std::function<bool(uint64_t, std::string_view)>& visit) const {
  const std::unique_ptr<rocksdb::Iterator> it(
      log_.db->NewIterator(ScanOptions(), log_.checkpoints));
  if (before == 0) return absl::OkStatus();
  for (it->SeekForPrev(PositionKey(before - 1)); it->Valid(); it->Prev()) {
    if (it->key().size() != sizeof(uint64_t)) {
      return LogDamaged(directory_, "the key of a checkpoint is no size");
    }
    if (!visit(PositionOf(it->key()), {it->value().data(), it->value().size()})) break;
  }
  if (!it->status().ok()) return LogError(it->status(), directory_, "reading the checkpoints");
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<EventStore> StoreOver(OpenLog log, const std::string& directory, uint64_t size) {
  return std::make_unique<RocksDbEventStore>(directory, std::move(log), size);
}

absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbEventStore(const std::string& directory,
                                                                  const LogTuning& tuning) {
  REGISTRE_RETURN_IF_ERROR(CheckBeforeOpening(directory));
  // A new ledger is no error: RocksDB would report the missing folder as one before it makes it.
  // What else is wrong with the folder, it says.
  std::error_code ignored;
  std::filesystem::create_directory(directory, ignored);
  absl::StatusOr<OpenLog> log = OpenLog::Open(directory, tuning);
  if (!log.ok()) return log.status();
  const absl::StatusOr<uint64_t> size = CheckedSize(*log, directory);
  if (!size.ok()) return size.status();
  // RocksDB syncs what is in its folder, not the folder's own entry.
  REGISTRE_RETURN_IF_ERROR(SyncFolder(directory + "/.."));
  return StoreOver(*std::move(log), directory, *size);
}

absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbEventStore(const std::string& directory) {
  return OpenRocksDbEventStore(directory, LogTuning());
}

}  // namespace registre
