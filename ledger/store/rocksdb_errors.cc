#include "ledger/store/rocksdb_errors.h"

#include <fmt/format.h>

#include <cerrno>
#include <initializer_list>
#include <system_error>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"

namespace registre {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// RocksDB keeps only the text of most errnos.
bool NamesErrno(std::string_view text, std::initializer_list<int> errors) {
  for (const int error : errors) {
    if (Contains(text, std::generic_category().message(error))) return true;
  }
  return false;
}

// Its two ways to say that LOCK is held: by this process, or by another.
bool IsLockHeld(const rocksdb::Status& status, std::string_view text) {
  return status.IsIOError() && Contains(text, "/LOCK") &&
         (Contains(text, "lock hold by current process") || NamesErrno(text, {EAGAIN}));
}

}  // namespace

absl::Status DiskError(const rocksdb::Status& status, std::string_view directory) {
  const std::string text = status.ToString();
  if (status.IsNoSpace() || NamesErrno(text, {ENOSPC, EDQUOT})) return DiskFull(directory, text);
  if (IsLockHeld(status, text)) return InUse(directory);
  if (NamesErrno(text, {EROFS, EACCES, EPERM})) return ReadOnly(directory, text);
  return DiskFailed(directory, text);
}

bool IsDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound();
}

absl::Status LogDamaged(std::string_view directory, std::string_view what) {
  return Error(
      absl::StatusCode::kDataLoss, "LOG_DAMAGED",
      fmt::format("The log in {} is damaged: {}. Nothing more is recorded. Keep a copy of the "
                  "folder and restore the ledger from a backup.",
                  directory, what),
      {{"path", std::string(directory)}});
}

absl::Status LogError(const rocksdb::Status& status, std::string_view directory,
                      std::string_view where) {
  if (IsDamage(status))
    return LogDamaged(directory, fmt::format("{}: {}", where, status.ToString()));
  return Annotate(DiskError(status, directory), fmt::format("While {}: ", where));
}

}  // namespace registre
