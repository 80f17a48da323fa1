#include "ledger/acts/roster.h"

#include <fmt/format.h>

#include <utility>

#include "ledger/acts/checks.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

absl::Status Invalid(const std::string& member, std::string message) {
  return Refused("ROSTER_INVALID", std::move(message), {{"member", member}});
}

}  // namespace

bool IsCounted(const v1::RosterEntry& entry) {
  return !entry.without_vote() &&
         (entry.presence() == v1::PRESENCE_PRESENT || entry.presence() == v1::PRESENCE_REPRESENTED);
}

absl::StatusOr<Roster> Roster::Of(const v1::SessionHeld& session) {
  Roster roster;
  absl::flat_hash_map<std::string, std::string> known;  // members by their folded name
  for (const v1::RosterEntry& entry : session.roster()) {
    const auto [same, is_new] = known.emplace(FoldPerson(entry.member()), entry.member());
    if (!is_new) {
      return Invalid(
          entry.member(),
          fmt::format(
              "{} stands twice on the roster{}; name each member once", entry.member(),
              same->second == entry.member() ? "" : fmt::format(", also as {}", same->second)));
    }
    roster.places_.emplace(entry.member(), roster.entries_.size());
    roster.entries_.push_back(entry);
  }
  return roster;
}

absl::Status Roster::Change(const v1::AttendanceChange& change) {
  const auto place = places_.find(change.member());
  if (place == places_.end()) {
    return Invalid(change.member(),
                   fmt::format("the attendance of {} changes, who is not on the session's roster; "
                               "write the name as the roster does",
                               change.member()));
  }
  v1::RosterEntry& entry = entries_[place->second];
  entry.set_presence(change.presence());
  entry.set_proxy_holder(change.proxy_holder());
  return absl::OkStatus();
}

const v1::RosterEntry* Roster::Find(std::string_view member) const {
  const auto place = places_.find(std::string(member));
  return place == places_.end() ? nullptr : &entries_[place->second];
}

int Roster::voting() const {
  int count = 0;
  for (const v1::RosterEntry& entry : entries_) count += entry.without_vote() ? 0 : 1;
  return count;
}

int Roster::CountVoting(v1::Presence presence) const {
  int count = 0;
  for (const v1::RosterEntry& entry : entries_) {
    if (!entry.without_vote() && entry.presence() == presence) ++count;
  }
  return count;
}

absl::Status Roster::CheckHolder(const v1::RosterEntry& entry) const {
  const std::string& member = entry.member();
  const std::string& holder_name = entry.proxy_holder();
  if (entry.presence() != v1::PRESENCE_REPRESENTED) {
    return Invalid(member,
                   fmt::format("{} gives a proxy to {} without being represented; mark the member "
                               "as represented, or leave the holder out",
                               member, holder_name));
  }
  const v1::RosterEntry* holder = Find(holder_name);
  if (holder == nullptr) {
    return Invalid(member,
                   fmt::format("{} gives a proxy to {}, who is not on the roster; write the "
                               "name as the roster does",
                               member, holder_name));
  }
  if (holder_name == member) {
    return Invalid(member, fmt::format("{} holds the own proxy; name the member who does", member));
  }
  if (holder->without_vote() || holder->presence() != v1::PRESENCE_PRESENT) {
    return Invalid(member,
                   fmt::format("{} gives a proxy to {}, who {}; only a present member with a vote "
                               "holds a proxy",
                               member, holder_name,
                               holder->without_vote() ? "has no vote" : "is not present"));
  }
  return absl::OkStatus();
}

absl::Status Roster::CheckHoldersSuffice(int per_holder, std::string_view source) const {
  const int64_t most = int64_t{per_holder} * present();
  if (represented() <= most) return absl::OkStatus();
  return Refused(
      "ROSTER_INVALID",
      fmt::format("{} members are represented and {} are present to hold their proxies, "
                  "at most {} each [{}]: {} at most; correct the roster",
                  represented(), present(), per_holder, source, most),
      {{"represented", std::to_string(represented())}, {"present", std::to_string(present())}});
}

absl::Status Roster::CheckProxies(int per_holder, std::string_view source) const {
  absl::flat_hash_map<std::string, int> held;
  for (const v1::RosterEntry& entry : entries_) {
    if (entry.without_vote() && entry.presence() == v1::PRESENCE_REPRESENTED) {
      return Invalid(entry.member(),
                     fmt::format("{} has no vote and is marked as represented; there is no vote to "
                                 "give: mark as excused",
                                 entry.member()));
    }
    if (entry.proxy_holder().empty()) continue;
    if (absl::Status status = CheckHolder(entry); !status.ok()) return status;
    if (++held[entry.proxy_holder()] <= per_holder) continue;
    return Invalid(
        entry.proxy_holder(),
        fmt::format("{} holds {} proxies, at most {} may be held [{}]; correct the roster",
                    entry.proxy_holder(), held[entry.proxy_holder()], per_holder, source));
  }
  return CheckHoldersSuffice(per_holder, source);
}

}  // namespace registre
