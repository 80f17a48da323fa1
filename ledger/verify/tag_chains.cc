#include "ledger/verify/tag_chains.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {
namespace {

std::string ChainEndText(uint64_t count, uint64_t position) {
  return count == 0 ? "no event" : fmt::format("{} events to #{}", count, position);
}

std::string NotFollowing(const std::string& tag, uint64_t says_count, uint64_t says_position,
                         uint64_t count, uint64_t position) {
  return fmt::format("its link of {} follows {}, but before it the tag has {}", tag,
                     ChainEndText(says_count, says_position), ChainEndText(count, position));
}

}  // namespace

namespace {

// Whether a link can follow anything: the first follows nothing, and every other an event.
bool IsLink(const v1::TagLink& link) {
  return link.sequence() > 0 && link.has_previous_position() == (link.sequence() > 1);
}

}  // namespace

std::optional<TagEntry> BeforeLink(const v1::TagLink& link) {
  if (!IsLink(link)) return std::nullopt;
  return TagEntry{link.tag(), link.sequence() - 1, link.previous_position()};
}

absl::Status TagChains::Add(uint64_t position, const v1::TagLink& link, Findings* findings) {
  const bool said = IsLink(link);
  if (!said || (link.has_previous_position() && link.previous_position() >= position)) {
    findings->AtEvent(
        position, fmt::format("its link of {} has sequence {} and {}", link.tag(), link.sequence(),
                              link.has_previous_position()
                                  ? fmt::format("follows #{}", link.previous_position())
                                  : std::string("follows nothing")));
  }
  const End before =
      said ? End{link.sequence() - 1, link.previous_position()} : End{link.sequence(), position};
  const End after{link.sequence(), position};
  const auto [it, fresh] = parts_.try_emplace(link.tag(), Part{position, before, after});
  Part& part = it->second;
  if (fresh) {
    // Before the first stretch there was nothing.
    if (files_.empty() && said && before != End()) {
      findings->AtEvent(position, NotFollowing(link.tag(), before.count, before.position, 0, 0));
    }
    if (files_.empty()) part.before = End();
    return parts_.size() < in_memory_ ? absl::OkStatus() : Spill();
  }
  if (said && before != part.after) {
    findings->AtEvent(position, NotFollowing(link.tag(), before.count, before.position,
                                             part.after.count, part.after.position));
  }
  part.after = after;
  return absl::OkStatus();
}

std::vector<TagChains::PartView> TagChains::Sorted() const {
  std::vector<PartView> sorted;
  sorted.reserve(parts_.size());
  for (const auto& [tag, part] : parts_) sorted.push_back({tag, &part});
  std::sort(sorted.begin(), sorted.end(),
            [](const PartView& a, const PartView& b) { return a.tag < b.tag; });
  return sorted;
}

void TagChains::WritePart(std::string_view tag, const Part& part, SpillFile* file) {
  file->WriteRecord(TagRecord{tag.size(), part});
  file->Write(tag);
}

bool TagChains::ReadPart(SpillFile* file, NamedPart* named) {
  TagRecord record;
  if (!file->ReadRecord(&record)) return false;
  named->tag.resize(record.tag_bytes);
  named->part = record.part;
  return file->Read(record.tag_bytes, named->tag.data());
}

absl::Status TagChains::Spill() {
  auto file = SpillFile::Make(folder_);
  if (!file.ok()) return file.status();
  for (const auto& [tag, part] : Sorted()) WritePart(tag, *part, file->get());
  parts_.clear();
  files_.push_back(*std::move(file));
  return files_.back()->status();
}

absl::Status TagChains::Merge(Findings* findings,
                              const std::function<void(const TagEntry&)>& visit) {
  if (files_.empty()) {
    for (const auto& [tag, part] : Sorted()) {
      visit({std::string(tag), part->after.count, part->after.position});
    }
    return absl::OkStatus();
  }
  if (!parts_.empty()) REGISTRE_RETURN_IF_ERROR(Spill());
  // The next part of each stretch; the least tag on top, its first stretch first.
  std::vector<NamedPart> next(files_.size());
  const auto later = [&next](size_t a, size_t b) {
    const int order = next[a].tag.compare(next[b].tag);
    return order > 0 || (order == 0 && a > b);
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> queue(later);
  const auto push = [&](size_t stretch) {
    if (ReadPart(files_[stretch].get(), &next[stretch])) queue.push(stretch);
    return files_[stretch]->status();
  };
  for (size_t stretch = 0; stretch < files_.size(); ++stretch) {
    files_[stretch]->Rewind();
    REGISTRE_RETURN_IF_ERROR(push(stretch));
  }
  // What was merged is one stretch from then on.
  auto merged = SpillFile::Make(folder_);
  if (!merged.ok()) return merged.status();
  NamedPart whole;
  while (!queue.empty()) {
    whole.tag = next[queue.top()].tag;
    whole.part = {next[queue.top()].part.first, End(), End()};
    while (!queue.empty() && next[queue.top()].tag == whole.tag) {
      const size_t stretch = queue.top();
      const Part& part = next[stretch].part;
      if (part.before != whole.part.after) {
        findings->AtEvent(part.first,
                          NotFollowing(whole.tag, part.before.count, part.before.position,
                                       whole.part.after.count, whole.part.after.position));
      }
      whole.part.after = part.after;
      queue.pop();
      REGISTRE_RETURN_IF_ERROR(push(stretch));
    }
    WritePart(whole.tag, whole.part, merged->get());
    visit({whole.tag, whole.part.after.count, whole.part.after.position});
  }
  REGISTRE_RETURN_IF_ERROR((*merged)->status());
  files_.clear();
  files_.push_back(*std::move(merged));
  return absl::OkStatus();
}

}  // namespace registre
