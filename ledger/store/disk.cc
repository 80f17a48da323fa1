#include "ledger/store/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ledger/base/errors.h"

namespace registre {
namespace {

constexpr size_t kPartBytes = 1024 * 1024;

std::string TextOf(int error) { return std::generic_category().message(error); }

// Writes all of `text`; 0 or the errno.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

absl::Status DiskFull(std::string_view path, std::string_view detail) {
  return Error(
      absl::StatusCode::kResourceExhausted, "DISK_FULL",
      fmt::format("The disk that holds {} is full ({}). What was acknowledged is safe; free "
                  "space on it, then start the server again.",
                  path, detail),
      {{"path", std::string(path)}});
}

absl::Status ReadOnly(std::string_view path, std::string_view detail) {
  return Error(absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY",
               fmt::format("{} cannot be written ({}). Give the server's user the right to write "
                           "there, or mount the disk for writing, then start the server again.",
                           path, detail),
               {{"path", std::string(path)}});
}

absl::Status InUse(std::string_view path) {
  return Error(
      absl::StatusCode::kUnavailable, "DATA_FOLDER_IN_USE",
      fmt::format("The data folder {} is in use by another server. Stop that server first, "
                  "or start this one on another folder.",
                  path),
      {{"path", std::string(path)}});
}

absl::Status DiskFailed(std::string_view path, std::string_view detail) {
  return Error(
      absl::StatusCode::kInternal, "DISK_FAILED",
      fmt::format("The disk failed at {} ({}). Look at the system's log and check the disk "
                  "before starting the server again.",
                  path, detail),
      {{"path", std::string(path)}});
}

absl::Status ErrnoError(int error, std::string_view path) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return DiskFull(path, TextOf(error));
    case EROFS:
    case EACCES:
    case EPERM:
      return ReadOnly(path, TextOf(error));
    default:
      return DiskFailed(path, TextOf(error));
  }
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int FileDescriptor::Release() {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

absl::Status SyncFolder(const std::string& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return ErrnoError(errno, folder);
  return absl::OkStatus();
}

absl::Status ReplaceFile(const std::string& folder, std::string_view name, std::string_view text,
                         int mode) {
  const std::string path = fmt::format("{}/{}", folder, name);
  const std::string beside = path + ".tmp";
  {
    FileDescriptor fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (fd.get() < 0) return ErrnoError(errno, beside);
    // What an interrupted write left has kept its own mode.
    struct stat left {};
    if (::fstat(fd.get(), &left) != 0) return ErrnoError(errno, beside);
    const bool too_open = S_ISREG(left.st_mode) && (left.st_mode & 0777 & ~mode) != 0;
    if (too_open && ::fchmod(fd.get(), mode) != 0) return ErrnoError(errno, beside);
    if (const int error = WriteAll(fd.get(), text); error != 0) return ErrnoError(error, beside);
    if (::fsync(fd.get()) != 0) return ErrnoError(errno, beside);
    if (::close(fd.Release()) != 0) return ErrnoError(errno, beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return ErrnoError(errno, path);
  return SyncFolder(folder);
}

absl::Status CopyBytes(const std::string& from, const std::string& to, uint64_t bytes, int mode,
                       const std::function<bool(std::string_view)>& see) {
  FileDescriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (out.get() < 0) return ErrnoError(errno, to);
  uint64_t left = bytes;
  bool given_up = false;
  int error = 0;
  const absl::Status read = ReadBytes(from, [&](std::string_view part) {
    part = part.substr(0, left);
    given_up = !see(part);
    if (given_up || part.empty()) return false;
    error = WriteAll(out.get(), part);
    left -= part.size();
    return error == 0 && left > 0;
  });
  if (error != 0) return ErrnoError(error, to);
  if (given_up || (!read.ok() && !absl::IsCancelled(read))) return read;
  if (left > 0) {
    return Error(absl::StatusCode::kDataLoss, "FILE_SHORTER",
                 fmt::format("{} has {} bytes, not {}", from, bytes - left, bytes),
                 {{"path", from}});
  }
  if (::fsync(out.get()) != 0 || ::close(out.Release()) != 0) return ErrnoError(errno, to);
  return absl::OkStatus();
}

absl::Status ReadBytes(const std::string& path, const std::function<bool(std::string_view)>& see) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoError(errno, path);
  std::string part(kPartBytes, '\0');
  while (true) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, path);
    if (got == 0) return absl::OkStatus();
    if (!see({part.data(), static_cast<size_t>(got)})) {
      return absl::CancelledError("the reading was given up");
    }
  }
}

absl::StatusOr<std::optional<std::string>> ReadSmallFile(const std::string& path,
                                                         size_t max_bytes) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return ErrnoError(errno, path);
  }
  std::string text(max_bytes, '\0');
  size_t size = 0;
  while (size < max_bytes) {
    const ssize_t got = ::read(fd.get(), text.data() + size, max_bytes - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace registre
