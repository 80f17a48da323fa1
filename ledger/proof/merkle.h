// Hashes of the log: SHA-256, leaf and node hashes and tiles of RFC 6962 section 2.1 / RFC 9162
// section 2.1 and C2SP tlog-tiles. Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_MERKLE_H_
#define REGISTRE_LEDGER_PROOF_MERKLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace registre {

// A SHA-256 hash.
using Hash = std::array<uint8_t, 32>;

Hash Sha256(std::string_view bytes);

// The log's entry for an event is SHA-256 of its stored bytes; its leaf hash is
// SHA-256(0x00 || entry).
Hash LeafHash(std::string_view event_bytes);

// SHA-256(0x01 || left || right).
Hash NodeHash(const Hash& left, const Hash& right);

// SHA-256 of the empty string: the root of an empty tree.
Hash EmptyRoot();

// 64 lower-case hexadecimal digits.
std::string HexOf(const Hash& hash);

// Hashes of a full tile: 256 hashes of one level, 8 KiB. A tile of level L, index N holds the
// hashes of the subtrees of height 8*L at indices 256*N to 256*N+255.
inline constexpr int kTileWidth = 256;
struct Tile {
  uint8_t level = 0;
  uint64_t index = 0;
  std::string hashes;  // kTileWidth * 32 bytes
};

// The tree while it grows: at most 255 hashes a level. One thread.
//
//   level 2   [..]                      one hash for each full tile of level 1
//   level 1   [....]                    one hash for each full tile of level 0
//   level 0   [...........]             leaf hashes of the tile not yet full
//
// Append costs one node hash on average, Root one for each set bit of the size.
class MerkleTree {
 public:
  MerkleTree() = default;

  // Rebuilds the right edge of a tree of `size` leaves. `leaf_hash(i)` gives the leaf hashes that
  // stand in no full tile; `tile(level, index)` gives full tiles. Both may fail, and so does this.
  // Reads at most 255 leaf hashes, and 255 tiles for each level above.
  static absl::StatusOr<MerkleTree> Load(
      uint64_t size, const std::function<absl::StatusOr<Hash>(uint64_t)>& leaf_hash,
      const std::function<absl::StatusOr<Tile>(uint8_t, uint64_t)>& tile);

  // Adds a leaf; appends each tile that it fills to `*full_tiles`, lower levels first.
  void Append(const Hash& leaf_hash, std::vector<Tile>* full_tiles);

  // Appends the tiles that are not full yet, those with a hash at least, lower levels first: each
  // has less than kTileWidth hashes.
  void AppendPartialTiles(std::vector<Tile>* tiles) const;

  uint64_t size() const { return size_; }
  Hash Root() const;

 private:
  uint64_t size_ = 0;
  std::vector<std::vector<Hash>> edge_;  // by level; fewer than kTileWidth each
  std::vector<Hash> peaks_;  // roots of the perfect subtrees that make the tree, largest first
};

// Size and root of the log at a moment.
struct LogHead {
  uint64_t size = 0;
  Hash root = {};
};

// Root of the first `size` leaves of a larger tree, from full tiles and leaf hashes as for Load. It
// also asks for tiles that a tree not much larger has not filled: NOT_FOUND is then the answer.
absl::StatusOr<Hash> RootAt(uint64_t size,
                            const std::function<absl::StatusOr<Hash>(uint64_t)>& leaf_hash,
                            const std::function<absl::StatusOr<Tile>(uint8_t, uint64_t)>& tile);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_MERKLE_H_
