// The rows convention:<number>.
#include "ledger/base/date.h"
#include "projections/fold_rows.h"

namespace registre {
namespace {

using Tranches = google::protobuf::RepeatedPtrField<v1::Tranche>;

template <typename Change>
void FoldTranche(Direction direction, const std::string& tranche_id, v1::Convention* row,
                 Change change) {
  Mention(
      direction, row->mutable_tranches(),
      [&](const v1::TrancheState& state) { return state.tranche().tranche_id() == tranche_id; },
      [&](v1::TrancheState* state) { state->mutable_tranche()->set_tranche_id(tranche_id); },
      change);
}

// Writes the terms of a tranche, its sums kept. Null: they are not known, only its id is.
void PutTerms(const v1::Tranche* terms, const std::string& tranche_id, v1::TrancheState* state) {
  v1::Tranche* tranche = state->mutable_tranche();
  tranche->CopyFrom(terms != nullptr ? *terms : v1::Tranche::default_instance());
  tranche->set_tranche_id(tranche_id);
}

// When the contract that brings a tranche in is signed; reverted, it is not known.
void PutSignature(Direction direction, const v1::ContractSignatures& signatures,
                  v1::TrancheState* state) {
  const bool known = direction == Direction::kApply && signatures.has_authority_signed_on();
  Put(known ? &signatures.authority_signed_on() : nullptr, state,
      &v1::TrancheState::mutable_signed_on, &v1::TrancheState::clear_signed_on);
}

const v1::Tranche* FindTranche(const Tranches& tranches, const std::string& tranche_id) {
  for (const v1::Tranche& tranche : tranches) {
    if (tranche.tranche_id() == tranche_id) return &tranche;
  }
  return nullptr;
}

// ConventionSigned and OpeningConventionRecorded say the same of a convention.
template <typename A>
void FoldSigned(Direction direction, uint64_t position, bool opening, const A& act,
                v1::Convention* row) {
  const A& given = Given(direction, act);
  const bool applied = direction == Direction::kApply;
  row->set_number(given.number());
  row->set_position(applied ? position : 0);
  row->set_opening(applied && opening);
  row->set_structure_id(given.structure_id());
  row->set_object(given.object());
  row->set_previous_convention(given.previous_convention());
  Put(given.signatures().has_authority_signed_on() ? &given.signatures().authority_signed_on()
                                                   : nullptr,
      row, &v1::Convention::mutable_signed_on, &v1::Convention::clear_signed_on);
  row->set_initial_amount_cents(given.amount_cents());
  row->set_amount_cents(Plus(direction, row->amount_cents(), act.amount_cents()));
  for (const v1::Tranche& tranche : act.tranches()) {
    FoldTranche(direction, tranche.tranche_id(), row, [&](v1::TrancheState* state) {
      PutTerms(applied ? &tranche : nullptr, tranche.tranche_id(), state);
      PutSignature(direction, act.signatures(), state);
    });
  }
}

void FoldAvenant(Direction direction, uint64_t position, const v1::AvenantSigned& act,
                 v1::Convention* row) {
  v1::AvenantState avenant;
  avenant.set_avenant_number(act.avenant_number());
  if (act.signatures().has_authority_signed_on()) {
    *avenant.mutable_signed_on() = act.signatures().authority_signed_on();
  }
  if (act.has_authorised_by()) *avenant.mutable_authorised_by() = act.authorised_by();
  avenant.set_amount_before_cents(act.amount_before_cents());
  avenant.set_delta_cents(act.delta_cents());
  avenant.set_amount_after_cents(act.amount_after_cents());
  avenant.set_position(position);
  Appended(direction, avenant, row->mutable_avenants());
  row->set_amount_cents(Plus(direction, row->amount_cents(), act.delta_cents()));
  for (const v1::Tranche& tranche : act.tranches()) {
    const v1::Tranche* before = FindTranche(act.tranches_before(), tranche.tranche_id());
    FoldTranche(direction, tranche.tranche_id(), row, [&](v1::TrancheState* state) {
      PutTerms(direction == Direction::kApply ? &tranche : before, tranche.tranche_id(), state);
      if (before == nullptr) PutSignature(direction, act.signatures(), state);
    });
  }
}

// What an act of money changes in a tranche and a line of its schedule.
struct Sums {
  int64_t ordered_cents = 0;  // negative when it is taken off an order
  int64_t paid_cents = 0;
  bool after_service = false;  // the order is not an advance
};

void FoldMoney(Direction direction, const std::string& tranche_id, const std::string& line_id,
               const Sums& sums, v1::Convention* row) {
  FoldTranche(direction, tranche_id, row, [&](v1::TrancheState* state) {
    state->set_ordered_cents(Plus(direction, state->ordered_cents(), sums.ordered_cents));
    state->set_paid_cents(Plus(direction, state->paid_cents(), sums.paid_cents));
    if (sums.after_service) {
      state->set_ordered_after_service_cents(
          Plus(direction, state->ordered_after_service_cents(), sums.ordered_cents));
    }
    Mention(
        direction, state->mutable_lines(),
        [&](const v1::ScheduleLineState& line) { return line.line_id() == line_id; },
        [&](v1::ScheduleLineState* line) { line->set_line_id(line_id); },
        [&](v1::ScheduleLineState* line) {
          line->set_ordered_cents(Plus(direction, line->ordered_cents(), sums.ordered_cents));
          line->set_paid_cents(Plus(direction, line->paid_cents(), sums.paid_cents));
        });
  });
}

void FoldOpeningPayment(Direction direction, const v1::OpeningPaymentRecorded& act,
                        v1::Convention* row) {
  FoldMoney(direction, act.tranche_id(), act.schedule_line_id(),
            {.ordered_cents = act.amount_cents(), .paid_cents = act.amount_cents()}, row);
}

void FoldOrdered(Direction direction, const v1::PaymentBasis& basis, v1::PaymentKind kind,
                 int64_t cents, v1::Convention* row) {
  FoldMoney(direction, basis.tranche_id(), basis.schedule_line_id(),
            {.ordered_cents = cents, .after_service = kind != v1::PAYMENT_KIND_ADVANCE}, row);
}

void FoldSettled(Direction direction, const v1::OrderRef& order, v1::Convention* row) {
  FoldMoney(direction, order.basis().tranche_id(), order.basis().schedule_line_id(),
            {.paid_cents = order.amount_cents()}, row);
}

void FoldReportReceived(Direction direction, const v1::ReportReceived& act, v1::Convention* row) {
  FoldTranche(direction, act.tranche_id(), row, [&](v1::TrancheState* state) {
    Put(direction == Direction::kApply ? &act.date() : nullptr, state,
        &v1::TrancheState::mutable_report_received_on, &v1::TrancheState::clear_report_received_on);
  });
}

void FoldReportAccepted(Direction direction, const v1::ReportAccepted& act, v1::Convention* row) {
  FoldTranche(direction, act.tranche_id(), row, [&](v1::TrancheState* state) {
    Put(direction == Direction::kApply ? &act.date() : nullptr, state,
        &v1::TrancheState::mutable_report_accepted_on, &v1::TrancheState::clear_report_accepted_on);
  });
}

void FoldCertified(Direction direction, const v1::ServiceCertified& act, v1::Convention* row) {
  FoldTranche(direction, act.tranche_id(), row, [&](v1::TrancheState* state) {
    state->set_certified_cents(Plus(direction, state->certified_cents(), act.amount_cents()));
    Mention(
        direction, state->mutable_certified(),
        [&](const v1::CertifiedService& service) {
          return ToDaysOrAlways(service.date()) == ToDaysOrAlways(act.date());
        },
        [&](v1::CertifiedService* service) {
          if (act.has_date()) *service->mutable_date() = act.date();
        },
        [&](v1::CertifiedService* service) {
          service->set_amount_cents(Plus(direction, service->amount_cents(), act.amount_cents()));
        });
  });
}

}  // namespace

void FoldConvention(Direction direction, const v1::Event& event, std::string_view /*id*/,
                    v1::Convention* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kOpeningConventionRecorded:
      FoldSigned(direction, event.position(), true, act.opening_convention_recorded(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kConventionSigned:
      FoldSigned(direction, event.position(), false, act.convention_signed(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kAvenantSigned:
      FoldAvenant(direction, event.position(), act.avenant_signed(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kReportReceived:
      FoldReportReceived(direction, act.report_received(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kReportAccepted:
      FoldReportAccepted(direction, act.report_accepted(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kConventionClosed:
      Put(direction == Direction::kApply ? &act.convention_closed().date() : nullptr, row,
          &v1::Convention::mutable_closed_on, &v1::Convention::clear_closed_on);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kServiceCertified:
      FoldCertified(direction, act.service_certified(), row);
      break;
    case v1::Act::kOpeningPaymentRecorded:
      FoldOpeningPayment(direction, act.opening_payment_recorded(), row);
      break;
    case v1::Act::kPaymentOrdered: {
      const v1::PaymentOrdered& ordered = act.payment_ordered();
      FoldOrdered(direction, ordered.basis(), ordered.kind(), ordered.amount_cents(), row);
      break;
    }
    case v1::Act::kPaymentRejected: {
      const v1::OrderRef& order = act.payment_rejected().order();
      FoldOrdered(direction, order.basis(), order.kind(), Negated(order.amount_cents()), row);
      break;
    }
    case v1::Act::kPaymentReduced: {
      const v1::PaymentReduced& reduced = act.payment_reduced();
      FoldOrdered(direction, reduced.order().basis(), reduced.order().kind(),
                  Negated(reduced.reduction_cents()), row);
      break;
    }
    case v1::Act::kPaymentSettled:
      FoldSettled(direction, act.payment_settled().order(), row);
      break;
    case v1::Act::kLedgerOpened:
    case v1::Act::kStructureRegistered:
    case v1::Act::kStructureUpdated:
    case v1::Act::kBudgetLineOpened:
    case v1::Act::kBudgetLineAdjusted:
    case v1::Act::kPaymentCreditsVoted:
    case v1::Act::kOpeningCommitmentRecorded:
    case v1::Act::kOpeningClosed:
    case v1::Act::kCallForProjectsOpened:
    case v1::Act::kApplicationSubmitted:
    case v1::Act::kApplicationWithdrawn:
    case v1::Act::kApplicationInstructed:
    case v1::Act::kSessionHeld:
    case v1::Act::kReportTabled:
    case v1::Act::kOpinionGiven:
    case v1::Act::kDeliberationVoted:
    case v1::Act::kDeliberationTransmitted:
    case v1::Act::kDeliberationPublished:
    case v1::Act::kPaymentAccepted:
    case v1::Act::kPaymentSuspended:
    case v1::Act::kCommitmentReleased:
    case v1::Act::ACT_NOT_SET:
      break;
  }
}

}  // namespace registre
