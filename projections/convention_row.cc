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

// The terms of the tranches that an act brings in, or puts in the place of those before it, with
// what is assumed of them.
template <typename TermsBefore>
void FoldTerms(Direction direction, const v1::Act& act, const v1::ContractSignatures& signatures,
               const Tranches& tranches, v1::Convention* row, TermsBefore terms_before) {
  for (int i = 0; i < tranches.size(); ++i) {
    const std::string& tranche_id = tranches[i].tranche_id();
    const v1::Tranche* before = terms_before(tranche_id);
    FoldTranche(direction, tranche_id, row, [&](v1::TrancheState* state) {
      PutTerms(direction == Direction::kApply ? &tranches[i] : before, tranche_id, state);
      if (before == nullptr) PutSignature(direction, signatures, state);
      MentionAssumed(direction, act, state,
                     [i](std::string_view path) { return OfElement(path, "tranches", i); });
    });
  }
}

// ConventionSigned and OpeningConventionRecorded say the same of a convention.
template <typename A>
void FoldSigned(Direction direction, const v1::Event& event, bool opening, const A& act,
                v1::Convention* row) {
  const A& given = Given(direction, act);
  const bool applied = direction == Direction::kApply;
  row->set_number(given.number());
  row->set_position(applied ? event.position() : 0);
  row->set_opening(applied && opening);
  row->set_structure_id(given.structure_id());
  row->set_structure_name_as_written(given.structure_name_as_written());
  row->set_object(given.object());
  row->set_previous_convention(given.previous_convention());
  Put(given.signatures().has_authority_signed_on() ? &given.signatures().authority_signed_on()
                                                   : nullptr,
      row, &v1::Convention::mutable_signed_on, &v1::Convention::clear_signed_on);
  row->set_initial_amount_cents(given.amount_cents());
  row->set_amount_cents(Plus(direction, row->amount_cents(), act.amount_cents()));
  FoldTerms(direction, event.act(), act.signatures(), act.tranches(), row,
            [](const std::string&) { return nullptr; });
}

void FoldAvenant(Direction direction, const v1::Event& event, v1::Convention* row) {
  const v1::AvenantSigned& act = event.act().avenant_signed();
  v1::AvenantState avenant;
  avenant.set_avenant_number(act.avenant_number());
  if (act.signatures().has_authority_signed_on()) {
    *avenant.mutable_signed_on() = act.signatures().authority_signed_on();
  }
  if (act.has_authorised_by()) *avenant.mutable_authorised_by() = act.authorised_by();
  avenant.set_amount_before_cents(act.amount_before_cents());
  avenant.set_delta_cents(act.delta_cents());
  avenant.set_amount_after_cents(act.amount_after_cents());
  avenant.set_position(event.position());
  *avenant.mutable_assumed_fields() = event.act().assumed_fields();
  avenant.set_structure_name_as_written(act.structure_name_as_written());
  Appended(direction, avenant, row->mutable_avenants());
  row->set_amount_cents(Plus(direction, row->amount_cents(), act.delta_cents()));
  FoldTerms(direction, event.act(), act.signatures(), act.tranches(), row,
            [&](const std::string& tranche_id) {
              return FindTranche(act.tranches_before(), tranche_id);
            });
}

void FoldTerminated(Direction direction, const v1::Act& act, v1::Convention* row) {
  const v1::ConventionTerminated& terminated = act.convention_terminated();
  const v1::Date* before =
      terminated.has_terminated_before() ? &terminated.terminated_before() : nullptr;
  Put(direction == Direction::kApply ? &terminated.date() : before, row,
      &v1::Convention::mutable_terminated_on, &v1::Convention::clear_terminated_on);
  const int64_t sum = Plus(direction, row->amount_cents(), terminated.amount_after_cents());
  row->set_amount_cents(Minus(direction, sum, terminated.amount_before_cents()));
  FoldTerms(direction, act, v1::ContractSignatures::default_instance(), terminated.tranches(), row,
            [&](const std::string& tranche_id) {
              return FindTranche(terminated.tranches_before(), tranche_id);
            });
}

// What an act of money changes in a tranche and a line of its schedule.
struct Sums {
  int64_t ordered_cents = 0;  // negative when it is taken off an order
  int64_t paid_cents = 0;
  bool after_service = false;  // the order is not an advance
  // Of titres de recettes; the lines of a schedule do not count them.
  int64_t recovery_ordered_cents = 0;
  int64_t recovered_cents = 0;
};

void FoldMoney(Direction direction, const v1::Act& act, const std::string& tranche_id,
               const std::string& line_id, const Sums& sums, v1::Convention* row) {
  FoldTranche(direction, tranche_id, row, [&](v1::TrancheState* state) {
    state->set_ordered_cents(Plus(direction, state->ordered_cents(), sums.ordered_cents));
    state->set_paid_cents(Plus(direction, state->paid_cents(), sums.paid_cents));
    FoldRecovered(direction, sums.recovery_ordered_cents, sums.recovered_cents, state);
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
          MentionAssumed(direction, act, line);
        });
  });
}

void FoldOpeningPayment(Direction direction, const v1::Act& act, v1::Convention* row) {
  const v1::OpeningPaymentRecorded& payment = act.opening_payment_recorded();
  FoldMoney(direction, act, payment.tranche_id(), payment.schedule_line_id(),
            {.ordered_cents = payment.amount_cents(), .paid_cents = payment.amount_cents()}, row);
}

void FoldOrdered(Direction direction, const v1::Act& act, const v1::PaymentBasis& basis,
                 v1::PaymentKind kind, int64_t cents, v1::Convention* row) {
  FoldMoney(direction, act, basis.tranche_id(), basis.schedule_line_id(),
            {.ordered_cents = cents, .after_service = kind != v1::PAYMENT_KIND_ADVANCE}, row);
}

void FoldSettled(Direction direction, const v1::Act& act, v1::Convention* row) {
  const v1::OrderRef& order = act.payment_settled().order();
  FoldMoney(direction, act, order.basis().tranche_id(), order.basis().schedule_line_id(),
            {.paid_cents = order.amount_cents()}, row);
}

// What the order is, it takes from one basis to another; both may be of this convention.
void FoldReimputed(Direction direction, const v1::Act& act, std::string_view number,
                   v1::Convention* row) {
  const v1::PaymentReimputed& reimputed = act.payment_reimputed();
  const v1::OrderRef& order = reimputed.order();
  const bool after_service = order.kind() != v1::PAYMENT_KIND_ADVANCE;
  if (order.basis().convention_number() == number) {
    FoldMoney(direction, act, order.basis().tranche_id(), order.basis().schedule_line_id(),
              {.ordered_cents = Negated(order.amount_cents()),
               .paid_cents = Negated(reimputed.paid_cents()),
               .after_service = after_service,
               .recovery_ordered_cents = Negated(reimputed.recovery_ordered_cents()),
               .recovered_cents = Negated(reimputed.recovered_cents())},
              row);
  }
  if (reimputed.basis().convention_number() == number) {
    FoldMoney(direction, act, reimputed.basis().tranche_id(), reimputed.basis().schedule_line_id(),
              {.ordered_cents = order.amount_cents(),
               .paid_cents = reimputed.paid_cents(),
               .after_service = after_service,
               .recovery_ordered_cents = reimputed.recovery_ordered_cents(),
               .recovered_cents = reimputed.recovered_cents()},
              row);
  }
}

void FoldRecovery(Direction direction, const v1::Act& act, const v1::OrderRef& order,
                  const Sums& sums, v1::Convention* row) {
  FoldMoney(direction, act, order.basis().tranche_id(), order.basis().schedule_line_id(), sums,
            row);
}

void FoldReportReceived(Direction direction, const v1::Act& act, v1::Convention* row) {
  const v1::ReportReceived& report = act.report_received();
  FoldTranche(direction, report.tranche_id(), row, [&](v1::TrancheState* state) {
    Put(direction == Direction::kApply ? &report.date() : nullptr, state,
        &v1::TrancheState::mutable_report_received_on, &v1::TrancheState::clear_report_received_on);
    MentionAssumed(direction, act, state);
  });
}

void FoldReportAccepted(Direction direction, const v1::Act& act, v1::Convention* row) {
  const v1::ReportAccepted& report = act.report_accepted();
  FoldTranche(direction, report.tranche_id(), row, [&](v1::TrancheState* state) {
    Put(direction == Direction::kApply ? &report.date() : nullptr, state,
        &v1::TrancheState::mutable_report_accepted_on, &v1::TrancheState::clear_report_accepted_on);
    MentionAssumed(direction, act, state);
  });
}

void FoldCertified(Direction direction, const v1::Act& act, v1::Convention* row) {
  const v1::ServiceCertified& certified = act.service_certified();
  FoldTranche(direction, certified.tranche_id(), row, [&](v1::TrancheState* state) {
    state->set_certified_cents(Plus(direction, state->certified_cents(), certified.amount_cents()));
    Mention(
        direction, state->mutable_certified(),
        [&](const v1::CertifiedService& service) {
          return ToDaysOrAlways(service.date()) == ToDaysOrAlways(certified.date());
        },
        [&](v1::CertifiedService* service) {
          if (certified.has_date()) *service->mutable_date() = certified.date();
        },
        [&](v1::CertifiedService* service) {
          service->set_amount_cents(
              Plus(direction, service->amount_cents(), certified.amount_cents()));
        });
    MentionAssumed(direction, act, state);
  });
}

}  // namespace

void FoldConvention(Direction direction, const v1::Event& event, std::string_view id,
                    v1::Convention* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kOpeningConventionRecorded:
      FoldSigned(direction, event, true, act.opening_convention_recorded(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kConventionSigned:
      FoldSigned(direction, event, false, act.convention_signed(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kAvenantSigned:
      FoldAvenant(direction, event, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kReportReceived:
      FoldReportReceived(direction, act, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kReportAccepted:
      FoldReportAccepted(direction, act, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kConventionClosed:
      Put(direction == Direction::kApply ? &act.convention_closed().date() : nullptr, row,
          &v1::Convention::mutable_closed_on, &v1::Convention::clear_closed_on);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kServiceCertified:
      FoldCertified(direction, act, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kOpeningPaymentRecorded:
      FoldOpeningPayment(direction, act, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kPaymentOrdered: {
      const v1::PaymentOrdered& ordered = act.payment_ordered();
      FoldOrdered(direction, act, ordered.basis(), ordered.kind(), ordered.amount_cents(), row);
      MentionAssumed(direction, act, row);
      break;
    }
    case v1::Act::kPaymentRejected: {
      const v1::OrderRef& order = act.payment_rejected().order();
      FoldOrdered(direction, act, order.basis(), order.kind(), Negated(order.amount_cents()), row);
      MentionAssumed(direction, act, row);
      break;
    }
    case v1::Act::kPaymentReduced: {
      const v1::PaymentReduced& reduced = act.payment_reduced();
      FoldOrdered(direction, act, reduced.order().basis(), reduced.order().kind(),
                  Negated(reduced.reduction_cents()), row);
      MentionAssumed(direction, act, row);
      break;
    }
    case v1::Act::kPaymentSettled:
      FoldSettled(direction, act, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kConventionTerminated:
      FoldTerminated(direction, act, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kPaymentReimputed:
      FoldReimputed(direction, act, id, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kRecoveryOrdered:
      FoldRecovery(direction, act, act.recovery_ordered().order(),
                   {.recovery_ordered_cents = act.recovery_ordered().amount_cents()}, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kRecoveryReceived:
      FoldRecovery(direction, act, act.recovery_received().order(),
                   {.recovered_cents = act.recovery_received().amount_cents()}, row);
      MentionAssumed(direction, act, row);
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
