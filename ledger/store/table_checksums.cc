#include "ledger/store/table_checksums.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "rocksdb/env.h"
#include "rocksdb/file_checksum.h"

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

absl::StatusOr<std::string> ChecksumOf(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoError(errno, path);
  const auto generator =
      rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({});
  std::string part(kReadBytes, '\0');
  while (true) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, path);
    if (got == 0) break;
    generator->Update(part.data(), static_cast<size_t>(got));
  }
  generator->Finalize();
  return generator->GetChecksum();
}

// What MANIFEST holds; or why it cannot be read, in `unread`.
absl::StatusOr<std::unique_ptr<rocksdb::FileChecksumList>> ReadChecksums(
    const std::string& directory, std::string* unread) {
  const auto current = ReadSmallFile(directory + "/CURRENT", kMaxCurrentBytes);
  if (!current.ok()) return current.status();
  std::unique_ptr<rocksdb::FileChecksumList> list(rocksdb::NewFileChecksumList());
  if (!current->has_value()) {
    *unread = "its file CURRENT is missing";
    return list;
  }
  const std::string_view name(**current);
  if (name.find('/') != std::string_view::npos || name.size() < 2 || name.back() != '\n') {
    *unread = "its file CURRENT names no MANIFEST";
    return list;
  }
  const std::string manifest = fmt::format("{}/{}", directory, name.substr(0, name.size() - 1));
  std::error_code error;
  if (!std::filesystem::exists(manifest, error)) {
    *unread = fmt::format("the file that its CURRENT names, {}, is missing", manifest);
    return list;
  }
  // With the file's size RocksDB asserts that its last record ends there, which damage may belie.
  // What such a record added is missing from the log then, and is counted (LogInspection).
  const rocksdb::Status status = rocksdb::GetFileChecksumsFromManifest(
      rocksdb::Env::Default(), manifest, std::numeric_limits<uint64_t>::max(), list.get());
  if (!status.ok()) *unread = "reading MANIFEST: " + status.ToString();
  return list;
}

// What is wrong with a table, of which MANIFEST holds this checksum, or none; empty: nothing.
std::string WrongWith(const std::string& directory, uint64_t number, const std::string& expected) {
  const std::string name = fmt::format("{:06}.sst", number);
  const std::string path = fmt::format("{}/{}", directory, name);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return name + " is missing";
  const auto checksum = ChecksumOf(path);
  if (!checksum.ok()) {
    return fmt::format("{} cannot be read: {}", name, std::string(checksum.status().message()));
  }
  if (expected.empty() || expected == *checksum) return "";
  return fmt::format("{} has not the checksum that MANIFEST holds of it", name);
}

}  // namespace

absl::StatusOr<TableChecks> CheckTableFiles(const std::string& directory) {
  TableChecks checks;
  const auto list = ReadChecksums(directory, &checks.unread);
  if (!list.ok()) return list.status();
  if (!checks.unread.empty()) return checks;
  std::vector<uint64_t> numbers;
  std::vector<std::string> checksums;
  std::vector<std::string> functions;
  const rocksdb::Status read = (*list)->GetAllFileChecksums(&numbers, &checksums, &functions);
  if (!read.ok()) {
    checks.unread = "reading MANIFEST: " + read.ToString();
    return checks;
  }
  std::vector<std::string> wrong(numbers.size());
  std::atomic<size_t> next = 0;
  const auto check = [&] {
    for (size_t i = next++; i < numbers.size(); i = next++) {
      wrong[i] = WrongWith(directory, numbers[i], checksums[i]);
    }
  };
  std::thread beside(check);
  check();
  beside.join();
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (checks.different.empty()) checks.different = wrong[i];
    if (wrong[i].empty() && checksums[i].empty()) ++checks.without;
  }
  return checks;
}

}  // namespace registre
