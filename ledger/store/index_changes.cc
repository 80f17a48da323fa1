#include "ledger/store/index_changes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/string_view.h"

namespace registre {
namespace {

// What a key costs beside its bytes, its row and its postings: a node, two
// table slots, the heap.
constexpr size_t kKeyBytes = sizeof(std::string) + sizeof(KeyChanges) + 64;
constexpr size_t kCommandBytes = sizeof(std::string) + sizeof(CommandRecord) + 48;

// Parsed rows are larger than their bytes: every string is an object, every
// submessage too.
size_t RowBytes(const v1::Row* row) {
  constexpr size_t kObject = 96;
  constexpr size_t kParsedPerByte = 3;
  return row == nullptr ? 0 : kObject + kParsedPerByte * row->ByteSizeLong();
}

size_t BytesOf(const std::vector<Posting>& postings) {
  return postings.capacity() * sizeof(Posting);
}

size_t BytesOf(const std::vector<Snapshot>& snapshots) {
  size_t bytes = 0;
  for (const Snapshot& snapshot : snapshots) bytes += sizeof(Snapshot) + snapshot.row.capacity();
  return bytes;
}

}  // namespace

const Snapshot* KeyChanges::SnapshotAt(uint64_t sequence) const {
  const auto after = std::upper_bound(
      delta.snapshots.begin(), delta.snapshots.end(), sequence,
      [](uint64_t wanted, const Snapshot& snapshot) { return wanted < snapshot.sequence; });
  return after == delta.snapshots.begin() ? nullptr : &*std::prev(after);
}

std::vector<size_t> RowBytesOf(const IndexDelta& delta) {
  std::vector<size_t> bytes;
  bytes.reserve(delta.keys.size());
  for (const auto& [key, change] : delta.keys) bytes.push_back(RowBytes(change.state.row.get()));
  return bytes;
}

IndexChanges::IndexChanges(const IndexChanges* like) {
  if (like == nullptr) return;
  keys_.reserve(like->keys_.size());
  commands_.reserve(like->commands_.size());
}

void IndexChanges::Merge(const std::vector<size_t>& row_bytes, IndexDelta* delta) {
  size_t i = 0;
  for (auto& [key, change] : delta->keys) MergeKey(key, row_bytes[i++], &change);
  for (const auto& [key, command] : delta->commands) {
    bytes_ += kCommandBytes + key.size() + command.fingerprint.size();
  }
  commands_.merge(delta->commands);
  events_ += delta->events;
}

void IndexChanges::MergeKey(const std::string& key, size_t row_bytes, KeyDelta* delta) {
  const auto [it, inserted] = keys_.try_emplace(key);
  KeyChanges& held = it->second;
  if (inserted) {
    order_.emplace(it->first, &held);
    bytes_ += kKeyBytes + it->first.size();
  }
  std::swap(held.delta.state, delta->state);
  bytes_ += row_bytes - held.row_bytes;  // wraps round and back when the row shrinks
  held.row_bytes = row_bytes;

  bytes_ -= BytesOf(held.delta.postings);
  if (held.delta.postings.empty()) {
    held.delta.postings = std::move(delta->postings);
  } else {
    held.delta.postings.insert(held.delta.postings.end(), delta->postings.begin(),
                               delta->postings.end());
  }
  bytes_ += BytesOf(held.delta.postings);

  bytes_ += BytesOf(delta->snapshots);
  held.delta.snapshots.insert(held.delta.snapshots.end(),
                              std::make_move_iterator(delta->snapshots.begin()),
                              std::make_move_iterator(delta->snapshots.end()));
}

const KeyChanges* IndexChanges::Find(std::string_view key) const {
  const auto it = keys_.find(absl::string_view(key.data(), key.size()));
  return it == keys_.end() ? nullptr : &it->second;
}

const CommandRecord* IndexChanges::FindCommand(std::string_view command_key) const {
  const auto it = commands_.find(absl::string_view(command_key.data(), command_key.size()));
  return it == commands_.end() ? nullptr : &it->second;
}

}  // namespace registre
