#include "ledger/store/head_file.h"

#include <fmt/format.h>

#include <charconv>

#include "ledger/base/errors.h"
#include "ledger/store/event_store.h"

namespace registre {
namespace {

constexpr std::string_view kTitle = "registre-head 1";

// Takes a line off the text; false when it has no end.
bool TakeLine(std::string_view* text, std::string_view* line) {
  const size_t end = text->find('\n');
  if (end == std::string_view::npos) return false;
  *line = text->substr(0, end);
  text->remove_prefix(end + 1);
  return true;
}

bool ParseHash(std::string_view hex, Hash* hash) {
  if (hex.size() != 2 * hash->size()) return false;
  for (size_t i = 0; i < hash->size(); ++i) {
    const char* const begin = hex.data() + 2 * i;
    const auto parsed = std::from_chars(begin, begin + 2, (*hash)[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != begin + 2) return false;
  }
  return true;
}

}  // namespace

std::string FormatHead(const LogHead& head) {
  const std::string text = fmt::format("{}\n{}\n{}\n", kTitle, head.size, HexOf(head.root));
  return fmt::format("{}{}\n", text, HexOf(Sha256(text)));
}

std::optional<LogHead> ParseHead(std::string_view text) {
  std::string_view rest = text;
  std::string_view title;
  std::string_view size;
  std::string_view root;
  if (!TakeLine(&rest, &title) || !TakeLine(&rest, &size) || !TakeLine(&rest, &root)) {
    return std::nullopt;
  }
  LogHead head;
  const auto parsed = std::from_chars(size.data(), size.data() + size.size(), head.size);
  if (parsed.ec != std::errc() || !ParseHash(root, &head.root)) return std::nullopt;
  // Writing it again checks the rest: title, checksum, and that nothing stands between or after.
  if (FormatHead(head) != text) return std::nullopt;
  return head;
}

absl::Status HeadDamaged(const std::string& path, absl::string_view why) {
  return Error(
      absl::StatusCode::kDataLoss, "HEAD_DAMAGED",
      fmt::format("{} cannot be trusted: {}. It says how long the log was, so that a loss is "
                  "noticed. Restore it from a backup; only when the log is known to be whole, "
                  "delete it: it is then written anew.",
                  path, std::string(why)),
      {{"path", path}});
}

absl::Status CheckHead(const EventStore& log, const LogHead& head) {
  const ErrorValues values = {{"head_size", fmt::format("{}", head.size)},
                              {"log_size", fmt::format("{}", log.size())},
                              {"head_root", HexOf(head.root)}};
  if (log.size() < head.size) {
    return Error(
        absl::StatusCode::kDataLoss, "LOG_SHORTER",
        fmt::format("The log holds {} events, but held {} when HEAD was last written: events "
                    "that were acknowledged are lost. Nothing more is recorded. Keep a copy of the "
                    "folder and restore the ledger from a backup.",
                    log.size(), head.size),
        values);
  }
  const absl::StatusOr<Hash> root = RootAt(
      head.size, [&log](uint64_t position) { return log.GetLeafHash(position); },
      [&log](uint8_t level, uint64_t index) { return log.GetTile(level, index); });
  if (!root.ok()) return root.status();
  if (*root == head.root) return absl::OkStatus();
  return Error(
      absl::StatusCode::kDataLoss, "LOG_DIFFERENT",
      fmt::format("The root of the first {} events is {}, but HEAD says {}: the log is not "
                  "the one that was written here. Nothing more is recorded. Keep a copy of the "
                  "folder and restore the ledger from a backup.",
                  head.size, HexOf(*root), HexOf(head.root)),
      values);
}

}  // namespace registre
