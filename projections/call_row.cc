// The rows call:<id>.
#include "projections/fold_rows.h"

namespace registre {
namespace {

void FoldOpened(Direction direction, const v1::CallForProjectsOpened& act, v1::Call* row) {
  const v1::CallForProjectsOpened& given = Given(direction, act);
  row->set_call_id(given.call_id());
  row->set_title(given.title());
  row->set_phase(given.phase());
  *row->mutable_thematics() = given.thematics();
  Put(given.has_applications() ? &given.applications() : nullptr, row,
      &v1::Call::mutable_applications_period, &v1::Call::clear_applications_period);
  Put(given.has_date() ? &given.date() : nullptr, row, &v1::Call::mutable_date,
      &v1::Call::clear_date);
}

void FoldAllotments(Direction direction, const v1::DeliberationVoted& act, v1::Call* row) {
  for (const v1::Allotment& allotment : act.allotments()) {
    row->set_allotted_cents(Plus(direction, row->allotted_cents(), allotment.amount_cents()));
  }
}

}  // namespace

void FoldCall(Direction direction, const v1::Event& event, std::string_view /*id*/, v1::Call* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kCallForProjectsOpened:
      FoldOpened(direction, act.call_for_projects_opened(), row);
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kApplicationSubmitted:
      row->set_applications(Counted(direction, row->applications()));
      row->set_requested_cents(
          Plus(direction, row->requested_cents(), act.application_submitted().requested_cents()));
      MentionAssumed(direction, act, row);
      break;
    case v1::Act::kDeliberationVoted:
      // Its call is the one that it answers.
      if (Adopted(act.deliberation_voted())) {
        FoldAllotments(direction, act.deliberation_voted(), row);
        MentionAssumed(direction, act, row, [](std::string_view path) {
          return OfElements(path, "allotments", /*beside=*/false, [](int) { return true; });
        });
      }
      break;
    case v1::Act::kDeliberationAmended:
    case v1::Act::kDeliberationWithdrawn:
    case v1::Act::kDeliberationAnnulled:
    case v1::Act::kAllotmentReduced:
      row->set_allotted_cents(
          Plus(direction, row->allotted_cents(),
               FoldChanges(direction, act, row, [](const v1::AllotmentChange&) { return true; })));
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
