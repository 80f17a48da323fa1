// The row "ledger": its opening act and the end of its opening.
#include "projections/fold_rows.h"

namespace registre {

void FoldLedger(Direction direction, const v1::Event& event, v1::Ledger* row) {
  const v1::Act& act = event.act();
  const bool applied = direction == Direction::kApply;
  switch (act.act_case()) {
    case v1::Act::kLedgerOpened:
      Put(applied ? &act.ledger_opened() : nullptr, row, &v1::Ledger::mutable_opened,
          &v1::Ledger::clear_opened);
      break;
    case v1::Act::kOpeningClosed:
      Put(applied ? &act.opening_closed().date() : nullptr, row,
          &v1::Ledger::mutable_opening_closed_on, &v1::Ledger::clear_opening_closed_on);
      break;
    case v1::Act::kStructureRegistered:
    case v1::Act::kStructureUpdated:
    case v1::Act::kBudgetLineOpened:
    case v1::Act::kBudgetLineAdjusted:
    case v1::Act::kPaymentCreditsVoted:
    case v1::Act::kOpeningCommitmentRecorded:
    case v1::Act::kOpeningConventionRecorded:
    case v1::Act::kOpeningPaymentRecorded:
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
    case v1::Act::kConventionSigned:
    case v1::Act::kAvenantSigned:
    case v1::Act::kReportReceived:
    case v1::Act::kReportAccepted:
    case v1::Act::kConventionClosed:
    case v1::Act::kServiceCertified:
    case v1::Act::kPaymentOrdered:
    case v1::Act::kPaymentAccepted:
    case v1::Act::kPaymentSuspended:
    case v1::Act::kPaymentRejected:
    case v1::Act::kPaymentSettled:
    case v1::Act::kPaymentReduced:
    case v1::Act::kCommitmentReleased:
    case v1::Act::ACT_NOT_SET:
      break;
  }
}

}  // namespace registre
