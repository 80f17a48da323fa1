// The replay of the log where something goes wrong; where all goes well, ledger_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/ledger.h"
#include "projections/state_reader.h"
#include "tests/support/test_recorder.h"

namespace registre::testing::fold_log_test {
namespace {

// An index that nothing can be read from. Counts what is published.
class UnreadableIndex final : public Index {
 public:
  void Publish(IndexDelta&&, const LogHead&) override { ++published; }
  absl::Status Flush() override { return absl::OkStatus(); }
  absl::Status Clear() override { return absl::OkStatus(); }
  LogHead disk_head() const override { return {}; }
  absl::Status status() const override { return absl::OkStatus(); }
  size_t memory_bytes() const override { return 0; }
  std::unique_ptr<Reader> Read() const override { return std::make_unique<NoReader>(); }

  int published = 0;

 private:
  class NoReader final : public Reader {
   public:
    uint64_t size() const override { return 0; }
    absl::StatusOr<std::optional<KeyState>> Get(std::string_view) const override {
      return Failed();
    }
    absl::StatusOr<std::optional<CommandRecord>> GetCommand(std::string_view) const override {
      return Failed();
    }
    absl::Status Postings(std::string_view, uint64_t, bool,
                          const std::function<bool(uint64_t, const Posting&)>&) const override {
      return Failed();
    }
    absl::StatusOr<std::optional<Snapshot>> GetSnapshot(std::string_view, uint64_t) const override {
      return Failed();
    }
    absl::Status BlockDates(std::string_view, uint64_t,
                            const std::function<bool(uint64_t, Days)>&) const override {
      return Failed();
    }
    absl::Status ForEachKey(
        std::string_view, std::string_view,
        const std::function<bool(std::string_view, const KeyState&)>&) const override {
      return Failed();
    }
    absl::Status ForEachKeyName(std::string_view, std::string_view,
                                const std::function<bool(std::string_view)>&) const override {
      return Failed();
    }
    absl::Status ForEachKeyHead(
        std::string_view, std::string_view,
        const std::function<bool(std::string_view, uint64_t, uint64_t)>&) const override {
      return Failed();
    }

   private:
    static absl::Status Failed() { return absl::InternalError("a block cannot be read"); }
  };
};

class FoldLogTest : public ::testing::Test {
 protected:
  FoldLogTest() {
    recorder_.Must("u0", {OpenTestLedger()});
    for (int i = 1; i < 20; ++i) {
      recorder_.Must(fmt::format("u{}", i), {RegisterStructure(fmt::format("st-{}", i))});
    }
  }

  absl::Status Fold(Index* index, uint64_t to, const OnFoldProgress& on_progress = nullptr) {
    tree_ = MerkleTree();
    return FoldLog(recorder_.log, 0, to, RegistreProjection(), index, &tree_, on_progress);
  }

  TestRecorder recorder_;
  MerkleTree tree_;
};

// A row that starts anew because its past could not be read must not be taken for the truth.
TEST_F(FoldLogTest, PublishesNothingThatRestsOnAFailedRead) {
  UnreadableIndex index;
  const absl::Status folded = Fold(&index, 20);
  EXPECT_EQ(folded.code(), absl::StatusCode::kInternal) << folded;
  EXPECT_EQ(index.published, 0);
}

TEST_F(FoldLogTest, SaysThatTheLogIsShorter) {
  TempFolder folder;
  auto index = Index::Open(folder.Path("index"), 1);
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(ReasonOf(Fold(index->get(), 21)), "LOG_SHORTER");
}

TEST_F(FoldLogTest, MayBeGivenUp) {
  TempFolder folder;
  auto index = Index::Open(folder.Path("index"), 1);
  ASSERT_TRUE(index.ok());
  FoldProgress seen;
  const absl::Status folded = Fold(index->get(), 20, [&](const FoldProgress& progress) {
    seen = progress;
    return false;
  });
  EXPECT_EQ(folded.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(seen.events, 20u);
  EXPECT_EQ(seen.total, 20u);
}

TEST_F(FoldLogTest, BringsTheTreeAlong) {
  TempFolder folder;
  auto index = Index::Open(folder.Path("index"), 1);
  ASSERT_TRUE(index.ok());
  ASSERT_TRUE(Fold(index->get(), 20).ok());
  EXPECT_EQ(tree_.size(), 20u);
  EXPECT_EQ(tree_.Root(), recorder_.recorder->status().head.root);
  EXPECT_EQ((*index)->Read()->size(), 20u);
}

}  // namespace
}  // namespace registre::testing::fold_log_test
