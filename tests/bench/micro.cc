// What the steps of an act cost, one by one, without gRPC.
//
//   build/release/bin/bench_micro [--benchmark_filter=Merkle]
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <rocksdb/write_batch.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/command.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tile_hashes.h"
#include "ledger/proof/tree_proof.h"
#include "ledger/store/event_store.h"
#include "ledger/store/rocksdb_log_check.h"
#include "projections/state_reader.h"
#include "tests/support/large_ledger.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {
namespace {

constexpr uint64_t kSeed = 7;
constexpr int kFoundingUnit = 500;

// A recorder over a log in memory, and the large ledger founded in it. Made once.
struct Founded {
  TestRecorder recorder;
  LargeLedger source{kSeed, 1'000'000};
  uint64_t unit = 0;

  Founded() {
    while (!source.founded()) Record(kFoundingUnit);
  }

  v1::RecordRequest Unit(int acts) {
    v1::RecordRequest request;
    request.set_command_id(fmt::format("u{}", unit++));
    for (v1::Act& act : source.NextUnit(static_cast<size_t>(acts))) {
      *request.add_acts() = std::move(act);
    }
    return request;
  }

  void Record(int acts) {
    const Outcome outcome = recorder.Record(Unit(acts));
    if (outcome.ok()) return;
    fmt::print(stderr, "{}\n", outcome.status().ToString());
    std::exit(1);
  }
};

Founded& TheLedger() {
  static auto* const founded = new Founded();
  return *founded;
}

// An event of an order, as it is stored.
v1::Event AnEvent() {
  Founded& ledger = TheLedger();
  while (true) {
    ledger.Record(1);
    v1::Event event = ledger.recorder.EventAt(ledger.recorder.log.size() - 1);
    if (event.act().has_payment_ordered()) return event;
  }
}

void BM_MakeCommand(benchmark::State& state) {
  const v1::RecordRequest request = TheLedger().Unit(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakeCommand("clerk", request, testing::AnyRole));
  }
}
BENCHMARK(BM_MakeCommand);

// The recorder's own work: rules, envelope, rows, index; the log is in memory and needs no sync.
void BM_RecordUnit(benchmark::State& state) {
  Founded& ledger = TheLedger();
  const int acts = static_cast<int>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    v1::RecordRequest request = ledger.Unit(acts);
    state.ResumeTiming();
    benchmark::DoNotOptimize(ledger.recorder.Record(std::move(request)));
  }
  state.SetItemsProcessed(state.iterations() * acts);
}
BENCHMARK(BM_RecordUnit)->Arg(1)->Arg(30)->Arg(510)->UseRealTime();

void BM_SerializeEvent(benchmark::State& state) {
  const v1::Event event = AnEvent();
  for (auto _ : state) benchmark::DoNotOptimize(event.SerializeAsString());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(event.ByteSizeLong()));
}
BENCHMARK(BM_SerializeEvent);

void BM_ParseEvent(benchmark::State& state) {
  const std::string bytes = AnEvent().SerializeAsString();
  for (auto _ : state) {
    v1::Event event;
    benchmark::DoNotOptimize(event.ParseFromString(bytes));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(BM_ParseEvent);

void BM_TagsOf(benchmark::State& state) {
  const v1::Event event = AnEvent();
  for (auto _ : state) benchmark::DoNotOptimize(TagsOf(event.act(), kSchemaVersion));
}
BENCHMARK(BM_TagsOf);

// Every row of an event, applied.
void BM_FoldEvent(benchmark::State& state) {
  const v1::Event event = AnEvent();
  const Projection projection = RegistreProjection();
  const std::vector<std::string> keys = projection.row_keys(event);
  for (auto _ : state) {
    for (const std::string& key : keys) {
      v1::Row row;
      projection.apply(event, key, &row);
      benchmark::DoNotOptimize(row);
    }
  }
}
BENCHMARK(BM_FoldEvent);

void BM_LeafHash(benchmark::State& state) {
  const std::string bytes = AnEvent().SerializeAsString();
  for (auto _ : state) benchmark::DoNotOptimize(LeafHash(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(BM_LeafHash);

void BM_MerkleAppend(benchmark::State& state) {
  MerkleTree tree;
  std::vector<Tile> tiles;
  const Hash leaf = LeafHash("event");
  for (auto _ : state) {
    tree.Append(leaf, &tiles);
    tiles.clear();
  }
}
BENCHMARK(BM_MerkleAppend);

void BM_MerkleRoot(benchmark::State& state) {
  MerkleTree tree;
  std::vector<Tile> tiles;
  for (int i = 0; i < 65'535; ++i) tree.Append(LeafHash("event"), &tiles);
  for (auto _ : state) benchmark::DoNotOptimize(tree.Root());
}
BENCHMARK(BM_MerkleRoot);

// A log of ten million events whose tiles cost nothing to read: what hashing and keeping cost.
constexpr uint64_t kProvenEvents = 10'000'123;

TileSource MadeUpTiles() {
  return [](const TileId& id) -> absl::StatusOr<std::string> {
    static const std::string hashes(kTileWidth * 32, 'x');
    return hashes.substr(0, static_cast<size_t>(id.width) * 32);
  };
}

void BM_InclusionProof(benchmark::State& state) {
  TileHashes tiles(MadeUpTiles());
  std::mt19937_64 random(kSeed);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        InclusionProof(random() % kProvenEvents, kProvenEvents, tiles.Of(kProvenEvents)));
  }
}
BENCHMARK(BM_InclusionProof);

// Of events that follow each other, as a replay asks for them.
void BM_InclusionProofsInOrder(benchmark::State& state) {
  TileHashes tiles(MadeUpTiles());
  const SubtreeHash hashes = tiles.Of(kProvenEvents);
  uint64_t index = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(InclusionProof(index++ % kProvenEvents, kProvenEvents, hashes));
  }
}
BENCHMARK(BM_InclusionProofsInOrder);

void BM_VerifyInclusion(benchmark::State& state) {
  const Proof proof(24);
  const Hash leaf = LeafHash("event");
  for (auto _ : state) {
    // Refused at the end: the work is the same.
    benchmark::DoNotOptimize(VerifyInclusion(leaf, 4'711, kProvenEvents, proof, leaf));
  }
}
BENCHMARK(BM_VerifyInclusion);

EventBatch ABatch(int64_t events) {
  EventBatch batch;
  for (int64_t i = 0; i < events; ++i) {
    batch.events.push_back(AnEvent().SerializeAsString());
    batch.leaf_hashes.push_back(LeafHash(batch.events.back()));
  }
  return batch;
}

// Appends to the log alone, each synced, of that many events: with the tree and its tiles.
void BM_LogAppend(benchmark::State& state) {
  const TempFolder folder;
  auto log = OpenRocksDbEventStore(folder.Path("log"));
  if (!log.ok()) {
    state.SkipWithError("no log");
    return;
  }
  EventBatch batch = ABatch(state.range(0));
  MerkleTree tree;
  for (auto _ : state) {
    batch.tiles.clear();
    for (const Hash& leaf : batch.leaf_hashes) tree.Append(leaf, &batch.tiles);
    if (!(*log)->Append((*log)->size(), batch).ok()) state.SkipWithError("no append");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_LogAppend)->ArgName("events")->Arg(1)->Arg(64)->Arg(1'024)->UseRealTime();

// The same without tree and tiles, which no log can be: written past it into a database like its
// own.
void BM_LogAppendNoTiles(benchmark::State& state) {
  const TempFolder folder;
  const auto log = OpenLog::Open(folder.Path("log"), LogTuning());
  if (!log.ok()) {
    state.SkipWithError("no log");
    return;
  }
  const EventBatch batch = ABatch(state.range(0));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  uint64_t position = 0;
  for (auto _ : state) {
    rocksdb::WriteBatch writes;
    for (size_t i = 0; i < batch.events.size(); ++i, ++position) {
      writes.Put(log->events, PositionKey(position), batch.events[i]);
      writes.Put(log->leaves, PositionKey(position), BytesOf(batch.leaf_hashes[i]));
    }
    if (!log->db->Write(synced, &writes).ok()) state.SkipWithError("no append");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_LogAppendNoTiles)->ArgName("events")->Arg(1)->Arg(64)->Arg(1'024)->UseRealTime();

}  // namespace
}  // namespace registre::testing

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::err);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
