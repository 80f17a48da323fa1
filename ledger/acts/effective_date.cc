// EffectiveDateOf: the legal date of each act.
#include <algorithm>

#include "ledger/acts/act.h"

namespace registre {
namespace {

// The date stands in the act itself, or, for a contract, in the authority's signature.
const v1::Date& LegalDateOf(const v1::Act& act) {
  switch (act.act_case()) {
    case v1::Act::kLedgerOpened:
      return act.ledger_opened().date();
    case v1::Act::kStructureRegistered:
      return act.structure_registered().date();
    case v1::Act::kStructureUpdated:
      return act.structure_updated().date();
    case v1::Act::kBudgetLineOpened:
      return act.budget_line_opened().date();
    case v1::Act::kBudgetLineAdjusted:
      return act.budget_line_adjusted().date();
    case v1::Act::kPaymentCreditsVoted:
      return act.payment_credits_voted().date();
    case v1::Act::kOpeningCommitmentRecorded:
      return act.opening_commitment_recorded().date();
    case v1::Act::kOpeningConventionRecorded:
      return act.opening_convention_recorded().signatures().authority_signed_on();
    case v1::Act::kOpeningPaymentRecorded:
      return act.opening_payment_recorded().date();
    case v1::Act::kOpeningClosed:
      return act.opening_closed().date();
    case v1::Act::kCallForProjectsOpened:
      return act.call_for_projects_opened().date();
    case v1::Act::kApplicationSubmitted:
      return act.application_submitted().date();
    case v1::Act::kApplicationWithdrawn:
      return act.application_withdrawn().date();
    case v1::Act::kApplicationInstructed:
      return act.application_instructed().date();
    case v1::Act::kSessionHeld:
      return act.session_held().date();
    case v1::Act::kReportTabled:
      return act.report_tabled().date();
    case v1::Act::kOpinionGiven:
      return act.opinion_given().date();
    case v1::Act::kDeliberationVoted:
      return act.deliberation_voted().date();
    case v1::Act::kDeliberationTransmitted:
      return act.deliberation_transmitted().date();
    case v1::Act::kDeliberationPublished:
      return act.deliberation_published().date();
    case v1::Act::kConventionSigned:
      return act.convention_signed().signatures().authority_signed_on();
    case v1::Act::kAvenantSigned:
      return act.avenant_signed().signatures().authority_signed_on();
    case v1::Act::kReportReceived:
      return act.report_received().date();
    case v1::Act::kReportAccepted:
      return act.report_accepted().date();
    case v1::Act::kConventionClosed:
      return act.convention_closed().date();
    case v1::Act::kServiceCertified:
      return act.service_certified().date();
    case v1::Act::kPaymentOrdered:
      return act.payment_ordered().date();
    case v1::Act::kPaymentAccepted:
      return act.payment_accepted().date();
    case v1::Act::kPaymentSuspended:
      return act.payment_suspended().date();
    case v1::Act::kPaymentRejected:
      return act.payment_rejected().date();
    case v1::Act::kPaymentSettled:
      return act.payment_settled().date();
    case v1::Act::kPaymentReduced:
      return act.payment_reduced().date();
    case v1::Act::kCommitmentReleased:
      return act.commitment_released().date();
    case v1::Act::kDeliberationAmended:
      return act.deliberation_amended().date();
    case v1::Act::kDeliberationWithdrawn:
      return act.deliberation_withdrawn().date();
    case v1::Act::kDeliberationAnnulled:
      return act.deliberation_annulled().date();
    case v1::Act::kAllotmentReduced:
      return act.allotment_reduced().date();
    case v1::Act::kConventionTerminated:
      return act.convention_terminated().date();
    case v1::Act::kStructuresMerged:
      return act.structures_merged().date();
    case v1::Act::kRecoveryOrdered:
      return act.recovery_ordered().date();
    case v1::Act::kRecoveryReceived:
      return act.recovery_received().date();
    case v1::Act::kPaymentReimputed:
      return act.payment_reimputed().date();
    case v1::Act::kFiscalYearClosed:
      return act.fiscal_year_closed().date();
    case v1::Act::kCorrectionProposed:
    case v1::Act::kCorrectionApproved:
    case v1::Act::kCorrectionRejected:
    case v1::Act::kDirectorySealed:
    case v1::Act::kLedgerRestored:
      break;  // in effect as soon as they are known; they change nothing
    case v1::Act::kActReversed:
      return act.act_reversed().effective_on();
    case v1::Act::kActRectified:
      return act.act_rectified().effective_on();
    case v1::Act::ACT_NOT_SET:
      break;
  }
  return v1::Date::default_instance();
}

}  // namespace

// What a correction does to an act is in effect neither before the correction nor before the act: a
// read as of an earlier date than both finds the act as it stood before, or not at all.
Days EffectiveDateOf(const v1::Act& act) {
  const Days own = ToDaysOrAlways(LegalDateOf(act));
  if (act.has_act_reversed()) return std::max(own, EffectiveDateOf(act.act_reversed().act()));
  if (act.has_act_rectified()) return std::max(own, EffectiveDateOf(act.act_rectified().act()));
  return own;
}

}  // namespace registre
