// The file BACKUP: what a backup holds, and that it is whole.
#ifndef REGISTRE_LEDGER_BACKUP_FILE_H_
#define REGISTRE_LEDGER_BACKUP_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/proof/merkle.h"

namespace registre {

// Bytes of BACKUP that are read: some 40,000 files.
inline constexpr size_t kMaxBackupFileBytes = 4 * 1024 * 1024;

// A file of a backup.
struct BackedUpFile {
  std::string path;  // in the backup: FORMAT, HEAD, or a name in log/ or keys/
  uint64_t bytes = 0;
  Hash sha256 = {};

  bool operator==(const BackedUpFile&) const = default;
};

// A backup, as its file BACKUP says it: the lines
//
//   registre-backup 1
//   <origin of the log, escaped as in C>
//   <events> <Merkle root in hexadecimal>
//   <when it was made, RFC 3339, UTC, whole seconds>
//   <SHA-256 in hexadecimal> <bytes> <path>             of each file, in order of path
//   <SHA-256 of the lines above, in hexadecimal>
struct Backup {
  std::string origin;
  LogHead head;
  absl::Time made_at;
  std::vector<BackedUpFile> files;
};

std::string FormatBackup(const Backup& backup);

// Nothing unless the text is, byte for byte, what FormatBackup writes, with paths that stay in the
// folder.
std::optional<Backup> ParseBackup(std::string_view text);

// Reads DIRECTORY/BACKUP. FAILED_PRECONDITION (NOT_A_BACKUP) when there is none: it is another
// folder, or the backup did not end; DATA_LOSS (BACKUP_DAMAGED).
absl::StatusOr<Backup> ReadBackup(const std::string& directory);

// DATA_LOSS (BACKUP_DAMAGED): `what` is a sentence without its full stop.
absl::Status BackupDamaged(std::string_view directory, std::string_view what);

// 64 hexadecimal digits, as HexOf writes them.
std::optional<Hash> HashFromHex(std::string_view hex);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BACKUP_FILE_H_
