// Who attends: a session's roster, with the changes of one deliberation laid over it.
#ifndef REGISTRE_LEDGER_ACTS_ROSTER_H_
#define REGISTRE_LEDGER_ACTS_ROSTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "registre/v1/assembly.pb.h"

namespace registre {

// Members by the name that the act prints. A value; one thread.
class Roster {
 public:
  // Refusal: ROSTER_INVALID, a member named twice, be it in another case, with other accents or
  // blanks. Everything else names members as the roster does, to the letter.
  static absl::StatusOr<Roster> Of(const v1::SessionHeld& session);

  // Lays a change over it. Refusal: ROSTER_INVALID, the member is not on the roster.
  [[nodiscard]] absl::Status Change(const v1::AttendanceChange& change);

  // The member's entry, or nullptr.
  const v1::RosterEntry* Find(std::string_view member) const;
  const std::vector<v1::RosterEntry>& entries() const { return entries_; }

  // Members with a vote who are there, and in what way.
  int present() const { return CountVoting(v1::PRESENCE_PRESENT); }
  int represented() const { return CountVoting(v1::PRESENCE_REPRESENTED); }
  // Entries with a vote.
  int voting() const;

  // Proxies: given by members with a vote who are represented, to another member who is present and
  // votes, at most `per_holder` to each, those whose holder is not named included. `source` is the
  // law that says so. Refusal: ROSTER_INVALID.
  [[nodiscard]] absl::Status CheckProxies(int per_holder, std::string_view source) const;

 private:
  int CountVoting(v1::Presence presence) const;
  absl::Status CheckHolder(const v1::RosterEntry& entry) const;
  absl::Status CheckHoldersSuffice(int per_holder, std::string_view source) const;

  std::vector<v1::RosterEntry> entries_;
  absl::flat_hash_map<std::string, size_t> places_;  // of members in entries_
};

// The member is there and has a vote: present, or represented.
bool IsCounted(const v1::RosterEntry& entry);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_ROSTER_H_
