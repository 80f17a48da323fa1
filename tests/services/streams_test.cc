// Record streams and subscriptions: what waits, what is refused, what a stop tells them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "ledger/base/limits.h"
#include "ledger/command.h"
#include "ledger/event_query.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "services/ledger_service.h"
#include "services/open_streams.h"
#include "services/recording.h"
#include "tests/services/services_fixture.h"

namespace registre::testing {
namespace {

class StreamsTest : public ServicesTest {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::RecordStreamRequest, v1::RecordStreamResponse>;

  static void Write(Stream* stream, const v1::RecordRequest& unit) {
    v1::RecordStreamRequest request;
    *request.mutable_request() = unit;
    ASSERT_TRUE(stream->Write(request));
  }

  // Command ids and outcomes, until the stream ends.
  static std::string ReadAll(Stream* stream) {
    std::string outcomes;
    v1::RecordStreamResponse response;
    while (stream->Read(&response)) {
      google::rpc::ErrorInfo info;
      if (response.has_error()) info.ParseFromString(response.error().details(0).value());
      outcomes += fmt::format("{} {}\n", response.command_id(),
                              response.has_receipt() ? "recorded" : info.reason());
    }
    return outcomes;
  }
};

TEST_F(StreamsTest, UnitsOfAStreamWaitForRoomInTheQueue) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  HeldRecorder held(&ledger_->recorder());
  for (size_t i = 0; i < kMaxQueuedUnits; ++i) {
    v1::RecordRequest unit = UnitOf(fmt::format("filler-{}", i), {RegisterStructure("st-filler")});
    unit.set_validate_only(true);
    ledger_->recorder().Submit(*MakeCommand({}, unit, AnyRole), [](const Outcome&) {});
  }
  EXPECT_EQ(InfoOf(Record("one", {RegisterStructure("st-one")})).reason(), "QUEUE_FULL");

  grpc::ClientContext context;
  const auto stream = ledger_stub_->RecordStream(&context);
  std::string expected;
  for (const std::string id : {"a", "b", "c", "d"}) {
    Write(stream.get(), UnitOf(id, {RegisterStructure("st-" + id)}));
    expected += id + " recorded\n";
  }
  stream->WritesDone();
  // The server has met the full queue by then, several times.
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(InfoOf(Record("one", {RegisterStructure("st-one")})).reason(), "QUEUE_FULL");
  }
  held.Release();
  EXPECT_EQ(ReadAll(stream.get()), expected);
  EXPECT_TRUE(stream->Finish().ok());
  std::string recorded;
  for (uint64_t i = 1; i < ledger_->log().size(); ++i) {
    recorded += ParseEvent(i, ledger_->log().Get({i})->front())->command_id() + " ";
  }
  EXPECT_EQ(recorded, "a b c d ");
}

TEST_F(StreamsTest, AStopEndsAnIdleRecordStreamAtOnce) {
  grpc::ClientContext context;
  const auto stream = ledger_stub_->RecordStream(&context);
  Write(stream.get(), UnitOf("open", {OpenTestLedger()}));
  v1::RecordStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.has_receipt());
  const absl::Time begin = absl::Now();
  server_->Drain(absl::Seconds(20));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(InfoOf(status).reason(), "DRAINING");
}

TEST_F(StreamsTest, AStopAnswersTheUnitsUnderWayFirst) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  HeldRecorder held(&ledger_->recorder());
  grpc::ClientContext context;
  const auto stream = ledger_stub_->RecordStream(&context);
  Write(stream.get(), UnitOf("a", {RegisterStructure("st-a")}));
  Write(stream.get(), UnitOf("b", {RegisterStructure("st-b")}));
  AwaitQueued(2);
  std::thread stop = BeginStop();
  held.Release();
  EXPECT_EQ(ReadAll(stream.get()), "a recorded\nb recorded\n");
  EXPECT_EQ(InfoOf(stream->Finish()).reason(), "DRAINING");
  stop.join();
}

TEST_F(StreamsTest, ASecondRebuildIsRefusedAtOnce) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  // Whichever comes first waits for the recorder; the other is refused though that one cannot end.
  HeldRecorder held(&ledger_->recorder());
  const auto admin = v1::AdminService::NewStub(channel_);
  absl::Mutex mutex;
  std::vector<grpc::Status> ended;
  const auto rebuild = [&] {
    grpc::ClientContext context;
    const auto stream = admin->Rebuild(&context, {});
    v1::RebuildResponse progress;
    while (stream->Read(&progress)) continue;
    const grpc::Status status = stream->Finish();
    absl::MutexLock lock(&mutex);
    ended.push_back(status);
  };
  std::thread one(rebuild);
  std::thread other(rebuild);
  {
    absl::MutexLock lock(&mutex);
    const auto one_ended = [&ended] { return !ended.empty(); };
    mutex.Await(absl::Condition(&one_ended));
    EXPECT_EQ(ended.size(), 1u);
    EXPECT_EQ(InfoOf(ended.front()).reason(), "REBUILD_RUNNING");
  }
  held.Release();
  one.join();
  other.join();
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_TRUE(ended.back().ok()) << ended.back().error_message();
  v1::RebuildResponse progress;
  grpc::ClientContext third_context;
  const auto third = admin->Rebuild(&third_context, {});
  while (third->Read(&progress)) continue;
  EXPECT_TRUE(third->Finish().ok()) << "there is none under way any more";
}

TEST_F(StreamsTest, ASubscriptionPastTheHeadIsRefused) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  ASSERT_TRUE(Record("a", {RegisterStructure("st-a")}).ok());
  v1::SubscribeRequest request;
  request.set_from_position(3);
  grpc::ClientContext context;
  const auto ahead = ledger_stub_->Subscribe(&context, request);
  v1::SubscribeResponse message;
  EXPECT_FALSE(ahead->Read(&message));
  const grpc::Status status = ahead->Finish();
  EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(status).reason(), "POSITION_AHEAD");
  EXPECT_EQ(InfoOf(status).metadata().at("from_position"), "3");
  EXPECT_EQ(InfoOf(status).metadata().at("size"), "2");
  EXPECT_NE(status.error_message().find("starts at position 3"), std::string::npos);
  EXPECT_NE(status.error_message().find("holds 2 events"), std::string::npos);

  request.set_from_position(2);
  grpc::ClientContext next_context;
  const auto next = ledger_stub_->Subscribe(&next_context, request);
  ASSERT_TRUE(next->Read(&message));
  EXPECT_EQ(message.caught_up().position(), 1u) << "the next event is awaited";
  ASSERT_TRUE(Record("b", {RegisterStructure("st-b")}).ok());
  ASSERT_TRUE(next->Read(&message));
  ASSERT_TRUE(message.has_batch());
  EXPECT_EQ(message.batch().events(0).position(), 2u);
  next_context.TryCancel();
}

TEST_F(StreamsTest, ASubscriptionIsToldThatWhatItReadWasLost) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  ASSERT_TRUE(Record("a", {RegisterStructure("st-a")}).ok());
  const LogHead head = ledger_->recorder().status().head;
  const std::string first = OriginOf(*ledger_->Row());
  v1::Act act;
  act.mutable_ledger_restored()->set_previous_origin(first);
  act.mutable_ledger_restored()->set_origin(first + "/restored");
  act.mutable_ledger_restored()->set_log_size(head.size);
  act.mutable_ledger_restored()->set_log_root(BytesOf(head.root));
  act.mutable_ledger_restored()->set_reason("essai");
  auto command = MakeCommand("registre:restore", UnitOf("restored", {act}), AnyRole);
  ASSERT_TRUE(command.ok()) << command.status();
  ASSERT_TRUE(RecordNow(ledger_.get(), *std::move(command)).ok());
  ASSERT_TRUE(Record("b", {RegisterStructure("st-b")}).ok());

  const auto subscribe = [&](const std::string& origin, uint64_t from) {
    v1::SubscribeRequest request;
    request.set_origin(origin);
    request.set_from_position(from);
    grpc::ClientContext context;
    const auto stream = ledger_stub_->Subscribe(&context, request);
    v1::SubscribeResponse message;
    const bool served = stream->Read(&message);
    if (served) context.TryCancel();
    const grpc::Status end = stream->Finish();
    EXPECT_EQ(end.error_message().find("never had that name") != std::string::npos,
              !served && origin == "other.example/log");
    google::rpc::ErrorInfo info = InfoOf(end);
    return served ? "served" : info.reason() + " " + (*info.mutable_metadata())["shared_events"];
  };
  EXPECT_EQ(subscribe("", 4), "served") << "it compares by itself";
  EXPECT_EQ(subscribe(first + "/restored", 4), "served");
  EXPECT_EQ(subscribe(first, 2), "served") << "what it read is in this log";
  EXPECT_EQ(subscribe(first, 3), "ORIGIN_CHANGED 2");
  EXPECT_EQ(subscribe(first, 9), "ORIGIN_CHANGED 2") << "it says more than POSITION_AHEAD";
  EXPECT_EQ(subscribe("other.example/log", 1), "ORIGIN_CHANGED 0");
  EXPECT_EQ(subscribe("other.example/log", 0), "served") << "it read nothing";
}

TEST_F(StreamsTest, ManySubscriptionsShareTheirMemory) {
  EXPECT_EQ(BatchBytes(0), kMaxBatchBytes);
  EXPECT_EQ(BatchBytes(1), kMaxBatchBytes);
  EXPECT_EQ(BatchBytes(64), kMaxBatchBytes);
  EXPECT_EQ(BatchBytes(128), kMaxBatchBytes / 2);
  EXPECT_EQ(BatchBytes(kMaxSubscriptions), kMaxSubscriptionBytes / kMaxSubscriptions);
  EXPECT_EQ(BatchBytes(1'000'000), kMinBatchBytes);
}

TEST_F(StreamsTest, NoMoreSubscriptionsThanTheLimit) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  std::vector<std::unique_ptr<OpenStream<v1::SubscribeResponse>>> open;
  v1::SubscribeResponse message;
  for (size_t i = 0; i < kMaxSubscriptions; ++i) {
    open.push_back(std::make_unique<OpenStream<v1::SubscribeResponse>>());
    open.back()->stream = ledger_stub_->Subscribe(&open.back()->context, {});
    ASSERT_TRUE(open.back()->stream->Read(&message)) << i;
  }
  const auto subscribe = [&] {
    grpc::ClientContext context;
    const auto stream = ledger_stub_->Subscribe(&context, {});
    if (stream->Read(&message)) context.TryCancel();
    return stream->Finish();
  };
  const grpc::Status refused = subscribe();
  EXPECT_EQ(refused.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(refused).reason(), "TOO_MANY_SUBSCRIPTIONS");
  for (const auto& one : open) one->context.TryCancel();
  for (const auto& one : open) EXPECT_EQ(one->stream->Finish().error_code(), grpc::CANCELLED);
  // Those that ended leave room, a moment later.
  grpc::Status status;
  while (InfoOf(status = subscribe()).reason() == "TOO_MANY_SUBSCRIPTIONS") {
    std::this_thread::yield();
  }
  EXPECT_EQ(status.error_code(), grpc::CANCELLED) << "it was served";
}

TEST_F(StreamsTest, SubscriptionsComeAndGo) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  const auto live = [this] {
    grpc::ClientContext context;
    v1::GetStatusResponse status;
    EXPECT_TRUE(v1::AdminService::NewStub(channel_)->GetStatus(&context, {}, &status).ok());
    return status.subscriptions();
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
    std::vector<std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>>> readers;
    for (int i = 0; i < 10; ++i) {
      contexts.push_back(std::make_unique<grpc::ClientContext>());
      readers.push_back(ledger_stub_->Subscribe(contexts.back().get(), {}));
    }
    // Some are cut amid the first page, others while they wait.
    v1::SubscribeResponse message;
    for (size_t i = 0; i < readers.size(); i += 2) ASSERT_TRUE(readers[i]->Read(&message));
    ASSERT_TRUE(
        Record(fmt::format("r{}", round), {RegisterStructure(fmt::format("s{}", round))}).ok());
    for (const auto& context : contexts) context->TryCancel();
    for (const auto& reader : readers) reader->Finish();
  }
  while (live() > 0) absl::SleepFor(absl::Milliseconds(1));
}

TEST(OpenStreamsTest, TellsThoseThatAreThereAndThoseThatCome) {
  OpenStreams streams;
  std::string told;
  streams.Add([&told] { told += "a"; });
  const OpenStreams::Id gone = streams.Add([&told] { told += "gone"; });
  streams.Remove(gone);
  EXPECT_EQ(told, "");
  streams.Drain();
  EXPECT_EQ(told, "a");
  streams.Add([&told] { told += "b"; });
  EXPECT_EQ(told, "ab");
  streams.Drain();
  EXPECT_EQ(told, "ab") << "once";
}

}  // namespace
}  // namespace registre::testing
