// The rows session:<id>.
#include "projections/fold_rows.h"

namespace registre {
namespace {

using Reports = google::protobuf::RepeatedPtrField<v1::Report>;

// Folds into a report, which its tabling or an opinion brings in and which goes when neither is
// left.
template <typename Change>
void FoldReport(Direction direction, const std::string& number, Reports* reports, Change change) {
  int at = reports->size() - 1;
  while (at >= 0 && reports->Get(at).report_number() != number) --at;
  if (direction == Direction::kApply) {
    v1::Report* report = at >= 0 ? reports->Mutable(at) : reports->Add();
    report->set_report_number(number);
    change(report);
    return;
  }
  if (at < 0) return;
  v1::Report* report = reports->Mutable(at);
  change(report);
  if (!report->tabled() && report->opinions_size() == 0) reports->DeleteSubrange(at, 1);
}

void FoldTabled(Direction direction, const v1::ReportTabled& act, v1::Session* row) {
  const v1::ReportTabled& given = Given(direction, act);
  FoldReport(direction, act.report_number(), row->mutable_reports(), [&](v1::Report* report) {
    report->set_title(given.title());
    *report->mutable_budget() = given.budget();
    report->set_tabled(direction == Direction::kApply);
  });
}

void FoldOpinion(Direction direction, const v1::OpinionGiven& act, v1::Session* row) {
  v1::Opinion opinion;
  opinion.set_commission(act.commission());
  opinion.set_opinion(act.opinion());
  if (act.has_date()) *opinion.mutable_date() = act.date();
  FoldReport(direction, act.report_number(), row->mutable_reports(),
             [&](v1::Report* report) { Appended(direction, opinion, report->mutable_opinions()); });
}

// A second meeting also names the first.
void FoldHeld(Direction direction, const v1::Act& act, std::string_view id, v1::Session* row) {
  const v1::SessionHeld& held = act.session_held();
  if (held.session_id() != id) {
    row->set_second_meeting_id(Given(direction, held).session_id());
    return;
  }
  Put(direction == Direction::kApply ? &held : nullptr, row, &v1::Session::mutable_held,
      &v1::Session::clear_held);
  FoldAssumedFields(direction, act, row->mutable_assumed_fields());
}

}  // namespace

void FoldSession(Direction direction, const v1::Event& event, std::string_view id,
                 v1::Session* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kSessionHeld:
      FoldHeld(direction, act, id, row);
      break;
    case v1::Act::kReportTabled:
      FoldTabled(direction, act.report_tabled(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kOpinionGiven:
      FoldOpinion(direction, act.opinion_given(), row);
      FoldAssumedFields(direction, act, row->mutable_assumed_fields());
      break;
    case v1::Act::kDeliberationVoted:
      Appended(direction, act.deliberation_voted().number(), row->mutable_deliberations());
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
