// Every byte on the disk of a stopped ledger, changed: `verify ledger` finds it, or the ledger
// answers exactly as before.
//
// Of the log's files, HEAD, FORMAT and the keys each byte is changed, to one other value drawn at
// random, or to REGISTRE_TAMPER_VALUES of them (255: to each, which takes hours); each file is cut
// to many lengths, and removed. A private key that is gone is no finding,
// since who verifies needs none, but without it the ledger does not start. Of the index, which may
// be deleted, and of the files that nothing is read from, bytes are drawn. What is not found is
// held against the answers of a server that starts on a copy.
//
// A larger ledger is changed at random, REGISTRE_TAMPER times (300): bytes of any file, and events
// in a log written anew. REGISTRE_TEST_SEED repeats a run.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "ledger/store/data_folder.h"
#include "ledger/verify/verify_ledger.h"
#include "tests/support/stopped_ledger.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_seed.h"

namespace registre::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kThreads = 2;
constexpr int kOrders = 6;
constexpr int kLargeOrders = 6'500;  // some 20,000 events
// Bytes drawn of each file of the index, and of each that nothing is read from.
constexpr size_t kDrawnOfIndex = 40;
constexpr size_t kDrawnOfDead = 4;
constexpr size_t kLengths = 100;  // that a file is cut to, at most

int ChangesWanted() {
  const char* const given = std::getenv("REGISTRE_TAMPER");
  return given != nullptr ? std::max(1, std::atoi(given)) : 300;
}

// Other values that each byte is changed to.
int ValuesWanted() {
  const char* const given = std::getenv("REGISTRE_TAMPER_VALUES");
  return given != nullptr ? std::clamp(std::atoi(given), 1, 255) : 1;
}

// What a file is, by its path in the folder.
std::string KindOf(const std::string& path) {
  const std::string name = fs::path(path).filename();
  std::string kind = name;
  if (name.ends_with(".sst")) kind = "table";
  if (name.ends_with(".log")) kind = "WAL";
  if (name.ends_with(".pem")) kind = "private key";
  if (absl::StartsWith(name, "MANIFEST")) kind = "MANIFEST";
  if (absl::StartsWith(name, "OPTIONS")) kind = "OPTIONS";
  return absl::StartsWith(path, "index/") ? "index " + kind : kind;
}

bool IsDead(const std::string& kind) {
  return kind.ends_with("OPTIONS") || kind.ends_with("IDENTITY") || kind == "LOCK" ||
         kind == "index LOCK";
}

// One change of one file.
struct Change {
  enum class What { kByte, kLength, kRemoved };
  std::string path;  // in the folder
  What what = What::kByte;
  size_t at = 0;     // of the byte, or the length
  uint8_t flip = 0;  // not 0
};

std::string TextOf(const Change& change) {
  switch (change.what) {
    case Change::What::kByte:
      return fmt::format("{}, byte {} xor {:#04x}", change.path, change.at, change.flip);
    case Change::What::kLength:
      return fmt::format("{}, cut to {} bytes", change.path, change.at);
    case Change::What::kRemoved:
      return fmt::format("{}, removed", change.path);
  }
  return "";
}

struct Tally {
  size_t tried = 0;
  size_t found = 0;
  size_t refused = 0;  // not found, and the server says what it is and does not start
  size_t harmless = 0;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& bytes, fs::perms mode) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  fs::permissions(path, mode);
}

// Makes the change; the file's bytes before it come back with Undo.
void Make(const Change& change, const std::string& folder, const std::string& bytes,
          fs::perms mode) {
  const std::string path = folder + "/" + change.path;
  std::string changed = bytes;
  if (change.what == Change::What::kRemoved) {
    fs::remove(path);
    return;
  }
  if (change.what == Change::What::kLength) changed.resize(change.at);
  if (change.what == Change::What::kByte) {
    changed[change.at] = static_cast<char>(changed[change.at] ^ change.flip);
  }
  WriteFile(path, changed, mode);
}

class TamperTest : public ::testing::Test {
 protected:
  TamperTest() : seed_(TestSeed()), random_(seed_) { spdlog::set_level(spdlog::level::off); }

  uint64_t Draw(uint64_t below) {
    return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_);
  }
  uint8_t DrawFlip() { return static_cast<uint8_t>(1 + Draw(255)); }

  void MakeLedger(int orders) {
    MakeStoppedLedger(made_, seed_ % 1'000, orders);
    fs::copy(made_, folder_.Path("started"), fs::copy_options::recursive);
    const auto answers = AnswersOf(folder_.Path("started"));
    ASSERT_TRUE(answers.ok()) << answers.status();
    answers_ = *answers;
    fs::remove_all(folder_.Path("started"));
    const auto verification = VerifyLedger(VerifyOptions(made_));
    ASSERT_TRUE(verification.ok() && verification->intact());
    events_ = verification->events;
    for (const auto& entry : fs::recursive_directory_iterator(made_)) {
      if (entry.is_regular_file()) files_.push_back(fs::relative(entry.path(), made_));
    }
    std::sort(files_.begin(), files_.end());
  }

  // Every change of a small ledger.
  std::vector<Change> EveryChange() {
    std::vector<Change> changes;
    for (const std::string& path : files_) {
      const size_t size = fs::file_size(made_ + "/" + path);
      const std::string kind = KindOf(path);
      const size_t drawn = IsDead(kind)                       ? kDrawnOfDead
                           : absl::StartsWith(kind, "index ") ? kDrawnOfIndex
                                                              : size;
      for (size_t i = 0; i < std::min(size, drawn); ++i) {
        const size_t at = drawn < size ? Draw(size) : i;
        const int first = DrawFlip();
        for (int value = 0; value < (drawn < size ? 1 : ValuesWanted()); ++value) {
          const auto flip = static_cast<uint8_t>((first + value - 1) % 255 + 1);
          changes.push_back({path, Change::What::kByte, at, flip});
        }
      }
      const size_t lengths = std::min({size, drawn, kLengths});
      for (size_t i = 0; i < lengths; ++i) {
        changes.push_back({path, Change::What::kLength, i * size / lengths, 0});
      }
      if (size > 0 && lengths > 0) {
        changes.push_back({path, Change::What::kLength, size - 1, 0});
      }
      changes.push_back({path, Change::What::kRemoved, 0, 0});
    }
    return changes;
  }

  // Whether verify ledger finds what is wrong with the folder.
  static bool IsFound(const std::string& folder, bool fold) {
    VerifyLedgerOptions options = VerifyOptions(folder, fold);
    options.stop_at_first = true;
    const auto verification = VerifyLedger(options);
    return !verification.ok() || !verification->intact();
  }

  // Whether a server that starts on a copy answers as before.
  bool IsHarmless(const std::string& folder, const std::string& copy) const {
    fs::remove_all(copy);
    fs::copy(folder, copy, fs::copy_options::recursive);
    const auto answers = AnswersOf(copy);
    return answers.ok() && *answers == answers_;
  }

  static bool StartIsRefused(const std::string& folder, const std::string& copy,
                             std::string_view reason) {
    fs::remove_all(copy);
    fs::copy(folder, copy, fs::copy_options::recursive);
    return ReasonOf(AnswersOf(copy).status()) == reason;
  }

  // Makes each change in a copy of the folder of its own thread, and takes it back.
  void Try(const std::vector<Change>& changes) {
    std::atomic<size_t> next = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        const std::string folder = folder_.Path(fmt::format("changed-{}", thread));
        fs::remove_all(folder);
        fs::copy(made_, folder, fs::copy_options::recursive);
        for (size_t i = next++; i < changes.size(); i = next++) {
          TryOne(changes[i], folder, folder + "-started");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void TryOne(const Change& change, const std::string& folder, const std::string& copy) {
    const std::string path = folder + "/" + change.path;
    const std::string bytes = ReadFile(path);
    const fs::perms mode = fs::status(path).permissions();
    Make(change, folder, bytes, mode);
    const std::string kind = KindOf(change.path);
    // The index is looked at only where the log is folded.
    bool found = IsFound(folder, false);
    if (!found && absl::StartsWith(kind, "index ")) found = IsFound(folder, true);
    const bool harmless = !found && IsHarmless(folder, copy);
    // What needs the private key is the start alone.
    const bool refused = !found && kind == "private key" && change.what == Change::What::kRemoved &&
                         StartIsRefused(folder, copy, "KEYS_DAMAGED");
    WriteFile(path, bytes, mode);
    absl::MutexLock lock(&mutex_);
    Tally& tally = tallies_[kind];
    ++tally.tried;
    tally.found += found ? 1 : 0;
    tally.refused += refused ? 1 : 0;
    tally.harmless += harmless ? 1 : 0;
    EXPECT_TRUE(found || refused || harmless) << TextOf(change) << ": neither found nor harmless";
  }

  void PrintTallies() {
    Tally sum;
    std::printf("%-20s %9s %9s %9s %9s\n", "file", "changes", "found", "refused", "harmless");
    for (const auto& [kind, tally] : tallies_) {
      std::printf("%-20s %9zu %9zu %9zu %9zu\n", kind.c_str(), tally.tried, tally.found,
                  tally.refused, tally.harmless);
      sum.tried += tally.tried;
      sum.found += tally.found;
      sum.refused += tally.refused;
      sum.harmless += tally.harmless;
    }
    std::printf("%-20s %9zu %9zu %9zu %9zu\n", "all", sum.tried, sum.found, sum.refused,
                sum.harmless);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  TempFolder folder_;
  const std::string made_ = folder_.Path("made");
  std::string answers_;
  uint64_t events_ = 0;
  std::vector<std::string> files_;
  absl::Mutex mutex_;
  std::map<std::string, Tally> tallies_;
};

TEST_F(TamperTest, EveryByteOfASmallLedgerIsFoundOrHarmless) {
  MakeLedger(kOrders);
  if (HasFatalFailure()) return;
  const std::vector<Change> changes = EveryChange();
  std::printf("%zu events, %zu files, %zu changes\n", static_cast<size_t>(events_), files_.size(),
              changes.size());
  std::fflush(stdout);
  Try(changes);
  PrintTallies();
  // What nothing is read from is not what finds them.
  for (const auto& [kind, tally] : tallies_) {
    if (kind == "table" || kind == "CURRENT" || kind == "HEAD" || kind == "FORMAT") {
      EXPECT_EQ(tally.found, tally.tried) << kind;
    }
    if (kind == "private key") {
      EXPECT_EQ(tally.found, tally.tried - 1) << "all but its removal";
      EXPECT_EQ(tally.refused, 1u) << "its removal";
    }
  }
}

TEST_F(TamperTest, BytesOfALargeLedgerAtRandom) {
  MakeLedger(kLargeOrders);
  if (HasFatalFailure()) return;
  std::vector<std::string> live;
  for (const std::string& path : files_) {
    const std::string kind = KindOf(path);
    if (absl::StartsWith(path, "index/") || IsDead(kind)) continue;
    if (fs::file_size(made_ + "/" + path) > 0) live.push_back(path);
  }
  std::vector<Change> changes;
  for (int i = 0; i < ChangesWanted(); ++i) {
    const std::string& path = live[Draw(live.size())];
    const size_t size = fs::file_size(made_ + "/" + path);
    const bool byte = Draw(4) != 0;
    changes.push_back(
        {path, byte ? Change::What::kByte : Change::What::kLength, Draw(size), DrawFlip()});
  }
  std::printf("%zu events, %zu changes\n", static_cast<size_t>(events_), changes.size());
  std::fflush(stdout);
  Try(changes);
  PrintTallies();
}

// In a log written anew, so that every checksum of its files is right: leaf hashes and tiles are
// those of what is there, and HEAD is too, now and then.
TEST_F(TamperTest, EventsOfALargeLedgerAtRandom) {
  MakeLedger(kLargeOrders);
  if (HasFatalFailure()) return;
  const LogContent content = ReadLogContent(made_);
  const int wanted = std::max(1, ChangesWanted() / 10);
  int found = 0;
  for (int i = 0; i < wanted; ++i) {
    LogContent changed = content;
    const uint64_t at = Draw(content.events.size() - 1);
    const auto event = changed.events.begin() + static_cast<int64_t>(at);
    std::string what;
    switch (Draw(5)) {
      case 0:
        what = "taken away";
        changed.events.erase(event);
        break;
      case 1:
        what = "repeated";
        changed.events.insert(event, *event);
        break;
      case 2:
        what = "swapped with another";
        std::iter_swap(event, changed.events.begin() +
                                  static_cast<int64_t>((at + 1 + Draw(content.events.size() - 1)) %
                                                       content.events.size()));
        break;
      case 3:
        what = "the first of those cut off";
        changed.events.erase(event, changed.events.end());
        break;
      default:
        what = "a byte changed";
        (*event)[Draw(event->size())] ^= static_cast<char>(DrawFlip());
    }
    const bool hashed = Draw(2) == 0 || changed.events.size() != content.events.size();
    if (hashed) changed.HashAgain();
    const std::string folder = folder_.Path("rewritten");
    fs::remove_all(folder);
    fs::create_directory(folder);
    for (const char* name : {"FORMAT", "HEAD"}) fs::copy(made_ + "/" + name, folder);
    fs::copy(made_ + "/keys", folder + "/keys");
    ReplaceLog(folder, changed);
    const bool head = hashed && Draw(2) == 0;
    if (head) WriteHeadAgain(folder);
    const bool is_found = IsFound(folder, false);
    found += is_found ? 1 : 0;
    EXPECT_TRUE(is_found) << fmt::format("#{} {}, {}", at, what,
                                         head     ? "hashes and HEAD computed again"
                                         : hashed ? "hashes computed again"
                                                  : "");
  }
  std::printf("%d events taken away, repeated, swapped, cut off or changed, %d found\n", wanted,
              found);
}

}  // namespace
}  // namespace registre::testing
