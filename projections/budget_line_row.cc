// The rows budget_line:<code>.
#include "projections/fold_rows.h"

namespace registre {
namespace {

void FoldOpened(Direction direction, const v1::BudgetLineOpened& act, v1::BudgetLine* row) {
  const v1::BudgetLineOpened& given = Given(direction, act);
  row->set_code(given.code());
  row->set_nature(given.nature());
  row->set_function(given.function());
  row->set_label(given.label());
  row->set_authorised_cents(Plus(direction, row->authorised_cents(), act.authorised_cents()));
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::BudgetLine::mutable_opened_on,
      &v1::BudgetLine::clear_opened_on);
}

// The sum moves by the change, not to the value after: it then holds whatever was left out before.
void FoldAdjusted(Direction direction, const v1::BudgetLineAdjusted& act, v1::BudgetLine* row) {
  const int64_t sum = Minus(direction, row->authorised_cents(), act.authorised_before_cents());
  row->set_authorised_cents(Plus(direction, sum, act.authorised_after_cents()));
}

// Each end of a transfer is an adjustment of its own, and names the other line. What the line
// `code` gives up is left for the other line, until the other line's adjustment takes it.
void FoldTransfer(Direction direction, const v1::BudgetLineAdjusted& act, std::string_view code,
                  v1::BudgetLine* row) {
  if (act.transfer_with_code().empty()) return;
  const bool own = act.code() == code;
  const std::string& other = own ? act.transfer_with_code() : act.code();
  const int64_t change =
      Minus(Direction::kApply, act.authorised_after_cents(), act.authorised_before_cents());
  if (change == 0 || own != (change < 0)) return;
  const std::string by = act.adjusted_by().SerializeAsString();
  Mention(
      direction, row->mutable_transfers(),
      [&](const v1::LineTransfer& entry) {
        return entry.with_code() == other && entry.adjusted_by().SerializeAsString() == by;
      },
      [&](v1::LineTransfer* entry) {
        *entry->mutable_adjusted_by() = act.adjusted_by();
        entry->set_with_code(other);
      },
      [&](v1::LineTransfer* entry) {
        entry->set_left_cents(Minus(direction, entry->left_cents(), change));
      });
}

template <typename Change>
void FoldYear(Direction direction, const v1::Act& act, int fiscal_year, v1::BudgetLine* row,
              Change change) {
  Mention(
      direction, row->mutable_fiscal_years(),
      [&](const v1::FiscalYearCredits& entry) { return entry.fiscal_year() == fiscal_year; },
      [&](v1::FiscalYearCredits* entry) { entry->set_fiscal_year(fiscal_year); },
      [&](v1::FiscalYearCredits* entry) {
        change(entry);
        MentionAssumed(direction, act, entry);
      });
}

void FoldCredits(Direction direction, const v1::Act& act, v1::BudgetLine* row) {
  const v1::PaymentCreditsVoted& voted = act.payment_credits_voted();
  FoldYear(direction, act, voted.fiscal_year(), row, [&](v1::FiscalYearCredits* entry) {
    const int64_t sum = Minus(direction, entry->credits_cents(), voted.credits_before_cents());
    entry->set_credits_cents(Plus(direction, sum, voted.credits_after_cents()));
    entry->set_credit_votes(static_cast<uint32_t>(Plus(direction, entry->credit_votes(), 1)));
    entry->set_credits_recorded(entry->credit_votes() > 0);
  });
}

void FoldAllotments(Direction direction, const v1::DeliberationVoted& act, std::string_view code,
                    v1::BudgetLine* row) {
  for (const v1::Allotment& allotment : act.allotments()) {
    if (allotment.budget_code() != code) continue;
    row->set_voted_cents(Plus(direction, row->voted_cents(), allotment.amount_cents()));
  }
}

int64_t DrawnBy(const v1::Tranche& tranche) {
  int64_t sum = 0;
  for (const v1::Draw& draw : tranche.draws()) {
    sum = Plus(Direction::kApply, sum, draw.amount_cents());
  }
  return sum;
}

using Tranches = google::protobuf::RepeatedPtrField<v1::Tranche>;

// The part of tranches that draws on allotments of the ledger.
void FoldDraws(Direction direction, const Tranches& tranches, std::string_view code,
               v1::BudgetLine* row) {
  for (const v1::Tranche& tranche : tranches) {
    if (tranche.budget_code() != code) continue;
    row->set_contracted_cents(Plus(direction, row->contracted_cents(), DrawnBy(tranche)));
  }
}

// The part that does not: it stands on what was committed before the ledger was opened.
void FoldUndrawn(Direction direction, const Tranches& tranches, std::string_view code,
                 v1::BudgetLine* row) {
  for (const v1::Tranche& tranche : tranches) {
    if (tranche.budget_code() != code) continue;
    const int64_t undrawn = Minus(Direction::kApply, tranche.ceiling_cents(), DrawnBy(tranche));
    row->set_opening_contracted_cents(Plus(direction, row->opening_contracted_cents(), undrawn));
  }
}

// The tranches of an avenant or of a termination, in the place of those before it.
template <typename A>
void FoldReplaced(Direction direction, const A& act, std::string_view code, v1::BudgetLine* row) {
  FoldDraws(direction, act.tranches(), code, row);
  FoldDraws(Opposite(direction), act.tranches_before(), code, row);
  FoldUndrawn(direction, act.tranches(), code, row);
  FoldUndrawn(Opposite(direction), act.tranches_before(), code, row);
}

// What an act of money changes in a line and in a fiscal year of it. Negative: it is taken off.
struct YearSums {
  int64_t ordered_cents = 0;
  int64_t paid_cents = 0;
  int unanswered_orders = 0;
};

void FoldMoney(Direction direction, const v1::Act& act, int fiscal_year, const YearSums& sums,
               v1::BudgetLine* row) {
  row->set_ordered_cents(Plus(direction, row->ordered_cents(), sums.ordered_cents));
  row->set_paid_cents(Plus(direction, row->paid_cents(), sums.paid_cents));
  FoldYear(direction, act, fiscal_year, row, [&](v1::FiscalYearCredits* entry) {
    entry->set_ordered_cents(Plus(direction, entry->ordered_cents(), sums.ordered_cents));
    entry->set_paid_cents(Plus(direction, entry->paid_cents(), sums.paid_cents));
    entry->set_unanswered_orders(
        static_cast<int32_t>(Plus(direction, entry->unanswered_orders(), sums.unanswered_orders)));
  });
}

// What the order is, it takes from one line to another, or to the same.
void FoldReimputed(Direction direction, const v1::Act& act, std::string_view code,
                   v1::BudgetLine* row) {
  const v1::PaymentReimputed& reimputed = act.payment_reimputed();
  const v1::OrderRef& order = reimputed.order();
  const auto move = [&](int64_t ordered, int64_t paid, int64_t asked, int64_t received) {
    FoldMoney(direction, act, order.fiscal_year(), {.ordered_cents = ordered, .paid_cents = paid},
              row);
    FoldRecovered(direction, asked, received, row);
  };
  if (order.budget_code() == code) {
    move(Negated(order.amount_cents()), Negated(reimputed.paid_cents()),
         Negated(reimputed.recovery_ordered_cents()), Negated(reimputed.recovered_cents()));
  }
  if (reimputed.budget_code() == code) {
    move(order.amount_cents(), reimputed.paid_cents(), reimputed.recovery_ordered_cents(),
         reimputed.recovered_cents());
  }
}

// The assumed fields of a deliberation that are about its allotments on the line.
void MentionAllotments(Direction direction, const v1::Act& act, std::string_view code,
                       v1::BudgetLine* row) {
  const auto& allotments = act.deliberation_voted().allotments();
  MentionAssumed(direction, act, row, [&](std::string_view path) {
    return OfElements(path, "allotments", /*beside=*/false, [&](int i) {
      return i < allotments.size() && allotments[i].budget_code() == code;
    });
  });
}

// The assumed fields of an act of contract, but those of its tranches on other lines.
void MentionTranches(Direction direction, const v1::Act& act, const Tranches& tranches,
                     std::string_view code, v1::BudgetLine* row) {
  MentionAssumed(direction, act, row, [&](std::string_view path) {
    return OfElements(path, "tranches", /*beside=*/true, [&](int i) {
      return i < tranches.size() && tranches[i].budget_code() == code;
    });
  });
}

void FoldAct(Direction direction, const v1::Act& act, std::string_view code, v1::BudgetLine* row) {
  switch (act.act_case()) {
    case v1::Act::kBudgetLineOpened:
      FoldOpened(direction, act.budget_line_opened(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kBudgetLineAdjusted:
      FoldTransfer(direction, act.budget_line_adjusted(), code, row);
      if (act.budget_line_adjusted().code() != code) break;
      FoldAdjusted(direction, act.budget_line_adjusted(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kPaymentCreditsVoted:
      FoldCredits(direction, act, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kOpeningCommitmentRecorded:
      row->set_opening_commitment_cents(Plus(direction, row->opening_commitment_cents(),
                                             act.opening_commitment_recorded().amount_cents()));
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kOpeningConventionRecorded:
      FoldUndrawn(direction, act.opening_convention_recorded().tranches(), code, row);
      MentionTranches(direction, act, act.opening_convention_recorded().tranches(), code, row);
      break;
    case v1::Act::kOpeningPaymentRecorded: {
      const v1::OpeningPaymentRecorded& payment = act.opening_payment_recorded();
      FoldMoney(direction, act, payment.fiscal_year(),
                {.ordered_cents = payment.amount_cents(), .paid_cents = payment.amount_cents()},
                row);
      MentionAssumed(direction, act, row);
      break;
    }
    case v1::Act::kDeliberationVoted:
      if (!Adopted(act.deliberation_voted())) break;
      FoldAllotments(direction, act.deliberation_voted(), code, row);
      MentionAllotments(direction, act, code, row);
      break;
    case v1::Act::kConventionSigned:
      FoldDraws(direction, act.convention_signed().tranches(), code, row);
      MentionTranches(direction, act, act.convention_signed().tranches(), code, row);
      break;
    case v1::Act::kAvenantSigned:
      FoldReplaced(direction, act.avenant_signed(), code, row);
      MentionTranches(direction, act, act.avenant_signed().tranches(), code, row);
      break;
    case v1::Act::kPaymentOrdered:
      FoldMoney(direction, act, act.payment_ordered().fiscal_year(),
                {.ordered_cents = act.payment_ordered().amount_cents(), .unanswered_orders = 1},
                row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kPaymentAccepted:
      FoldMoney(direction, act, act.payment_accepted().order().fiscal_year(),
                {.unanswered_orders = -1}, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kPaymentRejected: {
      const v1::OrderRef& order = act.payment_rejected().order();
      FoldMoney(direction, act, order.fiscal_year(),
                {.ordered_cents = Negated(order.amount_cents()), .unanswered_orders = -1}, row);
      MentionAssumed(direction, act, row);
      break;
    }
    case v1::Act::kPaymentReduced: {
      const v1::PaymentReduced& reduced = act.payment_reduced();
      FoldMoney(direction, act, reduced.order().fiscal_year(),
                {.ordered_cents = Negated(reduced.reduction_cents())}, row);
      MentionAssumed(direction, act, row);
      break;
    }
    case v1::Act::kPaymentSettled:
      FoldMoney(direction, act, act.payment_settled().order().fiscal_year(),
                {.paid_cents = act.payment_settled().order().amount_cents()}, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kPaymentReimputed:
      FoldReimputed(direction, act, code, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kRecoveryOrdered:
      FoldRecovered(direction, act.recovery_ordered().amount_cents(), 0, row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kRecoveryReceived:
      FoldRecovered(direction, 0, act.recovery_received().amount_cents(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kCommitmentReleased:
      row->set_released_cents(
          Plus(direction, row->released_cents(), act.commitment_released().amount_cents()));
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kDeliberationAmended:
    case v1::Act::kDeliberationWithdrawn:
    case v1::Act::kDeliberationAnnulled:
    case v1::Act::kAllotmentReduced:
      row->set_voted_cents(
          Plus(direction, row->voted_cents(),
               FoldChanges(direction, act, row, [&](const v1::AllotmentChange& change) {
                 return change.budget_code() == code;
               })));
      break;
    case v1::Act::kConventionTerminated:
      FoldReplaced(direction, act.convention_terminated(), code, row);
      MentionTranches(direction, act, act.convention_terminated().tranches(), code, row);
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace

void FoldBudgetLine(Direction direction, const v1::Event& event, std::string_view id,
                    v1::BudgetLine* row) {
  FoldAct(direction, event.act(), id, row);
  constexpr Direction kSum = Direction::kApply;
  int64_t available = Minus(kSum, row->authorised_cents(), row->opening_commitment_cents());
  available = Minus(kSum, available, row->voted_cents());
  row->set_available_cents(Plus(kSum, available, row->released_cents()));
}

}  // namespace registre
