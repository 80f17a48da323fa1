#include "ledger/backup.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "ledger/base/errors.h"
#include "ledger/store/data_folder.h"
#include "tests/ledger/backup_world.h"

namespace registre::testing::backup_test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class BackupTest : public BackupWorld {};

TEST_F(BackupTest, HoldsTheLogItsHeadAndTheKeys) {
  Start("data");
  RecordBusy(200);
  ASSERT_TRUE(checkpoints_->Sign().ok());
  const auto backup = BackUp("backup");
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup->origin, "registre.example/essai");
  EXPECT_EQ(backup->head.size, head().size);
  EXPECT_EQ(backup->head.root, head().root);
  EXPECT_EQ(backup->made_at, clock_.Now());

  const auto written = ReadBackup(folder_.Path("backup"));
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->origin, backup->origin);
  EXPECT_EQ(written->files, backup->files);
  std::vector<std::string> listed = {"BACKUP"};
  for (const BackedUpFile& file : written->files) listed.push_back(file.path);
  std::vector<std::string> files = FilesIn("backup");
  std::erase(files, "log/LOCK");
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(listed, files);
  EXPECT_THAT(files, Contains("HEAD"));
  EXPECT_THAT(files, Contains("keys/1.pem"));
  EXPECT_THAT(files, Contains("keys/verifiers"));
  EXPECT_FALSE(Exists("backup/index"));
  struct stat status = {};
  ASSERT_EQ(::stat(folder_.Path("backup/keys/1.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);

  const auto saved = ReadHeadOf(folder_.Path("backup"));
  ASSERT_TRUE(saved.ok() && saved->has_value());
  EXPECT_EQ((*saved)->size, head().size);
  EXPECT_EQ((*saved)->root, head().root);
}

TEST_F(BackupTest, SharesNoByteWithTheLedger) {
  Start("data");
  RecordBusy(20);
  Close();
  Start("data");  // there are tables now
  MustBackUp("backup");
  for (const std::string& file : FilesIn("backup")) {
    struct stat status = {};
    ASSERT_EQ(::stat(folder_.Path("backup/" + file).c_str(), &status), 0);
    EXPECT_EQ(status.st_nlink, 1u) << file;
  }
}

TEST_F(BackupTest, IsNoDataFolder) {
  Start("data");
  RecordBusy(2);
  MustBackUp("backup");
  Close();
  const absl::Status opened = TryOpen("backup");
  EXPECT_EQ(ReasonOf(opened), "NOT_A_DATA_FOLDER");
  EXPECT_THAT(std::string(opened.message()), HasSubstr("registre admin restore"));
}

TEST_F(BackupTest, TakesANewOrEmptyFolderOnly) {
  Start("data");
  RecordBusy(2);
  fs::create_directory(folder_.Path("empty"));
  EXPECT_TRUE(BackUp("empty").ok());
  fs::create_directories(folder_.Path("disk/lost+found"));
  EXPECT_TRUE(BackUp("disk").ok());

  fs::create_directory(folder_.Path("full"));
  WriteAll("full/log", "mine");
  EXPECT_EQ(ReasonOf(BackUp("full").status()), "BACKUP_FOLDER");
  EXPECT_EQ(ReadAll("full/log"), "mine") << "nothing of another is touched";
  EXPECT_EQ(ReasonOf(BackUp("empty").status()), "BACKUP_FOLDER") << "a backup is in it";
  EXPECT_TRUE(ReadBackup(folder_.Path("empty")).ok());
  WriteAll("file", "mine");
  EXPECT_EQ(ReasonOf(BackUp("file").status()), "BACKUP_FOLDER");
  EXPECT_EQ(ReadAll("file"), "mine");
  EXPECT_EQ(ReasonOf(BackUp("none/backup").status()), "BACKUP_FOLDER") << "no folder above";
  EXPECT_EQ(ReasonOf(BackUp("data/backup").status()), "BACKUP_FOLDER") << "in the data folder";
  EXPECT_EQ(ReasonOf(BackUp("x/../data/backup").status()), "BACKUP_FOLDER");
  EXPECT_EQ(ReasonOf(MakeBackup(*ledger_, "backup", clock_.Now(), nullptr).status()),
            "BACKUP_FOLDER")
      << "not absolute";
}

TEST_F(BackupTest, APathMayEndWithASlash) {
  Start("data/");
  RecordBusy(2);
  EXPECT_EQ(ReasonOf(BackUp("data/backup").status()), "BACKUP_FOLDER") << "in the data folder";
  EXPECT_TRUE(BackUp("backup/").ok());
  EXPECT_TRUE(Exists("backup/BACKUP"));
  Close();
  EXPECT_TRUE(TryRestore("backup/", "restored/").ok());
  EXPECT_TRUE(Exists("restored/FORMAT"));
}

TEST_F(BackupTest, ALinkIntoTheDataFolderIsSeenThrough) {
  Start("data");
  RecordBusy(2);
  fs::create_directory(folder_.Path("data/inner"));
  fs::create_symlink(folder_.Path("data/inner"), folder_.Path("link"));
  EXPECT_EQ(ReasonOf(BackUp("link").status()), "BACKUP_FOLDER");
  EXPECT_EQ(ReasonOf(BackUp("link/backup").status()), "BACKUP_FOLDER");
  EXPECT_TRUE(fs::is_empty(folder_.Path("data/inner")));
}

TEST_F(BackupTest, WhatIsNoPathIsRefused) {
  Start("data");
  RecordBusy(2);
  for (const std::string& path :
       {std::string("/tmp/a\0b", 8), std::string("/") + std::string(5'000, 'x'), std::string()}) {
    const absl::Status status = MakeBackup(*ledger_, path, clock_.Now(), nullptr).status();
    EXPECT_EQ(ReasonOf(status), "BACKUP_FOLDER") << status;
    EXPECT_LT(status.message().size(), 400u);
  }
  // A folder that nobody may make, root neither.
  const absl::Status status =
      MakeBackup(*ledger_, "/proc/registre-backup", clock_.Now(), nullptr).status();
  EXPECT_EQ(ReasonOf(status), "BACKUP_FOLDER") << status;
}

TEST_F(BackupTest, AnEmptyLedgerHasNothingToCopy) {
  Start("data");
  EXPECT_EQ(ReasonOf(BackUp("backup").status()), "LEDGER_NOT_OPENED");
  EXPECT_FALSE(Exists("backup"));
}

TEST_F(BackupTest, GivenUpLeavesNothing) {
  Start("data");
  RecordBusy(20);
  for (int calls = 0; calls < 1'000; ++calls) {
    int left = calls;
    const auto backup = MakeBackup(*ledger_, folder_.Path("backup"), clock_.Now(),
                                   [&](const FoldProgress&) { return left-- > 0; });
    if (backup.ok()) {
      EXPECT_GT(calls, 5) << "it is asked in each of its steps";
      return;
    }
    EXPECT_TRUE(absl::IsCancelled(backup.status())) << backup.status();
    EXPECT_FALSE(Exists("backup")) << calls;
  }
  ADD_FAILURE() << "it never ended";
}

TEST_F(BackupTest, ADamagedTableIsFoundAndNothingLeft) {
  Start("data");
  RecordBusy(300);
  Close();
  Start("data");
  int damaged = 0;
  for (const std::string& file : FilesIn("data/log")) {
    if (!file.ends_with(".sst")) continue;
    const std::string path = "data/log/" + file;
    const std::string text = ReadAll(path);
    std::string changed = text;
    changed[changed.size() / 2] ^= 1;
    WriteAll(path, changed);
    const auto backup = BackUp("backup");
    EXPECT_EQ(backup.status().code(), absl::StatusCode::kDataLoss) << file << backup.status();
    EXPECT_FALSE(Exists("backup"));
    WriteAll(path, text);
    ++damaged;
  }
  EXPECT_GT(damaged, 0);
  EXPECT_TRUE(BackUp("backup").ok());
}

TEST_F(BackupTest, RecordingGoesOn) {
  Start("data");
  RecordBusy(50);
  std::atomic<bool> over = false;
  std::thread writer([&] {
    for (int i = 0; !over; ++i) {
      EXPECT_TRUE(Record(fmt::format("w{}", i), {RegisterStructure(fmt::format("w-{}", i))}).ok());
      EXPECT_TRUE(checkpoints_->Sign().ok());
    }
  });
  for (int i = 0; i < 5; ++i) {
    const uint64_t before = head().size;
    const auto backup = BackUp(fmt::format("backup{}", i));
    ASSERT_TRUE(backup.ok()) << backup.status();
    EXPECT_GE(backup->head.size, before);
    EXPECT_LE(backup->head.size, head().size);
    EXPECT_EQ(*RootOfFirst(backup->head.size, ledger_->tiles().HashesAt(backup->head.size)),
              backup->head.root)
        << "a prefix of the log";
  }
  over = true;
  writer.join();
  const uint64_t size = head().size;
  Close();
  for (int i = 0; i < 5; ++i) {
    const auto restored = TryRestore(fmt::format("backup{}", i), fmt::format("restored{}", i));
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_LT(restored->backup.head.size, size);
    Start(fmt::format("restored{}", i));
    const auto report = ledger_->Check(nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->events, restored->backup.head.size + 1);
    EXPECT_TRUE(report->differences.empty()) << report->differences.front();
    Close();
  }
}

TEST(BackupFileTest, IsReadAsItWasWrittenOnly) {
  const Backup backup = {
      .origin = "registre.example/\"é\"\n",
      .head = {7, Sha256("root")},
      .made_at = absl::FromUnixSeconds(1'700'000'000),
      .files = {{"FORMAT", 11, Sha256("a")}, {"log/000012.sst", 0, Sha256("b")}}};
  const std::string text = FormatBackup(backup);
  const auto parsed = ParseBackup(text);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->origin, backup.origin);
  EXPECT_EQ(parsed->head.size, 7u);
  EXPECT_EQ(parsed->head.root, backup.head.root);
  EXPECT_EQ(parsed->made_at, backup.made_at);
  EXPECT_EQ(parsed->files, backup.files);
  for (size_t i = 0; i < text.size(); ++i) {
    for (const int bit : {1, 32, 128}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      EXPECT_FALSE(ParseBackup(changed)) << "byte " << i;
    }
    EXPECT_FALSE(ParseBackup(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(ParseBackup(text + "\n"));
  EXPECT_FALSE(ParseBackup(text + text));
}

TEST(BackupFileTest, NoPathLeadsElsewhere) {
  for (const char* path :
       {"", "/etc/passwd", "log/../x", "log/..", "log/.hidden", "log/", "log/a/b", "index/1",
        "../FORMAT", "BACKUP", "keys", "LOCK", "log/a b"}) {
    const Backup backup = {.origin = "o",
                           .head = {1, Sha256("root")},
                           .made_at = absl::UnixEpoch(),
                           .files = {{path, 1, Sha256("a")}}};
    EXPECT_FALSE(ParseBackup(FormatBackup(backup))) << path;
  }
}

}  // namespace
}  // namespace registre::testing::backup_test
