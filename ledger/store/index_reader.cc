#include "ledger/store/index_reader.h"

#include <algorithm>

#include "ledger/base/errors.h"

namespace registre {
namespace {

using VisitPosting = std::function<bool(uint64_t, const Posting&)>;

// Visits what one place in memory holds of a history; false when `visit`
// stopped it.
bool VisitUpwards(const KeyChanges& changes, uint64_t from, const VisitPosting& visit) {
  const uint64_t first = changes.first_sequence();
  for (uint64_t sequence = std::max(from, first); sequence <= changes.delta.state.count;
       ++sequence) {
    if (!visit(sequence, changes.delta.postings[sequence - first])) return false;
  }
  return true;
}

bool VisitDownwards(const KeyChanges& changes, uint64_t from, const VisitPosting& visit) {
  const uint64_t first = changes.first_sequence();
  for (uint64_t sequence = std::min(from, changes.delta.state.count); sequence >= first;
       --sequence) {
    if (!visit(sequence, changes.delta.postings[sequence - first])) return false;
  }
  return true;
}

// Keys of changes that start with a prefix and come after a key.
class ChangesCursor {
 public:
  ChangesCursor(const IndexChanges* changes, std::string_view prefix, std::string_view after)
      : prefix_(prefix) {
    if (changes == nullptr) return;
    end_ = changes->keys().end();
    // Nothing is below the prefix, and `after` itself is not wanted.
    it_ = after.empty() || after < prefix ? changes->keys().lower_bound(prefix)
                                          : changes->keys().upper_bound(after);
    Settle();
  }

  bool valid() const { return valid_; }
  std::string_view key() const { return it_->first; }
  const KeyState& state() const { return it_->second->delta.state; }
  void Next() {
    ++it_;
    Settle();
  }

 private:
  void Settle() { valid_ = it_ != end_ && it_->first.starts_with(prefix_); }

  const std::string_view prefix_;
  IndexChanges::KeysInOrder::const_iterator it_;
  IndexChanges::KeysInOrder::const_iterator end_;
  bool valid_ = false;
};

}  // namespace

absl::StatusOr<std::optional<KeyState>> IndexReader::Get(std::string_view key) const {
  if (const KeyChanges* changes = InActive(key)) return std::optional(changes->delta.state);
  if (const KeyChanges* changes = InFrozen(key)) return std::optional(changes->delta.state);
  return sources_.disk->Get(key);
}

absl::StatusOr<std::optional<CommandRecord>> IndexReader::GetCommand(
    std::string_view command_key) const {
  if (const CommandRecord* command = sources_.active->FindCommand(command_key)) {
    return std::optional(*command);
  }
  if (sources_.frozen != nullptr) {
    if (const CommandRecord* command = sources_.frozen->FindCommand(command_key)) {
      return std::optional(*command);
    }
  }
  return sources_.disk->GetCommand(command_key);
}

absl::Status IndexReader::Postings(std::string_view key, uint64_t from, bool backward,
                                   const VisitPosting& visit) const {
  const KeyChanges* active = InActive(key);
  const KeyChanges* frozen = InFrozen(key);
  // The disk may hold the frozen postings by now: it is read below the first in
  // memory only.
  uint64_t disk_end = IndexDisk::kNoEnd;
  if (active != nullptr) disk_end = active->first_sequence();
  if (frozen != nullptr) disk_end = frozen->first_sequence();

  bool stopped = false;
  if (backward) {
    if (active != nullptr && !VisitDownwards(*active, from, visit)) return absl::OkStatus();
    if (frozen != nullptr && !VisitDownwards(*frozen, from, visit)) return absl::OkStatus();
    if (from < disk_end) disk_end = from + 1;
    if (disk_end <= 1) return absl::OkStatus();
    return sources_.disk->Postings(key, 1, disk_end, /*backward=*/true, visit, &stopped);
  }
  from = std::max<uint64_t>(from, 1);
  if (from < disk_end) {
    REGISTRE_RETURN_IF_ERROR(
        sources_.disk->Postings(key, from, disk_end, /*backward=*/false, visit, &stopped));
    if (stopped) return absl::OkStatus();
  }
  if (frozen != nullptr && !VisitUpwards(*frozen, from, visit)) return absl::OkStatus();
  if (active != nullptr) VisitUpwards(*active, from, visit);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Snapshot>> IndexReader::GetSnapshot(std::string_view key,
                                                                 uint64_t sequence) const {
  for (const KeyChanges* changes : {InActive(key), InFrozen(key)}) {
    if (changes == nullptr) continue;
    if (const Snapshot* snapshot = changes->SnapshotAt(sequence)) return std::optional(*snapshot);
  }
  return sources_.disk->GetSnapshot(key, sequence);
}

absl::Status IndexReader::BlockDates(std::string_view key, uint64_t from,
                                     const std::function<bool(uint64_t, Days)>& visit) const {
  // As with postings: the disk is read below the first in memory.
  uint64_t disk_end = IndexDisk::kNoEnd;
  const KeyChanges* const in_memory[] = {InFrozen(key), InActive(key)};
  for (const KeyChanges* changes : in_memory) {
    if (changes == nullptr || changes->delta.snapshots.empty()) continue;
    disk_end = std::min(disk_end, changes->delta.snapshots.front().sequence);
  }
  bool stopped = false;
  if (from < disk_end) {
    REGISTRE_RETURN_IF_ERROR(sources_.disk->BlockDates(key, from, disk_end, visit, &stopped));
  }
  for (const KeyChanges* changes : in_memory) {
    if (changes == nullptr) continue;
    for (const Snapshot& snapshot : changes->delta.snapshots) {
      if (snapshot.sequence < from) continue;
      if (stopped || !visit(snapshot.sequence, snapshot.block_min_effective)) {
        return absl::OkStatus();
      }
    }
  }
  return absl::OkStatus();
}

absl::Status IndexReader::MergeKeys(std::string_view prefix, std::string_view after,
                                    const VisitMerged& visit) const {
  ChangesCursor active(sources_.active.get(), prefix, after);
  ChangesCursor frozen(sources_.frozen.get(), prefix, after);
  IndexDisk::KeyCursor disk(*sources_.disk, prefix, after);
  for (;;) {
    // The least key of the three; of equal ones the newest.
    std::optional<std::string_view> least;
    if (disk.valid()) least = disk.key();
    if (frozen.valid() && (!least || frozen.key() <= *least)) least = frozen.key();
    if (active.valid() && (!least || active.key() <= *least)) least = active.key();
    if (!least) return disk.status();

    const bool in_active = active.valid() && active.key() == *least;
    const bool in_frozen = frozen.valid() && frozen.key() == *least;
    const bool on_disk = disk.valid() && disk.key() == *least;
    const KeyState* const in_memory = in_active   ? &active.state()
                                      : in_frozen ? &frozen.state()
                                                  : nullptr;
    const absl::StatusOr<bool> more = visit(*least, in_memory, disk);
    if (!more.ok() || !*more) return more.status();
    if (in_active) active.Next();
    if (in_frozen) frozen.Next();
    if (on_disk) disk.Next();
  }
}

absl::Status IndexReader::ForEachKey(
    std::string_view prefix, std::string_view after,
    const std::function<bool(std::string_view, const KeyState&)>& visit) const {
  return MergeKeys(prefix, after,
                   [&](std::string_view key, const KeyState* in_memory,
                       const IndexDisk::KeyCursor& disk) -> absl::StatusOr<bool> {
                     if (in_memory != nullptr) return visit(key, *in_memory);
                     const absl::StatusOr<KeyState> state = disk.state();
                     if (!state.ok()) return state.status();
                     return visit(key, *state);
                   });
}

absl::Status IndexReader::ForEachKeyName(std::string_view prefix, std::string_view after,
                                         const std::function<bool(std::string_view)>& visit) const {
  return MergeKeys(prefix, after,
                   [&](std::string_view key, const KeyState*,
                       const IndexDisk::KeyCursor&) -> absl::StatusOr<bool> { return visit(key); });
}

absl::Status IndexReader::ForEachKeyHead(
    std::string_view prefix, std::string_view after,
    const std::function<bool(std::string_view, uint64_t, uint64_t)>& visit) const {
  return MergeKeys(prefix, after,
                   [&](std::string_view key, const KeyState* in_memory,
                       const IndexDisk::KeyCursor& disk) -> absl::StatusOr<bool> {
                     if (in_memory != nullptr) {
                       return visit(key, in_memory->count, in_memory->last_position);
                     }
                     const absl::StatusOr<KeyState> head = disk.head();
                     if (!head.ok()) return head.status();
                     return visit(key, head->count, head->last_position);
                   });
}

}  // namespace registre
