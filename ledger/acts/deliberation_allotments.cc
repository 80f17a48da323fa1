// Allotments of a deliberation against the state: lines, structures, call, applications, dates,
// costs.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "absl/container/btree_map.h"
#include "ledger/acts/call.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/deliberation.h"
#include "ledger/acts/merger.h"

namespace registre {
namespace {

absl::Status CheckStructures(const RuleContext& context, const v1::Allotment& allotment,
                             Days vote) {
  const std::string what = fmt::format("allotment {}", allotment.allotment_id());
  if (!allotment.structure_id().empty()) {
    const auto structure = FindStructure(context, allotment.structure_id());
    if (!structure.ok()) return structure.status();
    REGISTRE_RETURN_IF_ERROR(CheckNotMerged(context, **structure, what, vote));
    FlagNameDiffers(context, **structure, allotment.structure_name_as_written());
  }
  for (const std::string& id : allotment.named_structure_ids()) {
    const auto structure = FindStructure(context, id);
    if (!structure.ok()) return structure.status();
    REGISTRE_RETURN_IF_ERROR(CheckNotMerged(context, **structure, what, vote));
  }
  return absl::OkStatus();
}

// An allotment is for what was applied for: the call, the thematic and the operation.
absl::Status CheckAppliedFor(const v1::Application& application, const std::string& call_id,
                             const v1::Allotment& allotment) {
  const auto differs = [&](std::string_view what, const std::string& allotted,
                           const std::string& applied) {
    return Refused(
        "APPLICATION_STATE",
        fmt::format("allotment {} is for {} {} and answers application {} for {} {}; "
                    "correct the {}, or name the application that it answers",
                    allotment.allotment_id(), what, allotted.empty() ? "none" : allotted,
                    application.number(), what, applied, what),
        {{"allotment_id", allotment.allotment_id()}, {"application", application.number()}});
  };
  if (call_id != application.call_id()) return differs("call", call_id, application.call_id());
  if (!allotment.thematic().empty() && allotment.thematic() != application.thematic()) {
    return differs("thematic", allotment.thematic(), application.thematic());
  }
  if (!allotment.operation().empty() && allotment.operation() != application.operation()) {
    return differs("operation", allotment.operation(), application.operation());
  }
  return absl::OkStatus();
}

absl::Status CheckApplication(const RuleContext& context, const v1::DeliberationVoted& act,
                              const v1::Allotment& allotment, bool adopted) {
  if (allotment.application_number().empty()) return absl::OkStatus();
  const auto application = FindApplication(context, allotment.application_number());
  if (!application.ok()) return application.status();
  REGISTRE_RETURN_IF_ERROR(
      CheckApplicationStands(**application, fmt::format("allotment {}", allotment.allotment_id())));
  // What a structure applied for is allotted to the one that absorbed it since.
  const std::string applicant =
      SuccessorOf(context, (*application)->structure_id(), ToDays(act.date()));
  if (applicant != allotment.structure_id()) {
    return Refused(
        "APPLICATION_STATE",
        fmt::format(
            "allotment {} is for {} and answers application {} of {}; name the "
            "structure that applied, or its own application",
            allotment.allotment_id(),
            allotment.structure_id().empty() ? "no named structure" : allotment.structure_id(),
            (*application)->number(), applicant),
        {{"allotment_id", allotment.allotment_id()}, {"application", (*application)->number()}});
  }
  REGISTRE_RETURN_IF_ERROR(CheckAppliedFor(**application, act.call_id(), allotment));
  if (adopted && (*application)->instruction().advice() == v1::ADVICE_UNFAVOURABLE) {
    context.Flag("UNFAVOURABLE_FUNDED", v1::SEVERITY_ATTENTION, allotment.allotment_id(),
                 fmt::format("L'assemblée attribue {} à la demande {}, dont l'instruction est "
                             "défavorable.",
                             Euros(allotment.amount_cents()), (*application)->number()));
  }
  return absl::OkStatus();
}

// ---- Oddities of one allotment

void FlagPeriod(const RuleContext& context, const v1::Allotment& allotment, const v1::Date& vote) {
  if (!allotment.has_period()) return;
  const v1::Period& period = allotment.period();
  const bool ended = ToDays(period.end()) < ToDays(vote);
  if (!ended && ToDays(period.start()) >= ToDays(vote)) return;
  context.Flag(
      ended ? "PERIOD_ENDED_BEFORE_VOTE" : "PERIOD_BEFORE_VOTE",
      ended ? v1::SEVERITY_ATTENTION : v1::SEVERITY_INFORMATION, allotment.allotment_id(),
      fmt::format("Période du {} au {}, {} avant le vote du {}.", FormatDate(period.start()),
                  FormatDate(period.end()), ended ? "terminée" : "commencée", FormatDate(vote)));
}

// Whether some whole numbers of places at the costs, `places` in all, make the amount. With several
// costs it asks what must hold: between all at the least and all at the greatest cost, and a whole
// number of steps from the least.
bool PlacesMakeAmount(const v1::Allotment& allotment) {
  const auto& costs = allotment.unit_costs_cents();
  const auto [least, greatest] = std::minmax_element(costs.begin(), costs.end());
  const __int128 amount = allotment.amount_cents();
  const __int128 floor = __int128{*least} * allotment.places();
  const __int128 ceiling = __int128{*greatest} * allotment.places();
  if (amount < floor || amount > ceiling) return false;
  int64_t step = 0;
  for (const int64_t cost : costs) step = std::gcd(step, cost - *least);
  return step == 0 || (amount - floor) % step == 0;
}

std::string ShowCosts(const v1::Allotment& allotment) {
  std::string out;
  for (const int64_t cost : allotment.unit_costs_cents()) {
    out += fmt::format("{}{}", out.empty() ? "" : " ou ", Euros(cost));
  }
  return out;
}

void FlagUnitCost(const RuleContext& context, const v1::Allotment& allotment) {
  if (allotment.unit_costs_cents().empty()) return;
  std::string message;
  if (allotment.places() > 0) {
    if (PlacesMakeAmount(allotment)) return;
    message = fmt::format("{} places à {} ne font pas {}.", allotment.places(),
                          ShowCosts(allotment), Euros(allotment.amount_cents()));
  } else {
    int64_t step = 0;
    for (const int64_t cost : allotment.unit_costs_cents()) step = std::gcd(step, cost);
    if (allotment.amount_cents() % step == 0) return;
    message = fmt::format("{} n'est la somme d'aucun nombre entier de places à ces tarifs ({}).",
                          Euros(allotment.amount_cents()), ShowCosts(allotment));
  }
  context.Flag("UNIT_COST", v1::SEVERITY_ATTENTION, allotment.allotment_id(), std::move(message));
}

// ---- Sums

absl::Status CheckAvailable(const RuleContext& context, const v1::DeliberationVoted& act) {
  absl::btree_map<std::string, int64_t> proposed;
  for (const v1::Allotment& allotment : act.allotments()) {
    REGISTRE_RETURN_IF_ERROR(
        AddAmount(fmt::format("allotments on line {}", allotment.budget_code()),
                  allotment.amount_cents(), &proposed[allotment.budget_code()]));
  }
  for (const auto& [code, cents] : proposed) {
    const auto line = FindBudgetLine(context, code);
    if (!line.ok()) return line.status();
    if (ToDaysOrAlways((*line)->opened_on()) > ToDays(act.date())) {
      return Refused("BUDGET_EXCEEDED",
                     fmt::format("deliberation {} of {} allots {} on line {}, which is in effect "
                                 "from {}: nothing is available on it before; correct the date of "
                                 "one of the two, or allot on another line",
                                 act.number(), FormatDate(act.date()), Eur(cents), code,
                                 FormatDate((*line)->opened_on())),
                     {{"budget_code", code}});
    }
    const int64_t available = (*line)->available_cents();
    if (cents <= available) continue;
    return Refused(
        "BUDGET_EXCEEDED",
        fmt::format("deliberation {} allots {} on line {}, where {} are available: {} are "
                    "missing; allot less, or record what raises the line",
                    act.number(), Eur(cents), code, Eur(available), Eur(cents - available)),
        {{"budget_code", code},
         {"available_cents", std::to_string(available)},
         {"proposed_cents", std::to_string(cents)},
         {"missing_cents", std::to_string(cents - available)}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status JudgeAllotments(const RuleContext& context, const v1::Call* call,
                             const v1::DeliberationVoted& act) {
  const bool adopted = act.result() == v1::VOTE_RESULT_ADOPTED;
  for (const v1::Article& article : act.articles()) {
    if (call != nullptr) REGISTRE_RETURN_IF_ERROR(CheckOperation(*call, article.thematic(), ""));
  }
  for (const v1::Allotment& allotment : act.allotments()) {
    REGISTRE_RETURN_IF_ERROR(FindBudgetLine(context, allotment.budget_code()).status());
    REGISTRE_RETURN_IF_ERROR(CheckStructures(context, allotment, ToDays(act.date())));
    if (call != nullptr) {
      REGISTRE_RETURN_IF_ERROR(CheckOperation(*call, allotment.thematic(), allotment.operation()));
    }
    REGISTRE_RETURN_IF_ERROR(CheckApplication(context, act, allotment, adopted));
    if (!adopted) continue;  // what is rejected allots nothing, at no time and at no cost
    FlagPeriod(context, allotment, act.date());
    FlagUnitCost(context, allotment);
  }
  return adopted ? CheckAvailable(context, act) : absl::OkStatus();
}

}  // namespace registre
