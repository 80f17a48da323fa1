#include "ledger/log_tiles.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"

namespace registre::testing::log_tiles_test {
namespace {

// A log whose events are made up: only their hashes count here.
class LogTilesTest : public ::testing::Test {
 protected:
  void Grow(uint64_t size) {
    EventBatch batch;
    const uint64_t from = log_->size();
    for (uint64_t i = from; i < size; ++i) {
      batch.events.push_back("event " + std::to_string(i));
      batch.leaf_hashes.push_back(LeafHash(batch.events.back()));
      tree_.Append(batch.leaf_hashes.back(), &batch.tiles);
    }
    ASSERT_TRUE(log_->Append(from, batch).ok());
  }

  // What the tile of a tree of that size holds, by the definition (C2SP tlog-tiles).
  std::string Expected(const TileId& tile) {
    std::string hashes;
    for (int i = 0; i < tile.width; ++i) {
      MerkleTree subtree;
      std::vector<Tile> ignored;
      const uint64_t leaves = uint64_t{1} << (8 * tile.level);
      const uint64_t first = (tile.index * kTileWidth + static_cast<uint64_t>(i)) * leaves;
      for (uint64_t leaf = first; leaf < first + leaves; ++leaf) {
        subtree.Append(*log_->GetLeafHash(leaf), &ignored);
      }
      hashes += BytesOf(subtree.Root());
    }
    return hashes;
  }

  std::unique_ptr<EventStore> log_ = NewMemoryEventStore();
  MerkleTree tree_;
  LogTiles tiles_{log_.get()};
};

TEST_F(LogTilesTest, TilesGrowWithTheLog) {
  for (const uint64_t size : {1u, 2u, 255u, 256u, 257u, 511u, 512u, 700u}) {
    Grow(size);
    for (uint8_t level = 0; level < 2; ++level) {
      const uint64_t hashes = HashesOfLevel(level, size);
      for (uint64_t index = 0; index * kTileWidth < hashes; ++index) {
        const auto width = static_cast<int>(std::min<uint64_t>(kTileWidth, hashes - index * 256));
        const TileId tile{level, index, width};
        const auto read = tiles_.Read(tile);
        ASSERT_TRUE(read.ok()) << read.status();
        EXPECT_EQ(*read, Expected(tile)) << size << " " << int{level} << " " << index;
        // A narrower one, of an earlier size, is its start, or the whole where it is full.
        const TileId narrow{level, index, (width + 1) / 2};
        EXPECT_TRUE(tiles_.Read(narrow)->starts_with(Expected(narrow)));
      }
    }
  }
}

TEST_F(LogTilesTest, WhatIsNotThereIsUnknown) {
  Grow(300);
  for (const TileId tile :
       {TileId{0, 1, 45}, TileId{0, 1, 256}, TileId{0, 2, 1}, TileId{1, 0, 2}, TileId{2, 0, 1},
        TileId{8, 0, 1}, TileId{63, 0, 1}, TileId{0, ~uint64_t{0}, 1}, TileId{7, 0, 256}}) {
    EXPECT_EQ(ReasonOf(tiles_.Read(tile).status()), "TILE_UNKNOWN")
        << int{tile.level} << " " << tile.index << " " << tile.width;
  }
  EXPECT_EQ(tiles_.Read({0, 1, 44})->size(), 44u * 32);
}

TEST_F(LogTilesTest, RootsAcrossTheBordersOfTiles) {
  std::vector<LogHead> heads;
  for (const uint64_t size : {1u, 255u, 256u, 257u, 4'000u, 65'535u, 65'536u, 65'537u, 70'000u}) {
    Grow(size);
    heads.push_back({size, tree_.Root()});
  }
  for (const LogHead& head : heads) {
    const auto root = RootOfFirst(head.size, tiles_.HashesAt(head.size));
    ASSERT_TRUE(root.ok()) << root.status();
    EXPECT_EQ(*root, head.root) << head.size;
  }
  // The tiles of a tree of 70,000 leaves, as the standard lists them.
  EXPECT_TRUE(tiles_.Read({0, 272, 256}).ok());
  EXPECT_EQ(tiles_.Read({0, 273, 112})->size(), 112u * 32);
  EXPECT_TRUE(tiles_.Read({1, 0, 256}).ok());
  EXPECT_EQ(*tiles_.Read({1, 1, 17}), Expected({1, 1, 17}));
  EXPECT_EQ(*tiles_.Read({2, 0, 1}), Expected({2, 0, 1}));
  EXPECT_FALSE(tiles_.Read({0, 273, 113}).ok());
  EXPECT_FALSE(tiles_.Read({1, 1, 18}).ok());
  EXPECT_FALSE(tiles_.Read({2, 0, 2}).ok());
}

}  // namespace
}  // namespace registre::testing::log_tiles_test
