// How the disk of the index is read.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/store/index_codec.h"
#include "ledger/store/index_disk.h"

namespace registre {
namespace {

rocksdb::Slice SliceOf(std::string_view text) { return {text.data(), text.size()}; }

// The first string after all that start with `prefix`; empty when there is
// none.
std::string EndOfPrefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

}  // namespace

absl::StatusOr<std::optional<rocksdb::PinnableSlice>> IndexDisk::Find(Family family,
                                                                      std::string_view key) const {
  if (db_ == nullptr) return Closed();
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), families_[family], SliceOf(key), &value);
  if (status.IsNotFound()) return std::optional<rocksdb::PinnableSlice>();
  if (!status.ok()) return ErrorOf(status);
  return std::optional<rocksdb::PinnableSlice>(std::move(value));
}

std::unique_ptr<rocksdb::Iterator> IndexDisk::NewIterator(Family family,
                                                          const rocksdb::Slice* lower,
                                                          const rocksdb::Slice* upper) const {
  if (db_ == nullptr) return nullptr;
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = lower;
  options.iterate_upper_bound = upper;
  // Who reads all of it reads each block once.
  options.fill_cache = lower != nullptr || upper != nullptr;
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, families_[family]));
}

absl::StatusOr<std::optional<KeyState>> IndexDisk::Get(std::string_view key) const {
  const auto value = Find(kKeys, key);
  if (!value.ok()) return value.status();
  std::optional<KeyState> state;
  if (!value->has_value()) return state;
  if (!DecodeKeyState((*value)->ToStringView(), &state.emplace())) {
    return Damaged(fmt::format("the state of {} cannot be read", key));
  }
  return state;
}

absl::StatusOr<std::optional<CommandRecord>> IndexDisk::GetCommand(
    std::string_view command_key) const {
  const auto value = Find(kCommands, command_key);
  if (!value.ok()) return value.status();
  std::optional<CommandRecord> command;
  if (!value->has_value()) return command;
  if (!DecodeCommand((*value)->ToStringView(), &command.emplace())) {
    return Damaged("a command id cannot be read");
  }
  return command;
}

absl::StatusOr<std::optional<Snapshot>> IndexDisk::GetSnapshot(std::string_view key,
                                                               uint64_t sequence) const {
  const std::string first = HistoryKey(key, 0);
  const std::string wanted = HistoryKey(key, sequence);
  const rocksdb::Slice lower(first);
  const auto it = NewIterator(kSnapshots, &lower, nullptr);
  if (it == nullptr) return Closed();
  std::optional<Snapshot> snapshot;
  it->SeekForPrev(wanted);
  if (!it->Valid()) {
    if (!it->status().ok()) return ErrorOf(it->status());
    return snapshot;
  }
  snapshot.emplace();
  if (!SequenceOf(it->key().ToStringView(), key, &snapshot->sequence) ||
      !DecodeSnapshot(it->value().ToStringView(), &*snapshot)) {
    return Damaged(fmt::format("a snapshot of {} cannot be read", key));
  }
  return snapshot;
}

absl::Status IndexDisk::BlockDates(std::string_view key, uint64_t first, uint64_t end,
                                   const std::function<bool(uint64_t, Days)>& visit,
                                   bool* stopped) const {
  *stopped = false;
  const std::string first_key = HistoryKey(key, first);
  const std::string end_key = HistoryKey(key, end);
  const rocksdb::Slice lower(first_key);
  const rocksdb::Slice upper(end_key);
  const auto it = NewIterator(kSnapshots, &lower, &upper);
  if (it == nullptr) return Closed();
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    uint64_t sequence = 0;
    Days earliest = kAlways;
    if (!SequenceOf(it->key().ToStringView(), key, &sequence) ||
        !DecodeBlockDate(it->value().ToStringView(), &earliest)) {
      return Damaged(fmt::format("a snapshot of {} cannot be read", key));
    }
    if (!visit(sequence, earliest)) {
      *stopped = true;
      return absl::OkStatus();
    }
  }
  return it->status().ok() ? absl::OkStatus() : ErrorOf(it->status());
}

absl::Status IndexDisk::Postings(std::string_view key, uint64_t first, uint64_t end, bool backward,
                                 const std::function<bool(uint64_t, const Posting&)>& visit,
                                 bool* stopped) const {
  *stopped = false;
  const std::string first_key = HistoryKey(key, first);
  const std::string end_key = HistoryKey(key, end);
  const rocksdb::Slice lower(first_key);
  const rocksdb::Slice upper(end_key);
  const auto it = NewIterator(kPostings, &lower, &upper);
  if (it == nullptr) return Closed();

  backward ? it->SeekToLast() : it->SeekToFirst();
  // A history has no hole: upwards it starts at `first` and reaches `end`;
  // downwards the caller may ask from above its last event.
  std::optional<uint64_t> expected;
  if (!backward) expected = first;
  for (; it->Valid(); backward ? it->Prev() : it->Next()) {
    uint64_t sequence = 0;
    Posting posting;
    if (!SequenceOf(it->key().ToStringView(), key, &sequence) ||
        sequence != expected.value_or(sequence) ||
        !DecodePosting(it->value().ToStringView(), &posting)) {
      return Damaged(fmt::format("the history of {} has a hole", key));
    }
    if (!visit(sequence, posting)) {
      *stopped = true;
      return absl::OkStatus();
    }
    expected = backward ? sequence - 1 : sequence + 1;
  }
  if (!it->status().ok()) return ErrorOf(it->status());
  if (!backward && end != kNoEnd && *expected != end) {
    return Damaged(fmt::format("the history of {} ends too early", key));
  }
  return absl::OkStatus();
}

IndexDisk::KeyCursor::KeyCursor(const IndexDisk& disk, std::string_view prefix,
                                std::string_view after)
    : disk_(disk), end_(EndOfPrefix(prefix)), end_slice_(end_) {
  iterator_ = disk.NewIterator(kKeys, nullptr, end_.empty() ? nullptr : &end_slice_);
  if (iterator_ == nullptr) return;
  iterator_->Seek(SliceOf(std::max(prefix, after)));
  if (!after.empty() && valid() && key() == after) Next();
}

std::string_view IndexDisk::KeyCursor::key() const { return iterator_->key().ToStringView(); }

absl::StatusOr<KeyState> IndexDisk::KeyCursor::state() const {
  KeyState state;
  if (!DecodeKeyState(iterator_->value().ToStringView(), &state)) {
    return disk_.Damaged(fmt::format("the state of {} cannot be read", key()));
  }
  return state;
}

absl::StatusOr<KeyState> IndexDisk::KeyCursor::head() const {
  KeyState state;
  if (!DecodeKeyHead(iterator_->value().ToStringView(), &state)) {
    return disk_.Damaged(fmt::format("the state of {} cannot be read", key()));
  }
  return state;
}

absl::Status IndexDisk::KeyCursor::status() const {
  return iterator_ == nullptr ? disk_.Closed() : disk_.ErrorOf(iterator_->status());
}

}  // namespace registre
