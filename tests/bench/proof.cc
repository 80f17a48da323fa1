// What proofs cost: recording with checkpoints, inclusion proofs, bundles, replay and `verify
// ledger`, and the memory of each.
//
//   build/release/bin/bench_proof [--events 1000000,10000000] [--rounds 3] [--data DIR]
//
// In one process, without gRPC. A made-up ledger is filled to each size in turn, measured there,
// and removed at the end unless --data names its folder, which must be new.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "ledger/base/clock.h"
#include "ledger/bundle_builder.h"
#include "ledger/checkpoints.h"
#include "ledger/command.h"
#include "ledger/ledger.h"
#include "ledger/seals.h"
#include "ledger/verify/verify_ledger.h"
#include "projections/state_reader.h"
#include "tests/bench/measure.h"
#include "tests/support/large_ledger.h"
#include "tests/support/subjects.h"
#include "tests/support/temp_folder.h"

namespace registre::bench {
namespace {

using testing::LargeLedger;

constexpr uint64_t kSeed = 7;
constexpr int kUnitActs = 500;
constexpr int kUnitsUnderWay = 16;
constexpr uint64_t kRoundEvents = 150'000;  // of a round of recording
constexpr int kProofs = 200'000;
constexpr int kBundles = 200;
constexpr uint64_t kBundleEvents = 50;

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) Die(value.status().ToString());
  return *std::move(value);
}

double SecondsOf(const std::function<void()>& work) {
  const absl::Time start = absl::Now();
  work();
  return absl::ToDoubleSeconds(absl::Now() - start);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The most memory that the process had since the last call, as Linux counts it.
class PeakMemory {
 public:
  static void Reset() { std::ofstream("/proc/self/clear_refs") << "5"; }
  static uint64_t Megabytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    uint64_t kilobytes = 0;
    while (status >> word) {
      if (word == "VmHWM:") status >> kilobytes;
    }
    return kilobytes >> 10;
  }
};

void PrintPeak(std::string_view of) {
  fmt::print("    memory, at most: {:>6} MB  ({})\n", PeakMemory::Megabytes(), of);
}

// The ledger that is measured.
class Subject {
 public:
  Subject(std::string directory, uint64_t expected_events)
      : directory_(std::move(directory)), source_(kSeed, expected_events / 3) {
    Open();
    if (ledger_->log().size() != 0) Die(directory_ + " is not new");
  }

  void Open() {
    ledger_ = Must(Ledger::Open({.directory = directory_,
                                 .projection = RegistreProjection(),
                                 .clock = &SystemClock(),
                                 .random = &random_,
                                 .on_progress = nullptr}));
  }
  void Close() { ledger_.reset(); }

  Ledger& ledger() { return *ledger_; }
  const std::string& directory() const { return directory_; }

  // Records units of 500 acts until there are that many more events; events a second.
  double Record(uint64_t events) {
    const uint64_t from = ledger_->log().size();
    const double seconds = SecondsOf([&] {
      uint64_t left = events;
      while (left > 0) left -= std::min(left, SubmitNextUnit());
      absl::MutexLock lock(&mutex_);
      const auto done = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return under_way_ == 0; };
      mutex_.Await(absl::Condition(&done));
    });
    return static_cast<double>(ledger_->log().size() - from) / seconds;
  }
  void RecordTo(uint64_t size) {
    if (ledger_->log().size() < size) Record(size - ledger_->log().size());
  }

  // Records one act and waits for it; its position.
  uint64_t RecordOne(v1::Act act) {
    v1::RecordRequest request;
    *request.add_acts() = std::move(act);
    uint64_t position = 0;
    absl::Notification answered;
    Submit(std::move(request), [&](const v1::RecordResponse& response) {
      position = response.receipts(0).position();
      answered.Notify();
    });
    answered.WaitForNotification();
    return position;
  }

 private:
  uint64_t SubmitNextUnit() {
    v1::RecordRequest request;
    for (v1::Act& act : source_.NextUnit(kUnitActs)) *request.add_acts() = std::move(act);
    const auto acts = static_cast<uint64_t>(request.acts_size());
    {
      absl::MutexLock lock(&mutex_);
      const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return under_way_ < kUnitsUnderWay;
      };
      mutex_.Await(absl::Condition(&room));
      ++under_way_;
    }
    Submit(std::move(request), [this](const v1::RecordResponse&) {
      absl::MutexLock lock(&mutex_);
      --under_way_;
    });
    return acts;
  }

  void Submit(v1::RecordRequest request, std::function<void(const v1::RecordResponse&)> then) {
    request.set_command_id(fmt::format("u{}", unit_++));
    const std::string subject = testing::SubjectOf(request);
    ledger_->recorder().Submit(Must(MakeCommand(subject, std::move(request), testing::AnyRole)),
                               [then = std::move(then)](const auto& outcome) {
                                 if (!outcome.ok()) Die(outcome.status().ToString());
                                 then(*outcome);
                               });
  }

  const std::string directory_;
  SystemRandom random_;
  LargeLedger source_;
  std::unique_ptr<Ledger> ledger_;
  uint64_t unit_ = 0;
  absl::Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

// In turn with and without, since the machine is not the same from one minute to the next.
void MeasureRecording(Subject* subject, int rounds) {
  PeakMemory::Reset();
  std::vector<double> without;
  std::vector<double> with;
  uint64_t signed_sizes = 0;
  for (int round = 0; round < rounds; ++round) {
    without.push_back(subject->Record(kRoundEvents));
    const auto checkpoints = Must(Checkpoints::Open(&subject->ledger(), &SystemClock()));
    std::atomic<bool> over = false;
    std::thread reader([&] {  // as whoever asks for /checkpoint and its edge of tiles
      uint64_t seen = 0;
      while (!over) {
        const auto latest = checkpoints->latest();
        if (latest && latest->size() != seen) {
          seen = latest->size();
          ++signed_sizes;
          Must(InclusionProof(seen - 1, seen, subject->ledger().tiles().HashesAt(seen)));
        }
        absl::SleepFor(absl::Milliseconds(20));
      }
    });
    with.push_back(subject->Record(kRoundEvents));
    over = true;
    reader.join();
  }
  const double plain = Median(without);
  const double proven = Median(with);
  fmt::print("recording, no checkpoints     {:>9.0f} events/s\n", plain);
  fmt::print("recording, with checkpoints   {:>9.0f} events/s   {:.3f} of it; {} read as signed\n",
             proven, proven / plain, signed_sizes);
  PrintPeak("recording");
}

void MeasureProofs(Ledger* ledger) {
  PeakMemory::Reset();
  const uint64_t size = ledger->log().size();
  const Hash root = Must(RootOfFirst(size, ledger->tiles().HashesAt(size)));
  std::mt19937_64 random(kSeed);
  const auto measure = [&](std::string_view name, int count) {
    std::vector<absl::Duration> latencies;
    latencies.reserve(static_cast<size_t>(count));
    const absl::Time start = absl::Now();
    absl::Time before = start;
    Proof last;
    uint64_t position = 0;
    for (int i = 0; i < count; ++i) {
      position = random() % size;
      last = Must(InclusionProof(position, size, ledger->tiles().HashesAt(size)));
      const absl::Time after = absl::Now();
      latencies.push_back(after - before);
      before = after;
    }
    Print(name, MeasureOf(std::move(latencies), absl::Now() - start, 0));
    const Hash leaf = Must(ledger->log().GetLeafHash(position));
    if (!VerifyInclusion(leaf, position, size, last, root).ok()) Die("a proof does not verify");
  };
  measure("inclusion proofs, first", kProofs);  // tiles still on disk
  measure("inclusion proofs", kProofs);
  PrintPeak("inclusion proofs");
}

// A convention of as many events as wanted, or the fewest above.
std::string ConventionOf(const Ledger& ledger, uint64_t events) {
  const auto reader = ledger.index()->Read();
  std::string best;
  uint64_t count = 0;
  for (int i = 0; i < LargeLedger::kConventions; ++i) {
    const std::string tag = "convention:" + LargeLedger::ConventionNumber(i);
    const auto state = Must(reader->Get(tag));
    if (!state || state->count < events || (count != 0 && state->count >= count)) continue;
    best = tag;
    count = state->count;
    if (count == events) break;
  }
  if (best.empty()) Die("no convention has as many events");
  fmt::print("bundle of {}, {} events\n", best, count);
  return best;
}

void MeasureBundle(Subject* subject) {
  PeakMemory::Reset();
  Ledger* const ledger = &subject->ledger();
  const auto checkpoints = Must(Checkpoints::Open(ledger, &SystemClock()));
  Seals seals(ledger);
  uint64_t tags = 0;
  const double sealing = SecondsOf([&] {
    const auto record = [&](const v1::DirectorySealed& seal) -> absl::StatusOr<uint64_t> {
      v1::Act act;
      *act.mutable_directory_sealed() = seal;
      return subject->RecordOne(std::move(act));
    };
    tags = Must(seals.SealNow(record, nullptr)).act.count();
    Must(checkpoints->Sign(/*sealed=*/true));
  });
  fmt::print("seal of {} tags: {:.2f} s\n", tags, sealing);
  const std::string tag = ConventionOf(*ledger, kBundleEvents);
  std::vector<absl::Duration> latencies;
  size_t bytes = 0;
  const absl::Time start = absl::Now();
  for (int i = 0; i < kBundles; ++i) {
    const absl::Time before = absl::Now();
    bytes = Must(BundleOf(ledger, checkpoints.get(), &seals, tag)).size();
    latencies.push_back(absl::Now() - before);
  }
  fmt::print("the first one {:.1f} ms; {} bytes\n", absl::ToDoubleMilliseconds(latencies[0]),
             bytes);
  Print("bundles", MeasureOf(std::move(latencies), absl::Now() - start, 0));
  PrintPeak("seal and bundles");
}

double VerifyRate(const Subject& subject, bool fold) {
  PeakMemory::Reset();
  uint64_t events = 0;
  const double seconds = SecondsOf([&] {
    const auto verified = Must(VerifyLedger({.directory = subject.directory(),
                                             .projection = RegistreProjection(),
                                             .fold = fold,
                                             .work = "",
                                             .older = std::nullopt,
                                             .policy = {},
                                             .tsa_ca = std::nullopt,
                                             .on_progress = nullptr}));
    if (!verified.intact()) Die("verify: " + verified.findings.front().what);
    events = verified.events;
  });
  PrintPeak(fold ? "verify ledger" : "verify ledger --no-fold");
  return static_cast<double>(events) / seconds;
}

double RebuildRate(Subject* subject) {
  subject->Open();
  PeakMemory::Reset();
  double rate = 0;
  const double seconds = SecondsOf(
      [&] { rate = static_cast<double>(Must(subject->ledger().Rebuild(nullptr)).events); });
  PrintPeak("rebuild");
  subject->Close();
  return rate / seconds;
}

// Closes the ledger; opens it again.
void MeasureVerify(Subject* subject, int rounds) {
  subject->Close();
  std::vector<double> replay;
  std::vector<double> rebuild;
  std::vector<double> full;
  for (int round = 0; round < rounds; ++round) {
    replay.push_back(VerifyRate(*subject, /*fold=*/false));
    rebuild.push_back(RebuildRate(subject));
    full.push_back(VerifyRate(*subject, /*fold=*/true));
  }
  fmt::print("verified replay, no folds     {:>9.0f} events/s\n", Median(replay));
  fmt::print("rebuild                       {:>9.0f} events/s\n", Median(rebuild));
  fmt::print("verify ledger                 {:>9.0f} events/s   {:.2f} of the rebuild's\n",
             Median(full), Median(full) / Median(rebuild));
  subject->Open();
}

}  // namespace
}  // namespace registre::bench

int main(int argc, char** argv) {
  namespace bench = registre::bench;
  std::vector<uint64_t> sizes = {1'000'000};
  int rounds = 3;
  std::string data;
  CLI::App app{"bench_proof: what proofs cost"};
  app.add_option("--events", sizes, "Sizes of the ledger, growing")->delimiter(',');
  app.add_option("--rounds", rounds, "Of what is compared")->capture_default_str();
  app.add_option("--data", data, "A new folder, kept; default: one that is removed at the end");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::err);
  std::optional<registre::TempFolder> folder;
  if (data.empty()) data = folder.emplace().Path("data");
  bench::Subject subject(data, sizes.back());
  for (const uint64_t size : sizes) {
    subject.RecordTo(size);
    fmt::print("---- {} events\n", size);
    bench::MeasureProofs(&subject.ledger());
    bench::MeasureBundle(&subject);
    bench::MeasureRecording(&subject, rounds);
    bench::MeasureVerify(&subject, rounds);
    std::fflush(stdout);
  }
  return 0;
}
