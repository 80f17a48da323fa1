// The load generator: what the ledger does in a second, beside what the machine can do.
//
//   build/release/bin/bench_load [--events 1000000] [--seconds 3] [--data DIR]
//
// Starts the registred beside it and prints, in one run: bulk units over a stream, and the same
// bytes in the same groups into bare RocksDB; an empty echo and recorded acts with 1, 16, 64 and
// 256 in flight; reads of history and as-of reads by Zipf's law; a rebuild, a restart, memory.
// Client, server and echo are a process each, on the same cores.
#include <fmt/format.h>
#include <rocksdb/db.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/base/date.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/convention_service.grpc.pb.h"
#include "registre/v1/structure_service.grpc.pb.h"
#include "services/access.h"
#include "tests/bench/measure.h"
#include "tests/support/large_ledger.h"
#include "tests/support/server_process.h"
#include "tests/support/subjects.h"
#include "tests/support/temp_folder.h"

namespace registre::bench {
namespace {

using testing::LargeLedger;
using testing::ServerProcess;
using testing::Zipf;

constexpr int kUnitActs = 500;
constexpr int kUnitsUnderWay = 16;
constexpr uint64_t kSeed = 7;

// A server, and the way to it.
struct Running {
  std::unique_ptr<ServerProcess> process;
  std::shared_ptr<grpc::Channel> channel;

  explicit Running(const std::string& directory) : process(ServerProcess::Start(directory)) {
    const auto address = process->AwaitAddress();
    if (!address) Die(process->output());
    channel = grpc::CreateChannel(*address, grpc::InsecureChannelCredentials());
  }

  v1::GetStatusResponse Status() const {
    v1::GetStatusResponse response;
    grpc::ClientContext context;
    const auto got = v1::AdminService::NewStub(channel)->GetStatus(&context, {}, &response);
    if (!got.ok()) Die(got.error_message());
    return response;
  }

  void PrintMemory(std::string_view when) const {
    fmt::print("memory {:<21} {:>9} MB resident, {} MB at most so far\n", when,
               process->resident_bytes() >> 20, process->peak_resident_bytes() >> 20);
  }
};

// Requests from the acts of the large ledger.
class Units {
 public:
  explicit Units(uint64_t expected_events) : source_(kSeed, expected_events / 3) {}

  v1::RecordRequest Unit(int acts) {
    v1::RecordRequest request = Empty();
    for (v1::Act& act : source_.NextUnit(static_cast<size_t>(acts))) {
      *request.add_acts() = std::move(act);
    }
    return request;
  }

  // A unit of one order, which rests on no other: calls in flight arrive in any order.
  v1::RecordRequest Order() {
    v1::RecordRequest request = Empty();
    v1::Act* act = request.add_acts();
    do {
      *act = source_.Next();
    } while (!act->has_payment_ordered());
    return request;
  }

 private:
  v1::RecordRequest Empty() {
    v1::RecordRequest request;
    request.set_command_id(fmt::format("u{}", unit_++));
    return request;
  }

  LargeLedger source_;
  uint64_t unit_ = 0;
};

// Sends units of one subject over one stream; returns the seconds it took.
double SendBulk(const Running& running, const std::vector<v1::RecordStreamRequest>& units) {
  auto stub = v1::LedgerService::NewStub(running.channel);
  grpc::ClientContext context;
  context.AddMetadata(kSubjectMetadata, testing::SubjectOf(units.front().request()));
  auto stream = stub->RecordStream(&context);
  absl::Mutex mutex;
  int under_way = 0;
  const absl::Time start = absl::Now();
  std::thread reader([&] {
    v1::RecordStreamResponse response;
    while (stream->Read(&response)) {
      if (response.has_error()) Die(response.command_id() + ": " + response.error().message());
      absl::MutexLock lock(&mutex);
      --under_way;
    }
  });
  for (const v1::RecordStreamRequest& unit : units) {
    {
      absl::MutexLock lock(&mutex);
      const auto room = [&under_way] { return under_way < kUnitsUnderWay; };
      mutex.Await(absl::Condition(&room));
      ++under_way;
    }
    stream->Write(unit);
  }
  stream->WritesDone();
  reader.join();
  if (const grpc::Status status = stream->Finish(); !status.ok()) Die(status.error_message());
  return absl::ToDoubleSeconds(absl::Now() - start);
}

// The bytes of the last `count` events.
std::vector<std::string> LastEvents(const Running& running, uint64_t count) {
  v1::SubscribeRequest request;
  request.set_from_position(running.Status().size() - count);
  grpc::ClientContext context;
  auto stream = v1::LedgerService::NewStub(running.channel)->Subscribe(&context, request);
  std::vector<std::string> events;
  v1::SubscribeResponse response;
  while (events.size() < count && stream->Read(&response)) {
    for (const v1::RecordedEvent& recorded : response.batch().events()) {
      events.push_back(recorded.event());
    }
  }
  context.TryCancel();
  return events;
}

// Events into a bare RocksDB, synced in groups of `group`; returns the seconds it took.
double AppendRaw(const std::vector<std::string>& events, uint64_t group,
                 const std::string& directory) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  if (const auto status = rocksdb::DB::Open(options, directory, &opened); !status.ok()) {
    Die(status.ToString());
  }
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
    if (const auto status = db->Write(synced, &batch); !status.ok()) Die(status.ToString());
  }
  return absl::ToDoubleSeconds(absl::Now() - start);
}

void MeasureBulk(const Running& running, Units* source, uint64_t events) {
  constexpr uint64_t kSample = 200'000;
  double seconds = 0;
  uint64_t sent = 0;
  while (sent < events) {
    std::vector<v1::RecordStreamRequest> units;
    for (int i = 0; i < 200 && sent < events; ++i) {
      const auto acts = static_cast<int>(std::min<uint64_t>(kUnitActs, events - sent));
      v1::RecordRequest unit = source->Unit(acts);
      sent += static_cast<uint64_t>(unit.acts_size());
      // Who answers orders is another than who gave them, and waits for them.
      if (!units.empty() &&
          testing::SubjectOf(units.back().request()) != testing::SubjectOf(unit)) {
        seconds += SendBulk(running, std::exchange(units, {}));
      }
      *units.emplace_back().mutable_request() = std::move(unit);
    }
    seconds += SendBulk(running, units);
  }
  const v1::GetStatusResponse status = running.Status();
  const uint64_t group = status.recorded_acts() / std::max<uint64_t>(status.recorded_groups(), 1);
  const std::vector<std::string> bytes = LastEvents(running, std::min(kSample, status.size()));
  const TempFolder raw;
  const double raw_seconds = AppendRaw(bytes, group, raw.Path("raw"));
  const double rate = static_cast<double>(events) / seconds;
  const double raw_rate = static_cast<double>(bytes.size()) / raw_seconds;
  fmt::print("bulk {:>33.0f} events/s: {} events in units of {}, {} units under way, {} groups\n",
             rate, events, kUnitActs, kUnitsUnderWay, status.recorded_groups());
  fmt::print("bare RocksDB {:>25.0f} events/s: the last {}, synced in groups of {}\n", raw_rate,
             bytes.size(), group);
  fmt::print("ratio {:>32.2f}\n", rate / raw_rate);
}

void MeasureCalls(const Running& running, const std::string& echo_address, Units* source,
                  absl::Duration duration) {
  auto echo = v1::LedgerService::NewStub(
      grpc::CreateChannel(echo_address, grpc::InsecureChannelCredentials()));
  auto ledger = v1::LedgerService::NewStub(running.channel);
  const auto next = [&] { return source->Order(); };
  for (const int in_flight : {1, 16, 64, 256}) {
    const Measure empty = Caller(echo.get(), next).Run(in_flight, duration);
    const Measure acts = Caller(ledger.get(), next).Run(in_flight, duration);
    Print(fmt::format("echo, {} in flight", in_flight), empty);
    Print(fmt::format("act, {} in flight", in_flight), acts);
    fmt::print("ratio {:>32.2f}\n", acts.per_second / empty.per_second);
  }
}

// Calls `read` over and over, one at a time; what is not there yet at the date asked for is no
// failure.
void MeasureReads(std::string_view name, absl::Duration duration,
                  const std::function<grpc::Status()>& read) {
  std::vector<absl::Duration> latencies;
  uint64_t failures = 0;
  const absl::Time start = absl::Now();
  while (absl::Now() < start + duration) {
    const absl::Time before = absl::Now();
    const grpc::Status status = read();
    latencies.push_back(absl::Now() - before);
    if (!status.ok() && status.error_code() != grpc::NOT_FOUND && failures++ == 0) {
      fmt::print(stderr, "{}: {}\n", name, status.error_message());
    }
  }
  Print(name, MeasureOf(std::move(latencies), absl::Now() - start, failures));
}

void MeasureAllReads(const Running& running, absl::Duration duration) {
  const uint64_t size = running.Status().size();
  std::mt19937_64 rng(kSeed);
  const Zipf structures(LargeLedger::kStructures);
  const Zipf conventions(LargeLedger::kConventions);
  auto structure_stub = v1::StructureService::NewStub(running.channel);
  auto convention_stub = v1::ConventionService::NewStub(running.channel);
  const auto draw_point = [&](bool known, bool effective, v1::AsOf* as_of) {
    if (known) as_of->set_position(size / 10 + rng() % (size - size / 10));
    if (effective)
      *as_of->mutable_effective_on() = FromDays(18'628 + static_cast<Days>(rng() % 1'095));
  };
  const auto convention = [&](bool known, bool effective) {
    v1::GetConventionRequest request;
    request.set_number(LargeLedger::ConventionNumber(conventions.Draw(&rng)));
    draw_point(known, effective, request.mutable_options()->mutable_as_of());
    v1::GetConventionResponse response;
    grpc::ClientContext context;
    return convention_stub->GetConvention(&context, request, &response);
  };
  const auto structure = [&](bool known, bool effective) {
    v1::GetStructureRequest request;
    request.set_id(LargeLedger::StructureId(structures.Draw(&rng)));
    draw_point(known, effective, request.mutable_options()->mutable_as_of());
    v1::GetStructureResponse response;
    grpc::ClientContext context;
    return structure_stub->GetStructure(&context, request, &response);
  };
  MeasureReads("convention, now", duration, [&] { return convention(false, false); });
  MeasureReads("convention, known at", duration, [&] { return convention(true, false); });
  MeasureReads("convention, effective on", duration, [&] { return convention(false, true); });
  MeasureReads("convention, both", duration, [&] { return convention(true, true); });
  MeasureReads("structure, now", duration, [&] { return structure(false, false); });
  MeasureReads("structure, both", duration, [&] { return structure(true, true); });
  MeasureReads("structure, 100 acts", duration, [&] {
    v1::ListStructureActsRequest request;
    request.set_id(LargeLedger::StructureId(structures.Draw(&rng)));
    v1::ListStructureActsResponse response;
    grpc::ClientContext context;
    return structure_stub->ListStructureActs(&context, request, &response);
  });
}

void MeasureRebuild(const Running& running) {
  const absl::Time start = absl::Now();
  grpc::ClientContext context;
  auto stream = v1::AdminService::NewStub(running.channel)->Rebuild(&context, {});
  v1::RebuildResponse response;
  while (stream->Read(&response)) continue;
  if (const grpc::Status status = stream->Finish(); !status.ok()) Die(status.error_message());
  fmt::print("rebuild {:>30.0f} events/s: {} events\n",
             static_cast<double>(response.events()) / absl::ToDoubleSeconds(absl::Now() - start),
             response.events());
}

void Run(uint64_t events, absl::Duration duration, const std::string& directory) {
  const std::string echo_address = StartEchoProcess();
  constexpr uint64_t kFounding = 1 + LargeLedger::kLines + LargeLedger::kStructures +
                                 LargeLedger::kConventions +
                                 4 * LargeLedger::kConventions / LargeLedger::kAllotmentsEach;
  events = std::max(events, kFounding);
  Units source(events);
  Running running(directory);
  MeasureBulk(running, &source, events);
  running.PrintMemory("after the bulk");
  MeasureCalls(running, echo_address, &source, duration);
  MeasureAllReads(running, duration);
  running.PrintMemory("after the reads");
  MeasureRebuild(running);
  running.PrintMemory("after the rebuild");

  const uint64_t size = running.Status().size();
  absl::Time start = absl::Now();
  running.process->Stop();
  fmt::print("stop {:>33.2f} s\n", absl::ToDoubleSeconds(absl::Now() - start));
  start = absl::Now();
  running = Running(directory);
  if (running.Status().size() != size) Die("the restarted server has another size");
  fmt::print("restart {:>30.2f} s: {} events, to the first answer\n",
             absl::ToDoubleSeconds(absl::Now() - start), size);
  start = absl::Now();
  running.process->Kill();
  running = Running(directory);
  if (running.Status().size() != size) Die("the restarted server has another size");
  fmt::print("restart after kill -9 {:>16.2f} s\n", absl::ToDoubleSeconds(absl::Now() - start));
}

}  // namespace
}  // namespace registre::bench

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  uint64_t events = 1'000'000;
  double seconds = 3;
  std::string directory;
  CLI::App app{"What the ledger does in a second, beside what the machine can do"};
  app.add_option("--events", events, "Events of the large ledger")->capture_default_str();
  app.add_option("--seconds", seconds, "Length of each measurement")->capture_default_str();
  app.add_option("--data", directory, "Folder of the ledger; a temporary one when not given");
  CLI11_PARSE(app, argc, argv);
  const registre::TempFolder temporary;
  if (directory.empty()) directory = temporary.Path("ledger");
  registre::bench::Run(events, absl::Seconds(seconds), directory);
  return 0;
}
