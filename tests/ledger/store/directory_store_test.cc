#include "ledger/store/directory_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/tile_hashes.h"
#include "tests/support/temp_folder.h"

namespace registre::directory_store_test {
namespace {

TagEntry EntryAt(uint64_t i) {
  return {.tag = fmt::format("structure:{:08}5", i), .events = i + 1, .last_position = 3 * i};
}

// Writes that many entries and their tiles; the tree over them.
MerkleTree Write(const std::string& path, uint64_t count) {
  auto writer = DirectoryWriter::Create(path);
  EXPECT_TRUE(writer.ok()) << writer.status();
  MerkleTree tree;
  std::vector<Tile> tiles;
  for (uint64_t i = 0; i < count; ++i) {
    EXPECT_TRUE((*writer)->AddTag(EntryAt(i), i).ok());
    tree.Append(LeafHashOf(EntryAt(i)), &tiles);
    for (const Tile& tile : tiles) {
      const absl::Status added = (*writer)->AddTile(tile);
      EXPECT_TRUE(added.ok()) << added;
    }
    tiles.clear();
  }
  tree.AppendPartialTiles(&tiles);
  for (const Tile& tile : tiles) {
    const absl::Status added = (*writer)->AddTile(tile);
    EXPECT_TRUE(added.ok()) << added;
  }
  const absl::Status finished = (*writer)->Finish();
  EXPECT_TRUE(finished.ok()) << finished;
  return tree;
}

class DirectoryStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<DirectoryReader> Open(const std::string& path) {
    auto reader = DirectoryReader::Open(path);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  TempFolder folder_;
};

// Sizes around those where tiles of levels 0, 1 and 2 fill up.
TEST_F(DirectoryStoreTest, EveryEntryIsProvenFromItsTiles) {
  for (const uint64_t count : {1, 2, 255, 256, 257, 511, 512, 65'535, 65'536, 65'537, 65'800}) {
    const std::string path = folder_.Path(fmt::format("{}", count));
    const MerkleTree tree = Write(path, count);
    const auto reader = Open(path);
    TileHashes hashes([&](const TileId& tile) { return reader->ReadTile(tile); });
    const SubtreeHash subtree = hashes.Of(count);
    for (uint64_t i = 0; i<count; i += count> 1'000 ? 97 : 1) {
      const auto found = reader->Find(EntryAt(i).tag);
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_EQ(found->size(), 1u);
      EXPECT_EQ(found->front().entry, EntryAt(i));
      EXPECT_EQ(found->front().index, i);
      const auto proof = InclusionProof(i, count, subtree);
      ASSERT_TRUE(proof.ok()) << proof.status();
      EXPECT_TRUE(VerifyInclusion(LeafHashOf(EntryAt(i)), i, count, *proof, tree.Root()).ok());
    }
  }
}

TEST_F(DirectoryStoreTest, NeighboursOfAnAbsentTag) {
  const std::string path = folder_.Path("three");
  Write(path, 3);
  const auto reader = Open(path);
  for (uint64_t before = 0; before <= 3; ++before) {
    const auto found = reader->Find(fmt::format("structure:{:08}0", before));
    ASSERT_TRUE(found.ok()) << found.status();
    std::vector<uint64_t> indices;
    for (const auto& placed : *found) indices.push_back(placed.index);
    std::vector<uint64_t> expected;
    if (before > 0) expected.push_back(before - 1);
    if (before < 3) expected.push_back(before);
    EXPECT_EQ(indices, expected);
  }
}

TEST_F(DirectoryStoreTest, WhatIsMissingOrDamagedIsSaidToBe) {
  EXPECT_EQ(ReasonOf(DirectoryReader::Open(folder_.Path("none")).status()), "DIRECTORY_DAMAGED");
  const std::string path = folder_.Path("damaged");
  Write(path, 300);
  EXPECT_EQ(ReasonOf(Open(path)->ReadTile({.level = 1, .index = 1}).status()), "DIRECTORY_DAMAGED");
  EXPECT_EQ(ReasonOf(Open(path)->ReadTile({.level = 7, .index = 0}).status()), "DIRECTORY_DAMAGED");
  std::filesystem::resize_file(path + "/tiles.sst", 100);
  EXPECT_EQ(ReasonOf(DirectoryReader::Open(path).status()), "DIRECTORY_DAMAGED");
  Write(path, 300);
  std::fstream file(path + "/tags.sst", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(40);
  file.put('\xff');
  file.close();
  const auto found = Open(path)->Find(EntryAt(0).tag);
  EXPECT_EQ(ReasonOf(found.status()), "DIRECTORY_DAMAGED");
}

TEST_F(DirectoryStoreTest, AFolderThatCannotBeMade) {
  std::ofstream(folder_.Path("file")) << "in the way";
  EXPECT_FALSE(DirectoryWriter::Create(folder_.Path("file/below")).ok());
}

}  // namespace
}  // namespace registre::directory_store_test
