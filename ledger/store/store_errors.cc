#include "ledger/store/store_errors.h"

#include <fmt/format.h>

#include "ledger/base/check.h"
#include "ledger/base/errors.h"

namespace registre {

absl::Status EventStore::CopyTo(const std::string&, const std::function<bool()>&) const {
  return absl::UnimplementedError("only a log on the disk is copied");
}

void CheckBatch(const EventBatch& batch, uint64_t size) {
  REGISTRE_CHECK(batch.events.size() == batch.leaf_hashes.size(),
                 "a batch has one leaf hash for each event");
  REGISTRE_CHECK(
      batch.tiles.size() == AllFullTiles(size + batch.events.size()) - AllFullTiles(size),
      "a batch has every tile that its leaves fill");
}

absl::Status WrongPosition(uint64_t expected, uint64_t size) {
  return Error(
      absl::StatusCode::kAborted, "POSITION_CONFLICT",
      fmt::format("The log holds {} events, not {}: something else was appended. Read what "
                  "is new, decide again, then append at {}.",
                  size, expected, size),
      {{"expected", fmt::format("{}", expected)}, {"size", fmt::format("{}", size)}});
}

absl::Status WriterStopped(std::string_view cause) {
  return Error(
      absl::StatusCode::kUnavailable, "WRITER_STOPPED",
      fmt::format("Recording stopped when an append failed. {} Nothing is recorded until the "
                  "server is started again, which reads what is there.",
                  cause),
      {{"cause", std::string(cause)}});
}

absl::Status PositionUnknown(uint64_t position, uint64_t size) {
  return Error(
      absl::StatusCode::kNotFound, "POSITION_UNKNOWN",
      size == 0
          ? fmt::format("There is no event {}: the log is empty.", position)
          : fmt::format("There is no event {}: the log holds {}, 0 to {}. Ask for one of those.",
                        position, size, size - 1),
      {{"position", fmt::format("{}", position)}, {"size", fmt::format("{}", size)}});
}

absl::Status TileUnknown(uint8_t level, uint64_t index, uint64_t size) {
  return Error(
      absl::StatusCode::kNotFound, "TILE_UNKNOWN",
      fmt::format("There is no full tile {} at level {}: the log holds {} events. A tile is "
                  "there once its {} hashes are.",
                  index, level, size, kTileWidth),
      {{"level", fmt::format("{}", level)}, {"index", fmt::format("{}", index)}});
}

uint64_t FullTiles(uint8_t level, uint64_t size) {
  constexpr unsigned kLevels = 7;  // 2^64 leaves fill tiles of the levels 0 to 6
  return level < kLevels ? size >> (8 * (level + 1)) : 0;
}

uint64_t AllFullTiles(uint64_t size) {
  uint64_t tiles = 0;
  for (uint8_t level = 0; FullTiles(level, size) > 0; ++level) tiles += FullTiles(level, size);
  return tiles;
}

}  // namespace registre
