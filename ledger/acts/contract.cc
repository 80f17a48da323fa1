// Convention, report on its execution, end. The avenant has its own file.
#include <fmt/format.h>

#include <map>
#include <string>

#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/contract_terms.h"
#include "ledger/acts/funding.h"
#include "ledger/acts/merger.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

// A convention has no money but what it draws: each tranche draws its whole ceiling.
absl::Status CheckFullyDrawn(const v1::Tranche& tranche) {
  if (tranche.draws().empty()) {
    return Refused("NOT_AUTHORISED",
                   fmt::format("tranche {} of {} draws on no allotment; name the allotments of the "
                               "adopted deliberation that funds it",
                               tranche.tranche_id(), Eur(tranche.ceiling_cents())),
                   {{"tranche", tranche.tranche_id()}});
  }
  int64_t drawn = 0;
  REGISTRE_RETURN_IF_ERROR(SumDraws(tranche, &drawn));
  if (drawn == tranche.ceiling_cents()) return absl::OkStatus();
  return Refused("TRANCHE_TOTAL",
                 fmt::format("tranche {} draws {} on allotments, its ceiling is {}: a difference "
                             "of {}; correct the draws or the ceiling",
                             tranche.tranche_id(), Eur(drawn), Eur(tranche.ceiling_cents()),
                             Eur(drawn - tranche.ceiling_cents())),
                 {{"tranche", tranche.tranche_id()}});
}

// The report on a tranche happens once.
absl::Status OnceATranche(const std::string& what, const v1::Convention& convention,
                          const std::string& tranche_id, const v1::Date& done_on) {
  return Error(
      absl::StatusCode::kAlreadyExists, "NUMBER_TAKEN",
      fmt::format(
          "the report on tranche {} of convention {} is {} since {}; nothing is to be recorded",
          tranche_id, convention.number(), what, FormatDate(done_on)),
      {{"convention", convention.number()}, {"tranche", tranche_id}});
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::ConventionSigned* act) {
  REGISTRE_RETURN_IF_ERROR(CheckNumberForm(
      "convention", context.view.Ledger().opened().patterns().convention(), act->number()));
  if (context.view.Convention(act->number()) != nullptr) {
    return NumberTaken("convention", act->number());
  }
  const auto structure = FindStructure(context, act->structure_id());
  if (!structure.ok()) return structure.status();
  REGISTRE_RETURN_IF_ERROR(FillPrevious(**structure, act));
  FlagNameDiffers(context, **structure, act->structure_name_as_written());

  const Drawer drawer{fmt::format("convention {}", act->number()), act->structure_id(),
                      ToDays(act->signatures().authority_signed_on())};
  REGISTRE_RETURN_IF_ERROR(CheckNotMerged(context, **structure, drawer.name, drawer.signed_on));
  REGISTRE_RETURN_IF_ERROR(CheckTranches(context, act->tranches()));
  REGISTRE_RETURN_IF_ERROR(CheckTrancheTotal(act->tranches(), act->amount_cents(), drawer.name));
  DrawSums draws;
  for (const v1::Tranche& tranche : act->tranches()) {
    REGISTRE_RETURN_IF_ERROR(CheckFullyDrawn(tranche));
    REGISTRE_RETURN_IF_ERROR(CheckDrawLines(context, tranche));
    REGISTRE_RETURN_IF_ERROR(AddDraws(tranche, &draws));
  }
  std::map<std::string, const v1::Deliberation*> deliberations;
  REGISTRE_RETURN_IF_ERROR(CheckDraws(context, drawer, draws, &deliberations));

  for (const auto& [number, deliberation] : deliberations) {
    FlagExecutory(context, *deliberation, drawer.signed_on,
                  fmt::format("La convention {} est signée", act->number()));
  }
  for (const v1::Tranche& tranche : act->tranches()) FlagPeriod(context, tranche, draws);
  FlagSignatory(context, act->signatures());
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::ReportReceived* act) {
  ContractTarget target;
  REGISTRE_RETURN_IF_ERROR(
      FindTarget(context, act->convention_number(), act->tranche_id(), &target));
  REGISTRE_RETURN_IF_ERROR(FillStructure(target.convention->structure_id(), act));
  const v1::TrancheState& tranche = *target.tranche;
  if (tranche.has_report_received_on()) {
    return OnceATranche("received", *target.convention, act->tranche_id(),
                        tranche.report_received_on());
  }
  const v1::Date& due = tranche.tranche().report_due();
  if (tranche.tranche().has_report_due() && ToDays(act->date()) > ToDays(due)) {
    context.Flag(
        "REPORT_LATE", v1::SEVERITY_ATTENTION, act->tranche_id(),
        fmt::format("Le bilan de la tranche {} est reçu le {}, {} jours après son échéance du {}.",
                    act->tranche_id(), FormatDate(act->date()), ToDays(act->date()) - ToDays(due),
                    FormatDate(due)));
  }
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::ReportAccepted* act) {
  ContractTarget target;
  REGISTRE_RETURN_IF_ERROR(
      FindTarget(context, act->convention_number(), act->tranche_id(), &target));
  REGISTRE_RETURN_IF_ERROR(FillStructure(target.convention->structure_id(), act));
  const v1::TrancheState& tranche = *target.tranche;
  if (!tranche.has_report_received_on()) {
    return Refused("TRIGGER_MISSING",
                   fmt::format("no report on tranche {} of convention {} is received: none can be "
                               "accepted; record report_received first",
                               act->tranche_id(), target.convention->number()),
                   {{"convention", target.convention->number()}, {"tranche", act->tranche_id()}});
  }
  if (tranche.has_report_accepted_on()) {
    return OnceATranche("accepted", *target.convention, act->tranche_id(),
                        tranche.report_accepted_on());
  }
  if (ToDays(act->date()) < ToDays(tranche.report_received_on())) {
    return Refused("PERIOD_INVALID",
                   fmt::format("the report is accepted on {} and received on {}; a report is "
                               "accepted once it is received, correct the date",
                               FormatDate(act->date()), FormatDate(tranche.report_received_on())));
  }
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::ConventionClosed* act) {
  const auto found = FindConvention(context, act->number());
  if (!found.ok()) return found.status();
  const v1::Convention* convention = *found;
  REGISTRE_RETURN_IF_ERROR(CheckOpen(*convention, "another end"));
  REGISTRE_RETURN_IF_ERROR(CheckEndDate(*convention, "closed", act->date()));
  return FillStructure(convention->structure_id(), act);
}

}  // namespace registre
