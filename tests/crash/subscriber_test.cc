// Subscribers under sixteen writers: one that does not read neither slows the writers nor grows the
// server; one that is cut off and comes back misses nothing and gets nothing twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/crash/ledger_client.h"
#include "tests/support/log_audit.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_seed.h"
#include "tests/support/workload.h"

namespace registre::testing {
namespace {

constexpr int kWriters = 16;
// What the index holds in memory must not be mistaken for what subscribers hold.
constexpr char kFlushEvents[] = "2000";

class SubscriberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StartServer();
    if (HasFatalFailure()) return;
    v1::RecordResponse receipt;
    const grpc::Status status = Record(*client_, WorkloadSetup(), &receipt);
    ASSERT_TRUE(status.ok()) << Describe(status);
  }

  void TearDown() override {
    if (HasFailure() && server_ != nullptr) std::printf("%s", server_->output().c_str());
  }

  void StartServer() {
    server_ = ServerProcess::Start(folder_.Path("data"), {"--index-flush-events", kFlushEvents});
    const auto address = server_->AwaitAddress();
    ASSERT_TRUE(address) << server_->output();
    client_ = std::make_shared<LedgerClient>(*address);
  }

  uint64_t LogSize() {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::GetStatusResponse status;
    EXPECT_TRUE(client_->admin->GetStatus(&context, {}, &status).ok());
    return status.size();
  }

  TempFolder folder_;
  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<LedgerClient> client_;
};

// ---- A subscriber that does not read ------------------------------------------------------------

// Sixteen streams of units, so that much is recorded in little time.
class SlowSubscriberTest : public SubscriberTest {
 protected:
  static constexpr uint64_t kUnitsAWriter = 600;  // 2.3 acts each, 22,000 in all
  static constexpr uint64_t kEventsExpected = 20'000;
  static constexpr size_t kPadding = 500;
  static constexpr int kSubscribers = 8;
  static constexpr size_t kBoundBytes = 64 * 1024 * 1024;
  // A sanitizer keeps what is freed: its memory says nothing of ours.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool kMemoryIsOurs = false;
#else
  static constexpr bool kMemoryIsOurs = true;
#endif

  // Records units [from, from + kUnitsAWriter) of every writer, and returns when all are answered.
  void WriteAll(uint64_t from) {
    const absl::Time begin = absl::Now();
    const uint64_t before = LogSize();
    std::vector<std::thread> writers;
    std::atomic<uint64_t> recorded = 0;
    for (int id = 0; id < kWriters; ++id) {
      writers.emplace_back([this, id, from, &recorded] { recorded += WriteStream(id, from); });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(recorded, kWriters * kUnitsAWriter);
    std::printf(
        "%lu units, %lu events in %s\n", recorded.load(), LogSize() - before,
        absl::FormatDuration(absl::Trunc(absl::Now() - begin, absl::Milliseconds(1))).c_str());
  }

  uint64_t WriteStream(int writer, uint64_t from) {
    grpc::ClientContext context;
    SetDeadline(&context);
    const auto stream = client_->ledger->RecordStream(&context);
    std::thread sender([&] {
      for (uint64_t i = from; i < from + kUnitsAWriter; ++i) {
        v1::RecordStreamRequest request;
        *request.mutable_request() = WorkloadUnit(writer, i, kPadding);
        if (!stream->Write(request)) break;
      }
      stream->WritesDone();
    });
    uint64_t recorded = 0;
    v1::RecordStreamResponse response;
    while (stream->Read(&response)) {
      recorded += response.has_receipt() ? 1 : 0;
      if (response.has_error()) ADD_FAILURE() << response.ShortDebugString();
    }
    sender.join();
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << Describe(status);
    return recorded;
  }
};

TEST_F(SlowSubscriberTest, NeitherSlowsTheWritersNorGrowsTheServer) {
  WriteAll(0);
  const uint64_t before = LogSize();
  const size_t bytes_before = server_->resident_bytes();
  WriteAll(kUnitsAWriter);
  const size_t growth_alone = server_->resident_bytes() - bytes_before;

  // From where the log ends now, so that all they will not read is still to be recorded.
  const uint64_t from = LogSize();
  struct Sleeper {
    grpc::ClientContext context;
    std::unique_ptr<LedgerClient> client;
    std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader;
  };
  std::vector<std::unique_ptr<Sleeper>> sleepers;
  for (int i = 0; i < kSubscribers; ++i) {
    Sleeper& sleeper = *sleepers.emplace_back(std::make_unique<Sleeper>());
    SetDeadline(&sleeper.context);
    sleeper.client = std::make_unique<LedgerClient>(*server_->AwaitAddress());
    v1::SubscribeRequest request;
    request.set_from_position(from);
    sleeper.reader = sleeper.client->ledger->Subscribe(&sleeper.context, request);
    v1::SubscribeResponse first;
    ASSERT_TRUE(sleeper.reader->Read(&first));
    ASSERT_EQ(first.caught_up().position(), from - 1);
  }
  const size_t bytes_asleep = server_->resident_bytes();
  WriteAll(2 * kUnitsAWriter);
  const size_t growth =
      server_->resident_bytes() - std::min(bytes_asleep, server_->resident_bytes());
  const uint64_t unread = LogSize() - from;
  std::printf(
      "%lu events unread by %d subscribers: %zu KiB more; without them %lu events: %zu KiB\n",
      unread, kSubscribers, growth / 1024, from - before, growth_alone / 1024);
  EXPECT_GE(unread, kEventsExpected);
  if (kMemoryIsOurs) {
    EXPECT_LT(growth, kBoundBytes);
  }

  // Awake, they find everything.
  LogAudit audit;
  ReadLog(*client_, &audit);
  EXPECT_THAT(audit.errors(), ::testing::IsEmpty());
  for (const auto& sleeper : sleepers) {
    uint64_t next = from;
    v1::SubscribeResponse response;
    while (next < audit.size() && sleeper->reader->Read(&response)) {
      for (const v1::RecordedEvent& event : response.batch().events()) {
        EXPECT_EQ(event.position(), next++);
      }
    }
    EXPECT_EQ(next, audit.size());
    sleeper->context.TryCancel();
    sleeper->reader->Finish();
  }
  EXPECT_EQ(server_->Stop(), 0) << server_->output();
}

// ---- A subscriber that is cut off ---------------------------------------------------------------

// Follows the log, or some tags of it, over subscriptions that it breaks off at random; and checks
// each message on its way.
class BrokenSubscriber {
 public:
  BrokenSubscriber(v1::EventQuery query, uint64_t seed) : query_(std::move(query)), random_(seed) {}

  // Reads over one subscription: until it breaks off, or the server does, or it has caught up with
  // `last`, once that is known (>= 0). True when it has.
  bool ReadSome(const LedgerClient& client, const std::atomic<int64_t>& last) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::SubscribeRequest request;
    *request.mutable_query() = query_;
    request.set_from_position(next_);
    const auto reader = client.ledger->Subscribe(&context, request);
    ++subscriptions_;
    uint64_t messages = random_() % kMostMessages;
    v1::SubscribeResponse response;
    bool done = false;
    while (!done && messages-- > 0 && reader->Read(&response)) {
      if (response.has_batch()) {
        TakeBatch(response.batch());
      } else {
        TakeCaughtUp(response.caught_up());
        done = last >= 0 && next_ > static_cast<uint64_t>(last.load());
      }
    }
    // What is on its way is lost: the next subscription must bring it.
    context.TryCancel();
    reader->Finish();
    return done;
  }

  const std::vector<uint64_t>& positions() const { return positions_; }
  const std::vector<std::string>& events() const { return events_; }
  uint64_t subscriptions() const { return subscriptions_; }
  uint64_t caught_up() const { return caught_up_; }
  uint64_t next() const { return next_; }

 private:
  static constexpr uint64_t kMostMessages = 12;

  void TakeBatch(const v1::EventBatch& batch) {
    EXPECT_GT(batch.events_size(), 0);
    EXPECT_LE(batch.events_size(), 256);
    for (const v1::RecordedEvent& event : batch.events()) {
      EXPECT_GE(event.position(), next_);
      EXPECT_TRUE(positions_.empty() || event.position() > positions_.back());
      positions_.push_back(event.position());
      events_.push_back(event.event());
    }
    EXPECT_GE(batch.position(), positions_.back());
    next_ = batch.position() + 1;
  }

  void TakeCaughtUp(const v1::CaughtUp& caught_up) {
    ++caught_up_;
    ASSERT_TRUE(caught_up.has_position());
    EXPECT_GE(caught_up.position() + 1, next_);
    next_ = caught_up.position() + 1;
  }

  const v1::EventQuery query_;
  std::mt19937_64 random_;
  uint64_t next_ = 0;
  std::vector<uint64_t> positions_;
  std::vector<std::string> events_;
  uint64_t subscriptions_ = 0;
  uint64_t caught_up_ = 0;
};

class BrokenSubscriberTest : public SubscriberTest {
 protected:
  static constexpr uint64_t kUnitsAWriter = 150;

  void WriteOneByOne(int writer) {
    const LedgerClient client(*server_->AwaitAddress());
    for (uint64_t i = 0; i < kUnitsAWriter; ++i) {
      v1::RecordResponse receipt;
      const grpc::Status status = Record(client, WorkloadUnit(writer, i), &receipt);
      ASSERT_TRUE(status.ok()) << Describe(status);
    }
  }
};

TEST_F(BrokenSubscriberTest, MissesAndRepeatsNothing) {
  const uint64_t seed = TestSeed();
  v1::EventQuery of_a_tag;
  of_a_tag.add_items()->add_tags(WorkloadTags()[0]);
  v1::EventQuery of_a_type;
  of_a_type.add_items()->add_types("application_submitted");
  std::vector<BrokenSubscriber> subscribers;
  subscribers.emplace_back(v1::EventQuery(), seed);
  subscribers.emplace_back(of_a_tag, seed + 1);
  subscribers.emplace_back(of_a_type, seed + 2);

  std::atomic<int64_t> last = -1;
  std::vector<std::thread> readers;
  for (BrokenSubscriber& subscriber : subscribers) {
    readers.emplace_back([this, &subscriber, &last] {
      const LedgerClient client(*server_->AwaitAddress());
      const absl::Time begin = absl::Now();
      while (!subscriber.ReadSome(client, last) && absl::Now() - begin < absl::Minutes(2)) continue;
    });
  }
  std::vector<std::thread> writers;
  for (int id = 0; id < kWriters; ++id) writers.emplace_back([this, id] { WriteOneByOne(id); });
  for (std::thread& writer : writers) writer.join();
  // Known before it is recorded: who waits for more is woken by the last unit, and knows it.
  const v1::RecordRequest last_unit = WorkloadUnit(kWriters, 0);
  last = static_cast<int64_t>(LogSize()) + last_unit.acts_size() - 1;
  v1::RecordResponse receipt;
  EXPECT_TRUE(Record(*client_, last_unit, &receipt).ok());
  for (std::thread& reader : readers) reader.join();

  LogAudit audit;
  ReadLog(*client_, &audit);
  EXPECT_THAT(audit.errors(), ::testing::IsEmpty());
  LogAudit followed;
  for (size_t i = 0; i < subscribers[0].events().size(); ++i) {
    followed.Add(subscribers[0].positions()[i], subscribers[0].events()[i]);
  }
  EXPECT_THAT(followed.errors(), ::testing::IsEmpty());
  EXPECT_EQ(followed.size(), audit.size());
  EXPECT_EQ(followed.root(), audit.root());
  EXPECT_EQ(subscribers[1].positions(), audit.Chain(WorkloadTags()[0]));
  std::vector<uint64_t> applications;
  for (const std::string& tag : WorkloadTags()) {
    // Without the first, which opens the call.
    const std::vector<uint64_t> chain = audit.Chain(tag);
    ASSERT_FALSE(chain.empty());
    applications.insert(applications.end(), chain.begin() + 1, chain.end());
  }
  std::sort(applications.begin(), applications.end());
  EXPECT_EQ(subscribers[2].positions(), applications);
  for (const BrokenSubscriber& subscriber : subscribers) {
    EXPECT_GT(subscriber.caught_up(), 0);
    std::printf("%zu of %lu events over %lu subscriptions, %lu times caught up\n",
                subscriber.positions().size(), audit.size(), subscriber.subscriptions(),
                subscriber.caught_up());
  }
  EXPECT_EQ(server_->Stop(), 0) << server_->output();
}

// Cut while they wait, while they read and while they are woken: nobody else notices.
TEST_F(BrokenSubscriberTest, MayBeCutAtAnyMoment) {
  constexpr int kReaders = 8;
  constexpr int kSubscriptions = 150;
  constexpr uint64_t kMostMicroseconds = 3'000;
  const uint64_t seed = TestSeed();
  std::atomic<bool> over = false;
  std::thread writer([this, &over] {
    const LedgerClient client(*server_->AwaitAddress());
    for (uint64_t i = 0; !over; ++i) {
      v1::RecordResponse receipt;
      const grpc::Status status = Record(client, WorkloadUnit(0, i), &receipt);
      ASSERT_TRUE(status.ok()) << Describe(status);
    }
  });
  std::vector<std::thread> readers;
  for (int id = 0; id < kReaders; ++id) {
    readers.emplace_back(
        [this, random = std::mt19937_64(seed + static_cast<uint64_t>(id))]() mutable {
          const LedgerClient client(*server_->AwaitAddress());
          for (int i = 0; i < kSubscriptions; ++i) {
            grpc::ClientContext context;
            // Half of them end by their deadline, at any moment; half by the client, after a
            // message.
            const bool by_deadline = random() % 2 == 0;
            if (by_deadline) {
              context.set_deadline(std::chrono::system_clock::now() +
                                   std::chrono::microseconds(random() % kMostMicroseconds));
            } else {
              SetDeadline(&context);
            }
            v1::SubscribeRequest request;
            request.set_from_position(random() % 100);
            const auto reader = client.ledger->Subscribe(&context, request);
            v1::SubscribeResponse response;
            while (reader->Read(&response) && by_deadline) continue;
            context.TryCancel();
            reader->Finish();
          }
        });
  }
  for (std::thread& reader : readers) reader.join();
  over = true;
  writer.join();
  EXPECT_EQ(server_->Stop(), 0) << server_->output();
}

// A server that stops tells its subscribers so; they go on with the next one.
TEST_F(BrokenSubscriberTest, IsToldThatTheServerStops) {
  WriteOneByOne(0);
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto reader = client_->ledger->Subscribe(&context, {});
  v1::SubscribeResponse response;
  while (!response.has_caught_up()) ASSERT_TRUE(reader->Read(&response));
  const uint64_t reached = response.caught_up().position();
  EXPECT_EQ(reached + 1, LogSize());

  EXPECT_EQ(server_->Stop(), 0) << server_->output();
  EXPECT_FALSE(reader->Read(&response));
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "DRAINING") << Describe(status);

  StartServer();
  WriteOneByOne(1);
  grpc::ClientContext again;
  SetDeadline(&again);
  v1::SubscribeRequest request;
  request.set_from_position(reached + 1);
  const auto next = client_->ledger->Subscribe(&again, request);
  ASSERT_TRUE(next->Read(&response));
  ASSERT_TRUE(response.has_batch());
  EXPECT_EQ(response.batch().events(0).position(), reached + 1);
  again.TryCancel();
  next->Finish();
}

}  // namespace
}  // namespace registre::testing
