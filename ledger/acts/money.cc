// Service fait, order (mandat), release. What is odd about an order stands in order_flags.cc, what
// becomes of it in accountant.cc.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/funding.h"
#include "ledger/acts/order_flags.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

std::string NameOf(const v1::PaymentOrdered& act) {
  return fmt::format("mandat {}-{}", act.fiscal_year(), act.mandat());
}

absl::Status Incoherent(std::string message) {
  return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID", std::move(message));
}

absl::Status TriggerMissing(const v1::Tranche& tranche, std::string message) {
  return Refused("TRIGGER_MISSING", std::move(message), {{"tranche", tranche.tranche_id()}});
}

// A basis is a tranche of a convention, or an allotment, and nothing of the other.
absl::Status CheckBasis(const v1::PaymentBasis& basis) {
  const bool contract = !basis.convention_number().empty() && !basis.tranche_id().empty();
  const bool direct = !basis.deliberation_number().empty() && !basis.allotment_id().empty();
  const bool any_contract = !basis.convention_number().empty() || !basis.tranche_id().empty() ||
                            !basis.schedule_line_id().empty();
  const bool any_direct = !basis.deliberation_number().empty() || !basis.allotment_id().empty();
  if ((contract && !any_direct) || (direct && !any_contract)) return absl::OkStatus();
  return Incoherent(
      "basis: an order pays either a tranche (convention_number and tranche_id, schedule_line_id "
      "if it follows the schedule) or an allotment (deliberation_number and allotment_id); set one "
      "of the two, whole, and nothing of the other");
}

// Orders of a year are dated in it, or in January after it (journée complémentaire).
absl::Status CheckFiscalYear(const v1::PaymentOrdered& act) {
  const v1::Date& date = act.date();
  if (date.year() == act.fiscal_year()) return absl::OkStatus();
  const int64_t next_year = int64_t{act.fiscal_year()} + 1;
  if (date.year() == next_year && date.month() == 1) return absl::OkStatus();
  return Error(
      absl::StatusCode::kInvalidArgument, "PERIOD_INVALID",
      fmt::format("an order of fiscal year {} is dated from 01/01/{} to 31/01/{}, this one on {}; "
                  "correct the date or the fiscal year",
                  act.fiscal_year(), act.fiscal_year(), next_year, FormatDate(date)));
}

absl::Status CheckOrderLine(const v1::PaymentOrdered& act, const std::string& expected) {
  if (act.budget_code() == expected) return absl::OkStatus();
  return Refused(
      "PAYMENT_BUDGET_LINE",
      fmt::format("{} is imputed on {} and what it pays on budget line {}; impute it on {}",
                  NameOf(act), act.budget_code(), expected, expected),
      {{"budget_code", act.budget_code()}, {"expected", expected}});
}

absl::Status CheckCeiling(const v1::TrancheState& tranche, const v1::PaymentOrdered& act) {
  const int64_t ceiling = tranche.tranche().ceiling_cents();
  const int64_t left = ceiling - tranche.ordered_cents();
  if (act.amount_cents() <= left) return absl::OkStatus();
  return Refused("TRANCHE_EXCEEDED",
                 fmt::format("tranche {} has {} left to order (ceiling {}, ordered {}); {} orders "
                             "{}: {} too much; reduce it, or amend the convention first",
                             tranche.tranche().tranche_id(), Eur(left), Eur(ceiling),
                             Eur(tranche.ordered_cents()), NameOf(act), Eur(act.amount_cents()),
                             Eur(act.amount_cents() - left)),
                 {{"ceiling_cents", fmt::format("{}", ceiling)},
                  {"ordered_cents", fmt::format("{}", tranche.ordered_cents())},
                  {"left_cents", fmt::format("{}", left)},
                  {"excess_cents", fmt::format("{}", act.amount_cents() - left)}});
}

absl::Status CheckReportAccepted(const v1::TrancheState& tranche, const v1::PaymentOrdered& act,
                                 const std::string& what) {
  const std::string& id = tranche.tranche().tranche_id();
  if (!tranche.has_report_accepted_on()) {
    return TriggerMissing(tranche.tranche(),
                          fmt::format("{} awaits that the report (bilan) on tranche {} is "
                                      "accepted, and none is; record report_accepted first",
                                      what, id));
  }
  if (ToDays(act.date()) >= ToDays(tranche.report_accepted_on())) return absl::OkStatus();
  return TriggerMissing(
      tranche.tranche(),
      fmt::format("{} is ordered on {} and the report (bilan) on tranche {} is accepted on {}; "
                  "date the order from then on",
                  what, FormatDate(act.date()), id, FormatDate(tranche.report_accepted_on())));
}

absl::Status CheckAvenantTrigger(const v1::Convention& convention, const v1::Tranche& tranche,
                                 const v1::ScheduleLine& line, const v1::PaymentOrdered& act) {
  for (const v1::AvenantState& avenant : convention.avenants()) {
    if (avenant.avenant_number() != line.trigger_avenant()) continue;
    if (ToDays(act.date()) >= ToDays(avenant.signed_on())) return absl::OkStatus();
    return TriggerMissing(
        tranche, fmt::format("schedule line {} of tranche {} is due from the signature of avenant "
                             "{} on {}, and ordered on {}; date the order from then on",
                             line.line_id(), tranche.tranche_id(), line.trigger_avenant(),
                             FormatDate(avenant.signed_on()), FormatDate(act.date())));
  }
  return TriggerMissing(tranche,
                        fmt::format("schedule line {} of tranche {} awaits avenant {}, which "
                                    "convention {} has not; record its signature first",
                                    line.line_id(), tranche.tranche_id(), line.trigger_avenant(),
                                    convention.number()));
}

absl::Status CheckTrigger(const v1::Convention& convention, const v1::TrancheState& tranche,
                          const v1::ScheduleLine& line, const v1::PaymentOrdered& act) {
  const std::string what =
      fmt::format("schedule line {} of tranche {}", line.line_id(), tranche.tranche().tranche_id());
  switch (line.trigger()) {
    case v1::TRIGGER_KIND_CONVENTION_SIGNED:
      if (ToDays(act.date()) >= ToDays(convention.signed_on())) return absl::OkStatus();
      return TriggerMissing(
          tranche.tranche(),
          fmt::format("{} is due from the signature of convention {} on {}, and ordered on {}; "
                      "date the order from then on",
                      what, convention.number(), FormatDate(convention.signed_on()),
                      FormatDate(act.date())));
    case v1::TRIGGER_KIND_AVENANT_SIGNED:
      return CheckAvenantTrigger(convention, tranche.tranche(), line, act);
    case v1::TRIGGER_KIND_DATE:
      if (ToDays(act.date()) >= ToDays(line.due_on())) return absl::OkStatus();
      return TriggerMissing(tranche.tranche(),
                            fmt::format("{} is due on {} and ordered on {}; order it from then on",
                                        what, FormatDate(line.due_on()), FormatDate(act.date())));
    case v1::TRIGGER_KIND_REPORT_ACCEPTED:
      return CheckReportAccepted(tranche, act, what);
    case v1::TRIGGER_KIND_STATEMENT_CHECKED:
      if (tranche.certified_cents() > 0) return absl::OkStatus();
      return TriggerMissing(tranche.tranche(),
                            fmt::format("{} awaits a checked statement of costs, and no service is "
                                        "certified on the tranche; record service_certified first",
                                        what));
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckScheduleLine(const v1::Convention& convention, const v1::TrancheState& tranche,
                               const v1::PaymentOrdered& act) {
  const std::string& line_id = act.basis().schedule_line_id();
  if (line_id.empty()) return absl::OkStatus();
  const v1::ScheduleLine* line = nullptr;
  for (const v1::ScheduleLine& candidate : tranche.tranche().schedule()) {
    if (candidate.line_id() == line_id) line = &candidate;
  }
  if (line == nullptr) {
    return UnknownReference(
        "schedule line", fmt::format("{} of tranche {}", line_id, tranche.tranche().tranche_id()),
        "correct it, or leave it empty for an order outside the schedule");
  }
  if (line->kind() != act.kind()) {
    return Incoherent(
        fmt::format("kind is {} and schedule line {} is {}; the order's kind is that of its line",
                    v1::PaymentKind_Name(act.kind()), line_id, v1::PaymentKind_Name(line->kind())));
  }
  REGISTRE_RETURN_IF_ERROR(CheckTrigger(convention, tranche, *line, act));
  const int64_t ordered = OrderedOn(tranche, line_id);
  const int64_t left = line->amount_cents() - ordered;
  if (act.amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "PAYMENT_LINE_EXCEEDED",
      fmt::format("schedule line {} of tranche {} has {} left to order (amount {}, ordered {}); {} "
                  "orders {}: {} too much; reduce it, or order the rest outside the line",
                  line_id, tranche.tranche().tranche_id(), Eur(left), Eur(line->amount_cents()),
                  Eur(ordered), NameOf(act), Eur(act.amount_cents()),
                  Eur(act.amount_cents() - left)),
      {{"left_cents", fmt::format("{}", left)},
       {"excess_cents", fmt::format("{}", act.amount_cents() - left)}});
}

// What is not an advance pays for service done: all that is ordered then, advances included, stays
// within what is certified.
absl::Status CheckServiceDone(const v1::TrancheState& tranche, const v1::PaymentOrdered& act) {
  if (act.kind() == v1::PAYMENT_KIND_ADVANCE) return absl::OkStatus();
  const int64_t left = tranche.certified_cents() - tranche.ordered_cents();
  if (act.amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "SERVICE_NOT_CERTIFIED",
      fmt::format("{} is no advance and orders {}; on tranche {} the certified service is {}, of "
                  "which {} are ordered: {} too much; record service_certified first",
                  NameOf(act), Eur(act.amount_cents()), tranche.tranche().tranche_id(),
                  Eur(tranche.certified_cents()), Eur(tranche.ordered_cents()),
                  Eur(act.amount_cents() - left)),
      {{"certified_cents", fmt::format("{}", tranche.certified_cents())},
       {"ordered_cents", fmt::format("{}", tranche.ordered_cents())}});
}

absl::Status JudgeOnConvention(const RuleContext& context, v1::PaymentOrdered* act) {
  ContractTarget target;
  REGISTRE_RETURN_IF_ERROR(
      FindTarget(context, act->basis().convention_number(), act->basis().tranche_id(), &target));
  const auto& [convention, tranche] = target;
  REGISTRE_RETURN_IF_ERROR(CheckOpen(*convention, "an order"));
  REGISTRE_RETURN_IF_ERROR(FillStructure(convention->structure_id(), act));
  REGISTRE_RETURN_IF_ERROR(CheckOrderLine(*act, tranche->tranche().budget_code()));
  REGISTRE_RETURN_IF_ERROR(CheckCeiling(*tranche, *act));
  REGISTRE_RETURN_IF_ERROR(CheckScheduleLine(*convention, *tranche, *act));
  if (act->kind() == v1::PAYMENT_KIND_BALANCE) {
    REGISTRE_RETURN_IF_ERROR(CheckReportAccepted(*tranche, *act, "a balance"));
  }
  REGISTRE_RETURN_IF_ERROR(CheckServiceDone(*tranche, *act));
  FlagOrderOnTranche(context, tranche->tranche(), *act);
  return absl::OkStatus();
}

absl::Status JudgeOnAllotment(const RuleContext& context, v1::PaymentOrdered* act) {
  Funding funding;
  REGISTRE_RETURN_IF_ERROR(FindFunding(context, act->basis().deliberation_number(),
                                       act->basis().allotment_id(), &funding));
  const v1::Allotment& allotment = funding.allotment->allotment();
  if (allotment.structure_id().empty()) {
    return Refused("NOT_AUTHORISED",
                   fmt::format("allotment {} of deliberation {} names no structure of its own: "
                               "nobody can be paid on it directly; order on a convention",
                               allotment.allotment_id(), funding.deliberation->number()),
                   {{"allotment", allotment.allotment_id()}});
  }
  REGISTRE_RETURN_IF_ERROR(FillStructure(allotment.structure_id(), act));
  REGISTRE_RETURN_IF_ERROR(CheckOrderLine(*act, allotment.budget_code()));
  REGISTRE_RETURN_IF_ERROR(CheckLeft(funding, act->amount_cents(), NameOf(*act)));
  if (act->kind() != v1::PAYMENT_KIND_ADVANCE && act->kind() != v1::PAYMENT_KIND_SINGLE) {
    return Refused(
        "SERVICE_NOT_CERTIFIED",
        fmt::format("{} is an instalment or a balance on an allotment: a service is certified on a "
                    "convention only; order it on one, or as a single payment",
                    NameOf(*act)));
  }
  FlagOrderOnAllotment(context, *funding.deliberation, *act);
  return absl::OkStatus();
}

absl::Status CheckCredits(const RuleContext& context, const v1::PaymentOrdered& act) {
  const auto line = FindBudgetLine(context, act.budget_code());
  if (!line.ok()) return line.status();
  for (const v1::FiscalYearCredits& year : (*line)->fiscal_years()) {
    if (year.fiscal_year() != act.fiscal_year() || !year.credits_recorded()) continue;
    const int64_t left = year.credits_cents() - year.ordered_cents();
    if (act.amount_cents() <= left) return absl::OkStatus();
    return Refused(
        "CREDITS_EXCEEDED",
        fmt::format("budget line {} has {} of payment credits left for {} (voted {}, ordered {}); "
                    "{} orders {}: {} too much; reduce it, or have credits voted",
                    act.budget_code(), Eur(left), act.fiscal_year(), Eur(year.credits_cents()),
                    Eur(year.ordered_cents()), NameOf(act), Eur(act.amount_cents()),
                    Eur(act.amount_cents() - left)),
        {{"left_cents", fmt::format("{}", left)},
         {"excess_cents", fmt::format("{}", act.amount_cents() - left)}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::ServiceCertified* act) {
  ContractTarget target;
  REGISTRE_RETURN_IF_ERROR(
      FindTarget(context, act->convention_number(), act->tranche_id(), &target));
  const auto& [convention, tranche] = target;
  REGISTRE_RETURN_IF_ERROR(CheckOpen(*convention, "a certified service"));
  REGISTRE_RETURN_IF_ERROR(FillStructure(convention->structure_id(), act));
  const int64_t ceiling = tranche->tranche().ceiling_cents();
  const int64_t left = ceiling - tranche->certified_cents();
  if (act->amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "TRANCHE_EXCEEDED",
      fmt::format("tranche {} has {} of service left to certify (ceiling {}, certified {}); {} are "
                  "{} too much; certify what the ceiling covers",
                  act->tranche_id(), Eur(left), Eur(ceiling), Eur(tranche->certified_cents()),
                  Eur(act->amount_cents()), Eur(act->amount_cents() - left)),
      {{"left_cents", fmt::format("{}", left)},
       {"excess_cents", fmt::format("{}", act->amount_cents() - left)}});
}

absl::Status Judge(const RuleContext& context, v1::PaymentOrdered* act) {
  REGISTRE_RETURN_IF_ERROR(
      CheckNumberForm("mandat", context.view.Ledger().opened().patterns().mandat(), act->mandat()));
  if (context.view.Payment(act->fiscal_year(), act->mandat()) != nullptr) {
    return NumberTaken("mandat", fmt::format("{}-{}", act->fiscal_year(), act->mandat()));
  }
  REGISTRE_RETURN_IF_ERROR(CheckBasis(act->basis()));
  REGISTRE_RETURN_IF_ERROR(CheckFiscalYear(*act));
  REGISTRE_RETURN_IF_ERROR(act->basis().convention_number().empty()
                               ? JudgeOnAllotment(context, act)
                               : JudgeOnConvention(context, act));
  return CheckCredits(context, *act);
}

absl::Status Judge(const RuleContext& context, v1::CommitmentReleased* act) {
  Funding funding;
  REGISTRE_RETURN_IF_ERROR(
      FindFunding(context, act->deliberation_number(), act->allotment_id(), &funding));
  const v1::Allotment& allotment = funding.allotment->allotment();
  REGISTRE_RETURN_IF_ERROR(Fill("budget_code", act->budget_code(), allotment.budget_code(),
                                [&](const std::string& code) { act->set_budget_code(code); }));
  REGISTRE_RETURN_IF_ERROR(FillStructure(allotment.structure_id(), act));
  return CheckLeft(funding, act->amount_cents(), "the release");
}

}  // namespace registre
