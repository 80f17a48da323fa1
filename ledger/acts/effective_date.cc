// EffectiveDateOf: the legal date of each act.
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
    case v1::Act::ACT_NOT_SET:
      break;
  }
  return v1::Date::default_instance();
}

}  // namespace

Days EffectiveDateOf(const v1::Act& act) { return ToDaysOrAlways(LegalDateOf(act)); }

}  // namespace registre
