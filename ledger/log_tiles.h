// Tiles of a log (C2SP tlog-tiles), full and partial, out of its store.
#ifndef REGISTRE_LEDGER_LOG_TILES_H_
#define REGISTRE_LEDGER_LOG_TILES_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/proof/tile_hashes.h"
#include "ledger/proof/tree_proof.h"
#include "ledger/store/event_store.h"

namespace registre {

// Hashes that the level of a tree of `size` leaves has: its full tiles and its partial one.
uint64_t HashesOfLevel(uint8_t level, uint64_t size);

// Any thread. Full tiles are read as they are stored; the partial tile of a level is put together
// from leaf hashes, or from the roots of the tiles below, which are kept: each is computed once.
class LogTiles {
 public:
  // Borrows the log.
  explicit LogTiles(const EventStore* log);
  LogTiles(const LogTiles&) = delete;
  LogTiles& operator=(const LogTiles&) = delete;

  // The first `width` hashes of a tile, or all of a full one. NOT_FOUND (TILE_UNKNOWN) when the log
  // has not got there; those of the log.
  absl::StatusOr<std::string> Read(const TileId& tile);

  // The hash function of the tree of `size` leaves, for the proofs of tree_proof.h. Borrows this.
  SubtreeHash HashesAt(uint64_t size) { return hashes_.Of(size); }

 private:
  // Levels that a log of 2^64 events fills tiles of.
  static constexpr size_t kLevels = 8;
  // The tile of a level that is not full yet, as far as it was asked for.
  struct Edge {
    uint64_t index = 0;
    std::string hashes;
  };

  absl::StatusOr<std::string> ReadPartial(const TileId& tile);
  absl::StatusOr<Hash> HashAt(uint8_t level, uint64_t index) const;

  const EventStore* const log_;
  absl::Mutex mutex_;
  std::array<Edge, kLevels> edges_ ABSL_GUARDED_BY(mutex_);
  TileHashes hashes_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_LOG_TILES_H_
