#include "ledger/store/directory_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "ledger/store/rocksdb_errors.h"
#include "ledger/store/rocksdb_logger.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/sst_file_writer.h"
#include "rocksdb/table.h"

namespace registre {
namespace {

constexpr char kTagsFile[] = "/tags.sst";
constexpr char kTilesFile[] = "/tiles.sst";
constexpr size_t kDirectoryBlockBytes = 8 * 1024;
constexpr size_t kNumberBytes = 8;
constexpr size_t kPlacedBytes = 3 * kNumberBytes;
// Tiles of the levels above would need more leaves than a tree can have.
constexpr uint8_t kMaxDirectoryLevel = 6;

rocksdb::Options DirectoryOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.block_size = kDirectoryBlockBytes;
  table.format_version = 5;
  // Counted in the cache, so that memory does not grow with the number of tags.
  table.cache_index_and_filter_blocks = true;
  rocksdb::Options options;
  options.info_log = NewRocksDbLogger();
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  return options;
}

void AppendNumber(uint64_t number, std::string* bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) *bytes += static_cast<char>(number >> shift & 0xFF);
}

uint64_t NumberAt(std::string_view bytes, size_t index) {
  uint64_t number = 0;
  for (const char byte : bytes.substr(index * kNumberBytes, kNumberBytes)) {
    number = number << 8 | static_cast<uint8_t>(byte);
  }
  return number;
}

std::string TileKey(uint8_t level, uint64_t index) {
  std::string key;
  AppendNumber(((index + 1) << (8 * (level + 1))) - 1, &key);
  key += static_cast<char>(level);
  return key;
}

absl::Status DirectoryDamaged(std::string_view path, std::string_view what) {
  return Error(absl::StatusCode::kDataLoss, "DIRECTORY_DAMAGED",
               fmt::format("the sealed directory in {} is damaged: {}", path, what),
               {{"path", std::string(path)}});
}

absl::Status DirectoryWriteError(const rocksdb::Status& status, std::string_view path) {
  return status.ok() ? absl::OkStatus() : DiskError(status, path);
}

absl::Status DirectoryReadError(const rocksdb::Status& status, std::string_view path) {
  if (status.ok()) return absl::OkStatus();
  // A file that is missing, short or of another kind: the folder is computed again in any case.
  return DirectoryDamaged(path, status.ToString());
}

}  // namespace

// ---- Writing

struct DirectoryWriter::Files {
  explicit Files(std::string folder)
      : path(std::move(folder)),
        options(DirectoryOptions()),
        tags(rocksdb::EnvOptions(), options),
        tiles(rocksdb::EnvOptions(), options) {}

  const std::string path;
  const rocksdb::Options options;
  rocksdb::SstFileWriter tags;
  rocksdb::SstFileWriter tiles;
};

DirectoryWriter::DirectoryWriter(std::unique_ptr<Files> files) : files_(std::move(files)) {}

DirectoryWriter::~DirectoryWriter() = default;

absl::StatusOr<std::unique_ptr<DirectoryWriter>> DirectoryWriter::Create(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error) std::filesystem::create_directories(path, error);
  if (error) return ErrnoError(error.value(), path);
  auto files = std::make_unique<Files>(path);
  REGISTRE_RETURN_IF_ERROR(DirectoryWriteError(files->tags.Open(path + kTagsFile), path));
  REGISTRE_RETURN_IF_ERROR(DirectoryWriteError(files->tiles.Open(path + kTilesFile), path));
  return std::unique_ptr<DirectoryWriter>(new DirectoryWriter(std::move(files)));
}

absl::Status DirectoryWriter::AddTag(const TagEntry& entry, uint64_t index) {
  std::string value;
  AppendNumber(entry.events, &value);
  AppendNumber(entry.last_position, &value);
  AppendNumber(index, &value);
  return DirectoryWriteError(files_->tags.Put(entry.tag, value), files_->path);
}

absl::Status DirectoryWriter::AddTile(const Tile& tile) {
  return DirectoryWriteError(files_->tiles.Put(TileKey(tile.level, tile.index), tile.hashes),
                             files_->path);
}

absl::Status DirectoryWriter::Finish() {
  REGISTRE_RETURN_IF_ERROR(DirectoryWriteError(files_->tags.Finish(), files_->path));
  return DirectoryWriteError(files_->tiles.Finish(), files_->path);
}

// ---- Reading

struct DirectoryReader::Files {
  explicit Files(std::string folder)
      : path(std::move(folder)), options(DirectoryOptions()), tags(options), tiles(options) {}

  absl::Status Open() {
    REGISTRE_RETURN_IF_ERROR(DirectoryReadError(tags.Open(path + kTagsFile), path));
    return DirectoryReadError(tiles.Open(path + kTilesFile), path);
  }

  // The entry where the iterator stands, appended.
  absl::Status Append(const rocksdb::Iterator& it, std::vector<Placed>* placed) const {
    const std::string_view value = it.value().ToStringView();
    if (value.size() != kPlacedBytes) return DirectoryDamaged(path, "an entry cannot be read");
    placed->push_back({.entry = {.tag = it.key().ToString(),
                                 .events = NumberAt(value, 0),
                                 .last_position = NumberAt(value, 1)},
                       .index = NumberAt(value, 2)});
    return absl::OkStatus();
  }

  const std::string path;
  const rocksdb::Options options;
  rocksdb::SstFileReader tags;
  rocksdb::SstFileReader tiles;
};

DirectoryReader::DirectoryReader(std::unique_ptr<Files> files) : files_(std::move(files)) {}

DirectoryReader::~DirectoryReader() = default;

absl::StatusOr<std::unique_ptr<DirectoryReader>> DirectoryReader::Open(const std::string& path) {
  auto files = std::make_unique<Files>(path);
  REGISTRE_RETURN_IF_ERROR(files->Open());
  return std::unique_ptr<DirectoryReader>(new DirectoryReader(std::move(files)));
}

absl::StatusOr<std::vector<DirectoryReader::Placed>> DirectoryReader::Find(
    std::string_view tag) const {
  const std::unique_ptr<rocksdb::Iterator> it(files_->tags.NewIterator(rocksdb::ReadOptions()));
  std::vector<Placed> placed;
  // The last at or before the tag; where it is not the tag's own, the first after it as well.
  it->SeekForPrev(rocksdb::Slice(tag));
  const bool is_before = it->Valid();
  if (is_before) {
    REGISTRE_RETURN_IF_ERROR(files_->Append(*it, &placed));
    if (placed.front().entry.tag == tag) return placed;
    it->Next();
  } else {
    REGISTRE_RETURN_IF_ERROR(DirectoryReadError(it->status(), files_->path));
    it->SeekToFirst();
  }
  if (it->Valid()) REGISTRE_RETURN_IF_ERROR(files_->Append(*it, &placed));
  REGISTRE_RETURN_IF_ERROR(DirectoryReadError(it->status(), files_->path));
  return placed;
}

absl::StatusOr<std::string> DirectoryReader::ReadTile(const TileId& tile) const {
  if (tile.level > kMaxDirectoryLevel) return DirectoryDamaged(files_->path, "no such tile");
  const std::string key = TileKey(tile.level, tile.index);
  const std::unique_ptr<rocksdb::Iterator> it(files_->tiles.NewIterator(rocksdb::ReadOptions()));
  it->Seek(key);
  REGISTRE_RETURN_IF_ERROR(DirectoryReadError(it->status(), files_->path));
  if (it->Valid() && it->key() == key) return it->value().ToString();
  return DirectoryDamaged(files_->path,
                          fmt::format("tile {} of level {} is missing", tile.index, tile.level));
}

}  // namespace registre
