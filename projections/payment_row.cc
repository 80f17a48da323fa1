// The rows payment:<fiscal year>-<mandat>.
#include "projections/fold_rows.h"

namespace registre {
namespace {

void FoldStep(Direction direction, v1::PaymentStatus status, const v1::Date& date,
              const std::string& reason, uint64_t position, v1::Payment* row) {
  v1::PaymentStep step;
  step.set_status(status);
  *step.mutable_date() = date;
  step.set_reason(reason);
  step.set_position(position);
  Appended(direction, step, row->mutable_steps());
}

void FoldOrdered(Direction direction, const v1::PaymentOrdered& act, const std::string& subject,
                 v1::Payment* row) {
  const v1::PaymentOrdered& given = Given(direction, act);
  row->set_fiscal_year(given.fiscal_year());
  row->set_mandat(given.mandat());
  row->set_bordereau(given.bordereau());
  Put(given.has_basis() ? &given.basis() : nullptr, row, &v1::Payment::mutable_basis,
      &v1::Payment::clear_basis);
  row->set_structure_id(given.structure_id());
  row->set_budget_code(given.budget_code());
  row->set_kind(given.kind());
  row->set_amount_cents(given.amount_cents());
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::Payment::mutable_ordered_on,
      &v1::Payment::clear_ordered_on);
  row->set_ordered_by(direction == Direction::kApply ? subject : std::string());
}

void FoldReduced(Direction direction, const v1::PaymentReduced& act, v1::Payment* row) {
  row->set_reduced_cents(Plus(direction, row->reduced_cents(), act.reduction_cents()));
  v1::PaymentReduction reduction;
  if (act.has_date()) *reduction.mutable_date() = act.date();
  reduction.set_amount_cents(act.reduction_cents());
  Appended(direction, reduction, row->mutable_reductions());
}

template <typename Change>
void FoldRecovery(Direction direction, const std::string& number, v1::Payment* row, Change change) {
  Mention(
      direction, row->mutable_recoveries(),
      [&](const v1::PaymentRecovery& recovery) { return recovery.recovery_number() == number; },
      [&](v1::PaymentRecovery* recovery) { recovery->set_recovery_number(number); }, change);
}

void FoldRecoveryOrdered(Direction direction, const v1::RecoveryOrdered& act, v1::Payment* row) {
  const v1::RecoveryOrdered& given = Given(direction, act);
  FoldRecovery(direction, act.recovery_number(), row, [&](v1::PaymentRecovery* recovery) {
    recovery->set_fiscal_year(given.fiscal_year());
    Put(given.has_date() ? &given.date() : nullptr, recovery, &v1::PaymentRecovery::mutable_date,
        &v1::PaymentRecovery::clear_date);
    recovery->set_amount_cents(Plus(direction, recovery->amount_cents(), act.amount_cents()));
  });
}

void FoldRecoveryReceived(Direction direction, const v1::RecoveryReceived& act, v1::Payment* row) {
  FoldRecovery(direction, act.recovery_number(), row, [&](v1::PaymentRecovery* recovery) {
    recovery->set_received_cents(Plus(direction, recovery->received_cents(), act.amount_cents()));
  });
}

// The act carries what it overwrites.
void FoldReimputed(Direction direction, const v1::PaymentReimputed& act, uint64_t position,
                   v1::Payment* row) {
  const bool applied = direction == Direction::kApply;
  const v1::PaymentBasis& basis = applied ? act.basis() : act.order().basis();
  const bool known = applied ? act.has_basis() : act.order().has_basis();
  Put(known ? &basis : nullptr, row, &v1::Payment::mutable_basis, &v1::Payment::clear_basis);
  row->set_budget_code(applied ? act.budget_code() : act.order().budget_code());
  v1::PaymentReimputation reimputation;
  if (act.has_date()) *reimputation.mutable_date() = act.date();
  if (act.order().has_basis()) *reimputation.mutable_basis_before() = act.order().basis();
  reimputation.set_budget_code_before(act.order().budget_code());
  reimputation.set_position(position);
  Appended(direction, reimputation, row->mutable_reimputations());
}

}  // namespace

void FoldPayment(Direction direction, const v1::Event& event, std::string_view /*id*/,
                 v1::Payment* row) {
  const v1::Act& act = event.act();
  const auto step = [&](v1::PaymentStatus status, const v1::Date& date,
                        const std::string& reason = {}) {
    FoldStep(direction, status, date, reason, event.position(), row);
  };
  switch (act.act_case()) {
    case v1::Act::kPaymentOrdered:
      FoldOrdered(direction, act.payment_ordered(), event.actor().subject(), row);
      step(v1::PAYMENT_STATUS_ORDERED, act.payment_ordered().date());
      break;
    case v1::Act::kPaymentAccepted:
      step(v1::PAYMENT_STATUS_ACCEPTED, act.payment_accepted().date());
      break;
    case v1::Act::kPaymentSuspended:
      step(v1::PAYMENT_STATUS_SUSPENDED, act.payment_suspended().date(),
           act.payment_suspended().reason());
      break;
    case v1::Act::kPaymentRejected:
      step(v1::PAYMENT_STATUS_REJECTED, act.payment_rejected().date(),
           act.payment_rejected().reason());
      break;
    case v1::Act::kPaymentSettled:
      step(v1::PAYMENT_STATUS_SETTLED, act.payment_settled().date());
      row->set_paid_cents(
          Plus(direction, row->paid_cents(), act.payment_settled().order().amount_cents()));
      break;
    case v1::Act::kPaymentReduced:
      // Where the order is does not change.
      FoldReduced(direction, act.payment_reduced(), row);
      break;
    case v1::Act::kRecoveryOrdered:
      FoldRecoveryOrdered(direction, act.recovery_ordered(), row);
      break;
    case v1::Act::kRecoveryReceived:
      FoldRecoveryReceived(direction, act.recovery_received(), row);
      break;
    case v1::Act::kPaymentReimputed:
      FoldReimputed(direction, act.payment_reimputed(), event.position(), row);
      break;
    default:  // says nothing of this row
      return;
  }
  FoldAssumedFields(direction, act, row->mutable_assumed_fields());
}

}  // namespace registre
