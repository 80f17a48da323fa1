// The payment feed under fault: consumers with a table each, killed at random as the server is.
//
// Every payment must be in every table once, in order within its convention, whatever was killed
// when. REGISTRE_FEED_PAYMENTS and REGISTRE_FEED_KILLS say how much; the seed is
// REGISTRE_TEST_SEED.
//
// With --consume NAME ADDRESS-FILE DATABASE this program is such a consumer.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "registre/v1/payment_feed_service.grpc.pb.h"
#include "tests/crash/ledger_client.h"
#include "tests/support/large_ledger.h"
#include "tests/support/payment_acts.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_seed.h"

extern char** environ;

namespace registre::testing {
namespace {

constexpr int kConsumers = 4;
constexpr int kFeedConventions = 500;

int64_t NumberFrom(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

// ---- A consumer ---------------------------------------------------------------------------------

// A SQLite database; a statement that fails ends the process.
class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) Die("open");
    sqlite3_busy_timeout(db_, 10'000);
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void Run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(sql);
  }
  // Calls `row` with each row of a query.
  void Query(const char* sql, const std::function<void(sqlite3_stmt*)>& row) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) != SQLITE_OK) Die(sql);
    while (sqlite3_step(statement) == SQLITE_ROW) row(statement);
    sqlite3_finalize(statement);
  }
  // Whether the event is new to the table.
  bool Insert(const v1::Event& event, const std::string& convention, int64_t cents) {
    if (insert_ == nullptr) {
      sqlite3_prepare_v2(db_, "insert or ignore into done values (null, ?, ?, ?, ?)", -1, &insert_,
                         nullptr);
    }
    sqlite3_reset(insert_);
    sqlite3_bind_blob(insert_, 1, event.event_id().data(),
                      static_cast<int>(event.event_id().size()), SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert_, 2, static_cast<int64_t>(event.position()));
    sqlite3_bind_text(insert_, 3, convention.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert_, 4, cents);
    if (sqlite3_step(insert_) != SQLITE_DONE) Die("insert");
    return sqlite3_changes(db_) > 0;
  }
  // What a system does with a payment: it cannot be done twice unnoticed.
  void Pay(const std::string& convention, int64_t cents) {
    if (pay_ == nullptr) {
      sqlite3_prepare_v2(db_,
                         "insert into paid values (?1, 1, ?2) on conflict do update set "
                         "payments = payments + 1, cents = cents + ?2",
                         -1, &pay_, nullptr);
    }
    sqlite3_reset(pay_);
    sqlite3_bind_text(pay_, 1, convention.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(pay_, 2, cents);
    if (sqlite3_step(pay_) != SQLITE_DONE) Die("pay");
  }

 private:
  [[noreturn]] void Die(const char* what) {
    std::fprintf(stderr, "sqlite: %s: %s\n", what, sqlite3_errmsg(db_));
    std::_Exit(9);
  }
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;  // both live as long as the process
  sqlite3_stmt* pay_ = nullptr;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  return text;
}

// Does the events of a message in one transaction, then answers: now and then it refuses, answers
// half, or not at all.
void TakeMessage(const v1::Deliveries& deliveries, std::mt19937_64* random, Database* database,
                 std::vector<v1::ConsumeRequest>* answers) {
  database->Run("begin");
  for (const v1::Delivery& delivery : deliveries.deliveries()) {
    v1::ConsumeRequest answer;
    const bool half = (*random)() % 50 == 0;
    const bool silent = (*random)() % 400 == 0;
    for (const v1::RecordedEvent& stored : delivery.events()) {
      if ((*random)() % 1'000 == 0) {
        answer.mutable_refuse()->set_delivery_id(delivery.delivery_id());
        answer.mutable_refuse()->set_position(stored.position());
        answer.mutable_refuse()->set_reason("a refusal for the test");
        break;
      }
      v1::Event event;
      event.ParseFromString(stored.event());
      const v1::PaymentOrdered& order = event.act().payment_ordered();
      const std::string& convention = order.basis().convention_number();
      if (database->Insert(event, convention, order.amount_cents())) {
        database->Pay(convention, order.amount_cents());
      }
      answer.mutable_acknowledge()->set_delivery_id(delivery.delivery_id());
      answer.mutable_acknowledge()->set_through_position(stored.position());
      if (half && delivery.events_size() > 1) break;
    }
    if (!silent) answers->push_back(answer);
  }
  database->Run("commit");
}

int Consume(const std::string& name, const std::string& address_file, const std::string& path) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Database database(path);
  database.Run(
      "pragma journal_mode = wal; pragma synchronous = off;"
      "create table if not exists done (sequence integer primary key, event_id blob unique,"
      " position integer, convention text, cents integer);"
      "create table if not exists paid (convention text primary key, payments integer, cents "
      "integer);");
  std::mt19937_64 random(std::random_device{}());
  while (true) {
    LedgerClient client(ReadFile(address_file));
    const auto feed = v1::PaymentFeedService::NewStub(client.channel);
    grpc::ClientContext context;
    const auto stream = feed->Consume(&context);
    v1::ConsumeRequest attach;
    attach.mutable_attach()->set_consumer(name);
    attach.mutable_attach()->set_window(1'000);
    stream->Write(attach);
    v1::ConsumeResponse response;
    std::vector<v1::ConsumeRequest> answers;
    while (stream->Read(&response)) {
      answers.clear();
      TakeMessage(response.deliveries(), &random, &database, &answers);
      for (const v1::ConsumeRequest& answer : answers) stream->Write(answer);
    }
    const grpc::Status status = stream->Finish();
    if (ReasonOf(status) == "CONSUMER_UNKNOWN") return 0;  // told to end
    absl::SleepFor(absl::Milliseconds(20));
  }
}

// ---- The test -----------------------------------------------------------------------------------

class FeedTest : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const pid_t pid : consumers_) {
      if (pid != 0) KillAndWait(pid);
    }
    if (HasFailure() && server_ != nullptr) std::printf("%s", server_->output().c_str());
  }

  static void KillAndWait(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  std::string TableOf(int consumer) { return folder_.Path(fmt::format("consumer-{}", consumer)); }

  void StartServer() {
    server_ = ServerProcess::Start(folder_.Path("data"), {"--index-flush-events", "5000"});
    const auto address = server_->AwaitAddress();
    ASSERT_TRUE(address) << server_->output();
    // At once or not at all, for those who read it.
    std::ofstream(folder_.Path("address.new")) << *address << std::endl;
    std::filesystem::rename(folder_.Path("address.new"), folder_.Path("address"));
    client_ = std::make_unique<LedgerClient>(*address);
  }
  void StartConsumer(int consumer) {
    const std::string name = fmt::format("consumer-{}", consumer);
    const std::string address = folder_.Path("address");
    const std::string table = TableOf(consumer);
    const char* arguments[] = {"feed_test",     "--consume",   name.c_str(),
                               address.c_str(), table.c_str(), nullptr};
    pid_t pid = 0;
    ASSERT_EQ(posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr,
                          const_cast<char* const*>(arguments), environ),
              0);
    consumers_[consumer] = pid;
  }
  v1::Consumer GetConsumer(int consumer) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::GetConsumerRequest request;
    request.set_name(fmt::format("consumer-{}", consumer));
    v1::GetConsumerResponse response;
    const grpc::Status status = v1::PaymentFeedService::NewStub(client_->channel)
                                    ->GetConsumer(&context, request, &response);
    EXPECT_TRUE(status.ok()) << Describe(status);
    return response.consumer();
  }

  // Records the orders over streams, sent again where the server was killed, until all are
  // answered.
  void RecordOrders(uint64_t seed, int64_t payments) {
    std::mt19937_64 rng(seed);
    const Zipf conventions(kFeedConventions);
    std::vector<int> convention_of(static_cast<size_t>(payments));
    for (int& convention : convention_of) convention = 1 + conventions.Draw(&rng);
    int64_t answered = 0;
    while (answered < payments) {
      const LedgerClient client(ReadFile(folder_.Path("address")));
      grpc::ClientContext context;
      const auto stream = client.ledger->RecordStream(&context);
      std::thread sender([&, from = answered] {
        for (int64_t i = from; i < payments; ++i) {
          // Slow enough that the kills find it at work.
          if (i % 50 == 0) absl::SleepFor(absl::Microseconds(pace_us_ * 50));
          v1::RecordStreamRequest request;
          *request.mutable_request() =
              UnitOf(fmt::format("order-{}", i),
                     {Order(convention_of[static_cast<size_t>(i)], fmt::format("{}", i))});
          if (!stream->Write(request)) break;
        }
        stream->WritesDone();
      });
      v1::RecordStreamResponse response;
      while (stream->Read(&response) && response.has_receipt()) ++answered;
      if (response.has_error()) {
        const std::string code = response.error().message();
        EXPECT_EQ(response.error().code(), grpc::StatusCode::UNAVAILABLE) << code;
        if (response.error().code() != grpc::StatusCode::UNAVAILABLE) break;
      }
      context.TryCancel();
      sender.join();
      stream->Finish();
      if (answered < payments) absl::SleepFor(absl::Milliseconds(20));
    }
    recorded_ = true;
  }

  TempFolder folder_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<LedgerClient> client_;
  pid_t consumers_[kConsumers] = {};
  int64_t pace_us_ = 0;
  std::atomic<bool> recorded_ = false;
};

TEST_F(FeedTest, EachPaymentIsDoneOnceInEveryTableAndInOrder) {
  const uint64_t seed = TestSeed();
  const int64_t payments = NumberFrom("REGISTRE_FEED_PAYMENTS", 10'000);
  const int64_t kills_wanted = NumberFrom("REGISTRE_FEED_KILLS", 40);
  std::mt19937_64 random(seed);
  StartServer();
  if (HasFatalFailure()) return;
  v1::RecordResponse receipt;
  const grpc::Status founded =
      Record(*client_, UnitOf("founding", PaymentFounding(kFeedConventions)), &receipt);
  ASSERT_TRUE(founded.ok()) << Describe(founded);
  for (int i = 0; i < kConsumers; ++i) {
    grpc::ClientContext context;
    v1::CreateConsumerRequest request;
    request.set_name(fmt::format("consumer-{}", i));
    request.mutable_settings()->set_max_tries(1'000);
    request.mutable_settings()->set_answer_within_ms(1'000);
    v1::CreateConsumerResponse response;
    const grpc::Status made = v1::PaymentFeedService::NewStub(client_->channel)
                                  ->CreateConsumer(&context, request, &response);
    ASSERT_TRUE(made.ok()) << Describe(made);
    StartConsumer(i);
  }
  // Recording takes about as long as the kills.
  pace_us_ = kills_wanted * 150'000 / payments;
  std::thread recording([&] { RecordOrders(seed, payments); });

  int64_t kills = 0;
  int64_t server_kills = 0;
  while (kills < kills_wanted && !HasFatalFailure()) {
    absl::SleepFor(absl::Milliseconds(20 + static_cast<int64_t>(random() % 200)));
    const uint64_t target = random() % (kConsumers + 2);
    if (target < kConsumers) {
      KillAndWait(consumers_[target]);
      StartConsumer(static_cast<int>(target));
    } else {
      server_->Kill();
      StartServer();
      ++server_kills;
    }
    ++kills;
  }
  recording.join();
  ASSERT_TRUE(recorded_);

  uint64_t redelivered = 0;
  int64_t misses = 0;
  int64_t twice = 0;
  int64_t disordered = 0;
  for (int i = 0; i < kConsumers; ++i) {
    const absl::Time begin = absl::Now();
    while (GetConsumer(i).lag() > 0) {
      ASSERT_LT(absl::Now() - begin, absl::Minutes(4)) << GetConsumer(i).ShortDebugString();
      absl::SleepFor(absl::Milliseconds(20));
    }
    KillAndWait(consumers_[i]);
    consumers_[i] = 0;
    const v1::ConsumerTotals totals = GetConsumer(i).state().totals();
    redelivered += totals.delivered() - std::min<uint64_t>(totals.delivered(), payments);
    EXPECT_EQ(GetConsumer(i).state().parked_size(), 0);

    Database database(TableOf(i));
    int64_t done = 0;
    std::string last_convention;
    int64_t last_sequence = -1;
    database.Query("select convention, sequence from done order by convention, position",
                   [&](sqlite3_stmt* row) {
                     const std::string convention =
                         reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
                     if (convention != last_convention) last_sequence = -1;
                     last_convention = convention;
                     const int64_t sequence = sqlite3_column_int64(row, 1);
                     if (sequence <= last_sequence) ++disordered;
                     last_sequence = sequence;
                     ++done;
                   });
    misses += payments - done;
    database.Query("select sum(payments), sum(cents) from paid", [&](sqlite3_stmt* row) {
      twice += sqlite3_column_int64(row, 0) - done;
      EXPECT_EQ(sqlite3_column_int64(row, 1), payments * 100);
    });
  }
  std::printf(
      "%ld payments, %d consumers, %ld kills (%ld of the server), %lu redeliveries, misses %ld, "
      "applied twice %ld, out of order %ld\n",
      payments, kConsumers, kills, server_kills, redelivered, misses, twice, disordered);
  EXPECT_EQ(misses, 0);
  EXPECT_EQ(twice, 0);
  EXPECT_EQ(disordered, 0);
}

}  // namespace
}  // namespace registre::testing

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--consume") {
    return registre::testing::Consume(argv[2], argv[3], argv[4]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
