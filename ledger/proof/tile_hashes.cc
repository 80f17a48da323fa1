#include "ledger/proof/tile_hashes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <list>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "ledger/proof/encoding.h"

namespace registre {
namespace {

constexpr int kHeightOfTile = 8;
constexpr size_t kBytesOfHash = 32;
constexpr int kMaxLevels = 64 / kHeightOfTile;  // that a 64-bit size has hashes of
constexpr int kMaxPathLevel = 63;               // C2SP tlog-tiles
constexpr std::string_view kTilePrefix = "tile/";
constexpr std::string_view kEntries = "entries";

}  // namespace

// The hashes inside a tile, by node of a binary heap: 1 is the root of the full tile, 2n and 2n + 1
// are below n, the tile's own hashes stand from kTileWidth on.
class TileNodes {
 public:
  // `bytes` has at least `width` hashes.
  TileNodes(std::string_view bytes, int width) : width_(width) {
    for (int i = 0; i < width; ++i) {
      std::memcpy(nodes_[kTileWidth + i].data(), bytes.data() + i * kBytesOfHash, kBytesOfHash);
      known_.set(kTileWidth + i);
    }
  }

  int width() const { return width_; }

  // Hashes all subtrees that the width fills: Get may then be called by any thread.
  void HashAll() {
    for (int height = 1; height <= kHeightOfTile; ++height) {
      for (int i = 0; i < width_ >> height; ++i) Hashed((kTileWidth >> height) + i);
    }
  }
  // Root of the subtree of that height at `i`, which the width fills.
  const Hash& Get(int height, int i) const { return nodes_[(kTileWidth >> height) + i]; }
  // The same, hashed now where it was not before.
  const Hash& HashedAt(int height, int i) { return Hashed((kTileWidth >> height) + i); }

 private:
  const Hash& Hashed(int node) {
    if (!known_[node]) {
      nodes_[node] = NodeHash(Hashed(2 * node), Hashed(2 * node + 1));
      known_.set(node);
    }
    return nodes_[node];
  }

  const int width_;
  std::array<Hash, 2 * kTileWidth> nodes_;
  std::bitset<2 * kTileWidth> known_;
};

namespace {

using TileKey = std::pair<uint8_t, uint64_t>;  // level, index

absl::StatusOr<std::unique_ptr<TileNodes>> ReadTile(const TileSource& source, const TileId& id) {
  const absl::StatusOr<std::string> bytes = source(id);
  if (!bytes.ok()) return bytes.status();
  if (bytes->size() % kBytesOfHash != 0 || bytes->size() < id.width * kBytesOfHash ||
      bytes->size() > kTileWidth * kBytesOfHash) {
    return Error(
        absl::StatusCode::kDataLoss, "LOG_DAMAGED",
        fmt::format("The tile of level {}, index {} has {} bytes, but should have {} hashes "
                    "of {} bytes. Restore the data folder from a backup.",
                    id.level, id.index, bytes->size(), id.width, kBytesOfHash));
  }
  return std::make_unique<TileNodes>(*bytes, id.width);
}

// Hashes of a tile that the tree of `size` leaves has.
int WidthOf(uint8_t level, uint64_t index, uint64_t size) {
  const uint64_t filled = level < kMaxLevels ? size >> (kHeightOfTile * level) : 0;
  if (filled >> kHeightOfTile > index) return kTileWidth;
  return filled >> kHeightOfTile == index ? static_cast<int>(filled % kTileWidth) : 0;
}

std::string FormatTileIndex(uint64_t index) {
  std::string text = fmt::format("{:03}", index % 1'000);
  while ((index /= 1'000) != 0) text = fmt::format("x{:03}/{}", index % 1'000, text);
  return text;
}

// Any index as FormatTileIndex writes it, and more that it does not write.
std::optional<uint64_t> ParseTileIndex(std::string_view text) {
  uint64_t index = 0;
  for (;;) {
    const bool last = text.empty() || text.front() != 'x';
    if (!last) text.remove_prefix(1);
    uint64_t digits = 0;
    if (text.size() < 3) return std::nullopt;
    for (const char c : text.substr(0, 3)) {
      if (c < '0' || c > '9') return std::nullopt;
      digits = 10 * digits + static_cast<uint64_t>(c - '0');
    }
    if (index > (UINT64_MAX - digits) / 1'000) return std::nullopt;
    index = 1'000 * index + digits;
    text.remove_prefix(3);
    if (last) return text.empty() ? std::optional(index) : std::nullopt;
    if (text.empty() || text.front() != '/') return std::nullopt;
    text.remove_prefix(1);
  }
}

}  // namespace

// Tiles of levels above 0, and those at the right edge of level 0. A tile that was partial when it
// was read holds its first hashes only; it is read again once others are asked for.
struct TileHashes::Kept {
  using Nodes = std::shared_ptr<const TileNodes>;
  struct Entry {
    TileKey key;
    Nodes nodes;
  };

  // The kept tile when it has `width` hashes; null otherwise.
  Nodes Find(const TileKey& key, int width) {
    absl::MutexLock lock(&mutex);
    const auto found = by_key.find(key);
    if (found == by_key.end() || found->second->nodes->width() < width) return nullptr;
    by_use.splice(by_use.begin(), by_use, found->second);
    return found->second->nodes;
  }

  void Keep(const TileKey& key, Nodes nodes) {
    absl::MutexLock lock(&mutex);
    const auto found = by_key.find(key);
    if (found != by_key.end()) {
      // Another thread may have read a wider one meanwhile.
      if (found->second->nodes->width() < nodes->width()) found->second->nodes = std::move(nodes);
      return;
    }
    by_use.push_front({key, std::move(nodes)});
    by_key[key] = by_use.begin();
    if (by_use.size() <= kMaxKeptTiles) return;
    by_key.erase(by_use.back().key);
    by_use.pop_back();
  }

  absl::Mutex mutex;
  std::list<Entry> by_use ABSL_GUARDED_BY(mutex);  // latest first
  absl::flat_hash_map<TileKey, std::list<Entry>::iterator> by_key ABSL_GUARDED_BY(mutex);
};

TileHashes::TileHashes(TileSource source)
    : source_(std::move(source)), kept_(std::make_unique<Kept>()) {}
TileHashes::~TileHashes() = default;

SubtreeHash TileHashes::Of(uint64_t size) {
  // The full tile of level 0 that was read last: the next hash is often asked of it, too.
  struct Last {
    uint64_t index = 0;
    std::unique_ptr<TileNodes> nodes;
  };
  return [this, size, last = std::make_shared<Last>()](int height,
                                                       uint64_t index) -> absl::StatusOr<Hash> {
    if (height < 0) height = 64;  // no tree has it either
    // A tile's root is a hash of the level above.
    const auto level = static_cast<uint8_t>(height / kHeightOfTile);
    const int inner = height % kHeightOfTile;
    const uint64_t tile = index >> (kHeightOfTile - inner);
    const int at = static_cast<int>(index & ((uint64_t{kTileWidth} >> inner) - 1));
    const int needed = (at + 1) << inner;
    const TileId id{.level = level, .index = tile, .width = WidthOf(level, tile, size)};
    if (needed > id.width) {
      return Error(
          absl::StatusCode::kInvalidArgument, "SIZE_INVALID",
          fmt::format("a log of {} events has no subtree of height {} at {}", size, height, index));
    }
    if (level == 0 && id.width == kTileWidth) {
      if (last->nodes == nullptr || last->index != tile) {
        absl::StatusOr<std::unique_ptr<TileNodes>> read = ReadTile(source_, id);
        if (!read.ok()) return read.status();
        *last = {tile, *std::move(read)};
      }
      return last->nodes->HashedAt(inner, at);
    }
    const TileKey key(level, tile);
    if (const Kept::Nodes kept = kept_->Find(key, needed)) return kept->Get(inner, at);
    absl::StatusOr<std::unique_ptr<TileNodes>> read = ReadTile(source_, id);
    if (!read.ok()) return read.status();
    (*read)->HashAll();
    const Hash hash = (*read)->Get(inner, at);
    kept_->Keep(key, *std::move(read));
    return hash;
  };
}

int PartialWidth(uint8_t level, uint64_t size) {
  if (level >= kMaxLevels) return 0;
  return static_cast<int>((size >> (kHeightOfTile * level)) % kTileWidth);
}

std::string FormatTilePath(const TilePath& path) {
  std::string text(kTilePrefix);
  text += path.entries ? std::string(kEntries) : fmt::format("{}", path.tile.level);
  text += "/" + FormatTileIndex(path.tile.index);
  if (path.tile.width != kTileWidth) text += fmt::format(".p/{}", path.tile.width);
  return text;
}

std::optional<TilePath> ParseTilePath(std::string_view text) {
  const std::string_view whole = text;
  if (text.substr(0, kTilePrefix.size()) != kTilePrefix) return std::nullopt;
  text.remove_prefix(kTilePrefix.size());
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  TilePath path;
  path.entries = text.substr(0, slash) == kEntries;
  const std::optional<uint64_t> level = ParseDecimal(path.entries ? "0" : text.substr(0, slash));
  if (!level || *level > kMaxPathLevel) return std::nullopt;
  text.remove_prefix(slash + 1);
  const size_t partial = text.find(".p/");
  if (partial != std::string_view::npos) {
    const std::optional<uint64_t> width = ParseDecimal(text.substr(partial + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
    path.tile.width = static_cast<int>(*width);
  }
  const std::optional<uint64_t> index = ParseTileIndex(text.substr(0, partial));
  if (!index) return std::nullopt;
  path.tile.level = static_cast<uint8_t>(*level);
  path.tile.index = *index;
  // No superfluous x000.
  if (FormatTilePath(path) != whole) return std::nullopt;
  return path;
}

}  // namespace registre
