// What every EventStore does (event_store.h), and what those that outlive their process do as well.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <ostream>
#include <random>
#include <thread>

#include "ledger/base/errors.h"
#include "ledger/store/event_store.h"
#include "ledger/store/rocksdb_event_store.h"
#include "tests/ledger/store/log_writer.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_seed.h"

namespace registre::event_store_contract_test {
namespace {

// One kind of store, and how to open the one of a folder, the first time and again.
struct StoreKind {
  std::string name;
  std::function<absl::StatusOr<std::unique_ptr<EventStore>>(const std::string&)> open;

  // How GoogleTest shows it.
  friend std::ostream& operator<<(std::ostream& out, const StoreKind& kind) {
    return out << kind.name;
  }
};

const StoreKind kMemory = {"Memory", [](const std::string&) { return NewMemoryEventStore(); }};
const StoreKind kRocksDb = {
    "RocksDb", [](const std::string& folder) { return OpenRocksDbEventStore(folder + "/log"); }};
// A WAL so small that tables are written and merged all the time.
const StoreKind kRocksDbSmallWal = {"RocksDbSmallWal", [](const std::string& folder) {
                                      return OpenRocksDbEventStore(
                                          folder + "/log", LogTuning{.wal_bytes = 64 * 1024});
                                    }};

class EventStoreContractTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  EventStoreContractTest() { Open(); }

  void Open() {
    log_.reset();
    auto opened = GetParam().open(folder_.path());
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }

  TempFolder folder_;
  std::unique_ptr<EventStore> log_;
};

TEST_P(EventStoreContractTest, StartsEmpty) {
  ExpectTestEvents(*log_, 0);
  EXPECT_TRUE(log_->Get({}).ok());
}

TEST_P(EventStoreContractTest, HoldsWhatWasAppended) {
  LogWriter writer(*log_);
  uint64_t size = 0;
  for (const uint64_t count : {1, 2, 250, 1, 1, 1, 300, 1'000}) {
    ASSERT_TRUE(writer.Append(count).ok());
    size += count;
    EXPECT_EQ(log_->size(), size);
  }
  ExpectTestEvents(*log_, size);
}

TEST_P(EventStoreContractTest, HoldsTilesOfTwoLevels) {
  LogWriter writer(*log_);
  uint64_t size = 0;
  for (; size < 65'536 + 512; size += 3'000) ASSERT_TRUE(writer.Append(3'000).ok());
  ExpectTestEvents(*log_, size);
  EXPECT_TRUE(log_->GetTile(1, 0).ok());
  EXPECT_EQ(log_->GetTile(1, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log_->GetTile(2, 0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log_->GetTile(255, 0).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(EventStoreContractTest, RefusesAnotherPosition) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(3).ok());
  const EventBatch batch = writer.MakeBatch(2);
  for (const uint64_t wrong : {0, 2, 4, 1'000}) {
    const absl::Status status = log_->Append(wrong, batch);
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << wrong;
    EXPECT_EQ(ReasonOf(status), "POSITION_CONFLICT");
    ExpectTestEvents(*log_, 3);
  }
  // It is no failure of the store: appending goes on.
  EXPECT_TRUE(log_->Append(3, batch).ok());
  ExpectTestEvents(*log_, 5);
}

TEST_P(EventStoreContractTest, AppendsAnEmptyBatch) {
  EXPECT_TRUE(log_->Append(0, EventBatch()).ok());
  EXPECT_EQ(log_->Append(1, EventBatch()).code(), absl::StatusCode::kAborted);
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(3).ok());
  EXPECT_TRUE(log_->Append(3, EventBatch()).ok());
  EXPECT_EQ(log_->Append(0, EventBatch()).code(), absl::StatusCode::kAborted);
  ExpectTestEvents(*log_, 3);
}

std::vector<CheckpointWrite> CheckpointsBelow(const EventStore& log, uint64_t before,
                                              size_t limit = 100) {
  std::vector<CheckpointWrite> checkpoints;
  EXPECT_TRUE(log.ReadCheckpoints(before,
                                  [&](uint64_t size, std::string_view checkpoint) {
                                    checkpoints.push_back({size, std::string(checkpoint)});
                                    return checkpoints.size() < limit;
                                  })
                  .ok());
  return checkpoints;
}

TEST_P(EventStoreContractTest, HoldsCheckpointsLargestFirst) {
  using Writes = std::vector<CheckpointWrite>;
  EXPECT_EQ(CheckpointsBelow(*log_, ~uint64_t{0}), Writes());
  ASSERT_TRUE(log_->WriteCheckpoints({{3, "three"}, {300, "many"}, {0, "none"}}).ok());
  ASSERT_TRUE(log_->WriteCheckpoints({}).ok());
  ASSERT_TRUE(log_->WriteCheckpoints({{3, ""}, {7, "seven"}, {0, "nothing"}, {8, ""}}).ok());
  EXPECT_EQ(CheckpointsBelow(*log_, ~uint64_t{0}),
            Writes({{300, "many"}, {7, "seven"}, {0, "nothing"}}));
  EXPECT_EQ(CheckpointsBelow(*log_, 300), Writes({{7, "seven"}, {0, "nothing"}}));
  EXPECT_EQ(CheckpointsBelow(*log_, 301, 1), Writes({{300, "many"}}));
  EXPECT_EQ(CheckpointsBelow(*log_, 0), Writes());
  EXPECT_EQ(log_->size(), 0u);
}

TEST_P(EventStoreContractTest, HoldsConsumersWithEventsAndWithout) {
  EventBatch batch;
  batch.consumers = {{"b", "1"}, {"a", "2"}};
  ASSERT_TRUE(log_->Append(0, batch).ok());
  ExpectTestEvents(*log_, 0);
  LogWriter writer(*log_);
  batch = writer.MakeBatch(2);
  batch.consumers = {{"b", "3"}, {"c", std::string("\0x", 2)}};
  ASSERT_TRUE(log_->Append(0, batch).ok());
  ExpectTestEvents(*log_, 2);
  using Writes = std::vector<ConsumerWrite>;
  EXPECT_EQ(*log_->ReadConsumers(), Writes({{"a", "2"}, {"b", "3"}, {"c", std::string("\0x", 2)}}));
  batch = EventBatch();
  batch.consumers = {{"a", ""}, {"unknown", ""}};
  ASSERT_TRUE(log_->Append(2, batch).ok());
  EXPECT_EQ(log_->Append(3, batch).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(*log_->ReadConsumers(), Writes({{"b", "3"}, {"c", std::string("\0x", 2)}}));
}

TEST_P(EventStoreContractTest, HoldsAnyBytes) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::vector<std::string> events = {"", std::string(1, '\0'), all_bytes,
                                           std::string(3 * 1024 * 1024, '\xff')};
  EventBatch batch;
  for (const std::string& event : events) {
    batch.events.push_back(event);
    batch.leaf_hashes.push_back(LeafHash(event));
  }
  ASSERT_TRUE(log_->Append(0, batch).ok());
  EXPECT_EQ(log_->Get({0, 1, 2, 3}).value(), events);
  size_t next = 0;
  ASSERT_TRUE(log_->Read(0,
                         [&](uint64_t, std::string_view bytes) {
                           EXPECT_TRUE(bytes == events[next++]);
                           return true;
                         })
                  .ok());
  EXPECT_EQ(next, events.size());
}

TEST_P(EventStoreContractTest, ReadsFromAnyPosition) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(700).ok());
  for (const uint64_t from : {0, 1, 255, 256, 699, 700, 701, 1'000'000}) {
    uint64_t next = from;
    ASSERT_TRUE(log_->Read(from,
                           [&](uint64_t position, std::string_view bytes) {
                             EXPECT_EQ(position, next++);
                             EXPECT_EQ(bytes, TestEvent(position));
                             return true;
                           })
                    .ok());
    EXPECT_EQ(next, std::max<uint64_t>(from, 700)) << from;
  }
}

TEST_P(EventStoreContractTest, StopsWhenTheVisitorDoes) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(700).ok());
  for (const uint64_t stop : {0, 1, 300, 699}) {
    std::vector<uint64_t> seen;
    ASSERT_TRUE(log_->Read(0,
                           [&](uint64_t position, std::string_view) {
                             seen.push_back(position);
                             return position < stop;
                           })
                    .ok());
    EXPECT_EQ(seen.size(), stop + 1);
  }
}

TEST_P(EventStoreContractTest, ReadEndsAtTheSizeOfItsCall) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(10).ok());
  uint64_t visited = 0;
  ASSERT_TRUE(log_->Read(0,
                         [&](uint64_t, std::string_view) {
                           EXPECT_TRUE(writer.Append(1).ok());  // and a visitor may use the store
                           ++visited;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(visited, 10u);
  ExpectTestEvents(*log_, 20);
}

TEST_P(EventStoreContractTest, GetKeepsTheOrderAsked) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(700).ok());
  std::mt19937_64 random(TestSeed());
  std::vector<uint64_t> positions = {699, 0, 5, 5, 698, 1};
  for (int i = 0; i < 500; ++i) positions.push_back(random() % 700);
  const auto events = log_->Get(positions);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), positions.size());
  for (size_t i = 0; i < positions.size(); ++i) EXPECT_EQ((*events)[i], TestEvent(positions[i]));
}

TEST_P(EventStoreContractTest, UnknownPositionsAreNotFound) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(3).ok());
  for (const uint64_t unknown : {uint64_t{3}, uint64_t{4}, ~uint64_t{0}}) {
    const absl::Status status = log_->Get({0, unknown, 1}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ReasonOf(status), "POSITION_UNKNOWN");
    EXPECT_EQ(ReasonOf(log_->GetLeafHash(unknown).status()), "POSITION_UNKNOWN");
    EXPECT_EQ(ReasonOf(log_->GetTile(0, unknown).status()), "TILE_UNKNOWN");
  }
}

// Checks, while the writer appends, that a reader sees whole batches, each event right, the log
// never shrinking, and every read what size() promised before it.
void ReadWhileAppending(const EventStore& log, uint64_t batch_size, uint64_t end) {
  uint64_t last_size = 0;
  while (last_size < end) {
    const uint64_t size = log.size();
    ASSERT_GE(size, last_size);
    ASSERT_EQ(size % batch_size, 0u);
    const uint64_t from = last_size > 20 ? last_size - 20 : 0;
    uint64_t next = from;
    const absl::Status read = log.Read(from, [&next](uint64_t position, std::string_view bytes) {
      EXPECT_EQ(position, next++);
      EXPECT_EQ(bytes, TestEvent(position));
      return true;
    });
    ASSERT_TRUE(read.ok()) << read;
    ASSERT_GE(next, size);
    ASSERT_EQ(next % batch_size, 0u);
    if (size > 0) {
      const auto got = log.Get({size - 1});
      ASSERT_TRUE(got.ok()) << got.status();
      ASSERT_EQ(got->front(), TestEvent(size - 1));
      ASSERT_TRUE(log.GetLeafHash(size - 1).ok());
    }
    for (uint64_t tile = 0; tile < size / kTileWidth; ++tile) {
      ASSERT_TRUE(log.GetTile(0, tile).ok());
    }
    last_size = size;
  }
}

TEST_P(EventStoreContractTest, ReadersSeeOnlyAContiguousPrefix) {
  constexpr uint64_t kBatch = 7;
  constexpr uint64_t kEvents = kBatch * 100;
  LogWriter writer(*log_);
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([this] { ReadWhileAppending(*log_, kBatch, kEvents); });
  }
  absl::Status status;
  while (status.ok() && log_->size() < kEvents) status = writer.Append(kBatch);
  EXPECT_TRUE(status.ok()) << status;
  for (std::thread& reader : readers) reader.join();
  ExpectTestEvents(*log_, kEvents);
}

class PersistentStoreContractTest : public EventStoreContractTest {};

TEST_P(PersistentStoreContractTest, HoldsTheSameWhenOpenedAgain) {
  std::mt19937_64 random(TestSeed());
  uint64_t size = 0;
  for (int round = 0; round < 8; ++round) {
    LogWriter writer(*log_);
    for (int batch = 0; batch < 3; ++batch) {
      const uint64_t count = 1 + random() % 400;
      ASSERT_TRUE(writer.Append(count).ok());
      size += count;
    }
    Open();
    ExpectTestEvents(*log_, size);
  }
}

TEST_P(PersistentStoreContractTest, HoldsTheSameCheckpointsWhenOpenedAgain) {
  ASSERT_TRUE(log_->WriteCheckpoints({{3, "three"}, {7, "seven"}}).ok());
  ASSERT_TRUE(log_->WriteCheckpoints({{3, ""}}).ok());
  Open();
  EXPECT_EQ(CheckpointsBelow(*log_, ~uint64_t{0}), std::vector<CheckpointWrite>({{7, "seven"}}));
}

TEST_P(PersistentStoreContractTest, HoldsTheSameConsumersWhenOpenedAgain) {
  EventBatch batch;
  batch.consumers = {{"a", "1"}, {"b", "2"}};
  ASSERT_TRUE(log_->Append(0, batch).ok());
  batch.consumers = {{"a", ""}};
  ASSERT_TRUE(log_->Append(0, batch).ok());
  Open();
  EXPECT_EQ(*log_->ReadConsumers(), std::vector<ConsumerWrite>({{"b", "2"}}));
}

TEST_P(PersistentStoreContractTest, IsCopiedAsItIs) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(1'000).ok());
  EventBatch batch;
  batch.consumers = {{"a", "1"}};
  ASSERT_TRUE(log_->Append(1'000, batch).ok());
  ASSERT_TRUE(log_->WriteCheckpoints({{7, "seven"}}).ok());
  const std::string copy = folder_.Path("copy");
  std::filesystem::create_directory(copy);
  std::filesystem::create_directory(copy + "/log");
  ASSERT_TRUE(log_->CopyTo(copy + "/log", [] { return true; }).ok());
  ASSERT_TRUE(writer.Append(10).ok());
  ExpectTestEvents(*log_, 1'010);
  auto copied = GetParam().open(copy);
  ASSERT_TRUE(copied.ok()) << copied.status();
  ExpectTestEvents(**copied, 1'000);
  EXPECT_EQ(*(*copied)->ReadConsumers(), std::vector<ConsumerWrite>({{"a", "1"}}));
  EXPECT_EQ(CheckpointsBelow(**copied, ~uint64_t{0}), std::vector<CheckpointWrite>({{7, "seven"}}));
}

TEST_P(PersistentStoreContractTest, ACopyIsGivenUp) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(10).ok());
  const std::string copy = folder_.Path("copy");
  std::filesystem::create_directory(copy);
  EXPECT_TRUE(absl::IsCancelled(log_->CopyTo(copy, [] { return false; })));
}

TEST_P(PersistentStoreContractTest, ACopyOfALogThatGrowsIsAPrefix) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(1).ok());
  std::atomic<bool> over = false;
  std::thread appending([&] {
    while (!over) EXPECT_TRUE(writer.Append(7).ok());
  });
  for (int i = 0; i < 10; ++i) {
    const std::string copy = folder_.Path("copy" + std::to_string(i));
    std::filesystem::create_directory(copy);
    std::filesystem::create_directory(copy + "/log");
    const uint64_t before = log_->size();
    const absl::Status made = log_->CopyTo(copy + "/log", [] { return true; });
    const uint64_t after = log_->size();
    EXPECT_TRUE(made.ok()) << made;
    auto copied = GetParam().open(copy);
    EXPECT_TRUE(copied.ok()) << copied.status();
    if (!copied.ok()) break;
    EXPECT_GE((*copied)->size(), before);
    EXPECT_LE((*copied)->size(), after + 7) << "a batch is there before it is seen";
    ExpectTestEvents(**copied, (*copied)->size());
  }
  over = true;
  appending.join();
}

TEST(MemoryEventStoreTest, IsNotCopied) {
  EXPECT_TRUE(absl::IsUnimplemented(NewMemoryEventStore()->CopyTo("x", [] { return true; })));
}

INSTANTIATE_TEST_SUITE_P(Stores, EventStoreContractTest,
                         ::testing::Values(kMemory, kRocksDb, kRocksDbSmallWal),
                         [](const auto& info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(Stores, PersistentStoreContractTest,
                         ::testing::Values(kRocksDb, kRocksDbSmallWal),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace registre::event_store_contract_test
