#include "ledger/acts/funding.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/acts/after_vote.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/merger.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

std::string Name(const Funding& funding) {
  return fmt::format("allotment {} of deliberation {}",
                     funding.allotment->allotment().allotment_id(), funding.deliberation->number());
}

bool StartedBefore(const v1::Period& period, Days vote) { return ToDays(period.start()) < vote; }
bool EndedBefore(const v1::Period& period, Days vote) { return ToDays(period.end()) < vote; }

// An allotment that names no structure, or several without an amount and this one among them, may
// fund it. One that was absorbed and the one in its place are the same here.
absl::Status CheckBeneficiary(const RuleContext& context, const Funding& funding,
                              const std::string& structure_id, Days day) {
  const v1::Allotment& allotment = funding.allotment->allotment();
  const std::string successor = SuccessorOf(context, structure_id, day);
  const auto is_it = [&](const std::string& id) {
    return SuccessorOf(context, id, day) == successor;
  };
  std::string named = allotment.structure_id();
  if (named.empty()) {
    const auto& several = allotment.named_structure_ids();
    if (several.empty() || std::any_of(several.begin(), several.end(), is_it)) {
      return absl::OkStatus();
    }
    named = fmt::format("{}", fmt::join(several, ", "));
  } else if (is_it(named)) {
    return absl::OkStatus();
  }
  return Refused("NOT_AUTHORISED",
                 fmt::format("{} is for structure {}, not for {}; draw on an allotment of {}, or "
                             "correct the structure",
                             Name(funding), named, structure_id, structure_id),
                 {{"allotment", allotment.allotment_id()}, {"structure", structure_id}});
}

absl::Status CheckFundingLine(const Funding& funding, const std::string& budget_code,
                              const std::string& what) {
  const std::string& line = funding.allotment->allotment().budget_code();
  if (line == budget_code) return absl::OkStatus();
  return Refused("PAYMENT_BUDGET_LINE",
                 fmt::format("{} is imputed on {} and {} on budget line {}; impute it on {}", what,
                             budget_code, Name(funding), line, line),
                 {{"budget_code", budget_code}, {"expected", line}});
}

}  // namespace

absl::Status FindAdopted(const RuleContext& context, std::string_view number,
                         const v1::Deliberation** deliberation) {
  const auto found = FindDeliberation(context, number);
  if (!found.ok()) return found.status();
  *deliberation = *found;
  if ((*found)->result() == v1::VOTE_RESULT_ADOPTED) return absl::OkStatus();
  return Refused("NOT_AUTHORISED",
                 fmt::format("deliberation {} of {} is not adopted: it authorises nothing; name "
                             "the deliberation that does",
                             number, FormatDate((*found)->date())),
                 {{"deliberation", std::string(number)}});
}

absl::Status FindFunding(const RuleContext& context, std::string_view deliberation,
                         std::string_view allotment_id, Funding* funding) {
  REGISTRE_RETURN_IF_ERROR(FindAdopted(context, deliberation, &funding->deliberation));
  funding->allotment = FindAllotment(*funding->deliberation, allotment_id);
  if (funding->allotment != nullptr) return absl::OkStatus();
  return Refused(
      "NOT_AUTHORISED",
      fmt::format("deliberation {} has no allotment {}; name one of its {} allotments",
                  deliberation, allotment_id, funding->deliberation->allotments_size()),
      {{"deliberation", std::string(deliberation)}, {"allotment", std::string(allotment_id)}});
}

int64_t UsedOf(const v1::AllotmentState& state) {
  return state.drawn_cents() + state.ordered_cents() + state.released_cents();
}

absl::Status CheckLeft(const Funding& funding, int64_t amount_cents, const std::string& who) {
  const v1::AllotmentState& state = *funding.allotment;
  const int64_t left = state.amount_cents() - UsedOf(state);
  if (amount_cents <= left) return absl::OkStatus();
  return Refused(
      "ALLOTMENT_EXCEEDED",
      fmt::format(
          "{} has {} left ({} allotted, {} drawn by conventions, {} ordered directly, {} "
          "released); {} takes {}: {} too much; reduce it, or name another allotment for the rest",
          Name(funding), Eur(left), Eur(state.amount_cents()), Eur(state.drawn_cents()),
          Eur(state.ordered_cents()), Eur(state.released_cents()), who, Eur(amount_cents),
          Eur(amount_cents - left)),
      {{"left_cents", fmt::format("{}", left)},
       {"amount_cents", fmt::format("{}", amount_cents)},
       {"excess_cents", fmt::format("{}", amount_cents - left)}});
}

absl::Status CheckSignedAfterVote(const std::string& what, Days signed_on,
                                  const std::string& deliberation, Days voted_on) {
  if (signed_on >= voted_on) return absl::OkStatus();
  return Refused("SIGNED_BEFORE_VOTE",
                 fmt::format("the authority signs {} on {}, before deliberation {} of {} allows "
                             "it; correct the date, or name the deliberation that allowed it then",
                             what, FormatDate(FromDays(signed_on)), deliberation,
                             FormatDate(FromDays(voted_on))),
                 {{"deliberation", deliberation}});
}

void FlagExecutory(const RuleContext& context, const v1::Deliberation& deliberation, Days day,
                   const std::string& act) {
  const auto missing = [&](const v1::Date& date, const std::string& step) -> std::string {
    if (ToDaysOrAlways(date) == kAlways) return fmt::format("n'est pas {}", step);
    if (ToDays(date) <= day) return "";
    return fmt::format("n'est {} que le {}", step, FormatDate(date));
  };
  std::string why = missing(deliberation.transmitted_on(), "transmise");
  const std::string unpublished = missing(deliberation.published_on(), "publiée");
  if (!why.empty() && !unpublished.empty()) why += " et ";
  why += unpublished;
  if (why.empty()) return;
  context.Flag("EXECUTORY_BEFORE", v1::SEVERITY_ATTENTION, deliberation.number(),
               fmt::format("{} le {}, alors que la délibération {} {}.", act,
                           FormatDate(FromDays(day)), deliberation.number(), why));
}

absl::Status AddDraws(const v1::Tranche& tranche, DrawSums* sums) {
  for (const v1::Draw& draw : tranche.draws()) {
    REGISTRE_RETURN_IF_ERROR(AddAmount(
        fmt::format("draws on allotment {} of deliberation {}", draw.allotment_id(),
                    draw.deliberation_number()),
        draw.amount_cents(), &(*sums)[{draw.deliberation_number(), draw.allotment_id()}]));
  }
  return absl::OkStatus();
}

DrawSums OrderedFrom(const v1::Tranche& tranche, int64_t ordered_cents) {
  DrawSums from;
  int64_t drawn = 0;
  for (const v1::Draw& draw : tranche.draws()) drawn += draw.amount_cents();  // summed before
  const auto take = [&](const DrawKey& key, int64_t cents) {
    const int64_t taken = std::min(cents, ordered_cents);
    if (taken <= 0) return;
    from[key] += taken;
    ordered_cents -= taken;
  };
  take({}, tranche.ceiling_cents() - drawn);
  for (const v1::Draw& draw : tranche.draws()) {
    take({draw.deliberation_number(), draw.allotment_id()}, draw.amount_cents());
  }
  return from;
}

absl::Status CheckSourcesStand(const RuleContext& context, const v1::TrancheState& state,
                               int64_t amount_cents, const std::string& who) {
  const DrawSums before = OrderedFrom(state.tranche(), state.ordered_cents());
  const DrawSums after = OrderedFrom(state.tranche(), state.ordered_cents() + amount_cents);
  for (const auto& [key, cents] : after) {
    const auto old = before.find(key);
    if (key.first.empty() || (old != before.end() && old->second == cents)) continue;
    const auto deliberation = FindDeliberation(context, key.first);
    if (!deliberation.ok()) return deliberation.status();
    REGISTRE_RETURN_IF_ERROR(CheckStands(**deliberation, who));
  }
  return absl::OkStatus();
}

absl::Status CheckDraws(const RuleContext& context, const Drawer& drawer, const DrawSums& draws,
                        std::map<std::string, const v1::Deliberation*>* deliberations) {
  for (const auto& [key, cents] : draws) {
    if (cents <= 0) continue;
    Funding funding;
    REGISTRE_RETURN_IF_ERROR(FindFunding(context, key.first, key.second, &funding));
    REGISTRE_RETURN_IF_ERROR(CheckStands(*funding.deliberation, drawer.name));
    REGISTRE_RETURN_IF_ERROR(
        CheckBeneficiary(context, funding, drawer.structure_id, drawer.signed_on));
    REGISTRE_RETURN_IF_ERROR(CheckSignedAfterVote(drawer.name, drawer.signed_on, key.first,
                                                  ToDays(funding.deliberation->date())));
    REGISTRE_RETURN_IF_ERROR(CheckLeft(funding, cents, drawer.name));
    (*deliberations)[key.first] = funding.deliberation;
  }
  return absl::OkStatus();
}

absl::Status CheckDrawLines(const RuleContext& context, const v1::Tranche& tranche) {
  for (const v1::Draw& draw : tranche.draws()) {
    Funding funding;
    REGISTRE_RETURN_IF_ERROR(
        FindFunding(context, draw.deliberation_number(), draw.allotment_id(), &funding));
    REGISTRE_RETURN_IF_ERROR(CheckFundingLine(funding, tranche.budget_code(),
                                              fmt::format("tranche {}", tranche.tranche_id())));
  }
  return absl::OkStatus();
}

void FlagPeriod(const RuleContext& context, const v1::Tranche& tranche, const DrawSums& judged) {
  if (!tranche.has_period()) return;
  const v1::Deliberation* started = nullptr;
  const v1::Deliberation* ended = nullptr;
  bool start_known = false;
  bool end_known = false;
  for (const v1::Draw& draw : tranche.draws()) {
    const auto sum = judged.find({draw.deliberation_number(), draw.allotment_id()});
    if (sum == judged.end() || sum->second <= 0) continue;
    Funding funding;
    if (!FindFunding(context, sum->first.first, sum->first.second, &funding).ok()) continue;
    const Days vote = ToDays(funding.deliberation->date());
    if (StartedBefore(tranche.period(), vote)) started = funding.deliberation;
    if (EndedBefore(tranche.period(), vote)) ended = funding.deliberation;
    const v1::Allotment& allotment = funding.allotment->allotment();
    if (!allotment.has_period()) continue;
    start_known |= StartedBefore(allotment.period(), vote);
    end_known |= EndedBefore(allotment.period(), vote);
  }
  if (ended != nullptr) {
    if (end_known) return;
    context.Flag("PERIOD_ENDED_BEFORE_VOTE", v1::SEVERITY_ATTENTION, tranche.tranche_id(),
                 fmt::format("La période de la tranche {} est finie le {}, avant le vote de la "
                             "délibération {} le {}.",
                             tranche.tranche_id(), FormatDate(tranche.period().end()),
                             ended->number(), FormatDate(ended->date())));
  } else if (started != nullptr && !start_known) {
    context.Flag("PERIOD_BEFORE_VOTE", v1::SEVERITY_INFORMATION, tranche.tranche_id(),
                 fmt::format("La période de la tranche {} commence le {}, avant le vote de la "
                             "délibération {} le {}.",
                             tranche.tranche_id(), FormatDate(tranche.period().start()),
                             started->number(), FormatDate(started->date())));
  }
}

}  // namespace registre
