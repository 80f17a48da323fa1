// Who counts for a deliberation: the roster and its changes, recusals, the quorum.
#include <fmt/format.h>

#include "absl/container/flat_hash_set.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/deliberation.h"
#include "ledger/acts/law.h"
#include "ledger/acts/roster.h"

namespace registre {
namespace {

using Members = absl::flat_hash_set<std::string>;

absl::Status ApplyChanges(const RuleContext& context, const v1::DeliberationVoted& act,
                          Roster* roster) {
  std::vector<std::string_view> members;
  for (const v1::AttendanceChange& change : act.attendance_changes()) {
    members.push_back(change.member());
    REGISTRE_RETURN_IF_ERROR(roster->Change(change));
    if (change.presence() != v1::PRESENCE_REPRESENTED || !change.proxy_holder().empty()) continue;
    context.Flag(
        "PROXY_HOLDER_UNKNOWN", v1::SEVERITY_INFORMATION, change.member(),
        fmt::format("{} est compté(e) comme représenté(e) pour la délibération {} ; l'acte ne "
                    "dit pas qui détient le pouvoir.",
                    change.member(), act.number()));
  }
  return CheckUnique("attendance change of member", members);
}

absl::Status CheckRecusals(const v1::DeliberationVoted& act, const Roster& roster) {
  std::vector<std::string_view> members;
  for (const v1::Recusal& recusal : act.recusals()) {
    members.push_back(recusal.member());
    if (roster.Find(recusal.member()) != nullptr) continue;
    return Refused(
        "RECUSED_UNKNOWN",
        fmt::format("{} is recused and is not on the roster of session {}; write the name "
                    "as the roster does",
                    recusal.member(), act.session_id()),
        {{"member", recusal.member()}});
  }
  return CheckUnique("recusal of member", members);
}

// Members whose vote is not to be counted: out of the vote, or said to have given no proxy.
Members MembersOut(const v1::DeliberationVoted& act) {
  Members members;
  for (const v1::Recusal& recusal : act.recusals()) {
    if (IsOutOfVote(recusal) || recusal.scope() == v1::RECUSAL_SCOPE_NO_PROXY) {
      members.insert(recusal.member());
    }
  }
  return members;
}

void FlagProxies(const RuleContext& context, const Roster& roster, const Members& out) {
  for (const v1::RosterEntry& entry : roster.entries()) {
    if (entry.without_vote() || entry.presence() != v1::PRESENCE_REPRESENTED) continue;
    const bool given = out.contains(entry.member());
    if (!given && !out.contains(entry.proxy_holder())) continue;
    context.Flag(
        "PROXY_RECUSED", v1::SEVERITY_ATTENTION, entry.member(),
        given ? fmt::format("{}, déporté(e), est compté(e) comme représenté(e).", entry.member())
              : fmt::format("Le pouvoir de {} est compté ; {}, qui le détient, est "
                            "déporté(e).",
                            entry.member(), entry.proxy_holder()));
  }
}

v1::Attendance CountAttendance(const v1::SessionHeld& session, const v1::DeliberationVoted& act,
                               const Roster& roster, const AttendanceLaw& law) {
  v1::Attendance attendance;
  attendance.set_members(session.members_in_office());
  attendance.set_quorum(session.second_meeting_of().empty()
                            ? FewestForQuorum(law.share, session.members_in_office())
                            : 0);
  attendance.set_present(roster.present());
  attendance.set_represented(roster.represented());
  attendance.set_absent(attendance.members() - attendance.present() - attendance.represented());
  int recused = 0;
  for (const v1::Recusal& recusal : act.recusals()) {
    if (IsOutOfVote(recusal) && IsCounted(*roster.Find(recusal.member()))) ++recused;
  }
  attendance.set_recused(recused);
  return attendance;
}

// Those among the members who count for the quorum that are out of the vote.
int CountRecused(const v1::DeliberationVoted& act, const Roster& roster, QuorumBase base) {
  int count = 0;
  for (const v1::Recusal& recusal : act.recusals()) {
    const v1::RosterEntry& entry = *roster.Find(recusal.member());
    if (!IsOutOfVote(recusal) || !IsCounted(entry)) continue;
    if (base == QuorumBase::kPresent && entry.presence() != v1::PRESENCE_PRESENT) continue;
    ++count;
  }
  return count;
}

absl::Status CheckQuorum(const RuleContext& context, const v1::DeliberationVoted& act,
                         const Roster& roster, const AttendanceLaw& law) {
  const v1::Attendance& attendance = act.attendance();
  const bool with_proxies = law.base == QuorumBase::kPresentOrRepresented;
  const int counted = attendance.present() + (with_proxies ? attendance.represented() : 0);
  if (counted < attendance.quorum()) {
    return Refused("QUORUM_MISSING",
                   fmt::format("the {} needs {} of its {} members {} [{}], {} are; correct the "
                               "attendance, or hold a second meeting at least {} days later",
                               BodyName(act.body()), attendance.quorum(), attendance.members(),
                               with_proxies ? "present or represented" : "present",
                               law.quorum_source, counted, kDaysBeforeSecondMeeting),
                   {{"members", std::to_string(attendance.members())},
                    {"quorum", std::to_string(attendance.quorum())},
                    {"counted", std::to_string(counted)}});
  }
  const int recused = CountRecused(act, roster, law.base);
  if (counted - recused < attendance.quorum()) {
    context.Flag(
        "QUORUM_RECUSED", v1::SEVERITY_ATTENTION, "",
        fmt::format("Le quorum de {} n'est atteint qu'en comptant {} : {} sinon.",
                    attendance.quorum(), CountOf(recused, "membre déporté", "membres déportés"),
                    counted - recused));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status JudgeAttendance(const RuleContext& context, const v1::SessionHeld& session,
                             v1::DeliberationVoted* act) {
  auto roster = Roster::Of(session);
  if (!roster.ok()) return roster.status();
  REGISTRE_RETURN_IF_ERROR(ApplyChanges(context, *act, &*roster));
  const AttendanceLaw law = AttendanceLawOf(session.body(), act->date());
  REGISTRE_RETURN_IF_ERROR(roster->CheckProxies(law.proxies_per_holder, law.proxy_source));
  REGISTRE_RETURN_IF_ERROR(CheckRecusals(*act, *roster));
  FlagProxies(context, *roster, MembersOut(*act));
  REGISTRE_RETURN_IF_ERROR(FillMessage("attendance", act->attendance(),
                                       CountAttendance(session, *act, *roster, law),
                                       [&] { return act->mutable_attendance(); }));
  return CheckQuorum(context, *act, *roster, law);
}

}  // namespace registre
