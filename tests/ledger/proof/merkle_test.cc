#include "ledger/proof/merkle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>
#include <utility>

#include "ledger/base/errors.h"
#include "tests/ledger/proof/naive_tree.h"
#include "tests/support/test_seed.h"

namespace registre::merkle_test {
namespace {

Hash LeafOf(uint64_t i) { return LeafHash(fmt::format("event {}", i)); }

std::vector<Hash> LeavesOf(uint64_t size) {
  std::vector<Hash> leaves;
  for (uint64_t i = 0; i < size; ++i) leaves.push_back(LeafOf(i));
  return leaves;
}

// A grown tree and everything it gave out, as a log keeps it.
struct GrownLog {
  explicit GrownLog(uint64_t size) : leaves(LeavesOf(size)) {
    for (const Hash& leaf : leaves) Append(leaf);
  }
  void Append(const Hash& leaf) {
    std::vector<Tile> full;
    tree.Append(leaf, &full);
    for (Tile& tile : full) {
      const auto key = std::make_pair(tile.level, tile.index);
      EXPECT_TRUE(tiles.emplace(key, std::move(tile)).second);
    }
  }
  absl::StatusOr<Hash> LeafAt(uint64_t i) const {
    if (i >= leaves.size()) return absl::NotFoundError("leaf");
    return leaves[i];
  }
  absl::StatusOr<Tile> TileAt(uint8_t level, uint64_t index) const {
    const auto found = tiles.find({level, index});
    if (found == tiles.end()) return absl::NotFoundError("tile");
    return found->second;
  }
  auto LeafSource() const {
    return [this](uint64_t i) { return LeafAt(i); };
  }
  auto TileSource() const {
    return [this](uint8_t level, uint64_t index) { return TileAt(level, index); };
  }
  std::vector<Hash> leaves;
  std::map<std::pair<uint8_t, uint64_t>, Tile> tiles;
  MerkleTree tree;
};

TEST(Sha256Test, KnownVectors) {  // FIPS 180-2, appendix B
  EXPECT_EQ(HexOf(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf(Sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, SameInEveryThread) {
  std::vector<std::thread> threads;
  std::array<std::string, 4> hex;
  for (std::string& out : hex) {
    threads.emplace_back([&out] {
      for (int i = 0; i < 1'000; ++i) out = HexOf(Sha256("abc"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& out : hex) EXPECT_EQ(out, HexOf(Sha256("abc")));
}

TEST(MerkleTest, LeafIsTheHashOfTheEntry) {
  const Hash entry = Sha256("an event");
  std::string bytes(1, '\0');
  bytes.append(entry.begin(), entry.end());
  EXPECT_EQ(LeafHash("an event"), Sha256(bytes));
}

TEST(MerkleTest, NodeIsPrefixedByOne) {
  const Hash left = Sha256("left");
  const Hash right = Sha256("right");
  std::string bytes(1, '\x01');
  bytes.append(left.begin(), left.end()).append(right.begin(), right.end());
  EXPECT_EQ(NodeHash(left, right), Sha256(bytes));
  EXPECT_NE(NodeHash(left, right), NodeHash(right, left));
}

// The eight leaves that the Certificate Transparency programs test their trees with.
TEST(MerkleTest, KnownRootsOfCertificateTransparency) {
  const std::vector<std::string> inputs = {
      {},
      {"\x00", 1},
      {"\x10"},
      {"\x20\x21"},
      {"\x30\x31"},
      {"\x40\x41\x42\x43"},
      {"\x50\x51\x52\x53\x54\x55\x56\x57"},
      {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"}};
  const std::vector<std::string> roots = {
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  MerkleTree tree;
  std::vector<Tile> tiles;
  EXPECT_EQ(tree.Root(), EmptyRoot());
  for (size_t i = 0; i < inputs.size(); ++i) {
    tree.Append(Sha256(std::string(1, '\0') + inputs[i]), &tiles);
    EXPECT_EQ(HexOf(tree.Root()), roots[i]) << i + 1 << " leaves";
  }
  EXPECT_TRUE(tiles.empty());
}

TEST(MerkleTest, EverySmallSizeHasTheNaiveRoot) {
  const std::vector<Hash> leaves = LeavesOf(600);
  MerkleTree tree;
  std::vector<Tile> tiles;
  for (size_t size = 0;; ++size) {
    ASSERT_EQ(tree.size(), size);
    ASSERT_EQ(tree.Root(), NaiveRoot(leaves, 0, size)) << size;
    if (size == leaves.size()) break;
    tree.Append(leaves[size], &tiles);
  }
  EXPECT_EQ(tiles.size(), 2u);
}

// Sizes that end a tile, of level 0 and of level 1, and their neighbours; and any others.
std::vector<uint64_t> Sizes() {
  std::vector<uint64_t> sizes = {0,      1,      2,      255,    256,    257,    511,
                                 512,    513,    65'279, 65'280, 65'281, 65'535, 65'536,
                                 65'537, 65'791, 65'792, 65'793, 70'000};
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 25; ++i) sizes.push_back(random() % 70'001);
  return sizes;
}

TEST(MerkleTest, LargeSizesHaveTheNaiveRoot) {
  const GrownLog log(70'000);
  for (const uint64_t size : Sizes()) {
    const absl::StatusOr<Hash> root = RootAt(size, log.LeafSource(), log.TileSource());
    ASSERT_TRUE(root.ok()) << root.status();
    EXPECT_EQ(*root, NaiveRoot(log.leaves, 0, size)) << size;
  }
  EXPECT_EQ(log.tree.Root(), NaiveRoot(log.leaves, 0, log.leaves.size()));
}

TEST(MerkleTest, RootAtEverySizeOfTwoTiles) {
  const GrownLog log(600);
  for (uint64_t size = 0; size <= log.leaves.size(); ++size) {
    const absl::StatusOr<Hash> root = RootAt(size, log.LeafSource(), log.TileSource());
    ASSERT_TRUE(root.ok()) << root.status();
    ASSERT_EQ(*root, NaiveRoot(log.leaves, 0, size)) << size;
  }
}

TEST(MerkleTest, TilesHoldTheSubtreesOfTheirLevel) {
  const GrownLog log(65'536 + 256);
  EXPECT_EQ(log.tiles.size(), 256u + 1 + 1);
  for (const auto& [key, tile] : log.tiles) {
    const auto [level, index] = key;
    ASSERT_EQ(tile.level, level);
    ASSERT_EQ(tile.index, index);
    ASSERT_EQ(tile.hashes.size(), 8'192u);
    const uint64_t width = level == 0 ? 1 : 256;
    for (uint64_t i = 0; i < kTileWidth; ++i) {
      const uint64_t first = (index * kTileWidth + i) * width;
      const Hash expected = NaiveRoot(log.leaves, first, first + width);
      ASSERT_EQ(tile.hashes.substr(i * 32, 32), std::string(expected.begin(), expected.end()));
    }
  }
}

TEST(MerkleTest, TilesComeLowerLevelsFirst) {
  MerkleTree tree;
  std::vector<Tile> tiles;
  for (uint64_t i = 0; i < 65'536; ++i) tree.Append(LeafOf(i), &tiles);
  ASSERT_EQ(tiles.size(), 257u);
  EXPECT_EQ(tiles[255].level, 0);
  EXPECT_EQ(tiles[255].index, 255u);
  EXPECT_EQ(tiles[256].level, 1);
  EXPECT_EQ(tiles[256].index, 0u);
}

// A loaded tree is the grown one: same root, and the same roots and tiles as both go on growing.
void ExpectLoadedGrowsAlike(uint64_t size, uint64_t more) {
  GrownLog grown(size);
  absl::StatusOr<MerkleTree> loaded =
      MerkleTree::Load(size, grown.LeafSource(), grown.TileSource());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->size(), size);
  ASSERT_EQ(loaded->Root(), grown.tree.Root()) << size;
  for (uint64_t i = size; i < size + more; ++i) {
    std::vector<Tile> tiles;
    loaded->Append(LeafOf(i), &tiles);
    grown.Append(LeafOf(i));
    ASSERT_EQ(loaded->Root(), grown.tree.Root()) << i;
    for (const Tile& tile : tiles) {
      const absl::StatusOr<Tile> other = grown.TileAt(tile.level, tile.index);
      ASSERT_TRUE(other.ok());
      EXPECT_EQ(tile.hashes, other->hashes);
    }
  }
}

TEST(MerkleTest, LoadedTreeGrowsAsTheGrownOne) {
  for (const uint64_t size : {0, 1, 2, 3, 255, 256, 257, 300, 511, 512, 768}) {
    ExpectLoadedGrowsAlike(size, 600);
  }
  for (const uint64_t size : {65'279, 65'535, 65'536, 65'793}) ExpectLoadedGrowsAlike(size, 300);
}

TEST(MerkleTest, LoadReadsNoMoreThanTheEdge) {
  const GrownLog log(70'000);
  uint64_t leaves_read = 0;
  uint64_t tiles_read = 0;
  const auto tree = MerkleTree::Load(
      65'536 + 3 * 256 + 7,
      [&](uint64_t i) {
        ++leaves_read;
        EXPECT_GE(i, 65'536u + 3 * 256);
        return log.LeafAt(i);
      },
      [&](uint8_t level, uint64_t index) {
        ++tiles_read;
        return log.TileAt(level, index);
      });
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(leaves_read, 7u);
  EXPECT_EQ(tiles_read, 3u + 1);
}

TEST(MerkleTest, FailingSourcesFail) {
  const GrownLog log(600);
  const auto no_leaf = [](uint64_t) -> absl::StatusOr<Hash> { return absl::InternalError("leaf"); };
  const auto no_tile = [](uint8_t, uint64_t) -> absl::StatusOr<Tile> {
    return absl::InternalError("tile");
  };
  EXPECT_EQ(MerkleTree::Load(600, no_leaf, log.TileSource()).status().message(), "leaf");
  EXPECT_EQ(MerkleTree::Load(600, log.LeafSource(), no_tile).status().message(), "tile");
  EXPECT_EQ(RootAt(600, no_leaf, log.TileSource()).status().message(), "leaf");
  EXPECT_EQ(RootAt(600, log.LeafSource(), no_tile).status().message(), "tile");
  EXPECT_EQ(RootAt(601, log.LeafSource(), log.TileSource()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(MerkleTest, DamagedTileIsDataLoss) {
  const GrownLog log(600);
  const auto cut = [&log](uint8_t level, uint64_t index) {
    absl::StatusOr<Tile> tile = log.TileAt(level, index);
    if (tile.ok()) tile->hashes.pop_back();
    return tile;
  };
  const absl::Status status = MerkleTree::Load(600, log.LeafSource(), cut).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED");
  EXPECT_EQ(RootAt(300, log.LeafSource(), cut).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace registre::merkle_test
