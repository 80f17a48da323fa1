// The payment feed as its clients see it: what is delivered, when, and what an admin may do.
#include "ledger/feed/payment_feed.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/base/errors.h"
#include "registre/v1/payment_feed_service.grpc.pb.h"
#include "tests/services/services_fixture.h"
#include "tests/support/payment_acts.h"

namespace registre::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A client of Consume.
class FeedClient {
 public:
  FeedClient(v1::PaymentFeedService::Stub* stub, const std::string& consumer, int window = 0)
      : stream_(stub->Consume(&context_)) {
    v1::ConsumeRequest request;
    request.mutable_attach()->set_consumer(consumer);
    request.mutable_attach()->set_window(window);
    stream_->Write(request);
  }
  ~FeedClient() {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }

  // The next deliveries, caught_up and heartbeats passed over; empty when the stream ended.
  std::vector<v1::Delivery> Next() {
    v1::ConsumeResponse response;
    while (stream_->Read(&response)) {
      if (!response.has_deliveries()) continue;
      return {response.deliveries().deliveries().begin(), response.deliveries().deliveries().end()};
    }
    return {};
  }
  // What is delivered until the server says that it is caught up.
  std::vector<v1::Delivery> UntilCaughtUp() {
    std::vector<v1::Delivery> all;
    v1::ConsumeResponse response;
    while (stream_->Read(&response) && !response.has_caught_up()) {
      all.insert(all.end(), response.deliveries().deliveries().begin(),
                 response.deliveries().deliveries().end());
    }
    EXPECT_TRUE(response.has_caught_up());
    held_ = response.caught_up().held();
    return all;
  }
  uint64_t held() const { return held_; }

  void Acknowledge(const v1::Delivery& delivery) {
    v1::ConsumeRequest request;
    request.mutable_acknowledge()->set_delivery_id(delivery.delivery_id());
    request.mutable_acknowledge()->set_through_position(
        delivery.events(delivery.events_size() - 1).position());
    ASSERT_TRUE(stream_->Write(request));
  }
  void Refuse(const v1::Delivery& delivery, int event, const std::string& reason) {
    v1::ConsumeRequest request;
    request.mutable_refuse()->set_delivery_id(delivery.delivery_id());
    request.mutable_refuse()->set_position(delivery.events(event).position());
    request.mutable_refuse()->set_reason(reason);
    ASSERT_TRUE(stream_->Write(request));
  }
  void Write(const v1::ConsumeRequest& request) { stream_->Write(request); }
  void WritesDone() { stream_->WritesDone(); }

  // Reads to the end.
  grpc::Status Finish() {
    v1::ConsumeResponse response;
    while (stream_->Read(&response)) continue;
    finished_ = true;
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ConsumeRequest, v1::ConsumeResponse>> stream_;
  bool finished_ = false;
  uint64_t held_ = 0;
};

std::vector<std::string> MandatsOf(const std::vector<v1::Delivery>& deliveries) {
  std::vector<std::string> mandats;
  for (const v1::Delivery& delivery : deliveries) {
    std::string text;
    for (const v1::RecordedEvent& stored : delivery.events()) {
      v1::Event event;
      event.ParseFromString(stored.event());
      EXPECT_EQ(event.position(), stored.position());
      const v1::Act& act = event.act();
      if (!text.empty()) text += " ";
      if (act.has_payment_ordered()) text += act.payment_ordered().mandat();
      if (act.has_payment_accepted()) text += act.payment_accepted().order().mandat() + "+";
      if (act.has_payment_settled()) text += act.payment_settled().order().mandat() + "=";
    }
    mandats.push_back(text);
  }
  return mandats;
}

class PaymentFeedTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    Connect();
    ASSERT_TRUE(Record("founding", PaymentFounding(5)).ok());
  }
  void Connect() { feed_ = v1::PaymentFeedService::NewStub(channel_); }

  template <class Request, class Response>
  grpc::Status Call(grpc::Status (v1::PaymentFeedService::Stub::*method)(grpc::ClientContext*,
                                                                         const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return (feed_.get()->*method)(&context, request, response);
  }
  grpc::Status Create(const std::string& name, int max_tries = 0, int64_t answer_within_ms = 0,
                      v1::ConsumerStart start = v1::CONSUMER_START_UNSPECIFIED) {
    v1::CreateConsumerRequest request;
    request.set_name(name);
    request.set_start(start);
    request.mutable_settings()->set_max_tries(max_tries);
    request.mutable_settings()->set_answer_within_ms(answer_within_ms);
    v1::CreateConsumerResponse response;
    return Call(&v1::PaymentFeedService::Stub::CreateConsumer, request, &response);
  }
  v1::Consumer Get(const std::string& name) {
    v1::GetConsumerRequest request;
    request.set_name(name);
    v1::GetConsumerResponse response;
    const grpc::Status status =
        Call(&v1::PaymentFeedService::Stub::GetConsumer, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.consumer();
  }
  // The server has noticed that the consumer's client is gone.
  void AwaitDetached(const std::string& name) {
    while (Get(name).attached()) absl::SleepFor(absl::Milliseconds(1));
  }
  // Answers are not answered: waits until the server has taken them.
  void AwaitLag(const std::string& name, uint64_t lag) {
    while (Get(name).lag() != lag) absl::SleepFor(absl::Milliseconds(1));
  }
  void AwaitParked(const std::string& name, int parked) {
    while (Get(name).state().parked_size() != parked) absl::SleepFor(absl::Milliseconds(1));
  }
  grpc::Status Pause(const std::string& name) {
    v1::PauseConsumerRequest request;
    request.set_name(name);
    v1::PauseConsumerResponse response;
    return Call(&v1::PaymentFeedService::Stub::PauseConsumer, request, &response);
  }
  grpc::Status Resume(const std::string& name) {
    v1::ResumeConsumerRequest request;
    request.set_name(name);
    v1::ResumeConsumerResponse response;
    return Call(&v1::PaymentFeedService::Stub::ResumeConsumer, request, &response);
  }
  grpc::Status Rewind(const std::string& name, std::optional<uint64_t> position) {
    v1::RewindConsumerRequest request;
    request.set_name(name);
    if (position) request.set_position(*position);
    v1::RewindConsumerResponse response;
    return Call(&v1::PaymentFeedService::Stub::RewindConsumer, request, &response);
  }
  grpc::Status Retry(const std::string& name, uint64_t position) {
    v1::RetryParkedRequest request;
    request.set_name(name);
    request.set_position(position);
    v1::RetryParkedResponse response;
    return Call(&v1::PaymentFeedService::Stub::RetryParked, request, &response);
  }
  grpc::Status Skip(const std::string& name, uint64_t position, const std::string& reason) {
    v1::SkipParkedRequest request;
    request.set_name(name);
    request.set_position(position);
    request.set_reason(reason);
    v1::SkipParkedResponse response;
    return Call(&v1::PaymentFeedService::Stub::SkipParked, request, &response);
  }
  grpc::Status Delete(const std::string& name) {
    v1::DeleteConsumerRequest request;
    request.set_name(name);
    v1::DeleteConsumerResponse response;
    return Call(&v1::PaymentFeedService::Stub::DeleteConsumer, request, &response);
  }
  // Starts the server and its ledger again over the same folder.
  void RestartAll() {
    server_.reset();
    checkpoints_.reset();
    ledger_.reset();
    ServicesTest::SetUp();
    Connect();
  }

  // As the first start of a folder that was restored and may lack events; it serves nobody yet, so
  // that no client is attached.
  void RecordRestored() {
    const LogHead head = ledger_->recorder().status().head;
    v1::Act act;
    v1::LedgerRestored& restored = *act.mutable_ledger_restored();
    restored.set_previous_origin(OriginOf(*ledger_->Row()));
    restored.set_origin(restored.previous_origin() + "/restored");
    restored.set_log_size(head.size);
    restored.set_log_root(BytesOf(head.root));
    restored.set_reason("essai");
    auto command = MakeCommand("registre:restore",
                               UnitOf(fmt::format("restored-{}", head.size), {act}), AnyRole);
    ASSERT_TRUE(command.ok()) << command.status();
    PendingOutcome pending;
    ledger_->recorder().Submit(*std::move(command),
                               [&pending](Outcome outcome) { pending.Set(std::move(outcome)); });
    const Outcome outcome = pending.Get();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  std::unique_ptr<v1::PaymentFeedService::Stub> feed_;
};

TEST_F(PaymentFeedTest, DeliversPaymentEventsByConventionAndNothingElse) {
  ASSERT_TRUE(Record("a", {Order(1, "1"), Order(2, "2"), Order(1, "3")}).ok());
  ASSERT_TRUE(Record("b", {RegisterStructure("st-b")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  EXPECT_EQ(Get("paie").lag(), 3u);
  FeedClient client(feed_.get(), "paie");
  const auto deliveries = client.UntilCaughtUp();
  EXPECT_THAT(MandatsOf(deliveries), ElementsAre("1 3", "2"));
  EXPECT_EQ(Get("paie").under_way(), 3u);
  EXPECT_TRUE(Get("paie").attached());
  for (const auto& delivery : deliveries) client.Acknowledge(delivery);
  AwaitLag("paie", 0);
  EXPECT_EQ(Get("paie").state().low_water(), ledger_->log().size());
  EXPECT_EQ(Get("paie").state().totals().acknowledged(), 3u);
  EXPECT_FALSE(Get("paie").has_oldest_recorded_at());
}

TEST_F(PaymentFeedTest, WhatIsRecordedLaterIsDeliveredAsItComes) {
  ASSERT_TRUE(Create("paie").ok());
  FeedClient client(feed_.get(), "paie");
  EXPECT_THAT(client.UntilCaughtUp(), IsEmpty());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Record(fmt::format("o{}", i), {Order(1, fmt::format("{}", i))}).ok());
    const auto deliveries = client.Next();
    EXPECT_THAT(MandatsOf(deliveries), ElementsAre(fmt::format("{}", i)));
    client.Acknowledge(deliveries[0]);
  }
  AwaitLag("paie", 0);
}

TEST_F(PaymentFeedTest, AConsumerThatStartsNowSeesWhatComesOnly) {
  ASSERT_TRUE(Record("a", {Order(1, "1")}).ok());
  ASSERT_TRUE(Create("paie", 0, 0, v1::CONSUMER_START_NOW).ok());
  ASSERT_TRUE(Record("b", {Order(1, "2")}).ok());
  FeedClient client(feed_.get(), "paie");
  EXPECT_THAT(MandatsOf(client.Next()), ElementsAre("2"));
}

TEST_F(PaymentFeedTest, NoMoreThanTheWindowIsUnderWay) {
  std::vector<v1::Act> orders;
  for (int i = 0; i < 20; ++i) orders.push_back(Order(1 + i % 5, fmt::format("{}", i)));
  ASSERT_TRUE(Record("a", orders).ok());
  ASSERT_TRUE(Create("paie").ok());
  FeedClient client(feed_.get(), "paie", 3);
  const auto deliveries = client.Next();
  EXPECT_THAT(MandatsOf(deliveries), ElementsAre("0 5 10"));
  EXPECT_EQ(Get("paie").under_way(), 3u);
  client.Acknowledge(deliveries[0]);
  EXPECT_THAT(MandatsOf(client.Next()), ElementsAre("1 6 11"));
}

TEST_F(PaymentFeedTest, WhatWasAcknowledgedDoesNotComeAgainAfterARestart) {
  ASSERT_TRUE(Record("a", {Order(1, "1"), Order(2, "2"), Order(3, "3")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  {
    FeedClient client(feed_.get(), "paie");
    const auto deliveries = client.UntilCaughtUp();
    ASSERT_EQ(deliveries.size(), 3u);
    client.Acknowledge(deliveries[1]);
    AwaitLag("paie", 2);
  }
  RestartAll();
  EXPECT_EQ(Get("paie").lag(), 2u);
  EXPECT_TRUE(Get("paie").has_oldest_recorded_at());
  FeedClient client(feed_.get(), "paie");
  EXPECT_THAT(MandatsOf(client.UntilCaughtUp()), ElementsAre("1", "3"));
}

TEST_F(PaymentFeedTest, AfterARestorationAConsumerGoesOnOnceItIsRewound) {
  ASSERT_TRUE(Record("a", {Order(1, "1"), Order(2, "2")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  {
    FeedClient client(feed_.get(), "paie");
    for (const auto& delivery : client.UntilCaughtUp()) client.Acknowledge(delivery);
    AwaitLag("paie", 0);
  }
  AwaitDetached("paie");
  const uint64_t size = ledger_->log().size();
  RecordRestored();
  RestartAll();
  ASSERT_TRUE(Record("b", {Order(1, "3")}).ok());
  for (int i = 0; i < 2; ++i) {
    const grpc::Status refused = FeedClient(feed_.get(), "paie").Finish();
    EXPECT_EQ(refused.error_code(), grpc::FAILED_PRECONDITION);
    const google::rpc::ErrorInfo info = InfoOf(refused);
    EXPECT_EQ(info.reason(), "ORIGIN_CHANGED") << refused.error_message();
    EXPECT_EQ(info.metadata().at("shared_events"), fmt::format("{}", size));
    EXPECT_EQ(info.metadata().at("origin"), info.metadata().at("consumer_origin") + "/restored");
    EXPECT_NE(refused.error_message().find("consumers rewind paie"), std::string::npos);
  }
  EXPECT_EQ(InfoOf(Rewind("paie", size + 1)).reason(), "REWIND_FORWARD");
  EXPECT_EQ(InfoOf(FeedClient(feed_.get(), "paie").Finish()).reason(), "ORIGIN_CHANGED");

  // One that is made now knows this log.
  ASSERT_TRUE(Create("nouveau").ok());
  EXPECT_THAT(MandatsOf(FeedClient(feed_.get(), "nouveau").UntilCaughtUp()),
              ElementsAre("1 3", "2"));
  ASSERT_TRUE(Rewind("paie", size - 1).ok());
  RestartAll();
  EXPECT_THAT(MandatsOf(FeedClient(feed_.get(), "paie").UntilCaughtUp()), ElementsAre("2", "3"));
  AwaitDetached("paie");
  RecordRestored();
  EXPECT_EQ(InfoOf(FeedClient(feed_.get(), "nouveau").Finish()).reason(), "ORIGIN_CHANGED")
      << "again";
}

// A ledger without an act.
class UnopenedFeedTest : public PaymentFeedTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    Connect();
  }
};

TEST_F(UnopenedFeedTest, AConsumerOfNoOriginIsOfTheFirst) {
  ASSERT_TRUE(Create("paie").ok());
  ASSERT_TRUE(Record("founding", PaymentFounding(5)).ok());
  ASSERT_TRUE(Record("a", {Order(1, "1")}).ok());
  EXPECT_EQ(Get("paie").state().origin(), "");
  EXPECT_THAT(MandatsOf(FeedClient(feed_.get(), "paie").UntilCaughtUp()), ElementsAre("1"));
  AwaitDetached("paie");
  RecordRestored();
  EXPECT_EQ(InfoOf(FeedClient(feed_.get(), "paie").Finish()).reason(), "ORIGIN_CHANGED");
}

TEST_F(PaymentFeedTest, WhatIsNotAnsweredInTimeComesAgain) {
  ASSERT_TRUE(Record("a", {Order(1, "1")}).ok());
  ASSERT_TRUE(Create("paie", 0, 100).ok());
  FeedClient client(feed_.get(), "paie");
  EXPECT_EQ(client.UntilCaughtUp()[0].tries(), 0);
  clock_.Advance(absl::Seconds(1));
  while (Get("paie").state().tried_size() == 0) absl::SleepFor(absl::Milliseconds(1));
  clock_.Advance(absl::Seconds(1));
  const auto again = client.Next();
  EXPECT_THAT(MandatsOf(again), ElementsAre("1"));
  EXPECT_EQ(again[0].tries(), 1);
}

class ParkedFeedTest : public PaymentFeedTest {
 protected:
  // Mandats 1 and 3 of convention 1, 2 of convention 2; 1 is parked by its second refusal.
  void SetUp() override {
    PaymentFeedTest::SetUp();
    ASSERT_TRUE(Record("a", {Order(1, "1"), Order(2, "2"), Order(1, "3")}).ok());
    ASSERT_TRUE(Create("paie", 2).ok());
    ParkTheFirst();
    AwaitDetached("paie");
  }
  void ParkTheFirst() {
    FeedClient client(feed_.get(), "paie");
    const auto deliveries = client.UntilCaughtUp();
    first_ = deliveries[0].events(0).position();
    client.Refuse(deliveries[0], 0, "IBAN unknown");
    while (Get("paie").state().tried_size() == 0) absl::SleepFor(absl::Milliseconds(1));
    clock_.Advance(absl::Seconds(1));
    client.Acknowledge(deliveries[1]);
    const auto again = client.Next();
    ASSERT_THAT(MandatsOf(again), ElementsAre("1"));
    client.Refuse(again[0], 0, "IBAN still unknown");
    AwaitParked("paie", 1);
  }
  uint64_t first_ = 0;
};

TEST_F(ParkedFeedTest, HoldsUpItsConventionAndNothingElseAlsoAfterARestart) {
  for (const bool restart : {false, true}) {
    if (restart) RestartAll();
    const v1::Consumer consumer = Get("paie");
    EXPECT_EQ(consumer.state().parked(0).reason(), "IBAN still unknown");
    EXPECT_EQ(consumer.lag(), restart ? 3u : 2u);
    ASSERT_TRUE(
        Record(restart ? "c" : "b", {Order(1, restart ? "6" : "4"), Order(2, restart ? "7" : "5")})
            .ok());
    FeedClient client(feed_.get(), "paie");
    const auto deliveries = client.UntilCaughtUp();
    EXPECT_THAT(MandatsOf(deliveries), ElementsAre(restart ? "7" : "5"));
    EXPECT_EQ(client.held(), restart ? 4u : 3u) << "1, 3, and those of convention 1 since";
    client.Acknowledge(deliveries[0]);
    AwaitLag("paie", restart ? 4 : 3);
    if (!restart) {
      ASSERT_TRUE(Get("paie").attached());
    }
  }
}

TEST_F(ParkedFeedTest, ARetryDeliversItAndWhatWaitsBehindIt) {
  FeedClient client(feed_.get(), "paie");
  EXPECT_THAT(client.UntilCaughtUp(), IsEmpty());
  EXPECT_EQ(InfoOf(Retry("paie", first_ + 2)).reason(), "NOT_PARKED");
  ASSERT_TRUE(Retry("paie", first_).ok());
  const auto deliveries = client.Next();
  EXPECT_THAT(MandatsOf(deliveries), ElementsAre("1 3"));
  client.Acknowledge(deliveries[0]);
  AwaitLag("paie", 0);
}

TEST_F(ParkedFeedTest, ASkipIsRememberedWithWhoAndWhy) {
  EXPECT_EQ(InfoOf(Skip("paie", first_, "")).reason(), "FIELD_INVALID");
  ASSERT_TRUE(Skip("paie", first_, "paid by hand").ok());
  FeedClient client(feed_.get(), "paie");
  EXPECT_THAT(MandatsOf(client.Next()), ElementsAre("3"));
  RestartAll();
  const v1::ConsumerState state = Get("paie").state();
  ASSERT_EQ(state.skipped_size(), 1);
  EXPECT_EQ(state.skipped(0).position(), first_);
  EXPECT_EQ(state.skipped(0).reason(), "paid by hand");
  EXPECT_EQ(state.skipped(0).subject(), "local");
  EXPECT_EQ(state.parked_size(), 0);
}

TEST_F(PaymentFeedTest, ASecondClientTakesOver) {
  ASSERT_TRUE(Record("a", {Order(1, "1")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  FeedClient first(feed_.get(), "paie");
  EXPECT_THAT(MandatsOf(first.Next()), ElementsAre("1"));
  FeedClient second(feed_.get(), "paie");
  const auto again = second.Next();
  EXPECT_THAT(MandatsOf(again), ElementsAre("1")) << "it was under way and not answered";
  EXPECT_EQ(InfoOf(first.Finish()).reason(), "CONSUMER_TAKEN_OVER");
  second.Acknowledge(again[0]);
  AwaitLag("paie", 0);
}

TEST_F(PaymentFeedTest, AdminsPauseResumeRewindAndDelete) {
  ASSERT_TRUE(Record("a", {Order(1, "1")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  ASSERT_TRUE(Pause("paie").ok());
  FeedClient client(feed_.get(), "paie");
  while (!Get("paie").attached()) absl::SleepFor(absl::Milliseconds(1));
  ASSERT_TRUE(Resume("paie").ok());
  auto deliveries = client.Next();
  EXPECT_THAT(MandatsOf(deliveries), ElementsAre("1"));
  client.Acknowledge(deliveries[0]);
  AwaitLag("paie", 0);

  EXPECT_EQ(InfoOf(Rewind("paie", std::nullopt)).reason(), "FIELD_INVALID");
  EXPECT_EQ(InfoOf(Rewind("paie", 1'000)).reason(), "POSITION_AHEAD");
  ASSERT_TRUE(Rewind("paie", 0).ok());
  EXPECT_EQ(InfoOf(client.Finish()).reason(), "CONSUMER_CHANGED");
  EXPECT_EQ(Get("paie").lag(), 1u);

  FeedClient later(feed_.get(), "paie");
  EXPECT_THAT(MandatsOf(later.Next()), ElementsAre("1"));
  ASSERT_TRUE(Delete("paie").ok());
  EXPECT_EQ(InfoOf(later.Finish()).reason(), "CONSUMER_CHANGED");
  EXPECT_EQ(InfoOf(Delete("paie")).reason(), "CONSUMER_UNKNOWN");
  RestartAll();
  EXPECT_EQ(InfoOf(Pause("paie")).reason(), "CONSUMER_UNKNOWN");
}

TEST_F(PaymentFeedTest, ListsInOrderOfNameAndRefusesWhatIsWrong) {
  EXPECT_TRUE(Create("b").ok());
  EXPECT_TRUE(Create("a").ok());
  v1::ListConsumersResponse list;
  ASSERT_TRUE(
      Call(&v1::PaymentFeedService::Stub::ListConsumers, v1::ListConsumersRequest(), &list).ok());
  ASSERT_EQ(list.consumers_size(), 2);
  EXPECT_EQ(list.consumers(0).state().name(), "a");

  EXPECT_EQ(InfoOf(Create("a")).reason(), "CONSUMER_EXISTS");
  EXPECT_EQ(InfoOf(Create("")).reason(), "FIELD_INVALID");
  EXPECT_EQ(InfoOf(Create("a b")).reason(), "FIELD_INVALID");
  EXPECT_EQ(InfoOf(Create("c", 1'001)).reason(), "FIELD_INVALID");
  EXPECT_EQ(InfoOf(Create("c", 1, 99)).reason(), "FIELD_INVALID");
  EXPECT_EQ(InfoOf(FeedClient(feed_.get(), "nobody").Finish()).reason(), "CONSUMER_UNKNOWN");
  const std::string bytes(79, 'a');
  EXPECT_EQ(InfoOf(Pause(bytes + "\u00e9")).metadata().at("consumer"), bytes)
      << "cut between characters";
  EXPECT_EQ(InfoOf(FeedClient(feed_.get(), "a", 5'000).Finish()).reason(), "FIELD_INVALID");
}

TEST_F(PaymentFeedTest, AConsumerThatCannotBeReadStopsTheStart) {
  ASSERT_TRUE(Create("paie").ok());
  server_.reset();
  checkpoints_.reset();
  ledger_.reset();
  {
    auto log = OpenRocksDbEventStore(folder_.Path("data/log"));
    ASSERT_TRUE(log.ok()) << log.status();
    EventBatch batch;
    batch.consumers = {{"paie", "\xff"}};
    ASSERT_TRUE((*log)->Append((*log)->size(), batch).ok());
  }
  // It would say first that something beside the events was changed.
  ASSERT_TRUE(std::filesystem::remove(folder_.Path("data/HEAD")));
  auto ledger = Ledger::Open({.directory = folder_.Path("data"),
                              .projection = RegistreProjection(),
                              .clock = &clock_,
                              .random = &random_,
                              .on_progress = nullptr});
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  const auto feed = PaymentFeed::Open(ledger->get(), &clock_);
  EXPECT_EQ(ReasonOf(feed.status()), "CONSUMER_DAMAGED");
  EXPECT_EQ(feed.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(PaymentFeedTest, NoMoreConsumersThanTheLimit) {
  for (int i = 0; i < 256; ++i) ASSERT_TRUE(Create(fmt::format("c{}", i)).ok());
  EXPECT_EQ(InfoOf(Create("one-more")).reason(), "TOO_MANY_CONSUMERS");
}

TEST_F(PaymentFeedTest, AMessageThatDoesNotBelongEndsTheStream) {
  ASSERT_TRUE(Record("a", {Order(1, "1")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  v1::ConsumeRequest attach;
  attach.mutable_attach()->set_consumer("paie");
  FeedClient twice(feed_.get(), "paie");
  twice.Write(attach);
  EXPECT_EQ(InfoOf(twice.Finish()).reason(), "FIELD_INVALID");
  FeedClient wrong(feed_.get(), "paie");
  auto deliveries = wrong.Next();
  deliveries[0].mutable_events(0)->set_position(999);
  wrong.Acknowledge(deliveries[0]);
  EXPECT_EQ(InfoOf(wrong.Finish()).reason(), "FIELD_INVALID");
  FeedClient empty(feed_.get(), "paie");
  empty.Write(v1::ConsumeRequest());
  EXPECT_EQ(InfoOf(empty.Finish()).reason(), "FIELD_INVALID");
  FeedClient leaves(feed_.get(), "paie");
  leaves.WritesDone();
  EXPECT_TRUE(leaves.Finish().ok());
  AwaitDetached("paie");
}

TEST_F(PaymentFeedTest, WhoLostAConsumerIsToldSoHoweverLateItAsks) {
  ASSERT_TRUE(Record("a", {Order(1, "1")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  FeedClient first(feed_.get(), "paie");
  const auto deliveries = first.Next();
  {
    FeedClient second(feed_.get(), "paie");
    EXPECT_THAT(MandatsOf(second.Next()), ElementsAre("1"));
    second.WritesDone();
    EXPECT_TRUE(second.Finish().ok());
  }
  AwaitDetached("paie");
  v1::ConsumeRequest late;
  late.mutable_acknowledge()->set_delivery_id(deliveries[0].delivery_id());
  late.mutable_acknowledge()->set_through_position(deliveries[0].events(0).position());
  first.Write(late);
  EXPECT_EQ(InfoOf(first.Finish()).reason(), "CONSUMER_TAKEN_OVER");
  EXPECT_EQ(Get("paie").lag(), 1u) << "its answer came too late";
  EXPECT_EQ(Get("paie").state().tried_size(), 0) << "neither end was a failure";
}

TEST_F(PaymentFeedTest, AConnectionThatBreaksIsATryOfWhatWasToBeAnsweredNext) {
  ASSERT_TRUE(Record("a", {Order(1, "1"), Order(1, "2"), Order(2, "3")}).ok());
  ASSERT_TRUE(Create("paie").ok());
  uint64_t first = 0;
  {
    FeedClient client(feed_.get(), "paie");
    const auto deliveries = client.UntilCaughtUp();
    EXPECT_THAT(MandatsOf(deliveries), ElementsAre("1 2", "3"));
    first = deliveries[0].events(0).position();
    client.Acknowledge(deliveries[1]);
    AwaitLag("paie", 2);
  }
  AwaitDetached("paie");
  const v1::ConsumerState state = Get("paie").state();
  ASSERT_EQ(state.tried_size(), 1);
  EXPECT_EQ(state.tried(0).position(), first);
  EXPECT_EQ(state.tried(0).reason(), "the connection was lost");
}

TEST_F(PaymentFeedTest, NoMoreConnectionsThanTheLimit) {
  ASSERT_TRUE(Create("paie").ok());
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::ConsumeRequest, v1::ConsumeResponse>>>
      streams;
  for (int i = 0; i < 512; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(feed_->Consume(contexts.back().get()));
    // Whether it has come is known once it is answered.
    streams.back()->Write(v1::ConsumeRequest());
  }
  for (size_t i = 0; i < streams.size(); ++i) {
    EXPECT_EQ(InfoOf(streams[i]->Finish()).reason(), "FIELD_INVALID") << "attach comes first";
  }
  FeedClient again(feed_.get(), "paie");
  EXPECT_THAT(again.UntilCaughtUp(), IsEmpty()) << "those that ended have made room";
}

TEST_F(PaymentFeedTest, AConnectionOverTheLimitIsRefused) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::ConsumeRequest, v1::ConsumeResponse>>>
      streams;
  // They keep their places; the server may count the last of them after the one that asks.
  grpc::Status status;
  do {
    ASSERT_LT(streams.size(), kMaxFeedStreams + 64) << status.error_message();
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(feed_->Consume(contexts.back().get()));
    if (streams.size() >= kMaxFeedStreams) status = FeedClient(feed_.get(), "nobody").Finish();
  } while (streams.size() < kMaxFeedStreams || InfoOf(status).reason() == "CONSUMER_UNKNOWN");
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(InfoOf(status).reason(), "TOO_MANY_SUBSCRIPTIONS");
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& stream : streams) stream->Finish();
}

TEST_F(PaymentFeedTest, AServerThatStopsSaysSo) {
  ASSERT_TRUE(Create("paie").ok());
  FeedClient client(feed_.get(), "paie");
  client.UntilCaughtUp();
  server_->Drain(absl::Seconds(5));
  EXPECT_EQ(InfoOf(client.Finish()).reason(), "DRAINING");
}

}  // namespace
}  // namespace registre::testing
