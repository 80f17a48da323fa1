// The folder a ledger lives in.
//
//   DIR/FORMAT   "registre 1\n": what this is, and the version of the layout
//   DIR/LOCK     held (flock) while a server runs
//   DIR/HEAD     size and root of the log, synced each active second and at a clean stop: the lines
//                "registre-head 1", size in decimal, root in hexadecimal, and the SHA-256 of these
//                three lines in hexadecimal
//   DIR/log/     the log (event_store.h): the only truth
//   DIR/keys/    what it signs with (keyring.h)
//   DIR/RESTORED of a folder made from a backup, until its first start (restore.h)
//   DIR/index/   may be deleted, and is then rebuilt: generations of the index (index.h), each in a
//                folder named by its number, and CURRENT, the number of the one in use
#ifndef REGISTRE_LEDGER_STORE_DATA_FOLDER_H_
#define REGISTRE_LEDGER_STORE_DATA_FOLDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/proof/merkle.h"

namespace registre {

// Version of the layout that this program writes and the only one it reads.
inline constexpr int kFormatVersion = 1;

// A locked data folder. Methods: any thread.
class DataFolder {
 public:
  // Opens the folder, making it when it does not exist or is empty. Errors, each with what to do:
  // FAILED_PRECONDITION NOT_A_DATA_FOLDER (something else is in it, or it is a backup: two ledgers
  // would go on under one origin), FORMAT_TOO_NEW; UNAVAILABLE
  // DATA_FOLDER_IN_USE; PERMISSION_DENIED DATA_FOLDER_READ_ONLY; RESOURCE_EXHAUSTED DISK_FULL.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(const std::string& directory);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::string& directory() const { return directory_; }
  std::string log_directory() const { return directory_ + "/log"; }
  std::string index_directory() const { return directory_ + "/index"; }

  // The head last written, or nothing when none ever was. DATA_LOSS HEAD_DAMAGED when unreadable.
  absl::StatusOr<std::optional<LogHead>> ReadHead() const;

  // Replaces HEAD: written beside, synced, renamed, folder synced.
  absl::Status WriteHead(const LogHead& head) const;

  // The folder of a generation of the index.
  std::string GenerationDirectory(uint64_t generation) const;
  // The generation that CURRENT names; without it the only one there is, or 1. What a rebuild that
  // did not end has left beside it is removed.
  uint64_t LiveGeneration() const;
  // Writes CURRENT. The generation's folder exists. Errors are those of the disk.
  absl::Status SetLiveGeneration(uint64_t generation) const;

 private:
  DataFolder(std::string directory, int lock_fd);
  const std::string directory_;
  const int lock_fd_;
  mutable absl::Mutex head_mutex_;  // one writer of HEAD at a time
};

// The text of FORMAT.
std::string FormatOfDataFolder();

class EventStore;

// DATA_LOSS LOG_SHORTER or LOG_DIFFERENT when the log is not an extension of `head`: it is shorter,
// or its root at head.size is another.
absl::Status CheckHead(const EventStore& log, const LogHead& head);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_DATA_FOLDER_H_
