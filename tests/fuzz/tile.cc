// Paths of tiles, and tiles of any bytes.
#include <string>

#include "ledger/base/errors.h"
#include "ledger/proof/tile_hashes.h"
#include "tests/fuzz/fuzz.h"

namespace registre {
namespace {

void FuzzPath(std::string_view text) {
  const auto path = ParseTilePath(text);
  if (path) REGISTRE_CHECK(FormatTilePath(*path) == text, "a path has one form");
}

// Tiles whose bytes, and lengths, come from the input; each is asked for again when it was wanted
// wider.
void FuzzTiles(FuzzInput input) {
  const uint64_t index = input.Number(8);
  const uint64_t size = input.Number(8) >> (1 + input.Number(1) % 63);
  const uint64_t larger = size + input.Number(1);
  const bool damaged = input.Number(1) == 1;
  TileHashes tiles([&](const TileId& id) -> absl::StatusOr<std::string> {
    REGISTRE_CHECK(id.width > 0 && id.width <= kTileWidth, "a width of a tile");
    REGISTRE_CHECK(id.index * kTileWidth + id.width <= larger >> (8 * id.level), "inside the tree");
    std::string bytes;
    const Hash& hash = RepeatedHash(8 * id.level);
    for (int i = 0; i < id.width; ++i) bytes.append(hash.begin(), hash.end());
    if (damaged) bytes.resize(input.Number(2));
    return bytes;
  });
  const auto proof = InclusionProof(index, size, tiles.Of(size));
  const auto root = RootOfFirst(size, tiles.Of(size));
  (void)RootOfFirst(larger, tiles.Of(larger));
  const auto again = RootOfFirst(size, tiles.Of(size));
  if (damaged) return;
  REGISTRE_CHECK(root.ok() == again.ok() && (!root.ok() || *root == *again), "the same root");
  if (!proof.ok()) return;
  REGISTRE_CHECK(root.ok(), "a log with a proof has a root");
  REGISTRE_CHECK(VerifyInclusion(RepeatedHash(0), index, size, *proof, *root).ok(),
                 "ours is right");
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  registre::FuzzPath(registre::FuzzText(data, size));
  registre::FuzzTiles({data, size});
  return 0;
}
