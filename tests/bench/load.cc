// The load generator: what the ledger does in a second, beside what the machine can do.
//
//   build/release/bin/bench_load [--events 1000000] [--seconds 3] [--data DIR]
//
// Prints, in one run: an empty echo and recorded acts over gRPC with 1, 16, 64 and 256 in flight; bulk
// units over a stream, and the same bytes in the same groups into bare RocksDB; reads of history and
// as-of reads on a large ledger; a rebuild, a restart, memory.
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "grpcpp/grpcpp.h"
#include "ledger/base/clock.h"
#include "ledger/ledger.h"
#include "projections/state_reader.h"
#include "registre/v1/convention_service.grpc.pb.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "registre/v1/structure_service.grpc.pb.h"
#include "services/server.h"
#include "tests/support/large_ledger.h"
#include "tests/support/temp_folder.h"

namespace registre {
namespace {

using testing::LargeLedger;
using testing::Zipf;

constexpr int kUnitActs = 500;
constexpr uint64_t kSeed = 7;

// A median and a 99th percentile of durations.
struct Percentiles {
  double p50_us = 0;
  double p99_us = 0;
};

Percentiles PercentilesOf(std::vector<absl::Duration>* durations) {
  if (durations->empty()) return {};
  std::sort(durations->begin(), durations->end());
  const auto at = [&](double share) {
    return absl::ToDoubleMicroseconds(
        (*durations)[static_cast<size_t>(share * static_cast<double>(durations->size() - 1))]);
  };
  return {at(0.5), at(0.99)};
}

uint64_t ResidentKib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t kib = 0;
  while (status >> word) {
    if (word == "VmRSS:") status >> kib;
  }
  return kib;
}

// Answers Record with nothing done: what gRPC itself costs.
class EchoService final : public v1::LedgerService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Record(grpc::CallbackServerContext* call, const v1::RecordRequest*,
                                   v1::RecordResponse*) override {
    grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Keeps a number of Record calls in flight for a while.
class Caller {
 public:
  struct Result {
    double per_second = 0;
    Percentiles latency;
    uint64_t failures = 0;
  };

  Caller(v1::LedgerService::Stub* stub, std::function<v1::RecordRequest()> next)
      : stub_(stub), next_(std::move(next)) {}

  Result Run(int in_flight, absl::Duration duration) {
    const absl::Time start = absl::Now();
    deadline_ = start + duration;
    in_flight_ = in_flight;
    for (int i = 0; i < in_flight; ++i) Start();
    absl::MutexLock lock(&mutex_);
    const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
    mutex_.Await(absl::Condition(&over));
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
    Result result;
    result.per_second = static_cast<double>(latencies_.size()) / seconds;
    result.latency = PercentilesOf(&latencies_);
    result.failures = failures_;
    return result;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::RecordRequest request;
    v1::RecordResponse response;
    absl::Time start;
  };

  void Start() {
    auto call = std::make_shared<Call>();
    {
      absl::MutexLock lock(&mutex_);
      call->request = next_();
    }
    call->start = absl::Now();
    stub_->async()->Record(&call->context, &call->request, &call->response,
                           [this, call](const grpc::Status& status) { Done(*call, status); });
  }

  void Done(const Call& call, const grpc::Status& status) {
    const absl::Time now = absl::Now();
    {
      absl::MutexLock lock(&mutex_);
      latencies_.push_back(now - call.start);
      if (!status.ok() && failures_++ == 0) {
        fmt::print(stderr, "first failure: {}\n", status.error_message());
      }
      if (now >= deadline_) {
        --in_flight_;
        return;
      }
    }
    Start();
  }

  v1::LedgerService::Stub* const stub_;
  const std::function<v1::RecordRequest()> next_;
  absl::Time deadline_;
  absl::Mutex mutex_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<absl::Duration> latencies_ ABSL_GUARDED_BY(mutex_);
};

struct Running {
  SystemRandom random;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Server> server;
  std::shared_ptr<grpc::Channel> channel;

  explicit Running(const std::string& directory) {
    auto opened = Ledger::Open({.directory = directory,
                                .projection = RegistreProjection(),
                                .clock = &SystemClock(),
                                .random = &random,
                                .on_progress = nullptr});
    if (!opened.ok()) Die(opened.status());
    ledger = *std::move(opened);
    auto started = Server::Start(
        {.listen = "127.0.0.1:0", .ledger = ledger.get(), .clock = &SystemClock()});
    if (!started.ok()) Die(started.status());
    server = *std::move(started);
    channel = grpc::CreateChannel(fmt::format("127.0.0.1:{}", server->port()),
                                  grpc::InsecureChannelCredentials());
  }
  ~Running() {
    channel.reset();
    server.reset();
    ledger.reset();
  }

  [[noreturn]] static void Die(const absl::Status& status) {
    fmt::print(stderr, "{}\n", status.ToString());
    std::exit(1);
  }
};

v1::RecordRequest UnitOf(LargeLedger* source, int acts, uint64_t* unit) {
  v1::RecordRequest request;
  request.set_command_id(fmt::format("u{}", (*unit)++));
  for (int i = 0; i < acts; ++i) *request.add_acts() = source->Next();
  return request;
}

// Sends units over one stream, at most 16 under way; returns the seconds it took.
double SendBulk(Running* running, const std::vector<v1::RecordStreamRequest>& units) {
  auto stub = v1::LedgerService::NewStub(running->channel);
  grpc::ClientContext context;
  auto stream = stub->RecordStream(&context);
  absl::Mutex mutex;
  int under_way = 0;
  const absl::Time start = absl::Now();
  std::thread reader([&] {
    v1::RecordStreamResponse response;
    while (stream->Read(&response)) {
      if (response.has_error()) {
        fmt::print(stderr, "{}: {}\n", response.command_id(), response.error().message());
        std::exit(1);
      }
      absl::MutexLock lock(&mutex);
      --under_way;
    }
  });
  for (const v1::RecordStreamRequest& unit : units) {
    {
      absl::MutexLock lock(&mutex);
      const auto room = [&under_way] { return under_way < 16; };
      mutex.Await(absl::Condition(&room));
      ++under_way;
    }
    stream->Write(unit);
  }
  stream->WritesDone();
  reader.join();
  stream->Finish();
  return absl::ToDoubleSeconds(absl::Now() - start);
}

// The bytes of the log's events [from, to) into a bare RocksDB, synced in groups of `group`; seconds.
double RawAppends(const EventStore& log, uint64_t from, uint64_t to, uint64_t group,
                  const std::string& directory) {
  std::vector<std::string> events;
  const auto read = log.Read(from, [&](uint64_t position, std::string_view bytes) {
    if (position >= to) return false;
    events.emplace_back(bytes);
    return true;
  });
  if (!read.ok()) Running::Die(read);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, directory, &opened).ok()) return 0;
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const absl::Time start = absl::Now();
  for (uint64_t i = 0; i < events.size();) {
    rocksdb::WriteBatch batch;
    for (uint64_t j = 0; j < group && i < events.size(); ++i, ++j) {
      std::string key(8, '\0');
      for (int byte = 0; byte < 8; ++byte) key[7 - byte] = static_cast<char>(i >> (8 * byte));
      batch.Put(key, events[i]);
    }
    db->Write(synced, &batch);
  }
  return absl::ToDoubleSeconds(absl::Now() - start);
}

void PrintCalls(std::string_view name, int in_flight, const Caller::Result& result) {
  fmt::print("{:<10} {:>4} in flight {:>9.0f} /s   p50 {:>8.0f} us   p99 {:>8.0f} us{}\n", name,
             in_flight, result.per_second, result.latency.p50_us, result.latency.p99_us,
             result.failures == 0 ? "" : fmt::format("   {} FAILED", result.failures));
}

void MeasureCalls(Running* running, LargeLedger* source, uint64_t* unit, absl::Duration duration) {
  EchoService echo;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  const std::unique_ptr<grpc::Server> echo_server = builder.BuildAndStart();
  auto echo_stub = v1::LedgerService::NewStub(grpc::CreateChannel(
      fmt::format("127.0.0.1:{}", port), grpc::InsecureChannelCredentials()));
  auto stub = v1::LedgerService::NewStub(running->channel);
  LargeLedger same(kSeed, 1'000'000);
  while (!same.founded()) same.Next();
  uint64_t ignored = 0;
  const auto next = [&] { return UnitOf(source, 1, unit); };
  const auto echoed = [&] { return UnitOf(&same, 1, &ignored); };
  for (const int in_flight : {1, 16, 64, 256}) {
    const auto empty = Caller(echo_stub.get(), echoed).Run(in_flight, duration);
    const auto acts = Caller(stub.get(), next).Run(in_flight, duration);
    PrintCalls("echo", in_flight, empty);
    PrintCalls("act", in_flight, acts);
    fmt::print("{:<10} {:>4} in flight {:>9.2f} of the echo\n", "ratio", in_flight,
               acts.per_second / empty.per_second);
  }
  echo_server->Shutdown();
}

void MeasureBulk(Running* running, LargeLedger* source, uint64_t* unit, uint64_t events) {
  const uint64_t from = running->ledger->log().size();
  double seconds = 0;
  uint64_t sent = 0;
  while (sent < events) {
    std::vector<v1::RecordStreamRequest> units;
    for (int i = 0; i < 200 && sent < events; ++i) {
      const auto acts = static_cast<int>(std::min<uint64_t>(kUnitActs, events - sent));
      *units.emplace_back().mutable_request() = UnitOf(source, acts, unit);
      sent += static_cast<uint64_t>(acts);
    }
    seconds += SendBulk(running, units);
  }
  const uint64_t to = running->ledger->log().size();
  const testing::TempFolder raw;
  const uint64_t sample = std::min<uint64_t>(to - from, 200'000);
  const double raw_seconds =
      RawAppends(running->ledger->log(), to - sample, to, 2'000, raw.Path("raw"));
  const double rate = static_cast<double>(to - from) / seconds;
  const double raw_rate = static_cast<double>(sample) / raw_seconds;
  fmt::print("bulk       {:>9.0f} events/s over {} events in units of {}\n", rate, to - from, kUnitActs);
  fmt::print("raw        {:>9.0f} events/s, the same bytes synced in groups of 2,000; ratio {:.2f}\n",
             raw_rate, rate / raw_rate);
}

// Calls `read` over and over; prints its rate and latencies.
void MeasureReads(std::string_view name, absl::Duration duration,
                  const std::function<grpc::Status()>& read) {
  std::vector<absl::Duration> latencies;
  uint64_t failures = 0;
  const absl::Time start = absl::Now();
  while (absl::Now() < start + duration) {
    const absl::Time before = absl::Now();
    const grpc::Status status = read();
    latencies.push_back(absl::Now() - before);
    if (!status.ok() && failures++ == 0) fmt::print(stderr, "{}: {}\n", name, status.error_message());
  }
  const double rate =
      static_cast<double>(latencies.size()) / absl::ToDoubleSeconds(absl::Now() - start);
  const Percentiles percentiles = PercentilesOf(&latencies);
  fmt::print("{:<28} {:>8.0f} /s   p50 {:>7.0f} us   p99 {:>7.0f} us{}\n", name, rate,
             percentiles.p50_us, percentiles.p99_us,
             failures == 0 ? "" : fmt::format("   {} FAILED", failures));
}

void MeasureAllReads(Running* running, absl::Duration duration) {
  const uint64_t size = running->ledger->log().size();
  std::mt19937_64 rng(kSeed);
  const Zipf structures(LargeLedger::kStructures);
  const Zipf conventions(LargeLedger::kConventions);
  auto structure_stub = v1::StructureService::NewStub(running->channel);
  auto convention_stub = v1::ConventionService::NewStub(running->channel);
  const auto some_date = [&] { return FromDays(18'628 + static_cast<Days>(rng() % 1'095)); };
  const auto convention_at = [&](bool known, bool effective) {
    v1::GetConventionRequest request;
    request.set_number(LargeLedger::ConventionNumber(conventions.Draw(&rng)));
    v1::AsOf* as_of = request.mutable_options()->mutable_as_of();
    if (known) as_of->set_position(size / 10 + rng() % (size - size / 10));
    if (effective) *as_of->mutable_effective_on() = some_date();
    v1::GetConventionResponse response;
    grpc::ClientContext context;
    const grpc::Status status = convention_stub->GetConvention(&context, request, &response);
    return status.error_code() == grpc::NOT_FOUND ? grpc::Status::OK : status;
  };
  MeasureReads("convention, now", duration, [&] { return convention_at(false, false); });
  MeasureReads("convention, known at", duration, [&] { return convention_at(true, false); });
  MeasureReads("convention, effective on", duration, [&] { return convention_at(false, true); });
  MeasureReads("convention, both axes", duration, [&] { return convention_at(true, true); });
  MeasureReads("structure, both axes", duration, [&] {
    v1::GetStructureRequest request;
    request.set_id(LargeLedger::StructureId(structures.Draw(&rng)));
    request.mutable_options()->mutable_as_of()->set_position(size / 10 + rng() % (size - size / 10));
    *request.mutable_options()->mutable_as_of()->mutable_effective_on() = some_date();
    v1::GetStructureResponse response;
    grpc::ClientContext context;
    return structure_stub->GetStructure(&context, request, &response);
  });
  MeasureReads("structure history, 100 acts", duration, [&] {
    v1::ListStructureActsRequest request;
    request.set_id(LargeLedger::StructureId(structures.Draw(&rng)));
    v1::ListStructureActsResponse response;
    grpc::ClientContext context;
    return structure_stub->ListStructureActs(&context, request, &response);
  });
}

int Run(uint64_t events, absl::Duration duration, const std::string& directory) {
  uint64_t unit = 0;
  LargeLedger source(kSeed, events / 3);
  auto running = std::make_unique<Running>(directory);
  fmt::print("{} events wanted in {}\n", events, directory);
  const uint64_t founding = LargeLedger::kLines + LargeLedger::kStructures + 1 +
                            LargeLedger::kConventions +
                            4 * LargeLedger::kConventions / LargeLedger::kAllotmentsEach;
  MeasureBulk(running.get(), &source, &unit, std::max(events, founding));
  MeasureCalls(running.get(), &source, &unit, duration);
  MeasureAllReads(running.get(), duration);

  const uint64_t size = running->ledger->log().size();
  absl::Time start = absl::Now();
  if (const auto rebuilt = running->ledger->Rebuild(nullptr); !rebuilt.ok()) {
    Running::Die(rebuilt.status());
  }
  fmt::print("rebuild    {:>9.0f} events/s\n",
             static_cast<double>(size) / absl::ToDoubleSeconds(absl::Now() - start));
  fmt::print("memory     {:>9} KiB resident, server, client and generator together\n", ResidentKib());
  start = absl::Now();
  running.reset();
  fmt::print("stop       {:>9.2f} s\n", absl::ToDoubleSeconds(absl::Now() - start));
  start = absl::Now();
  running = std::make_unique<Running>(directory);
  fmt::print("restart    {:>9.2f} s with {} events\n", absl::ToDoubleSeconds(absl::Now() - start),
             running->ledger->log().size());
  return 0;
}

}  // namespace
}  // namespace registre

int main(int argc, char** argv) {
  uint64_t events = 1'000'000;
  double seconds = 3;
  std::string directory;
  CLI::App app{"What the ledger does in a second, beside what the machine can do"};
  app.add_option("--events", events, "Events of the large ledger")->capture_default_str();
  app.add_option("--seconds", seconds, "Length of each measurement")->capture_default_str();
  app.add_option("--data", directory, "Folder of the ledger; a temporary one when not given");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::warn);
  const registre::testing::TempFolder temporary;
  if (directory.empty()) directory = temporary.Path("ledger");
  return registre::Run(events, absl::Seconds(seconds), directory);
}
