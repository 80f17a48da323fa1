#include "ledger/store/head_file.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "ledger/base/errors.h"
#include "ledger/proof/sha256_stream.h"
#include "ledger/store/event_store.h"

namespace registre {
namespace {

constexpr std::string_view kTitle = "registre-head 2";
constexpr std::string_view kTitleOfVersion1 = "registre-head 1";
constexpr std::string_view kNoDigest = "-";
// What an entry of the state digest is about.
constexpr std::string_view kConsumerEntry("\x01", 1);
constexpr std::string_view kCheckpointEntry("\x02", 1);

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

// The lines with their checksum.
std::string WithChecksum(const std::string& lines) {
  return fmt::format("{}{}\n", lines, HexOf(Sha256(lines)));
}

std::string FormatHeadOfVersion1(const LogHead& head) {
  return WithChecksum(fmt::format("{}\n{}\n{}\n", kTitleOfVersion1, head.size, HexOf(head.root)));
}

std::string BigEndian(uint64_t number) {
  std::string bytes(sizeof(number), '\0');
  for (size_t i = bytes.size(); i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  return bytes;
}

void AddEntry(std::string_view kind, std::string_view name, std::string_view stored,
              Sha256Stream* digest) {
  digest->Add(kind);
  digest->Add(BigEndian(name.size()));
  digest->Add(name);
  digest->Add(BigEndian(stored.size()));
  digest->Add(stored);
}

}  // namespace

std::string FormatHead(const SavedHead& head) {
  return WithChecksum(
      fmt::format("{}\n{}\n{}\n{}\n", kTitle, head.size, HexOf(head.root),
                  head.state_digest ? HexOf(*head.state_digest) : std::string(kNoDigest)));
}

std::optional<SavedHead> ParseHead(std::string_view text) {
  std::string_view rest = text;
  std::string_view title;
  std::string_view size;
  std::string_view root;
  std::string_view digest = kNoDigest;
  if (!TakeLine(&rest, &title) || !TakeLine(&rest, &size) || !TakeLine(&rest, &root)) {
    return std::nullopt;
  }
  const bool version1 = title == kTitleOfVersion1;
  if (!version1 && !TakeLine(&rest, &digest)) return std::nullopt;
  SavedHead head;
  const auto parsed = std::from_chars(size.data(), size.data() + size.size(), head.size);
  if (parsed.ec != std::errc() || !ParseHash(root, &head.root)) return std::nullopt;
  if (digest != kNoDigest && !ParseHash(digest, &head.state_digest.emplace())) return std::nullopt;
  // Writing it again checks the rest: title, checksum, and that nothing stands between or after.
  if ((version1 ? FormatHeadOfVersion1(head) : FormatHead(head)) != text) return std::nullopt;
  return head;
}

absl::StatusOr<Hash> StateDigest(const EventStore& log) {
  Sha256Stream digest;
  const auto consumers = log.ReadConsumers();
  if (!consumers.ok()) return consumers.status();
  for (const ConsumerWrite& consumer : *consumers) {
    AddEntry(kConsumerEntry, consumer.name, consumer.state, &digest);
  }
  const absl::Status read = log.ReadCheckpoints(
      std::numeric_limits<uint64_t>::max(), [&](uint64_t size, std::string_view stored) {
        AddEntry(kCheckpointEntry, BigEndian(size), stored, &digest);
        return true;
      });
  REGISTRE_RETURN_IF_ERROR(read);
  return digest.Finish();
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

absl::Status CheckSavedHead(const EventStore& log, const SavedHead& head) {
  REGISTRE_RETURN_IF_ERROR(CheckHead(log, head));
  if (!head.state_digest) return absl::OkStatus();
  if (log.size() != head.size) {
    return Error(
        absl::StatusCode::kDataLoss, "LOG_DIFFERENT",
        fmt::format("The log holds {} events, but held {} at the last clean stop: something else "
                    "than a server has added to it. Nothing more is recorded. Keep a copy of the "
                    "folder and restore the ledger from a backup.",
                    log.size(), head.size),
        {{"head_size", fmt::format("{}", head.size)}, {"log_size", fmt::format("{}", log.size())}});
  }
  const absl::StatusOr<Hash> digest = StateDigest(log);
  if (!digest.ok()) return digest.status();
  if (*digest == *head.state_digest) return absl::OkStatus();
  return Error(
      absl::StatusCode::kDataLoss, "STATE_DIFFERENT",
      fmt::format("What is stored of consumers and checkpoints has the digest {}, but had {} at "
                  "the last clean stop: something is lost or was changed since. Nothing more is "
                  "recorded. Keep a copy of the folder and restore the ledger from a backup.",
                  HexOf(*digest), HexOf(*head.state_digest)),
      {{"digest", HexOf(*digest)}, {"head_digest", HexOf(*head.state_digest)}});
}

}  // namespace registre
