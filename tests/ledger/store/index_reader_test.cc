// Every mix of the three places, made by hand.
#include "ledger/store/index_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <utility>

#include "tests/ledger/store/index_model.h"

namespace registre::index_test::index_reader_test {
namespace {

class IndexReaderTest : public ::testing::Test {
 protected:
  IndexReaderTest() {
    auto disk = IndexDisk::Open(folder_.index(), 1);
    EXPECT_TRUE(disk.ok()) << disk.status();
    now_.disk = *std::move(disk);
    now_.active = std::make_unique<IndexChanges>();
  }

  void Publish() {
    IndexDelta delta = RandomGroup(random_, 60, 4, 40, &model_);
    now_.active->Merge(RowBytesOf(delta), &delta);
    now_.head = HeadOf(model_.size);
  }
  void Freeze() {
    now_.frozen = std::move(now_.active);
    now_.active = std::make_unique<IndexChanges>(now_.frozen.get());
  }
  void Ingest() {
    const absl::Status status = now_.disk->Ingest(*now_.frozen, HeadOf(model_.size));
    ASSERT_TRUE(status.ok()) << status;
  }
  void Check() { ExpectEqual(IndexReader(&mu_, now_), model_, random_); }

  TemporaryFolder folder_;
  std::mt19937_64 random_{11};
  Model model_;
  absl::Mutex mu_;
  IndexSources now_;
};

TEST_F(IndexReaderTest, NothingIsDeliveredTwiceWhileFrozenChangesAreOnDiskToo) {
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    Publish();
    Publish();
    Check();
    Freeze();
    Check();
    Publish();
    Check();
    Ingest();  // in both places now
    Check();
    Publish();
    Check();
    now_.frozen = nullptr;
    Check();
  }
}

TEST_F(IndexReaderTest, AKeyInTheActivePlaceHidesTheOlderOnes) {
  IndexDelta delta;
  model_.Touch("call:1", 0, 5, 30, 128, RowOf(1), &delta);
  now_.active->Merge(RowBytesOf(delta), &delta);
  Freeze();
  Ingest();
  now_.frozen = nullptr;
  delta = {};
  model_.Touch("call:1", 1, 6, 31, 128, RowOf(2), &delta);
  now_.active->Merge(RowBytesOf(delta), &delta);
  const IndexReader reader(&mu_, now_);
  const auto state = reader.Get("call:1");
  ASSERT_TRUE(state.ok() && state->has_value());
  EXPECT_EQ((*state)->count, 2u);
  EXPECT_EQ(CountIn(*(*state)->row), 2u);
  int keys = 0;
  ASSERT_TRUE(reader
                  .ForEachKey("call:", "",
                              [&](std::string_view, const KeyState& seen) {
                                ++keys;
                                EXPECT_EQ(CountIn(*seen.row), 2u);
                                return true;
                              })
                  .ok());
  EXPECT_EQ(keys, 1);
}

// Bytes are counted up and down: a row that shrinks gives back what it took.
TEST_F(IndexReaderTest, CountsTheBytesOfTheRowsItHolds) {
  const auto touch = [&](size_t label_bytes) {
    IndexDelta delta;
    model_.Touch("call:1", model_.size++, 5, 30, 128, RowOf(1, label_bytes), &delta);
    now_.active->Merge(RowBytesOf(delta), &delta);
    return now_.active->bytes();
  };
  EXPECT_EQ(now_.active->bytes(), 0u);
  const size_t small = touch(10);
  const size_t large = touch(100'000);
  EXPECT_GT(large, small + 100'000);
  EXPECT_LT(touch(10), small + 200);
}

}  // namespace
}  // namespace registre::index_test::index_reader_test
