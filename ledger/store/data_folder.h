// The folder a ledger lives in.
//
//   DIR/FORMAT   "registre 1\n": what this is, and the version of the layout
//   DIR/LOCK     held (flock) while a server runs
//   DIR/HEAD     what the log was, synced each active second and at a clean stop: the lines
//                "registre-head 2", size in decimal, root in hexadecimal, the state digest in
//                hexadecimal or "-" while a server runs, and the SHA-256 of these four lines in
//                hexadecimal. Version 1, which has no line for the digest, is read too.
//   DIR/log/     the log (event_store.h): the only truth
//   DIR/keys/    what it signs with (keyring.h)
//   DIR/RESTORED of a folder made from a backup, until its first start (restore.h)
//   DIR/index/   may be deleted, and is then rebuilt: generations of the index (index.h), each in a
//                folder named by its number, and CURRENT, the number of the one in use
//
// The state digest stands for what is stored beside the events, which no root covers: SHA-256 over
//   of each consumer, in order of name         0x01, its name, its stored bytes
//   of each checkpoint, the largest size first 0x02, its size (8 bytes, big-endian), its stored
//   bytes
// where before each name, size and stored bytes stands their length (8 bytes, big-endian).
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

// What HEAD says.
struct SavedHead : LogHead {
  // After a clean stop: the digest of what is stored beside the events, and the log ends here.
  std::optional<Hash> state_digest;
};

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
  absl::StatusOr<std::optional<SavedHead>> ReadHead() const;

  // Replaces HEAD: written beside, synced, renamed, folder synced. `state_digest`: at a clean stop.
  absl::Status WriteHead(const LogHead& head,
                         const std::optional<Hash>& state_digest = std::nullopt) const;

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

// A data folder that nobody may write to while this lives: a server that starts is refused. Changes
// nothing, also where the disk is mounted for reading only. Errors: FAILED_PRECONDITION
// NOT_A_DATA_FOLDER (also when there is no such folder), FORMAT_TOO_NEW; PERMISSION_DENIED
// DATA_FOLDER_UNREADABLE when anything in it but a private key cannot be read; UNAVAILABLE
// DATA_FOLDER_IN_USE by a server; those of the disk.
class HeldFolder {
 public:
  static absl::StatusOr<std::unique_ptr<HeldFolder>> Open(const std::string& directory);
  ~HeldFolder();
  HeldFolder(const HeldFolder&) = delete;
  HeldFolder& operator=(const HeldFolder&) = delete;

 private:
  explicit HeldFolder(int lock_fd) : lock_fd_(lock_fd) {}
  const int lock_fd_;  // -1: no server has ever locked it
};

// The folder of the generation of the index that is in use, as DataFolder::LiveGeneration finds it.
std::string LiveIndexOf(const std::string& directory);

class EventStore;

// DATA_LOSS LOG_SHORTER or LOG_DIFFERENT when the log is not an extension of `head`: it is shorter,
// or its root at head.size is another.
absl::Status CheckHead(const EventStore& log, const LogHead& head);

// The same, and after a clean stop: LOG_DIFFERENT when the log has more events than then,
// STATE_DIFFERENT when consumers or checkpoints are not what they were.
absl::Status CheckSavedHead(const EventStore& log, const SavedHead& head);

// The digest of what is stored beside the events (above). Errors are those of the log.
absl::StatusOr<Hash> StateDigest(const EventStore& log);

// What HEAD of a folder says, without opening or locking it; nothing when there is none. DATA_LOSS
// HEAD_DAMAGED.
absl::StatusOr<std::optional<SavedHead>> ReadHeadOf(const std::string& directory);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_DATA_FOLDER_H_
