#include "ledger/restore.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/synchronization/notification.h"
#include "ledger/backup.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/command.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/encoding.h"
#include "ledger/proof/sha256_stream.h"
#include "ledger/store/disk.h"
#include "ledger/store/event_store.h"

namespace registre {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRestoredTitle = "registre-restored 1";
constexpr char kRestoredFile[] = "RESTORED";
constexpr size_t kMaxRestoredBytes = 64 * 1024;
// Who records it: the ledger itself. No client has a subject with a colon.
constexpr char kLedgerSubject[] = "registre:restore";
constexpr char kLedgerRole[] = "ledger";

absl::Status BadDataFolder(const std::string& directory, std::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "RESTORE_FOLDER",
               fmt::format("{} cannot become the data folder: {}. Nothing was changed in it. Give "
                           "the path of a folder that does not exist, or is empty.",
                           directory, why),
               {{"path", directory}});
}

absl::Status Contradicts(std::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, "CHECKPOINT_CONTRADICTS",
               fmt::format("the checkpoint is not of the log in the backup: {}. One of the two is "
                           "of another log, or the backup was tampered with. Compare both with "
                           "another backup and another checkpoint.",
                           what));
}

std::string Escaped(const std::string& text) { return absl::Utf8SafeCEscape(text); }

bool Unescape(std::string_view line, std::string* text) {
  return absl::CUnescape({line.data(), line.size()}, text);
}

// The data folder's path without a slash at its end.
fs::path DataPath(const std::string& data) {
  std::error_code error;
  const fs::path path = fs::absolute(data, error).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

// Before hours of copying: what the last step, the rename, would refuse.
absl::Status CheckDataFolder(const fs::path& data) {
  std::error_code error;
  if (!fs::is_directory(data.parent_path(), error)) {
    return BadDataFolder(data.native(), "the folder above it does not exist");
  }
  const fs::file_status status = fs::symlink_status(data, error);
  if (status.type() == fs::file_type::not_found) return absl::OkStatus();
  if (status.type() != fs::file_type::directory) {
    return BadDataFolder(data.native(), "it is something else than a folder");
  }
  const bool empty = fs::is_empty(data, error);
  if (error) return ErrnoError(error.value(), data.native());
  return empty ? absl::OkStatus() : BadDataFolder(data.native(), "it is not empty");
}

absl::Status CopyFileOf(const RestoreOrder& order, const BackedUpFile& file, const fs::path& to,
                        const std::function<bool()>& go_on) {
  const std::string from = fmt::format("{}/{}", order.backup, file.path);
  std::error_code error;
  const uint64_t bytes = fs::file_size(from, error);
  if (error == std::errc::no_such_file_or_directory) {
    return BackupDamaged(order.backup, fmt::format("its file {} is missing", file.path));
  }
  if (error) return ErrnoError(error.value(), from);
  if (bytes != file.bytes) {
    return BackupDamaged(order.backup, fmt::format("its file {} has {} bytes, not {}", file.path,
                                                   bytes, file.bytes));
  }
  Sha256Stream sha256;
  const int mode = file.path.starts_with("keys/") ? 0600 : 0640;
  REGISTRE_RETURN_IF_ERROR(
      CopyBytes(from, (to / file.path).native(), file.bytes, mode, [&](std::string_view part) {
        sha256.Add(part);
        return go_on();
      }));
  if (sha256.Finish() == file.sha256) return absl::OkStatus();
  return BackupDamaged(order.backup, fmt::format("its file {} was changed", file.path));
}

absl::Status CopyAll(const RestoreOrder& order, const Backup& backup, const fs::path& to,
                     const std::function<bool()>& go_on) {
  for (const char* folder : {"keys", "log"}) {
    std::error_code error;
    fs::create_directory(to / folder, error);
    if (!error) fs::permissions(to / folder, fs::perms::owner_all, error);
    if (error) return ErrnoError(error.value(), (to / folder).native());
  }
  for (const BackedUpFile& file : backup.files) {
    REGISTRE_RETURN_IF_ERROR(CopyFileOf(order, file, to, go_on));
  }
  for (const fs::path& folder : {to / "keys", to / "log", to}) {
    REGISTRE_RETURN_IF_ERROR(SyncFolder(folder.native()));
  }
  return absl::OkStatus();
}

// That the checkpoint and the log agree, where they can.
absl::Status CompareCheckpoint(const EventStore& log, const ReadLog& read,
                               const Checkpoint& checkpoint) {
  if (checkpoint.origin != read.origin) {
    return Contradicts(
        fmt::format("its origin is {}, the log's is {}", checkpoint.origin, read.origin));
  }
  if (checkpoint.size > read.head.size) return absl::OkStatus();
  const auto root = RootAt(
      checkpoint.size, [&log](uint64_t position) { return log.GetLeafHash(position); },
      [&log](uint8_t level, uint64_t index) { return log.GetTile(level, index); });
  if (!root.ok()) return root.status();
  if (*root == checkpoint.root) return absl::OkStatus();
  return Contradicts(fmt::format("the root of its {} events is {}, the log's is {}",
                                 checkpoint.size, Base64Of(checkpoint.root), Base64Of(*root)));
}

// Reads the copied log and compares it with what is said of it.
absl::Status CheckLog(const RestoreOrder& order, const Backup& backup, const fs::path& folder,
                      const OnFoldProgress& on_progress) {
  const auto opened = OpenWholeLog((folder / "log").native());
  if (!opened.ok()) return opened.status();
  const EventStore& log = (*opened)->log();
  const auto read = ReadWholeLog(log, on_progress);
  if (!read.ok()) return read.status();
  if (read->head.size != backup.head.size || read->head.root != backup.head.root ||
      read->origin != backup.origin) {
    return BackupDamaged(
        order.backup,
        fmt::format("its log has {} events, root {}, origin {}, where BACKUP says {}, {}, {}",
                    read->head.size, Base64Of(read->head.root), read->origin, backup.head.size,
                    Base64Of(backup.head.root), backup.origin));
  }
  if (!order.last_seen) return absl::OkStatus();
  return CompareCheckpoint(log, *read, *order.last_seen);
}

// Another log that goes on from the same backup must not have the same origin: the time tells them
// apart.
std::string OriginAfter(const Backup& backup, absl::Time now) {
  return fmt::format("{}/restored-{}-{}", backup.origin, backup.head.size,
                     absl::FormatTime("%Y%m%d%H%M%S", now, absl::UTCTimeZone()));
}

absl::Status CheckReason(const std::string& reason) {
  if (!reason.empty() && reason.size() <= kMaxRestoreReasonBytes && IsUtf8(reason)) {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
               fmt::format("the reason has {} bytes; say in 1 to {} bytes of UTF-8 why the ledger "
                           "is restored: it is recorded",
                           reason.size(), kMaxRestoreReasonBytes));
}

std::string MarkPath(const std::string& directory) {
  return fmt::format("{}/{}", directory, kRestoredFile);
}

v1::LedgerRestored ActOf(const RestoreMark& mark) {
  v1::LedgerRestored act;
  act.set_previous_origin(mark.previous_origin);
  act.set_origin(mark.origin);
  act.set_log_size(mark.head.size);
  act.set_log_root(BytesOf(mark.head.root));
  act.set_reason(mark.reason);
  return act;
}

// The command whose id is fixed by the mark: recorded once, however often it is sent.
absl::StatusOr<Command> CommandOf(const RestoreMark& mark) {
  v1::RecordRequest request;
  request.set_command_id(
      fmt::format("ledger-restored-{:.32}", HexOf(Sha256(FormatRestoreMark(mark)))));
  *request.add_acts()->mutable_ledger_restored() = ActOf(mark);
  return MakeCommand(kLedgerSubject, std::move(request),
                     [](const v1::Act&) -> absl::StatusOr<std::string> { return kLedgerRole; });
}

// What the first start is to record.
absl::Status WriteMark(const Restored& restored, const std::string& reason,
                       const fs::path& folder) {
  const RestoreMark mark = {.previous_origin = restored.backup.origin,
                            .origin = restored.origin,
                            .head = restored.backup.head,
                            .reason = reason};
  // What would be refused at the start is refused now.
  REGISTRE_RETURN_IF_ERROR(CommandOf(mark).status());
  return ReplaceFile(folder.native(), kRestoredFile, FormatRestoreMark(mark));
}

// Leaves nothing half done behind.
class FolderBeside {
 public:
  explicit FolderBeside(const fs::path& data) : data_(data), path_(data.native() + ".restoring") {}
  FolderBeside(const FolderBeside&) = delete;
  FolderBeside& operator=(const FolderBeside&) = delete;
  ~FolderBeside() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }

  absl::Status Make() {
    std::error_code error;
    made_ = fs::create_directory(path_, error);
    if (!made_ && !error) {
      return BadDataFolder(data_.native(),
                           fmt::format("{} is there, of another restoration that is under way or "
                                       "was cut off; remove it when it is not",
                                       path_.native()));
    }
    if (!error) fs::permissions(path_, fs::perms::owner_all, error);
    return error ? ErrnoError(error.value(), path_.native()) : absl::OkStatus();
  }

  // rename(2) takes the place of an empty folder, and of no other.
  absl::Status Rename() {
    if (::rename(path_.c_str(), data_.c_str()) != 0) {
      return BadDataFolder(data_.native(),
                           fmt::format("{} cannot be renamed to it: {}", path_.native(),
                                       std::generic_category().message(errno)));
    }
    made_ = false;
    return SyncFolder(data_.parent_path().native());
  }

  const fs::path& path() const { return path_; }

 private:
  const fs::path data_;
  const fs::path path_;
  bool made_ = false;
};

}  // namespace

std::string FormatRestoreMark(const RestoreMark& mark) {
  const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n", kRestoredTitle,
                                       Escaped(mark.previous_origin), Escaped(mark.origin),
                                       mark.head.size, HexOf(mark.head.root), Escaped(mark.reason));
  return fmt::format("{}{}\n", text, HexOf(Sha256(text)));
}

std::optional<RestoreMark> ParseRestoreMark(std::string_view text) {
  std::string_view rest = text;
  const auto title = TakeLine(&rest);
  const auto previous = TakeLine(&rest);
  const auto origin = TakeLine(&rest);
  const auto size = TakeLine(&rest);
  const auto root = TakeLine(&rest);
  const auto reason = TakeLine(&rest);
  if (!title || !previous || !origin || !size || !root || !reason) return std::nullopt;
  const std::optional<uint64_t> count = ParseDecimal(*size);
  const std::optional<Hash> hash = HashFromHex(*root);
  RestoreMark mark;
  if (!count || !hash || !Unescape(*previous, &mark.previous_origin) ||
      !Unescape(*origin, &mark.origin) || !Unescape(*reason, &mark.reason)) {
    return std::nullopt;
  }
  mark.head = {*count, *hash};
  if (FormatRestoreMark(mark) != text) return std::nullopt;
  return mark;
}

absl::StatusOr<Restored> Restore(const RestoreOrder& order, absl::Time now,
                                 const OnFoldProgress& on_progress) {
  REGISTRE_RETURN_IF_ERROR(CheckReason(order.reason));
  const fs::path data = DataPath(order.data);
  REGISTRE_RETURN_IF_ERROR(CheckDataFolder(data));
  auto backup = ReadBackup(order.backup);
  if (!backup.ok()) return backup.status();

  Restored restored{.backup = *std::move(backup), .origin = "", .lost = 0};
  const LogHead& head = restored.backup.head;
  const bool whole = order.last_seen && order.last_seen->size == head.size;
  restored.origin = whole ? restored.backup.origin : OriginAfter(restored.backup, now);
  if (order.last_seen && order.last_seen->size > head.size) {
    restored.lost = order.last_seen->size - head.size;
  }
  if (restored.origin.size() > kMaxStringBytes) {
    return Error(
        absl::StatusCode::kFailedPrecondition, "RESTORE_ORIGIN",
        fmt::format("the origin {} would have more than {} bytes, after so many "
                    "restorations; restore with the last checkpoint of the backup, or open "
                    "a new ledger",
                    restored.origin, kMaxStringBytes));
  }

  FolderBeside beside(data);
  REGISTRE_RETURN_IF_ERROR(beside.Make());
  // First, so that whoever takes a copy that was cut off for a ledger is told too.
  if (!whole) REGISTRE_RETURN_IF_ERROR(WriteMark(restored, order.reason, beside.path()));
  const auto go_on = [&] { return !on_progress || on_progress({0, head.size}); };
  REGISTRE_RETURN_IF_ERROR(CopyAll(order, restored.backup, beside.path(), go_on));
  REGISTRE_RETURN_IF_ERROR(CheckLog(order, restored.backup, beside.path(), on_progress));
  REGISTRE_RETURN_IF_ERROR(beside.Rename());
  return restored;
}

absl::StatusOr<std::optional<RestoreMark>> ReadRestoreMark(const std::string& directory) {
  const std::string path = MarkPath(directory);
  const auto text = ReadSmallFile(path, kMaxRestoredBytes);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return std::nullopt;
  std::optional<RestoreMark> mark = ParseRestoreMark(**text);
  if (mark) return mark;
  return Error(absl::StatusCode::kDataLoss, "RESTORE_MARK_DAMAGED",
               fmt::format("{} is not what `registre admin restore` wrote; restore the backup "
                           "again, into another folder",
                           path),
               {{"path", path}});
}

absl::StatusOr<bool> RecordRestoration(Ledger* ledger) {
  const auto mark = ReadRestoreMark(ledger->directory());
  if (!mark.ok()) return mark.status();
  if (!mark->has_value()) return false;
  auto command = CommandOf(**mark);
  if (!command.ok()) return command.status();
  absl::Notification answered;
  absl::Status outcome;
  ledger->recorder().Submit(*std::move(command), [&](const auto& response) {
    outcome = response.status();
    answered.Notify();
  });
  answered.WaitForNotification();
  REGISTRE_RETURN_IF_ERROR(outcome);
  // Durable by now: a start that still finds the mark sends the same command again.
  const std::string path = MarkPath(ledger->directory());
  std::error_code error;
  fs::remove(path, error);
  if (error) return ErrnoError(error.value(), path);
  REGISTRE_RETURN_IF_ERROR(SyncFolder(ledger->directory()));
  return true;
}

}  // namespace registre
