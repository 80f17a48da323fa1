#include "ledger/layers.h"

#include <algorithm>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/base/limits.h"

namespace registre {
namespace {

absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void Layers::Rebase(Index* index) {
  index_ = index;
  read_.clear();
}

std::optional<KeyState> Layers::Below(std::string_view key) const {
  if (const auto it = group_.keys.find(AbslView(key)); it != group_.keys.end()) return it->second.state;
  if (const auto it = read_.find(AbslView(key)); it != read_.end()) return it->second;
  auto state = index_->Read()->Get(key);
  if (!state.ok()) {
    if (status_.ok()) status_ = state.status();
    return std::nullopt;
  }
  return read_.emplace(std::string(key), *std::move(state)).first->second;
}

const v1::Row* Layers::Find(std::string_view key) const {
  if (const auto it = unit_.find(AbslView(key)); it != unit_.end()) return it->second.state.row.get();
  const std::optional<KeyState> state = Below(key);
  return state ? state->row.get() : nullptr;
}

Layers::Head Layers::HeadOf(std::string_view key) const {
  if (const auto it = unit_.find(AbslView(key)); it != unit_.end()) {
    return {it->second.state.count, it->second.state.last_position};
  }
  const std::optional<KeyState> state = Below(key);
  return state ? Head{state->count, state->last_position} : Head{};
}

void Layers::PostingsBackward(std::string_view key,
                              const std::function<bool(const Posting&)>& visit) const {
  uint64_t in_memory = 0;
  const auto walk = [&](const KeyMap& map) {
    const auto it = map.find(AbslView(key));
    if (it == map.end()) return true;
    const auto& postings = it->second.postings;
    in_memory += postings.size();
    return std::all_of(postings.rbegin(), postings.rend(), visit);
  };
  const uint64_t count = HeadOf(key).count;
  if (!walk(unit_) || !walk(group_.keys) || count == in_memory) return;
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

KeyDelta* Layers::Touch(const std::string& key) {
  const auto [it, inserted] = unit_.try_emplace(key);
  if (inserted) {
    if (std::optional<KeyState> state = Below(key)) it->second.state = *std::move(state);
    if (it->second.state.row == nullptr) it->second.state.row = std::make_shared<v1::Row>();
  }
  return &it->second;
}

v1::Row* Layers::MutableRow(const std::string& key, KeyDelta* delta) {
  std::shared_ptr<v1::Row>& own = unit_rows_[key];
  if (own == nullptr) {
    own = std::make_shared<v1::Row>(*delta->state.row);
    delta->state.row = own;
  }
  return own.get();
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
    KeyDelta* delta = Touch(key);
    projection_.apply(event, key, MutableRow(key, delta));
    AddPosting(event, effective, delta);
    if (delta->state.count % kSnapshotEvery == 0) {
      delta->snapshots.push_back({delta->state.count, delta->state.max_effective,
                                  delta->state.block_min_effective,
                                  delta->state.row->SerializeAsString()});
    }
  }
  if (event.flags_size() > 0) AddPosting(event, effective, Touch(kFlaggedKey));
  if (event.unit_index() == 0) {
    unit_commands_[CommandKey(event.actor().subject(), event.command_id())] = {
        event.position(), event.fingerprint()};
  }
  unit_events_ += 1;
}

void Layers::CommitUnit() {
  for (auto& [key, delta] : unit_) {
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
  unit_rows_.clear();
  unit_commands_.clear();
  unit_events_ = 0;
}

void Layers::PublishGroup(const LogHead& head) {
  if (group_.events > 0) index_->Publish(std::exchange(group_, {}), head);
  read_.clear();
}

void Layers::DropGroup() {
  group_ = {};
  read_.clear();
}

}  // namespace registre
