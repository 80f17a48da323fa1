// What follows a decision: amendments, withdrawals, annulments, reductions, terminations, mergers.
#include <fmt/format.h>

#include <algorithm>

#include "tests/support/random_acts.h"

namespace registre::testing {
namespace {

int64_t UsedOf(const v1::AllotmentState& state) {
  return state.drawn_cents() + state.ordered_cents() + state.released_cents();
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

}  // namespace

bool RandomActs::Stands(const v1::Deliberation& deliberation) {
  return !deliberation.has_withdrawn_on() && !deliberation.has_annulled_on();
}

std::string RandomActs::SuccessorOf(std::string structure_id, Days day) const {
  for (;;) {
    const v1::Structure* structure = view_.Structure(structure_id);
    if (structure == nullptr || structure->merged_into().empty() ||
        ToDays(structure->merged_on()) > day) {
      return structure_id;
    }
    structure_id = structure->merged_into();
  }
}

const v1::Deliberation* RandomActs::PickAllotting() {
  if (deliberations_.empty()) return nullptr;
  const v1::Deliberation* deliberation = view_.Deliberation(Pick(deliberations_));
  const bool allots =
      deliberation != nullptr && deliberation->allotments_size() > 0 && Stands(*deliberation);
  return allots ? deliberation : nullptr;
}

const v1::Deliberation* RandomActs::PickDecider(const v1::Deliberation& changed) {
  const v1::Deliberation* decider = view_.Deliberation(Pick(deliberations_));
  const bool decides = decider != nullptr && decider->number() != changed.number() &&
                       decider->result() == v1::VOTE_RESULT_ADOPTED && Stands(*decider) &&
                       ToDays(decider->date()) >= ToDays(changed.date());
  return decides ? decider : nullptr;
}

bool RandomActs::AmendDeliberation(v1::Act* act) {
  const v1::Deliberation* deliberation = PickAllotting();
  const v1::Deliberation* by = deliberation == nullptr ? nullptr : PickDecider(*deliberation);
  if (by == nullptr) return false;
  v1::DeliberationAmended* amended = act->mutable_deliberation_amended();
  amended->set_deliberation_number(deliberation->number());
  amended->set_call_id(deliberation->call_id());
  amended->mutable_amended_by()->set_number(by->number());
  *amended->mutable_date() = Today();
  amended->set_reason("essai");
  for (const v1::AllotmentState& state : deliberation->allotments()) {
    if (Chance(50)) continue;
    const int64_t used = UsedOf(state);
    // A part of what is available: several may be raised on one line.
    const int64_t available = view_.BudgetLine(state.allotment().budget_code())->available_cents() /
                              (1 + deliberation->allotments_size());
    const int64_t raised = state.amount_cents() + Amount(available);
    const int64_t after =
        Chance(50) && available > 0 ? raised : used + (state.amount_cents() - used) / 2;
    if (after != state.amount_cents()) *amended->add_changes() = ChangeOf(state, after);
  }
  return amended->changes_size() > 0;
}

bool RandomActs::WithdrawDeliberation(v1::Act* act) {
  const v1::Deliberation* deliberation = PickAllotting();
  const v1::Deliberation* by = deliberation == nullptr ? nullptr : PickDecider(*deliberation);
  if (by == nullptr) return false;
  v1::DeliberationWithdrawn* withdrawn = act->mutable_deliberation_withdrawn();
  withdrawn->set_deliberation_number(deliberation->number());
  withdrawn->set_call_id(deliberation->call_id());
  withdrawn->mutable_withdrawn_by()->set_number(by->number());
  withdrawn->set_at_request(Chance(50));
  *withdrawn->mutable_date() = Today();
  withdrawn->set_reason("essai");
  for (const v1::AllotmentState& state : deliberation->allotments()) {
    if (state.drawn_cents() != 0 || state.ordered_cents() != 0) return false;
    *withdrawn->add_changes() = ChangeOf(state, state.released_cents());
  }
  return true;
}

bool RandomActs::AnnulDeliberation(v1::Act* act) {
  const v1::Deliberation* deliberation = PickAllotting();
  if (deliberation == nullptr || Chance(70)) return false;
  v1::DeliberationAnnulled* annulled = act->mutable_deliberation_annulled();
  annulled->set_deliberation_number(deliberation->number());
  annulled->set_call_id(deliberation->call_id());
  annulled->set_decision(fmt::format("Tribunal d'essai, n° {}", Below(1'000)));
  *annulled->mutable_date() = Today();
  annulled->set_reason("essai");
  for (const v1::AllotmentState& state : deliberation->allotments()) {
    if (state.amount_cents() <= UsedOf(state)) continue;
    *annulled->add_changes() = ChangeOf(state, UsedOf(state));
  }
  return true;
}

bool RandomActs::ReduceAllotment(v1::Act* act) {
  const v1::Deliberation* deliberation = PickAllotting();
  if (deliberation == nullptr) return false;
  const v1::AllotmentState& state =
      deliberation->allotments(static_cast<int>(Below(deliberation->allotments_size())));
  const int64_t left = state.amount_cents() - UsedOf(state);
  if (left < 1) return false;
  v1::AllotmentReduced* reduced = act->mutable_allotment_reduced();
  reduced->set_deliberation_number(deliberation->number());
  reduced->set_call_id(deliberation->call_id());
  *reduced->mutable_change() = ChangeOf(state, state.amount_cents() - Amount(left));
  *reduced->mutable_date() = Today();
  reduced->set_reason("essai");
  return true;
}

bool RandomActs::TerminateConvention(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr) return false;
  v1::ConventionTerminated* terminated = act->mutable_convention_terminated();
  terminated->set_convention_number(convention->number());
  terminated->set_structure_id(convention->structure_id());
  terminated->set_ground(v1::TERMINATION_GROUND_AGREEMENT);
  terminated->set_amount_before_cents(convention->amount_cents());
  *terminated->mutable_date() = Today();
  terminated->set_reason("essai");
  int64_t amount = convention->amount_cents();
  for (const v1::TrancheState& state : convention->tranches()) {
    // What falls, falls on the last draws, then on what none covers.
    int64_t falls = state.tranche().ceiling_cents() - state.ordered_cents();
    if (falls <= 0) continue;
    amount -= falls;
    *terminated->add_tranches_before() = state.tranche();
    v1::Tranche* after = terminated->add_tranches();
    *after = state.tranche();
    after->set_ceiling_cents(state.ordered_cents());
    while (falls > 0 && after->draws_size() > 0) {
      v1::Draw* last = after->mutable_draws(after->draws_size() - 1);
      const int64_t taken = std::min(falls, last->amount_cents());
      falls -= taken;
      last->set_amount_cents(last->amount_cents() - taken);
      if (last->amount_cents() == 0) after->mutable_draws()->RemoveLast();
    }
    after->clear_schedule();
    for (const v1::ScheduleLine& line : state.tranche().schedule()) {
      const int64_t ordered = OrderedOn(state, line.line_id());
      if (ordered <= 0) continue;
      *after->add_schedule() = line;
      after->mutable_schedule(after->schedule_size() - 1)->set_amount_cents(ordered);
    }
  }
  terminated->set_amount_after_cents(amount);
  return true;
}

bool RandomActs::MergeStructures(v1::Act* act) {
  if (structures_.size() < 2) return false;
  const std::string& absorbed = Pick(structures_);
  const std::string& absorbing = Pick(structures_);
  if (absorbed == absorbing || SuccessorOf(absorbed, today_) != absorbed ||
      SuccessorOf(absorbing, today_) != absorbing) {
    return false;
  }
  v1::StructuresMerged* merged = act->mutable_structures_merged();
  merged->set_absorbed_structure_id(absorbed);
  merged->set_structure_id(absorbing);
  *merged->mutable_date() = Today();
  merged->set_deed("Traité de fusion d'essai");
  return true;
}

}  // namespace registre::testing
