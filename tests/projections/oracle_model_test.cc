// The oracle's model against two lists whose figures were worked out by hand: it is no mirror of
// the folds.
#include "tests/support/oracle_model.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_view.h"

namespace registre::testing::oracle_model_test {
namespace {

// One event an act, each a unit of its own.
std::vector<v1::Event> LogOf(const std::vector<std::string>& acts) {
  std::vector<v1::Event> log;
  for (const std::string& act : acts) {
    v1::Event event;
    event.set_position(log.size());
    event.set_unit_size(1);
    *event.mutable_act() = Text<v1::Act>(act);
    log.push_back(event);
  }
  return log;
}

v1::ReadOptions At(uint64_t position) {
  v1::ReadOptions options;
  options.mutable_as_of()->set_position(position);
  return options;
}

v1::ReadOptions OnDay(const std::string& iso) {
  v1::ReadOptions options;
  *options.mutable_as_of()->mutable_effective_on() = On(iso);
  return options;
}

int64_t Figure(const std::vector<v1::Event>& log, const v1::ReadOptions& options,
               const std::string& figure) {
  const Balances balances = NaiveBalances(log, options);
  const auto found = balances.find(figure);
  return found == balances.end() ? 0 : found->second;
}

// ---- A year of a line: votes, a convention, orders and what becomes of them

const char kOnTranche[] = R"pb(order {
                                 fiscal_year: 2023
                                 mandat: "1"
                                 basis { convention_number: "C1" tranche_id: "T1" }
                                 structure_id: "S1"
                                 budget_code: "L1"
                                 amount_cents: 150
                                 ordered_in_year: 2023
                                 kind: PAYMENT_KIND_ADVANCE
                               })pb";
const char kNet[] = R"pb(order {
                           fiscal_year: 2023
                           mandat: "1"
                           basis { convention_number: "C1" tranche_id: "T1" }
                           structure_id: "S1"
                           budget_code: "L1"
                           amount_cents: 120
                           ordered_in_year: 2023
                           kind: PAYMENT_KIND_ADVANCE
                         })pb";

std::vector<v1::Event> Year() {
  return LogOf({
      R"pb(budget_line_opened {
             code: "L1"
             authorised_cents: 1000
             date { year: 2023 month: 1 day: 1 }
           })pb",
      R"pb(opening_commitment_recorded {
             code: "L1"
             amount_cents: 200
             date { year: 2023 month: 1 day: 1 }
           })pb",
      R"pb(deliberation_voted {
             number: "D1"
             call_id: "AAP"
             date { year: 2023 month: 3 day: 1 }
             result: VOTE_RESULT_ADOPTED
             allotments {
               allotment_id: "A1"
               structure_id: "S1"
               application_number: "7"
               budget_code: "L1"
               amount_cents: 300
             }
             allotments {
               allotment_id: "A2"
               structure_id: "S2"
               budget_code: "L1"
               amount_cents: 100
             }
           })pb",
      R"pb(convention_signed {
             number: "C1"
             structure_id: "S1"
             amount_cents: 250
             signatures { authority_signed_on { year: 2023 month: 4 day: 1 } }
             tranches {
               tranche_id: "T1"
               budget_code: "L1"
               ceiling_cents: 250
               draws { deliberation_number: "D1" allotment_id: "A1" amount_cents: 250 }
             }
           })pb",
      R"pb(payment_ordered {
             fiscal_year: 2023
             mandat: "1"
             basis { convention_number: "C1" tranche_id: "T1" }
             structure_id: "S1"
             budget_code: "L1"
             kind: PAYMENT_KIND_ADVANCE
             amount_cents: 150
             date { year: 2023 month: 5 day: 1 }
           })pb",
      R"pb(payment_ordered {
             fiscal_year: 2023
             mandat: "2"
             basis { deliberation_number: "D1" allotment_id: "A2" }
             structure_id: "S2"
             budget_code: "L1"
             kind: PAYMENT_KIND_SINGLE
             amount_cents: 100
             date { year: 2023 month: 6 day: 1 }
           })pb",
      std::string("payment_accepted {") + kOnTranche + " date { year: 2023 month: 5 day: 10 } }",
      std::string("payment_reduced {") + kOnTranche +
          " reduction_cents: 30 date { year: 2023 month: 5 day: 20 } }",
      std::string("payment_settled {") + kNet + " date { year: 2023 month: 5 day: 25 } }",
      R"pb(payment_rejected {
             order {
               fiscal_year: 2023
               mandat: "2"
               basis { deliberation_number: "D1" allotment_id: "A2" }
               structure_id: "S2"
               budget_code: "L1"
               amount_cents: 100
               ordered_in_year: 2023
               kind: PAYMENT_KIND_SINGLE
             }
             date { year: 2023 month: 6 day: 10 }
           })pb",
      R"pb(commitment_released {
             deliberation_number: "D1"
             allotment_id: "A2"
             structure_id: "S2"
             budget_code: "L1"
             amount_cents: 40
             date { year: 2023 month: 7 day: 1 }
           })pb",
  });
}

TEST(OracleModel, AddsUpAYear) {
  const Balances expected = {
      {"application:7 allotted_cents", 300},
      {"budget_line:L1 authorised_cents", 1000},
      {"budget_line:L1 available_cents", 1000 - 200 - (300 + 100) + 40},
      {"budget_line:L1 contracted_cents", 250},
      {"budget_line:L1 fiscal_years[2023].ordered_cents", 120},
      {"budget_line:L1 fiscal_years[2023].paid_cents", 120},
      {"budget_line:L1 opening_commitment_cents", 200},
      {"budget_line:L1 ordered_cents", 150 - 30 + 100 - 100},
      {"budget_line:L1 paid_cents", 120},
      {"budget_line:L1 released_cents", 40},
      {"budget_line:L1 voted_cents", 400},
      {"call:AAP allotted_cents", 400},
      {"convention:C1 amount_cents", 250},
      {"convention:C1 tranches[T1].ceiling_cents", 250},
      {"convention:C1 tranches[T1].lines[].ordered_cents", 120},
      {"convention:C1 tranches[T1].lines[].paid_cents", 120},
      {"convention:C1 tranches[T1].ordered_cents", 120},
      {"convention:C1 tranches[T1].paid_cents", 120},
      {"deliberation:D1 allotments[A1].amount_cents", 300},
      {"deliberation:D1 allotments[A1].drawn_cents", 250},
      {"deliberation:D1 allotments[A2].amount_cents", 100},
      {"deliberation:D1 allotments[A2].released_cents", 40},
      {"payment:2023-1 amount_cents", 150},
      {"payment:2023-1 paid_cents", 120},
      {"payment:2023-1 reduced_cents", 30},
      {"payment:2023-1 status", v1::PAYMENT_STATUS_SETTLED},
      {"payment:2023-2 amount_cents", 100},
      {"payment:2023-2 status", v1::PAYMENT_STATUS_REJECTED},
      {"structure:S1 allotted_cents", 300},
      {"structure:S1 contracted_cents", 250},
      {"structure:S1 conventions", 1},
      {"structure:S1 last_convention=C1", 1},
      {"structure:S1 ordered_by_year[2023].amount_cents", 120},
      {"structure:S1 ordered_cents", 120},
      {"structure:S1 paid_cents", 120},
      {"structure:S2 allotted_cents", 100},
  };
  EXPECT_EQ(NaiveBalances(Year(), v1::ReadOptions()), expected);
}

TEST(OracleModel, AnswersAtAPointOfBothAxes) {
  const std::vector<v1::Event> log = Year();
  const std::string ordered = "budget_line:L1 ordered_cents";
  const std::string unanswered = "budget_line:L1 fiscal_years[2023].unanswered_orders";
  EXPECT_EQ(Figure(log, At(4), ordered), 150);
  EXPECT_EQ(Figure(log, At(5), ordered), 250);
  EXPECT_EQ(Figure(log, At(5), unanswered), 2);
  EXPECT_EQ(Figure(log, At(6), unanswered), 1);
  EXPECT_EQ(Figure(log, OnDay("2023-05-15"), ordered), 150) << "the second order is of June";
  EXPECT_EQ(Figure(log, OnDay("2023-05-20"), ordered), 120) << "inclusive";
  EXPECT_EQ(Figure(log, OnDay("2023-05-15"), "payment:2023-1 status"), v1::PAYMENT_STATUS_ACCEPTED);
  EXPECT_EQ(Figure(log, OnDay("2023-02-28"), "budget_line:L1 available_cents"), 800);
  v1::ReadOptions both = OnDay("2023-05-21");
  both.mutable_as_of()->set_position(6);
  EXPECT_EQ(Figure(log, both, ordered), 150) << "the reduction is not known yet";
}

TEST(OracleModel, KnowsWholeUnits) {
  std::vector<v1::Event> log = Year();
  for (size_t i = 4; i < 6; ++i) {
    log[i].set_unit_index(static_cast<uint32_t>(i - 4));
    log[i].set_unit_size(2);
  }
  for (v1::Event& event : log) {
    event.mutable_recorded_at()->set_seconds(
        static_cast<int64_t>(event.position() - event.unit_index()));
  }
  EXPECT_EQ(Figure(log, At(4), "budget_line:L1 ordered_cents"), 250) << "a unit is known whole";
  v1::ReadOptions then;
  then.mutable_as_of()->mutable_instant()->set_seconds(3);
  EXPECT_EQ(Figure(log, then, "budget_line:L1 ordered_cents"), 0);
  then.mutable_as_of()->mutable_instant()->set_seconds(4);
  EXPECT_EQ(Figure(log, then, "budget_line:L1 ordered_cents"), 250);
}

// ---- Consequences and corrections

// The same order, put on allotment A2 of line L2.
const char kOnAllotment[] = R"pb(order {
                                   fiscal_year: 2023
                                   mandat: "1"
                                   basis { deliberation_number: "D1" allotment_id: "A2" }
                                   structure_id: "S1"
                                   budget_code: "L2"
                                   amount_cents: 100
                                   ordered_in_year: 2023
                                   kind: PAYMENT_KIND_INSTALMENT
                                 })pb";

std::string Application(int cents) {
  return "application_submitted { number: \"7\" call_id: \"AAP\" structure_id: \"S1\""
         " date { year: 2023 month: 2 day: 15 } requested_cents: " +
         std::to_string(cents) + " }";
}

std::vector<v1::Event> Consequences() {
  const std::string order_before = R"pb(order {
                                          fiscal_year: 2023
                                          mandat: "1"
                                          basis { convention_number: "C1" tranche_id: "T1" }
                                          structure_id: "S1"
                                          budget_code: "L1"
                                          amount_cents: 100
                                          ordered_in_year: 2023
                                          kind: PAYMENT_KIND_INSTALMENT
                                        })pb";
  const std::string tranche =
      R"pb({
             tranche_id: "T1"
             budget_code: "L1"
             ceiling_cents: 200
             draws { deliberation_number: "D1" allotment_id: "A1" amount_cents: 200 }
           })pb";
  std::vector<v1::Event> log = LogOf({
      R"pb(budget_line_opened { code: "L1" authorised_cents: 500 })pb",
      R"pb(budget_line_opened { code: "L2" authorised_cents: 500 })pb",
      R"pb(deliberation_voted {
             number: "D1"
             date { year: 2023 month: 2 day: 1 }
             result: VOTE_RESULT_ADOPTED
             allotments {
               allotment_id: "A1"
               structure_id: "S1"
               budget_code: "L1"
               amount_cents: 200
             }
             allotments {
               allotment_id: "A2"
               structure_id: "S1"
               budget_code: "L2"
               amount_cents: 100
             }
           })pb",
      "convention_signed { number: \"C1\" structure_id: \"S1\" amount_cents: 200"
      " signatures { authority_signed_on { year: 2023 month: 3 day: 1 } } tranches " +
          tranche + " }",
      R"pb(payment_ordered {
             fiscal_year: 2023
             mandat: "1"
             basis { convention_number: "C1" tranche_id: "T1" }
             structure_id: "S1"
             budget_code: "L1"
             kind: PAYMENT_KIND_INSTALMENT
             amount_cents: 100
             date { year: 2023 month: 4 day: 1 }
           })pb",
      "payment_accepted { " + order_before + " date { year: 2023 month: 4 day: 2 } }",
      "payment_settled { " + order_before + " date { year: 2023 month: 4 day: 3 } }",
      "payment_reimputed { " + order_before +
          R"pb(                                                                           basis { deliberation_number: "D1" allotment_id: "A2" }
               budget_code: "L2"
               paid_cents: 100
               date { year: 2023 month: 5 day: 1 }
             })pb",
      std::string("recovery_ordered { ") + kOnAllotment +
          R"pb(                                                                           fiscal_year: 2023
               recovery_number: "R1"
               amount_cents: 60
               date { year: 2023 month: 6 day: 1 }
             })pb",
      std::string("recovery_received { ") + kOnAllotment +
          R"pb(                                                                           recovery_number: "R1"
               amount_cents: 25
               date { year: 2023 month: 6 day: 15 }
             })pb",
      "convention_terminated { convention_number: \"C1\" structure_id: \"S1\""
      " amount_before_cents: 200 date { year: 2023 month: 7 day: 1 } tranches_before " +
          tranche + " }",
      R"pb(deliberation_amended {
             deliberation_number: "D1"
             changes {
               allotment_id: "A1"
               budget_code: "L1"
               structure_id: "S1"
               amount_before_cents: 200
               amount_after_cents: 120
             }
             date { year: 2023 month: 8 day: 1 }
           })pb",
      Application(90),
      "act_reversed { correction_number: \"1\" target_position: 12 replaced: true act { " +
          Application(90) + " } effective_on { year: 2023 month: 9 day: 1 } }",
      "act_rectified { correction_number: \"1\" target_position: 12 act { " + Application(70) +
          " } effective_on { year: 2023 month: 9 day: 1 } }",
  });
  log[13].set_correction_number("1");
  log[14].set_correction_number("1");
  return log;
}

TEST(OracleModel, AddsUpConsequences) {
  const Balances expected = {
      {"application:7 requested_cents", 70},
      {"budget_line:L1 authorised_cents", 500},
      {"budget_line:L1 available_cents", 500 - (200 - 80)},
      {"budget_line:L1 voted_cents", 120},
      {"budget_line:L2 authorised_cents", 500},
      {"budget_line:L2 available_cents", 400},
      {"budget_line:L2 fiscal_years[2023].ordered_cents", 100},
      {"budget_line:L2 fiscal_years[2023].paid_cents", 100},
      {"budget_line:L2 ordered_cents", 100},
      {"budget_line:L2 paid_cents", 100},
      {"budget_line:L2 recovered_cents", 25},
      {"budget_line:L2 recovery_ordered_cents", 60},
      {"budget_line:L2 voted_cents", 100},
      {"call:AAP applications", 1},
      {"call:AAP requested_cents", 70},
      {"deliberation:D1 allotments[A1].amount_cents", 120},
      {"deliberation:D1 allotments[A2].amount_cents", 100},
      {"deliberation:D1 allotments[A2].ordered_cents", 100},
      {"payment:2023-1 amount_cents", 100},
      {"payment:2023-1 paid_cents", 100},
      {"payment:2023-1 recoveries[R1].amount_cents", 60},
      {"payment:2023-1 recoveries[R1].received_cents", 25},
      {"payment:2023-1 status", v1::PAYMENT_STATUS_SETTLED},
      {"structure:S1 allotted_cents", 220},
      {"structure:S1 conventions", 1},
      {"structure:S1 last_convention=C1", 1},
      {"structure:S1 ordered_by_year[2023].amount_cents", 100},
      {"structure:S1 ordered_cents", 100},
      {"structure:S1 paid_cents", 100},
      {"structure:S1 recovered_cents", 25},
      {"structure:S1 recovery_ordered_cents", 60},
      {"structure:S1 requested_cents", 70},
  };
  EXPECT_EQ(NaiveBalances(Consequences(), v1::ReadOptions()), expected);
}

TEST(OracleModel, ACorrectionCountsFromItsDateOn) {
  const std::vector<v1::Event> log = Consequences();
  const std::string requested = "structure:S1 requested_cents";
  EXPECT_EQ(Figure(log, At(12), requested), 90);
  EXPECT_EQ(Figure(log, At(13), requested), 0) << "reversed, and not replaced yet";
  EXPECT_EQ(Figure(log, OnDay("2023-08-31"), requested), 90);
  EXPECT_EQ(Figure(log, OnDay("2023-09-01"), requested), 70);
  EXPECT_EQ(Figure(log, OnDay("2023-02-14"), requested), 0) << "not submitted yet";
  v1::ReadOptions as_recorded;
  as_recorded.set_as_recorded(true);
  EXPECT_EQ(Figure(log, as_recorded, requested), 90);
}

}  // namespace
}  // namespace registre::testing::oracle_model_test
