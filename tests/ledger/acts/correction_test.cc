// Rules of corrections: what the recorder checks of acts that the correction service has made.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"
#include "tests/support/fake_view.h"
#include "tests/support/rule_cases.h"

namespace registre::testing::correction_test {
namespace {

v1::Correction& AddCorrection(FakeView* view, const std::string& number) {
  v1::Correction* correction = view->RowOf(CorrectionKey(number)).mutable_correction();
  correction->mutable_proposal()->set_correction_number(number);
  correction->set_status(v1::CORRECTION_STATUS_PROPOSED);
  correction->mutable_proposed()->set_subject("admin");
  return *correction;
}

void Decide(v1::CorrectionStatus status, v1::Correction* correction) {
  correction->set_status(status);
  correction->mutable_decided()->set_subject("approver");
  correction->mutable_decided()->set_position(12);
}

v1::CorrectedPosition& Corrected(FakeView* view) {
  v1::CorrectedPosition* row = view->RowOf(CorrectedKey(3)).mutable_corrected_position();
  row->add_correction_numbers("1");
  row->set_reversed(true);
  return *row;
}

TEST(CorrectionProposed, IsNumberedByTheLedger) {
  FakeView view;
  view.OpenLedger().set_corrections(4);
  const auto proposal = Text<v1::CorrectionProposed>(
      "reason: 'essai' authority: 'essai' effective_on { year: 2023 month: 9 day: 1 }");
  v1::CorrectionProposed act = proposal;
  ExpectShape(act);
  ExpectJudged(JudgeOn(view, &act), "", {}, {});
  EXPECT_EQ(act.correction_number(), "5");
  ExpectJudged(JudgeOn(view, &act), "", {}, {});
  act.set_correction_number("4");
  ExpectJudged(JudgeOn(view, &act), "FILLED_DIFFERS", {}, {"correction_number", "5"});
}

TEST(CorrectionApproved, ByAnotherSubjectOnce) {
  RunCases<v1::CorrectionApproved>(
      [](FakeView* view, v1::CorrectionApproved* act) {
        view->OpenLedger();
        AddCorrection(view, "1");
        act->set_correction_number("1");
      },
      {
          {"unknown",
           [](FakeView*, auto* act) { act->set_correction_number("2"); },
           "REFERENCE_UNKNOWN",
           {},
           {"correction 2", "registre correct list"}},
          {"own",
           [](FakeView* view, auto*) {
             AddCorrection(view, "1").mutable_proposed()->set_subject("accountant");
           },
           "FOUR_EYES",
           {},
           {"correction 1 was proposed by accountant"}},
          {"approved",
           [](FakeView* view, auto*) {
             Decide(v1::CORRECTION_STATUS_APPROVED, &AddCorrection(view, "1"));
           },
           "CORRECTION_DECIDED",
           {},
           {"approved by approver at position 12"}},
          {"rejected",
           [](FakeView* view, auto*) {
             Decide(v1::CORRECTION_STATUS_REJECTED, &AddCorrection(view, "1"));
           },
           "CORRECTION_DECIDED",
           {},
           {"rejected by approver at position 12"}},
      });
}

TEST(CorrectionRejected, ByWhoProposedItToo) {
  RunCases<v1::CorrectionRejected>(
      [](FakeView* view, v1::CorrectionRejected* act) {
        view->OpenLedger();
        AddCorrection(view, "1").mutable_proposed()->set_subject("accountant");
        act->set_correction_number("1");
        act->set_reason("essai");
      },
      {
          {"unknown",
           [](FakeView*, auto* act) { act->set_correction_number("2"); },
           "REFERENCE_UNKNOWN",
           {},
           {"correction 2"}},
          {"approved",
           [](FakeView* view, auto*) {
             Decide(v1::CORRECTION_STATUS_APPROVED, &AddCorrection(view, "1"));
           },
           "CORRECTION_DECIDED",
           {},
           {"propose another where something is still wrong"}},
      });
}

// What is reversed is what stands: the act as recorded, or the act_rectified that took its place.
TEST(ActReversed, OfWhatStands) {
  RunCases<v1::ActReversed>(
      [](FakeView* view, v1::ActReversed* act) {
        view->OpenLedger();
        *act = Text<v1::ActReversed>(
            "correction_number: '1' target_position: 3 "
            "effective_on { year: 2023 month: 9 day: 1 } act { "
            "deliberation_published { number: '2023-1' "
            "date { year: 2023 month: 1 day: 2 } } }");
      },
      {
          {"another stands",
           [](FakeView*, auto* act) { act->set_standing_position(7); },
           "CORRECTION_TARGET",
           {},
           {"position 3"}},
          {"the first position",
           [](FakeView*, auto* act) { act->set_standing_position(0); },
           "CORRECTION_TARGET",
           {},
           {"position 3"}},
          {"reversed", [](FakeView* view, auto*) { Corrected(view); }, "CORRECTION_TARGET", {}, {}},
          {"replaced",
           [](FakeView* view, auto*) { Corrected(view).set_replaced_position(7); },
           "CORRECTION_TARGET",
           {},
           {}},
          {"replaced twice",
           [](FakeView* view, auto* act) {
             Corrected(view).set_replaced_position(9);
             act->set_standing_position(7);
           },
           "CORRECTION_TARGET",
           {},
           {}},
          {"what replaces it",
           [](FakeView* view, auto* act) {
             Corrected(view).set_replaced_position(7);
             act->set_standing_position(7);
           },
           "",
           {},
           {}},
      });
}

TEST(ActRectified, WhereNothingStands) {
  RunCases<v1::ActRectified>(
      [](FakeView* view, v1::ActRectified* act) {
        view->OpenLedger();
        Corrected(view);
        *act = Text<v1::ActRectified>(
            "correction_number: '1' target_position: 3 "
            "effective_on { year: 2023 month: 9 day: 1 } act { "
            "deliberation_published { number: '2023-1' "
            "date { year: 2023 month: 1 day: 2 } } }");
      },
      {
          {"as recorded",
           [](FakeView*, auto* act) { act->set_target_position(4); },
           "CORRECTION_TARGET",
           {},
           {"position 4"}},
          {"replaced",
           [](FakeView* view, auto*) { Corrected(view).set_replaced_position(7); },
           "CORRECTION_TARGET",
           {},
           {}},
          {"its flags",
           [](FakeView*, auto* act) {
             v1::Flag* flag = act->add_flags();
             flag->set_rule("REMARK");
             flag->set_severity(v1::SEVERITY_INFORMATION);
           },
           "",
           {"REMARK information"},
           {}},
      });
}

}  // namespace
}  // namespace registre::testing::correction_test
