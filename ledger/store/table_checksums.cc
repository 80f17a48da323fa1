#include "ledger/store/table_checksums.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "ledger/store/rocksdb_errors.h"
#include "rocksdb/env.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/table.h"

namespace rocksdb {
// Of the library, but in none of its headers: what `ldb file_checksum_dump` calls. The checksums of
// an open database would come too late, since opening it reads its tables.
Status GetFileChecksumsFromManifest(Env* source_env, const std::string& path, uint64_t size,
                                    FileChecksumList* list);
}  // namespace rocksdb

namespace registre {
namespace {

constexpr size_t kMaxCurrentBytes = 256;
constexpr size_t kReadBytes = 1024 * 1024;

// The footer of RocksDB's tables of format 5 (block_based_table format, version 1 of the footer):
// type of the block checksums, two handles of an offset and a size each, zeros up to 41 bytes,
// format version (4 bytes), magic number (8 bytes), little end first.
constexpr size_t kFooterBytes = 53;
constexpr size_t kFooterHandles = 40;
constexpr char kFooterEnd[] = "\x05\x00\x00\x00\xf7\xcf\xf4\x85\xb7\x41\xe2\x88";

std::optional<uint64_t> TakeVarint(std::string_view* bytes) {
  uint64_t number = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const uint8_t byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

// Whether what it says of the table can be: the rest is behind checksums of its own.
bool IsFooterSound(std::string_view footer, uint64_t file_size) {
  if (footer.size() != kFooterBytes ||
      footer.front() != rocksdb::BlockBasedTableOptions().checksum) {
    return false;
  }
  if (footer.substr(1 + kFooterHandles) != std::string_view(kFooterEnd, 12)) return false;
  std::string_view handles = footer.substr(1, kFooterHandles);
  for (int i = 0; i < 2; ++i) {
    const std::optional<uint64_t> offset = TakeVarint(&handles);
    const std::optional<uint64_t> size = TakeVarint(&handles);
    if (!offset || !size || *offset > file_size || *size > file_size - *offset) return false;
  }
  return handles.find_first_not_of('\0') == std::string_view::npos;
}

struct TableRead {
  std::string checksum;
  bool sound = false;  // its footer
};

absl::StatusOr<TableRead> ReadTable(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoError(errno, path);
  const auto generator =
      rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({});
  std::string part(kReadBytes, '\0');
  std::string end;  // the last bytes so far
  uint64_t size = 0;
  while (true) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, path);
    if (got == 0) break;
    generator->Update(part.data(), static_cast<size_t>(got));
    size += static_cast<uint64_t>(got);
    end.append(part, 0, static_cast<size_t>(got));
    if (end.size() > kFooterBytes) end.erase(0, end.size() - kFooterBytes);
  }
  generator->Finalize();
  return TableRead{generator->GetChecksum(), IsFooterSound(end, size)};
}

absl::StatusOr<std::unique_ptr<rocksdb::FileChecksumList>> ReadChecksums(
    const std::string& directory) {
  const auto current = ReadSmallFile(directory + "/CURRENT", kMaxCurrentBytes);
  if (!current.ok()) return current.status();
  if (!current->has_value()) return LogDamaged(directory, "its file CURRENT is missing");
  const std::string_view name(**current);
  if (name.find('/') != std::string_view::npos || name.size() < 2 || name.back() != '\n') {
    return LogDamaged(directory, "its file CURRENT names no MANIFEST");
  }
  const std::string manifest = fmt::format("{}/{}", directory, name.substr(0, name.size() - 1));
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(manifest, error);
  if (error) {
    return LogDamaged(directory,
                      fmt::format("the file that its CURRENT names, {}, is missing", manifest));
  }
  std::unique_ptr<rocksdb::FileChecksumList> list(rocksdb::NewFileChecksumList());
  const rocksdb::Status status =
      rocksdb::GetFileChecksumsFromManifest(rocksdb::Env::Default(), manifest, size, list.get());
  if (!status.ok()) return LogDamaged(directory, "reading MANIFEST: " + status.ToString());
  return list;
}

}  // namespace

absl::StatusOr<TableChecks> CheckTableFiles(const std::string& directory) {
  const auto list = ReadChecksums(directory);
  if (!list.ok()) return list.status();
  std::vector<uint64_t> numbers;
  std::vector<std::string> checksums;
  std::vector<std::string> functions;
  const rocksdb::Status read = (*list)->GetAllFileChecksums(&numbers, &checksums, &functions);
  if (!read.ok()) return LogDamaged(directory, "reading MANIFEST: " + read.ToString());
  TableChecks checks;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const std::string name = fmt::format("{:06}.sst", numbers[i]);
    const auto table = ReadTable(directory + "/" + name);
    std::string wrong;
    if (!table.ok()) {
      wrong = fmt::format("{} cannot be read: {}", name, std::string(table.status().message()));
    } else if (checksums[i].empty()) {
      ++checks.without;
    } else if (checksums[i] != table->checksum) {
      wrong = fmt::format("{} has not the checksum that MANIFEST holds of it", name);
    }
    checks.may_be_opened = checks.may_be_opened && table.ok() && table->sound;
    if (checks.different.empty()) checks.different = wrong;
  }
  return checks;
}

}  // namespace registre
