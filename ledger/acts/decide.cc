// Decide: what every act must meet, around the rules of its own.
#include <fmt/format.h>

#include "ledger/acts/act.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"

namespace registre {
namespace {

absl::Status CheckLedgerState(const RuleContext& context, const v1::Act& act) {
  const v1::Ledger& ledger = context.view.Ledger();
  const bool opens = act.has_ledger_opened();
  if (!ledger.has_opened() && !opens) {
    return Refused("LEDGER_NOT_OPENED",
                   fmt::format("{} cannot be recorded in a ledger that is not opened; record "
                               "ledger_opened first",
                               ActType(act)));
  }
  if (ledger.has_opened() && opens) {
    return Error(absl::StatusCode::kAlreadyExists, "NUMBER_TAKEN",
                 fmt::format("the ledger of {} was opened on {}; it is opened once and for ever",
                             ledger.opened().authority_name(), FormatDate(ledger.opened().date())),
                 {{"kind", "ledger"}, {"id", ledger.opened().origin()}});
  }
  return absl::OkStatus();
}

// One line an act: the compiler lists the act that is missing.
absl::Status JudgeAct(const RuleContext& context, v1::Act* act) {
  switch (act->act_case()) {
    case v1::Act::kLedgerOpened:
      return Judge(context, act->mutable_ledger_opened());
    case v1::Act::kStructureRegistered:
      return Judge(context, act->mutable_structure_registered());
    case v1::Act::kStructureUpdated:
      return Judge(context, act->mutable_structure_updated());
    case v1::Act::kBudgetLineOpened:
      return Judge(context, act->mutable_budget_line_opened());
    case v1::Act::kBudgetLineAdjusted:
      return Judge(context, act->mutable_budget_line_adjusted());
    case v1::Act::kPaymentCreditsVoted:
      return Judge(context, act->mutable_payment_credits_voted());
    case v1::Act::kOpeningCommitmentRecorded:
      return Judge(context, act->mutable_opening_commitment_recorded());
    case v1::Act::kOpeningConventionRecorded:
      return Judge(context, act->mutable_opening_convention_recorded());
    case v1::Act::kOpeningPaymentRecorded:
      return Judge(context, act->mutable_opening_payment_recorded());
    case v1::Act::kOpeningClosed:
      return Judge(context, act->mutable_opening_closed());
    case v1::Act::kCallForProjectsOpened:
      return Judge(context, act->mutable_call_for_projects_opened());
    case v1::Act::kApplicationSubmitted:
      return Judge(context, act->mutable_application_submitted());
    case v1::Act::kApplicationWithdrawn:
      return Judge(context, act->mutable_application_withdrawn());
    case v1::Act::kApplicationInstructed:
      return Judge(context, act->mutable_application_instructed());
    case v1::Act::kSessionHeld:
      return Judge(context, act->mutable_session_held());
    case v1::Act::kReportTabled:
      return Judge(context, act->mutable_report_tabled());
    case v1::Act::kOpinionGiven:
      return Judge(context, act->mutable_opinion_given());
    case v1::Act::kDeliberationVoted:
      return Judge(context, act->mutable_deliberation_voted());
    case v1::Act::kDeliberationTransmitted:
      return Judge(context, act->mutable_deliberation_transmitted());
    case v1::Act::kDeliberationPublished:
      return Judge(context, act->mutable_deliberation_published());
    case v1::Act::kConventionSigned:
      return Judge(context, act->mutable_convention_signed());
    case v1::Act::kAvenantSigned:
      return Judge(context, act->mutable_avenant_signed());
    case v1::Act::kReportReceived:
      return Judge(context, act->mutable_report_received());
    case v1::Act::kReportAccepted:
      return Judge(context, act->mutable_report_accepted());
    case v1::Act::kConventionClosed:
      return Judge(context, act->mutable_convention_closed());
    case v1::Act::kServiceCertified:
      return Judge(context, act->mutable_service_certified());
    case v1::Act::kPaymentOrdered:
      return Judge(context, act->mutable_payment_ordered());
    case v1::Act::kPaymentAccepted:
      return Judge(context, act->mutable_payment_accepted());
    case v1::Act::kPaymentSuspended:
      return Judge(context, act->mutable_payment_suspended());
    case v1::Act::kPaymentRejected:
      return Judge(context, act->mutable_payment_rejected());
    case v1::Act::kPaymentSettled:
      return Judge(context, act->mutable_payment_settled());
    case v1::Act::kPaymentReduced:
      return Judge(context, act->mutable_payment_reduced());
    case v1::Act::kCommitmentReleased:
      return Judge(context, act->mutable_commitment_released());
    case v1::Act::kDeliberationAmended:
      return Judge(context, act->mutable_deliberation_amended());
    case v1::Act::kDeliberationWithdrawn:
      return Judge(context, act->mutable_deliberation_withdrawn());
    case v1::Act::kDeliberationAnnulled:
      return Judge(context, act->mutable_deliberation_annulled());
    case v1::Act::kAllotmentReduced:
      return Judge(context, act->mutable_allotment_reduced());
    case v1::Act::kConventionTerminated:
      return Judge(context, act->mutable_convention_terminated());
    case v1::Act::kStructuresMerged:
      return Judge(context, act->mutable_structures_merged());
    case v1::Act::kRecoveryOrdered:
      return Judge(context, act->mutable_recovery_ordered());
    case v1::Act::kRecoveryReceived:
      return Judge(context, act->mutable_recovery_received());
    case v1::Act::kPaymentReimputed:
      return Judge(context, act->mutable_payment_reimputed());
    case v1::Act::kFiscalYearClosed:
      return Judge(context, act->mutable_fiscal_year_closed());
    case v1::Act::kCorrectionProposed:
      return Judge(context, act->mutable_correction_proposed());
    case v1::Act::kCorrectionApproved:
      return Judge(context, act->mutable_correction_approved());
    case v1::Act::kCorrectionRejected:
      return Judge(context, act->mutable_correction_rejected());
    case v1::Act::kActReversed:
      return Judge(context, act->mutable_act_reversed());
    case v1::Act::kActRectified:
      return Judge(context, act->mutable_act_rectified());
    case v1::Act::kDirectorySealed:
      return Judge(context, act->mutable_directory_sealed());
    case v1::Act::kLedgerRestored:
      return Judge(context, act->mutable_ledger_restored());
    case v1::Act::ACT_NOT_SET:
      break;
  }
  return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
               "the act is empty; set one of the acts of the contract");
}

bool IsOpeningAct(const v1::Act& act) {
  return act.has_opening_commitment_recorded() || act.has_opening_convention_recorded() ||
         act.has_opening_payment_recorded() || act.has_opening_closed();
}

// Where the ledger's opening does not say; 0 said turns the flag off.
constexpr int64_t kLateEntryDays = 60;

void FlagLateEntry(const RuleContext& context, const v1::Act& act) {
  const v1::LedgerOpened& opened = context.view.Ledger().opened();
  const int64_t limit = opened.has_late_entry_days() ? opened.late_entry_days() : kLateEntryDays;
  const Days effective = EffectiveDateOf(act);
  if (limit == 0 || effective == kAlways || act.has_ledger_opened() || IsOpeningAct(act) ||
      IsControl(act.act_case())) {  // they speak of acts of before
    return;
  }
  const int64_t late = int64_t{context.today} - effective;
  if (late <= limit) return;
  context.Flag(
      "LATE_ENTRY", v1::SEVERITY_ATTENTION, "",
      fmt::format("Acte du {} enregistré le {}, {} jours après ; le délai est de {} jours.",
                  FormatDate(FromDays(effective)), FormatDate(FromDays(context.today)), late,
                  limit));
}

// Ids are checked one by one with the act's shape; a tag made of two of them may still be too long.
absl::Status CheckTags(const v1::Act& act) {
  const std::vector<std::string> tags = TagsOf(act);
  if (tags.size() > kMaxEventTags) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_TAGS",
                 fmt::format("the act refers to {} things, at most {} are accepted; split it",
                             tags.size(), kMaxEventTags),
                 {{"tags", std::to_string(tags.size())}});
  }
  for (const std::string& tag : tags) {
    if (IsTag(tag)) continue;
    return Error(
        absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
        fmt::format("the reference {} is no tag: after its kind a tag has 1 to 64 of 0-9 A-Z "
                    "a-z . _ -; shorten the number",
                    tag),
        {{"tag", tag}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Decide(const RuleContext& context, v1::Act* act) {
  REGISTRE_RETURN_IF_ERROR(CheckLedgerState(context, *act));
  REGISTRE_RETURN_IF_ERROR(JudgeAct(context, act));
  REGISTRE_RETURN_IF_ERROR(CheckTags(*act));
  FlagLateEntry(context, *act);
  for (const std::string& remark : act->remarks()) {
    context.Flag("REMARK", v1::SEVERITY_INFORMATION, "", remark);
  }
  return absl::OkStatus();
}

}  // namespace registre
