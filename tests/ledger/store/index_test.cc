#include "ledger/store/index.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "tests/ledger/store/index_model.h"

namespace registre::index_test {
namespace {

constexpr uint32_t kFold = 7;

class IndexTest : public testing::Test {
 protected:
  void Open(uint32_t fold_version = kFold) {
    index_ = nullptr;
    auto index = Index::Open(folder_.index(), fold_version);
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *std::move(index);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Index> index_;
};

// Random groups, flushes and restarts, with and without a flush before.
class IndexRandomTest : public IndexTest, public testing::WithParamInterface<uint64_t> {};

TEST_P(IndexRandomTest, SaysWhatANaiveIndexSays) {
  const uint64_t seed = GetParam();
  RecordProperty("seed", fmt::format("{}", seed));
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  Open();
  Model model;
  std::map<uint64_t, Model> flushed = {{0, Model()}};  // by size
  ExpectEqual(*index_, model, random);
  for (int step = 0; step < 50; ++step) {
    const uint64_t dice = random() % 10;
    if (dice < 7) {
      IndexDelta delta = RandomGroup(random, 1 + random() % 40, 4, 60, &model);
      index_->Publish(std::move(delta), HeadOf(model.size));
    } else if (dice < 9) {
      ASSERT_TRUE(index_->Flush().ok());
      EXPECT_EQ(index_->memory_bytes(), 0u);
      flushed[model.size] = model;
    } else {
      Open();
      const LogHead head = index_->disk_head();
      ASSERT_TRUE(flushed.contains(head.size));
      EXPECT_EQ(head.root, head.size == 0 ? Hash{} : HeadOf(head.size).root);
      model = flushed[head.size];
    }
    if (step % 5 == 0) ExpectEqual(*index_, model, random);
    if (HasFailure()) FAIL() << "at step " << step;
  }
  ExpectEqual(*index_, model, random);
}

INSTANTIATE_TEST_SUITE_P(Seeds, IndexRandomTest, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace registre::index_test
