// cmd/registre/schedule.h: when a scheduled payment is due.
#include <gtest/gtest.h>

#include "cmd/registre/progress.h"
#include "cmd/registre/schedule.h"
#include "tests/cmd/registre_fixture.h"

namespace registre::cli::registre_schedule_test {
namespace {

// A convention signed on 3 July with one tranche and one line of that trigger.
v1::Convention WithTrigger(v1::TriggerKind trigger) {
  v1::Convention convention;
  *convention.mutable_signed_on() = Day(2023, 7, 3);
  v1::ScheduleLine* line = convention.add_tranches()->mutable_tranche()->add_schedule();
  line->set_line_id("avance");
  line->set_amount_cents(2400000);
  line->set_trigger(trigger);
  line->set_trigger_avenant(2);
  return convention;
}

std::string Due(const v1::Convention& convention) { return DueText(ScheduleOf(convention).at(0)); }

TEST(Schedule, ASignatureMakesItDue) {
  EXPECT_EQ(Due(WithTrigger(v1::TRIGGER_KIND_CONVENTION_SIGNED)), "due depuis le 03/07/2023");
}

TEST(Schedule, ItsAvenantMakesItDueAndNoOther) {
  v1::Convention convention = WithTrigger(v1::TRIGGER_KIND_AVENANT_SIGNED);
  convention.add_avenants()->set_avenant_number(1);
  EXPECT_EQ(Due(convention), "en attente");
  EXPECT_EQ(ScheduleOf(convention)[0].trigger, "signature de l'avenant n° 2");
  v1::AvenantState* second = convention.add_avenants();
  second->set_avenant_number(2);
  *second->mutable_signed_on() = Day(2023, 10, 2);
  EXPECT_EQ(Due(convention), "due depuis le 02/10/2023");
}

TEST(Schedule, WhatRestsOnAnAssumedActIsMarked) {
  v1::Convention convention = WithTrigger(v1::TRIGGER_KIND_CONVENTION_SIGNED);
  convention.add_assumed_fields("convention_signed.number");
  EXPECT_EQ(Due(convention), "due depuis le 03/07/2023");
  convention.add_assumed_fields("convention_signed.signatures.authority_signed_on");
  EXPECT_EQ(Due(convention), "due depuis le 03/07/2023*");
  v1::ScheduleLineState* ordered = convention.mutable_tranches(0)->add_lines();
  ordered->set_line_id("avance");
  ordered->set_ordered_cents(2400000);
  EXPECT_EQ(Due(convention), "mandatée");
  ordered->add_assumed_fields("payment_ordered");
  EXPECT_EQ(Due(convention), "mandatée*");
}

TEST(Schedule, ADateIsNotJudged) {
  v1::Convention convention = WithTrigger(v1::TRIGGER_KIND_DATE);
  *convention.mutable_tranches(0)->mutable_tranche()->mutable_schedule(0)->mutable_due_on() =
      Day(2024, 1, 31);
  EXPECT_EQ(Due(convention), "due le 31/01/2024");
}

TEST(Schedule, ABilanOrAServiceDone) {
  v1::Convention report = WithTrigger(v1::TRIGGER_KIND_REPORT_ACCEPTED);
  EXPECT_EQ(Due(report), "en attente");
  *report.mutable_tranches(0)->mutable_report_received_on() = Day(2024, 3, 1);
  EXPECT_EQ(Due(report), "en attente");
  *report.mutable_tranches(0)->mutable_report_accepted_on() = Day(2024, 3, 8);
  EXPECT_EQ(Due(report), "due depuis le 08/03/2024");
  v1::Convention statement = WithTrigger(v1::TRIGGER_KIND_STATEMENT_CHECKED);
  EXPECT_EQ(Due(statement), "en attente");
  statement.mutable_tranches(0)->set_certified_cents(1);
  EXPECT_EQ(Due(statement), "due");
}

TEST(Schedule, NothingAwaited) {
  EXPECT_EQ(Due(WithTrigger(v1::TRIGGER_KIND_UNSPECIFIED)), "à mandater");
}

TEST(Schedule, TheNextIsTheFirstOneDueOrElseTheFirst) {
  v1::Convention convention = WithTrigger(v1::TRIGGER_KIND_REPORT_ACCEPTED);
  *convention.add_tranches() = WithTrigger(v1::TRIGGER_KIND_CONVENTION_SIGNED).tranches(0);
  EXPECT_EQ(NextDue(ScheduleOf(convention))->tranche, &convention.tranches(1));
  v1::ScheduleLineState* ordered = convention.mutable_tranches(1)->add_lines();
  ordered->set_line_id("avance");
  ordered->set_ordered_cents(2400000);
  const std::vector<DueLine> lines = ScheduleOf(convention);
  EXPECT_EQ(NextDue(lines)->tranche, &convention.tranches(0));
  EXPECT_EQ(DueText(lines[1]), "mandatée");
  EXPECT_EQ(lines[1].left_cents, 0);
  EXPECT_EQ(NextDue({}), nullptr);
}

TEST(Progress, ABarWithItsShare) {
  EXPECT_EQ(ProgressLine(0, 0, "12 acts"), "12 acts");
  EXPECT_EQ(ProgressLine(0, 10, "0 acts"), "[------------------------------]   0 %  0 acts");
  EXPECT_EQ(ProgressLine(5, 10, "x"), "[###############---------------]  50 %  x");
  EXPECT_EQ(ProgressLine(11, 10, "x"), "[##############################] 100 %  x");
}

}  // namespace
}  // namespace registre::cli::registre_schedule_test
