#include "ledger/proof/merkle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {
namespace {

using LeafAt = std::function<absl::StatusOr<Hash>(uint64_t)>;
using TileAt = std::function<absl::StatusOr<Tile>(uint8_t, uint64_t)>;

constexpr int kTileHeight = 8;
constexpr size_t kHashBytes = 32;
constexpr size_t kTileBytes = kTileWidth * kHashBytes;

// Subtrees of height 8 * level that `size` leaves fill. A 64-bit size has levels 0 to 7.
uint64_t FilledAt(int level, uint64_t size) { return size >> (kTileHeight * level); }

Tile MakeTile(int level, uint64_t index, const std::vector<Hash>& hashes) {
  Tile tile{.level = static_cast<uint8_t>(level), .index = index, .hashes = {}};
  tile.hashes.resize(hashes.size() * kHashBytes);
  for (size_t i = 0; i < hashes.size(); ++i) {
    std::memcpy(tile.hashes.data() + i * kHashBytes, hashes[i].data(), kHashBytes);
  }
  return tile;
}

absl::StatusOr<std::vector<Hash>> HashesOf(const absl::StatusOr<Tile>& tile, int level,
                                           uint64_t index) {
  if (!tile.ok()) return tile.status();
  if (tile->level != level || tile->index != index || tile->hashes.size() != kTileBytes) {
    return Error(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                 fmt::format("The tile of level {}, index {} is damaged ({} "
                             "bytes instead of {}). "
                             "Restore the data folder from a backup.",
                             level, index, tile->hashes.size(), kTileBytes));
  }
  std::vector<Hash> hashes(kTileWidth);
  for (size_t i = 0; i < hashes.size(); ++i) {
    std::memcpy(hashes[i].data(), tile->hashes.data() + i * kHashBytes, kHashBytes);
  }
  return hashes;
}

// Root of a perfect subtree, from its 2^n bottom hashes.
Hash FoldPerfect(const Hash* first, size_t count) {
  if (count == 1) return *first;
  return NodeHash(FoldPerfect(first, count / 2), FoldPerfect(first + count / 2, count / 2));
}

// The hashes of one level that stand in no full tile of a tree of `size` leaves.
absl::StatusOr<std::vector<Hash>> EdgeAt(int level, uint64_t size, const LeafAt& leaf_hash,
                                         const TileAt& tile) {
  const uint64_t end = FilledAt(level, size);
  std::vector<Hash> hashes;
  for (uint64_t i = end - end % kTileWidth; i < end; ++i) {
    if (level == 0) {
      const absl::StatusOr<Hash> leaf = leaf_hash(i);
      if (!leaf.ok()) return leaf.status();
      hashes.push_back(*leaf);
      continue;
    }
    const absl::StatusOr<std::vector<Hash>> below =
        HashesOf(tile(static_cast<uint8_t>(level - 1), i), level - 1, i);
    if (!below.ok()) return below.status();
    hashes.push_back(FoldPerfect(below->data(), below->size()));
  }
  return hashes;
}

// The same in a larger tree, where the tile that holds them may be full by now: one read instead of
// 255, and no hashing.
absl::StatusOr<std::vector<Hash>> PastEdgeAt(int level, uint64_t size, const LeafAt& leaf_hash,
                                             const TileAt& tile) {
  const uint64_t end = FilledAt(level, size);
  const uint64_t index = end / kTileWidth;
  if (end % kTileWidth == 0) return std::vector<Hash>();
  const absl::StatusOr<Tile> filled = tile(static_cast<uint8_t>(level), index);
  if (absl::IsNotFound(filled.status())) return EdgeAt(level, size, leaf_hash, tile);
  absl::StatusOr<std::vector<Hash>> hashes = HashesOf(filled, level, index);
  if (hashes.ok()) hashes->resize(end % kTileWidth);
  return hashes;
}

// Appends the roots of the perfect subtrees that a level's edge is made of, largest first.
void AppendPeaks(const std::vector<Hash>& edge, std::vector<Hash>* peaks) {
  size_t done = 0;
  while (done < edge.size()) {
    const size_t count = std::bit_floor(edge.size() - done);
    peaks->push_back(FoldPerfect(edge.data() + done, count));
    done += count;
  }
}

Hash RootOf(const std::vector<Hash>& peaks) {
  if (peaks.empty()) return EmptyRoot();
  Hash root = peaks.back();
  for (size_t i = peaks.size() - 1; i-- > 0;) root = NodeHash(peaks[i], root);
  return root;
}

// Levels that a tree of `size` leaves has a hash of.
int LevelsOf(uint64_t size) { return (std::bit_width(size) + kTileHeight - 1) / kTileHeight; }

}  // namespace

absl::StatusOr<MerkleTree> MerkleTree::Load(uint64_t size, const LeafAt& leaf_hash,
                                            const TileAt& tile) {
  MerkleTree tree;
  tree.size_ = size;
  tree.edge_.resize(LevelsOf(size));
  for (int level = static_cast<int>(tree.edge_.size()) - 1; level >= 0; --level) {
    absl::StatusOr<std::vector<Hash>> edge = EdgeAt(level, size, leaf_hash, tile);
    if (!edge.ok()) return edge.status();
    AppendPeaks(*edge, &tree.peaks_);
    tree.edge_[level] = *std::move(edge);
  }
  return tree;
}

void MerkleTree::Append(const Hash& leaf_hash, std::vector<Tile>* full_tiles) {
  // The new leaf closes a perfect subtree of height h for each trailing one bit of the size, as a
  // binary counter carries; those whose height is a multiple of 8 are hashes of a tile.
  Hash closed = leaf_hash;
  for (int height = 0;; ++height) {
    if (height % kTileHeight == 0) {
      const size_t level = height / kTileHeight;
      if (level == edge_.size()) edge_.emplace_back().reserve(kTileWidth);
      std::vector<Hash>& edge = edge_[level];
      edge.push_back(closed);
      if (edge.size() == kTileWidth) {
        full_tiles->push_back(
            MakeTile(static_cast<int>(level), size_ >> (height + kTileHeight), edge));
        edge.clear();
      }
    }
    if ((size_ >> height & 1) == 0) break;
    closed = NodeHash(peaks_.back(), closed);
    peaks_.pop_back();
  }
  peaks_.push_back(closed);
  ++size_;
}

void MerkleTree::AppendPartialTiles(std::vector<Tile>* tiles) const {
  for (size_t level = 0; level < edge_.size(); ++level) {
    if (edge_[level].empty()) continue;
    const auto at = static_cast<int>(level);
    tiles->push_back(MakeTile(at, FilledAt(at, size_) / kTileWidth, edge_[level]));
  }
}

Hash MerkleTree::Root() const { return RootOf(peaks_); }

absl::StatusOr<Hash> RootAt(uint64_t size, const LeafAt& leaf_hash, const TileAt& tile) {
  std::vector<Hash> peaks;
  for (int level = LevelsOf(size) - 1; level >= 0; --level) {
    const absl::StatusOr<std::vector<Hash>> edge = PastEdgeAt(level, size, leaf_hash, tile);
    if (!edge.ok()) return edge.status();
    AppendPeaks(*edge, &peaks);
  }
  return RootOf(peaks);
}

}  // namespace registre
