#include "tests/ledger/store/log_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

namespace registre {

std::string TestEvent(uint64_t position) {
  std::string bytes = fmt::format("test event {}:", position);
  for (uint64_t i = 0; i < position * 37 % 500; ++i) bytes += static_cast<char>(position + i);
  return bytes;
}

MerkleTree TreeOf(const EventStore& log) {
  auto tree = MerkleTree::Load(
      log.size(), [&log](uint64_t position) { return log.GetLeafHash(position); },
      [&log](uint8_t level, uint64_t index) { return log.GetTile(level, index); });
  EXPECT_TRUE(tree.ok()) << tree.status();
  return tree.ok() ? *tree : MerkleTree();
}

EventBatch LogWriter::MakeBatch(uint64_t count) {
  EventBatch batch;
  for (uint64_t i = 0; i < count; ++i) {
    batch.events.push_back(TestEvent(tree_.size()));
    batch.leaf_hashes.push_back(LeafHash(batch.events.back()));
    tree_.Append(batch.leaf_hashes.back(), &batch.tiles);
  }
  return batch;
}

absl::Status LogWriter::Append(uint64_t count) {
  const uint64_t position = tree_.size();
  return log_.Append(position, MakeBatch(count));
}

void ExpectTestEvents(const EventStore& log, uint64_t size) {
  ASSERT_EQ(log.size(), size);
  uint64_t next = 0;
  const absl::Status read = log.Read(0, [&next](uint64_t position, std::string_view bytes) {
    EXPECT_EQ(position, next);
    EXPECT_EQ(bytes, TestEvent(position));
    ++next;
    return true;
  });
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(next, size);

  std::vector<uint64_t> positions(size);
  std::iota(positions.begin(), positions.end(), 0);
  const auto events = log.Get(positions);
  ASSERT_TRUE(events.ok()) << events.status();
  MerkleTree tree;
  std::vector<Tile> tiles;
  for (uint64_t position = 0; position < size; ++position) {
    ASSERT_EQ((*events)[position], TestEvent(position));
    const auto hash = log.GetLeafHash(position);
    ASSERT_TRUE(hash.ok()) << hash.status();
    ASSERT_EQ(*hash, LeafHash(TestEvent(position)));
    tree.Append(*hash, &tiles);
  }
  for (const Tile& tile : tiles) {
    const auto stored = log.GetTile(tile.level, tile.index);
    ASSERT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(stored->hashes, tile.hashes);
  }
  EXPECT_EQ(TreeOf(log).Root(), tree.Root());
  EXPECT_EQ(log.Get({size}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log.GetLeafHash(size).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log.GetTile(0, size / kTileWidth).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace registre
