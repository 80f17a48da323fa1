// Every tag and every absent tag of small directories, and every way to be wrong about them.
#include "ledger/proof/directory.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "tests/ledger/proof/naive_tree.h"

namespace registre::directory_proof_test {
namespace {

constexpr size_t kLargest = 17;

// Tags "structure:b", "structure:d", ...: between, before and after them there is room.
struct World {
  explicit World(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      entries.push_back({.tag = fmt::format("structure:{:02}5", i),
                         .events = i + 1,
                         .last_position = 10 * i + 3});
      leaves.push_back(LeafHashOf(entries.back()));
    }
    root = NaiveRoot(leaves, 0, leaves.size());
  }
  ProvenEntry Proven(size_t i) const {
    return {.entry = entries[i], .index = i, .proof = NaivePath(i, leaves, 0, leaves.size())};
  }
  uint64_t count() const { return entries.size(); }

  std::vector<TagEntry> entries;
  std::vector<Hash> leaves;
  Hash root;
};

std::string Absent(size_t before) { return fmt::format("structure:{:02}0", before); }

void ExpectRefused(const World& world, const std::string& tag, uint64_t count, const Hash& root,
                   const std::vector<ProvenEntry>& entries) {
  const auto verified = VerifyTag(tag, count, root, entries);
  EXPECT_EQ(ReasonOf(verified.status()), "PROOF_INVALID") << tag << " of " << world.count();
  EXPECT_EQ(verified.status().code(), absl::StatusCode::kInvalidArgument);
}

// What holds of `tag` with these entries holds of nothing else.
void ExpectOnlyThat(const World& world, const std::string& tag,
                    const std::vector<ProvenEntry>& entries) {
  const uint64_t count = world.count();
  Hash other = world.root;
  other[31] ^= 1;
  ExpectRefused(world, tag, count, other, entries);
  ExpectRefused(world, tag, 0, world.root, entries);
  for (uint64_t wrong = 1; wrong <= count + 2; ++wrong) {
    // A count whose paths have the same shape cannot be told apart by one path alone; the seal says
    // both count and root.
    const auto verified = VerifyTag(tag, wrong, world.root, entries);
    if (wrong != count && entries.size() == 1 && entries[0].index + 1 == count &&
        tag > entries[0].entry.tag) {
      EXPECT_FALSE(verified.ok()) << "the last of " << count << " is not the last of " << wrong;
    }
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    std::vector<ProvenEntry> wrong = entries;
    wrong[i].index += 1;
    ExpectRefused(world, tag, count, world.root, wrong);
    wrong = entries;
    wrong[i].entry.events += 1;
    ExpectRefused(world, tag, count, world.root, wrong);
    wrong = entries;
    wrong[i].entry.events = 0;
    ExpectRefused(world, tag, count, world.root, wrong);
    wrong = entries;
    wrong[i].entry.last_position += 1;
    ExpectRefused(world, tag, count, world.root, wrong);
    wrong = entries;
    wrong[i].entry.tag += "1";
    ExpectRefused(world, tag, count, world.root, wrong);
    wrong = entries;
    wrong[i].proof.push_back(world.root);
    ExpectRefused(world, tag, count, world.root, wrong);
    for (size_t h = 0; h < entries[i].proof.size(); ++h) {
      wrong = entries;
      wrong[i].proof[h][h % 32] ^= 0x80;
      ExpectRefused(world, tag, count, world.root, wrong);
      wrong = entries;
      wrong[i].proof.erase(wrong[i].proof.begin() + static_cast<std::ptrdiff_t>(h));
      ExpectRefused(world, tag, count, world.root, wrong);
    }
  }
  ExpectRefused(world, tag, count, world.root, {});
  std::vector<ProvenEntry> three(3, entries.front());
  ExpectRefused(world, tag, count, world.root, three);
  if (entries.size() == 2) {
    ExpectRefused(world, tag, count, world.root, {entries[1], entries[0]});
    ExpectRefused(world, tag, count, world.root, {entries[0]});
    ExpectRefused(world, tag, count, world.root, {entries[1]});
    ExpectRefused(world, tag, count, world.root, {entries[0], entries[0]});
  }
}

TEST(DirectoryTest, EveryTagHasItsEvents) {
  for (size_t count = 1; count <= kLargest; ++count) {
    const World world(count);
    for (size_t i = 0; i < count; ++i) {
      const std::vector<ProvenEntry> own = {world.Proven(i)};
      const auto verified = VerifyTag(world.entries[i].tag, count, world.root, own);
      ASSERT_TRUE(verified.ok()) << verified.status();
      EXPECT_EQ(*verified, i + 1);
      ExpectOnlyThat(world, world.entries[i].tag, own);
    }
  }
}

TEST(DirectoryTest, EveryAbsentTagHasItsNeighbours) {
  for (size_t count = 1; count <= kLargest; ++count) {
    const World world(count);
    for (size_t before = 0; before <= count; ++before) {
      std::vector<ProvenEntry> neighbours;
      if (before > 0) neighbours.push_back(world.Proven(before - 1));
      if (before < count) neighbours.push_back(world.Proven(before));
      const auto verified = VerifyTag(Absent(before), count, world.root, neighbours);
      ASSERT_TRUE(verified.ok()) << verified.status() << before << " of " << count;
      EXPECT_EQ(*verified, 0u);
      ExpectOnlyThat(world, Absent(before), neighbours);
    }
  }
}

TEST(DirectoryTest, OtherEntriesProveNothingOfATag) {
  for (size_t count = 1; count <= kLargest; ++count) {
    const World world(count);
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j <= count; ++j) {
        const std::string absent = Absent(j);
        const bool proves = (i == 0 && j == 0) || (i + 1 == count && j == count);
        if (!proves) ExpectRefused(world, absent, count, world.root, {world.Proven(i)});
        // A tag that is there is not shown absent by any two entries.
        for (size_t k = 0; k < count && j < count; ++k) {
          ExpectRefused(world, world.entries[j].tag, count, world.root,
                        {world.Proven(i), world.Proven(k)});
          const bool neighbours = k == i + 1 && j == k;
          if (!neighbours) {
            ExpectRefused(world, absent, count, world.root, {world.Proven(i), world.Proven(k)});
          }
        }
        if (i != j && j < count && i != 0 && i + 1 != count) {
          ExpectRefused(world, world.entries[j].tag, count, world.root, {world.Proven(i)});
        }
      }
    }
  }
}

TEST(DirectoryTest, TheLeafIsTheEntryAsItIsDocumented) {
  const TagEntry entry{.tag = "convention:c1", .events = 0x0102, .last_position = 0x0304};
  const std::string bytes = std::string(1, '\0') + "convention:c1" + std::string(1, '\0') +
                            std::string("\0\0\0\0\0\0\x01\x02", 8) +
                            std::string("\0\0\0\0\0\0\x03\x04", 8);
  EXPECT_EQ(LeafHashOf(entry), Sha256(bytes));
}

}  // namespace
}  // namespace registre::directory_proof_test
