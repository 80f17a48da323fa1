#include "ledger/acts/act.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "ledger/base/shape.h"
#include "tests/support/fake_view.h"

namespace registre::act_test {
namespace {

using ::testing::ElementsAre;

struct Case {
  const char* act;  // text format
  std::vector<std::string> tags;
  const char* date;  // empty: always
};

// Every reference is set, those of the ledger's filling included.
const std::vector<Case>& Cases() {
  static const auto* cases = new std::vector<Case>{
      {"ledger_opened { date { year: 2023 month: 1 day: 2 } }", {}, "2023-01-02"},
      {"structure_registered { structure_id: 's' }", {"structure:s"}, ""},
      {"structure_registered { structure_id: 's' date { year: 2023 month: 1 day: 2 } }",
       {"structure:s"},
       "2023-01-02"},
      {"structure_updated { structure_id: 's' date { year: 2023 month: 1 day: 2 } }",
       {"structure:s"},
       "2023-01-02"},
      {"budget_line_opened { code: 'c' opened_by { number: '2023-1' } "
       "date { year: 2023 month: 1 day: 2 } }",
       {"budget_line:c", "deliberation:2023-1"},
       "2023-01-02"},
      {"budget_line_opened { code: 'c' opened_by { before_opening { number: '2022-1' } } "
       "date { year: 2023 month: 1 day: 2 } }",
       {"budget_line:c"},
       "2023-01-02"},
      {"budget_line_adjusted { code: 'c' adjusted_by { number: '2023-1' } transfer_with_code: 'd' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"budget_line:c", "budget_line:d", "deliberation:2023-1"},
       "2023-01-02"},
      {"payment_credits_voted { code: 'c' voted_by { number: '2023-1' } "
       "date { year: 2023 month: 1 day: 2 } }",
       {"budget_line:c", "deliberation:2023-1"},
       "2023-01-02"},
      {"opening_commitment_recorded { code: 'c' date { year: 2023 month: 1 day: 2 } }",
       {"budget_line:c"},
       "2023-01-02"},
      {"opening_convention_recorded { number: '2023-00001' structure_id: 's' "
       "signatures { authority_signed_on { year: 2023 month: 1 day: 2 } } "
       "tranches { budget_code: 'c' } tranches { budget_code: 'd' } tranches { budget_code: 'c' } "
       "}",
       {"convention:2023-00001", "structure:s", "budget_line:c", "budget_line:d"},
       "2023-01-02"},
      {"opening_payment_recorded { convention_number: '2023-00001' structure_id: 's' "
       "budget_code: 'c' date { year: 2023 month: 1 day: 2 } }",
       {"convention:2023-00001", "structure:s", "budget_line:c"},
       "2023-01-02"},
      {"opening_closed { date { year: 2023 month: 1 day: 2 } }", {}, "2023-01-02"},
      {"call_for_projects_opened { call_id: 'k' date { year: 2023 month: 1 day: 2 } }",
       {"call:k"},
       "2023-01-02"},
      {"application_submitted { number: 'a' call_id: 'k' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"application:a", "call:k", "structure:s"},
       "2023-01-02"},
      {"application_withdrawn { number: 'a' call_id: 'k' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"application:a", "call:k", "structure:s"},
       "2023-01-02"},
      {"application_instructed { number: 'a' call_id: 'k' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"application:a", "call:k", "structure:s"},
       "2023-01-02"},
      {"session_held { session_id: 'y' second_meeting_of: 'x' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"session:y", "session:x"},
       "2023-01-02"},
      {"session_held { session_id: 'x' date { year: 2023 month: 1 day: 2 } }",
       {"session:x"},
       "2023-01-02"},
      {"report_tabled { session_id: 'x' date { year: 2023 month: 1 day: 2 } }",
       {"session:x"},
       "2023-01-02"},
      {"opinion_given { session_id: 'x' date { year: 2023 month: 1 day: 2 } }",
       {"session:x"},
       "2023-01-02"},
      {"deliberation_voted { number: '2023-1' session_id: 'x' call_id: 'k' "
       "date { year: 2023 month: 1 day: 2 } "
       "allotments { budget_code: 'c' structure_id: 's' application_number: 'a' } "
       "allotments { budget_code: 'c' named_structure_ids: 't' named_structure_ids: 's' } "
       "allotments { budget_code: 'd' } }",
       {"deliberation:2023-1", "session:x", "call:k", "budget_line:c", "structure:s",
        "application:a", "structure:t", "budget_line:d"},
       "2023-01-02"},
      {"deliberation_transmitted { number: '2023-1' date { year: 2023 month: 1 day: 2 } }",
       {"deliberation:2023-1"},
       "2023-01-02"},
      {"deliberation_published { number: '2023-1' date { year: 2023 month: 1 day: 2 } }",
       {"deliberation:2023-1"},
       "2023-01-02"},
      {"convention_signed { number: '2023-00001' structure_id: 's' "
       "signatures { authority_signed_on { year: 2023 month: 1 day: 2 } "
       "structure_signed_on { year: 2023 month: 5 day: 2 } } "
       "tranches { budget_code: 'c' draws { deliberation_number: '2023-1' } "
       "draws { deliberation_number: '2023-2' } } "
       "tranches { budget_code: 'd' draws { deliberation_number: '2023-1' } } }",
       {"convention:2023-00001", "structure:s", "budget_line:c", "deliberation:2023-1",
        "deliberation:2023-2", "budget_line:d"},
       "2023-01-02"},
      {"avenant_signed { convention_number: '2023-00001' structure_id: 's' "
       "authorised_by { number: '2023-3' } "
       "signatures { authority_signed_on { year: 2023 month: 1 day: 2 } } "
       "tranches { budget_code: 'c' draws { deliberation_number: '2023-1' } } "
       "tranches_before { budget_code: 'd' draws { deliberation_number: '2023-2' } } }",
       {"convention:2023-00001", "structure:s", "deliberation:2023-3", "budget_line:c",
        "deliberation:2023-1", "budget_line:d", "deliberation:2023-2"},
       "2023-01-02"},
      {"report_received { convention_number: '2023-00001' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"convention:2023-00001", "structure:s"},
       "2023-01-02"},
      {"report_accepted { convention_number: '2023-00001' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"convention:2023-00001", "structure:s"},
       "2023-01-02"},
      {"convention_closed { number: '2023-00001' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"convention:2023-00001", "structure:s"},
       "2023-01-02"},
      {"service_certified { convention_number: '2023-00001' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"convention:2023-00001", "structure:s"},
       "2023-01-02"},
      {"payment_ordered { fiscal_year: 2023 mandat: '7' basis { convention_number: '2023-00001' } "
       "structure_id: 's' budget_code: 'c' date { year: 2023 month: 1 day: 2 } }",
       {"payment:2023-7", "convention:2023-00001", "structure:s", "budget_line:c"},
       "2023-01-02"},
      {"payment_ordered { fiscal_year: 2023 mandat: '7' basis { deliberation_number: '2023-1' } "
       "structure_id: 's' budget_code: 'c' date { year: 2023 month: 1 day: 2 } }",
       {"payment:2023-7", "deliberation:2023-1", "structure:s", "budget_line:c"},
       "2023-01-02"},
      {"commitment_released { deliberation_number: '2023-1' budget_code: 'c' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"deliberation:2023-1", "budget_line:c", "structure:s"},
       "2023-01-02"},
      {"deliberation_amended { deliberation_number: '2023-1' call_id: 'k' "
       "amended_by { number: '2023-2' } date { year: 2023 month: 1 day: 2 } "
       "changes { budget_code: 'c' structure_id: 's' application_number: 'a' } "
       "changes { budget_code: 'd' } }",
       {"deliberation:2023-1", "call:k", "deliberation:2023-2", "budget_line:c", "structure:s",
        "application:a", "budget_line:d"},
       "2023-01-02"},
      {"deliberation_amended { deliberation_number: '2023-1' "
       "amended_by { before_opening { number: '2022-1' } } date { year: 2023 month: 1 day: 2 } }",
       {"deliberation:2023-1"},
       "2023-01-02"},
      {"deliberation_withdrawn { deliberation_number: '2023-1' call_id: 'k' "
       "withdrawn_by { number: '2023-2' } date { year: 2023 month: 1 day: 2 } "
       "changes { budget_code: 'c' structure_id: 's' application_number: 'a' } }",
       {"deliberation:2023-1", "call:k", "deliberation:2023-2", "budget_line:c", "structure:s",
        "application:a"},
       "2023-01-02"},
      {"deliberation_annulled { deliberation_number: '2023-1' call_id: 'k' "
       "date { year: 2023 month: 1 day: 2 } "
       "changes { budget_code: 'c' structure_id: 's' application_number: 'a' } }",
       {"deliberation:2023-1", "call:k", "budget_line:c", "structure:s", "application:a"},
       "2023-01-02"},
      {"allotment_reduced { deliberation_number: '2023-1' call_id: 'k' "
       "date { year: 2023 month: 1 day: 2 } "
       "change { budget_code: 'c' structure_id: 's' application_number: 'a' } }",
       {"deliberation:2023-1", "call:k", "budget_line:c", "structure:s", "application:a"},
       "2023-01-02"},
      {"convention_terminated { convention_number: '2023-00001' structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } "
       "tranches_before { budget_code: 'c' draws { deliberation_number: '2023-1' } "
       "draws { deliberation_number: '2023-2' } } "
       "tranches { budget_code: 'c' draws { deliberation_number: '2023-1' } } }",
       {"convention:2023-00001", "structure:s", "budget_line:c", "deliberation:2023-1",
        "deliberation:2023-2"},
       "2023-01-02"},
      {"structures_merged { absorbed_structure_id: 's' structure_id: 't' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"structure:s", "structure:t"},
       "2023-01-02"},
      {"payment_reimputed { order { fiscal_year: 2023 mandat: '7' structure_id: 's' "
       "basis { convention_number: '2023-00001' } budget_code: 'c' } "
       "basis { convention_number: '2023-00002' } budget_code: 'd' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"payment:2023-7", "convention:2023-00001", "structure:s", "budget_line:c",
        "convention:2023-00002", "budget_line:d"},
       "2023-01-02"},
      {"payment_reimputed { order { fiscal_year: 2023 mandat: '7' structure_id: 's' "
       "basis { deliberation_number: '2023-1' } budget_code: 'c' } "
       "basis { deliberation_number: '2023-2' } budget_code: 'c' "
       "date { year: 2023 month: 1 day: 2 } }",
       {"payment:2023-7", "deliberation:2023-1", "structure:s", "budget_line:c",
        "deliberation:2023-2"},
       "2023-01-02"},
      {"fiscal_year_closed { fiscal_year: 2023 date { year: 2024 month: 1 day: 31 } "
       "balances { budget_code: 'c' } }",
       {},
       "2024-01-31"},
      // In effect as soon as they are known, whatever they are about.
      {"correction_proposed { correction_number: '7' target { structure_registered { "
       "structure_id: 's' date { year: 2023 month: 1 day: 2 } } } "
       "effective_on { year: 2024 month: 1 day: 2 } }",
       {"correction:7", "structure:s"},
       ""},
      {"correction_approved { correction_number: '7' }", {"correction:7"}, ""},
      {"correction_rejected { correction_number: '7' }", {"correction:7"}, ""},
      // Neither before the correction counts nor before the act itself.
      {"act_reversed { correction_number: '7' act { structure_registered { structure_id: 's' "
       "date { year: 2023 month: 1 day: 2 } } } effective_on { year: 2024 month: 1 day: 2 } }",
       {"correction:7", "structure:s"},
       "2024-01-02"},
      {"act_reversed { correction_number: '7' act { structure_registered { structure_id: 's' "
       "date { year: 2025 month: 1 day: 2 } } } effective_on { year: 2024 month: 1 day: 2 } }",
       {"correction:7", "structure:s"},
       "2025-01-02"},
      {"act_reversed { correction_number: '7' act { structure_registered { structure_id: 's' } } "
       "effective_on { year: 2024 month: 1 day: 2 } }",
       {"correction:7", "structure:s"},
       "2024-01-02"},
      {"act_rectified { correction_number: '7' act { convention_signed { number: '2023-00001' "
       "structure_id: 's' signatures { authority_signed_on { year: 2023 month: 1 day: 2 } } "
       "tranches { budget_code: 'c' } } } effective_on { year: 2022 month: 1 day: 2 } }",
       {"correction:7", "convention:2023-00001", "structure:s", "budget_line:c"},
       "2023-01-02"},
      {"directory_sealed { through_position: 7 count: 2 }", {}, ""},
      {"ledger_restored { previous_origin: 'a' origin: 'b' log_size: 7 }", {}, ""},
  };
  return *cases;
}

TEST(ActTest, TagsAndEffectiveDates) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.act);
    const auto act = testing::Text<v1::Act>(one.act);
    EXPECT_EQ(TagsOf(act), one.tags);
    EXPECT_EQ(EffectiveDateOf(act), *one.date == 0 ? kAlways : ToDays(testing::On(one.date)));
    for (const std::string& tag : TagsOf(act)) EXPECT_TRUE(IsTag(tag)) << tag;
  }
}

TEST(ActTest, WhatFollowsAnOrderCarriesItsTags) {
  for (const char* type :
       {"payment_accepted", "payment_suspended", "payment_rejected", "payment_settled",
        "payment_reduced", "recovery_ordered", "recovery_received"}) {
    SCOPED_TRACE(type);
    const auto act = testing::Text<v1::Act>(
        std::string(type) +
        " { order { fiscal_year: 2023 mandat: '7' basis { convention_number: '2023-00001' } "
        "structure_id: 's' budget_code: 'c' } date { year: 2023 month: 1 day: 2 } }");
    EXPECT_THAT(TagsOf(act), ElementsAre("payment:2023-7", "convention:2023-00001", "structure:s",
                                         "budget_line:c"));
    EXPECT_EQ(EffectiveDateOf(act), ToDays(testing::On("2023-01-02")));
  }
}

TEST(ActTest, EveryActHasACase) {
  std::vector<bool> seen(1000, false);
  for (const Case& one : Cases()) seen[testing::Text<v1::Act>(one.act).act_case()] = true;
  const auto* oneof = v1::Act::descriptor()->FindOneofByName("act");
  for (int i = 0; i < oneof->field_count(); ++i) {
    const auto* field = oneof->field(i);
    const bool order = field->message_type()->FindFieldByName("order") != nullptr;
    EXPECT_TRUE(order || seen[field->number()]) << field->name();
  }
}

TEST(ActTest, ManyTagsAreEachGivenOnce) {
  v1::Act act;
  v1::DeliberationVoted& voted = *act.mutable_deliberation_voted();
  voted.set_number("2023-1");
  for (int i = 0; i < 300; ++i) {
    v1::Allotment& allotment = *voted.add_allotments();
    allotment.set_budget_code("c" + std::to_string(i % 7));
    allotment.set_structure_id("s" + std::to_string(i % 100));
  }
  const std::vector<std::string> tags = TagsOf(act);
  EXPECT_EQ(tags.size(), 1u + 7u + 100u);
  EXPECT_EQ(tags[0], "deliberation:2023-1");
  EXPECT_EQ(tags[1], "budget_line:c0");
  EXPECT_EQ(tags[2], "structure:s0");
  EXPECT_EQ(std::vector<std::string>(tags.begin(), tags.end()), TagsOf(act));
}

TEST(ActTest, NamesGoThereAndBack) {
  const auto* oneof = v1::Act::descriptor()->FindOneofByName("act");
  for (int i = 0; i < oneof->field_count(); ++i) {
    const auto act_case = static_cast<v1::Act::ActCase>(oneof->field(i)->number());
    EXPECT_EQ(ActType(act_case), oneof->field(i)->name());
    EXPECT_EQ(ActCaseOf(oneof->field(i)->name()), act_case);
  }
  EXPECT_EQ(ActType(v1::Act()), "");
  EXPECT_EQ(ActType(static_cast<v1::Act::ActCase>(9999)), "");
  EXPECT_EQ(ActCaseOf("source"), v1::Act::ACT_NOT_SET);
  EXPECT_EQ(ActCaseOf("nothing"), v1::Act::ACT_NOT_SET);
  EXPECT_EQ(ActType(testing::Text<v1::Act>("opening_closed {}")), "opening_closed");
}

}  // namespace
}  // namespace registre::act_test
