// The termination of a convention: what it leaves of its tranches.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/funding.h"
#include "ledger/acts/rules.h"

namespace registre {
namespace {

using Tranches = google::protobuf::RepeatedPtrField<v1::Tranche>;

// The tranche at what is ordered on it. Its draws keep what the orders come from; its schedule,
// what is ordered on each line. The parts that split the ceiling split nothing that is known.
v1::Tranche AsOrdered(const v1::TrancheState& state) {
  v1::Tranche tranche = state.tranche();
  tranche.set_ceiling_cents(state.ordered_cents());
  tranche.clear_quantitative_ceiling_cents();
  tranche.clear_qualitative_ceiling_cents();
  DrawSums from = OrderedFrom(state.tranche(), state.ordered_cents());
  tranche.clear_draws();
  for (const v1::Draw& draw : state.tranche().draws()) {
    int64_t& left = from[{draw.deliberation_number(), draw.allotment_id()}];
    const int64_t kept = std::min(left, draw.amount_cents());
    if (kept <= 0) continue;
    left -= kept;
    *tranche.add_draws() = draw;
    tranche.mutable_draws(tranche.draws_size() - 1)->set_amount_cents(kept);
  }
  tranche.clear_schedule();
  for (const v1::ScheduleLine& line : state.tranche().schedule()) {
    const int64_t ordered = OrderedOn(state, line.line_id());
    if (ordered <= 0) continue;
    *tranche.add_schedule() = line;
    tranche.mutable_schedule(tranche.schedule_size() - 1)->set_amount_cents(ordered);
  }
  return tranche;
}

// A rejection or a reduction frees what was ordered, also after a termination.
bool IsLeftToOrder(const v1::Convention& convention) {
  return std::any_of(convention.tranches().begin(), convention.tranches().end(),
                     [](const v1::TrancheState& state) {
                       return state.tranche().ceiling_cents() > state.ordered_cents();
                     });
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::ConventionTerminated* act) {
  const auto found = FindConvention(context, act->convention_number());
  if (!found.ok()) return found.status();
  const v1::Convention& convention = **found;
  const bool again = convention.has_terminated_on() && IsLeftToOrder(convention);
  if (!again) REGISTRE_RETURN_IF_ERROR(CheckOpen(convention, "a termination"));
  REGISTRE_RETURN_IF_ERROR(CheckEndDate(convention, "terminated", act->date()));
  REGISTRE_RETURN_IF_ERROR(FillMessage("terminated_before", act->terminated_before(),
                                       convention.terminated_on(),
                                       [&] { return act->mutable_terminated_before(); }));
  REGISTRE_RETURN_IF_ERROR(FillStructure(convention.structure_id(), act));
  int64_t after = convention.amount_cents();
  Tranches tranches_before;
  Tranches tranches;
  for (const v1::TrancheState& state : convention.tranches()) {
    const int64_t left = state.tranche().ceiling_cents() - state.ordered_cents();
    if (left <= 0) continue;
    after -= left;
    *tranches_before.Add() = state.tranche();
    *tranches.Add() = AsOrdered(state);
  }
  REGISTRE_RETURN_IF_ERROR(Fill("amount_before_cents", act->amount_before_cents(),
                                convention.amount_cents(),
                                [&](int64_t cents) { act->set_amount_before_cents(cents); }));
  REGISTRE_RETURN_IF_ERROR(Fill("amount_after_cents", act->amount_after_cents(), after,
                                [&](int64_t cents) { act->set_amount_after_cents(cents); }));
  REGISTRE_RETURN_IF_ERROR(
      FillList("tranches_before", act->mutable_tranches_before(), tranches_before));
  return FillList("tranches", act->mutable_tranches(), tranches);
}

}  // namespace registre
