// Readers while groups are published and go to disk.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/base/limits.h"
#include "ledger/store/index.h"
#include "tests/ledger/store/index_model.h"

namespace registre::index_test::index_threads_test {
namespace {

constexpr int kGroups = 300;
constexpr int kEvents = 20;
constexpr int kPairs = 10;
constexpr uint64_t kSnapshots = 5;

std::string Side(const char* side, uint64_t pair) { return fmt::format("call:{}-{}", side, pair); }

// Each event touches both sides of a pair, and the key of all: whoever sees one side without the
// other, or another sum than the head says, sees a torn group.
IndexDelta PairGroup(std::mt19937_64& random, Model* model) {
  IndexDelta delta;
  model->Command(CommandKey("test-subject", fmt::format("{}", model->size)), model->size, &delta);
  for (int i = 0; i < kEvents; ++i) {
    const uint64_t pair = random() % kPairs;
    const uint64_t position = model->size++;
    for (const std::string& key : {Side("left", pair), Side("right", pair), std::string("all")}) {
      const uint64_t count = model->keys[key].state.count + 1;
      model->Touch(key, position, 1, 30, kSnapshots, RowOf(count), &delta);
    }
  }
  delta.events = kEvents;
  return delta;
}

// The count of a key, after its row, its postings and its last snapshot have agreed with it.
uint64_t CheckedCount(const Index::Reader& reader, const std::string& key, bool backward) {
  const auto state = reader.Get(key);
  EXPECT_TRUE(state.ok()) << state.status();
  if (!state.ok() || !state->has_value()) return 0;
  const uint64_t count = (*state)->count;
  EXPECT_EQ(CountIn(*(*state)->row), count);

  uint64_t postings = 0;
  const absl::Status status = reader.Postings(
      key, backward ? ~uint64_t{0} : 1, backward, [&](uint64_t sequence, const Posting& posting) {
        EXPECT_EQ(sequence, backward ? count - postings : postings + 1);
        if (sequence == count) {
          EXPECT_EQ(posting.position, (*state)->last_position);
        }
        ++postings;
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(postings, count);

  const auto snapshot = reader.GetSnapshot(key, count);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  const uint64_t wanted = count / kSnapshots * kSnapshots;
  EXPECT_EQ(snapshot.ok() && snapshot->has_value() ? (*snapshot)->sequence : 0, wanted);
  return count;
}

void ReadUntil(const Index& index, uint64_t seed, const std::atomic<bool>& done,
               std::atomic<uint64_t>* reads) {
  std::mt19937_64 random(seed);
  uint64_t last_size = 0;
  while (!done.load() && !::testing::Test::HasFailure()) {
    const auto reader = index.Read();
    const uint64_t size = reader->size();
    EXPECT_GE(size, last_size);
    last_size = size;
    EXPECT_EQ(CheckedCount(*reader, "all", random() % 2 == 0), size);

    const uint64_t pair = random() % kPairs;
    const bool backward = random() % 2 == 0;
    EXPECT_EQ(CheckedCount(*reader, Side("left", pair), backward),
              CheckedCount(*reader, Side("right", pair), !backward));

    uint64_t sum = 0;
    const absl::Status status =
        reader->ForEachKey("call:left", "", [&](std::string_view, const KeyState& state) {
          sum += state.count;
          EXPECT_EQ(CountIn(*state.row), state.count);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(sum, size);
    if (size > 0) {
      const uint64_t first = random() % (size / kEvents) * kEvents;
      const auto command = reader->GetCommand(CommandKey("test-subject", fmt::format("{}", first)));
      EXPECT_TRUE(command.ok() && command->has_value() && (*command)->first_position == first);
    }
    reads->fetch_add(1);
  }
}

TEST(IndexThreadsTest, ReadersNeverSeeATornGroup) {
  TemporaryFolder folder;
  auto opened = Index::Open(folder.index(), 1);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const std::unique_ptr<Index> index = *std::move(opened);
  std::atomic<bool> done = false;
  std::atomic<uint64_t> reads = 0;
  std::vector<std::thread> readers;
  for (uint64_t seed : {1, 2}) {
    readers.emplace_back([&, seed] { ReadUntil(*index, seed, done, &reads); });
  }

  std::mt19937_64 random(31);
  Model model;
  for (int i = 0; i < kGroups; ++i) {
    IndexDelta delta = PairGroup(random, &model);
    // Now and then it says that it is large, so that it goes out at once, behind the next ones.
    if (random() % 8 == 0) delta.events = kIndexFlushEvents;
    index->Publish(std::move(delta), HeadOf(model.size));
    if (random() % 40 == 0) {
      EXPECT_TRUE(index->Flush().ok());
    }
  }
  // The readers have had their turn too, however the threads were scheduled.
  while (reads.load() < 20 && !::testing::Test::HasFailure()) std::this_thread::yield();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(index->status().ok());
  ExpectEqual(*index->Read(), model, random);
}

}  // namespace
}  // namespace registre::index_test::index_threads_test
