// Limits of the reads: pages, pools, calls that nobody waits for.
#include "services/reads.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "ledger/base/limits.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/anomaly_service.grpc.pb.h"
#include "registre/v1/structure_service.grpc.pb.h"
#include "services/progress_stream.h"
#include "tests/services/services_fixture.h"

namespace registre::testing {
namespace {

class ReadsTest : public ServicesTest {};

// A structure with remarks, each a flag: 20 KB of event.
v1::Act FlaggedStructure(const std::string& id) {
  v1::Act act = RegisterStructure(id);
  for (int i = 0; i < 20; ++i) act.add_remarks(std::string(500, 'x'));
  return act;
}

TEST_F(ReadsTest, APageOfAnomaliesLooksAtTwoMebibytes) {
  constexpr int kStructures = 250;
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  for (int i = 0; i < kStructures; i += 50) {
    std::vector<v1::Act> acts;
    for (int j = i; j < i + 50; ++j) acts.push_back(FlaggedStructure(fmt::format("st-{}", j)));
    ASSERT_TRUE(Record(fmt::format("unit-{}", i), acts).ok());
  }
  const auto stub = v1::AnomalyService::NewStub(channel_);
  v1::ListAnomaliesRequest request;
  request.set_page_size(1'000);
  int remarks = 0;
  int pages = 0;
  uint64_t last = 0;
  do {
    grpc::ClientContext context;
    v1::ListAnomaliesResponse page;
    ASSERT_TRUE(stub->ListAnomalies(&context, request, &page).ok());
    EXPECT_LE(page.ByteSizeLong(), kMaxPageBytes);
    for (const v1::Anomaly& anomaly : page.anomalies()) {
      EXPECT_GE(anomaly.position(), last);
      last = anomaly.position();
      remarks += anomaly.flag().rule() == "REMARK" ? 1 : 0;
    }
    ++pages;
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(remarks, kStructures * 20);
  EXPECT_GT(pages, 1);
}

TEST_F(ReadsTest, APageOfRowsLooksAtSoManyKeys) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  for (uint64_t i = 0; i <= kMaxPageScan / kMaxUnitActs; ++i) {
    std::vector<v1::Act> acts;
    for (size_t j = 0; j < kMaxUnitActs; ++j) {
      acts.push_back(RegisterStructure(fmt::format("st-{:02}-{:04}", i, j)));
    }
    ASSERT_TRUE(Record(fmt::format("unit-{}", i), acts).ok());
  }
  const auto stub = v1::StructureService::NewStub(channel_);
  v1::ListStructuresRequest request;
  request.mutable_options()->mutable_as_of()->set_position(0);
  int pages = 0;
  do {
    grpc::ClientContext context;
    v1::ListStructuresResponse page;
    ASSERT_TRUE(stub->ListStructures(&context, request, &page).ok());
    EXPECT_EQ(page.structures_size(), 0) << "none is there at the start";
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 2);
}

TEST_F(ReadsTest, AnEventIsThereFromItsPositionOn) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  ASSERT_TRUE(Record("a", {RegisterStructure("st-a")}).ok());
  v1::GetEventRequest request;
  request.set_position(1);
  v1::GetEventResponse event;
  const auto get = [&] {
    grpc::ClientContext context;
    return ledger_stub_->GetEvent(&context, request, &event).error_code();
  };
  EXPECT_EQ(get(), grpc::OK);
  request.mutable_options()->mutable_as_of()->set_position(1);
  EXPECT_EQ(get(), grpc::OK);
  request.mutable_options()->mutable_as_of()->set_position(0);
  EXPECT_EQ(get(), grpc::NOT_FOUND);
  request.mutable_options()->clear_as_of();
  v1::Date* const early = request.mutable_options()->mutable_as_of()->mutable_effective_on();
  early->set_year(1900);
  early->set_month(1);
  early->set_day(1);
  EXPECT_EQ(get(), grpc::OK) << "an event is what was recorded";
}

// Of the server alone: says what time it is when it is let.
class HeldClock final : public Clock {
 public:
  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    ++asked_;
    mutex_.Await(absl::Condition(&open_));
    return absl::UnixEpoch();
  }
  absl::Duration BootTime() const override { return absl::ZeroDuration(); }
  void Open(bool open) {
    absl::MutexLock lock(&mutex_);
    open_ = open;
    asked_ = 0;
  }
  void AwaitAsked() {
    absl::MutexLock lock(&mutex_);
    const auto asked = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return asked_ > 0; };
    mutex_.Await(absl::Condition(&asked));
  }

 private:
  mutable absl::Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  mutable int asked_ ABSL_GUARDED_BY(mutex_) = 0;
};

// An admin must be answered when reads wait; the threads of the one are not those of the other.
// Here it is the admin's that are held.
TEST_F(ReadsTest, AdminsAndReadersDoNotWaitForEachOther) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  HeldClock clock;
  auto server = Server::Start({.listen = "127.0.0.1:0",
                               .ledger = ledger_.get(),
                               .checkpoints = checkpoints_.get(),
                               .clock = &clock});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel = grpc::CreateChannel(fmt::format("127.0.0.1:{}", (*server)->port()),
                                           grpc::InsecureChannelCredentials());
  clock.Open(false);
  std::vector<std::thread> admins;
  for (int i = 0; i < 4; ++i) {
    admins.emplace_back([&channel] {
      grpc::ClientContext context;
      v1::GetStatusResponse status;
      EXPECT_TRUE(v1::AdminService::NewStub(channel)->GetStatus(&context, {}, &status).ok());
    });
  }
  clock.AwaitAsked();
  for (int i = 0; i < 4; ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::GetEventResponse event;
    EXPECT_TRUE(v1::LedgerService::NewStub(channel)->GetEvent(&context, {}, &event).ok());
  }
  clock.Open(true);
  for (std::thread& admin : admins) admin.join();
}

// Answers GetStatus and Rebuild from a pool that a test holds.
class HeldService final : public v1::AdminService::CallbackService {
 public:
  explicit HeldService(ReadPool* pool) : pool_(pool) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* call,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse*) override {
    call_ = call;
    grpc::ServerUnaryReactor* const reactor =
        ServeRead({nullptr, pool_, &access_}, call, *request, [this] {
          worked = true;
          return absl::OkStatus();
        });
    queued.Notify();
    return reactor;
  }
  grpc::ServerWriteReactor<v1::RebuildResponse>* Rebuild(grpc::CallbackServerContext*,
                                                         const v1::RebuildRequest*) override {
    return new ProgressStream<v1::RebuildResponse>(
        {pool_, &draining_, "rebuild", &rebuilding_, "REBUILD_RUNNING"},
        [](const OnFoldProgress&) { return v1::RebuildResponse(); },
        [](const FoldProgress&, v1::RebuildResponse*) {});
  }

  bool cancelled() const { return call_->IsCancelled(); }
  absl::Notification queued;
  std::atomic<bool> worked = false;

 private:
  ReadPool* const pool_;
  Access access_{{}};  // local mode
  const std::atomic<bool> draining_ = false;
  std::atomic<bool> rebuilding_ = false;
  grpc::CallbackServerContext* call_ = nullptr;
};

// Serves a HeldService on a loopback port.
class HeldServer {
 public:
  explicit HeldServer(HeldService* service) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    stub = v1::AdminService::NewStub(
        grpc::CreateChannel(fmt::format("127.0.0.1:{}", port), grpc::InsecureChannelCredentials()));
  }
  ~HeldServer() { server_->Shutdown(); }

  std::unique_ptr<v1::AdminService::Stub> stub;

 private:
  std::unique_ptr<grpc::Server> server_;
};

TEST(ServeReadTest, DoesNoWorkThatNobodyWaitsFor) {
  auto pool = std::make_unique<ReadPool>(1, 8);
  HeldService service(pool.get());
  absl::Notification release;
  ASSERT_TRUE(pool->Submit([&] {
    service.queued.WaitForNotification();
    while (!service.cancelled()) absl::SleepFor(absl::Milliseconds(1));
    release.Notify();
  }));
  const HeldServer server(&service);
  grpc::ClientContext context;
  std::thread client([&] {
    v1::GetStatusResponse status;
    EXPECT_EQ(server.stub->GetStatus(&context, {}, &status).error_code(), grpc::CANCELLED);
  });
  service.queued.WaitForNotification();
  context.TryCancel();
  client.join();
  release.WaitForNotification();
  pool.reset();  // runs what is queued
  EXPECT_FALSE(service.worked);
}

TEST(ServeReadTest, IsRefusedWhereNoMoreMayWait) {
  ReadPool pool(1, 0);
  HeldService service(&pool);
  const HeldServer server(&service);
  grpc::ClientContext context;
  v1::GetStatusResponse response;
  const grpc::Status status = server.stub->GetStatus(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "READS_FULL");
  EXPECT_FALSE(service.worked);
}

// A call that was not queued is not under way.
TEST(ProgressStreamTest, IsRefusedWhereNoMoreMayWait) {
  ReadPool pool(1, 1);
  HeldService service(&pool);
  const HeldServer server(&service);
  const auto rebuild = [&server] {
    grpc::ClientContext context;
    const auto stream = server.stub->Rebuild(&context, {});
    v1::RebuildResponse response;
    while (stream->Read(&response)) continue;
    return stream->Finish();
  };
  absl::Notification held;
  absl::Notification release;
  absl::Notification room;
  ASSERT_TRUE(pool.Submit([&] {
    held.Notify();
    release.WaitForNotification();
  }));
  held.WaitForNotification();
  ASSERT_TRUE(pool.Submit([&room] { room.Notify(); }));
  for (int i = 0; i < 2; ++i) {
    const grpc::Status status = rebuild();
    EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
    EXPECT_EQ(InfoOf(status).reason(), "READS_FULL") << i;
  }
  release.Notify();
  room.WaitForNotification();
  const grpc::Status status = rebuild();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ReadsTest, ManyViolationsReachTheClient) {
  v1::RecordRequest request = UnitOf("wrong", {});
  for (int i = 0; i < 40; ++i) {
    *request.add_acts() = RegisterStructure(fmt::format("no id {}", i));
  }
  v1::RecordResponse response;
  const grpc::Status status = Record(request, &response);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT) << status.error_message();
  EXPECT_EQ(InfoOf(status).reason(), "FIELD_INVALID");
  EXPECT_NE(status.error_message().find("(and 39 more)"), std::string::npos);
  google::rpc::Status rpc;
  google::rpc::BadRequest bad;
  ASSERT_TRUE(rpc.ParseFromString(status.error_details()));
  ASSERT_TRUE(rpc.details(1).UnpackTo(&bad));
  EXPECT_GT(bad.field_violations_size(), 5);
  EXPECT_EQ(bad.field_violations(bad.field_violations_size() - 1).field(), "...");
}

}  // namespace
}  // namespace registre::testing
