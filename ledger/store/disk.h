// What the folder of a ledger needs of the disk: durable small files, and one wording for what goes
// wrong with it. Private to ledger.
#ifndef REGISTRE_LEDGER_STORE_DISK_H_
#define REGISTRE_LEDGER_STORE_DISK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace registre {

// RESOURCE_EXHAUSTED DISK_FULL, PERMISSION_DENIED DATA_FOLDER_READ_ONLY, UNAVAILABLE
// DATA_FOLDER_IN_USE: each names the path and says what to do. `detail` is the system's own text.
absl::Status DiskFull(std::string_view path, std::string_view detail);
absl::Status ReadOnly(std::string_view path, std::string_view detail);
absl::Status InUse(std::string_view path);

// INTERNAL DISK_FAILED: anything else that the disk answers.
absl::Status DiskFailed(std::string_view path, std::string_view detail);

// The error for an errno of a call on `path`: one of the above.
absl::Status ErrnoError(int error, std::string_view path);

// A file descriptor, closed at the end of its life.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  // Gives it away.
  int Release();

 private:
  int fd_;
};

// Makes the entries of a folder durable: those made, renamed and removed before.
absl::Status SyncFolder(const std::string& folder);

// Replaces folder/name: written beside as name.tmp, synced, renamed, folder synced. After an error
// the file holds either the old or the new text. Not for two threads on one name. Made with `mode`,
// less what the process masks.
absl::Status ReplaceFile(const std::string& folder, std::string_view name, std::string_view text,
                         int mode = 0640);

// Copies the first `bytes` of a file into a new one, synced; its folder is the caller's to sync.
// `see` gets the bytes in parts, in order, and gives up by returning false: CANCELLED. DATA_LOSS
// (FILE_SHORTER) when the file ends before.
absl::Status CopyBytes(const std::string& from, const std::string& to, uint64_t bytes, int mode,
                       const std::function<bool(std::string_view)>& see);

// Calls `see` with the bytes of a file in parts, in order, until it returns false: CANCELLED.
absl::Status ReadBytes(const std::string& path, const std::function<bool(std::string_view)>& see);

// The text of a small file (at most `max_bytes`, the rest is not read), or nothing when there is no
// such file.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(const std::string& path, size_t max_bytes);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_DISK_H_
