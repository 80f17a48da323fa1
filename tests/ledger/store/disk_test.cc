#include "ledger/store/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "ledger/base/errors.h"
#include "ledger/store/rocksdb_errors.h"
#include "ledger/store/store_errors.h"
#include "tests/support/temp_folder.h"

namespace registre::disk_test {
namespace {

using rocksdb::Status;
using ::testing::HasSubstr;

void ExpectError(const absl::Status& status, absl::StatusCode code, const std::string& reason) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_EQ(ReasonOf(status), reason) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("/data")) << "it names the place";
}

TEST(DiskErrorTest, OfAnErrno) {
  struct Case {
    int error;
    absl::StatusCode code;
    const char* reason;
  };
  for (const Case& c : std::initializer_list<Case>{
           {ENOSPC, absl::StatusCode::kResourceExhausted, "DISK_FULL"},
           {EDQUOT, absl::StatusCode::kResourceExhausted, "DISK_FULL"},
           {EROFS, absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY"},
           {EACCES, absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY"},
           {EPERM, absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY"},
           {EIO, absl::StatusCode::kInternal, "DISK_FAILED"},
           {EMFILE, absl::StatusCode::kInternal, "DISK_FAILED"}}) {
    ExpectError(ErrnoError(c.error, "/data"), c.code, c.reason);
  }
}

// The words of RocksDB 7.8.
TEST(DiskErrorTest, OfRocksDb) {
  struct Case {
    Status status;
    absl::StatusCode code;
    const char* reason;
  };
  for (const Case& c : std::initializer_list<Case>{
           {Status::NoSpace("While appending to file: /data/log/000004.log",
                            "No space left on device"),
            absl::StatusCode::kResourceExhausted, "DISK_FULL"},
           {Status::IOError("While appending to file: /data/log/000004.log", "Disk quota exceeded"),
            absl::StatusCode::kResourceExhausted, "DISK_FULL"},
           {Status::IOError("While open a file for lock: /data/log/LOCK", "Read-only file system"),
            absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY"},
           {Status::IOError("While open a file for lock: /data/log/LOCK", "Permission denied"),
            absl::StatusCode::kPermissionDenied, "DATA_FOLDER_READ_ONLY"},
           {Status::IOError("While lock file: /data/log/LOCK", "Resource temporarily unavailable"),
            absl::StatusCode::kUnavailable, "DATA_FOLDER_IN_USE"},
           {Status::IOError("lock hold by current process, acquire time 1 acquiring thread 2: "
                            "/data/log/LOCK",
                            "No locks available"),
            absl::StatusCode::kUnavailable, "DATA_FOLDER_IN_USE"},
           {Status::IOError("While fdatasync: /data/log/000004.log", "Input/output error"),
            absl::StatusCode::kInternal, "DISK_FAILED"},
           {Status::Corruption("block checksum mismatch"), absl::StatusCode::kDataLoss,
            "LOG_DAMAGED"},
           {Status::PathNotFound("/data/log/000009.sst", "No such file or directory"),
            absl::StatusCode::kDataLoss, "LOG_DAMAGED"}}) {
    const absl::Status status = LogError(c.status, "/data/log", "appending at position 7");
    ExpectError(status, c.code, c.reason);
    EXPECT_THAT(std::string(status.message()), HasSubstr("ppending at position 7"));
  }
}

TEST(CopyBytesTest, AFileThatIsShorterIsRefused) {
  const TempFolder folder;
  const std::string from = folder.Path("from");
  std::ofstream(from) << "five\n";
  std::string seen;
  const auto copy = [&](const std::string& to, uint64_t bytes) {
    seen.clear();
    return CopyBytes(from, folder.Path(to), bytes, 0600, [&seen](std::string_view part) {
      seen += part;
      return true;
    });
  };
  EXPECT_TRUE(copy("start", 4).ok());
  EXPECT_EQ(seen, "five");
  EXPECT_TRUE(copy("whole", 5).ok());
  const absl::Status status = copy("more", 6);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_EQ(ReasonOf(status), "FILE_SHORTER");
  EXPECT_THAT(std::string(status.message()), HasSubstr(from + " has 5 bytes, not 6"));
}

TEST(CheckBatchTest, ABatchIsWhole) {
  EventBatch batch;
  batch.events = {"event"};
  EXPECT_DEATH(CheckBatch(batch, 0), "one leaf hash for each event");
  batch.leaf_hashes.push_back(LeafHash("event"));
  CheckBatch(batch, 0);
  CheckBatch(batch, 254);
  CheckBatch(batch, 256);
  EXPECT_DEATH(CheckBatch(batch, 255), "every tile");
  batch.tiles.resize(1);
  CheckBatch(batch, 255);
  EXPECT_DEATH(CheckBatch(batch, 256), "every tile");
  EXPECT_DEATH(CheckBatch(batch, 65'535), "every tile");  // two levels
  batch.tiles.resize(2);
  CheckBatch(batch, 65'535);
}

TEST(FullTilesTest, OfALevel) {
  EXPECT_EQ(FullTiles(0, 255), 0u);
  EXPECT_EQ(FullTiles(0, 256), 1u);
  EXPECT_EQ(FullTiles(1, 65'535), 0u);
  EXPECT_EQ(FullTiles(1, 65'536), 1u);
  EXPECT_EQ(FullTiles(6, ~uint64_t{0}), 255u);
  EXPECT_EQ(FullTiles(7, ~uint64_t{0}), 0u);
  EXPECT_EQ(AllFullTiles(65'536 + 256), 256u + 1 + 1);
}

}  // namespace
}  // namespace registre::disk_test
