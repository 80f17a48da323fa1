// The rules: whether an act may be recorded in a state, and what is odd about it.
// One file an act family; each rule has its id in domain/rules and a table of cases in tests.
#ifndef REGISTRE_LEDGER_ACTS_RULES_H_
#define REGISTRE_LEDGER_ACTS_RULES_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ledger/base/date.h"
#include "ledger/proof/merkle.h"
#include "ledger/view.h"
#include "registre/v1/act.pb.h"

namespace registre {

// What a rule judges with.
struct RuleContext {
  const LedgerView& view;
  Days today;                    // the day it is recorded, in the ledger's time zone
  std::string_view actor;        // the subject who records it
  std::vector<v1::Flag>* flags;  // oddities found, in the order of the rules
  // Size and root of the log before the act's unit; empty: it is judged where no log stands.
  std::function<LogHead()> log_head = {};

  // Adds a flag.
  void Flag(std::string_view rule, v1::Severity severity, std::string subject,
            std::string message) const;
};

// Judges one act whose shape is right. OK: it may be recorded, `act` has every filled field set and
// `context.flags` says what is odd. Otherwise the refusal: its rule, the values, the remedy; `act`
// and the flags are then to be thrown away. Pure: no clock, no I/O but the view.
[[nodiscard]] absl::Status Decide(const RuleContext& context, v1::Act* act);

// The rules of each act, called by Decide only.
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::LedgerOpened* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::StructureRegistered* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::StructureUpdated* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::BudgetLineOpened* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::BudgetLineAdjusted* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentCreditsVoted* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::OpeningCommitmentRecorded* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::OpeningConventionRecorded* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::OpeningPaymentRecorded* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::OpeningClosed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::CallForProjectsOpened* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ApplicationSubmitted* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ApplicationWithdrawn* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ApplicationInstructed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::SessionHeld* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ReportTabled* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::OpinionGiven* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::DeliberationVoted* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::DeliberationTransmitted* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::DeliberationPublished* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ConventionSigned* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::AvenantSigned* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ReportReceived* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ReportAccepted* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ConventionClosed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ServiceCertified* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentOrdered* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentAccepted* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentSuspended* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentRejected* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentSettled* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentReduced* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::CommitmentReleased* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::DeliberationAmended* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::DeliberationWithdrawn* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::DeliberationAnnulled* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::AllotmentReduced* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ConventionTerminated* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::StructuresMerged* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::RecoveryOrdered* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::RecoveryReceived* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::PaymentReimputed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::FiscalYearClosed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::CorrectionProposed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::CorrectionApproved* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::CorrectionRejected* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ActReversed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::ActRectified* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::DirectorySealed* act);
[[nodiscard]] absl::Status Judge(const RuleContext& context, v1::LedgerRestored* act);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_RULES_H_
