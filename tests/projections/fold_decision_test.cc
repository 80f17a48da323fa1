// Rows after what follows a decision: amendments, withdrawals, annulments, reductions,
// terminations, mergers.
#include <gtest/gtest.h>

#include "tests/projections/fold_cases.h"

namespace registre::testing::fold_decision_test {
namespace {

class FoldDecision : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldDecision, AddsUpAndReverts) { CheckCase(GetParam()); }

// ---- Acts

const char kOpened[] = R"pb(budget_line_opened { code: "L1" authorised_cents: 1000 })pb";
// 400 for S1 and 60 for nobody on L1, 7 for S2 on L2.
const char kVoted[] = R"pb(
  deliberation_voted {
    number: "D1"
    call_id: "AAP"
    date { year: 2024 month: 5 day: 13 }
    result: VOTE_RESULT_ADOPTED
    allotments {
      allotment_id: "1"
      structure_id: "S1"
      application_number: "A1"
      amount_cents: 400
      budget_code: "L1"
    }
    allotments { allotment_id: "2" amount_cents: 60 budget_code: "L1" }
    allotments { allotment_id: "3" structure_id: "S2" amount_cents: 7 budget_code: "L2" }
  })pb";
// 50 more for S1, 20 less for nobody, 3 more for S2.
const char kAmended[] = R"pb(
  deliberation_amended {
    deliberation_number: "D1"
    call_id: "AAP"
    amended_by { number: "D2" }
    changes {
      allotment_id: "1"
      budget_code: "L1"
      structure_id: "S1"
      application_number: "A1"
      amount_before_cents: 400
      amount_after_cents: 450
    }
    changes { allotment_id: "2" budget_code: "L1" amount_before_cents: 60 amount_after_cents: 40 }
    changes {
      allotment_id: "3"
      budget_code: "L2"
      structure_id: "S2"
      amount_before_cents: 7
      amount_after_cents: 10
    }
    date { year: 2024 month: 6 day: 3 }
    reason: "essai"
  }
  assumed_fields: "deliberation_amended.date"
  assumed_fields: "deliberation_amended.changes[0].amount_after_cents")pb";
const char kReduced[] = R"pb(
  allotment_reduced {
    deliberation_number: "D1"
    call_id: "AAP"
    change {
      allotment_id: "1"
      budget_code: "L1"
      structure_id: "S1"
      application_number: "A1"
      amount_before_cents: 450
      amount_after_cents: 350
    }
    date { year: 2024 month: 7 day: 1 }
    reason: "essai"
  }
  assumed_fields: "allotment_reduced.change.amount_after_cents")pb";
const char kReleased[] = R"pb(commitment_released {
                                deliberation_number: "D1"
                                allotment_id: "1"
                                budget_code: "L1"
                                structure_id: "S1"
                                amount_cents: 30
                              })pb";
// What was released of the first stays in it.
const char kWithdrawn[] = R"pb(
  deliberation_withdrawn {
    deliberation_number: "D1"
    call_id: "AAP"
    withdrawn_by { number: "D2" }
    changes {
      allotment_id: "1"
      budget_code: "L1"
      structure_id: "S1"
      application_number: "A1"
      amount_before_cents: 400
      amount_after_cents: 30
    }
    changes { allotment_id: "2" budget_code: "L1" amount_before_cents: 60 }
    changes { allotment_id: "3" budget_code: "L2" structure_id: "S2" amount_before_cents: 7 }
    date { year: 2024 month: 6 day: 3 }
    reason: "essai"
  })pb";
// Of the first 200 are drawn.
const char kAnnulled[] = R"pb(
  deliberation_annulled {
    deliberation_number: "D1"
    call_id: "AAP"
    decision: "Tribunal d'essai, n° 1"
    changes {
      allotment_id: "1"
      budget_code: "L1"
      structure_id: "S1"
      application_number: "A1"
      amount_before_cents: 400
      amount_after_cents: 200
    }
    changes { allotment_id: "2" budget_code: "L1" amount_before_cents: 60 }
    changes { allotment_id: "3" budget_code: "L2" structure_id: "S2" amount_before_cents: 7 }
    date { year: 2025 month: 1 day: 14 }
    reason: "essai"
  })pb";
// 150 on L1, of which 50 of before the ledger and 100 of the first allotment.
#define TRANCHE                                                                           \
  "tranche_id: 'T' ceiling_cents: 150 budget_code: 'L1' quantitative_ceiling_cents: 150 " \
  "draws { deliberation_number: 'D1' allotment_id: '1' amount_cents: 100 } "
#define TERMINATED                                       \
  "tranche_id: 'T' ceiling_cents: 60 budget_code: 'L1' " \
  "draws { deliberation_number: 'D1' allotment_id: '1' amount_cents: 10 } "
const char kConvention[] =
    "convention_signed { number: 'C1' structure_id: 'S1' amount_cents: 170 "
    "signatures { authority_signed_on { year: 2024 month: 6 day: 1 } } "
    "tranches { tranche_id: 'S' ceiling_cents: 20 budget_code: 'L2' } tranches { " TRANCHE " } }";
// 60 are ordered on T: the 50 of before the ledger, and 10.
const char kTerminated[] =
    "convention_terminated { convention_number: 'C1' structure_id: 'S1' "
    "ground: TERMINATION_GROUND_BREACH amount_before_cents: 170 amount_after_cents: 80 "
    "tranches_before { " TRANCHE " } tranches { " TERMINATED
    " } "
    "date { year: 2024 month: 9 day: 2 } reason: 'essai' } "
    "assumed_fields: 'convention_terminated.date'";
const char kRegistered[] = R"pb(structure_registered { structure_id: "S1" })pb";
const char kMerged[] = R"pb(structures_merged {
                              absorbed_structure_id: "S1"
                              structure_id: "S2"
                              date { year: 2024 month: 10 day: 1 }
                              deed: "Traité d'essai"
                            }
                            assumed_fields: "structures_merged.date")pb";
const char kOtherMerged[] =
    R"pb(structures_merged { absorbed_structure_id: "S3" structure_id: "S2" })pb";

// ---- Cases

INSTANTIATE_TEST_SUITE_P(
    BudgetLines, FoldDecision,
    ::testing::Values(
        FoldCase{"AmendedAndReduced",
                 "budget_line:L1",
                 {kOpened, kVoted, kAmended, kReduced},
                 R"pb(budget_line {
                        code: "L1"
                        authorised_cents: 1000
                        voted_cents: 390
                        available_cents: 610
                        assumed_fields: "deliberation_amended.date"
                        assumed_fields: "deliberation_amended.changes.amount_after_cents"
                        assumed_fields: "allotment_reduced.change.amount_after_cents"
                        assumed_mentions: 1
                        assumed_mentions: 1
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"AmendedOnAnotherLine",
                 "budget_line:L2",
                 {kVoted, kAmended, kReduced},
                 R"pb(budget_line {
                        voted_cents: 10
                        available_cents: -10
                        assumed_fields: "deliberation_amended.date"
                        assumed_mentions: 1
                      })pb"},
        // What was released is given back once.
        FoldCase{"Withdrawn",
                 "budget_line:L1",
                 {kOpened, kVoted, kReleased, kWithdrawn},
                 R"pb(budget_line {
                        code: "L1"
                        authorised_cents: 1000
                        voted_cents: 30
                        released_cents: 30
                        available_cents: 1000
                      })pb"},
        FoldCase{"Annulled",
                 "budget_line:L1",
                 {kOpened, kVoted, kAnnulled},
                 R"pb(budget_line {
                        code: "L1"
                        authorised_cents: 1000
                        voted_cents: 200
                        available_cents: 800
                      })pb"},
        FoldCase{"Terminated",
                 "budget_line:L1",
                 {kConvention, kTerminated},
                 R"pb(budget_line {
                        contracted_cents: 10
                        assumed_fields: "convention_terminated.date"
                        assumed_mentions: 1
                      })pb"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Deliberations, FoldDecision,
    ::testing::Values(
        FoldCase{"AmendedAndReduced",
                 "deliberation:D1",
                 {kVoted, kAmended, kReduced},
                 R"pb(deliberation {
                        number: "D1"
                        call_id: "AAP"
                        date { year: 2024 month: 5 day: 13 }
                        result: VOTE_RESULT_ADOPTED
                        allotments {
                          allotment {
                            allotment_id: "1"
                            structure_id: "S1"
                            application_number: "A1"
                            amount_cents: 400
                            budget_code: "L1"
                          }
                          amount_cents: 350
                          mentions: 3
                          assumed_fields: "deliberation_amended.date"
                          assumed_fields: "deliberation_amended.changes.amount_after_cents"
                          assumed_fields: "allotment_reduced.change.amount_after_cents"
                          assumed_mentions: 1
                          assumed_mentions: 1
                          assumed_mentions: 1
                        }
                        allotments {
                          allotment { allotment_id: "2" amount_cents: 60 budget_code: "L1" }
                          amount_cents: 40
                          mentions: 2
                          assumed_fields: "deliberation_amended.date"
                          assumed_mentions: 1
                        }
                        allotments {
                          allotment {
                            allotment_id: "3"
                            structure_id: "S2"
                            amount_cents: 7
                            budget_code: "L2"
                          }
                          amount_cents: 10
                          mentions: 2
                          assumed_fields: "deliberation_amended.date"
                          assumed_mentions: 1
                        }
                        changes {
                          type: "deliberation_amended"
                          date { year: 2024 month: 6 day: 3 }
                          by { number: "D2" }
                          reason: "essai"
                          position: 1
                        }
                        changes {
                          type: "allotment_reduced"
                          date { year: 2024 month: 7 day: 1 }
                          reason: "essai"
                          position: 2
                        }
                        assumed_fields: "deliberation_amended.date"
                        assumed_fields: "deliberation_amended.changes[0].amount_after_cents"
                        assumed_fields: "allotment_reduced.change.amount_after_cents"
                      })pb"},
        // The vote was skipped.
        FoldCase{"Withdrawn",
                 "deliberation:D1",
                 {kReleased, kWithdrawn},
                 R"pb(deliberation {
                        allotments {
                          allotment { allotment_id: "1" }
                          amount_cents: -370
                          released_cents: 30
                          mentions: 2
                        }
                        allotments {
                          allotment { allotment_id: "2" }
                          amount_cents: -60
                          mentions: 1
                        }
                        allotments {
                          allotment { allotment_id: "3" }
                          amount_cents: -7
                          mentions: 1
                        }
                        changes {
                          type: "deliberation_withdrawn"
                          date { year: 2024 month: 6 day: 3 }
                          by { number: "D2" }
                          reason: "essai"
                          position: 1
                        }
                        withdrawn_on { year: 2024 month: 6 day: 3 }
                      })pb"},
        FoldCase{"Annulled",
                 "deliberation:D1",
                 {kAnnulled},
                 R"pb(deliberation {
                        allotments {
                          allotment { allotment_id: "1" }
                          amount_cents: -200
                          mentions: 1
                        }
                        allotments {
                          allotment { allotment_id: "2" }
                          amount_cents: -60
                          mentions: 1
                        }
                        allotments {
                          allotment { allotment_id: "3" }
                          amount_cents: -7
                          mentions: 1
                        }
                        changes {
                          type: "deliberation_annulled"
                          date { year: 2025 month: 1 day: 14 }
                          reason: "essai"
                          position: 0
                          decision: "Tribunal d'essai, n° 1"
                        }
                        annulled_on { year: 2025 month: 1 day: 14 }
                      })pb"},
        FoldCase{"Terminated",
                 "deliberation:D1",
                 {kConvention, kTerminated},
                 R"pb(deliberation {
                        allotments {
                          allotment { allotment_id: "1" }
                          drawn_cents: 10
                          mentions: 3
                          assumed_fields: "convention_terminated.date"
                          assumed_mentions: 2
                        }
                      })pb"},
        // The one that amends and withdraws another does not change.
        FoldCase{"Decides", "deliberation:D2", {kAmended, kWithdrawn}, ""}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Conventions, FoldDecision,
    ::testing::Values(FoldCase{
        "Terminated",
        "convention:C1",
        {kConvention, kTerminated},
        "convention { number: 'C1' structure_id: 'S1' signed_on { year: 2024 month: 6 day: 1 } "
        "initial_amount_cents: 170 amount_cents: 80 "
        "tranches { tranche { tranche_id: 'S' ceiling_cents: 20 budget_code: 'L2' } mentions: 1 "
        "signed_on { year: 2024 month: 6 day: 1 } } "
        "tranches { tranche { " TERMINATED " } mentions: 2 "
        "signed_on { year: 2024 month: 6 day: 1 } } "
        "terminated_on { year: 2024 month: 9 day: 2 } "
        "assumed_fields: 'convention_terminated.date' assumed_mentions: 1 }"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Structures, FoldDecision,
    ::testing::Values(
        FoldCase{"AmendedAndReduced",
                 "structure:S1",
                 {kVoted, kAmended, kReduced},
                 R"pb(structure {
                        allotted_cents: 350
                        assumed_fields: "deliberation_amended.date"
                        assumed_fields: "deliberation_amended.changes.amount_after_cents"
                        assumed_fields: "allotment_reduced.change.amount_after_cents"
                        assumed_mentions: 1
                        assumed_mentions: 1
                        assumed_mentions: 1
                      })pb"},
        FoldCase{
            "Withdrawn", "structure:S1", {kVoted, kReleased, kWithdrawn}, R"pb(structure {
                                                                                 allotted_cents: 30
                                                                               })pb"},
        FoldCase{"Annulled", "structure:S1", {kVoted, kAnnulled}, R"pb(structure {
                                                                         allotted_cents: 200
                                                                       })pb"},
        FoldCase{"Terminated",
                 "structure:S1",
                 {kConvention, kTerminated},
                 R"pb(structure {
                        contracted_cents: 80
                        conventions: 1
                        last_convention: "C1"
                        assumed_fields: "convention_terminated.date"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"Absorbed",
                 "structure:S1",
                 {kRegistered, kMerged},
                 R"pb(structure {
                        structure_id: "S1"
                        identity {}
                        merged_into: "S2"
                        merged_on { year: 2024 month: 10 day: 1 }
                        assumed_fields: "structures_merged.date"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"Absorbs",
                 "structure:S2",
                 {kMerged, kOtherMerged},
                 R"pb(structure {
                        absorbed_structure_ids: "S1"
                        absorbed_structure_ids: "S3"
                        assumed_fields: "structures_merged.date"
                        assumed_mentions: 1
                      })pb"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    CallsAndApplications, FoldDecision,
    ::testing::Values(
        FoldCase{"CallAmendedAndReduced",
                 "call:AAP",
                 {kVoted, kAmended, kReduced},
                 R"pb(call {
                        allotted_cents: 400
                        assumed_fields: "deliberation_amended.date"
                        assumed_fields: "deliberation_amended.changes.amount_after_cents"
                        assumed_fields: "allotment_reduced.change.amount_after_cents"
                        assumed_mentions: 1
                        assumed_mentions: 1
                        assumed_mentions: 1
                      })pb"},
        FoldCase{
            "CallAnnulled", "call:AAP", {kVoted, kAnnulled}, R"pb(call { allotted_cents: 200 })pb"},
        FoldCase{
            "CallWithdrawn", "call:AAP", {kVoted, kReleased, kWithdrawn}, R"pb(call {
                                                                                 allotted_cents: 30
                                                                               })pb"},
        FoldCase{"ApplicationWithdrawn",
                 "application:A1",
                 {kVoted, kWithdrawn},
                 R"pb(application { deliberations: "D1" allotted_cents: 30 })pb"},
        FoldCase{"ApplicationAmended",
                 "application:A1",
                 {kVoted, kAmended},
                 R"pb(application {
                        deliberations: "D1"
                        allotted_cents: 450
                        assumed_fields: "deliberation_amended.date"
                        assumed_fields: "deliberation_amended.changes.amount_after_cents"
                        assumed_mentions: 1
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"ApplicationReduced",
                 "application:A1",
                 {kReduced},
                 R"pb(application {
                        allotted_cents: -100
                        assumed_fields: "allotment_reduced.change.amount_after_cents"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{
            "ApplicationAnnulled", "application:A1", {kVoted, kAnnulled}, R"pb(application {
                                                                                 deliberations: "D1"
                                                                                 allotted_cents: 200
                                                                               })pb"}),
    CaseName());

#undef TERMINATED
#undef TRANCHE

}  // namespace
}  // namespace registre::testing::fold_decision_test
