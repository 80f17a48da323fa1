// Rules of a vote, in the order in which a reader of the act would check it.
#include "ledger/acts/deliberation.h"

#include <fmt/format.h>

#include "ledger/acts/call.h"
#include "ledger/acts/checks.h"

namespace registre {
namespace {

absl::Status CheckDate(const v1::SessionHeld& session, const v1::DeliberationVoted& act) {
  if (ToDays(act.date()) == ToDays(session.date())) return absl::OkStatus();
  return Refused(
      "PERIOD_INVALID",
      fmt::format("deliberation {} is dated {}, its session {} was held on {}; correct the "
                  "date or the session",
                  act.number(), FormatDate(act.date()), act.session_id(),
                  FormatDate(session.date())),
      {{"date", FormatIsoDate(act.date())}, {"session_date", FormatIsoDate(session.date())}});
}

absl::Status CheckVisas(const RuleContext& context, const v1::DeliberationVoted& act) {
  for (const v1::Visa& visa : act.visas()) {
    if (!visa.has_deliberation()) continue;
    const auto cited = Resolve(context, visa.deliberation());
    if (!cited.ok()) return cited.status();
    REGISTRE_RETURN_IF_ERROR(
        CheckNotBeforeIts(*cited, fmt::format("deliberation {}", act.number()), act.date()));
  }
  return absl::OkStatus();
}

absl::Status CheckAnnexes(const RuleContext& context, const v1::DeliberationVoted& act) {
  std::vector<std::string_view> numbers;
  for (const v1::Annex& annex : act.annexes()) {
    numbers.push_back(annex.number());
    if (!annex.missing()) continue;
    context.Flag("ANNEX_MISSING", v1::SEVERITY_SERIOUS, annex.number(),
                 fmt::format("L'acte renvoie à l'annexe {} (« {} »), qui n'y est pas jointe.",
                             annex.number(), annex.title()));
  }
  return CheckUnique("annex", numbers);
}

void FlagSignature(const RuleContext& context, const v1::Signature& signature) {
  if (!signature.by_delegation() || !signature.delegation_reference().empty()) return;
  context.Flag("SIGNATORY_DELEGATION_UNKNOWN", v1::SEVERITY_INFORMATION, signature.signatory(),
               fmt::format("{} signe par délégation ; la délégation n'est pas connue.",
                           signature.signatory()));
}

}  // namespace

bool IsOutOfVote(const v1::Recusal& recusal) {
  return recusal.scope() == v1::RECUSAL_SCOPE_DEBATE_AND_VOTE ||
         recusal.scope() == v1::RECUSAL_SCOPE_VOTE;
}

absl::Status Judge(const RuleContext& context, v1::DeliberationVoted* act) {
  const v1::NumberPatterns& patterns = context.view.Ledger().opened().patterns();
  REGISTRE_RETURN_IF_ERROR(CheckNumberForm("deliberation", patterns.deliberation(), act->number()));
  if (context.view.Deliberation(act->number()) != nullptr) {
    return NumberTaken("deliberation", act->number());
  }
  const auto session = FindSession(context, act->session_id());
  if (!session.ok()) return session.status();
  const v1::SessionHeld& held = (*session)->held();
  REGISTRE_RETURN_IF_ERROR(CheckDate(held, *act));
  if (!act->report_number().empty()) {
    REGISTRE_RETURN_IF_ERROR(CheckReportTabled(**session, act->report_number()));
  }
  const v1::Call* call = nullptr;
  if (!act->call_id().empty()) {
    const auto found = FindCall(context, act->call_id());
    if (!found.ok()) return found.status();
    call = *found;
  }
  REGISTRE_RETURN_IF_ERROR(CheckVisas(context, *act));
  REGISTRE_RETURN_IF_ERROR(
      Fill("body", act->body(), held.body(), [&](v1::Body body) { act->set_body(body); }));
  REGISTRE_RETURN_IF_ERROR(JudgeAttendance(context, held, act));
  REGISTRE_RETURN_IF_ERROR(JudgeVote(context, held, act));
  REGISTRE_RETURN_IF_ERROR(JudgeArticles(context, *act));
  REGISTRE_RETURN_IF_ERROR(JudgeAllotments(context, call, *act));
  REGISTRE_RETURN_IF_ERROR(CheckAnnexes(context, *act));
  FlagSignature(context, act->signature());
  return absl::OkStatus();
}

}  // namespace registre
