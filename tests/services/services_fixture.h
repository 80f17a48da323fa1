// A server over a new ledger on a loopback port, and its client.
#ifndef REGISTRE_TESTS_SERVICES_SERVICES_FIXTURE_H_
#define REGISTRE_TESTS_SERVICES_SERVICES_FIXTURE_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "ledger/checkpoints.h"
#include "ledger/ledger.h"
#include "projections/state_reader.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "registre/v1/record_line.pb.h"
#include "services/server.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {

// A call that is read for as long as it is held.
template <class Response>
struct OpenStream {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<Response>> stream;
};

// Keeps the recorder from taking what is queued, until released.
class HeldRecorder {
 public:
  explicit HeldRecorder(Recorder* recorder)
      : thread_([this, recorder] {
          recorder->RunExclusive([this](Layers*, const LogHead&) {
            held_.Notify();
            release_.WaitForNotification();
          });
        }) {
    held_.WaitForNotification();
  }
  ~HeldRecorder() { Release(); }
  void Release() {
    if (!release_.HasBeenNotified()) release_.Notify();
    if (thread_.joinable()) thread_.join();
  }

 private:
  absl::Notification held_;
  absl::Notification release_;
  std::thread thread_;
};

// The lines of the real input.
inline std::vector<v1::RecordLine> RealLines() {
  std::ifstream file(std::string(REGISTRE_SOURCE_DIR) + "/tests/data/deliberation-2023-405.jsonl");
  std::vector<v1::RecordLine> lines;
  for (std::string text; std::getline(file, text);) {
    v1::RecordLine line;
    const auto parsed = google::protobuf::util::JsonStringToMessage(text, &line);
    EXPECT_TRUE(parsed.ok()) << parsed.ToString() << text;
    lines.push_back(std::move(line));
  }
  return lines;
}

inline google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  google::rpc::Status rpc;
  google::rpc::ErrorInfo info;
  if (rpc.ParseFromString(status.error_details()) && rpc.details_size() > 0) {
    info.ParseFromString(rpc.details(0).value());
  }
  return info;
}

class ServicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ledger = Ledger::Open({.directory = folder_.Path("data"),
                                .projection = RegistreProjection(),
                                .clock = &clock_,
                                .random = &random_,
                                .on_progress = nullptr});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    auto checkpoints = Checkpoints::Open(ledger_.get(), &clock_);
    ASSERT_TRUE(checkpoints.ok()) << checkpoints.status();
    checkpoints_ = *std::move(checkpoints);
    auto server = Server::Start({.listen = "127.0.0.1:0",
                                 .ledger = ledger_.get(),
                                 .checkpoints = checkpoints_.get(),
                                 .clock = &clock_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                   grpc::InsecureChannelCredentials());
    ledger_stub_ = v1::LedgerService::NewStub(channel_);
  }
  void TearDown() override {
    server_.reset();
    checkpoints_.reset();
    ledger_.reset();
  }

  // Stops the server on a thread of its own. Returns once the stop has begun.
  std::thread BeginStop() {
    grpc::ClientContext context;
    const auto subscription = ledger_stub_->Subscribe(&context, {});
    v1::SubscribeResponse message;
    EXPECT_TRUE(subscription->Read(&message)) << "the server knows of it before it stops";
    std::thread stop([this] { server_->Drain(absl::Seconds(20)); });
    while (subscription->Read(&message)) continue;
    EXPECT_EQ(InfoOf(subscription->Finish()).reason(), "DRAINING") << "the stop has begun";
    return stop;
  }

  void AwaitQueued(uint64_t units) {
    while (ledger_->recorder().status().queued_units < units) absl::SleepFor(absl::Milliseconds(1));
  }

  grpc::Status Record(const v1::RecordRequest& request, v1::RecordResponse* response) {
    grpc::ClientContext context;
    return ledger_stub_->Record(&context, request, response);
  }
  grpc::Status Record(const std::string& id, const std::vector<v1::Act>& acts) {
    v1::RecordResponse response;
    return Record(UnitOf(id, acts), &response);
  }
  // Records the real deliberation through the stream; returns its command ids by position.
  void RecordReal() {
    grpc::ClientContext context;
    auto stream = ledger_stub_->RecordStream(&context);
    const auto lines = RealLines();
    ASSERT_GT(lines.size(), 50u);
    for (const v1::RecordLine& line : lines) {
      v1::RecordStreamRequest request;
      request.mutable_request()->set_command_id(line.command_id());
      *request.mutable_request()->add_acts() = line.act();
      ASSERT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
    v1::RecordStreamResponse response;
    size_t answers = 0;
    while (stream->Read(&response)) {
      EXPECT_EQ(response.command_id(), lines[answers].command_id()) << "answers come in order";
      EXPECT_TRUE(response.has_receipt()) << response.error().message();
      ++answers;
    }
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(answers, lines.size());
    size_ = lines.size();
  }
  uint64_t PositionOf(v1::Act::ActCase act_case) {
    for (uint64_t i = 0; i < ledger_->log().size(); ++i) {
      v1::Event event;
      event.ParseFromString(ledger_->log().Get({i})->front());
      if (event.act().act_case() == act_case) return i;
    }
    return ~uint64_t{0};
  }

  TempFolder folder_;
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_stub_;
  uint64_t size_ = 0;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SERVICES_SERVICES_FIXTURE_H_
