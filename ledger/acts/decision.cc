// What follows a deliberation: it is amended, withdrawn or annulled, or one of its allotments is
// reduced. An annulment is a judge's: it is refused only for incoherence.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/acts/after_vote.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/funding.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

using Changes = google::protobuf::RepeatedPtrField<v1::AllotmentChange>;

// A decision that gives rights is withdrawn within four months of being taken, unless its
// beneficiaries ask for it (CRPA L.242-1, L.242-4).
constexpr int kMonthsToWithdraw = 4;

template <typename Act>
absl::Status FillCall(const v1::Deliberation& deliberation, Act* act) {
  return Fill("call_id", act->call_id(), deliberation.call_id(),
              [&](const std::string& id) { act->set_call_id(id); });
}

// A deliberation ends once.
absl::Status CheckNotEnded(const v1::Deliberation& deliberation) {
  if (deliberation.has_withdrawn_on()) {
    return AlreadyDone("ALREADY_WITHDRAWN", "withdrawn", deliberation, deliberation.withdrawn_on());
  }
  if (deliberation.has_annulled_on()) {
    return AlreadyDone("ALREADY_ANNULLED", "annulled", deliberation, deliberation.annulled_on());
  }
  return absl::OkStatus();
}

// The deliberation that changes another on `date`: adopted and standing, another one, not before
// it.
absl::Status FindDecider(const RuleContext& context, const v1::DeliberationRef& ref,
                         const v1::Deliberation& changed, const std::string& what,
                         const v1::Date& date, ReferredDeliberation* decider) {
  auto referred = Resolve(context, ref);
  if (!referred.ok()) return referred.status();
  *decider = *std::move(referred);
  if (decider->number == changed.number()) {
    return FieldInvalid(
        fmt::format("{} is decided by another deliberation than itself; name it", what));
  }
  if (const v1::Deliberation* held = decider->held) {
    REGISTRE_RETURN_IF_ERROR(FindAdopted(context, held->number(), &held));
    REGISTRE_RETURN_IF_ERROR(CheckStands(*held, what));
  }
  REGISTRE_RETURN_IF_ERROR(CheckNotBeforeIts(
      {.number = changed.number(), .date = changed.date()},
      fmt::format("deliberation {}, which decides {},", decider->number, what), decider->date));
  return CheckNotBeforeIts(*decider, what, date);
}

// ---- Changes of allotments

absl::StatusOr<const v1::AllotmentState*> FindChanged(const v1::Deliberation& deliberation,
                                                      const std::string& allotment_id) {
  const v1::AllotmentState* state = FindAllotment(deliberation, allotment_id);
  if (state != nullptr) return state;
  return UnknownReference("allotment",
                          fmt::format("{} of deliberation {}", allotment_id, deliberation.number()),
                          fmt::format("name one of its {}", deliberation.allotments_size()));
}

v1::AllotmentChange ChangeOf(const v1::AllotmentState& state, int64_t after_cents) {
  v1::AllotmentChange change;
  change.set_allotment_id(state.allotment().allotment_id());
  change.set_budget_code(state.allotment().budget_code());
  change.set_structure_id(state.allotment().structure_id());
  change.set_application_number(state.allotment().application_number());
  change.set_amount_before_cents(state.amount_cents());
  change.set_amount_after_cents(after_cents);
  return change;
}

absl::Status FillChange(const v1::AllotmentState& state, v1::AllotmentChange* change) {
  const v1::AllotmentChange held = ChangeOf(state, change->amount_after_cents());
  REGISTRE_RETURN_IF_ERROR(FillStructure(held.structure_id(), change));
  REGISTRE_RETURN_IF_ERROR(Fill("budget_code", change->budget_code(), held.budget_code(),
                                [&](const std::string& code) { change->set_budget_code(code); }));
  REGISTRE_RETURN_IF_ERROR(
      Fill("application_number", change->application_number(), held.application_number(),
           [&](const std::string& number) { change->set_application_number(number); }));
  return Fill("amount_before_cents", change->amount_before_cents(), held.amount_before_cents(),
              [&](int64_t cents) { change->set_amount_before_cents(cents); });
}

// Finds the allotment, fills its change, and judges that what is used of it stays allotted.
absl::Status JudgeChange(const v1::Deliberation& deliberation, v1::AllotmentChange* change) {
  const auto found = FindChanged(deliberation, change->allotment_id());
  if (!found.ok()) return found.status();
  const v1::AllotmentState& state = **found;
  REGISTRE_RETURN_IF_ERROR(FillChange(state, change));
  const int64_t after = change->amount_after_cents();
  if (after == state.amount_cents()) {
    return FieldInvalid(
        fmt::format("allotment {} of deliberation {} stays at {}; leave it out, or "
                    "say what it becomes",
                    change->allotment_id(), deliberation.number(), Eur(after)));
  }
  const int64_t used = UsedOf(state);
  if (after >= used) return absl::OkStatus();
  return Refused(
      "ALLOTMENT_BELOW_USED",
      fmt::format(
          "allotment {} of deliberation {} cannot go down to {}: {} of it are used ({} drawn "
          "by conventions, {} ordered directly, {} released), {} more than that; reduce it "
          "less, or amend or terminate the conventions first",
          change->allotment_id(), deliberation.number(), Eur(after), Eur(used),
          Eur(state.drawn_cents()), Eur(state.ordered_cents()), Eur(state.released_cents()),
          Eur(used - after)),
      {{"allotment", change->allotment_id()},
       {"amount_after_cents", std::to_string(after)},
       {"used_cents", std::to_string(used)}});
}

// What the changes add on each line, those that take off included, is available on it.
absl::Status CheckRaisesAvailable(const RuleContext& context, const v1::DeliberationAmended& act) {
  std::map<std::string, int64_t> added;
  for (const v1::AllotmentChange& change : act.changes()) {
    REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("changes on line {}", change.budget_code()),
                                       change.amount_after_cents() - change.amount_before_cents(),
                                       &added[change.budget_code()]));
  }
  for (const auto& [code, cents] : added) {
    const auto line = FindBudgetLine(context, code);
    if (!line.ok()) return line.status();
    const int64_t available = (*line)->available_cents();
    if (cents <= 0 || cents <= available) continue;
    return Refused(
        "BUDGET_EXCEEDED",
        fmt::format("the changes of deliberation {} add {} on line {}, where {} are available: {} "
                    "are missing; add less, or record what raises the line",
                    act.deliberation_number(), Eur(cents), code, Eur(available),
                    Eur(cents - available)),
        {{"budget_code", code},
         {"available_cents", std::to_string(available)},
         {"added_cents", std::to_string(cents)},
         {"missing_cents", std::to_string(cents - available)}});
  }
  return absl::OkStatus();
}

// ---- The withdrawal

absl::Status CheckNotInUse(const v1::Deliberation& deliberation) {
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    if (state.drawn_cents() == 0 && state.ordered_cents() == 0) continue;
    return Refused(
        "DELIBERATION_IN_USE",
        fmt::format(
            "deliberation {} cannot be withdrawn: of its allotment {}, {} are drawn by "
            "conventions and {} ordered directly; have the orders rejected or reduced, then "
            "terminate the conventions",
            deliberation.number(), state.allotment().allotment_id(), Eur(state.drawn_cents()),
            Eur(state.ordered_cents())),
        {{"deliberation", deliberation.number()},
         {"allotment", state.allotment().allotment_id()},
         {"drawn_cents", std::to_string(state.drawn_cents())},
         {"ordered_cents", std::to_string(state.ordered_cents())}});
  }
  return absl::OkStatus();
}

// The same day so many months later, or the last day of that month.
Days MonthsAfter(const v1::Date& date, int months) {
  const absl::CivilMonth month = absl::CivilMonth(date.year(), date.month()) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const absl::CivilDay day(month.year(), month.month(), std::min(date.day(), last.day()));
  return static_cast<Days>(day - absl::CivilDay(1970, 1, 1));
}

void FlagWithdrawalLate(const RuleContext& context, const v1::Deliberation& deliberation,
                        const ReferredDeliberation& by, const v1::DeliberationWithdrawn& act) {
  const Days last = MonthsAfter(deliberation.date(), kMonthsToWithdraw);
  if (act.at_request() || ToDays(by.date) <= last) return;
  context.Flag(
      "WITHDRAWAL_LATE", v1::SEVERITY_ATTENTION, deliberation.number(),
      fmt::format("La délibération {} du {} est retirée par la délibération {} du {}, sans demande "
                  "des bénéficiaires ; elle ne pouvait plus l'être que jusqu'au {}.",
                  deliberation.number(), FormatDate(deliberation.date()), by.number,
                  FormatDate(by.date), FormatDate(FromDays(last))));
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::DeliberationAmended* act) {
  const v1::Deliberation* deliberation = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindAdopted(context, act->deliberation_number(), &deliberation));
  const std::string what =
      fmt::format("the amendment of deliberation {}", act->deliberation_number());
  REGISTRE_RETURN_IF_ERROR(CheckStands(*deliberation, what));
  ReferredDeliberation by;
  REGISTRE_RETURN_IF_ERROR(
      FindDecider(context, act->amended_by(), *deliberation, what, act->date(), &by));
  REGISTRE_RETURN_IF_ERROR(FillCall(*deliberation, act));
  std::vector<std::string_view> ids;
  for (const v1::AllotmentChange& change : act->changes()) ids.push_back(change.allotment_id());
  REGISTRE_RETURN_IF_ERROR(CheckUnique("allotment", ids));
  for (v1::AllotmentChange& change : *act->mutable_changes()) {
    REGISTRE_RETURN_IF_ERROR(JudgeChange(*deliberation, &change));
  }
  return CheckRaisesAvailable(context, *act);
}

absl::Status Judge(const RuleContext& context, v1::DeliberationWithdrawn* act) {
  const v1::Deliberation* deliberation = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindAdopted(context, act->deliberation_number(), &deliberation));
  REGISTRE_RETURN_IF_ERROR(CheckNotEnded(*deliberation));
  ReferredDeliberation by;
  REGISTRE_RETURN_IF_ERROR(
      FindDecider(context, act->withdrawn_by(), *deliberation,
                  fmt::format("the withdrawal of deliberation {}", act->deliberation_number()),
                  act->date(), &by));
  REGISTRE_RETURN_IF_ERROR(FillCall(*deliberation, act));
  REGISTRE_RETURN_IF_ERROR(CheckNotInUse(*deliberation));
  // What was released went back to the line before: it stays in the allotment, not to go back
  // twice.
  Changes changes;
  for (const v1::AllotmentState& state : deliberation->allotments()) {
    *changes.Add() = ChangeOf(state, state.released_cents());
  }
  REGISTRE_RETURN_IF_ERROR(FillList("changes", act->mutable_changes(), changes));
  FlagWithdrawalLate(context, *deliberation, by, *act);
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::DeliberationAnnulled* act) {
  const auto found = FindDeliberation(context, act->deliberation_number());
  if (!found.ok()) return found.status();
  const v1::Deliberation& deliberation = **found;
  REGISTRE_RETURN_IF_ERROR(CheckNotEnded(deliberation));
  REGISTRE_RETURN_IF_ERROR(
      CheckNotBeforeVote("PERIOD_INVALID", "annulled", act->date(), deliberation));
  REGISTRE_RETURN_IF_ERROR(FillCall(deliberation, act));
  Changes changes;
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    const int64_t used = UsedOf(state);
    if (state.amount_cents() > used) *changes.Add() = ChangeOf(state, used);
  }
  return FillList("changes", act->mutable_changes(), changes);
}

absl::Status Judge(const RuleContext& context, v1::AllotmentReduced* act) {
  const v1::Deliberation* deliberation = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindAdopted(context, act->deliberation_number(), &deliberation));
  REGISTRE_RETURN_IF_ERROR(CheckStands(
      *deliberation, fmt::format("the reduction of allotment {}", act->change().allotment_id())));
  REGISTRE_RETURN_IF_ERROR(
      CheckNotBeforeVote("PERIOD_INVALID", "reduced", act->date(), *deliberation));
  REGISTRE_RETURN_IF_ERROR(FillCall(*deliberation, act));
  REGISTRE_RETURN_IF_ERROR(JudgeChange(*deliberation, act->mutable_change()));
  const v1::AllotmentChange& change = act->change();
  if (change.amount_after_cents() < change.amount_before_cents()) return absl::OkStatus();
  return FieldInvalid(fmt::format(
      "a reduction takes allotment {} from {} to {}; what raises it is a deliberation that amends "
      "{}: record deliberation_amended",
      change.allotment_id(), Eur(change.amount_before_cents()), Eur(change.amount_after_cents()),
      act->deliberation_number()));
}

}  // namespace registre
