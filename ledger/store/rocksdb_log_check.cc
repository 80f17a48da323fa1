#include "ledger/store/rocksdb_log_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "ledger/store/rocksdb_errors.h"
#include "ledger/store/store_errors.h"
#include "rocksdb/table_properties.h"

namespace registre {
namespace {

// One more than the position of the family's last key.
absl::StatusOr<uint64_t> EndOf(const OpenLog& log, rocksdb::ColumnFamilyHandle* family,
                               const std::string& directory) {
  const std::unique_ptr<rocksdb::Iterator> it(log.db->NewIterator(rocksdb::ReadOptions(), family));
  it->SeekToLast();
  if (!it->status().ok()) return LogError(it->status(), directory, "reading the last event");
  if (!it->Valid()) return 0;
  if (it->key().size() != sizeof(uint64_t)) {
    return LogDamaged(directory,
                      fmt::format("the last key of '{}' is no position", family->GetName()));
  }
  return PositionOf(it->key()) + 1;
}

// Keys that the family holds: a key of the log is written once and never deleted, so every entry of
// its tables is one.
absl::StatusOr<uint64_t> CountOf(const OpenLog& log, rocksdb::ColumnFamilyHandle* family,
                                 const std::string& directory) {
  rocksdb::TablePropertiesCollection tables;
  const rocksdb::Status status = log.db->GetPropertiesOfAllTables(family, &tables);
  if (!status.ok()) return LogError(status, directory, "reading the tables");
  uint64_t count = 0;
  log.db->GetIntProperty(family, rocksdb::DB::Properties::kNumEntriesActiveMemTable, &count);
  for (const auto& [name, properties] : tables) count += properties->num_entries;
  return count;
}

absl::Status CheckCount(const OpenLog& log, rocksdb::ColumnFamilyHandle* family, uint64_t expected,
                        uint64_t size, const std::string& directory) {
  const absl::StatusOr<uint64_t> count = CountOf(log, family, directory);
  if (!count.ok()) return count.status();
  if (*count == expected) return absl::OkStatus();
  return LogDamaged(directory, fmt::format("'{}' holds {} entries, where {} events make {}",
                                           family->GetName(), *count, size, expected));
}

}  // namespace

void OpenLog::Close::operator()(rocksdb::DB* db) const {
  // Everything acknowledged is in the WAL already: an error here loses nothing.
  db->Close().PermitUncheckedError();
  delete db;
}

void OpenLog::Adopt(rocksdb::DB* opened,
                    const std::vector<rocksdb::ColumnFamilyHandle*>& families) {
  db.reset(opened);
  for (rocksdb::ColumnFamilyHandle* handle : families) {
    handles.emplace_back(handle);
    if (handle->GetName() == kEventsFamily) events = handle;
    if (handle->GetName() == kLeavesFamily) leaves = handle;
    if (handle->GetName() == kTilesFamily) tiles = handle;
    if (handle->GetName() == kConsumersFamily) consumers = handle;
    if (handle->GetName() == kCheckpointsFamily) checkpoints = handle;
  }
}

absl::StatusOr<OpenLog> OpenLog::Open(const std::string& directory, const LogTuning& tuning) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(LogDbOptions(tuning), directory, LogFamilies(), &handles, &db);
  if (!status.ok()) return LogError(status, directory, "opening the log");
  OpenLog log;
  log.Adopt(db, handles);
  return log;
}

absl::StatusOr<OpenLog> OpenLog::OpenForReading(const std::string& directory,
                                                rocksdb::WALRecoveryMode recovery) {
  std::error_code error;
  if (!std::filesystem::exists(directory + "/CURRENT", error)) {
    return LogDamaged(directory, "its file CURRENT is missing");
  }
  rocksdb::DBOptions options = LogDbOptions(LogTuning());
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  options.wal_recovery_mode = recovery;
  std::vector<std::string> names;
  rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, directory, &names);
  if (!status.ok()) return LogError(status, directory, "reading the list of its families");
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const rocksdb::ColumnFamilyDescriptor& family : LogFamilies()) {
    const bool made = std::find(names.begin(), names.end(), family.name) != names.end();
    if (made) families.push_back(family);
  }
  if (families.size() != names.size()) {
    return LogDamaged(directory, "it has families that are none of a log's");
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  status = rocksdb::DB::OpenForReadOnly(options, directory, families, &handles, &db);
  if (!status.ok()) return LogError(status, directory, "opening the log");
  OpenLog log;
  log.Adopt(db, handles);
  // The default family is always empty.
  for (auto** family : {&log.events, &log.leaves, &log.tiles, &log.consumers, &log.checkpoints}) {
    if (*family == nullptr) *family = db->DefaultColumnFamily();
  }
  return log;
}

absl::Status CheckBeforeOpening(const std::string& directory) {
  std::error_code error;
  bool has_files = false;
  // A database that is only being made has a manifest, but no table and no WAL.
  for (auto it = std::filesystem::directory_iterator(directory, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().filename() == "CURRENT") return absl::OkStatus();
    has_files |= it->path().extension() == ".sst" || it->path().extension() == ".log";
  }
  if (error == std::errc::no_such_file_or_directory) {
    // Here, where what goes wrong has a number: RocksDB has only words for it.
    error.clear();
    std::filesystem::create_directory(directory, error);
  }
  if (error) return ErrnoError(error.value(), directory);
  if (has_files) return LogDamaged(directory, "its file CURRENT is missing");
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> EndOfEvents(const OpenLog& log, const std::string& directory) {
  return EndOf(log, log.events, directory);
}

absl::StatusOr<uint64_t> CheckedSize(const OpenLog& log, const std::string& directory) {
  const absl::StatusOr<uint64_t> size = EndOf(log, log.events, directory);
  if (!size.ok()) return size.status();
  const absl::StatusOr<uint64_t> leaves = EndOf(log, log.leaves, directory);
  if (!leaves.ok()) return leaves.status();
  if (*size != *leaves) {
    return LogDamaged(directory,
                      fmt::format("it holds {} events but {} leaf hashes", *size, *leaves));
  }
  REGISTRE_RETURN_IF_ERROR(CheckCount(log, log.events, *size, *size, directory));
  REGISTRE_RETURN_IF_ERROR(CheckCount(log, log.leaves, *size, *size, directory));
  REGISTRE_RETURN_IF_ERROR(CheckCount(log, log.tiles, AllFullTiles(*size), *size, directory));
  return *size;
}

}  // namespace registre
