// AdminService.Backup: what a client is told, one at a time, given up.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "ledger/backup_file.h"
#include "ledger/proof/checkpoint.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "tests/services/services_fixture.h"

namespace registre::testing::backup_service_test {
namespace {

class BackupServiceTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    admin_ = v1::AdminService::NewStub(channel_);
    ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
    ASSERT_TRUE(Record("a", {RegisterStructure("st-a")}).ok());
  }

  grpc::Status BackUp(const std::string& directory, v1::BackupResponse* last,
                      grpc::ClientContext* context) {
    v1::BackupRequest request;
    request.set_directory(directory);
    const auto stream = admin_->Backup(context, request);
    while (stream->Read(last)) continue;
    return stream->Finish();
  }
  grpc::Status BackUp(const std::string& name) {
    grpc::ClientContext context;
    v1::BackupResponse last;
    return BackUp(folder_.Path(name), &last, &context);
  }

  // A backup comes to a halt while it reads this key.
  void HoldBackups() { ASSERT_EQ(::mkfifo(Fifo().c_str(), 0600), 0); }
  // Waits until one has.
  void AwaitHeld() {
    held_ = ::open(Fifo().c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(held_, 0);
    ASSERT_EQ(::unlink(Fifo().c_str()), 0);
  }
  void Release() { ::close(held_); }
  std::string Fifo() const { return folder_.Path("data/keys/held"); }

  std::unique_ptr<v1::AdminService::Stub> admin_;
  int held_ = -1;
};

TEST_F(BackupServiceTest, TheLastMessageSaysWhatWasCopied) {
  grpc::ClientContext context;
  v1::BackupResponse last;
  const grpc::Status status = BackUp(folder_.Path("backup"), &last, &context);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(last.done());
  EXPECT_EQ(last.events(), 2u);
  EXPECT_EQ(last.total(), 2u);
  EXPECT_EQ(last.root(), BytesOf(ledger_->recorder().status().head.root));
  const auto backup = ReadBackup(folder_.Path("backup"));
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(BytesOf(backup->head.root), last.root());
}

TEST_F(BackupServiceTest, AFolderThatTakesNoneIsRefused) {
  std::filesystem::create_directories(folder_.Path("full/x"));
  for (const std::string& path :
       {folder_.Path("full"), folder_.Path("data/backup"), std::string("backup"), std::string(),
        std::string(100'000, '/')}) {
    grpc::ClientContext context;
    v1::BackupResponse last;
    const grpc::Status status = BackUp(path, &last, &context);
    EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION) << status.error_message();
    EXPECT_EQ(InfoOf(status).reason(), "BACKUP_FOLDER") << status.error_message();
  }
}

TEST_F(BackupServiceTest, ASecondOneIsRefusedAtOnce) {
  HoldBackups();
  absl::Mutex mutex;
  std::vector<grpc::Status> ended;
  const auto back_up = [&](const std::string& name) {
    const grpc::Status status = BackUp(name);
    absl::MutexLock lock(&mutex);
    ended.push_back(status);
  };
  std::thread one(back_up, "one");
  std::thread other(back_up, "other");
  AwaitHeld();
  {
    absl::MutexLock lock(&mutex);
    const auto one_ended = [&ended] { return !ended.empty(); };
    mutex.Await(absl::Condition(&one_ended));
    EXPECT_EQ(ended.size(), 1u);
    EXPECT_EQ(InfoOf(ended.front()).reason(), "BACKUP_RUNNING");
  }
  EXPECT_TRUE(Record("b", {RegisterStructure("st-b")}).ok()) << "recording goes on";
  Release();
  one.join();
  other.join();
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_TRUE(ended.back().ok()) << ended.back().error_message();
  EXPECT_TRUE(BackUp("third").ok()) << "there is none under way any more";
}

TEST_F(BackupServiceTest, AClientThatGoesLeavesNothing) {
  HoldBackups();
  grpc::ClientContext context;
  std::thread client([&] {
    v1::BackupResponse last;
    EXPECT_EQ(BackUp(folder_.Path("backup"), &last, &context).error_code(), grpc::CANCELLED);
  });
  AwaitHeld();
  context.TryCancel();
  client.join();
  Release();
  grpc::Status next = BackUp("next");
  while (InfoOf(next).reason() == "BACKUP_RUNNING") next = BackUp("next");
  EXPECT_TRUE(next.ok()) << next.error_message();
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("backup")));
}

TEST_F(BackupServiceTest, AStopGivesItUp) {
  HoldBackups();
  grpc::Status status;
  std::thread client([&] { status = BackUp("backup"); });
  AwaitHeld();
  std::thread stop = BeginStop();
  Release();
  client.join();
  stop.join();
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(InfoOf(status).reason(), "DRAINING");
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("backup")));
}

}  // namespace
}  // namespace registre::testing::backup_service_test
