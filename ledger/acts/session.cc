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
  if (days >= kDaysBeforeSecondMeeting) return absl::OkStatus();
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

// A commission meets before the session: its opinion may be recorded before the report is.
absl::Status Judge(const RuleContext& context, v1::OpinionGiven* act) {
  return FindSession(context, act->session_id()).status();
}

}  // namespace registre
