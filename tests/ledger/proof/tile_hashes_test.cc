#include "ledger/proof/tile_hashes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "tests/ledger/proof/naive_tree.h"
#include "tests/support/test_seed.h"

namespace registre::tile_hashes_test {
namespace {

// Test data: the hashes of a log by level, and what was asked of it.
class FakeLog {
 public:
  explicit FakeLog(uint64_t size) {
    std::vector<Hash> leaves;
    for (uint64_t i = 0; i < size; ++i) leaves.push_back(Sha256(fmt::format("leaf {}", i)));
    levels_.push_back(std::move(leaves));
    while (levels_.back().size() >= kTileWidth) {
      std::vector<Hash> above;
      for (size_t i = 0; i + kTileWidth <= levels_.back().size(); i += kTileWidth) {
        above.push_back(NaiveRoot(levels_.back(), i, i + kTileWidth));
      }
      levels_.push_back(std::move(above));
    }
  }

  const std::vector<Hash>& leaves() const { return levels_[0]; }

  TileSource Source() {
    return [this](const TileId& id) -> absl::StatusOr<std::string> {
      asked.push_back(id);
      const std::vector<Hash>& level = levels_.at(id.level);
      std::string bytes;
      for (int i = 0; i < id.width; ++i) bytes += BytesOf(level.at(id.index * kTileWidth + i));
      return bytes;
    };
  }

  std::vector<TileId> asked;

 private:
  std::vector<std::vector<Hash>> levels_;
};

SubtreeHash FromLeaves(const std::vector<Hash>& leaves) {
  return [&leaves](int height, uint64_t index) -> absl::StatusOr<Hash> {
    return NaiveRoot(leaves, index << height, (index + 1) << height);
  };
}

// Around the ends of tiles of level 0 and 1, and any others.
std::vector<uint64_t> Sizes(std::mt19937_64& random, uint64_t largest) {
  std::vector<uint64_t> sizes = {1,      2,      255,    256,    257,    511,
                                 512,    513,    65'279, 65'280, 65'281, 65'535,
                                 65'536, 65'537, 65'791, 65'792, 65'793, largest};
  for (int i = 0; i < 20; ++i) sizes.push_back(1 + random() % largest);
  for (int i = 0; i < 20; ++i) sizes.push_back(1 + random() % 3'000);
  return sizes;
}

TEST(TileHashesTest, ProofsAreThoseOfTheLeaves) {
  FakeLog log(70'000);
  std::mt19937_64 random(TestSeed());
  TileHashes tiles(log.Source());
  for (const uint64_t size : Sizes(random, log.leaves().size())) {
    const SubtreeHash by_tiles = tiles.Of(size);
    const SubtreeHash by_leaves = FromLeaves(log.leaves());
    EXPECT_EQ(RootOfFirst(size, by_tiles).value(), NaiveRoot(log.leaves(), 0, size)) << size;
    for (const uint64_t index : {uint64_t{0}, size / 2, size - 1, random() % size}) {
      const auto proof = InclusionProof(index, size, by_tiles);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_EQ(*proof, InclusionProof(index, size, by_leaves).value()) << index << " " << size;
      const auto consistency = ConsistencyProof(index, size, by_tiles);
      ASSERT_TRUE(consistency.ok()) << consistency.status();
      ASSERT_EQ(*consistency, ConsistencyProof(index, size, by_leaves).value());
    }
  }
}

TEST(TileHashesTest, EverySmallSizeAsItGrows) {
  FakeLog log(600);
  TileHashes growing(log.Source());
  for (uint64_t size = 1; size <= log.leaves().size(); ++size) {
    const Hash root = NaiveRoot(log.leaves(), 0, size);
    // What was kept of the smaller log does not stand for the larger one.
    ASSERT_EQ(RootOfFirst(size, growing.Of(size)).value(), root) << size;
    const auto proof = InclusionProof(size - 1, size, growing.Of(size));
    ASSERT_TRUE(proof.ok()) << proof.status();
    ASSERT_TRUE(VerifyInclusion(log.leaves()[size - 1], size - 1, size, *proof, root).ok());
  }
  // And the other way round.
  for (uint64_t size = log.leaves().size(); size > 0; --size) {
    ASSERT_EQ(RootOfFirst(size, growing.Of(size)).value(), NaiveRoot(log.leaves(), 0, size))
        << size;
  }
}

TEST(TileHashesTest, NoTileIsAskedWiderThanTheLogHasIt) {
  FakeLog log(66'000);
  std::mt19937_64 random(TestSeed());
  TileHashes tiles(log.Source());
  for (const uint64_t size : Sizes(random, log.leaves().size())) {
    log.asked.clear();
    ASSERT_TRUE(RootOfFirst(size, tiles.Of(size)).ok());
    ASSERT_TRUE(InclusionProof(random() % size, size, tiles.Of(size)).ok());
    for (const TileId& id : log.asked) {
      const uint64_t hashes = size >> (8 * id.level);
      EXPECT_GT(id.width, 0);
      EXPECT_LE(id.index * kTileWidth + id.width, hashes);
      // Full, or the partial one.
      if (id.width != kTileWidth) {
        EXPECT_EQ(id.width, PartialWidth(id.level, size));
      }
    }
  }
}

TEST(TileHashesTest, AProofReadsOneTile) {
  FakeLog log(66'000);
  std::mt19937_64 random(TestSeed());
  TileHashes tiles(log.Source());
  const uint64_t size = log.leaves().size();
  const SubtreeHash hashes = tiles.Of(size);
  ASSERT_TRUE(RootOfFirst(size, hashes).ok());
  for (uint64_t i = 0; i < size; i += kTileWidth) ASSERT_TRUE(InclusionProof(i, size, hashes).ok());
  for (int i = 0; i < 200; ++i) {
    log.asked.clear();
    const uint64_t index = random() % size;
    ASSERT_TRUE(InclusionProof(index, size, tiles.Of(size)).ok());
    ASSERT_LE(log.asked.size(), 1u);
    if (log.asked.empty()) continue;
    EXPECT_EQ(log.asked[0], (TileId{0, index / kTileWidth, kTileWidth}));
  }
  // One function reads a tile once for all events of it.
  log.asked.clear();
  const SubtreeHash in_order = tiles.Of(size);
  for (uint64_t i = 0; i < 10 * kTileWidth; ++i)
    ASSERT_TRUE(InclusionProof(i, size, in_order).ok());
  EXPECT_EQ(log.asked.size(), 10u);
}

TEST(TileHashesTest, MoreHashesThanAskedForAreAsGood) {
  FakeLog log(1'000);
  TileHashes tiles([&log](const TileId& id) -> absl::StatusOr<std::string> {
    std::string bytes = *log.Source()(id);
    bytes.resize(kTileWidth * 32, 'x');
    return bytes;
  });
  for (const uint64_t size : {100, 300, 999}) {
    EXPECT_EQ(RootOfFirst(size, tiles.Of(size)).value(), NaiveRoot(log.leaves(), 0, size));
  }
}

TEST(TileHashesTest, TilesOfAnotherLengthAreDamage) {
  FakeLog log(1'000);
  for (const int change : {-32, -1, 1}) {
    TileHashes tiles([&](const TileId& id) -> absl::StatusOr<std::string> {
      std::string bytes = *log.Source()(id);
      bytes.resize(bytes.size() + change);
      return bytes;
    });
    for (const uint64_t size : {100, 256, 1'000}) {
      const absl::Status status = RootOfFirst(size, tiles.Of(size)).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << change;
      EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED");
    }
  }
  TileHashes too_long(
      [](const TileId&) -> absl::StatusOr<std::string> { return std::string(257 * 32, 'x'); });
  EXPECT_EQ(ReasonOf(RootOfFirst(100, too_long.Of(100)).status()), "LOG_DAMAGED");
}

TEST(TileHashesTest, ErrorsOfTheSourceAreHandedOnAndNotKept) {
  FakeLog log(1'000);
  bool failing = true;
  TileHashes tiles([&](const TileId& id) -> absl::StatusOr<std::string> {
    if (failing) return absl::UnavailableError("disk");
    return log.Source()(id);
  });
  EXPECT_EQ(RootOfFirst(1'000, tiles.Of(1'000)).status().message(), "disk");
  failing = false;
  EXPECT_EQ(RootOfFirst(1'000, tiles.Of(1'000)).value(), NaiveRoot(log.leaves(), 0, 1'000));
}

TEST(TileHashesTest, SubtreesOutsideTheTreeAreRefused) {
  FakeLog log(1'000);
  TileHashes tiles(log.Source());
  const SubtreeHash hashes = tiles.Of(1'000);
  EXPECT_TRUE(hashes(0, 999).ok());
  EXPECT_TRUE(hashes(8, 2).ok());
  for (const auto& [height, index] : std::vector<std::pair<int, uint64_t>>{{0, 1'000},
                                                                           {8, 3},
                                                                           {9, 1},
                                                                           {10, 0},
                                                                           {3, 125},
                                                                           {63, 0},
                                                                           {64, 0},
                                                                           {-1, 0},
                                                                           {300, 0},
                                                                           {0, UINT64_MAX},
                                                                           {7, UINT64_MAX}}) {
    EXPECT_EQ(ReasonOf(hashes(height, index).status()), "SIZE_INVALID") << height << " " << index;
  }
  EXPECT_EQ(ReasonOf(tiles.Of(0)(0, 0).status()), "SIZE_INVALID");
}

// A log far larger than is kept of it: its tiles are made up as they are asked for.
TEST(TileHashesTest, KeepsNoMoreThanTheLimit) {
  std::map<std::pair<int, uint64_t>, int> reads;
  TileHashes tiles([&reads](const TileId& id) -> absl::StatusOr<std::string> {
    ++reads[{id.level, id.index}];
    std::string bytes;
    for (int i = 0; i < id.width; ++i) {
      bytes += BytesOf(Sha256(fmt::format("{} {} {}", id.level, id.index, i)));
    }
    return bytes;
  });
  const SubtreeHash hashes = tiles.Of(uint64_t{1} << 40);
  for (uint64_t i = 0; i < TileHashes::kMaxKeptTiles; ++i) {
    ASSERT_TRUE(hashes(8, i * kTileWidth).ok());
  }
  ASSERT_TRUE(hashes(8, 0).ok());
  EXPECT_EQ((reads[{1, 0}]), 1);
  // One more: the least recently used goes, which is tile 1 now.
  ASSERT_TRUE(hashes(8, TileHashes::kMaxKeptTiles * kTileWidth).ok());
  ASSERT_TRUE(hashes(8, 0).ok());
  EXPECT_EQ((reads[{1, 0}]), 1);
  ASSERT_TRUE(hashes(8, kTileWidth).ok());
  EXPECT_EQ((reads[{1, 1}]), 2);
}

TEST(TileHashesTest, ManyThreads) {
  FakeLog log(66'000);
  const TileSource source = log.Source();
  absl::Mutex mutex;
  TileHashes tiles([&](const TileId& id) {
    absl::MutexLock lock(&mutex);
    return source(id);
  });
  const uint64_t seed = TestSeed();
  std::vector<std::thread> threads;
  for (uint64_t n = 0; n < 4; ++n) {
    threads.emplace_back([&, n] {
      std::mt19937_64 random(seed + n);
      for (int i = 0; i < 50; ++i) {
        const uint64_t size = 1 + random() % log.leaves().size();
        const uint64_t index = random() % size;
        const SubtreeHash hashes = tiles.Of(size);
        const auto root = RootOfFirst(size, hashes);
        const auto proof = InclusionProof(index, size, hashes);
        ASSERT_TRUE(root.ok() && proof.ok());
        EXPECT_TRUE(VerifyInclusion(log.leaves()[index], index, size, *proof, *root).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(TileHashesTest, PartialTilesOfTheStandardsExample) {  // C2SP tlog-tiles, "Partial Tiles"
  EXPECT_EQ(PartialWidth(0, 70'000), 112);
  EXPECT_EQ(PartialWidth(1, 70'000), 17);
  EXPECT_EQ(PartialWidth(2, 70'000), 1);
  EXPECT_EQ(PartialWidth(3, 70'000), 0);
  EXPECT_EQ(PartialWidth(0, 256), 0);
  EXPECT_EQ(PartialWidth(1, 256), 1);
  EXPECT_EQ(PartialWidth(0, 0), 0);
  EXPECT_EQ(PartialWidth(7, UINT64_MAX), 255);
  EXPECT_EQ(PartialWidth(8, UINT64_MAX), 0);
  EXPECT_EQ(PartialWidth(255, UINT64_MAX), 0);
}

TEST(TilePathTest, PathsOfTheStandard) {
  const std::pair<TilePath, std::string> paths[] = {
      {{false, {0, 0, 256}}, "tile/0/000"},
      {{false, {0, 1'234'067, 256}}, "tile/0/x001/x234/067"},
      {{false, {3, 1'000, 7}}, "tile/3/x001/000.p/7"},
      {{false, {63, 999, 255}}, "tile/63/999.p/255"},
      {{true, {0, 273, 112}}, "tile/entries/273.p/112"},
      {{true, {0, 5, 256}}, "tile/entries/005"},
      {{false, {0, UINT64_MAX, 256}}, "tile/0/x018/x446/x744/x073/x709/x551/615"}};
  for (const auto& [path, text] : paths) {
    EXPECT_EQ(FormatTilePath(path), text);
    EXPECT_EQ(ParseTilePath(text), path) << text;
  }
}

TEST(TilePathTest, OtherPathsAreNone) {
  for (const char* text : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "/tile/0/000",
                           "tile/0/0",
                           "tile/0/0000",
                           "tile/0/00",
                           "tile/00/000",
                           "tile/01/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile//000",
                           "tile/entry/000",
                           "tile/0/000/",
                           "tile/0/x000/000",
                           "tile/0/x001",
                           "tile/0/x001/",
                           "tile/0/001/000",
                           "tile/0/x1/000",
                           "tile/0/X001/000",
                           "tile/0/x001x000",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.p/",
                           "tile/0/000.p",
                           "tile/0/000.p/1/",
                           "tile/0/000.p/1.p/1",
                           "tile/0/.p/1",
                           "tile/0/000.p/-1",
                           "tile/0/000 ",
                           "tile/0/../000",
                           "tile/entries/x000/001",
                           "tile/0/x018/x446/x744/x073/x709/x551/616",
                           "tile/0/x999/x999/x999/x999/x999/x999/999",
                           "tile/0/0+1",
                           "tile/0/0 1",
                           "Tile/0/000"}) {
    EXPECT_FALSE(ParseTilePath(text)) << text;
  }
}

TEST(TilePathTest, EveryPathHasOneForm) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 10'000; ++i) {
    const bool entries = random() % 2 == 0;
    const TilePath path{entries,
                        {static_cast<uint8_t>(entries ? 0 : random() % 64),
                         random() >> (random() % 64), static_cast<int>(1 + random() % 256)}};
    std::string text = FormatTilePath(path);
    ASSERT_EQ(ParseTilePath(text), path) << text;
    // Another text is another path, or none.
    text[random() % text.size()] = static_cast<char>(random());
    const auto other = ParseTilePath(text);
    if (other) {
      ASSERT_EQ(FormatTilePath(*other), text);
    }
  }
}

}  // namespace
}  // namespace registre::tile_hashes_test
