// Corrections: what the recorder checks of the acts that the correction service makes. What a
// correction does was worked out before (projections/correction_plan.h), and nothing that it rests
// on has been touched since.
//
// The other rules of corrections stand where they are judged: CORRECTION_TARGET, _DEPENDENTS,
// _ACCEPTED_PAYMENT and _REPLACEMENT in projections/correction_plan.cc, _REASON and _STALE in
// services/correction_service.cc.
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

// A correction that waits for a decision. Sets `*found`.
absl::Status FindProposed(const RuleContext& context, const std::string& number,
                          const v1::Correction** found) {
  *found = context.view.Correction(number);
  if (*found == nullptr) {
    return UnknownReference("correction", number, "list them with 'registre correct list'");
  }
  if ((*found)->status() == v1::CORRECTION_STATUS_PROPOSED) return absl::OkStatus();
  const bool approved = (*found)->status() == v1::CORRECTION_STATUS_APPROVED;
  return Refused("CORRECTION_DECIDED",
                 fmt::format("correction {} was {} by {} at position {}; a correction is decided "
                             "once; propose another where something is still wrong",
                             number, approved ? "approved" : "rejected",
                             (*found)->decided().subject(), (*found)->decided().position()),
                 {{"correction_number", number},
                  {"position", fmt::format("{}", (*found)->decided().position())}});
}

// What stands for the act at a position; the empty one when it was never corrected.
const v1::CorrectedPosition& WhatStandsAt(const RuleContext& context, uint64_t position) {
  const v1::Row* row = context.view.Find(CorrectedKey(position));
  return row == nullptr ? v1::CorrectedPosition::default_instance() : row->corrected_position();
}

absl::Status NotStanding(uint64_t position) {
  return Refused("CORRECTION_TARGET",
                 fmt::format("what stands for the act at position {} is not what the correction "
                             "was worked out on; propose it again",
                             position),
                 {{"position", fmt::format("{}", position)}});
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::CorrectionProposed* act) {
  const std::string next = fmt::format("{}", context.view.Ledger().corrections() + 1);
  return Fill("correction_number", act->correction_number(), next,
              [&](const std::string& number) { act->set_correction_number(number); });
}

absl::Status Judge(const RuleContext& context, v1::CorrectionApproved* act) {
  const v1::Correction* correction = nullptr;
  REGISTRE_RETURN_IF_ERROR(FindProposed(context, act->correction_number(), &correction));
  if (correction->proposed().subject() != context.actor) return absl::OkStatus();
  return Refused("FOUR_EYES",
                 fmt::format("correction {} was proposed by {}, who cannot approve it; another "
                             "subject with the role approver does",
                             act->correction_number(), context.actor),
                 {{"correction_number", act->correction_number()},
                  {"proposed_by", correction->proposed().subject()}});
}

absl::Status Judge(const RuleContext& context, v1::CorrectionRejected* act) {
  const v1::Correction* correction = nullptr;
  return FindProposed(context, act->correction_number(), &correction);
}

absl::Status Judge(const RuleContext& context, v1::ActReversed* act) {
  const v1::CorrectedPosition& standing = WhatStandsAt(context, act->target_position());
  const bool same = standing.has_replaced_position() == act->has_standing_position() &&
                    standing.replaced_position() == act->standing_position();
  const bool gone = standing.reversed() && !standing.has_replaced_position();
  return same && !gone ? absl::OkStatus() : NotStanding(act->target_position());
}

absl::Status Judge(const RuleContext& context, v1::ActRectified* act) {
  const v1::CorrectedPosition& standing = WhatStandsAt(context, act->target_position());
  const bool gone = standing.reversed() && !standing.has_replaced_position();
  if (!gone) return NotStanding(act->target_position());
  context.flags->insert(context.flags->end(), act->flags().begin(), act->flags().end());
  return absl::OkStatus();
}

}  // namespace registre
