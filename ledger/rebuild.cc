// Rebuild and check: a second fold of the whole log, in the generation of the index after the
// current one.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"
#include "ledger/generation.h"
#include "ledger/ledger.h"

namespace registre {
namespace {

// Keys compared under one reader, so that Publish is held back for a moment only.
constexpr size_t kKeysAtOnce = 256;
// A rebuild stops catching up, and makes the recorder wait, when this few events are left.
constexpr uint64_t kNearEnough = 2'000;
constexpr int kMaxCatchUps = 20;

struct NamedState {
  std::string key;
  KeyState state;
};

std::string Describe(const KeyState& state) {
  return fmt::format("{} events to #{}, {}", state.count, state.last_position,
                     state.row->ShortDebugString().substr(0, 200));
}

bool SameState(const KeyState& a, const KeyState& b) {
  return a.count == b.count && a.last_position == b.last_position &&
         a.max_effective == b.max_effective && a.block_min_effective == b.block_min_effective &&
         a.row->SerializeAsString() == b.row->SerializeAsString();
}

// Compares one key of the live index, as it was at some size, with the fold at that size.
class Comparison {
 public:
  Comparison(const Index& live, const Index& fold, RebuildReport* report)
      : live_(live), fold_(fold), report_(report) {}

  absl::Status Compare(const NamedState& live) {
    auto folded = fold_.Read()->Get(live.key);
    if (!folded.ok()) return folded.status();
    report_->rows += 1;
    if (!folded->has_value()) {
      Differs(live.key, fmt::format("the index has {}, the log nothing", Describe(live.state)));
    } else if (!SameState(live.state, **folded)) {
      Differs(live.key, fmt::format("the index has {}; the log gives {}", Describe(live.state),
                                    Describe(**folded)));
    } else {
      REGISTRE_RETURN_IF_ERROR(ComparePostings(live.key, live.state.count));
      return CompareSnapshots(live.key, live.state.count);
    }
    return absl::OkStatus();
  }

  // Keys that the log gives and the index lacks.
  absl::Status FindMissing(const std::function<absl::Status()>& go_on) {
    std::string after;
    bool more = true;
    while (more) {
      REGISTRE_RETURN_IF_ERROR(go_on());
      more = false;
      size_t seen = 0;
      std::vector<std::string> keys;
      const absl::Status read =
          fold_.Read()->ForEachKey("", after, [&](std::string_view key, const KeyState&) {
            keys.emplace_back(key);
            more = ++seen == kKeysAtOnce;
            return !more;
          });
      REGISTRE_RETURN_IF_ERROR(read);
      const auto reader = live_.Read();
      for (const std::string& key : keys) {
        auto state = reader->Get(key);
        if (!state.ok()) return state.status();
        if (!state->has_value()) Differs(key, "the index lacks it");
        after = key;
      }
    }
    return absl::OkStatus();
  }

  bool full() const { return report_->differences.size() >= RebuildReport::kMaxDifferences; }

 private:
  void Differs(std::string_view key, std::string what) {
    if (!full()) report_->differences.push_back(fmt::format("{}: {}", key, what));
  }

  absl::Status ComparePostings(const std::string& key, uint64_t count) {
    for (uint64_t from = 1; from <= count; from += kPostingsAtOnce) {
      const uint64_t end = std::min(from + kPostingsAtOnce, count + 1);
      std::vector<Posting> expected;
      std::vector<Posting> found;
      REGISTRE_RETURN_IF_ERROR(ReadPostings(fold_, key, from, end, &expected));
      REGISTRE_RETURN_IF_ERROR(ReadPostings(live_, key, from, end, &found));
      if (found == expected && found.size() == end - from) continue;
      Differs(key, fmt::format("the history differs among its events {} to {}", from, end - 1));
      break;
    }
    return absl::OkStatus();
  }

  static absl::Status ReadPostings(const Index& index, const std::string& key, uint64_t from,
                                   uint64_t end, std::vector<Posting>* postings) {
    return index.Read()->Postings(key, from, /*backward=*/false,
                                  [&](uint64_t sequence, const Posting& posting) {
                                    if (sequence < end) postings->push_back(posting);
                                    return sequence + 1 < end;
                                  });
  }

  absl::Status CompareSnapshots(const std::string& key, uint64_t count) {
    for (uint64_t at = kSnapshotEvery; at <= count; at += kSnapshotEvery) {
      auto expected = fold_.Read()->GetSnapshot(key, at);
      if (!expected.ok()) return expected.status();
      auto found = live_.Read()->GetSnapshot(key, at);
      if (!found.ok()) return found.status();
      if (*found == *expected) continue;
      Differs(key, fmt::format("the snapshot after its event {} differs", at));
      break;
    }
    return absl::OkStatus();
  }

  const Index& live_;
  const Index& fold_;
  RebuildReport* report_;
};

// Up to kKeysAtOnce keys after `after`; and the size they are true at.
absl::StatusOr<std::vector<NamedState>> NextKeys(const Index& index, const std::string& after) {
  std::vector<NamedState> keys;
  const absl::Status read =
      index.Read()->ForEachKey("", after, [&](std::string_view key, const KeyState& state) {
        keys.push_back({std::string(key), state});
        return keys.size() < kKeysAtOnce;
      });
  REGISTRE_RETURN_IF_ERROR(read);
  return keys;
}

// Every command id of the log stands in the index with what it was used for.
absl::Status CompareCommands(const EventStore& log, uint64_t size, const Index& live,
                             const std::function<absl::Status()>& go_on, RebuildReport* report) {
  absl::Status failed;
  const absl::Status read = log.Read(0, [&](uint64_t position, std::string_view bytes) {
    if (position >= size || report->differences.size() >= RebuildReport::kMaxDifferences) {
      return false;
    }
    const auto event = ParseEvent(position, bytes);
    failed = event.status();
    if (failed.ok() && position % 8'192 == 0) failed = go_on();
    if (!failed.ok()) return false;
    if (event->unit_index() != 0) return true;
    auto found = live.Read()->GetCommand(CommandKey(event->actor().subject(), event->command_id()));
    failed = found.status();
    if (!failed.ok()) return false;
    if (!found->has_value() || (*found)->first_position != position ||
        (*found)->fingerprint != event->fingerprint()) {
      report->differences.push_back(
          fmt::format("command {}: the index does not lead to #{}", event->command_id(), position));
    }
    return true;
  });
  return read.ok() ? failed : read;
}

}  // namespace

absl::StatusOr<std::shared_ptr<Ledger::Generation>> Ledger::BeginRebuild() {
  uint64_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (rebuilding_) {
      return Error(absl::StatusCode::kResourceExhausted, "REBUILD_RUNNING",
                   "a rebuild or a check is under way; wait until it ends");
    }
    rebuilding_ = true;
    number = generation_->number + 1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_->GenerationDirectory(number), ignored);
  auto shadow = OpenGeneration(number);
  if (!shadow.ok()) EndRebuild();
  return shadow;
}

void Ledger::EndRebuild() {
  absl::MutexLock lock(&mutex_);
  rebuilding_ = false;
}

absl::StatusOr<RebuildReport> Ledger::Check(const OnFoldProgress& on_progress) {
  auto shadow = BeginRebuild();
  if (!shadow.ok()) return shadow.status();
  (*shadow)->obsolete = true;
  const auto end = absl::MakeCleanup([&] {
    shadow->reset();
    EndRebuild();
  });
  const std::shared_ptr<Index> live = index();
  Index* const fold = (*shadow)->index.get();
  RebuildReport report;
  MerkleTree tree;
  report.events = live->Read()->size();
  REGISTRE_RETURN_IF_ERROR(
      FoldLog(*log_, 0, report.events, options_.projection, fold, &tree, on_progress));

  const auto go_on = [&] {
    if (!on_progress || on_progress({report.events, report.events})) return absl::OkStatus();
    return absl::CancelledError("the check was given up");
  };
  Comparison comparison(*live, *fold, &report);
  std::vector<std::string> moved;  // keys that acts touched since the fold
  std::string after;
  while (!comparison.full()) {
    REGISTRE_RETURN_IF_ERROR(go_on());
    auto keys = NextKeys(*live, after);
    if (!keys.ok()) return keys.status();
    if (keys->empty()) break;
    for (const NamedState& key : *keys) {
      if (key.state.last_position >= report.events) {
        moved.push_back(key.key);
      } else {
        REGISTRE_RETURN_IF_ERROR(comparison.Compare(key));
      }
    }
    after = keys->back().key;
  }
  REGISTRE_RETURN_IF_ERROR(comparison.FindMissing(go_on));
  REGISTRE_RETURN_IF_ERROR(CompareCommands(*log_, report.events, *live, go_on, &report));

  // Acts go on being recorded: some of the keys at a time, each with the fold brought to where they
  // are.
  for (size_t done = 0; done < moved.size(); done += kKeysAtOnce) {
    REGISTRE_RETURN_IF_ERROR(go_on());
    std::vector<NamedState> states;
    uint64_t size = 0;
    {
      const auto reader = live->Read();
      size = reader->size();
      for (size_t i = done; i < std::min(done + kKeysAtOnce, moved.size()); ++i) {
        auto state = reader->Get(moved[i]);
        if (!state.ok()) return state.status();
        states.push_back({moved[i], **state});
      }
    }
    REGISTRE_RETURN_IF_ERROR(
        FoldLog(*log_, tree.size(), size, options_.projection, fold, &tree, nullptr));
    for (const NamedState& state : states) REGISTRE_RETURN_IF_ERROR(comparison.Compare(state));
  }
  return report;
}

absl::StatusOr<RebuildReport> Ledger::Rebuild(const OnFoldProgress& on_progress) {
  auto shadow = BeginRebuild();
  if (!shadow.ok()) return shadow.status();
  (*shadow)->obsolete = true;  // until it takes its place
  const auto end = absl::MakeCleanup([&] {
    shadow->reset();
    EndRebuild();
  });
  Index* const fold = (*shadow)->index.get();
  MerkleTree tree;
  for (int i = 0; i < kMaxCatchUps && tree.size() + kNearEnough < log_->size(); ++i) {
    REGISTRE_RETURN_IF_ERROR(
        FoldLog(*log_, tree.size(), log_->size(), options_.projection, fold, &tree, on_progress));
  }
  REGISTRE_RETURN_IF_ERROR(fold->Flush());
  RebuildReport report;
  absl::Status outcome = absl::UnavailableError("the server is stopping");
  // Destroyed at the end of this thread's work, not while the recorder waits.
  std::shared_ptr<Generation> replaced;
  recorder_->RunExclusive([&](Layers* layers, const LogHead& head) {
    outcome = FoldLog(*log_, tree.size(), head.size, options_.projection, fold, &tree, nullptr);
    if (outcome.ok()) outcome = folder_->SetLiveGeneration((*shadow)->number);
    if (!outcome.ok()) return;
    layers->Rebase(fold);
    (*shadow)->obsolete = false;
    report.events = head.size;
    absl::MutexLock lock(&mutex_);
    generation_->obsolete = true;
    replaced = std::exchange(generation_, *shadow);
  });
  REGISTRE_RETURN_IF_ERROR(outcome);
  return report;
}

}  // namespace registre
