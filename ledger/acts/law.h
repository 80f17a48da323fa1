// The law that rules depend on, as dated tables: a rule looks up the law in force on an act's legal
// date. Where a comment says "from memory", the text was not at hand: check it before quoting it to
// a user. Pure; any thread.
#ifndef REGISTRE_LEDGER_ACTS_LAW_H_
#define REGISTRE_LEDGER_ACTS_LAW_H_

#include <cstdint>
#include <string_view>

#include "registre/v1/common.pb.h"

namespace registre {

// Who counts for the quorum.
enum class QuorumBase { kPresent, kPresentOrRepresented };

// How many of the members in office must count.
enum class QuorumShare {
  kMajority,  // more than a half
  kThird,     // a third
};

// What the law asks of the attendance of a body.
struct AttendanceLaw {
  QuorumBase base = QuorumBase::kPresent;
  QuorumShare share = QuorumShare::kMajority;
  int proxies_per_holder = 1;
  std::string_view quorum_source;  // as a message cites it
  std::string_view proxy_source;
};

// The law of a body on a valid date.
AttendanceLaw AttendanceLawOf(v1::Body body, const v1::Date& date);

// The fewest of `members` that make the quorum: 44 members and a majority, 23.
int32_t FewestForQuorum(QuorumShare share, int32_t members);

// A second meeting needs no quorum when it is held at least this many days after the first.
inline constexpr int kDaysBeforeSecondMeeting = 3;

// On that date a member with an interest must take no part at all in the vote, not even to abstain.
bool RecusedTakesNoPart(const v1::Date& date);

// On that date an association that applies must have signed the contrat d'engagement républicain.
bool PledgeRequired(const v1::Date& date);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_LAW_H_
