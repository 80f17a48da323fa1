// The log in RocksDB on a disk that fails: nothing acknowledged is lost, nothing else is seen.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <random>

#include "ledger/base/errors.h"
#include "ledger/store/data_folder.h"
#include "ledger/store/rocksdb_event_store.h"
#include "tests/ledger/store/faulty_file_system.h"
#include "tests/ledger/store/log_writer.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_seed.h"

namespace registre::log_faults_test {
namespace {

class LogFaultsTest : public ::testing::Test {
 protected:
  LogFaultsTest() : env_(NewFaultyEnv(&faults_)) { Open(); }

  absl::Status TryOpen() {
    log_.reset();
    auto opened = OpenRocksDbEventStore(folder_.Path("log"),
                                        LogTuning{.env = env_.get(), .wal_bytes = 64 * 1024});
    if (opened.ok()) log_ = *std::move(opened);
    return opened.status();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }

  // An append that fails with `reason`, and what must be so from then on.
  void ExpectAppendFails(std::string_view reason) {
    const uint64_t size = log_->size();
    LogWriter writer(*log_);
    EXPECT_EQ(ReasonOf(writer.Append(5)), reason);
    ExpectTestEvents(*log_, size);
    // Even when the disk is well again: only opening reads what is there.
    faults_.Heal();
    for (int i = 0; i < 3; ++i) {
      const absl::Status status = LogWriter(*log_).Append(1);
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
      EXPECT_EQ(ReasonOf(status), "WRITER_STOPPED");
      ExpectTestEvents(*log_, size);
    }
  }

  TempFolder folder_;
  Faults faults_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<EventStore> log_;
};

TEST_F(LogFaultsTest, FailedSyncStopsTheWriter) {
  ASSERT_TRUE(LogWriter(*log_).Append(10).ok());
  faults_.Fail(Faults::Kind::kSync);
  ExpectAppendFails("DISK_FAILED");
}

TEST_F(LogFaultsTest, AfterAFailedSyncWhatIsThereIsReadAgain) {
  ASSERT_TRUE(LogWriter(*log_).Append(10).ok());
  faults_.Fail(Faults::Kind::kSync);
  ExpectAppendFails("DISK_FAILED");
  Open();
  // The bytes had reached the file: not acknowledged, but whole, and synced by opening.
  ExpectTestEvents(*log_, 15);
  ASSERT_TRUE(LogWriter(*log_).Append(5).ok());
  Open();
  ExpectTestEvents(*log_, 20);
}

TEST_F(LogFaultsTest, AfterAFailedSyncAndAPowerCutTheRestIsThere) {
  ASSERT_TRUE(LogWriter(*log_).Append(10).ok());
  faults_.Fail(Faults::Kind::kSync);
  ExpectAppendFails("DISK_FAILED");
  log_.reset();
  faults_.LoseWhatWasNotSynced();
  Open();
  ExpectTestEvents(*log_, 10);
  ASSERT_TRUE(LogWriter(*log_).Append(5).ok());
  Open();
  ExpectTestEvents(*log_, 15);
}

TEST_F(LogFaultsTest, FullDiskStopsTheWriterUntilThereIsRoom) {
  ASSERT_TRUE(LogWriter(*log_).Append(10).ok());
  faults_.Fail(Faults::Kind::kNoSpace);
  ExpectAppendFails("DISK_FULL");
  Open();
  ExpectTestEvents(*log_, 10);
  ASSERT_TRUE(LogWriter(*log_).Append(5).ok());
  ExpectTestEvents(*log_, 15);
}

TEST_F(LogFaultsTest, FullDiskWhileATableIsWritten) {
  LogWriter writer(*log_);
  ASSERT_TRUE(writer.Append(10).ok());
  // Appends go on until a table cannot be written, whenever that is noticed.
  faults_.Fail(Faults::Kind::kNoSpace, 200);
  absl::Status status;
  uint64_t acknowledged = 10;
  for (int i = 0; status.ok() && i < 1'000; ++i) {
    status = writer.Append(20);
    if (status.ok()) acknowledged += 20;
  }
  EXPECT_EQ(ReasonOf(status), "DISK_FULL") << status;
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  ExpectTestEvents(*log_, acknowledged);
  faults_.Heal();
  Open();
  EXPECT_GE(log_->size(), acknowledged);
  ExpectTestEvents(*log_, log_->size());
}

TEST_F(LogFaultsTest, FullDiskAtTheStart) {
  ASSERT_TRUE(LogWriter(*log_).Append(10).ok());
  log_.reset();
  faults_.Fail(Faults::Kind::kNoSpace);
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(ReasonOf(status), "DISK_FULL");
  faults_.Heal();
  Open();
  ExpectTestEvents(*log_, 10);
}

// When tables cannot be written, events wait in more than one WAL. An older one whose tail is cut
// is no crash of ours, and RocksDB's tolerance for cut tails would leave a hole.
TEST_F(LogFaultsTest, CutTailOfAnOlderWalIsDamage) {
  faults_.Fail(Faults::Kind::kTables);
  LogWriter writer(*log_);
  absl::Status status;
  for (int i = 0; status.ok() && i < 1'000; ++i) status = writer.Append(20);
  EXPECT_EQ(ReasonOf(status), "DISK_FULL") << status;
  log_.reset();
  std::vector<std::string> wals;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.Path("log"))) {
    if (entry.path().extension() == ".log") wals.push_back(entry.path());
  }
  std::sort(wals.begin(), wals.end());
  ASSERT_GE(wals.size(), 2u);
  ASSERT_GT(std::filesystem::file_size(wals[1]), 0u);
  std::filesystem::resize_file(wals[0], std::filesystem::file_size(wals[0]) - 3);
  faults_.Heal();
  status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED");
}

// One life of a log on a disk that fails somewhere: at the end, every acknowledged batch is there,
// and at most the one that failed with it.
class RandomFaultTest : public LogFaultsTest {
 protected:
  static Faults::Kind AnyKind(std::mt19937_64& random) {
    constexpr Faults::Kind kKinds[] = {Faults::Kind::kSync, Faults::Kind::kNoSpace,
                                       Faults::Kind::kTables, Faults::Kind::kEverything};
    return kKinds[random() % std::size(kKinds)];
  }

  void RunOnce(std::mt19937_64& random) {
    const Faults::Kind kind = AnyKind(random);
    const bool once = random() % 2 == 0;
    const uint64_t before = log_->size();
    faults_.Fail(kind, random() % (kind == Faults::Kind::kTables ? 15 : 150), once);
    LogWriter writer(*log_);
    uint64_t acknowledged = before;
    uint64_t attempted = before;
    for (int i = 0; i < 150 && attempted == acknowledged; ++i) {
      const uint64_t count = 1 + random() % 40;
      attempted += count;
      if (writer.Append(count).ok()) acknowledged = attempted;
    }
    const LogHead head = {acknowledged, RootOf(*log_, acknowledged)};
    ExpectTestEvents(*log_, acknowledged);
    log_.reset();
    if (faults_.HasFailed()) ++faults_met_;
    if (random() % 2 == 0) faults_.LoseWhatWasNotSynced();
    faults_.Heal();
    Open();
    EXPECT_TRUE(log_->size() == acknowledged || log_->size() == attempted)
        << log_->size() << " is neither " << acknowledged << " nor " << attempted;
    ExpectTestEvents(*log_, log_->size());
    const absl::Status check = CheckHead(*log_, head);
    EXPECT_TRUE(check.ok()) << check;
  }

  static Hash RootOf(const EventStore& log, uint64_t size) {
    EXPECT_EQ(log.size(), size);
    return TreeOf(log).Root();
  }

  int faults_met_ = 0;
};

TEST_F(RandomFaultTest, NothingAcknowledgedIsLost) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 15 && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    RunOnce(random);
  }
  EXPECT_GT(faults_met_, 5) << "the test tests nothing";
}

// The disk fails while the log is opened: later it opens, with everything in it.
TEST_F(RandomFaultTest, OpeningFailsWholly) {
  std::mt19937_64 random(TestSeed());
  ASSERT_TRUE(LogWriter(*log_).Append(300).ok());
  for (int round = 0; round < 15 && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    log_.reset();
    faults_.Fail(AnyKind(random), random() % 30);
    const absl::Status status = TryOpen();
    if (!status.ok()) {
      EXPECT_NE(status.code(), absl::StatusCode::kDataLoss) << status;
      if (random() % 2 == 0) faults_.LoseWhatWasNotSynced();
    }
    faults_.Heal();
    Open();
    ExpectTestEvents(*log_, 300);
  }
}

}  // namespace
}  // namespace registre::log_faults_test
