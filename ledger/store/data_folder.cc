#include "ledger/store/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"
#include "ledger/store/head_file.h"

namespace registre {
namespace {

namespace fs = std::filesystem;

constexpr char kFormatFile[] = "FORMAT";
constexpr char kLockFile[] = "LOCK";
constexpr char kHeadFile[] = "HEAD";
constexpr char kBackupFile[] = "BACKUP";
constexpr char kCurrentFile[] = "CURRENT";
constexpr std::string_view kFormatPrefix = "registre ";
constexpr size_t kMaxSmallFileBytes = 4096;

std::string PathOf(const std::string& directory, std::string_view name) {
  return fmt::format("{}/{}", directory, name);
}

absl::Status NotADataFolder(const std::string& directory, std::string_view why) {
  return Error(
      absl::StatusCode::kFailedPrecondition, "NOT_A_DATA_FOLDER",
      fmt::format("{} is not a data folder of Registre: {}. Nothing was changed in it. Give "
                  "the folder of a ledger, or a new or empty one.",
                  directory, why),
      {{"path", directory}});
}

absl::Status FormatTooNew(const std::string& directory, int found) {
  return Error(absl::StatusCode::kFailedPrecondition, "FORMAT_TOO_NEW",
               fmt::format("{} was written in format {}; this program reads format {}. Start the "
                           "version of Registre that wrote it, or a newer one.",
                           directory, found, kFormatVersion),
               {{"path", directory},
                {"found", fmt::format("{}", found)},
                {"known", fmt::format("{}", kFormatVersion)}});
}

// A generation's number in decimal; 0 when the text is none.
uint64_t ParseGeneration(std::string_view text) {
  uint64_t generation = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), generation);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? generation : 0;
}

// Makes the folder and those above it, durably.
absl::Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return absl::OkStatus();
  if (fs::exists(folder, error))
    return NotADataFolder(folder.native(), "it is a file, not a folder");
  if (error == std::errc::not_a_directory) {
    return NotADataFolder(folder.native(), "a part of its path is a file, not a folder");
  }
  const fs::path parent = folder.parent_path();
  if (parent != folder && !parent.empty()) REGISTRE_RETURN_IF_ERROR(MakeFolder(parent));
  if (!fs::create_directory(folder, error) && error)
    return ErrnoError(error.value(), folder.native());
  return SyncFolder(parent.native());
}

// What an interrupted first start leaves, and what a new disk comes with.
bool IsHarmless(const std::string& name) {
  return name == kLockFile || name == std::string(kFormatFile) + ".tmp" || name == "lost+found";
}

// The first entry of the folder that is not harmless, or empty.
absl::StatusOr<std::string> ForeignEntry(const std::string& directory) {
  std::error_code error;
  for (auto it = fs::directory_iterator(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (!IsHarmless(name)) return name;
  }
  if (error) return ErrnoError(error.value(), directory);
  return std::string();
}

// Whether the folder has a FORMAT that this program reads (true) or is still empty (false).
absl::StatusOr<bool> CheckFormat(const std::string& directory) {
  const auto text = ReadSmallFile(PathOf(directory, kFormatFile), kMaxSmallFileBytes);
  if (!text.ok()) return text.status();
  if (!text->has_value()) {
    const absl::StatusOr<std::string> entry = ForeignEntry(directory);
    if (!entry.ok()) return entry.status();
    if (entry->empty()) return false;
    return NotADataFolder(directory, fmt::format("it has no file FORMAT, but holds '{}'", *entry));
  }
  std::string_view rest = **text;
  int version = 0;
  const bool starts = rest.substr(0, kFormatPrefix.size()) == kFormatPrefix;
  if (starts) rest.remove_prefix(kFormatPrefix.size());
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), version);
  const bool ends = parsed.ec == std::errc() && parsed.ptr + 1 == rest.data() + rest.size() &&
                    *parsed.ptr == '\n';
  if (!starts || !ends || version < 1) {
    return NotADataFolder(directory, "its file FORMAT is not one of Registre's");
  }
  if (version > kFormatVersion) return FormatTooNew(directory, version);
  return true;
}

// Root may write everywhere but on a disk mounted for reading only: this asks the system.
absl::Status CheckWritable(const std::string& directory) {
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0) {
    return absl::OkStatus();
  }
  return ErrnoError(errno, directory);
}

// A descriptor of LOCK that holds the lock.
absl::StatusOr<int> Lock(const std::string& directory) {
  const std::string path = PathOf(directory, kLockFile);
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (fd.get() < 0) return ErrnoError(errno, path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd.Release();
  return errno == EWOULDBLOCK ? InUse(directory) : ErrnoError(errno, path);
}

absl::Status NoLedgerIn(const std::string& directory, std::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_A_DATA_FOLDER",
               fmt::format("{} is not a data folder of Registre: {}. Give the folder of a ledger, "
                           "or a backup.",
                           directory, why),
               {{"path", directory}});
}

absl::Status Unreadable(const std::string& path) {
  return Error(absl::StatusCode::kPermissionDenied, "DATA_FOLDER_UNREADABLE",
               fmt::format("{} cannot be read by this user. Read the folder as a user who may, or "
                           "make a copy that you may read; nothing is written to it.",
                           path),
               {{"path", path}});
}

// Whether it can be read, entered where it is a folder, and all that is in it as well. A private
// key may be its owner's alone.
absl::Status CheckReadable(const fs::path& path) {
  std::error_code error;
  const bool folder = fs::is_directory(path, error);
  if (::faccessat(AT_FDCWD, path.c_str(), folder ? R_OK | X_OK : R_OK, AT_EACCESS) != 0) {
    const bool hidden = errno == EACCES && (folder || path.extension() != ".pem");
    return hidden ? Unreadable(path.native()) : absl::OkStatus();
  }
  if (!folder) return absl::OkStatus();
  for (auto it = fs::directory_iterator(path, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    REGISTRE_RETURN_IF_ERROR(CheckReadable(it->path()));
  }
  return error ? ErrnoError(error.value(), path.native()) : absl::OkStatus();
}

// The generations that there are, in order, and the one in use: that of CURRENT, or the first.
uint64_t FindGenerations(const std::string& index_directory, std::vector<uint64_t>* found) {
  const auto text = ReadSmallFile(PathOf(index_directory, kCurrentFile), kMaxSmallFileBytes);
  uint64_t live = 0;
  if (text.ok() && text->has_value()) live = ParseGeneration(**text);
  std::error_code error;
  for (auto it = fs::directory_iterator(index_directory, error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    if (const uint64_t generation = ParseGeneration(it->path().filename().native())) {
      found->push_back(generation);
    }
  }
  std::sort(found->begin(), found->end());
  if (live != 0) return live;
  return found->empty() ? 1 : found->front();
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeldFolder>> HeldFolder::Open(const std::string& directory) {
  std::error_code error;
  const fs::file_status found = fs::status(directory, error);
  if (found.type() == fs::file_type::not_found) {
    return NoLedgerIn(directory, "there is no such folder");
  }
  if (error == std::errc::permission_denied) return Unreadable(directory);
  if (error) return ErrnoError(error.value(), directory);
  if (!fs::is_directory(found)) return NoLedgerIn(directory, "it is a file, not a folder");
  REGISTRE_RETURN_IF_ERROR(CheckReadable(directory));
  const absl::StatusOr<bool> ours = CheckFormat(directory);
  if (!ours.ok()) return ours.status();
  if (!*ours) return NoLedgerIn(directory, "it is empty");
  const std::string path = PathOf(directory, kLockFile);
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 && errno != ENOENT) return ErrnoError(errno, path);
  if (fd.get() >= 0 && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError(errno, path);
    return Error(absl::StatusCode::kUnavailable, "DATA_FOLDER_IN_USE",
                 fmt::format("a server uses the data folder {}, and changes it as it goes: stop it "
                             "first, or verify a backup",
                             directory),
                 {{"path", directory}});
  }
  return std::unique_ptr<HeldFolder>(new HeldFolder(fd.Release()));
}

HeldFolder::~HeldFolder() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

std::string LiveIndexOf(const std::string& directory) {
  const std::string index = PathOf(directory, "index");
  std::vector<uint64_t> found;
  return fmt::format("{}/{}", index, FindGenerations(index, &found));
}

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Open(const std::string& directory) {
  std::error_code error;
  const fs::path absolute = fs::absolute(directory, error);
  if (directory.empty() || error) return NotADataFolder(directory, "no such path can be");
  REGISTRE_RETURN_IF_ERROR(MakeFolder(absolute));
  if (fs::exists(absolute / kBackupFile, error)) {
    return NotADataFolder(directory, "it is a backup, of which 'registre admin restore' makes one");
  }
  // Before LOCK is made: a folder of someone else is left as it was.
  const absl::StatusOr<bool> ours = CheckFormat(directory);
  if (!ours.ok()) return ours.status();
  REGISTRE_RETURN_IF_ERROR(CheckWritable(directory));
  const absl::StatusOr<int> lock = Lock(directory);
  if (!lock.ok()) return lock.status();
  std::unique_ptr<DataFolder> folder(new DataFolder(directory, *lock));
  // Again, now that nobody else can be making it.
  const absl::StatusOr<bool> made = CheckFormat(directory);
  if (!made.ok()) return made.status();
  if (!*made) {
    REGISTRE_RETURN_IF_ERROR(ReplaceFile(directory, kFormatFile, FormatOfDataFolder()));
  }
  return folder;
}

std::string FormatOfDataFolder() { return fmt::format("{}{}\n", kFormatPrefix, kFormatVersion); }

DataFolder::DataFolder(std::string directory, int lock_fd)
    : directory_(std::move(directory)), lock_fd_(lock_fd) {}

DataFolder::~DataFolder() { ::close(lock_fd_); }

absl::StatusOr<std::optional<SavedHead>> ReadHeadOf(const std::string& directory) {
  const std::string path = PathOf(directory, kHeadFile);
  const auto text = ReadSmallFile(path, kMaxSmallFileBytes);
  if (!text.ok()) return HeadDamaged(path, text.status().message());
  if (!text->has_value()) return std::nullopt;
  const std::optional<SavedHead> head = ParseHead(**text);
  if (!head) return HeadDamaged(path, "its checksum does not fit its text");
  return head;
}

absl::StatusOr<std::optional<SavedHead>> DataFolder::ReadHead() const {
  return ReadHeadOf(directory_);
}

absl::Status DataFolder::WriteHead(const LogHead& head,
                                   const std::optional<Hash>& state_digest) const {
  const absl::MutexLock lock(&head_mutex_);
  return ReplaceFile(directory_, kHeadFile, FormatHead({head, state_digest}));
}

std::string DataFolder::GenerationDirectory(uint64_t generation) const {
  return fmt::format("{}/{}", index_directory(), generation);
}

uint64_t DataFolder::LiveGeneration() const {
  std::vector<uint64_t> found;
  const uint64_t live = FindGenerations(index_directory(), &found);
  std::error_code error;
  for (const uint64_t generation : found) {
    if (generation != live) fs::remove_all(GenerationDirectory(generation), error);
  }
  return live;
}

absl::Status DataFolder::SetLiveGeneration(uint64_t generation) const {
  return ReplaceFile(index_directory(), kCurrentFile, fmt::format("{}", generation));
}

}  // namespace registre
