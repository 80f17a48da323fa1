// Subtree hashes out of tiles (C2SP tlog-tiles), and the paths tiles are served under.
#ifndef REGISTRE_LEDGER_PROOF_TILE_HASHES_H_
#define REGISTRE_LEDGER_PROOF_TILE_HASHES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tree_proof.h"

namespace registre {

// Which tile, and how wide: 256, or less at the right edge of a tree.
struct TileId {
  uint8_t level = 0;
  uint64_t index = 0;
  int width = kTileWidth;

  bool operator==(const TileId&) const = default;
};

// The first `width` hashes of a tile, 32 bytes each. A full tile, or more hashes than asked for,
// are as good. Errors are those of the disk.
using TileSource = std::function<absl::StatusOr<std::string>(const TileId&)>;

// Subtree hashes of a tree of `size` leaves, read by tiles. The hashes inside the tiles of levels
// above 0, and inside those at the right edge of level 0, are kept, up to kMaxKeptTiles, least
// recently used first out: an inclusion proof then costs one tile of level 0. Any thread.
class TileHashes {
 public:
  static constexpr size_t kMaxKeptTiles = 1'024;  // 16 KiB each

  explicit TileHashes(TileSource source);
  ~TileHashes();
  TileHashes(const TileHashes&) = delete;
  TileHashes& operator=(const TileHashes&) = delete;

  // The hash function of a tree of `size` leaves: asks for no tile wider than it has then. Borrows
  // this. For one thread at a time: it remembers the last tile of level 0, so that proofs of events
  // that follow each other read it once. DATA_LOSS (LOG_DAMAGED) when a tile has not the length it
  // should have; INVALID_ARGUMENT (SIZE_INVALID) for a subtree that the tree has not.
  SubtreeHash Of(uint64_t size);

 private:
  struct Kept;
  const TileSource source_;
  const std::unique_ptr<Kept> kept_;
};

// The tiles of a tree of `size` leaves at a level: how many hashes the last one, which may be
// partial, has; 0 when all are full.
int PartialWidth(uint8_t level, uint64_t size);

// "tile/<L>/<N>[.p/<W>]" with L a level or "entries", N as x001/x234/067 (C2SP tlog-tiles).
struct TilePath {
  bool entries = false;  // an entry bundle: `tile.level` is 0
  TileId tile;

  bool operator==(const TilePath&) const = default;
};
std::string FormatTilePath(const TilePath& path);
// Nothing unless the text is, byte for byte, what FormatTilePath writes.
std::optional<TilePath> ParseTilePath(std::string_view text);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_TILE_HASHES_H_
