// Making a ledger of a backup, and what such a ledger records of itself.
//
//   BACKUP -> DATA.restoring/ (copied, read, compared) -> renamed to DATA -> first start: the act
//   ledger_restored, when something may have been recorded after the backup
#ifndef REGISTRE_LEDGER_RESTORE_H_
#define REGISTRE_LEDGER_RESTORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/backup_file.h"
#include "ledger/ledger.h"
#include "ledger/proof/checkpoint.h"

namespace registre {

// Bytes of a reason.
inline constexpr size_t kMaxRestoreReasonBytes = 2'000;

// What to restore, and what is known of the log that was lost.
struct RestoreOrder {
  std::string backup;  // its folder
  std::string data;    // the folder to make
  std::string reason;
  // The last checkpoint that anyone saw of the log, verified by the caller. When it is of exactly
  // the backup, the ledger goes on as the one that it was.
  std::optional<Checkpoint> last_seen;
};

// What became of it.
struct Restored {
  Backup backup;
  // The origin from now on: the backup's, or, when events may have been lost, the one that
  // ledger_restored will name.
  std::string origin;
  // Events that the checkpoint says were lost; 0: none is known.
  uint64_t lost = 0;
};

// Makes the data folder: copies what the backup holds into a folder beside, compares every byte
// with BACKUP, reads every event and hashes it again, and renames the folder: it is there whole or
// not at all. No server is needed. Errors:
//   FAILED_PRECONDITION  NOT_A_BACKUP; RESTORE_FOLDER: the data folder is neither new nor empty, or
//                        cannot be renamed to; CHECKPOINT_CONTRADICTS: the checkpoint is of another
//                        log, or another root; RESTORE_ORIGIN: the new origin would be too long
//   INVALID_ARGUMENT     FIELD_INVALID: no reason, or no text
//   DATA_LOSS            BACKUP_DAMAGED, and those of ReadWholeLog
//   CANCELLED            `on_progress` gave up
//   those of the disk
absl::StatusOr<Restored> Restore(const RestoreOrder& order, absl::Time now,
                                 const OnFoldProgress& on_progress);

// DIR/RESTORED: the act that the next start is to record. The lines "registre-restored 1", the two
// origins and the reason escaped as in C, size and root, and the SHA-256 of these lines.
struct RestoreMark {
  std::string previous_origin;
  std::string origin;
  LogHead head;
  std::string reason;
};
std::string FormatRestoreMark(const RestoreMark& mark);
// Nothing unless the text is, byte for byte, what FormatRestoreMark writes.
std::optional<RestoreMark> ParseRestoreMark(std::string_view text);

// The mark of a data folder; nothing where there is none. DATA_LOSS (RESTORE_MARK_DAMAGED).
absl::StatusOr<std::optional<RestoreMark>> ReadRestoreMark(const std::string& directory);

// To be called when a ledger is opened, before anything else may be recorded: when its folder was
// restored and may lack events, records that, and then removes the mark. The process may die at any
// moment: the act is recorded once. False when there was nothing to do. DATA_LOSS
// (RESTORE_MARK_DAMAGED); RESTORE_INVALID when the log is not the one that was restored; those of
// Recorder::Submit.
absl::StatusOr<bool> RecordRestoration(Ledger* ledger);

}  // namespace registre

#endif  // REGISTRE_LEDGER_RESTORE_H_
