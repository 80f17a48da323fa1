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
      break;
    case v1::Act::kPaymentReduced:
      // Where the order is does not change.
      FoldReduced(direction, act.payment_reduced(), row);
      break;
    default:  // says nothing of this row
      return;
  }
  FoldAssumedFields(direction, act, row->mutable_assumed_fields());
}

}  // namespace registre
