#include "ledger/store/rocksdb_log_copy.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "ledger/store/rocksdb_errors.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/metadata.h"
#include "rocksdb/options.h"

namespace registre {
namespace {

constexpr int kLogFileMode = 0640;

// Small files that RocksDB gives the text of, since they change on the disk: CURRENT.
absl::Status WriteGiven(const rocksdb::LiveFileStorageInfo& file, const std::string& to) {
  return ReplaceFile(to, file.relative_filename, file.replacement_contents);
}

// The checksum that RocksDB took when it wrote a table; null for what has none.
std::unique_ptr<rocksdb::FileChecksumGenerator> ChecksumOf(
    const rocksdb::LiveFileStorageInfo& file) {
  if (file.file_checksum.empty()) return nullptr;
  rocksdb::FileChecksumGenContext context;
  context.requested_checksum_func_name = file.file_checksum_func_name;
  return rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator(context);
}

absl::Status CopyLogFile(const rocksdb::LiveFileStorageInfo& file, const std::string& log,
                         const std::string& to, const std::function<bool()>& go_on) {
  if (!file.replacement_contents.empty()) return WriteGiven(file, to);
  const auto checksum = ChecksumOf(file);
  const absl::Status copied =
      CopyBytes(fmt::format("{}/{}", file.directory, file.relative_filename),
                fmt::format("{}/{}", to, file.relative_filename), file.size, kLogFileMode,
                [&](std::string_view part) {
                  if (checksum != nullptr) checksum->Update(part.data(), part.size());
                  return go_on();
                });
  if (absl::IsDataLoss(copied)) return LogDamaged(log, std::string(copied.message()));
  if (!copied.ok() || checksum == nullptr) return copied;
  checksum->Finalize();
  if (checksum->GetChecksum() == file.file_checksum) return absl::OkStatus();
  return LogDamaged(
      log, fmt::format("the table {} is not the one that was written", file.relative_filename));
}

}  // namespace

absl::Status CopyLogFiles(rocksdb::DB* db, const std::string& from, const std::string& to,
                          const std::function<bool()>& go_on) {
  if (const rocksdb::Status kept = db->DisableFileDeletions(); !kept.ok()) {
    return LogError(kept, from, "keeping the files that are copied");
  }
  const auto delete_again =
      absl::MakeCleanup([db] { db->EnableFileDeletions(false).PermitUncheckedError(); });
  rocksdb::LiveFilesStorageInfoOptions options;
  options.include_checksum_info = true;
  options.wal_size_for_flush = std::numeric_limits<uint64_t>::max();
  std::vector<rocksdb::LiveFileStorageInfo> files;
  if (const rocksdb::Status listed = db->GetLiveFilesStorageInfo(options, &files); !listed.ok()) {
    return LogError(listed, from, "listing the files of the log");
  }
  for (const rocksdb::LiveFileStorageInfo& file : files) {
    REGISTRE_RETURN_IF_ERROR(CopyLogFile(file, from, to, go_on));
  }
  return SyncFolder(to);
}

}  // namespace registre
