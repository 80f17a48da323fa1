// Rules of a call for projects, of the applications to it and of their instruction.
#include "ledger/acts/call.h"

#include <fmt/format.h>

#include "ledger/acts/checks.h"
#include "ledger/acts/law.h"
#include "ledger/acts/merger.h"
#include "ledger/acts/rules.h"

namespace registre {
namespace {

template <typename A>
absl::Status FillApplication(const v1::Application& application, A* act) {
  REGISTRE_RETURN_IF_ERROR(Fill("call_id", act->call_id(), application.call_id(),
                                [&](const std::string& id) { act->set_call_id(id); }));
  return Fill("structure_id", act->structure_id(), application.structure_id(),
              [&](const std::string& id) { act->set_structure_id(id); });
}

void FlagLate(const RuleContext& context, const v1::Call& call,
              const v1::ApplicationSubmitted& act) {
  if (!call.has_applications_period()) return;
  const v1::Period& period = call.applications_period();
  const Days on = ToDays(act.date());
  if (on >= ToDays(period.start()) && on <= ToDays(period.end())) return;
  context.Flag(
      "APPLICATION_LATE", v1::SEVERITY_ATTENTION, act.number(),
      fmt::format("Demande déposée le {}, hors des dates de l'appel ({} au {}).",
                  FormatDate(act.date()), FormatDate(period.start()), FormatDate(period.end())));
}

void FlagPledge(const RuleContext& context, const v1::Structure& structure,
                const v1::ApplicationSubmitted& act) {
  const bool association = structure.identity().legal_form() == v1::LEGAL_FORM_ASSOCIATION;
  if (!association || act.pledge_signed() || !PledgeRequired(act.date())) return;
  context.Flag(
      "PLEDGE_MISSING", v1::SEVERITY_ATTENTION, act.number(),
      fmt::format("L'association « {} » n'a pas signé le contrat d'engagement républicain, dû "
                  "depuis le 2 janvier 2022 (demande du {}).",
                  structure.identity().name(), FormatDate(act.date())));
}

// Between its submission and the vote an application is instructed, or withdrawn.
absl::Status CheckOpenToChange(const v1::Application& application, std::string_view what,
                               const v1::Date& date) {
  if (application.deliberations_size() > 0) {
    return Refused(
        "APPLICATION_STATE",
        fmt::format("application {} was allotted by deliberation {}: it is {} until the "
                    "vote; record a new application, or what becomes of the allotment",
                    application.number(), application.deliberations(0), what),
        {{"application", application.number()}, {"deliberation", application.deliberations(0)}});
  }
  if (ToDays(date) >= ToDays(application.submitted_on())) return absl::OkStatus();
  return Refused("APPLICATION_STATE",
                 fmt::format("application {} was submitted on {} and cannot be {} before, on {}; "
                             "correct the date",
                             application.number(), FormatDate(application.submitted_on()), what,
                             FormatDate(date)),
                 {{"application", application.number()}, {"date", FormatIsoDate(date)}});
}

}  // namespace

absl::Status CheckOperation(const v1::Call& call, const std::string& thematic,
                            const std::string& operation) {
  const ErrorValues values = {
      {"call", call.call_id()}, {"thematic", thematic}, {"operation", operation}};
  if (thematic.empty() && !operation.empty()) {
    return Refused("CALL_UNKNOWN_OPERATION",
                   fmt::format("operation {} of call {} is named without its thematic; name both",
                               operation, call.call_id()),
                   values);
  }
  for (const v1::Thematic& known : call.thematics()) {
    if (known.code() != thematic) continue;
    if (operation.empty() || known.operations_size() == 0) return absl::OkStatus();
    for (const v1::Operation& candidate : known.operations()) {
      if (candidate.code() == operation) return absl::OkStatus();
    }
    return Refused(
        "CALL_UNKNOWN_OPERATION",
        fmt::format("thematic {} of call {} has no operation {}; it has {}, name one of them",
                    thematic, call.call_id(), operation, known.operations_size()),
        values);
  }
  if (thematic.empty()) return absl::OkStatus();
  return Refused("CALL_UNKNOWN_OPERATION",
                 fmt::format("call {} has no thematic {}; it has {}, name one of them",
                             call.call_id(), thematic, call.thematics_size()),
                 values);
}

absl::Status CheckApplicationStands(const v1::Application& application, std::string_view act) {
  if (!application.has_withdrawn_on()) return absl::OkStatus();
  return Refused(
      "APPLICATION_STATE",
      fmt::format("application {} was withdrawn on {}: nothing follows ({}); record a new "
                  "application",
                  application.number(), FormatDate(application.withdrawn_on()), act),
      {{"application", application.number()}});
}

absl::Status Judge(const RuleContext& context, v1::CallForProjectsOpened* act) {
  if (context.view.Call(act->call_id()) != nullptr) return NumberTaken("call", act->call_id());
  std::vector<std::string_view> thematics;
  for (const v1::Thematic& thematic : act->thematics()) {
    thematics.push_back(thematic.code());
    std::vector<std::string_view> operations;
    for (const v1::Operation& operation : thematic.operations()) {
      operations.push_back(operation.code());
    }
    REGISTRE_RETURN_IF_ERROR(
        CheckUnique(fmt::format("operation of thematic {}", thematic.code()), operations));
  }
  return CheckUnique("thematic", thematics);
}

absl::Status Judge(const RuleContext& context, v1::ApplicationSubmitted* act) {
  const v1::NumberPatterns& patterns = context.view.Ledger().opened().patterns();
  REGISTRE_RETURN_IF_ERROR(CheckNumberForm("application", patterns.application(), act->number()));
  if (context.view.Application(act->number()) != nullptr) {
    return NumberTaken("application", act->number());
  }
  const auto call = FindCall(context, act->call_id());
  if (!call.ok()) return call.status();
  const auto structure = FindStructure(context, act->structure_id());
  if (!structure.ok()) return structure.status();
  REGISTRE_RETURN_IF_ERROR(CheckNotMerged(
      context, **structure, fmt::format("application {}", act->number()), ToDays(act->date())));
  REGISTRE_RETURN_IF_ERROR(CheckOperation(**call, act->thematic(), act->operation()));
  FlagNameDiffers(context, **structure, act->structure_name_as_written());
  FlagLate(context, **call, *act);
  FlagPledge(context, **structure, *act);
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::ApplicationWithdrawn* act) {
  const auto application = FindApplication(context, act->number());
  if (!application.ok()) return application.status();
  REGISTRE_RETURN_IF_ERROR(CheckApplicationStands(**application, "a withdrawal"));
  REGISTRE_RETURN_IF_ERROR(CheckOpenToChange(**application, "withdrawn", act->date()));
  return FillApplication(**application, act);
}

absl::Status Judge(const RuleContext& context, v1::ApplicationInstructed* act) {
  const auto application = FindApplication(context, act->number());
  if (!application.ok()) return application.status();
  REGISTRE_RETURN_IF_ERROR(CheckApplicationStands(**application, "an instruction"));
  REGISTRE_RETURN_IF_ERROR(CheckOpenToChange(**application, "instructed", act->date()));
  REGISTRE_RETURN_IF_ERROR(FillApplication(**application, act));
  REGISTRE_RETURN_IF_ERROR(FillMessage("before", act->before(), (*application)->instruction(),
                                       [&] { return act->mutable_before(); }));
  const int64_t proposed = act->instruction().proposed_cents();
  const int64_t requested = (*application)->requested_cents();
  if (proposed > requested) {
    context.Flag("PROPOSED_ABOVE_REQUESTED", v1::SEVERITY_ATTENTION, act->number(),
                 fmt::format("L'instruction propose {} pour une demande de {}, soit {} de plus.",
                             Euros(proposed), Euros(requested), Euros(proposed - requested)));
  }
  return absl::OkStatus();
}

}  // namespace registre
