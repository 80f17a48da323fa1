#include "ledger/store/index.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/limits.h"
#include "tests/ledger/store/index_model.h"

namespace registre::index_test::index_test {
namespace {

constexpr uint32_t kFold = 7;

class IndexTest : public ::testing::Test {
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
class IndexRandomTest : public IndexTest, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(IndexRandomTest, SaysWhatANaiveIndexSays) {
  const uint64_t seed = GetParam();
  RecordProperty("seed", fmt::format("{}", seed));
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  Open();
  Model model;
  std::map<uint64_t, Model> flushed = {{0, Model()}};  // by size
  ExpectEqual(*index_->Read(), model, random);
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
    if (step % 5 == 0) ExpectEqual(*index_->Read(), model, random);
    if (HasFailure()) FAIL() << "at step " << step;
  }
  ExpectEqual(*index_->Read(), model, random);
}

INSTANTIATE_TEST_SUITE_P(Seeds, IndexRandomTest, ::testing::Values(1, 2, 3, 4));

// A group that says it holds `events` events, with one key touched once.
IndexDelta OneKey(uint64_t events, Model* model, size_t label_bytes = 0) {
  IndexDelta delta;
  delta.events = events;
  model->size += events;
  const std::string key = fmt::format("call:{}", model->keys.size());
  model->Touch(key, model->size - 1, 1, 30, kSnapshotEvery, RowOf(1, label_bytes), &delta);
  return delta;
}

// Publishes such a group, at the size it makes.
void PublishOne(Index* index, uint64_t events, Model* model, size_t label_bytes = 0) {
  IndexDelta delta = OneKey(events, model, label_bytes);
  index->Publish(std::move(delta), HeadOf(model->size));
}

TEST_F(IndexTest, GoesToDiskAtTheLimitOfEvents) {
  Open();
  Model model;
  PublishOne(index_.get(), kIndexFlushEvents - 1, &model);
  EXPECT_EQ(index_->disk_head().size, 0u);
  EXPECT_GT(index_->memory_bytes(), 0u);
  PublishOne(index_.get(), 1, &model);
  const LogHead first = HeadOf(model.size);
  // Twice the limit: returns when the first changes are on disk, and hands these over.
  PublishOne(index_.get(), 2 * kIndexFlushEvents, &model);
  EXPECT_GE(index_->disk_head().size, first.size);
  std::mt19937_64 random(1);
  ExpectEqual(*index_->Read(), model, random);
  EXPECT_TRUE(index_->status().ok());
}

TEST_F(IndexTest, GoesToDiskAtTheLimitOfBytes) {
  Open();
  Model model;
  constexpr size_t kLabel = 64 * 1024;
  size_t before = 0;
  while (index_->memory_bytes() + 4 * kLabel < kIndexFlushBytes) {
    PublishOne(index_.get(), 1, &model, kLabel);
    ASSERT_GT(index_->memory_bytes(), before);
    before = index_->memory_bytes();
    ASSERT_EQ(index_->disk_head().size, 0u);
  }
  const uint64_t below_limit = model.size;
  // Enough for the limit, and for twice the limit after it.
  while (model.size < 4 * below_limit) {
    PublishOne(index_.get(), 1, &model, kLabel);
    ASSERT_LT(index_->memory_bytes(), 4 * kIndexFlushBytes);
  }
  EXPECT_GT(index_->disk_head().size, below_limit);
  ASSERT_TRUE(index_->Flush().ok());
  EXPECT_EQ(index_->memory_bytes(), 0u);
  EXPECT_EQ(index_->disk_head().size, model.size);
}

TEST_F(IndexTest, FlushesNothingAndGroupsWithoutKeys) {
  Open();
  EXPECT_TRUE(index_->Flush().ok());
  EXPECT_EQ(index_->disk_head().size, 0u);
  IndexDelta delta;
  delta.events = 3;
  index_->Publish(std::move(delta), HeadOf(3));
  EXPECT_EQ(index_->Read()->size(), 3u);
  EXPECT_TRUE(index_->Flush().ok());
  EXPECT_EQ(index_->disk_head().size, 3u);
  Open();
  EXPECT_EQ(index_->disk_head().root, HeadOf(3).root);
  EXPECT_EQ(index_->Read()->size(), 3u);
}

TEST_F(IndexTest, WhatIsNotFlushedIsGoneAfterARestart) {
  Open();
  Model model;
  index_->Publish(OneKey(5, &model), HeadOf(5));
  ASSERT_TRUE(index_->Flush().ok());
  index_->Publish(OneKey(5, &model), HeadOf(10));
  Open();
  EXPECT_EQ(index_->disk_head().size, 5u);
  EXPECT_TRUE((*index_->Read()->Get("call:0")).has_value());
  EXPECT_FALSE((*index_->Read()->Get("call:1")).has_value());
}

TEST_F(IndexTest, ClearEmptiesMemoryAndDisk) {
  std::mt19937_64 random(3);
  Open();
  Model model;
  for (int i = 0; i < 3; ++i) {
    IndexDelta delta = RandomGroup(random, 50, 4, 30, &model);
    index_->Publish(std::move(delta), HeadOf(model.size));
    if (i < 2) {
      ASSERT_TRUE(index_->Flush().ok());
    }
  }
  ASSERT_TRUE(index_->Clear().ok());
  EXPECT_EQ(index_->disk_head().size, 0u);
  EXPECT_EQ(index_->memory_bytes(), 0u);
  ExpectEqual(*index_->Read(), Model(), random);

  Model again;
  IndexDelta delta = RandomGroup(random, 50, 4, 30, &again);
  index_->Publish(std::move(delta), HeadOf(again.size));
  ASSERT_TRUE(index_->Flush().ok());
  ExpectEqual(*index_->Read(), again, random);
  Open();
  ExpectEqual(*index_->Read(), again, random);
  ASSERT_TRUE(index_->Clear().ok());
  Open();
  EXPECT_EQ(index_->disk_head().size, 0u);
  ExpectEqual(*index_->Read(), Model(), random);
}

TEST_F(IndexTest, AnswersItsHeadAndStatusUnderAReader) {
  Open();
  Model model;
  PublishOne(index_.get(), 1, &model);
  const auto reader = index_->Read();
  EXPECT_EQ(index_->disk_head().size, 0u);
  EXPECT_TRUE(index_->status().ok());
  EXPECT_GT(index_->memory_bytes(), 0u);
}

TEST_F(IndexTest, CommandKeysDoNotMixSubjectAndId) {
  EXPECT_NE(CommandKey("a", "bc"), CommandKey("ab", "c"));
  EXPECT_EQ(CommandKey("a", "b"), std::string("a\0b", 3));
}

// No limit on the time: it is printed, to be looked at.
TEST_F(IndexTest, PublishesTwoHundredThousandEvents) {
  constexpr uint64_t kEvents = 200'000;
  constexpr uint64_t kGroup = 1'000;
  constexpr uint64_t kKeys = 25'000;
  constexpr int kKeysOfAnEvent = 4;
  using Clock = std::chrono::steady_clock;
  Open();
  std::mt19937_64 random(5);
  std::vector<uint64_t> counts(kKeys);
  Clock::duration publishing{};
  Clock::duration longest{};
  for (uint64_t position = 0; position < kEvents;) {
    IndexDelta delta;
    delta.events = kGroup;
    for (uint64_t i = 0; i < kGroup; ++i, ++position) {
      for (int k = 0; k < kKeysOfAnEvent; ++k) {
        const uint64_t number = random() % kKeys;
        const uint64_t count = ++counts[number];
        KeyDelta& change = delta.keys[fmt::format("structure:test-{}", number)];
        change.state = {.count = count, .last_position = position, .row = RowOf(count, 100)};
        change.postings.push_back({position, 19'618, 61, false});
      }
      delta.commands[CommandKey("test-subject", fmt::format("command-{}", position))] = {
          position, std::string(33, 'f')};
    }
    const auto start = Clock::now();
    index_->Publish(std::move(delta), HeadOf(position));
    const auto spent = Clock::now() - start;
    publishing += spent;
    longest = std::max(longest, spent);
  }
  const auto start = Clock::now();
  ASSERT_TRUE(index_->Flush().ok());
  const auto flushing = Clock::now() - start;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  fmt::print("{} groups of {} events: {:.2f} ms each, longest {:.1f} ms; last flush {:.0f} ms\n",
             kEvents / kGroup, kGroup, Milliseconds(publishing).count() / (kEvents / kGroup),
             Milliseconds(longest).count(), Milliseconds(flushing).count());
  EXPECT_EQ(index_->disk_head().size, kEvents);
  uint64_t postings = 0;
  const auto reader = index_->Read();
  for (uint64_t number = 0; number < kKeys; number += 1'000) {
    const auto state = reader->Get(fmt::format("structure:test-{}", number));
    ASSERT_TRUE(state.ok() && state->has_value());
    EXPECT_EQ(CountIn(*(*state)->row), counts[number]);
    postings += (*state)->count;
  }
  EXPECT_GT(postings, 0u);
}

}  // namespace
}  // namespace registre::index_test::index_test
