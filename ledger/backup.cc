#include "ledger/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"
#include "ledger/proof/sha256_stream.h"
#include "ledger/store/disk.h"
#include "ledger/store/head_file.h"
#include "ledger/store/log_inspection.h"

namespace registre {
namespace {

namespace fs = std::filesystem;

// What holds private keys is for its owner alone.
constexpr auto kOwnerOnly = fs::perms::owner_all;
constexpr int kKeyFileMode = 0600;
constexpr size_t kMaxKeyFileBytes = 1024 * 1024;
constexpr size_t kMaxPathBytes = PATH_MAX;
constexpr size_t kShownPathBytes = 80;
// Tries to read the keys while nobody changes them.
constexpr int kMaxKeyReads = 100;
// Progress is told each time this many events were read.
constexpr uint64_t kTellEvery = 4'096;

absl::Status BadFolder(const std::string& directory, std::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "BACKUP_FOLDER",
               fmt::format("{} cannot take a backup: {}. Give the absolute path of a folder of the "
                           "server's machine that does not exist, or is empty.",
                           directory, why),
               {{"path", directory}});
}

fs::path WithoutSlash(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

bool LiesIn(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(path, error);
  const fs::path outer = fs::weakly_canonical(folder, error);
  const auto [end, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

// The backup's folder while it is being filled: emptied again, and removed when it was made here,
// unless it is kept.
class FolderInWork {
 public:
  static absl::StatusOr<FolderInWork> Take(const std::string& directory,
                                           const std::string& data_folder) {
    if (directory.size() >= kMaxPathBytes || directory.find('\0') != std::string::npos) {
      return BadFolder(std::string(FirstBytes(directory, kShownPathBytes)),
                       "it is no path of a file system");
    }
    if (!fs::path(directory).is_absolute()) {
      return BadFolder(directory, "the path is not absolute");
    }
    const fs::path path = WithoutSlash(directory);
    if (LiesIn(path, data_folder)) return BadFolder(directory, "it lies in the data folder");
    std::error_code error;
    if (!fs::is_directory(path.parent_path(), error)) {
      return BadFolder(directory, "the folder above it does not exist");
    }
    FolderInWork folder(path);
    folder.made_ = fs::create_directory(path, error);
    if (error == std::errc::file_exists) return BadFolder(directory, "it is a file");
    if (error) {
      return BadFolder(directory, fmt::format("the server cannot make it: {}", error.message()));
    }
    if (!folder.made_) REGISTRE_RETURN_IF_ERROR(folder.CheckEmpty());
    fs::permissions(path, kOwnerOnly, error);
    if (error) {
      return BadFolder(directory, fmt::format("the server does not own it: {}", error.message()));
    }
    REGISTRE_RETURN_IF_ERROR(SyncFolder(path.parent_path().native()));
    return folder;
  }
  FolderInWork(FolderInWork&& other) noexcept
      : path_(std::exchange(other.path_, "")), made_(other.made_) {}
  FolderInWork& operator=(FolderInWork&&) = delete;
  ~FolderInWork() {
    if (path_.empty()) return;
    std::error_code ignored;
    for (const char* name : {"BACKUP", "FORMAT", "HEAD", "keys", "log"}) {
      fs::remove_all(path_ / name, ignored);
    }
    if (made_) fs::remove(path_, ignored);
  }

  void Keep() { path_.clear(); }

 private:
  explicit FolderInWork(fs::path path) : path_(std::move(path)) {}

  // A new disk comes with lost+found.
  absl::Status CheckEmpty() {
    std::error_code error;
    for (auto it = fs::directory_iterator(path_, error); !error && it != fs::directory_iterator();
         it.increment(error)) {
      const std::string name = it->path().filename();
      if (name == "lost+found") continue;
      const std::string directory = std::exchange(path_, "");
      return BadFolder(directory, fmt::format("it holds '{}'", name));
    }
    if (!error) return absl::OkStatus();
    const std::string directory = std::exchange(path_, "");
    return ErrnoError(error.value(), directory);
  }

  fs::path path_;  // empty: nothing is to be removed
  bool made_ = false;
};

absl::Status MakeSubfolder(const std::string& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (!error) fs::permissions(path, kOwnerOnly, error);
  return error ? ErrnoError(error.value(), path) : absl::OkStatus();
}

// Names and texts of the files of a folder; nothing when there is no folder.
using KeyFiles = std::optional<std::map<std::string, std::string>>;

absl::StatusOr<KeyFiles> ReadKeys(const std::string& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return std::nullopt;
  std::map<std::string, std::string> files;
  for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (name.ends_with(".tmp")) continue;  // being written
    auto text = ReadSmallFile(it->path().native(), kMaxKeyFileBytes);
    if (!text.ok()) return text.status();
    if (text->has_value()) files[name] = **std::move(text);
  }
  if (error) return ErrnoError(error.value(), folder);
  return files;
}

// The keys as they were at one moment: two readings after each other that are equal.
absl::StatusOr<KeyFiles> ReadKeysAtOnce(const std::string& folder) {
  auto last = ReadKeys(folder);
  for (int i = 0; i < kMaxKeyReads && last.ok(); ++i) {
    auto again = ReadKeys(folder);
    if (!again.ok() || *again == *last) return again;
    last = std::move(again);
  }
  if (!last.ok()) return last.status();
  return Error(absl::StatusCode::kDataLoss, "KEYS_DAMAGED",
               fmt::format("the keys in {} change all the time; look who writes there", folder));
}

absl::Status CopyKeys(const std::string& from, const std::string& to) {
  const auto keys = ReadKeysAtOnce(from);
  if (!keys.ok()) return keys.status();
  if (!keys->has_value()) return absl::OkStatus();
  REGISTRE_RETURN_IF_ERROR(MakeSubfolder(to));
  for (const auto& [name, text] : **keys) {
    REGISTRE_RETURN_IF_ERROR(ReplaceFile(to, name, text, kKeyFileMode));
  }
  return absl::OkStatus();
}

absl::StatusOr<BackedUpFile> Describe(const std::string& directory, std::string path,
                                      const std::function<bool()>& go_on) {
  BackedUpFile file{.path = std::move(path)};
  Sha256Stream sha256;
  const absl::Status read =
      ReadBytes(fmt::format("{}/{}", directory, file.path), [&](std::string_view part) {
        sha256.Add(part);
        file.bytes += part.size();
        return go_on();
      });
  if (!read.ok()) return read;
  file.sha256 = sha256.Finish();
  return file;
}

// Every file of the backup, in order of path. LOCK is of this machine.
absl::StatusOr<std::vector<BackedUpFile>> DescribeAll(const std::string& directory,
                                                      const std::function<bool()>& go_on) {
  std::vector<std::string> paths = {"FORMAT", "HEAD"};
  for (const char* folder : {"keys", "log"}) {
    std::error_code error;
    const std::string path = fmt::format("{}/{}", directory, folder);
    if (!fs::exists(path, error)) continue;
    for (auto it = fs::directory_iterator(path, error); !error && it != fs::directory_iterator();
         it.increment(error)) {
      const std::string name = it->path().filename();
      if (name != "LOCK" && it->is_regular_file(error)) {
        paths.push_back(fmt::format("{}/{}", folder, name));
      }
      if (error) break;
    }
    if (error) return ErrnoError(error.value(), path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<BackedUpFile> files;
  for (std::string& path : paths) {
    auto file = Describe(directory, std::move(path), go_on);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return files;
}

// Opened as a restart would: what stands in the WAL, whose end may be cut as by a crash, becomes
// tables.
absl::Status Settle(const std::string& log_directory) {
  return OpenRocksDbEventStore(log_directory).status();
}

// The files of the backup but for BACKUP itself.
absl::StatusOr<Backup> Copy(const Ledger& ledger, const std::string& directory,
                            const OnFoldProgress& on_progress) {
  const uint64_t total = ledger.log().size();
  const auto go_on = [&] { return !on_progress || on_progress({0, total}); };
  const std::string log_directory = directory + "/log";
  REGISTRE_RETURN_IF_ERROR(MakeSubfolder(log_directory));
  REGISTRE_RETURN_IF_ERROR(ledger.log().CopyTo(log_directory, go_on));
  REGISTRE_RETURN_IF_ERROR(Settle(log_directory));
  // After the log: every checkpoint in the copy is then signed by a key that is in the copy.
  REGISTRE_RETURN_IF_ERROR(CopyKeys(ledger.directory() + "/keys", directory + "/keys"));
  const auto copied = OpenWholeLog(log_directory);
  if (!copied.ok()) return copied.status();
  const EventStore& log = (*copied)->log();
  auto read = ReadWholeLog(log, on_progress);
  if (!read.ok()) return read.status();
  if (read->head.size < total) {
    return Error(absl::StatusCode::kDataLoss, "LOG_SHORTER",
                 fmt::format("the copy in {} holds {} events, the log held {}", directory,
                             read->head.size, total));
  }
  const auto digest = StateDigest(log);
  if (!digest.ok()) return digest.status();
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(directory, "HEAD", FormatHead({read->head, *digest})));
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(directory, "FORMAT", FormatOfDataFolder()));
  auto files = DescribeAll(directory, go_on);
  if (!files.ok()) return files.status();
  return Backup{.origin = std::move(read->origin),
                .head = read->head,
                .made_at = absl::InfinitePast(),
                .files = *std::move(files)};
}

// Takes from the event what it says of the log's origin.
void FollowOrigin(const v1::Act& act, std::string* origin) {
  if (act.has_ledger_opened()) *origin = act.ledger_opened().origin();
  if (act.has_ledger_restored()) *origin = act.ledger_restored().origin();
}

absl::Status CompareTiles(const EventStore& log, std::vector<Tile>* tiles) {
  for (const Tile& tile : *tiles) {
    const auto stored = log.GetTile(tile.level, tile.index);
    if (!stored.ok()) return stored.status();
    if (stored->hashes == tile.hashes) continue;
    return Error(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                 fmt::format("events of the log do not give its stored hashes: tile {} of level {} "
                             "differs; keep a copy of the folder and restore another backup",
                             tile.index, tile.level));
  }
  tiles->clear();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogInspection>> OpenWholeLog(const std::string& log_directory) {
  auto log = LogInspection::Open(log_directory);
  if (!log.ok()) return log.status();
  REGISTRE_RETURN_IF_ERROR((*log)->Tail());
  REGISTRE_RETURN_IF_ERROR((*log)->CheckCounts());
  REGISTRE_RETURN_IF_ERROR((*log)->CheckTables());
  return log;
}

absl::StatusOr<ReadLog> ReadWholeLog(const EventStore& log, const OnFoldProgress& on_progress) {
  ReadLog whole;
  MerkleTree tree;
  std::vector<Tile> tiles;
  absl::Status failed;
  const uint64_t total = log.size();
  const absl::Status read = log.Read(0, [&](uint64_t position, std::string_view bytes) {
    const auto event = ParseEvent(position, bytes);
    failed = event.status();
    if (!failed.ok()) return false;
    FollowOrigin(event->act(), &whole.origin);
    tree.Append(LeafHash(bytes), &tiles);
    failed = CompareTiles(log, &tiles);
    if (failed.ok() && position % kTellEvery == 0 && on_progress &&
        !on_progress({position, total})) {
      failed = absl::CancelledError("the reading was given up");
    }
    return failed.ok();
  });
  REGISTRE_RETURN_IF_ERROR(read);
  REGISTRE_RETURN_IF_ERROR(failed);
  const auto stored = MerkleTree::Load(
      total, [&log](uint64_t position) { return log.GetLeafHash(position); },
      [&log](uint8_t level, uint64_t index) { return log.GetTile(level, index); });
  if (!stored.ok()) return stored.status();
  whole.head = {tree.size(), tree.Root()};
  if (stored->Root() == whole.head.root) return whole;
  return Error(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
               "events of the log do not give its stored hashes; keep a copy of the folder and "
               "restore another backup");
}

absl::StatusOr<Backup> MakeBackup(const Ledger& ledger, const std::string& directory,
                                  absl::Time now, const OnFoldProgress& on_progress) {
  if (ledger.log().size() == 0) {
    return Refused("LEDGER_NOT_OPENED",
                   "the ledger is not opened: there is nothing to copy yet; record ledger_opened "
                   "first");
  }
  auto folder = FolderInWork::Take(directory, ledger.directory());
  if (!folder.ok()) return folder.status();
  auto backup = Copy(ledger, directory, on_progress);
  if (!backup.ok()) return backup.status();
  backup->made_at = now;
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(directory, "BACKUP", FormatBackup(*backup)));
  folder->Keep();
  return backup;
}

}  // namespace registre
