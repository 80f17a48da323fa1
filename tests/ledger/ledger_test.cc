#include "ledger/ledger.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/base/errors.h"
#include "projections/state_reader.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_recorder.h"

namespace registre::testing::ledger_test {
namespace {

namespace fs = std::filesystem;

class LedgerTest : public ::testing::Test {
 protected:
  absl::Status Open() {
    auto opened = Ledger::Open({.directory = folder_.Path("data"),
                                .projection = RegistreProjection(),
                                .clock = &clock_,
                                .random = &random_,
                                .on_progress = nullptr});
    if (!opened.ok()) return opened.status();
    ledger_ = *std::move(opened);
    return absl::OkStatus();
  }
  void MustOpen() {
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }
  void Close() { ledger_.reset(); }

  Outcome Record(const std::string& id, const std::vector<v1::Act>& acts) {
    auto command = MakeCommand(SubjectOf(acts.front()), UnitOf(id, acts), AnyRole);
    if (!command.ok()) return command.status();
    PendingOutcome pending;
    ledger_->recorder().Submit(*std::move(command),
                               [&pending](Outcome outcome) { pending.Set(std::move(outcome)); });
    return pending.Get();
  }
  void RecordBusy(int orders) {
    int unit = 0;
    for (const auto& acts : BusyLedger(1, orders)) {
      const Outcome outcome = Record(fmt::format("u{}", unit++), acts);
      ASSERT_TRUE(outcome.ok()) << outcome.status();
    }
  }
  std::string ConventionRow() {
    auto state = ledger_->index()->Read()->Get("convention:2023-00001");
    return state.ok() && state->has_value() ? (*state)->row->ShortDebugString() : "none";
  }
  void ExpectIndexEqualsLog() {
    const auto report = ledger_->Check(nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->differences, std::vector<std::string>());
    EXPECT_EQ(report->events, ledger_->log().size());
    EXPECT_GT(report->rows, 0u);
  }

  // What stands in the folder of the index.
  std::set<std::string> Generations() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.Path("data/index"))) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  TempFolder folder_;
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerTest, ComesBackAsItWas) {
  MustOpen();
  RecordBusy(60);
  const std::string row = ConventionRow();
  const LogHead head = ledger_->recorder().status().head;
  Close();
  MustOpen();
  EXPECT_EQ(ledger_->recorder().status().head.size, head.size);
  EXPECT_EQ(ledger_->recorder().status().head.root, head.root);
  EXPECT_EQ(ConventionRow(), row);
  EXPECT_EQ(ledger_->index()->disk_head().size, head.size) << "a clean stop flushes the index";
  EXPECT_TRUE(Record("u0", BusyLedger(1, 60).front())->already_recorded());
  ExpectIndexEqualsLog();
}

TEST_F(LedgerTest, ADeletedIndexIsRebuilt) {
  MustOpen();
  RecordBusy(60);
  const std::string row = ConventionRow();
  Close();
  fs::remove_all(folder_.Path("data/index"));
  MustOpen();
  EXPECT_EQ(ConventionRow(), row);
  EXPECT_TRUE(Record("u0", BusyLedger(1, 60).front())->already_recorded());
  ExpectIndexEqualsLog();
}

TEST_F(LedgerTest, AnIndexOfAnotherLogIsRebuilt) {
  MustOpen();
  RecordBusy(30);
  const std::string row = ConventionRow();
  Close();
  fs::rename(folder_.Path("data"), folder_.Path("longer"));
  MustOpen();
  ASSERT_TRUE(Record("other", {OpenTestLedger(), RegisterStructure("st-z")}).ok());
  Close();
  fs::remove_all(folder_.Path("longer/index"));
  fs::rename(folder_.Path("data/index"), folder_.Path("longer/index"));
  fs::remove_all(folder_.Path("data"));
  fs::rename(folder_.Path("longer"), folder_.Path("data"));
  MustOpen();
  EXPECT_EQ(ConventionRow(), row);
  ExpectIndexEqualsLog();
}

TEST_F(LedgerTest, ALogShorterThanItsHeadIsDataLoss) {
  MustOpen();
  RecordBusy(5);
  LogHead head = ledger_->recorder().status().head;
  Close();
  head.size += 1;
  ASSERT_TRUE((*DataFolder::Open(folder_.Path("data")))->WriteHead(head).ok());
  const absl::Status opened = Open();
  EXPECT_EQ(opened.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(opened), "LOG_SHORTER");
}

TEST_F(LedgerTest, ALogThatIsNotTheOneOfItsHeadIsDataLoss) {
  MustOpen();
  RecordBusy(5);
  LogHead head = ledger_->recorder().status().head;
  Close();
  head.root[0] ^= 1;
  ASSERT_TRUE((*DataFolder::Open(folder_.Path("data")))->WriteHead(head).ok());
  EXPECT_EQ(ReasonOf(Open()), "LOG_DIFFERENT");
}

TEST_F(LedgerTest, ACheckFindsARowThatDiffers) {
  MustOpen();
  RecordBusy(20);
  Close();
  {
    auto index = Index::Open(folder_.Path("data/index/1"), RegistreProjection().version);
    ASSERT_TRUE(index.ok()) << index.status();
    IndexDelta delta;
    auto state = (*index)->Read()->Get("convention:2023-00001");
    v1::Row row = *(*state)->row;
    row.mutable_convention()->set_amount_cents(row.convention().amount_cents() + 1);
    delta.keys["convention:2023-00001"].state = **state;
    delta.keys["convention:2023-00001"].state.row = std::make_shared<v1::Row>(row);
    delta.commands[CommandKey("clerk", "u1")] = {0, std::string(33, 'x')};
    delta.events = 1;
    (*index)->Publish(std::move(delta), (*index)->disk_head());
    ASSERT_TRUE((*index)->Flush().ok());
  }
  MustOpen();
  const auto report = ledger_->Check(nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->differences.size(), 2u);
  EXPECT_NE(report->differences[0].find("convention:2023-00001"), std::string::npos);
  EXPECT_NE(report->differences[1].find("u1"), std::string::npos);
  ASSERT_TRUE(ledger_->Rebuild(nullptr).ok());
  ExpectIndexEqualsLog();
}

TEST_F(LedgerTest, ACheckFindsASnapshotThatDiffers) {
  MustOpen();
  RecordBusy(200);
  Close();
  {
    auto index = Index::Open(folder_.Path("data/index/1"), RegistreProjection().version);
    ASSERT_TRUE(index.ok()) << index.status();
    auto state = (*index)->Read()->Get("convention:2023-00001");
    ASSERT_GT((*state)->count, kSnapshotEvery);
    auto snapshot = (*index)->Read()->GetSnapshot("convention:2023-00001", kSnapshotEvery);
    ASSERT_TRUE(snapshot.ok() && snapshot->has_value());
    (*snapshot)->max_effective += 1;
    IndexDelta delta;
    delta.keys["convention:2023-00001"].state = **state;
    delta.keys["convention:2023-00001"].snapshots = {**snapshot};
    delta.events = 1;
    (*index)->Publish(std::move(delta), (*index)->disk_head());
    ASSERT_TRUE((*index)->Flush().ok());
  }
  MustOpen();
  const auto report = ledger_->Check(nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->differences.size(), 1u);
  EXPECT_EQ(report->differences[0],
            "convention:2023-00001: the snapshot after its event 128 differs");
}

TEST_F(LedgerTest, RebuildsWhileItRecords) {
  MustOpen();
  RecordBusy(200);
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) {
      const std::string id = fmt::format("more-{}", i);
      EXPECT_TRUE(Record(id, {RegisterStructure(id)}).ok());
    }
  });
  for (int i = 0; i < 3; ++i) {
    const auto report = ledger_->Rebuild(nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    const auto check = ledger_->Check(nullptr);
    EXPECT_TRUE(check.ok() && check->differences.empty()) << check.status();
  }
  writer.join();
  ExpectIndexEqualsLog();
  Close();
  MustOpen();
  ExpectIndexEqualsLog();
  EXPECT_EQ(Generations(), std::set<std::string>({"4", "CURRENT"})) << "one generation is left";
}

// A server that dies while it rebuilds goes on with the index it had.
TEST_F(LedgerTest, ARebuildThatDidNotEndLeavesTheIndexInUse) {
  MustOpen();
  RecordBusy(20);
  ASSERT_TRUE(ledger_->Rebuild(nullptr).ok());
  const uint64_t size = ledger_->log().size();
  Close();
  fs::create_directory(folder_.Path("data/index/1"));
  fs::create_directory(folder_.Path("data/index/3"));
  MustOpen();
  EXPECT_EQ(Generations(), std::set<std::string>({"2", "CURRENT"}));
  EXPECT_EQ(ledger_->index()->disk_head().size, size) << "nothing was replayed";
  ExpectIndexEqualsLog();
}

// The first rebuild of a ledger: there is no CURRENT yet.
TEST_F(LedgerTest, AFirstRebuildThatDidNotEndLeavesTheIndexInUse) {
  MustOpen();
  RecordBusy(20);
  const uint64_t size = ledger_->log().size();
  Close();
  fs::create_directory(folder_.Path("data/index/2"));
  MustOpen();
  EXPECT_EQ(Generations(), std::set<std::string>({"1"}));
  EXPECT_EQ(ledger_->index()->disk_head().size, size);
}

TEST_F(LedgerTest, AnUnreadableCurrentCostsNothing) {
  MustOpen();
  RecordBusy(5);
  Close();
  std::ofstream(folder_.Path("data/index/CURRENT")) << "none";
  MustOpen();
  ExpectIndexEqualsLog();
}

TEST_F(LedgerTest, SaysThatHeadCannotBeWritten) {
  MustOpen();
  EXPECT_TRUE(ledger_->head_status().ok());
  // HEAD.tmp cannot be made where a folder of this name stands.
  fs::create_directory(folder_.Path("data/HEAD.tmp"));
  RecordBusy(1);
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (ledger_->head_status().ok() && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(ledger_->head_status().ok());
  const Outcome outcome = Record("goes-on", {RegisterStructure("st-z")});
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  fs::remove(folder_.Path("data/HEAD.tmp"));
}

TEST_F(LedgerTest, OneRebuildAtATimeAndItMayBeGivenUp) {
  MustOpen();
  RecordBusy(5);
  absl::Status inner;
  const auto outer = ledger_->Check([&](const FoldProgress&) {
    inner = ledger_->Rebuild(nullptr).status();
    return false;
  });
  EXPECT_EQ(ReasonOf(inner), "REBUILD_RUNNING");
  EXPECT_EQ(outer.status().code(), absl::StatusCode::kCancelled);
  ExpectIndexEqualsLog();
}

TEST_F(LedgerTest, AFolderServesOneLedger) {
  MustOpen();
  auto second = Ledger::Open({.directory = folder_.Path("data"),
                              .projection = RegistreProjection(),
                              .clock = &clock_,
                              .random = &random_,
                              .on_progress = nullptr});
  EXPECT_EQ(ReasonOf(second.status()), "DATA_FOLDER_IN_USE");
}

}  // namespace
}  // namespace registre::testing::ledger_test
