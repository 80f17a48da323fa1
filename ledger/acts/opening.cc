// Rules of the opening acts, for a ledger that starts in mid-life.
#include <fmt/format.h>

#include "absl/container/btree_map.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/contract_terms.h"
#include "ledger/acts/rules.h"

namespace registre {
namespace {

absl::Status CheckOpeningRuns(const RuleContext& context) {
  const v1::Ledger& ledger = context.view.Ledger();
  if (!ledger.has_opening_closed_on()) return absl::OkStatus();
  const std::string closed = FormatDate(ledger.opening_closed_on());
  return Refused("OPENING_CLOSED",
                 fmt::format("the opening was closed on {}: no opening act follows; record what "
                             "happened since as an act of its own",
                             closed),
                 {{"closed_on", closed}});
}

// What the opening brings in was done before the ledger was opened, or that day.
absl::Status CheckBeforeOpening(const RuleContext& context, const std::string& what,
                                const v1::Date& date) {
  const v1::Date& opened = context.view.Ledger().opened().date();
  if (ToDays(date) <= ToDays(opened)) return absl::OkStatus();
  return Refused(
      "PERIOD_INVALID",
      fmt::format("{} is dated {}, and the ledger was opened on {}: an opening act tells "
                  "what was before; correct the date, or record it as an act of its own",
                  what, FormatDate(date), FormatDate(opened)),
      {{"date", FormatIsoDate(date)}, {"opened_on", FormatIsoDate(opened)}});
}

// What was signed before the ledger stands on what was committed before it.
absl::Status CheckOpeningCommitments(const RuleContext& context,
                                     const v1::OpeningConventionRecorded& act) {
  absl::btree_map<std::string, int64_t> ceilings;
  for (const v1::Tranche& tranche : act.tranches()) {
    REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("ceilings on line {}", tranche.budget_code()),
                                       tranche.ceiling_cents(), &ceilings[tranche.budget_code()]));
  }
  for (const auto& [code, cents] : ceilings) {
    const auto line = FindBudgetLine(context, code);
    if (!line.ok()) return line.status();
    int64_t contracted = (*line)->opening_contracted_cents();
    REGISTRE_RETURN_IF_ERROR(
        AddAmount(fmt::format("opening conventions on line {}", code), cents, &contracted));
    const int64_t committed = (*line)->opening_commitment_cents();
    if (contracted <= committed) continue;
    return Refused(
        "ALLOTMENT_EXCEEDED",
        fmt::format("convention {} puts {} on line {}, where opening conventions would then "
                    "hold {} of the opening commitment of {}: {} too much; correct the "
                    "tranches, or record the opening commitment first",
                    act.number(), Eur(cents), code, Eur(contracted), Eur(committed),
                    Eur(contracted - committed)),
        {{"budget_code", code},
         {"contracted_cents", std::to_string(contracted)},
         {"opening_commitment_cents", std::to_string(committed)}});
  }
  return absl::OkStatus();
}

absl::Status CheckNoDraws(const v1::OpeningConventionRecorded& act) {
  for (const v1::Tranche& tranche : act.tranches()) {
    if (tranche.draws_size() == 0) continue;
    return Refused(
        "NOT_AUTHORISED",
        fmt::format("tranche {} of opening convention {} draws on allotment {} of "
                    "deliberation {}: what was signed before the ledger draws on the opening "
                    "commitment; leave the draws out",
                    tranche.tranche_id(), act.number(), tranche.draws(0).allotment_id(),
                    tranche.draws(0).deliberation_number()),
        {{"tranche_id", tranche.tranche_id()}});
  }
  return absl::OkStatus();
}

// ---- Payments

absl::Status CheckPaymentDate(const RuleContext& context, const v1::OpeningPaymentRecorded& act,
                              const v1::Convention& convention) {
  const std::string what = fmt::format("the payment on convention {}", act.convention_number());
  REGISTRE_RETURN_IF_ERROR(CheckBeforeOpening(context, what, act.date()));
  if (ToDays(act.date()) < ToDays(convention.signed_on())) {
    return Refused("PERIOD_INVALID",
                   fmt::format("{} is dated {}, before its signature on {}; correct the date", what,
                               FormatDate(act.date()), FormatDate(convention.signed_on())),
                   {{"date", FormatIsoDate(act.date())}});
  }
  return CheckFiscalYear(what, act.fiscal_year(), act.date());
}

absl::Status CheckTrancheCeiling(const v1::OpeningPaymentRecorded& act,
                                 const v1::TrancheState& state) {
  int64_t ordered = state.ordered_cents();
  REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("orders on tranche {}", act.tranche_id()),
                                     act.amount_cents(), &ordered));
  const int64_t ceiling = state.tranche().ceiling_cents();
  if (ordered <= ceiling) return absl::OkStatus();
  return Refused("TRANCHE_EXCEEDED",
                 fmt::format("a payment of {} brings tranche {} of convention {} to {}, over its "
                             "ceiling of {} by {}; correct the amount or the tranche",
                             Eur(act.amount_cents()), act.tranche_id(), act.convention_number(),
                             Eur(ordered), Eur(ceiling), Eur(ordered - ceiling)),
                 {{"tranche_id", act.tranche_id()},
                  {"ordered_cents", std::to_string(ordered)},
                  {"ceiling_cents", std::to_string(ceiling)}});
}

absl::Status CheckScheduleLine(const v1::OpeningPaymentRecorded& act,
                               const v1::TrancheState& state) {
  if (act.schedule_line_id().empty()) return absl::OkStatus();
  const v1::ScheduleLine* line = nullptr;
  for (const v1::ScheduleLine& candidate : state.tranche().schedule()) {
    if (candidate.line_id() == act.schedule_line_id()) line = &candidate;
  }
  if (line == nullptr) {
    return UnknownReference(
        "schedule line", act.schedule_line_id(),
        fmt::format("tranche {} of convention {} has no such line; leave it empty "
                    "when the schedule has none for the payment",
                    act.tranche_id(), act.convention_number()));
  }
  int64_t ordered = 0;
  for (const v1::ScheduleLineState& known : state.lines()) {
    if (known.line_id() == act.schedule_line_id()) ordered = known.ordered_cents();
  }
  REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("orders on schedule line {}", line->line_id()),
                                     act.amount_cents(), &ordered));
  if (ordered <= line->amount_cents()) return absl::OkStatus();
  return Refused(
      "PAYMENT_LINE_EXCEEDED",
      fmt::format("a payment of {} brings schedule line {} of tranche {} to {}, over its "
                  "amount of {} by {}; correct the amount or the line",
                  Eur(act.amount_cents()), line->line_id(), act.tranche_id(), Eur(ordered),
                  Eur(line->amount_cents()), Eur(ordered - line->amount_cents())),
      {{"schedule_line_id", line->line_id()},
       {"ordered_cents", std::to_string(ordered)},
       {"amount_cents", std::to_string(line->amount_cents())}});
}

absl::Status CheckCredits(const RuleContext& context, const v1::OpeningPaymentRecorded& act) {
  const v1::BudgetLine* line = context.view.BudgetLine(act.budget_code());
  if (line == nullptr) return absl::OkStatus();
  for (const v1::FiscalYearCredits& year : line->fiscal_years()) {
    if (year.fiscal_year() != act.fiscal_year() || !year.credits_recorded()) continue;
    int64_t ordered = year.ordered_cents();
    REGISTRE_RETURN_IF_ERROR(AddAmount("orders of the fiscal year", act.amount_cents(), &ordered));
    if (ordered <= year.credits_cents()) continue;
    return Refused(
        "CREDITS_EXCEEDED",
        fmt::format("a payment of {} brings the orders of {} on line {} to {}, over the "
                    "credits of {} by {}; correct the year or the amount, or record the "
                    "credits that were voted",
                    Eur(act.amount_cents()), act.fiscal_year(), act.budget_code(), Eur(ordered),
                    Eur(year.credits_cents()), Eur(ordered - year.credits_cents())),
        {{"budget_code", act.budget_code()},
         {"ordered_cents", std::to_string(ordered)},
         {"credits_cents", std::to_string(year.credits_cents())}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::OpeningCommitmentRecorded* act) {
  REGISTRE_RETURN_IF_ERROR(CheckOpeningRuns(context));
  const auto line = FindBudgetLine(context, act->code());
  if (!line.ok()) return line.status();
  REGISTRE_RETURN_IF_ERROR(CheckBeforeOpening(
      context, fmt::format("the opening commitment of line {}", act->code()), act->date()));
  if ((*line)->opening_commitment_cents() != 0) {
    return NumberTaken("opening commitment of budget line", act->code());
  }
  if (act->amount_cents() <= (*line)->available_cents()) return absl::OkStatus();
  return Refused(
      "BUDGET_EXCEEDED",
      fmt::format("an opening commitment of {} exceeds the {} available on line {} by {}; "
                  "correct the amount or the line's authorised amount",
                  Eur(act->amount_cents()), Eur((*line)->available_cents()), act->code(),
                  Eur(act->amount_cents() - (*line)->available_cents())),
      {{"budget_code", act->code()},
       {"available_cents", std::to_string((*line)->available_cents())},
       {"amount_cents", std::to_string(act->amount_cents())}});
}

absl::Status Judge(const RuleContext& context, v1::OpeningConventionRecorded* act) {
  REGISTRE_RETURN_IF_ERROR(CheckOpeningRuns(context));
  const v1::NumberPatterns& patterns = context.view.Ledger().opened().patterns();
  REGISTRE_RETURN_IF_ERROR(CheckNumberForm("convention", patterns.convention(), act->number()));
  if (context.view.Convention(act->number()) != nullptr) {
    return NumberTaken("convention", act->number());
  }
  const auto structure = FindStructure(context, act->structure_id());
  if (!structure.ok()) return structure.status();
  REGISTRE_RETURN_IF_ERROR(FillPrevious(**structure, act));
  FlagNameDiffers(context, **structure, act->structure_name_as_written());
  REGISTRE_RETURN_IF_ERROR(
      CheckBeforeOpening(context, fmt::format("the signature of convention {}", act->number()),
                         act->signatures().authority_signed_on()));
  REGISTRE_RETURN_IF_ERROR(CheckNoDraws(*act));
  REGISTRE_RETURN_IF_ERROR(CheckTranches(context, act->tranches()));
  REGISTRE_RETURN_IF_ERROR(CheckTrancheTotal(act->tranches(), act->amount_cents(),
                                             fmt::format("convention {}", act->number())));
  return CheckOpeningCommitments(context, *act);
}

absl::Status Judge(const RuleContext& context, v1::OpeningPaymentRecorded* act) {
  REGISTRE_RETURN_IF_ERROR(CheckOpeningRuns(context));
  const auto convention = FindConvention(context, act->convention_number());
  if (!convention.ok()) return convention.status();
  if (!(*convention)->opening()) {
    return UnknownReference("opening convention", act->convention_number(),
                            "it was signed in this ledger: record payment_ordered instead");
  }
  const v1::TrancheState* state = FindTranche(**convention, act->tranche_id());
  if (state == nullptr) {
    return UnknownReference("tranche", act->tranche_id(),
                            fmt::format("convention {} has no such tranche; name one of its own",
                                        act->convention_number()));
  }
  REGISTRE_RETURN_IF_ERROR(Fill("structure_id", act->structure_id(), (*convention)->structure_id(),
                                [&](const std::string& id) { act->set_structure_id(id); }));
  REGISTRE_RETURN_IF_ERROR(Fill("budget_code", act->budget_code(), state->tranche().budget_code(),
                                [&](const std::string& code) { act->set_budget_code(code); }));
  REGISTRE_RETURN_IF_ERROR(CheckPaymentDate(context, *act, **convention));
  REGISTRE_RETURN_IF_ERROR(
      CheckYearOpen(context, act->fiscal_year(),
                    fmt::format("a payment on convention {}", act->convention_number()),
                    "opening payments are recorded before their fiscal year is closed"));
  REGISTRE_RETURN_IF_ERROR(CheckTrancheCeiling(*act, *state));
  REGISTRE_RETURN_IF_ERROR(CheckScheduleLine(*act, *state));
  return CheckCredits(context, *act);
}

absl::Status Judge(const RuleContext& context, v1::OpeningClosed* act) {
  REGISTRE_RETURN_IF_ERROR(CheckOpeningRuns(context));
  const v1::Date& opened = context.view.Ledger().opened().date();
  if (ToDays(act->date()) >= ToDays(opened)) return absl::OkStatus();
  return Refused("PERIOD_INVALID",
                 fmt::format("the opening is closed on {}, before the ledger was opened on {}; "
                             "correct the date",
                             FormatDate(act->date()), FormatDate(opened)),
                 {{"date", FormatIsoDate(act->date())}, {"opened_on", FormatIsoDate(opened)}});
}

}  // namespace registre
