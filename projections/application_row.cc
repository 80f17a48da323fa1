// The rows application:<number>.
#include "projections/fold_rows.h"

namespace registre {
namespace {

void FoldSubmitted(Direction direction, const v1::ApplicationSubmitted& act, v1::Application* row) {
  const v1::ApplicationSubmitted& given = Given(direction, act);
  row->set_number(given.number());
  row->set_call_id(given.call_id());
  row->set_thematic(given.thematic());
  row->set_operation(given.operation());
  row->set_structure_id(given.structure_id());
  row->set_requested_cents(given.requested_cents());
  row->set_structure_name_as_written(given.structure_name_as_written());
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::Application::mutable_submitted_on,
      &v1::Application::clear_submitted_on);
}

// Without an instruction before, there is none to go back to, whatever `before` says.
void FoldInstructed(Direction direction, const v1::ApplicationInstructed& act,
                    v1::Application* row) {
  row->set_instructions(Counted(direction, row->instructions()));
  const v1::Instruction* instruction =
      direction == Direction::kApply ? &act.instruction() : &act.before();
  Put(row->instructions() > 0 ? instruction : nullptr, row, &v1::Application::mutable_instruction,
      &v1::Application::clear_instruction);
}

void FoldAllotments(Direction direction, const v1::Act& act, std::string_view number,
                    v1::Application* row) {
  const v1::DeliberationVoted& vote = act.deliberation_voted();
  const auto is_of_it = [&](const v1::Allotment& allotment) {
    return allotment.application_number() == number;
  };
  bool allotted = false;
  for (const v1::Allotment& allotment : vote.allotments()) {
    if (!is_of_it(allotment)) continue;
    allotted = true;
    row->set_allotted_cents(Plus(direction, row->allotted_cents(), allotment.amount_cents()));
  }
  if (!allotted) return;
  Appended(direction, vote.number(), row->mutable_deliberations());
  MentionAssumed(direction, act, row, [&](std::string_view path) {
    return OfElements(path, "allotments", /*beside=*/false, [&](int i) {
      return i < vote.allotments_size() && is_of_it(vote.allotments(i));
    });
  });
}

}  // namespace

void FoldApplication(Direction direction, const v1::Event& event, std::string_view id,
                     v1::Application* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kApplicationSubmitted:
      FoldSubmitted(direction, act.application_submitted(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kApplicationWithdrawn:
      Put(direction == Direction::kApply ? &act.application_withdrawn().date() : nullptr, row,
          &v1::Application::mutable_withdrawn_on, &v1::Application::clear_withdrawn_on);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kApplicationInstructed:
      FoldInstructed(direction, act.application_instructed(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kDeliberationVoted:
      if (Adopted(act.deliberation_voted())) {
        FoldAllotments(direction, act, id, row);
      }
      break;
    case v1::Act::kDeliberationAmended:
    case v1::Act::kDeliberationWithdrawn:
    case v1::Act::kDeliberationAnnulled:
    case v1::Act::kAllotmentReduced:
      row->set_allotted_cents(
          Plus(direction, row->allotted_cents(),
               FoldChanges(direction, act, row, [&](const v1::AllotmentChange& change) {
                 return change.application_number() == id;
               })));
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
