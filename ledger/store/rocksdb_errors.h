// What RocksDB's answers mean for the one who runs the server. Private to ledger/store.
#ifndef REGISTRE_LEDGER_STORE_ROCKSDB_ERRORS_H_
#define REGISTRE_LEDGER_STORE_ROCKSDB_ERRORS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace registre {

// The error of a status that is not OK, about the database in `directory`: DISK_FULL,
// DATA_FOLDER_READ_ONLY, DATA_FOLDER_IN_USE, or DISK_FAILED (disk.h). Damage is DISK_FAILED here:
// who opened the database asks IsDamage first.
absl::Status DiskError(const rocksdb::Status& status, std::string_view directory);

// The bytes on the disk are not those that were written: a checksum differs, or a file is missing.
bool IsDamage(const rocksdb::Status& status);

// DATA_LOSS LOG_DAMAGED: `what` is a sentence without its full stop.
absl::Status LogDamaged(std::string_view directory, std::string_view what);

// LogDamaged or DiskError. `where` says what was being done, for example "reading event 12".
absl::Status LogError(const rocksdb::Status& status, std::string_view directory,
                      std::string_view where);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_ROCKSDB_ERRORS_H_
