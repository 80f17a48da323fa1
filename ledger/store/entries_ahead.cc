#include "ledger/store/entries_ahead.h"

#include <utility>

namespace registre {
namespace {

constexpr size_t kEntriesPartBytes = 1024 * 1024;

}  // namespace

EntriesAhead::EntriesAhead(std::unique_ptr<rocksdb::Iterator> entries)
    : entries_(std::move(entries)), thread_([this] { Read(); }) {
  TakePart();
}

EntriesAhead::~EntriesAhead() {
  {
    absl::MutexLock lock(&mutex_);
    given_up_ = true;
  }
  thread_.join();
}

std::string_view EntriesAhead::key() const {
  return std::string_view(part_.bytes).substr(begin(), part_.ends[next_].key - begin());
}

std::string_view EntriesAhead::value() const {
  const End& end = part_.ends[next_];
  return std::string_view(part_.bytes).substr(end.key, end.value - end.key);
}

void EntriesAhead::Next() {
  if (++next_ == part_.ends.size()) TakePart();
}

void EntriesAhead::TakePart() {
  absl::MutexLock lock(&mutex_);
  const auto there = [this]()
                         ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return waiting_.has_value(); };
  mutex_.Await(absl::Condition(&there));
  part_ = *std::exchange(waiting_, std::nullopt);
  next_ = 0;
}

void EntriesAhead::Read() {
  entries_->SeekToFirst();
  bool more = true;
  while (more) {
    Part part = ReadPart();
    more = !part.ends.empty();
    absl::MutexLock lock(&mutex_);
    const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !waiting_.has_value() || given_up_;
    };
    mutex_.Await(absl::Condition(&room));
    if (given_up_) return;
    waiting_ = std::move(part);
  }
}

EntriesAhead::Part EntriesAhead::ReadPart() {
  Part part;
  for (; entries_->Valid() && part.bytes.size() < kEntriesPartBytes; entries_->Next()) {
    part.bytes.append(entries_->key().data(), entries_->key().size());
    const size_t key_end = part.bytes.size();
    part.bytes.append(entries_->value().data(), entries_->value().size());
    part.ends.push_back({key_end, part.bytes.size()});
  }
  return part;
}

}  // namespace registre
