// Backups: a copy of a running ledger that is known to be whole.
//
//   DIR/log/     the log: events, hashes, consumers, checkpoints
//   DIR/keys/    the keys that it signs with (keyring.h)
//   DIR/HEAD     size and root of exactly this copy
//   DIR/FORMAT   as in a data folder
//   DIR/BACKUP   what all this is (backup_file.h); written last
//
// The index is not in it: it is folded from the log again.
#ifndef REGISTRE_LEDGER_BACKUP_H_
#define REGISTRE_LEDGER_BACKUP_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/backup_file.h"
#include "ledger/ledger.h"
#include "ledger/store/log_inspection.h"

namespace registre {

// Copies the ledger as it is at a moment of the call into `directory`, synced, then reads every
// event of the copy, hashes it again and compares. Recording goes on. Any thread; one at a time is
// the caller's to see to. After an error what was copied is removed, but for a crash: then BACKUP
// is missing. Errors:
//   FAILED_PRECONDITION  BACKUP_FOLDER: the path is not absolute, its parent is missing, there is
//                        something in it, or it lies in the data folder; LEDGER_NOT_OPENED: there
//                        is nothing to copy
//   DATA_LOSS            LOG_DAMAGED, EVENT_DAMAGED, LOG_DIFFERENT, KEYS_DAMAGED
//   CANCELLED            `on_progress` gave up
//   those of the disk
absl::StatusOr<Backup> MakeBackup(const Ledger& ledger, const std::string& directory,
                                  absl::Time now, const OnFoldProgress& on_progress);

// Opens the log of a copy, for reading only. DATA_LOSS (LOG_DAMAGED, LOG_TORN) unless its WAL is
// whole, each table has the bytes that it was written with, and events, leaf hashes and tiles are
// as many as they must be.
absl::StatusOr<std::unique_ptr<LogInspection>> OpenWholeLog(const std::string& log_directory);

// What a log is, once every event was read.
struct ReadLog {
  std::string origin;  // empty before LedgerOpened
  LogHead head;        // of the hashes computed again
};

// Reads every event, and hashes it again; compares each full tile and the root that are stored.
// DATA_LOSS (EVENT_DAMAGED, LOG_DAMAGED), CANCELLED, those of EventStore::Read.
absl::StatusOr<ReadLog> ReadWholeLog(const EventStore& log, const OnFoldProgress& on_progress);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BACKUP_H_
