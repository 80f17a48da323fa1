#include "ledger/store/data_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "ledger/base/errors.h"
#include "ledger/store/event_store.h"
#include "tests/ledger/store/log_writer.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_seed.h"

namespace registre::data_folder_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteAll(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// What a folder that someone else owns is to us: the tests may run as root, whom no mode stops.
class AsNobody {
 public:
  AsNobody() {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) std::abort();
  }
  ~AsNobody() {
    if (::getuid() == 0 && ::seteuid(0) != 0) std::abort();
  }
};

class DataFolderTest : public ::testing::Test {
 protected:
  // Fails to open, with this code and reason; the message names the folder and has `what` in it.
  void ExpectRefused(absl::StatusCode code, const std::string& reason, const std::string& what) {
    const absl::Status status = DataFolder::Open(path_).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason);
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path_), HasSubstr(what)));
  }
  std::unique_ptr<DataFolder> Open() {
    auto folder = DataFolder::Open(path_);
    EXPECT_TRUE(folder.ok()) << folder.status();
    return folder.ok() ? *std::move(folder) : nullptr;
  }

  TempFolder temp_;
  const std::string path_ = temp_.Path("data");
};

TEST_F(DataFolderTest, IsMadeWhenThereIsNone) {
  const auto folder = Open();
  EXPECT_EQ(folder->directory(), path_);
  EXPECT_EQ(folder->log_directory(), path_ + "/log");
  EXPECT_EQ(folder->index_directory(), path_ + "/index");
  EXPECT_EQ(ReadAll(path_ + "/FORMAT"), "registre 1\n");
}

TEST_F(DataFolderTest, IsMadeWithTheFoldersAboveIt) {
  const auto folder = DataFolder::Open(temp_.Path("a/b/c/"));
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_TRUE(fs::exists(temp_.Path("a/b/c/FORMAT")));
}

TEST_F(DataFolderTest, IsMadeInAnEmptyFolder) {
  // With what a new disk and an interrupted first start leave there.
  fs::create_directories(path_ + "/lost+found");
  WriteAll(path_ + "/LOCK", "");
  WriteAll(path_ + "/FORMAT.tmp", "regi");
  Open();
  EXPECT_EQ(ReadAll(path_ + "/FORMAT"), "registre 1\n");
}

TEST_F(DataFolderTest, OpensAgain) {
  for (int i = 0; i < 3; ++i) Open();
}

TEST_F(DataFolderTest, RefusesAFolderOfSomethingElse) {
  fs::create_directories(path_);
  WriteAll(path_ + "/holiday.jpg", "");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "NOT_A_DATA_FOLDER", "holiday.jpg");
  EXPECT_FALSE(fs::exists(path_ + "/LOCK")) << "it must be left as it was";
}

TEST_F(DataFolderTest, RefusesAnotherFormatFile) {
  Open();
  for (const char* text : {"", "registre", "registre 1", "registre \n", "registre 0\n",
                           "Registre 1\n", "registre -1\n", "registre 1\n\n", "registre 1x\n",
                           "registre 99999999999999999999\n", "leveldb 1\n"}) {
    WriteAll(path_ + "/FORMAT", text);
    ExpectRefused(absl::StatusCode::kFailedPrecondition, "NOT_A_DATA_FOLDER", "FORMAT");
  }
}

TEST_F(DataFolderTest, RefusesANewerFormat) {
  Open();
  WriteAll(path_ + "/FORMAT", "registre 7\n");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "FORMAT_TOO_NEW",
                "was written in format 7; this program reads format 1");
}

TEST_F(DataFolderTest, RefusesAFile) {
  WriteAll(path_, "a file");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "NOT_A_DATA_FOLDER", "a file");
  EXPECT_EQ(ReadAll(path_), "a file");
}

TEST_F(DataFolderTest, RefusesAPathThroughAFile) {
  WriteAll(path_, "a file");
  const absl::Status status = DataFolder::Open(path_ + "/data").status();
  EXPECT_EQ(ReasonOf(status), "NOT_A_DATA_FOLDER") << status;
  EXPECT_EQ(ReasonOf(DataFolder::Open("").status()), "NOT_A_DATA_FOLDER");
}

TEST_F(DataFolderTest, RefusesAFolderInUse) {
  auto first = Open();
  ExpectRefused(absl::StatusCode::kUnavailable, "DATA_FOLDER_IN_USE", "Stop that server first");
  first.reset();
  Open();
}

TEST_F(DataFolderTest, RefusesAFolderThatCannotBeWritten) {
  Open();
  ASSERT_EQ(::chmod(temp_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0555), 0);
  {
    const AsNobody nobody;
    ExpectRefused(absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY",
                  "Permission denied");
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0755), 0);
}

TEST_F(DataFolderTest, RefusesToBeMadeWhereNothingCanBeMade) {
  ASSERT_EQ(::chmod(temp_.path().c_str(), 0555), 0);
  {
    const AsNobody nobody;
    ExpectRefused(absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY", "right to write");
  }
  ASSERT_EQ(::chmod(temp_.path().c_str(), 0755), 0);
}

TEST_F(DataFolderTest, RefusesALogThatCannotBeWritten) {
  const auto folder = Open();
  ASSERT_TRUE(OpenRocksDbEventStore(folder->log_directory()).ok());
  ASSERT_EQ(::chmod(temp_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(folder->log_directory().c_str(), 0555), 0);
  absl::Status status;
  {
    const AsNobody nobody;
    status = OpenRocksDbEventStore(folder->log_directory()).status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_EQ(ReasonOf(status), "DATA_FOLDER_READ_ONLY");
  ASSERT_EQ(::chmod(folder->log_directory().c_str(), 0755), 0);
}

TEST_F(DataFolderTest, RefusesAFullDisk) {
  // Writes to /dev/full fail as on a full disk; FORMAT is written there first.
  fs::create_directories(path_);
  fs::create_symlink("/dev/full", path_ + "/FORMAT.tmp");
  ExpectRefused(absl::StatusCode::kResourceExhausted, "DISK_FULL", "free space");
  fs::remove(path_ + "/FORMAT.tmp");
  Open();
}

LogHead HeadOf(uint64_t size) { return {size, Sha256(fmt::format("root {}", size))}; }

class HeadTest : public DataFolderTest {
 protected:
  void ExpectHead(uint64_t size) {
    const auto head = folder_->ReadHead();
    ASSERT_TRUE(head.ok()) << head.status();
    ASSERT_TRUE(head->has_value());
    EXPECT_EQ((*head)->size, size);
    EXPECT_EQ((*head)->root, HeadOf(size).root);
  }
  void ExpectDamaged() {
    const absl::Status status = folder_->ReadHead().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_EQ(ReasonOf(status), "HEAD_DAMAGED");
    EXPECT_THAT(std::string(status.message()), HasSubstr(head_path_));
  }

  const std::unique_ptr<DataFolder> folder_ = Open();
  const std::string head_path_ = path_ + "/HEAD";
};

TEST_F(HeadTest, IsNothingBeforeItIsWritten) {
  const auto head = folder_->ReadHead();
  ASSERT_TRUE(head.ok());
  EXPECT_FALSE(head->has_value());
}

TEST_F(HeadTest, IsWhatWasLastWritten) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, uint64_t{12}}) {
    ASSERT_TRUE(folder_->WriteHead(HeadOf(size)).ok());
    ExpectHead(size);
  }
  EXPECT_FALSE(fs::exists(head_path_ + ".tmp"));
}

TEST_F(HeadTest, IsTextOfFiveLines) {
  const std::string hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  ASSERT_TRUE(folder_->WriteHead({12, Sha256("abc")}).ok());
  std::string lines = "registre-head 2\n12\n" + hex + "\n-\n";
  EXPECT_EQ(ReadAll(head_path_), lines + HexOf(Sha256(lines)) + "\n");
  EXPECT_FALSE((*folder_->ReadHead())->state_digest.has_value());
  ASSERT_TRUE(folder_->WriteHead(HeadOf(13), Sha256("abc")).ok());
  lines = "registre-head 2\n13\n" + HexOf(HeadOf(13).root) + "\n" + hex + "\n";
  EXPECT_EQ(ReadAll(head_path_), lines + HexOf(Sha256(lines)) + "\n");
  EXPECT_EQ((*folder_->ReadHead())->state_digest, Sha256("abc"));
}

TEST_F(HeadTest, OfVersion1IsRead) {
  const std::string lines = "registre-head 1\n12\n" + HexOf(HeadOf(12).root) + "\n";
  WriteAll(head_path_, lines + HexOf(Sha256(lines)) + "\n");
  ExpectHead(12);
  EXPECT_FALSE((*folder_->ReadHead())->state_digest.has_value());
  const std::string mixed = lines + "-\n";
  WriteAll(head_path_, mixed + HexOf(Sha256(mixed)) + "\n");
  ExpectDamaged();
}

TEST_F(HeadTest, EveryCutIsSeen) {
  ASSERT_TRUE(folder_->WriteHead(HeadOf(12)).ok());
  const std::string text = ReadAll(head_path_);
  for (size_t length = 0; length < text.size(); ++length) {
    WriteAll(head_path_, text.substr(0, length));
    ExpectDamaged();
  }
  WriteAll(head_path_, text + "\n");
  ExpectDamaged();
  WriteAll(head_path_, text);
  ExpectHead(12);
}

TEST_F(HeadTest, EveryChangedByteIsSeen) {
  std::mt19937_64 random(TestSeed());
  ASSERT_TRUE(folder_->WriteHead(HeadOf(1'234'567), Sha256("state")).ok());
  const std::string text = ReadAll(head_path_);
  for (size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ (1 + random() % 255));
    WriteAll(head_path_, changed);
    ExpectDamaged();
  }
}

TEST_F(HeadTest, UnreadableIsDamaged) {
  fs::create_directory(head_path_);
  ExpectDamaged();
}

TEST_F(HeadTest, FullDiskKeepsTheOldOne) {
  ASSERT_TRUE(folder_->WriteHead(HeadOf(12)).ok());
  fs::create_symlink("/dev/full", head_path_ + ".tmp");
  const absl::Status status = folder_->WriteHead(HeadOf(13));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "DISK_FULL");
  ExpectHead(12);
}

TEST_F(HeadTest, IsWholeWhileManyWriteIt) {
  ASSERT_TRUE(folder_->WriteHead(HeadOf(0)).ok());
  std::vector<std::thread> writers;
  for (uint64_t writer = 1; writer <= 3; ++writer) {
    writers.emplace_back([this, writer] {
      for (uint64_t i = 0; i < 20; ++i) {
        EXPECT_TRUE(folder_->WriteHead(HeadOf(writer * 100 + i)).ok());
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const auto head = folder_->ReadHead();
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ((*head)->root, HeadOf((*head)->size).root);
  }
  for (std::thread& writer : writers) writer.join();
}

class CheckHeadTest : public ::testing::Test {
 protected:
  const std::unique_ptr<EventStore> log_ = NewMemoryEventStore();
  LogWriter writer_{*log_};
};

TEST_F(CheckHeadTest, LogMayHaveGrown) {
  std::vector<LogHead> heads = {{0, EmptyRoot()}};
  for (const uint64_t count : {1, 254, 1, 1, 300}) {
    ASSERT_TRUE(writer_.Append(count).ok());
    heads.push_back({log_->size(), writer_.tree().Root()});
    for (const LogHead& head : heads) {
      const absl::Status status = CheckHead(*log_, head);
      EXPECT_TRUE(status.ok()) << status;
    }
  }
}

TEST_F(CheckHeadTest, ShorterLog) {
  ASSERT_TRUE(writer_.Append(10).ok());
  const absl::Status status = CheckHead(*log_, {11, writer_.tree().Root()});
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "LOG_SHORTER");
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds 10 events, but held 11"));
}

TEST_F(CheckHeadTest, OneOtherEvent) {
  EventBatch batch = writer_.MakeBatch(10);
  const LogHead head = {10, writer_.tree().Root()};
  batch.events[3] += "!";
  batch.leaf_hashes[3] = LeafHash(batch.events[3]);
  ASSERT_TRUE(log_->Append(0, batch).ok());
  const absl::Status status = CheckHead(*log_, head);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "LOG_DIFFERENT");
  EXPECT_THAT(std::string(status.message()), HasSubstr(HexOf(head.root)));
  EXPECT_EQ(ReasonOf(CheckHead(*log_, {0, head.root})), "LOG_DIFFERENT");
}

}  // namespace
}  // namespace registre::data_folder_test
