#include "ledger/backup_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "absl/strings/escaping.h"
#include "ledger/base/errors.h"
#include "ledger/proof/encoding.h"
#include "ledger/store/disk.h"

namespace registre {
namespace {

constexpr std::string_view kBackupTitle = "registre-backup 1";
constexpr char kMadeAtFormat[] = "%Y-%m-%dT%H:%M:%SZ";

// Nothing that leads elsewhere: a name of letters, digits, '.', '_' and '-' that starts with none
// of the last three, in a folder that a backup has.
bool IsBackupPath(std::string_view path) {
  if (path == "FORMAT" || path == "HEAD") return true;
  const size_t slash = path.find('/');
  const std::string_view folder = path.substr(0, slash);
  if (slash == std::string_view::npos || (folder != "log" && folder != "keys")) return false;
  const std::string_view name = path.substr(slash + 1);
  return !name.empty() && std::isalnum(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
         });
}

// Cuts the text at the first space.
std::pair<std::string_view, std::string_view> CutAtSpace(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return {text, {}};
  return {text.substr(0, space), text.substr(space + 1)};
}

std::optional<BackedUpFile> ParseFileLine(std::string_view line) {
  const auto [sha256, rest] = CutAtSpace(line);
  const auto [bytes, path] = CutAtSpace(rest);
  const std::optional<Hash> hash = HashFromHex(sha256);
  const std::optional<uint64_t> count = ParseDecimal(bytes);
  if (!hash || !count || !IsBackupPath(path)) return std::nullopt;
  return BackedUpFile{.path = std::string(path), .bytes = *count, .sha256 = *hash};
}

std::optional<LogHead> ParseHeadLine(std::string_view line) {
  const auto [size, root] = CutAtSpace(line);
  const std::optional<uint64_t> count = ParseDecimal(size);
  const std::optional<Hash> hash = HashFromHex(root);
  if (!count || !hash) return std::nullopt;
  return LogHead{*count, *hash};
}

}  // namespace

std::optional<Hash> HashFromHex(std::string_view hex) {
  Hash hash = {};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (size_t i = 0; i < hash.size(); ++i) {
    const char* const begin = hex.data() + 2 * i;
    const auto parsed = std::from_chars(begin, begin + 2, hash[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != begin + 2) return std::nullopt;
  }
  return HexOf(hash) == hex ? std::optional<Hash>(hash) : std::nullopt;
}

std::string FormatBackup(const Backup& backup) {
  std::string text =
      fmt::format("{}\n{}\n{} {}\n{}\n", kBackupTitle, absl::Utf8SafeCEscape(backup.origin),
                  backup.head.size, HexOf(backup.head.root),
                  absl::FormatTime(kMadeAtFormat, backup.made_at, absl::UTCTimeZone()));
  for (const BackedUpFile& file : backup.files) {
    text += fmt::format("{} {} {}\n", HexOf(file.sha256), file.bytes, file.path);
  }
  return fmt::format("{}{}\n", text, HexOf(Sha256(text)));
}

std::optional<Backup> ParseBackup(std::string_view text) {
  std::string_view rest = text;
  const auto title = TakeLine(&rest);
  const auto origin = TakeLine(&rest);
  const auto head = TakeLine(&rest);
  const auto made_at = TakeLine(&rest);
  if (!title || !origin || !head || !made_at) return std::nullopt;
  Backup backup;
  const std::optional<LogHead> parsed_head = ParseHeadLine(*head);
  if (!parsed_head || !absl::CUnescape({origin->data(), origin->size()}, &backup.origin) ||
      !absl::ParseTime(kMadeAtFormat, {made_at->data(), made_at->size()}, &backup.made_at,
                       nullptr)) {
    return std::nullopt;
  }
  backup.head = *parsed_head;
  for (auto line = TakeLine(&rest); line && !rest.empty(); line = TakeLine(&rest)) {
    std::optional<BackedUpFile> file = ParseFileLine(*line);
    if (!file) return std::nullopt;
    backup.files.push_back(*std::move(file));
  }
  // Writing it again checks the rest: title, order of lines, checksum.
  if (FormatBackup(backup) != text) return std::nullopt;
  return backup;
}

absl::Status BackupDamaged(std::string_view directory, std::string_view what) {
  return Error(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED",
               fmt::format("The backup in {} is damaged: {}. Nothing was restored from it. Take "
                           "another backup.",
                           directory, what),
               {{"path", std::string(directory)}});
}

absl::StatusOr<Backup> ReadBackup(const std::string& directory) {
  const auto text = ReadSmallFile(directory + "/BACKUP", kMaxBackupFileBytes);
  if (!text.ok()) return text.status();
  if (!text->has_value()) {
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_A_BACKUP",
                 fmt::format("{} holds no file BACKUP, which is written last: it is no backup, or "
                             "one that did not end. Give the folder of another one.",
                             directory),
                 {{"path", directory}});
  }
  std::optional<Backup> backup = ParseBackup(**text);
  if (!backup) return BackupDamaged(directory, "its file BACKUP is not what was written");
  return *std::move(backup);
}

}  // namespace registre
