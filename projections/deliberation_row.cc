// The rows deliberation:<number>. Many acts name a deliberation; few change its row.
#include "ledger/acts/act.h"
#include "projections/fold_rows.h"

namespace registre {
namespace {

using Tranches = google::protobuf::RepeatedPtrField<v1::Tranche>;

template <typename Change>
void FoldAllotment(Direction direction, const std::string& allotment_id, v1::Deliberation* row,
                   Change change) {
  Mention(
      direction, row->mutable_allotments(),
      [&](const v1::AllotmentState& state) {
        return state.allotment().allotment_id() == allotment_id;
      },
      [&](v1::AllotmentState* state) {
        state->mutable_allotment()->set_allotment_id(allotment_id);
      },
      change);
}

// Brings in an allotment, or leaves only the id of one that acts still mention.
void FoldVotedAllotment(Direction direction, const v1::Act& act, int index, v1::Deliberation* row) {
  const v1::Allotment& allotment = act.deliberation_voted().allotments(index);
  FoldAllotment(direction, allotment.allotment_id(), row, [&](v1::AllotmentState* state) {
    *state->mutable_allotment() = Given(direction, allotment);
    state->mutable_allotment()->set_allotment_id(allotment.allotment_id());
    state->set_amount_cents(Plus(direction, state->amount_cents(), allotment.amount_cents()));
    MentionAssumed(direction, act, state,
                   [index](std::string_view path) { return OfElement(path, "allotments", index); });
  });
}

// From the last to the first when reverted: each is then found at once, at the end of the list.
void FoldVotedAllotments(Direction direction, const v1::Act& act, v1::Deliberation* row) {
  const v1::DeliberationVoted& vote = act.deliberation_voted();
  const int size = vote.allotments_size();
  if (direction == Direction::kRevert) {
    for (int i = size - 1; i >= 0; --i) FoldVotedAllotment(direction, act, i, row);
    return;
  }
  if (row->allotments_size() > 0) {
    for (int i = 0; i < size; ++i) FoldVotedAllotment(direction, act, i, row);
    return;
  }
  row->mutable_allotments()->Reserve(size);
  for (int i = 0; i < size; ++i) {
    v1::AllotmentState* state = row->add_allotments();
    *state->mutable_allotment() = vote.allotments(i);
    state->set_amount_cents(vote.allotments(i).amount_cents());
    state->set_mentions(1);
    MentionAssumed(direction, act, state,
                   [i](std::string_view path) { return OfElement(path, "allotments", i); });
  }
}

void FoldVoted(Direction direction, const v1::Event& event, v1::Deliberation* row) {
  const v1::DeliberationVoted& act = event.act().deliberation_voted();
  const v1::DeliberationVoted& given = Given(direction, act);
  row->set_number(given.number());
  row->set_voted_position(direction == Direction::kApply ? event.position() : 0);
  row->set_session_id(given.session_id());
  row->set_body(given.body());
  row->set_report_number(given.report_number());
  row->set_title(given.title());
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::Deliberation::mutable_date,
      &v1::Deliberation::clear_date);
  row->set_call_id(given.call_id());
  row->set_result(given.result());
  Put(given.has_attendance() ? &given.attendance() : nullptr, row,
      &v1::Deliberation::mutable_attendance, &v1::Deliberation::clear_attendance);
  Put(given.has_declared() ? &given.declared() : nullptr, row, &v1::Deliberation::mutable_declared,
      &v1::Deliberation::clear_declared);
  Put(given.has_derived() ? &given.derived() : nullptr, row, &v1::Deliberation::mutable_derived,
      &v1::Deliberation::clear_derived);
  // What the assembly rejects allots nothing.
  if (Adopted(act)) FoldVotedAllotments(direction, event.act(), row);
}

void FoldTransmitted(Direction direction, const v1::DeliberationTransmitted& act,
                     v1::Deliberation* row) {
  const v1::DeliberationTransmitted& given = Given(direction, act);
  row->set_ctes_number(given.ctes_number());
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::Deliberation::mutable_transmitted_on,
      &v1::Deliberation::clear_transmitted_on);
}

void FoldPublished(Direction direction, const v1::DeliberationPublished& act,
                   v1::Deliberation* row) {
  const v1::DeliberationPublished& given = Given(direction, act);
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::Deliberation::mutable_published_on,
      &v1::Deliberation::clear_published_on);
}

// What an act after the vote makes of allotments, and what it says of the deliberation. `by`: the
// deliberation that does it; null when none does.
template <typename A>
void FoldChange(Direction direction, const v1::Event& event, const A& act,
                const v1::DeliberationRef* by, v1::Deliberation* row) {
  const auto changes = ChangesOf(event.act());
  for (int i = 0; i < changes.size(); ++i) {
    FoldAllotment(direction, changes[i].allotment_id(), row, [&](v1::AllotmentState* state) {
      state->set_amount_cents(Plus(direction, state->amount_cents(), AddedBy(changes[i])));
      MentionAssumed(direction, event.act(), state,
                     [i](std::string_view path) { return OfChange(path, i); });
    });
  }
  v1::DeliberationChange change;
  change.set_type(std::string(ActType(event.act())));
  *change.mutable_date() = act.date();
  if (by != nullptr) *change.mutable_by() = *by;
  change.set_reason(act.reason());
  change.set_position(event.position());
  change.set_decision(event.act().deliberation_annulled().decision());
  Appended(direction, change, row->mutable_changes());
  FoldAssumedFields(direction, event.act(), row->mutable_assumed_fields());
}

// `replaced`: the tranches are those that an avenant or a termination takes away.
void FoldDraws(Direction direction, const v1::Act& act, const Tranches& tranches, bool replaced,
               std::string_view number, v1::Deliberation* row) {
  for (int i = 0; i < tranches.size(); ++i) {
    for (const v1::Draw& draw : tranches[i].draws()) {
      if (draw.deliberation_number() != number) continue;
      const int64_t cents = replaced ? Negated(draw.amount_cents()) : draw.amount_cents();
      FoldAllotment(direction, draw.allotment_id(), row, [&](v1::AllotmentState* state) {
        state->set_drawn_cents(Plus(direction, state->drawn_cents(), cents));
        MentionAssumed(direction, act, state, [&](std::string_view path) {
          return OfElements(path, "tranches", /*beside=*/true,
                            [&](int at) { return !replaced && at == i; });
        });
      });
    }
  }
}

// An order names a deliberation only where it pays an allotment itself. `cents` is negative when it
// is taken off an order.
void FoldOrdered(Direction direction, const v1::Act& act, const v1::PaymentBasis& basis,
                 int64_t cents, v1::Deliberation* row) {
  FoldAllotment(direction, basis.allotment_id(), row, [&](v1::AllotmentState* state) {
    state->set_ordered_cents(Plus(direction, state->ordered_cents(), cents));
    MentionAssumed(direction, act, state);
  });
}

// What the order is, it takes from one basis to another; both may be of this deliberation.
void FoldReimputed(Direction direction, const v1::Act& act, std::string_view number,
                   v1::Deliberation* row) {
  const v1::PaymentReimputed& reimputed = act.payment_reimputed();
  const v1::OrderRef& order = reimputed.order();
  if (order.basis().deliberation_number() == number) {
    FoldOrdered(direction, act, order.basis(), Negated(order.amount_cents()), row);
  }
  if (reimputed.basis().deliberation_number() == number) {
    FoldOrdered(direction, act, reimputed.basis(), order.amount_cents(), row);
  }
}

void FoldReleased(Direction direction, const v1::Act& act, v1::Deliberation* row) {
  const v1::CommitmentReleased& released = act.commitment_released();
  FoldAllotment(direction, released.allotment_id(), row, [&](v1::AllotmentState* state) {
    state->set_released_cents(Plus(direction, state->released_cents(), released.amount_cents()));
    MentionAssumed(direction, act, state);
  });
}

}  // namespace

void FoldDeliberation(Direction direction, const v1::Event& event, std::string_view id,
                      v1::Deliberation* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kDeliberationVoted:
      FoldVoted(direction, event, row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kDeliberationTransmitted:
      FoldTransmitted(direction, act.deliberation_transmitted(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kDeliberationPublished:
      FoldPublished(direction, act.deliberation_published(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kConventionSigned:
      FoldDraws(direction, act, act.convention_signed().tranches(), false, id, row);
      break;
    case v1::Act::kAvenantSigned:
      FoldDraws(direction, act, act.avenant_signed().tranches(), false, id, row);
      FoldDraws(direction, act, act.avenant_signed().tranches_before(), true, id, row);
      break;
    case v1::Act::kPaymentOrdered:
      FoldOrdered(direction, act, act.payment_ordered().basis(),
                  act.payment_ordered().amount_cents(), row);
      break;
    case v1::Act::kPaymentRejected: {
      const v1::OrderRef& order = act.payment_rejected().order();
      FoldOrdered(direction, act, order.basis(), Negated(order.amount_cents()), row);
      break;
    }
    case v1::Act::kPaymentReduced: {
      const v1::PaymentReduced& reduced = act.payment_reduced();
      FoldOrdered(direction, act, reduced.order().basis(), Negated(reduced.reduction_cents()), row);
      break;
    }
    case v1::Act::kPaymentReimputed:
      FoldReimputed(direction, act, id, row);
      break;
    case v1::Act::kCommitmentReleased:
      FoldReleased(direction, act, row);
      break;
    case v1::Act::kDeliberationAmended: {
      const v1::DeliberationAmended& amended = act.deliberation_amended();
      if (amended.deliberation_number() != id) break;
      FoldChange(direction, event, amended, &amended.amended_by(), row);
      break;
    }
    case v1::Act::kDeliberationWithdrawn: {
      const v1::DeliberationWithdrawn& withdrawn = act.deliberation_withdrawn();
      if (withdrawn.deliberation_number() != id) break;
      FoldChange(direction, event, withdrawn, &withdrawn.withdrawn_by(), row);
      Put(direction == Direction::kApply ? &withdrawn.date() : nullptr, row,
          &v1::Deliberation::mutable_withdrawn_on, &v1::Deliberation::clear_withdrawn_on);
      break;
    }
    case v1::Act::kDeliberationAnnulled: {
      const v1::DeliberationAnnulled& annulled = act.deliberation_annulled();
      FoldChange(direction, event, annulled, nullptr, row);
      Put(direction == Direction::kApply ? &annulled.date() : nullptr, row,
          &v1::Deliberation::mutable_annulled_on, &v1::Deliberation::clear_annulled_on);
      break;
    }
    case v1::Act::kAllotmentReduced:
      FoldChange(direction, event, act.allotment_reduced(), nullptr, row);
      break;
    case v1::Act::kConventionTerminated:
      FoldDraws(direction, act, act.convention_terminated().tranches(), false, id, row);
      FoldDraws(direction, act, act.convention_terminated().tranches_before(), true, id, row);
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
