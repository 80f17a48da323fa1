#include "ledger/store/index_disk.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "ledger/store/index_codec.h"
#include "ledger/store/rocksdb_errors.h"
#include "ledger/store/rocksdb_logger.h"
#include "ledger/store/table_checksums.h"
#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"

namespace registre {
namespace {

namespace fs = std::filesystem;

constexpr size_t kIndexBlockCacheBytes = 64 * 1024 * 1024;
constexpr size_t kIndexBlockBytes = 8 * 1024;
constexpr double kBloomBitsPerKey = 10;
constexpr int kBackgroundJobs = 2;
constexpr int kIndexOpenFiles = 512;
// Files of an index to be compared that are merged at once: each costs whoever looks up a row a
// look at its filter, and each merge writes all of them again.
constexpr int kComparedFilesBeforeMerge = 12;

constexpr const char* kFamilyNames[] = {"default",   "keys",     "postings",
                                        "snapshots", "commands", "meta"};
// Where files are written before they are ingested; leftovers of a crash are
// deleted at Open.
constexpr char kIncoming[] = "incoming";

rocksdb::DBOptions DatabaseOptions() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.info_log = NewRocksDbLogger();
  options.create_missing_column_families = true;
  options.max_background_jobs = kBackgroundJobs;
  options.max_open_files = kIndexOpenFiles;
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  options.skip_stats_update_on_db_open = true;  // a restart is to be short
  options.avoid_unnecessary_blocking_io = true;
  options.avoid_flush_during_shutdown = true;
  options.bytes_per_sync = 1024 * 1024;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Index::Use use) {
  rocksdb::BlockBasedTableOptions table;
  // One for all: while an index is rebuilt there are two. Never destroyed, as threads of RocksDB
  // may outlive main's statics.
  static const auto* const cache =
      new std::shared_ptr<rocksdb::Cache>(rocksdb::NewLRUCache(kIndexBlockCacheBytes));
  table.block_cache = *cache;
  table.block_size = kIndexBlockBytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.format_version = 5;
  // Counted in the cache, so that memory does not grow with the ledger.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_size = 1024 * 1024;  // nothing is ever written there
  const auto compressions = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::find(compressions.begin(), compressions.end(), rocksdb::kLZ4Compression) !=
                   compressions.end();
  const bool compressed = lz4 && use == Index::Use::kServed;
  options.compression = compressed ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  if (use == Index::Use::kCompared) {
    options.level0_file_num_compaction_trigger = kComparedFilesBeforeMerge;
  }
  return options;
}

// The bytes are wrong or missing, or were written by something else: starting empty cures it. A
// disk that fails, is full, locked or read-only is not cured by that, even where RocksDB calls it
// damage.
bool IsCuredByDiscarding(const rocksdb::Status& status, std::string_view directory) {
  if (DiskError(status, directory).code() != absl::StatusCode::kInternal) return false;
  return IsDamage(status) || status.IsInvalidArgument() || status.IsNotFound() ||
         status.IsNotSupported();
}

}  // namespace

IndexDisk::IndexDisk(std::string directory, uint32_t fold_version, Index::Use use)
    : directory_(std::move(directory)), fold_version_(fold_version), use_(use) {}

IndexDisk::~IndexDisk() { Close(); }

absl::StatusOr<std::unique_ptr<IndexDisk>> IndexDisk::Open(const std::string& directory,
                                                           uint32_t fold_version, Index::Use use) {
  std::unique_ptr<IndexDisk> disk(new IndexDisk(directory, fold_version, use));
  REGISTRE_RETURN_IF_ERROR(disk->OpenOrDiscard());
  return disk;
}

absl::Status IndexDisk::OpenOrDiscard() {
  std::string useless;
  const absl::Status status = OpenDatabase(&useless);
  if (status.ok() || useless.empty()) return status;
  spdlog::warn(
      "The index in {} cannot be used: {}. It starts empty and is rebuilt from the log; nothing is "
      "lost.",
      directory_, useless);
  return Clear();
}

absl::Status IndexDisk::OpenDatabase(std::string* useless) {
  std::error_code error;
  fs::create_directories(directory_, error);  // RocksDB says what is wrong, if anything is

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(DatabaseOptions(), directory_, Descriptors(use_), &handles, &db);
  if (!opened.ok()) {
    if (IsCuredByDiscarding(opened, directory_) && fs::is_directory(directory_, error)) {
      *useless = opened.ToString();
    }
    return ErrorOf(opened);
  }
  db_.reset(db);
  std::copy(handles.begin(), handles.end(), families_.begin());

  fs::remove_all(directory_ + "/" + kIncoming, error);
  fs::create_directory(directory_ + "/" + kIncoming, error);  // if not: files will not be written
  return ReadMeta(useless);
}

std::vector<rocksdb::ColumnFamilyDescriptor> IndexDisk::Descriptors(Index::Use use) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  const rocksdb::ColumnFamilyOptions options = FamilyOptions(use);
  for (const char* name : kFamilyNames) descriptors.emplace_back(name, options);
  return descriptors;
}

absl::StatusOr<std::unique_ptr<IndexDisk>> IndexDisk::OpenForReading(const std::string& directory,
                                                                     uint32_t fold_version,
                                                                     bool check_files) {
  std::error_code error;
  if (!fs::exists(directory, error)) {
    return absl::NotFoundError(fmt::format("there is no index in {}", directory));
  }
  std::unique_ptr<IndexDisk> disk(new IndexDisk(directory, fold_version, Index::Use::kServed));
  if (check_files) {
    const auto tables = CheckTableFiles(directory);
    if (!tables.ok()) return tables.status();
    if (!tables->unread.empty()) return disk->Damaged(tables->unread);
    if (!tables->different.empty()) return disk->Damaged(tables->different);
    if (tables->without > 0) {
      return disk->Damaged(fmt::format("MANIFEST has no checksum of {} tables", tables->without));
    }
  }
  rocksdb::DBOptions options = DatabaseOptions();
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  // It would leave work to a thread that a database opened for reading has not: RocksDB asserts.
  options.avoid_unnecessary_blocking_io = false;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(options, directory, Descriptors(disk->use_), &handles, &db);
  // A file that is missing is damage here, whatever RocksDB calls it.
  if (!opened.ok()) return disk->Damaged(opened.ToString());
  disk->db_.reset(db);
  std::copy(handles.begin(), handles.end(), disk->families_.begin());
  std::string bytes;
  IndexMeta meta;
  if (disk->db_->Get(rocksdb::ReadOptions(), disk->families_[kMeta], kHeadKey, &bytes).ok() &&
      DecodeMeta(bytes, &meta) &&
      (meta.format_version != kIndexFormatVersion || meta.fold_version != fold_version)) {
    return absl::FailedPreconditionError(
        fmt::format("it has format {} and rows of fold version {}, this program has {} and {}",
                    meta.format_version, meta.fold_version, kIndexFormatVersion, fold_version));
  }
  std::string useless;
  REGISTRE_RETURN_IF_ERROR(disk->ReadMeta(&useless));
  return disk;
}

absl::Status IndexDisk::ReadMeta(std::string* useless) {
  head_ = {};
  std::string bytes;
  const rocksdb::Status read = db_->Get(rocksdb::ReadOptions(), families_[kMeta], kHeadKey, &bytes);
  if (read.IsNotFound()) return absl::OkStatus();  // never flushed: empty
  IndexMeta meta;
  if (!read.ok()) {
    if (IsCuredByDiscarding(read, directory_)) *useless = read.ToString();
  } else if (!DecodeMeta(bytes, &meta)) {
    *useless = "its head cannot be read";
  } else if (meta.format_version != kIndexFormatVersion) {
    *useless = fmt::format("it has format {}, this program writes {}", meta.format_version,
                           kIndexFormatVersion);
  } else if (meta.fold_version != fold_version_) {
    *useless = fmt::format("it holds the rows of fold version {}, this program has {}",
                           meta.fold_version, fold_version_);
  }
  if (!useless->empty()) return Damaged(*useless);
  REGISTRE_RETURN_IF_ERROR(ErrorOf(read));
  head_ = meta.head;
  return absl::OkStatus();
}

absl::Status IndexDisk::Clear() {
  Close();
  REGISTRE_RETURN_IF_ERROR(DeleteContents());
  std::string useless;
  absl::Status status = OpenDatabase(&useless);
  if (!status.ok()) Close();
  return status;
}

absl::Status IndexDisk::DeleteContents() {
  // The names first: an iterator need not survive what happens to the folder.
  std::error_code error;
  std::vector<fs::path> paths;
  fs::directory_iterator it(directory_, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    paths.push_back(it->path());
  }
  for (const fs::path& path : paths) {
    if (!error) fs::remove_all(path, error);
  }
  if (!error || error == std::errc::no_such_file_or_directory) return absl::OkStatus();
  return ErrnoError(error.value(), directory_);
}

void IndexDisk::Close() {
  if (db_ == nullptr) return;
  rocksdb::CancelAllBackgroundWork(db_.get(), /*wait=*/true);
  for (rocksdb::ColumnFamilyHandle*& family : families_) {
    if (family != nullptr) (void)db_->DestroyColumnFamilyHandle(family);
    family = nullptr;
  }
  db_.reset();
}

std::string IndexDisk::FilePath(Family family) const {
  return fmt::format("{}/{}/{}.sst", directory_, kIncoming, kFamilyNames[family]);
}

absl::Status IndexDisk::Damaged(std::string_view what) const {
  return Error(absl::StatusCode::kDataLoss, "INDEX_DAMAGED",
               fmt::format("The index in {} cannot be used: {}. Stop the server, delete "
                           "that folder "
                           "and start it again: the index is rebuilt from the log.",
                           directory_, what),
               {{"directory", directory_}});
}

absl::Status IndexDisk::ErrorOf(const rocksdb::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  return IsCuredByDiscarding(status, directory_) ? Damaged(status.ToString())
                                                 : DiskError(status, directory_);
}

absl::Status IndexDisk::Closed() const {
  return DiskFailed(directory_, "the index could not be opened again after it was emptied");
}

}  // namespace registre
