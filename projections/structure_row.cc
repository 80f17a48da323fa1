// The rows structure:<id>.
#include <algorithm>

#include "projections/fold_rows.h"

namespace registre {
namespace {

void FoldSiret(Direction direction, const std::string& siret, const v1::Date* since,
               v1::Structure* row) {
  if (siret.empty()) return;
  v1::DatedSiret dated;
  dated.set_siret(siret);
  if (since != nullptr) *dated.mutable_since() = *since;
  Appended(direction, dated, row->mutable_sirets());
}

void FoldRegistered(Direction direction, const v1::StructureRegistered& act, v1::Structure* row) {
  row->set_structure_id(Given(direction, act).structure_id());
  Put(direction == Direction::kApply ? &act.identity() : nullptr, row,
      &v1::Structure::mutable_identity, &v1::Structure::clear_identity);
  FoldSiret(direction, act.identity().siret(), act.has_date() ? &act.date() : nullptr, row);
}

void FoldUpdated(Direction direction, const v1::StructureUpdated& act, v1::Structure* row) {
  const v1::StructureIdentity* before = act.has_before() ? &act.before() : nullptr;
  Put(direction == Direction::kApply ? &act.after() : before, row, &v1::Structure::mutable_identity,
      &v1::Structure::clear_identity);
  if (act.after().siret() != act.before().siret()) {
    FoldSiret(direction, act.after().siret(), &act.date(), row);
  }
}

void FoldAllotments(Direction direction, const v1::DeliberationVoted& act, std::string_view id,
                    v1::Structure* row) {
  for (const v1::Allotment& allotment : act.allotments()) {
    if (allotment.structure_id() == id) {
      row->set_allotted_cents(Plus(direction, row->allotted_cents(), allotment.amount_cents()));
    }
    const auto& named = allotment.named_structure_ids();
    if (std::find(named.begin(), named.end(), id) != named.end()) {
      row->set_named_without_amount(Counted(direction, row->named_without_amount()));
    }
  }
}

// The assumed fields of a deliberation that are about the allotments that name the structure.
void MentionAllotments(Direction direction, const v1::Act& act, std::string_view id,
                       v1::Structure* row) {
  const auto& allotments = act.deliberation_voted().allotments();
  MentionAssumed(direction, act, row, [&](std::string_view path) {
    return OfElements(path, "allotments", /*beside=*/false, [&](int i) {
      if (i >= allotments.size()) return false;
      const auto& named = allotments[i].named_structure_ids();
      return allotments[i].structure_id() == id ||
             std::find(named.begin(), named.end(), id) != named.end();
    });
  });
}

// The assumed fields of an act that is about the structure alone.
void MentionAct(Direction direction, const v1::Act& act, v1::Structure* row) {
  MentionAssumed(direction, act, row, [](std::string_view path) { return WithoutIndexes(path); });
}

// Each convention names the one before it. One is put at the end of that chain, or taken off it,
// where it stands there: a correction may be about one that others came after.
template <typename A>
void FoldChain(Direction direction, const A& act, v1::Structure* row) {
  const std::string& last = row->last_convention();
  if (direction == Direction::kRevert) {
    if (last == act.number()) row->set_last_convention(act.previous_convention());
  } else if (last.empty() || last == act.previous_convention()) {
    row->set_last_convention(act.number());
  }
}

// ConventionSigned and OpeningConventionRecorded say the same of a structure.
template <typename A>
void FoldContract(Direction direction, const A& act, v1::Structure* row) {
  row->set_contracted_cents(Plus(direction, row->contracted_cents(), act.amount_cents()));
  row->set_conventions(Counted(direction, row->conventions()));
  FoldChain(direction, act, row);
}

// Both structures of a merger have its act.
void FoldMerged(Direction direction, const v1::StructuresMerged& act, std::string_view id,
                v1::Structure* row) {
  if (act.structure_id() == id) {
    Appended(direction, act.absorbed_structure_id(), row->mutable_absorbed_structure_ids());
    return;
  }
  const v1::StructuresMerged& given = Given(direction, act);
  row->set_merged_into(given.structure_id());
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::Structure::mutable_merged_on,
      &v1::Structure::clear_merged_on);
}

// `cents` is negative when it is taken off an order.
void FoldOrdered(Direction direction, int year, int64_t cents, v1::Structure* row) {
  row->set_ordered_cents(Plus(direction, row->ordered_cents(), cents));
  Mention(
      direction, row->mutable_ordered_by_year(),
      [&](const v1::YearAmount& entry) { return entry.year() == year; },
      [&](v1::YearAmount* entry) { entry->set_year(year); },
      [&](v1::YearAmount* entry) {
        entry->set_amount_cents(Plus(direction, entry->amount_cents(), cents));
      });
}

void FoldPaid(Direction direction, int64_t cents, v1::Structure* row) {
  row->set_paid_cents(Plus(direction, row->paid_cents(), cents));
}

}  // namespace

void FoldStructure(Direction direction, const v1::Event& event, std::string_view id,
                   v1::Structure* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kStructureRegistered:
      FoldRegistered(direction, act.structure_registered(), row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kStructureUpdated:
      FoldUpdated(direction, act.structure_updated(), row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kOpeningConventionRecorded:
      FoldContract(direction, act.opening_convention_recorded(), row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kOpeningPaymentRecorded: {
      const v1::OpeningPaymentRecorded& payment = act.opening_payment_recorded();
      FoldOrdered(direction, payment.date().year(), payment.amount_cents(), row);
      FoldPaid(direction, payment.amount_cents(), row);
      MentionAct(direction, act, row);
      break;
    }
    case v1::Act::kApplicationSubmitted:
      row->set_requested_cents(
          Plus(direction, row->requested_cents(), act.application_submitted().requested_cents()));
      MentionAct(direction, act, row);
      break;
    case v1::Act::kDeliberationVoted:
      if (Adopted(act.deliberation_voted())) {
        FoldAllotments(direction, act.deliberation_voted(), id, row);
        MentionAllotments(direction, act, id, row);
      }
      break;
    case v1::Act::kConventionSigned:
      FoldContract(direction, act.convention_signed(), row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kAvenantSigned:
      row->set_contracted_cents(
          Plus(direction, row->contracted_cents(), act.avenant_signed().delta_cents()));
      MentionAct(direction, act, row);
      break;
    case v1::Act::kPaymentOrdered:
      FoldOrdered(direction, act.payment_ordered().date().year(),
                  act.payment_ordered().amount_cents(), row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kPaymentRejected: {
      const v1::OrderRef& order = act.payment_rejected().order();
      FoldOrdered(direction, order.ordered_in_year(), Negated(order.amount_cents()), row);
      MentionAct(direction, act, row);
      break;
    }
    case v1::Act::kPaymentReduced: {
      const v1::PaymentReduced& reduced = act.payment_reduced();
      FoldOrdered(direction, reduced.order().ordered_in_year(), Negated(reduced.reduction_cents()),
                  row);
      MentionAct(direction, act, row);
      break;
    }
    case v1::Act::kPaymentSettled:
      FoldPaid(direction, act.payment_settled().order().amount_cents(), row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kDeliberationAmended:
    case v1::Act::kDeliberationWithdrawn:
    case v1::Act::kDeliberationAnnulled:
    case v1::Act::kAllotmentReduced:
      row->set_allotted_cents(
          Plus(direction, row->allotted_cents(),
               FoldChanges(direction, act, row, [&](const v1::AllotmentChange& change) {
                 return change.structure_id() == id;
               })));
      break;
    case v1::Act::kConventionTerminated: {
      const v1::ConventionTerminated& terminated = act.convention_terminated();
      const int64_t sum = Plus(direction, row->contracted_cents(), terminated.amount_after_cents());
      row->set_contracted_cents(Minus(direction, sum, terminated.amount_before_cents()));
      MentionAct(direction, act, row);
      break;
    }
    case v1::Act::kStructuresMerged:
      FoldMerged(direction, act.structures_merged(), id, row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kRecoveryOrdered:
      FoldRecovered(direction, act.recovery_ordered().amount_cents(), 0, row);
      MentionAct(direction, act, row);
      break;
    case v1::Act::kRecoveryReceived:
      FoldRecovered(direction, 0, act.recovery_received().amount_cents(), row);
      MentionAct(direction, act, row);
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
