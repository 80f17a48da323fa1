#include "services/tile_server.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/status/statusor.h"
#include "ledger/base/errors.h"
#include "ledger/log_tiles.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tile_hashes.h"

namespace registre {
namespace {

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kBytes[] = "application/octet-stream";
// A tile never changes.
constexpr char kForEver[] = "public, max-age=31536000, immutable";

// Whether a tree of `size` leaves has these hashes.
bool IsWithin(const TileId& tile, uint64_t size) {
  const uint64_t hashes = HashesOfLevel(tile.level, size);
  const uint64_t full = hashes / kTileWidth;
  return tile.index < full ||
         (tile.index == full && static_cast<uint64_t>(tile.width) <= hashes % kTileWidth);
}

absl::StatusOr<std::string> HashesOf(Ledger* ledger, const TileId& tile) {
  auto hashes = ledger->tiles().Read(tile);
  if (hashes.ok()) hashes->resize(static_cast<size_t>(tile.width) * sizeof(Hash));
  return hashes;
}

absl::StatusOr<std::string> EntriesOf(const EventStore& log, const TileId& tile) {
  const uint64_t first = tile.index * kTileWidth;
  const uint64_t end = first + static_cast<uint64_t>(tile.width);
  std::string entries;
  REGISTRE_RETURN_IF_ERROR(log.Read(first, [&](uint64_t position, std::string_view event) {
    const Hash entry = Sha256(event);
    entries.push_back('\0');
    entries.push_back(static_cast<char>(entry.size()));
    entries += BytesOf(entry);
    return position + 1 < end;
  }));
  return entries;
}

HttpAnswer AnswerTile(Ledger* ledger, const TilePath& path) {
  auto bytes = path.entries ? EntriesOf(ledger->log(), path.tile) : HashesOf(ledger, path.tile);
  if (bytes.ok()) {
    return {.status = 200,
            .content_type = kBytes,
            .cache_control = kForEver,
            .body = *std::move(bytes)};
  }
  spdlog::error("/{}: {}", FormatTilePath(path), std::string(bytes.status().message()));
  HttpAnswer failed;
  failed.status = 500;
  return failed;
}

}  // namespace

HttpAnswer AnswerTilePath(Ledger* ledger, const Checkpoints& checkpoints, const std::string& path) {
  const auto latest = checkpoints.latest();
  if (!latest || !path.starts_with('/')) return {};
  if (path == "/checkpoint") {
    return {.status = 200,
            .content_type = kText,
            .cache_control = "no-store",
            .body = checkpoints.shown()->note()};
  }
  const auto tile = ParseTilePath(std::string_view(path).substr(1));
  if (!tile || !IsWithin(tile->tile, latest->size())) return {};
  return AnswerTile(ledger, *tile);
}

}  // namespace registre
