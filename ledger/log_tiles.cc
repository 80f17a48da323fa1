#include "ledger/log_tiles.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/merkle.h"

namespace registre {
namespace {

constexpr size_t kTileBytes = kTileWidth * sizeof(Hash);

// The root of a full tile: the hash that stands for it in the level above.
Hash RootOfTile(const Tile& tile) {
  MerkleTree tree;
  std::vector<Tile> full;
  for (size_t at = 0; at < tile.hashes.size(); at += sizeof(Hash)) {
    Hash hash;
    std::memcpy(hash.data(), tile.hashes.data() + at, hash.size());
    tree.Append(hash, &full);
  }
  return tree.Root();
}

}  // namespace

uint64_t HashesOfLevel(uint8_t level, uint64_t size) { return level < 8 ? size >> (8 * level) : 0; }

LogTiles::LogTiles(const EventStore* log)
    : log_(log), hashes_([this](const TileId& tile) { return Read(tile); }) {}

absl::StatusOr<std::string> LogTiles::Read(const TileId& tile) {
  const uint64_t hashes = HashesOfLevel(tile.level, log_->size());
  const uint64_t full = hashes / kTileWidth;
  if (tile.index < full) {
    auto stored = log_->GetTile(tile.level, tile.index);
    if (!stored.ok()) return stored.status();
    return std::move(stored->hashes);
  }
  const auto width = static_cast<uint64_t>(tile.width);
  if (tile.index == full && width <= hashes % kTileWidth) return ReadPartial(tile);
  return Error(absl::StatusCode::kNotFound, "TILE_UNKNOWN",
               fmt::format("a log of {} events has no tile {} of level {} that is {} wide",
                           log_->size(), tile.index, tile.level, tile.width));
}

absl::StatusOr<std::string> LogTiles::ReadPartial(const TileId& tile) {
  const size_t bytes = static_cast<size_t>(tile.width) * sizeof(Hash);
  absl::MutexLock lock(&mutex_);
  Edge& edge = edges_[tile.level];
  if (edge.index != tile.index) edge = {.index = tile.index, .hashes = ""};
  edge.hashes.reserve(kTileBytes);
  while (edge.hashes.size() < bytes) {
    const uint64_t index = tile.index * kTileWidth + edge.hashes.size() / sizeof(Hash);
    auto hash = HashAt(tile.level, index);
    if (!hash.ok()) return hash.status();
    edge.hashes.append(reinterpret_cast<const char*>(hash->data()), hash->size());
  }
  return edge.hashes.substr(0, bytes);
}

absl::StatusOr<Hash> LogTiles::HashAt(uint8_t level, uint64_t index) const {
  if (level == 0) return log_->GetLeafHash(index);
  auto below = log_->GetTile(static_cast<uint8_t>(level - 1), index);
  if (!below.ok()) return below.status();
  return RootOfTile(*below);
}

}  // namespace registre
