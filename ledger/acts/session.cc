// Rules of a session, of what is tabled before it, and of what follows a vote.
#include <fmt/format.h>

#include "ledger/acts/checks.h"
#include "ledger/acts/law.h"
#include "ledger/acts/roster.h"
#include "ledger/acts/rules.h"

namespace registre {
namespace {

absl::Status CheckOffice(const Roster& roster, std::string_view office, const std::string& member) {
  const v1::RosterEntry* entry = roster.Find(member);
  if (entry != nullptr && entry->presence() == v1::PRESENCE_PRESENT) return absl::OkStatus();
  return Refused("ROSTER_INVALID",
                 fmt::format("the {} {} is not {} the roster; correct the name or the roster",
                             office, member, entry == nullptr ? "on" : "present on"),
                 {{"member", member}});
}

absl::Status CheckRoster(const v1::SessionHeld& act, const Roster& roster) {
  REGISTRE_RETURN_IF_ERROR(CheckOffice(roster, "chair", act.chair()));
  if (roster.Find(act.chair())->without_vote()) {
    return Refused(
        "ROSTER_INVALID",
        fmt::format("the chair {} has no vote on the roster; a member presides", act.chair()),
        {{"member", act.chair()}});
  }
  if (!act.secretary().empty()) {
    REGISTRE_RETURN_IF_ERROR(CheckOffice(roster, "secretary", act.secretary()));
  }
  if (roster.voting() > act.members_in_office()) {
    return Refused("ROSTER_INVALID",
                   fmt::format("the roster names {} members with a vote, {} are in office; correct "
                               "the number, or mark who attends without a vote",
                               roster.voting(), act.members_in_office()),
                   {{"voting", std::to_string(roster.voting())},
                    {"members_in_office", std::to_string(act.members_in_office())}});
  }
  const AttendanceLaw law = AttendanceLawOf(act.body(), act.date());
  return roster.CheckProxies(law.proxies_per_holder, law.proxy_source);
}

absl::Status NoSecondMeeting(const v1::SessionHeld& first, std::string_view why) {
  return Refused("QUORUM_MISSING",
                 fmt::format("a second meeting needs no quorum where the first lacked it: session "
                             "{} of {} {}; leave second_meeting_of empty, or name the session that "
                             "lacked its quorum",
                             first.session_id(), FormatDate(first.date()), why),
                 {{"second_meeting_of", first.session_id()}});
}

// Only a session that could not deliberate has a second meeting, and one only: otherwise any
// session would do without a quorum by naming another.
absl::Status CheckFirstMeeting(const v1::Session& session) {
  const v1::SessionHeld& first = session.held();
  if (!first.second_meeting_of().empty()) {
    return NoSecondMeeting(first, "is itself a second meeting");
  }
  if (!session.second_meeting_id().empty()) {
    return NoSecondMeeting(
        first, fmt::format("has its second meeting, session {}", session.second_meeting_id()));
  }
  if (session.deliberations_size() > 0) {
    return NoSecondMeeting(first, fmt::format("voted deliberation {}", session.deliberations(0)));
  }
  const auto roster = Roster::Of(first);
  if (!roster.ok()) return roster.status();
  const AttendanceLaw law = AttendanceLawOf(first.body(), first.date());
  const bool with_proxies = law.base == QuorumBase::kPresentOrRepresented;
  const int counted = roster->present() + (with_proxies ? roster->represented() : 0);
  const int quorum = FewestForQuorum(law.share, first.members_in_office());
  if (counted < quorum) return absl::OkStatus();
  return NoSecondMeeting(first,
                         fmt::format("had {} members {} for a quorum of {}", counted,
                                     with_proxies ? "present or represented" : "present", quorum));
}

absl::Status CheckSecondMeeting(const RuleContext& context, const v1::SessionHeld& act) {
  if (act.second_meeting_of().empty()) return absl::OkStatus();
  const auto first = FindSession(context, act.second_meeting_of());
  if (!first.ok()) return first.status();
  const v1::SessionHeld& held = (*first)->held();
  if (held.body() != act.body()) {
    return Refused(
        "QUORUM_MISSING",
        fmt::format("session {} of the {} cannot be the second meeting of session {} of the "
                    "{}: without the same body it needs its own quorum; leave "
                    "second_meeting_of empty, or name the first meeting",
                    act.session_id(), BodyName(act.body()), held.session_id(),
                    BodyName(held.body())),
        {{"second_meeting_of", held.session_id()}});
  }
  const int days = ToDays(act.date()) - ToDays(held.date());
  if (days >= kDaysBeforeSecondMeeting) return CheckFirstMeeting(**first);
  return Refused(
      "QUORUM_MISSING",
      fmt::format("a second meeting needs no quorum at least {} days after the first: {} is "
                  "{} days after session {} of {}; correct the date, or leave "
                  "second_meeting_of empty",
                  kDaysBeforeSecondMeeting, FormatDate(act.date()), days, held.session_id(),
                  FormatDate(held.date())),
      {{"second_meeting_of", held.session_id()}, {"days", std::to_string(days)}});
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::SessionHeld* act) {
  if (context.view.Session(act->session_id()) != nullptr) {
    return NumberTaken("session", act->session_id());
  }
  const auto roster = Roster::Of(*act);
  if (!roster.ok()) return roster.status();
  REGISTRE_RETURN_IF_ERROR(CheckRoster(*act, *roster));
  REGISTRE_RETURN_IF_ERROR(CheckSecondMeeting(context, *act));
  for (const v1::RosterEntry& entry : act->roster()) {
    if (entry.presence() != v1::PRESENCE_REPRESENTED || !entry.proxy_holder().empty()) continue;
    context.Flag(
        "PROXY_HOLDER_UNKNOWN", v1::SEVERITY_INFORMATION, entry.member(),
        fmt::format("{} est compté(e) comme représenté(e) ; l'acte ne dit pas qui détient le "
                    "pouvoir.",
                    entry.member()));
  }
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::ReportTabled* act) {
  const auto session = FindSession(context, act->session_id());
  if (!session.ok()) return session.status();
  for (const v1::Report& report : (*session)->reports()) {
    if (report.tabled() && report.report_number() == act->report_number()) {
      return NumberTaken(fmt::format("report of session {}", act->session_id()),
                         act->report_number());
    }
  }
  const v1::Date& held_on = (*session)->held().date();
  if (ToDays(act->date()) <= ToDays(held_on)) return absl::OkStatus();
  return Refused(
      "PERIOD_INVALID",
      fmt::format("report {} is dated {}, after session {} of {}; correct the date or the "
                  "session",
                  act->report_number(), FormatDate(act->date()), act->session_id(),
                  FormatDate(held_on)),
      {{"date", FormatIsoDate(act->date())}, {"session_date", FormatIsoDate(held_on)}});
}

absl::Status Judge(const RuleContext& context, v1::OpinionGiven* act) {
  const auto session = FindSession(context, act->session_id());
  if (!session.ok()) return session.status();
  REGISTRE_RETURN_IF_ERROR(CheckReportTabled(**session, act->report_number()));
  const v1::Date& held_on = (*session)->held().date();
  if (ToDays(act->date()) <= ToDays(held_on)) return absl::OkStatus();
  return Refused(
      "PERIOD_INVALID",
      fmt::format("the opinion of {} on report {} is dated {}, after session {} of {}; correct the "
                  "date or the session",
                  act->commission(), act->report_number(), FormatDate(act->date()),
                  act->session_id(), FormatDate(held_on)),
      {{"date", FormatIsoDate(act->date())}, {"session_date", FormatIsoDate(held_on)}});
}

}  // namespace registre
