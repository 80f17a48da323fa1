// A log whose files are not those that were written: noticed, named, never silently accepted.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ledger/backup.h"
#include "ledger/base/errors.h"
#include "ledger/store/data_folder.h"
#include "ledger/store/log_inspection.h"
#include "ledger/store/rocksdb_event_store.h"
#include "rocksdb/db.h"
#include "tests/ledger/store/log_writer.h"
#include "tests/support/temp_folder.h"

namespace registre::log_damage_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Events that fill several tables, and tiles, with a small WAL.
constexpr uint64_t kEvents = 3'000;

class LogDamageTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<EventStore>> TryOpen() {
    return OpenRocksDbEventStore(log_folder_, LogTuning{.wal_bytes = 64 * 1024});
  }

  // Writes `count` events in batches of ten, closes the log, and keeps its head.
  void WriteLog(uint64_t count) {
    auto log = TryOpen();
    ASSERT_TRUE(log.ok()) << log.status();
    LogWriter writer(**log);
    for (uint64_t i = 0; i < count; i += 10) ASSERT_TRUE(writer.Append(10).ok());
    head_ = {writer.tree().size(), writer.tree().Root()};
  }

  // The files of an extension, oldest first.
  std::vector<std::string> Files(const std::string& extension) const {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(log_folder_)) {
      if (entry.path().extension() == extension) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  static void FlipByte(const std::string& file, uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get() ^ 0x40);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
    ASSERT_TRUE(stream.good());
  }

  void ExpectDamaged(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED");
    EXPECT_THAT(std::string(status.message()), HasSubstr(log_folder_));
  }

  // Writes into the database behind the log's back.
  template <typename Change>
  void ChangeDatabase(const Change& change) {
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status =
        rocksdb::DB::Open(LogDbOptions(LogTuning()), log_folder_, LogFamilies(), &handles, &db);
    ASSERT_TRUE(status.ok()) << status.ToString();
    change(*db, *handles[1], *handles[2]);
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
    ASSERT_TRUE(db->Close().ok());
    delete db;
  }

  TempFolder folder_;
  const std::string log_folder_ = folder_.Path("log");
  LogHead head_;
};

TEST_F(LogDamageTest, WholeLogPasses) {
  WriteLog(kEvents);
  ASSERT_GE(Files(".sst").size(), 3u);
  const auto log = TryOpen();
  ASSERT_TRUE(log.ok()) << log.status();
  ExpectTestEvents(**log, kEvents);
  EXPECT_TRUE(CheckHead(**log, head_).ok());
}

TEST_F(LogDamageTest, CutTailOfTheWalIsToleratedAndSeenByTheHead) {
  WriteLog(50);
  const std::string wal = Files(".log").back();
  fs::resize_file(wal, fs::file_size(wal) - 3);
  const auto log = TryOpen();
  ASSERT_TRUE(log.ok()) << log.status();
  ExpectTestEvents(**log, 40);
  const absl::Status status = CheckHead(**log, head_);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "LOG_SHORTER");
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds 40 events, but held 50"));
}

TEST_F(LogDamageTest, CutTailOfTheWalIsSeenByAnInspection) {
  WriteLog(50);
  {
    const auto whole = LogInspection::Open(log_folder_);
    ASSERT_TRUE(whole.ok()) << whole.status();
    EXPECT_TRUE((*whole)->Tail().ok()) << (*whole)->Tail();
  }
  const std::string wal = Files(".log").back();
  fs::resize_file(wal, fs::file_size(wal) - 3);
  const auto torn = LogInspection::Open(log_folder_);
  ASSERT_TRUE(torn.ok()) << torn.status();
  EXPECT_EQ((*torn)->log().size(), 40u) << "what stands before it is there";
  const absl::Status tail = (*torn)->Tail();
  EXPECT_EQ(tail.code(), absl::StatusCode::kDataLoss) << tail;
  EXPECT_EQ(ReasonOf(tail), "LOG_TORN");
  EXPECT_THAT(std::string(tail.message()), HasSubstr(log_folder_));
  EXPECT_EQ(ReasonOf(OpenWholeLog(log_folder_).status()), "LOG_TORN") << "it is no backup";
}

TEST_F(LogDamageTest, LostWalIsSeenByTheHead) {
  WriteLog(50);
  for (const std::string& wal : Files(".log")) fs::remove(wal);
  const auto log = TryOpen();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->size(), 0u);
  EXPECT_EQ(ReasonOf(CheckHead(**log, head_)), "LOG_SHORTER");
}

TEST_F(LogDamageTest, ChangedByteInTheWal) {
  WriteLog(50);
  const std::string wal = Files(".log").back();
  FlipByte(wal, fs::file_size(wal) / 2);
  ExpectDamaged(TryOpen().status());
}

TEST_F(LogDamageTest, ChangedByteInATable) {
  WriteLog(kEvents);
  // Of events and of hashes alike.
  for (const std::string& table : Files(".sst")) FlipByte(table, fs::file_size(table) / 3);
  const auto log = TryOpen();
  if (!log.ok()) {  // the byte stood where an open looks
    ExpectDamaged(log.status());
    return;
  }
  uint64_t read = 0;
  const absl::Status status = (*log)->Read(0, [&read](uint64_t position, std::string_view bytes) {
    EXPECT_EQ(bytes, TestEvent(position));
    ++read;
    return true;
  });
  ExpectDamaged(status);
  EXPECT_LT(read, kEvents);
  EXPECT_THAT(std::string(status.message()), HasSubstr(fmt::format("reading event {}", read)));
  EXPECT_THAT(std::string(status.message()), HasSubstr(".sst"));
  ExpectDamaged((*log)->Get({read}).status());
}

TEST_F(LogDamageTest, LostTable) {
  WriteLog(kEvents);
  fs::remove(Files(".sst").front());
  ExpectDamaged(TryOpen().status());
}

TEST_F(LogDamageTest, CutTable) {
  WriteLog(kEvents);
  const std::string table = Files(".sst").front();
  fs::resize_file(table, fs::file_size(table) - 1);
  ExpectDamaged(TryOpen().status());
}

TEST_F(LogDamageTest, LostCurrentIsNoNewLog) {
  WriteLog(kEvents);
  fs::remove(log_folder_ + "/CURRENT");
  const size_t tables = Files(".sst").size();
  ExpectDamaged(TryOpen().status());
  EXPECT_EQ(Files(".sst").size(), tables);
}

TEST_F(LogDamageTest, LostManifest) {
  WriteLog(kEvents);
  for (const auto& entry : fs::directory_iterator(log_folder_)) {
    if (entry.path().filename().string().starts_with("MANIFEST")) fs::remove(entry.path());
  }
  ExpectDamaged(TryOpen().status());
}

TEST_F(LogDamageTest, CrashWhileTheDatabaseIsMadeIsNoDamage) {
  fs::create_directories(log_folder_);
  std::ofstream(log_folder_ + "/MANIFEST-000001") << "half";
  const auto log = TryOpen();
  ASSERT_TRUE(log.ok()) << log.status();
  ExpectTestEvents(**log, 0);
}

TEST_F(LogDamageTest, EventWithoutLeaf) {
  WriteLog(50);
  ChangeDatabase([](rocksdb::DB& db, auto& events, auto&) {
    ASSERT_TRUE(db.Put({}, &events, PositionKey(50), "event").ok());
  });
  const absl::Status status = TryOpen().status();
  ExpectDamaged(status);
  EXPECT_THAT(std::string(status.message()), HasSubstr("51 events but 50 leaf hashes"));
}

TEST_F(LogDamageTest, HoleInTheMiddle) {
  WriteLog(50);
  ChangeDatabase([](rocksdb::DB& db, auto& events, auto& leaves) {
    ASSERT_TRUE(db.Put({}, &events, PositionKey(51), "event").ok());
    ASSERT_TRUE(db.Put({}, &leaves, PositionKey(51), std::string(32, 'x')).ok());
  });
  const absl::Status status = TryOpen().status();
  ExpectDamaged(status);
  EXPECT_THAT(std::string(status.message()), HasSubstr("52 events"));
}

TEST_F(LogDamageTest, RewrittenEvent) {
  WriteLog(50);
  ChangeDatabase([](rocksdb::DB& db, auto& events, auto&) {
    ASSERT_TRUE(db.Put({}, &events, PositionKey(7), "another event").ok());
  });
  ExpectDamaged(TryOpen().status());
}

TEST_F(LogDamageTest, MissingTiles) {
  ChangeDatabase([](rocksdb::DB& db, auto& events, auto& leaves) {
    for (uint64_t position = 0; position < 300; ++position) {
      ASSERT_TRUE(db.Put({}, &events, PositionKey(position), "event").ok());
      ASSERT_TRUE(db.Put({}, &leaves, PositionKey(position), std::string(32, 'x')).ok());
    }
  });
  const absl::Status status = TryOpen().status();
  ExpectDamaged(status);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'tiles' holds 0 entries"));
}

// A hole that the counts do not show, because another event stands there twice.
TEST_F(LogDamageTest, HoleFoundByReading) {
  ChangeDatabase([](rocksdb::DB& db, auto& events, auto& leaves) {
    for (const uint64_t position : {0, 0, 2}) {
      ASSERT_TRUE(db.Put({}, &events, PositionKey(position), "event").ok());
      ASSERT_TRUE(db.Put({}, &leaves, PositionKey(position), std::string(31, 'x')).ok());
      ASSERT_TRUE(db.Flush({}, {&events, &leaves}).ok());
    }
  });
  const auto log = TryOpen();
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::Status status = (*log)->Read(0, [](uint64_t, std::string_view) { return true; });
  ExpectDamaged(status);
  EXPECT_THAT(std::string(status.message()), HasSubstr("event 1 of 3 is missing"));
  ExpectDamaged((*log)->Get({0, 1}).status());
  ExpectDamaged((*log)->GetLeafHash(1).status());
  ExpectDamaged((*log)->GetLeafHash(0).status());  // 31 bytes
}

TEST_F(LogDamageTest, SecondOpenInTheSameProcess) {
  const auto first = TryOpen();
  ASSERT_TRUE(first.ok());
  const absl::Status status = TryOpen().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "DATA_FOLDER_IN_USE");
}

TEST_F(LogDamageTest, OpenInAnotherProcess) {
  WriteLog(10);
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // Holds the lock as RocksDB does, until the parent is done with its side of the pipe.
    const int fd = ::open((log_folder_ + "/LOCK").c_str(), O_RDWR);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    char byte = ::fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    ::close(done[1]);
    while (::read(done[0], &byte, 1) > 0) {
    }
    ::_exit(0);
  }
  char locked = 0;
  ASSERT_EQ(::read(ready[0], &locked, 1), 1);
  ASSERT_EQ(locked, 'y');
  const absl::Status status = TryOpen().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "DATA_FOLDER_IN_USE");
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) ::close(fd);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(TryOpen().ok());
}

}  // namespace
}  // namespace registre::log_damage_test
