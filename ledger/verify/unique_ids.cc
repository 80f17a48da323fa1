#include "ledger/verify/unique_ids.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {

absl::Status UniqueIds::Add(const Id& id, uint64_t position) {
  entries_.push_back({id, position});
  return entries_.size() < in_memory_ ? absl::OkStatus() : Spill();
}

absl::Status UniqueIds::Spill() {
  std::sort(entries_.begin(), entries_.end());
  auto file = SpillFile::Make(folder_);
  if (!file.ok()) return file.status();
  (*file)->Write({reinterpret_cast<const char*>(entries_.data()), entries_.size() * sizeof(Entry)});
  entries_.clear();
  files_.push_back(*std::move(file));
  return files_.back()->status();
}

absl::Status UniqueIds::Finish(const std::function<void(uint64_t, uint64_t)>& found) {
  std::optional<Entry> before;
  const auto take = [&](const Entry& entry) {
    if (before && before->id == entry.id) {
      found(before->position, entry.position);
    } else {
      before = entry;
    }
  };
  if (files_.empty()) {
    std::sort(entries_.begin(), entries_.end());
    for (const Entry& entry : entries_) take(entry);
    return absl::OkStatus();
  }
  REGISTRE_RETURN_IF_ERROR(Spill());
  struct Next {
    Entry entry;
    size_t file;
    bool operator<(const Next& other) const { return other.entry < entry; }  // least on top
  };
  std::priority_queue<Next> queue;
  const auto push = [&](size_t file) {
    Next next{{}, file};
    if (files_[file]->ReadRecord(&next.entry)) queue.push(next);
    return files_[file]->status();
  };
  for (size_t file = 0; file < files_.size(); ++file) {
    files_[file]->Rewind();
    REGISTRE_RETURN_IF_ERROR(push(file));
  }
  while (!queue.empty()) {
    const Next next = queue.top();
    queue.pop();
    take(next.entry);
    REGISTRE_RETURN_IF_ERROR(push(next.file));
  }
  return absl::OkStatus();
}

}  // namespace registre
