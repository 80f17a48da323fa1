#include "ledger/layers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/base/limits.h"
#include "ledger/feed/consumer.h"

namespace registre {
namespace {

// States kept in memory because they were read, and the serialized bytes of their rows.
constexpr size_t kMaxReadStates = 16'384;
constexpr size_t kMaxReadBytes = 8 * 1024 * 1024;

absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void Layers::Rebase(Index* index) {
  index_ = index;
  read_.clear();
  read_bytes_ = 0;
}

void Layers::ForgetWhatIsTooMuch() {
  if (read_.size() <= kMaxReadStates && read_bytes_ <= kMaxReadBytes) return;
  read_.clear();
  read_bytes_ = 0;
}

const KeyState* Layers::Below(std::string_view key) const {
  if (const auto it = group_.keys.find(AbslView(key)); it != group_.keys.end()) {
    return &it->second.state;
  }
  auto it = read_.find(AbslView(key));
  if (it == read_.end()) {
    auto state = index_->Read()->Get(key);
    if (!state.ok()) {
      if (status_.ok()) status_ = state.status();
      return nullptr;
    }
    if (state->has_value()) read_bytes_ += (*state)->row->ByteSizeLong();
    it = read_.emplace(std::string(key), *std::move(state)).first;
  }
  return it->second ? &*it->second : nullptr;
}

const v1::Row* Layers::Find(std::string_view key) const {
  if (const auto it = unit_.find(AbslView(key)); it != unit_.end()) {
    return it->second.delta.state.row.get();
  }
  const KeyState* state = Below(key);
  return state == nullptr ? nullptr : state->row.get();
}

void Layers::ForEachKey(std::string_view prefix,
                        const std::function<bool(std::string_view key)>& visit) const {
  std::set<std::string> keys;
  const auto collect = [&](std::string_view key) {
    if (key.starts_with(prefix)) keys.emplace(key);
    return true;
  };
  for (const auto& [key, touched] : unit_) collect(key);
  for (const auto& [key, delta] : group_.keys) collect(key);
  const absl::Status read = index_->Read()->ForEachKeyName(prefix, "", collect);
  if (!read.ok() && status_.ok()) status_ = read;
  std::all_of(keys.begin(), keys.end(), visit);
}

Layers::Head Layers::HeadOf(std::string_view key) const {
  if (const auto it = unit_.find(AbslView(key)); it != unit_.end()) {
    return {it->second.delta.state.count, it->second.delta.state.last_position};
  }
  const KeyState* state = Below(key);
  return state == nullptr ? Head{} : Head{state->count, state->last_position};
}

void Layers::PostingsBackward(std::string_view key,
                              const std::function<bool(const Posting&)>& visit) const {
  uint64_t in_memory = 0;
  const auto walk = [&](const std::vector<Posting>& postings) {
    in_memory += postings.size();
    return std::all_of(postings.rbegin(), postings.rend(), visit);
  };
  const uint64_t count = HeadOf(key).count;
  const auto unit = unit_.find(AbslView(key));
  if (unit != unit_.end() && !walk(unit->second.delta.postings)) return;
  const auto group = group_.keys.find(AbslView(key));
  if (group != group_.keys.end() && !walk(group->second.postings)) return;
  if (count == in_memory) return;
  const absl::Status read =
      index_->Read()->Postings(key, count - in_memory, /*backward=*/true,
                               [&](uint64_t, const Posting& posting) { return visit(posting); });
  if (!read.ok() && status_.ok()) status_ = read;
}

std::optional<CommandRecord> Layers::FindCommand(std::string_view command_key) const {
  if (const auto it = group_.commands.find(AbslView(command_key)); it != group_.commands.end()) {
    return it->second;
  }
  auto found = index_->Read()->GetCommand(command_key);
  if (!found.ok()) {
    if (status_.ok()) status_ = found.status();
    return std::nullopt;
  }
  return *std::move(found);
}

Layers::UnitKey* Layers::Touch(const std::string& key) {
  const auto [it, inserted] = unit_.try_emplace(key);
  if (inserted) {
    KeyState& state = it->second.delta.state;
    if (const KeyState* below = Below(key)) state = *below;
    if (state.row == nullptr) {
      auto own = std::make_shared<v1::Row>();
      it->second.own_row = own.get();
      state.row = std::move(own);
    }
  }
  return &it->second;
}

v1::Row* Layers::MutableRow(UnitKey* touched) {
  if (touched->own_row == nullptr) {
    auto own = std::make_shared<v1::Row>(*touched->delta.state.row);
    touched->own_row = own.get();
    touched->delta.state.row = std::move(own);
  }
  return touched->own_row;
}

void Layers::AddPosting(const v1::Event& event, Days effective, KeyDelta* delta) {
  KeyState& state = delta->state;
  const bool starts_block = state.count % kSnapshotEvery == 0;
  state.count += 1;
  state.last_position = event.position();
  state.max_effective = std::max(state.max_effective, effective);
  state.block_min_effective =
      starts_block ? effective : std::min(state.block_min_effective, effective);
  delta->postings.push_back({event.position(), effective,
                             static_cast<uint16_t>(event.act().act_case()),
                             event.flags_size() > 0});
}

void Layers::Apply(const v1::Event& event) {
  const Days effective = EffectiveDateOf(event.act());
  for (const std::string& key : projection_.row_keys(event)) {
    UnitKey* touched = Touch(key);
    v1::Row* row = MutableRow(touched);
    projection_.apply(event, key, row);
    KeyDelta& delta = touched->delta;
    AddPosting(event, effective, &delta);
    if (delta.state.count % kSnapshotEvery == 0) {
      delta.snapshots.push_back({delta.state.count, delta.state.max_effective,
                                 delta.state.block_min_effective, row->SerializeAsString()});
    }
  }
  if (event.flags_size() > 0) AddPosting(event, effective, &Touch(kFlaggedKey)->delta);
  if (event.act().has_act_reversed() || event.act().has_act_rectified()) {
    AddPosting(event, effective, &Touch(kCorrectionsKey)->delta);
  }
  if (event.act().has_directory_sealed()) AddPosting(event, effective, &Touch(kSealsKey)->delta);
  if (IsPaymentEvent(event)) AddPosting(event, effective, &Touch(kPaymentsKey)->delta);
  if (event.unit_index() == 0) {
    unit_commands_[CommandKey(event.actor().subject(), event.command_id())] = {event.position(),
                                                                               event.fingerprint()};
  }
  unit_events_ += 1;
}

void Layers::CommitUnit() {
  for (auto& [key, touched] : unit_) {
    KeyDelta& delta = touched.delta;
    const auto [it, inserted] = group_.keys.try_emplace(key);
    if (inserted) {
      it->second = std::move(delta);
      continue;
    }
    KeyDelta& into = it->second;
    into.state = std::move(delta.state);
    into.postings.insert(into.postings.end(), delta.postings.begin(), delta.postings.end());
    std::move(delta.snapshots.begin(), delta.snapshots.end(), std::back_inserter(into.snapshots));
  }
  for (auto& [key, command] : unit_commands_) group_.commands[key] = std::move(command);
  group_.events += unit_events_;
  DropUnit();
}

void Layers::DropUnit() {
  unit_.clear();
  unit_commands_.clear();
  unit_events_ = 0;
}

void Layers::PublishGroup(const LogHead& head) {
  if (group_.events > 0) {
    for (const auto& [key, delta] : group_.keys) {
      if (const auto it = read_.find(key); it != read_.end()) it->second = delta.state;
    }
    index_->Publish(std::exchange(group_, {}), head);
  }
  ForgetWhatIsTooMuch();
}

void Layers::DropGroup() {
  group_ = {};
  ForgetWhatIsTooMuch();
}

}  // namespace registre
