// The rows correction:<number> and corrected:<position>.
#include "projections/fold_rows.h"

namespace registre {
namespace {

v1::CorrectionStep StepOf(const v1::Event& event) {
  v1::CorrectionStep step;
  step.set_subject(event.actor().subject());
  *step.mutable_recorded_at() = event.recorded_at();
  step.set_position(event.position());
  return step;
}

void FoldDecided(Direction direction, const v1::Event& event, v1::CorrectionStatus status,
                 const std::string& reason, v1::Correction* row) {
  const bool applied = direction == Direction::kApply;
  row->set_status(applied ? status : v1::CORRECTION_STATUS_PROPOSED);
  const v1::CorrectionStep step = StepOf(event);
  Put(applied ? &step : nullptr, row, &v1::Correction::mutable_decided,
      &v1::Correction::clear_decided);
  row->set_rejected_because(applied ? reason : std::string());
}

}  // namespace

void FoldCorrection(Direction direction, const v1::Event& event, v1::Correction* row) {
  const bool applied = direction == Direction::kApply;
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kCorrectionProposed: {
      Put(applied ? &act.correction_proposed() : nullptr, row, &v1::Correction::mutable_proposal,
          &v1::Correction::clear_proposal);
      const v1::CorrectionStep step = StepOf(event);
      Put(applied ? &step : nullptr, row, &v1::Correction::mutable_proposed,
          &v1::Correction::clear_proposed);
      row->set_status(applied ? v1::CORRECTION_STATUS_PROPOSED : v1::CORRECTION_STATUS_UNSPECIFIED);
      break;
    }
    case v1::Act::kCorrectionApproved:
      FoldDecided(direction, event, v1::CORRECTION_STATUS_APPROVED, "", row);
      break;
    case v1::Act::kCorrectionRejected:
      FoldDecided(direction, event, v1::CORRECTION_STATUS_REJECTED,
                  act.correction_rejected().reason(), row);
      break;
    default:  // says nothing of this row
      break;
  }
}

// Reversing takes away what stands at the position; rectifying puts the act of this event there.
void FoldCorrected(Direction direction, const v1::Event& event, v1::CorrectedPosition* row) {
  const bool applied = direction == Direction::kApply;
  const v1::Act& act = event.act();
  if (act.has_act_reversed()) {
    const v1::ActReversed& reversed = act.act_reversed();
    row->set_reversed(applied || reversed.has_standing_position());
    row->clear_replaced_position();
    if (!applied && reversed.has_standing_position()) {
      row->set_replaced_position(reversed.standing_position());
    }
    Appended(direction, act.act_reversed().correction_number(), row->mutable_correction_numbers());
  } else if (act.has_act_rectified()) {
    if (applied) {
      row->set_replaced_position(event.position());
    } else {
      row->clear_replaced_position();
    }
  }
}

}  // namespace registre
