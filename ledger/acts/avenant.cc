// The avenant: what it changes in a convention, and what that draws.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/acts/after_vote.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/contract_terms.h"
#include "ledger/acts/funding.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/base/money.h"

namespace registre {
namespace {

using Tranches = google::protobuf::RepeatedPtrField<v1::Tranche>;
using Deliberations = std::map<std::string, const v1::Deliberation*>;

std::string NameOf(const v1::AvenantSigned& act) {
  return fmt::format("avenant {} to convention {}", act.avenant_number(), act.convention_number());
}

absl::Status CheckAvenantNumber(const v1::Convention& convention, const v1::AvenantSigned& act) {
  const bool terminated = convention.has_terminated_on();
  if (terminated || convention.has_closed_on()) {
    return Refused(
        "AVENANT_NUMBER",
        fmt::format("convention {} is {} since {}: no avenant follows; sign a new convention",
                    convention.number(), terminated ? "terminated" : "closed",
                    FormatDate(terminated ? convention.terminated_on() : convention.closed_on())),
        {{"convention", convention.number()}});
  }
  const int32_t last =
      convention.avenants().empty() ? 0 : convention.avenants().rbegin()->avenant_number();
  if (act.avenant_number() == last + 1) return absl::OkStatus();
  const std::string before =
      last == 0 ? std::string("it has none yet") : fmt::format("its last is number {}", last);
  return Refused("AVENANT_NUMBER",
                 fmt::format("avenant {} cannot follow on convention {}: {}; the next is number {}",
                             act.avenant_number(), convention.number(), before, last + 1),
                 {{"convention", convention.number()}, {"expected", fmt::format("{}", last + 1)}});
}

// An avenant amends what is signed: the convention, and the avenants before it.
absl::Status CheckSignedInOrder(const v1::Convention& convention, const v1::AvenantSigned& act,
                                Days signed_on) {
  Days last = ToDaysOrAlways(convention.signed_on());
  std::string what = fmt::format("convention {}", convention.number());
  for (const v1::AvenantState& avenant : convention.avenants()) {
    if (ToDaysOrAlways(avenant.signed_on()) < last) continue;
    last = ToDaysOrAlways(avenant.signed_on());
    what = fmt::format("avenant {}", avenant.avenant_number());
  }
  if (signed_on >= last) return absl::OkStatus();
  return Refused(
      "AVENANT_NUMBER",
      fmt::format("{} is signed on {}, before {}, signed on {}; correct the date", NameOf(act),
                  FormatDate(FromDays(signed_on)), what, FormatDate(FromDays(last))),
      {{"convention", convention.number()}});
}

// The deliberation that authorises the avenant: adopted, standing, and not after the signature.
absl::Status CheckAuthorised(const RuleContext& context, const v1::AvenantSigned& act,
                             Days signed_on, Deliberations* deliberations) {
  const auto referred = Resolve(context, act.authorised_by());
  if (!referred.ok()) return referred.status();
  if (const v1::Deliberation* held = referred->held) {
    REGISTRE_RETURN_IF_ERROR(FindAdopted(context, held->number(), &held));
    REGISTRE_RETURN_IF_ERROR(CheckStands(*held, NameOf(act)));
    (*deliberations)[held->number()] = held;
  }
  return CheckSignedAfterVote(NameOf(act), signed_on, referred->number, ToDays(referred->date));
}

absl::Status CheckAvenantTotal(const v1::Convention& convention, const v1::AvenantSigned& act) {
  if (act.amount_before_cents() != convention.amount_cents()) {
    return Refused(
        "AVENANT_TOTAL",
        fmt::format("{} starts from {}, the convention stands at {}: a difference of {}; correct "
                    "the amount before",
                    NameOf(act), Eur(act.amount_before_cents()), Eur(convention.amount_cents()),
                    Eur(act.amount_before_cents() - convention.amount_cents())),
        {{"expected_cents", fmt::format("{}", convention.amount_cents())}});
  }
  int64_t after = act.amount_before_cents();
  if (AddCents(act.delta_cents(), &after) && after == act.amount_after_cents()) {
    return absl::OkStatus();
  }
  return Refused(
      "AVENANT_TOTAL",
      fmt::format("{}: {} before and {} of change do not make {} after; correct one of the three",
                  NameOf(act), Eur(act.amount_before_cents()), Eur(act.delta_cents()),
                  Eur(act.amount_after_cents())));
}

// The convention's tranches, those of the avenant taking the place of theirs or coming after.
Tranches ResultingTranches(const v1::Convention& convention, const Tranches& tranches) {
  Tranches result;
  for (const v1::TrancheState& state : convention.tranches()) *result.Add() = state.tranche();
  for (const v1::Tranche& tranche : tranches) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const v1::Tranche& old) {
      return old.tranche_id() == tranche.tranche_id();
    });
    *(same == result.end() ? result.Add() : &*same) = tranche;
  }
  return result;
}

// The tranches that the avenant replaces, in its order.
Tranches ReplacedTranches(const v1::Convention& convention, const Tranches& tranches) {
  Tranches replaced;
  for (const v1::Tranche& tranche : tranches) {
    if (const v1::TrancheState* old = FindTranche(convention, tranche.tranche_id())) {
      *replaced.Add() = old->tranche();
    }
  }
  return replaced;
}

absl::Status BelowOrdered(const std::string& what, int64_t amount_cents, int64_t ordered_cents) {
  return Refused(
      "AVENANT_BELOW_ORDERED",
      fmt::format(
          "{} goes down to {} and {} are ordered on it: {} too low; keep at least what is ordered",
          what, Eur(amount_cents), Eur(ordered_cents), Eur(ordered_cents - amount_cents)),
      {{"ordered_cents", fmt::format("{}", ordered_cents)}});
}

// What is ordered on a tranche and on the lines of its schedule still fits.
absl::Status CheckNotBelowOrdered(const v1::TrancheState& old, const v1::Tranche& tranche) {
  if (tranche.ceiling_cents() < old.ordered_cents()) {
    return BelowOrdered(fmt::format("tranche {}", tranche.tranche_id()), tranche.ceiling_cents(),
                        old.ordered_cents());
  }
  for (const v1::ScheduleLineState& line : old.lines()) {
    if (line.line_id().empty() || line.ordered_cents() <= 0) continue;
    const auto kept =
        std::find_if(tranche.schedule().begin(), tranche.schedule().end(),
                     [&](const auto& next) { return next.line_id() == line.line_id(); });
    const int64_t amount = kept == tranche.schedule().end() ? 0 : kept->amount_cents();
    if (amount < line.ordered_cents()) {
      return BelowOrdered(
          fmt::format("schedule line {} of tranche {}", line.line_id(), tranche.tranche_id()),
          amount, line.ordered_cents());
    }
  }
  return absl::OkStatus();
}

// What is ordered stays where it comes from: its budget line, and the allotments that pay it.
absl::Status CheckOrderedStays(const v1::TrancheState& old, const v1::Tranche& tranche) {
  if (old.ordered_cents() <= 0) return absl::OkStatus();
  if (old.tranche().budget_code() != tranche.budget_code()) {
    return Refused(
        "AVENANT_BELOW_ORDERED",
        fmt::format("tranche {} moves from budget line {} to {} and {} are ordered on it; keep its "
                    "line, and add a tranche for what is left",
                    tranche.tranche_id(), old.tranche().budget_code(), tranche.budget_code(),
                    Eur(old.ordered_cents())),
        {{"tranche", tranche.tranche_id()},
         {"ordered_cents", fmt::format("{}", old.ordered_cents())}});
  }
  const DrawSums before = OrderedFrom(old.tranche(), old.ordered_cents());
  const DrawSums after = OrderedFrom(tranche, old.ordered_cents());
  for (const auto& [key, cents] : before) {
    const auto kept = after.find(key);
    const int64_t left = kept == after.end() ? 0 : kept->second;
    if (left >= cents) continue;
    const std::string source =
        key.first.empty() ? std::string("what was committed before the ledger was opened")
                          : fmt::format("allotment {} of deliberation {}", key.second, key.first);
    return Refused(
        "AVENANT_BELOW_ORDERED",
        fmt::format("{} of what is ordered on tranche {} come from {}, and {} would: what is "
                    "ordered is taken from the draws in their order; keep at least that, in its "
                    "place",
                    Eur(cents), tranche.tranche_id(), source, Eur(left)),
        {{"tranche", tranche.tranche_id()}, {"ordered_cents", fmt::format("{}", cents)}});
  }
  return absl::OkStatus();
}

// Money of the avenant's tranches on one budget line, in cents, before and after it.
struct LineMoney {
  int64_t ceilings_before = 0;
  int64_t ceilings_after = 0;
  int64_t undrawn_before = 0;  // committed before the ledger was opened: no allotment covers it
  int64_t undrawn_after = 0;
};

absl::Status AddUndrawn(const v1::Tranche& tranche, int64_t* ceilings, int64_t* undrawn) {
  int64_t drawn = 0;
  REGISTRE_RETURN_IF_ERROR(SumDraws(tranche, &drawn));
  REGISTRE_RETURN_IF_ERROR(AddAmount("ceilings", tranche.ceiling_cents(), ceilings));
  REGISTRE_RETURN_IF_ERROR(AddAmount("ceilings", tranche.ceiling_cents() - drawn, undrawn));
  if (drawn <= tranche.ceiling_cents()) return absl::OkStatus();
  return Refused(
      "NOT_AUTHORISED",
      fmt::format(
          "tranche {} draws {} and its ceiling is {}; reduce the draws by {}, or raise the ceiling",
          tranche.tranche_id(), Eur(drawn), Eur(tranche.ceiling_cents()),
          Eur(drawn - tranche.ceiling_cents())),
      {{"tranche", tranche.tranche_id()}});
}

// On each budget line, allotments cover all that was not committed before the ledger was opened.
// That part never grows; it shrinks only with the ceilings: new money is added to it, it replaces
// nothing.
absl::Status CheckCovered(const Tranches& before, const Tranches& after) {
  std::map<std::string, LineMoney> lines;
  for (const v1::Tranche& tranche : before) {
    LineMoney& line = lines[tranche.budget_code()];
    REGISTRE_RETURN_IF_ERROR(AddUndrawn(tranche, &line.ceilings_before, &line.undrawn_before));
  }
  for (const v1::Tranche& tranche : after) {
    LineMoney& line = lines[tranche.budget_code()];
    REGISTRE_RETURN_IF_ERROR(AddUndrawn(tranche, &line.ceilings_after, &line.undrawn_after));
  }
  for (const auto& [code, line] : lines) {
    const int64_t missing = line.undrawn_after - line.undrawn_before;
    if (missing == 0 || (missing < 0 && line.ceilings_after < line.ceilings_before)) continue;
    return Refused(
        "NOT_AUTHORISED",
        fmt::format("on budget line {} the ceilings of the avenant's tranches go from {} to {}; "
                    "what allotments do not cover goes from {} to {}, and must stay what was "
                    "committed before the ledger was opened: draw {} {}",
                    code, Eur(line.ceilings_before), Eur(line.ceilings_after),
                    Eur(line.undrawn_before), Eur(line.undrawn_after),
                    Eur(missing > 0 ? missing : -missing),
                    missing > 0 ? "more, on an allotment of an adopted deliberation" : "less"),
        {{"budget_code", code}, {"missing_cents", fmt::format("{}", missing)}});
  }
  return absl::OkStatus();
}

// What the avenant draws more, by allotment; zero or less where it draws nothing more.
absl::Status NetDraws(const Tranches& before, const Tranches& after, DrawSums* net) {
  DrawSums old;
  for (const v1::Tranche& tranche : before) REGISTRE_RETURN_IF_ERROR(AddDraws(tranche, &old));
  for (const v1::Tranche& tranche : after) REGISTRE_RETURN_IF_ERROR(AddDraws(tranche, net));
  for (auto& [key, cents] : *net) {
    if (const auto found = old.find(key); found != old.end()) cents -= found->second;
  }
  return absl::OkStatus();
}

// A period is judged on what is newly drawn for it, or on all that is drawn when the period is new.
void FlagPeriods(const RuleContext& context, const Tranches& before, const Tranches& after,
                 const DrawSums& net) {
  for (const v1::Tranche& tranche : after) {
    const auto old = std::find_if(before.begin(), before.end(), [&](const v1::Tranche& candidate) {
      return candidate.tranche_id() == tranche.tranche_id();
    });
    const bool new_period = old == before.end() || old->period().SerializeAsString() !=
                                                       tranche.period().SerializeAsString();
    DrawSums all;
    // The sums were found not to overflow when they were netted.
    if (new_period && AddDraws(tranche, &all).ok()) {
      FlagPeriod(context, tranche, all);
    } else {
      FlagPeriod(context, tranche, net);
    }
  }
}

void FlagAfterEnd(const RuleContext& context, const v1::Convention& convention,
                  const v1::AvenantSigned& act, Days signed_on) {
  Days end = kAlways;
  for (const v1::TrancheState& state : convention.tranches()) {
    if (state.tranche().has_period()) {
      end = std::max(end, ToDays(state.tranche().period().end()));
    }
  }
  if (end == kAlways || signed_on <= end) return;
  context.Flag("AVENANT_AFTER_END", v1::SEVERITY_ATTENTION, convention.number(),
               fmt::format("L'avenant {} est signé le {}, après la fin de la convention {} le {}.",
                           act.avenant_number(), FormatDate(FromDays(signed_on)),
                           convention.number(), FormatDate(FromDays(end))));
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::AvenantSigned* act) {
  const auto found = FindConvention(context, act->convention_number());
  if (!found.ok()) return found.status();
  const v1::Convention* convention = *found;
  REGISTRE_RETURN_IF_ERROR(CheckAvenantNumber(*convention, *act));
  REGISTRE_RETURN_IF_ERROR(FillStructure(convention->structure_id(), act));
  const auto structure = FindStructure(context, act->structure_id());
  if (!structure.ok()) return structure.status();
  FlagNameDiffers(context, **structure, act->structure_name_as_written());

  const Drawer drawer{NameOf(*act), act->structure_id(),
                      ToDays(act->signatures().authority_signed_on())};
  REGISTRE_RETURN_IF_ERROR(CheckSignedInOrder(*convention, *act, drawer.signed_on));
  Deliberations deliberations;
  REGISTRE_RETURN_IF_ERROR(CheckAuthorised(context, *act, drawer.signed_on, &deliberations));
  REGISTRE_RETURN_IF_ERROR(CheckAvenantTotal(*convention, *act));
  REGISTRE_RETURN_IF_ERROR(CheckTranches(context, act->tranches()));
  REGISTRE_RETURN_IF_ERROR(
      CheckTrancheTotal(ResultingTranches(*convention, act->tranches()), act->amount_after_cents(),
                        fmt::format("convention {} as amended", convention->number())));

  const Tranches before = ReplacedTranches(*convention, act->tranches());
  REGISTRE_RETURN_IF_ERROR(FillList("tranches_before", act->mutable_tranches_before(), before));
  for (const v1::Tranche& tranche : act->tranches()) {
    REGISTRE_RETURN_IF_ERROR(CheckDrawLines(context, tranche));
    if (const v1::TrancheState* old = FindTranche(*convention, tranche.tranche_id())) {
      REGISTRE_RETURN_IF_ERROR(CheckNotBelowOrdered(*old, tranche));
    }
  }
  REGISTRE_RETURN_IF_ERROR(CheckCovered(before, act->tranches()));
  for (const v1::Tranche& tranche : act->tranches()) {
    if (const v1::TrancheState* old = FindTranche(*convention, tranche.tranche_id())) {
      REGISTRE_RETURN_IF_ERROR(CheckOrderedStays(*old, tranche));
    }
  }
  DrawSums net;
  REGISTRE_RETURN_IF_ERROR(NetDraws(before, act->tranches(), &net));
  REGISTRE_RETURN_IF_ERROR(CheckDraws(context, drawer, net, &deliberations));

  FlagAfterEnd(context, *convention, *act, drawer.signed_on);
  for (const auto& [number, deliberation] : deliberations) {
    FlagExecutory(context, *deliberation, drawer.signed_on,
                  fmt::format("L'avenant {} à la convention {} est signé", act->avenant_number(),
                              convention->number()));
  }
  FlagPeriods(context, before, act->tranches(), net);
  FlagSignatory(context, act->signatures());
  return absl::OkStatus();
}

}  // namespace registre
