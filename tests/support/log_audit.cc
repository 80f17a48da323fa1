#include "tests/support/log_audit.h"

#include <fmt/format.h>

#include <utility>

#include "ledger/acts/act.h"
#include "ledger/base/clock.h"
#include "ledger/command.h"
#include "tests/support/subjects.h"

namespace registre::testing {
namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kSaltBytes = 16;

}  // namespace

void LogAudit::Wrong(std::string what) {
  if (errors_.size() < kMaxErrors) errors_.push_back(std::move(what));
}

void LogAudit::Add(uint64_t position, std::string_view bytes) {
  if (position != size_) Wrong(fmt::format("#{} stands where #{} should", position, size_));
  ++size_;
  std::vector<Tile> tiles;
  tree_.Append(LeafHash(bytes), &tiles);
  v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    Wrong(fmt::format("#{} cannot be read", position));
    return;
  }
  if (event.position() != position) {
    Wrong(fmt::format("#{} says it is #{}", position, event.position()));
  }
  if (event.event_id().size() != kIdBytes || !event_ids_.insert(event.event_id()).second) {
    Wrong(fmt::format("#{} has no event id of its own", position));
  }
  if (event.salt().size() != kSaltBytes) Wrong(fmt::format("#{} has no salt", position));
  CheckUnit(event);
  CheckTags(event);
}

void LogAudit::CheckUnit(const v1::Event& event) {
  const uint64_t position = event.position();
  if (unit_size_ == 0) {
    const absl::Time recorded_at = FromTimestamp(event.recorded_at());
    if (recorded_at < last_recorded_at_) {
      Wrong(fmt::format("#{} is recorded before #{}", position, position - 1));
    }
    last_recorded_at_ = recorded_at;
    unit_start_ = event;
    unit_size_ = event.unit_size();
    unit_seen_ = 0;
    const auto [unit, fresh] = units_.try_emplace(event.command_id());
    if (!fresh) {
      ++duplicates_;
      Wrong(fmt::format("{} is recorded twice, at #{} and #{}", event.command_id(),
                        unit->second.first_position, position));
    }
    unit->second = {position, event.fingerprint(), recorded_at, {}};
  }
  const bool same =
      event.command_id() == unit_start_.command_id() &&
      event.fingerprint() == unit_start_.fingerprint() &&
      event.unit_size() == unit_start_.unit_size() &&
      event.actor().subject() == unit_start_.actor().subject() &&
      event.recorded_at().SerializeAsString() == unit_start_.recorded_at().SerializeAsString();
  if (!same || event.unit_index() != unit_seen_) {
    Wrong(fmt::format("#{} is act {} of {} of unit {}, after {} of {} of unit {}", position,
                      event.unit_index(), event.unit_size(), event.command_id(), unit_seen_,
                      unit_size_, unit_start_.command_id()));
  }
  units_[unit_start_.command_id()].event_ids.push_back(event.event_id());
  if (++unit_seen_ >= unit_size_) unit_size_ = 0;
}

void LogAudit::CheckTags(const v1::Event& event) {
  const std::vector<std::string> tags = TagsOf(event.act(), event.schema_version());
  bool right = event.tags_size() == static_cast<int>(tags.size());
  for (int i = 0; right && i < event.tags_size(); ++i) {
    const v1::TagLink& link = event.tags(i);
    const std::vector<uint64_t>& chain = chains_[tags[i]];
    right = link.tag() == tags[i] && link.sequence() == chain.size() + 1 &&
            link.has_previous_position() == !chain.empty() &&
            (chain.empty() || link.previous_position() == chain.back());
  }
  if (!right) Wrong(fmt::format("the tag links of #{} do not follow", event.position()));
  for (const std::string& tag : tags) chains_[tag].push_back(event.position());
}

void LogAudit::End() {
  if (unit_size_ == 0) return;
  Wrong(fmt::format("the log ends after act {} of {} of unit {}", unit_seen_, unit_size_,
                    unit_start_.command_id()));
}

std::string LogAudit::Compare(const Unit& unit, const v1::RecordRequest& request,
                              const v1::RecordResponse& receipt) const {
  if (receipt.receipts_size() != request.acts_size()) return "its receipt is not of all its acts";
  if (unit.event_ids.size() != static_cast<size_t>(request.acts_size())) {
    return fmt::format("{} of its {} acts are there", unit.event_ids.size(), request.acts_size());
  }
  for (int i = 0; i < receipt.receipts_size(); ++i) {
    if (receipt.receipts(i).position() != unit.first_position + static_cast<uint64_t>(i)) {
      return fmt::format("act {} is not at the position acknowledged, #{}", i,
                         receipt.receipts(i).position());
    }
    if (receipt.receipts(i).event_id() != unit.event_ids[i]) {
      return fmt::format("the event id of act {} is not the one acknowledged", i);
    }
  }
  if (FromTimestamp(receipt.recorded_at()) != unit.recorded_at) {
    return "it is not recorded at the instant acknowledged";
  }
  const auto command = MakeCommand({}, request, AnyRole);
  if (!command.ok() || command->fingerprint != unit.fingerprint) {
    return "its fingerprint is not of the acts sent";
  }
  return "";
}

void LogAudit::ExpectUnit(const v1::RecordRequest& request, const v1::RecordResponse& receipt) {
  const auto unit = units_.find(request.command_id());
  const std::string what =
      unit == units_.end() ? "it is not in the log" : Compare(unit->second, request, receipt);
  if (what.empty()) return;
  ++losses_;
  Wrong(fmt::format("{} was acknowledged: {}", request.command_id(), what));
}

void LogAudit::ExpectNothing(const std::string& command_id) {
  if (units_.contains(command_id)) Wrong(fmt::format("{} was refused and is recorded", command_id));
}

std::vector<uint64_t> LogAudit::Chain(const std::string& tag) const {
  const auto chain = chains_.find(tag);
  return chain == chains_.end() ? std::vector<uint64_t>() : chain->second;
}

}  // namespace registre::testing
