#include "ledger/store/log_inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/store/rocksdb_errors.h"
#include "ledger/store/rocksdb_log_check.h"
#include "ledger/store/table_checksums.h"
#include "rocksdb/metadata.h"

namespace registre {
namespace {

class StoredEntriesImpl final : public StoredEntries {
 public:
  StoredEntriesImpl(std::unique_ptr<rocksdb::Iterator> entries, std::string directory)
      : entries_(std::move(entries)), directory_(std::move(directory)) {}

  bool valid() const override { return entries_->Valid(); }
  std::string_view key() const override { return entries_->key().ToStringView(); }
  std::string_view value() const override { return entries_->value().ToStringView(); }
  void Next() override { entries_->Next(); }
  absl::Status status() const override {
    if (entries_->status().ok()) return absl::OkStatus();
    return LogError(entries_->status(), directory_, "reading the stored hashes");
  }

 private:
  const std::unique_ptr<rocksdb::Iterator> entries_;
  const std::string directory_;
};

class LogInspectionImpl final : public LogInspection {
 public:
  LogInspectionImpl(std::string directory, OpenLog log, uint64_t size, absl::Status tail,
                    absl::Status counts, absl::Status table_checks)
      : directory_(std::move(directory)),
        db_(log.db.get()),
        leaves_(log.leaves),
        tiles_(log.tiles),
        store_(StoreOver(std::move(log), directory_, size)),
        tail_(std::move(tail)),
        counts_(std::move(counts)),
        table_checks_(std::move(table_checks)) {}

  const EventStore& log() const override { return *store_; }
  absl::Status Tail() const override { return tail_; }
  absl::Status CheckCounts() const override { return counts_; }
  absl::Status CheckTables() const override { return table_checks_; }
  std::vector<std::string> DeadTables() const override;
  std::unique_ptr<StoredEntries> LeafHashes() const override { return EntriesOf(leaves_, ""); }
  std::unique_ptr<StoredEntries> Tiles(uint8_t level) const override {
    return EntriesOf(tiles_, TileKey(level, 0));
  }

 private:
  std::unique_ptr<StoredEntries> EntriesOf(rocksdb::ColumnFamilyHandle* family,
                                           const std::string& from) const;

  const std::string directory_;
  rocksdb::DB* const db_;  // the store's, as the families are
  rocksdb::ColumnFamilyHandle* const leaves_;
  rocksdb::ColumnFamilyHandle* const tiles_;
  const std::unique_ptr<EventStore> store_;
  const absl::Status tail_;
  const absl::Status counts_;
  const absl::Status table_checks_;
};

std::vector<std::string> LogInspectionImpl::DeadTables() const {
  std::vector<rocksdb::LiveFileMetaData> tables;
  db_->GetLiveFilesMetaData(&tables);
  std::set<std::string> live;
  for (const rocksdb::LiveFileMetaData& table : tables) {
    live.insert(std::filesystem::path(table.name).filename());
  }
  std::vector<std::string> dead;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(directory_, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename();
    if (it->path().extension() == ".sst" && !live.contains(name)) dead.push_back(name);
  }
  std::sort(dead.begin(), dead.end());
  return dead;
}

std::unique_ptr<StoredEntries> LogInspectionImpl::EntriesOf(rocksdb::ColumnFamilyHandle* family,
                                                            const std::string& from) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  std::unique_ptr<rocksdb::Iterator> entries(db_->NewIterator(options, family));
  entries->Seek(from);
  return std::make_unique<StoredEntriesImpl>(std::move(entries), directory_);
}

// CheckedSize, and that the family that every database has is empty.
absl::Status CountsOf(const OpenLog& log, const std::string& directory) {
  const absl::StatusOr<uint64_t> size = CheckedSize(log, directory);
  if (!size.ok()) return size.status();
  const std::unique_ptr<rocksdb::Iterator> it(log.db->NewIterator(rocksdb::ReadOptions()));
  it->SeekToFirst();
  if (!it->status().ok()) return LogError(it->status(), directory, "reading its default family");
  if (!it->Valid()) return absl::OkStatus();
  return LogDamaged(directory, "its default family holds something, and nothing is written there");
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogInspection>> LogInspection::Open(
    const std::string& log_directory) {
  const auto tables = CheckTableFiles(log_directory);
  if (!tables.ok()) return tables.status();
  if (!tables->unread.empty()) return LogDamaged(log_directory, tables->unread);
  // Such a table is not opened, nor is the log without it.
  if (!tables->different.empty()) return LogDamaged(log_directory, tables->different);
  absl::Status table_checks;
  if (tables->without > 0) {
    table_checks = LogDamaged(
        log_directory, fmt::format("MANIFEST has no checksum of {} tables", tables->without));
  }
  // Every record of the WAL whole, or else all those before the one that is not.
  absl::Status tail;
  auto log = OpenLog::OpenForReading(log_directory, rocksdb::WALRecoveryMode::kAbsoluteConsistency);
  if (absl::IsDataLoss(log.status())) {
    const absl::Status torn = log.status();
    log = OpenLog::OpenForReading(log_directory);
    if (log.ok()) {
      tail = Error(absl::StatusCode::kDataLoss, "LOG_TORN",
                   fmt::format("the end of the WAL in {} is torn or damaged: {}", log_directory,
                               std::string(torn.message())),
                   {{"path", log_directory}});
    }
  }
  if (!log.ok()) return log.status();
  const absl::StatusOr<uint64_t> size = EndOfEvents(*log, log_directory);
  if (!size.ok()) return size.status();
  absl::Status counts = CountsOf(*log, log_directory);
  return std::make_unique<LogInspectionImpl>(log_directory, *std::move(log), *size, std::move(tail),
                                             std::move(counts), std::move(table_checks));
}

}  // namespace registre
