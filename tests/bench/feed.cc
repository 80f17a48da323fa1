// The payment feed and mutual TLS, measured against a running server.
//
//   build/release/bin/bench_feed [--payments 200000] [--seconds 3]
//
// Prints, in one run: how fast a consumer that was away catches up; from the answer to whoever
// records to the delivery, with 1, 10 and 100 consumers at half the rate that recording reaches;
// recording with certificates and roles beside recording without, in turn.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/payment_feed_service.grpc.pb.h"
#include "tests/bench/measure.h"
#include "tests/support/large_ledger.h"
#include "tests/support/payment_acts.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_recorder.h"

namespace registre::bench {
namespace {

using testing::ServerProcess;

constexpr int kConventions = 500;
constexpr int kInFlight = 64;
constexpr int kRounds = 3;

// What a server and its client need for mutual TLS, made on the spot.
struct Tls {
  std::vector<std::string> server_arguments;
  std::shared_ptr<grpc::ChannelCredentials> client_credentials;
};

Tls MakeTls(const TempFolder& folder) {
  const testing::TestCa ca("bench CA (test)");
  const auto server =
      ca.Issue({.common_name = "localhost", .names = {"localhost"}, .usage = "serverAuth"});
  const auto client = ca.Issue({.common_name = "bench.example.org"});
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder.Path(name)) << text;
    return folder.Path(name);
  };
  Tls tls;
  tls.server_arguments = {"--tls-cert",
                          write("server.pem", server.certificate_pem),
                          "--tls-key",
                          write("server.key", server.key_pem),
                          "--tls-client-ca",
                          write("ca.pem", ca.pem()),
                          "--policy",
                          write("policy.json", R"({"subjects": [{"subject": "bench", "certificates":
        ["bench.example.org"], "roles": ["admin", "assembly", "clerk", "orderer"]}]})")};
  tls.client_credentials = grpc::SslCredentials({.pem_root_certs = ca.pem(),
                                                 .pem_private_key = client.key_pem,
                                                 .pem_cert_chain = client.certificate_pem});
  return tls;
}

// A server with the founding acts, and calls that order payments, spread by Zipf's law.
class FeedBench {
 public:
  FeedBench(const std::string& folder, const std::vector<std::string>& arguments,
            const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : process_(ServerProcess::Start(folder, arguments)) {
    const auto address = process_->AwaitAddress();
    if (!address) Die(process_->output());
    grpc::ChannelArguments options;
    options.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const std::string port = address->substr(address->rfind(':'));
    channel_ = grpc::CreateCustomChannel("localhost" + port, credentials, options);
    ledger_ = v1::LedgerService::NewStub(channel_);
    feed_ = v1::PaymentFeedService::NewStub(channel_);
    Record(testing::UnitOf("founding", testing::PaymentFounding(kConventions)));
  }

  v1::RecordRequest NextOrder(int acts = 1) {
    std::vector<v1::Act> orders;
    for (int i = 0; i < acts; ++i) {
      const uint64_t number = order_++;
      orders.push_back(testing::Order(1 + conventions_.Draw(&rng_), fmt::format("{}", number), 1));
    }
    return testing::UnitOf(fmt::format("o{}", order_), orders);
  }

  uint64_t Record(const v1::RecordRequest& unit) {
    grpc::ClientContext context;
    v1::RecordResponse response;
    const grpc::Status status = ledger_->Record(&context, unit, &response);
    if (!status.ok()) Die(status.error_message());
    return response.receipts(0).position();
  }

  void Create(const std::string& name, bool from_now) {
    grpc::ClientContext context;
    v1::CreateConsumerRequest request;
    request.set_name(name);
    if (from_now) request.set_start(v1::CONSUMER_START_NOW);
    v1::CreateConsumerResponse response;
    const grpc::Status status = feed_->CreateConsumer(&context, request, &response);
    if (!status.ok()) Die(status.error_message());
  }
  void Delete(const std::string& name) {
    grpc::ClientContext context;
    v1::DeleteConsumerRequest request;
    request.set_name(name);
    v1::DeleteConsumerResponse response;
    feed_->DeleteConsumer(&context, request, &response);
  }

  v1::LedgerService::Stub* ledger() { return ledger_.get(); }
  v1::PaymentFeedService::Stub* feed() { return feed_.get(); }

 private:
  const std::unique_ptr<ServerProcess> process_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::PaymentFeedService::Stub> feed_;
  std::mt19937_64 rng_{7};
  const testing::Zipf conventions_{kConventions};
  uint64_t order_ = 0;
};

// Takes and acknowledges until `take` has enough or the stream ends.
void Consume(FeedBench* bench, const std::string& name, int window,
             const std::function<bool(const v1::ConsumeResponse&)>& take) {
  grpc::ClientContext context;
  const auto stream = bench->feed()->Consume(&context);
  v1::ConsumeRequest request;
  request.mutable_attach()->set_consumer(name);
  request.mutable_attach()->set_window(window);
  stream->Write(request);
  v1::ConsumeResponse response;
  bool more = true;
  while (more && stream->Read(&response)) {
    more = take(response);
    // Sent together: the last of them takes the others along.
    int left = response.deliveries().deliveries_size();
    for (const v1::Delivery& delivery : response.deliveries().deliveries()) {
      v1::ConsumeRequest answer;
      answer.mutable_acknowledge()->set_delivery_id(delivery.delivery_id());
      answer.mutable_acknowledge()->set_through_position(
          delivery.events(delivery.events_size() - 1).position());
      grpc::WriteOptions options;
      if (--left > 0) options.set_buffer_hint();
      stream->Write(answer, options);
    }
  }
  context.TryCancel();
  stream->Finish();
}

int EventsOf(const v1::ConsumeResponse& response) {
  int events = 0;
  for (const v1::Delivery& delivery : response.deliveries().deliveries()) {
    events += delivery.events_size();
  }
  return events;
}

void MeasureCatchingUp(FeedBench* bench, int payments) {
  for (int i = 0; i < payments; i += 500) bench->Record(bench->NextOrder(500));
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = fmt::format("away-{}", round);
    bench->Create(name, false);
    int events = 0;
    const absl::Time start = absl::Now();
    Consume(bench, name, 4'096, [&](const v1::ConsumeResponse& response) {
      events += EventsOf(response);
      return events < payments;
    });
    fmt::print("catching up {:>26.0f} events/s: {} events\n",
               events / absl::ToDoubleSeconds(absl::Now() - start), events);
    bench->Delete(name);
  }
}

// Sends orders at a rate, and waits for the answers: when each was sent and answered, by position.
class PacedOrders {
 public:
  struct Times {
    absl::Time sent;
    absl::Time answered;
  };

  PacedOrders(FeedBench* bench, double per_second, absl::Duration duration) {
    const absl::Time start = absl::Now();
    uint64_t sent = 0;
    while (absl::Now() < start + duration) {
      const double due = absl::ToDoubleSeconds(absl::Now() - start) * per_second;
      for (; static_cast<double>(sent) < due; ++sent) Send(bench);
      absl::SleepFor(absl::Microseconds(200));
    }
    absl::MutexLock lock(&mutex_);
    const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return under_way_ == 0; };
    mutex_.Await(absl::Condition(&over));
  }
  const absl::flat_hash_map<uint64_t, Times>& times() const { return times_; }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::RecordRequest request;
    v1::RecordResponse response;
    absl::Time sent;
  };

  void Send(FeedBench* bench) {
    auto call = std::make_shared<Call>();
    call->request = bench->NextOrder();
    call->sent = absl::Now();
    {
      absl::MutexLock lock(&mutex_);
      ++under_way_;
    }
    bench->ledger()->async()->Record(
        &call->context, &call->request, &call->response, [this, call](const grpc::Status& status) {
          const absl::Time now = absl::Now();
          if (!status.ok()) Die(status.error_message());
          absl::MutexLock lock(&mutex_);
          times_[call->response.receipts(0).position()] = {call->sent, now};
          --under_way_;
        });
  }

  absl::Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, Times> times_;
};

void MeasureDelivery(FeedBench* bench, int consumers, double per_second, absl::Duration duration) {
  using Deliveries = std::vector<std::pair<uint64_t, absl::Time>>;
  std::vector<Deliveries> delivered(static_cast<size_t>(consumers));
  std::vector<std::thread> threads;
  std::atomic<int> ready = 0;
  std::atomic<uint64_t> last_position = ~uint64_t{0};
  for (int i = 0; i < consumers; ++i) {
    const std::string name = fmt::format("live-{}-{}", consumers, i);
    bench->Create(name, true);
    threads.emplace_back([&, name, i] {
      bool first = true;
      Consume(bench, name, 1'000, [&](const v1::ConsumeResponse& response) {
        const absl::Time now = absl::Now();
        if (std::exchange(first, false)) ++ready;
        bool more = true;
        for (const v1::Delivery& delivery : response.deliveries().deliveries()) {
          for (const v1::RecordedEvent& event : delivery.events()) {
            delivered[static_cast<size_t>(i)].emplace_back(event.position(), now);
            more = more && event.position() < last_position;
          }
        }
        return more;
      });
    });
  }
  while (ready < consumers) absl::SleepFor(absl::Milliseconds(1));
  const PacedOrders orders(bench, per_second, duration);
  last_position = bench->Record(bench->NextOrder());
  bench->Record(bench->NextOrder());  // lets them end who took that one before it was known
  for (std::thread& thread : threads) thread.join();

  std::vector<absl::Duration> commit;
  std::vector<absl::Duration> after_answer;
  std::vector<absl::Duration> after_sending;
  for (const auto& [position, times] : orders.times()) {
    commit.push_back(times.answered - times.sent);
  }
  for (const Deliveries& of_one : delivered) {
    for (const auto& [position, when] : of_one) {
      const auto found = orders.times().find(position);
      if (found == orders.times().end()) continue;
      after_answer.push_back(std::max(when - found->second.answered, absl::ZeroDuration()));
      after_sending.push_back(when - found->second.sent);
    }
  }
  const Measure committed = MeasureOf(commit, duration, 0);
  const Measure delivery = MeasureOf(after_answer, duration, 0);
  Print(fmt::format("commit, {} consumers", consumers), committed);
  Print("  delivery after the answer", delivery);
  Print("  delivery after sending", MeasureOf(after_sending, duration, 0));
  fmt::print("  p99 ratio {:>26.2f}\n", delivery.p99_us / committed.p99_us);
  for (int i = 0; i < consumers; ++i) bench->Delete(fmt::format("live-{}-{}", consumers, i));
}

void Run(int payments, absl::Duration duration) {
  const TempFolder folder;
  FeedBench plain(folder.Path("plain"), {}, grpc::InsecureChannelCredentials());
  const Tls tls = MakeTls(folder);
  FeedBench secured(folder.Path("secured"), tls.server_arguments, tls.client_credentials);
  MeasureCatchingUp(&plain, payments);

  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Measure without =
        Caller(plain.ledger(), [&] { return plain.NextOrder(); }).Run(kInFlight, duration);
    const Measure with =
        Caller(secured.ledger(), [&] { return secured.NextOrder(); }).Run(kInFlight, duration);
    Print(fmt::format("plaintext, {} in flight", kInFlight), without);
    Print(fmt::format("mutual TLS, {} in flight", kInFlight), with);
    fmt::print("ratio {:>32.2f}\n", with.per_second / without.per_second);
    best = std::max(best, without.per_second);
  }
  for (const int consumers : {1, 10, 100}) MeasureDelivery(&plain, consumers, best / 2, duration);
}

}  // namespace
}  // namespace registre::bench

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  int payments = 200'000;
  double seconds = 3;
  CLI::App app{"bench_feed: the payment feed and mutual TLS"};
  app.add_option("--payments", payments, "Payments to catch up with")->capture_default_str();
  app.add_option("--seconds", seconds, "How long each rate is measured")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  registre::bench::Run(payments, absl::Seconds(seconds));
  return 0;
}
