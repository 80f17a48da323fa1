// The parts of verify ledger that sort in files, with little memory: what is found is what a
// straightforward search finds.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/verify/tag_chains.h"
#include "ledger/verify/unique_ids.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_seed.h"

namespace registre::bounded_memory_test {
namespace {

TEST(UniqueIdsTest, FindsWhatStandsTwiceHoweverFarApart) {
  std::mt19937_64 random(TestSeed());
  for (const size_t in_memory : {size_t{1}, size_t{7}, size_t{1'000'000}}) {
    TempFolder folder;
    UniqueIds ids(folder.path(), in_memory);
    std::map<UniqueIds::Id, uint64_t> first;
    std::set<std::pair<uint64_t, uint64_t>> expected;
    std::set<std::pair<uint64_t, uint64_t>> found;
    for (uint64_t position = 0; position < 300; ++position) {
      UniqueIds::Id id = {};
      const uint64_t drawn = random() % 2'000;
      std::memcpy(id.data(), &drawn, sizeof(drawn));
      const auto [it, fresh] = first.try_emplace(id, position);
      if (!fresh) expected.insert({it->second, position});
      ASSERT_TRUE(ids.Add(id, position).ok());
    }
    ASSERT_TRUE(ids.Finish([&](uint64_t a, uint64_t b) { found.insert({a, b}); }).ok());
    EXPECT_EQ(found, expected);
  }
}

TEST(UniqueIdsTest, SaysThatTheFolderCannotBeWritten) {
  UniqueIds ids("/nowhere/at/all", 1);
  EXPECT_FALSE(ids.Add({}, 0).ok());
}

class TagChainsTest : public ::testing::Test {
 protected:
  // Links of some tags in turn, one of them wrong when asked for.
  void Run(size_t in_memory, uint64_t wrong_at) {
    TempFolder folder;
    TagChains chains(folder.path(), in_memory);
    Findings findings(100);
    std::map<std::string, TagEntry> ends;
    for (uint64_t position = 0; position < 400; ++position) {
      const std::string tag = "structure:" + std::to_string(random_() % 40);
      TagEntry& end = ends[tag];
      v1::TagLink link;
      link.set_tag(tag);
      link.set_sequence(end.events + 1);
      if (end.events > 0) link.set_previous_position(end.last_position);
      // As if an event of the tag had been taken away.
      if (position == wrong_at) {
        link.set_sequence(end.events + 2);
        link.set_previous_position(position - 1);
      }
      end = {tag, link.sequence(), position};
      ASSERT_TRUE(chains.Add(position, link, &findings).ok());
      if (position == 150 || position == 399) {
        std::vector<TagEntry> merged;
        ASSERT_TRUE(
            chains.Merge(&findings, [&](const TagEntry& entry) { merged.push_back(entry); }).ok());
        std::vector<TagEntry> expected;
        for (const auto& [name, entry] : ends) expected.push_back(entry);
        EXPECT_EQ(merged, expected);
      }
    }
    if (wrong_at == kNever) {
      EXPECT_TRUE(findings.empty()) << findings.all().front().what;
    } else {
      ASSERT_EQ(findings.all().size(), 1u);
      EXPECT_EQ(findings.first_event()->position, wrong_at);
    }
  }

  static constexpr uint64_t kNever = 1'000;
  std::mt19937_64 random_{TestSeed()};
};

TEST_F(TagChainsTest, FollowsChainsOverManyStretches) {
  for (const size_t in_memory : {1, 5, 39, 1'000}) {
    SCOPED_TRACE(in_memory);
    Run(in_memory, kNever);
    for (const uint64_t wrong_at : {100, 150, 151, 300, 399}) Run(in_memory, wrong_at);
  }
}

}  // namespace
}  // namespace registre::bounded_memory_test
