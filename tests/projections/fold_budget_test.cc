// Rows of budget lines and structures, and the lookups by SIRET and SIREN.
#include <gtest/gtest.h>

#include "tests/projections/fold_cases.h"

namespace registre::testing::fold_budget_test {
namespace {

class FoldBudget : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldBudget, AddsUpAndReverts) { CheckCase(GetParam()); }

// ---- Acts

const char kOpened[] = R"pb(budget_line_opened {
                              code: "L1"
                              nature: "6568"
                              function: "93446"
                              label: "Ligne"
                              authorised_cents: 1000
                              date { year: 2024 month: 1 day: 1 }
                            }
                            assumed_fields: "budget_line_opened.date")pb";
const char kAdjusted[] = R"pb(budget_line_adjusted {
                                code: "L1"
                                authorised_before_cents: 1000
                                authorised_after_cents: 1500
                                adjusted_by { number: "D1" }
                                transfer_with_code: "L2"
                              }
                              assumed_fields: "budget_line_adjusted.reason")pb";
#define GIVEN_UP(number, before, after)                                \
  "budget_line_adjusted { code: 'L2' authorised_before_cents: " before \
  " authorised_after_cents: " after " adjusted_by { number: '" number  \
  "' } transfer_with_code: 'L1' }"
const char kGivenUp[] = GIVEN_UP("D1", "1000", "400");
const char kGivenUpMore[] = GIVEN_UP("D1", "400", "300");
const char kGivenUpElsewhere[] = GIVEN_UP("D2", "300", "290");
const char kCredits[] =
    R"pb(payment_credits_voted { code: "L1" fiscal_year: 2024 credits_after_cents: 900 })pb";
const char kCreditsAgain[] = R"pb(payment_credits_voted {
                                    code: "L1"
                                    fiscal_year: 2024
                                    credits_before_cents: 900
                                    credits_after_cents: 700
                                  })pb";
const char kNoCredits[] = R"pb(payment_credits_voted { code: "L1" fiscal_year: 2024 })pb";
const char kCommitment[] = R"pb(opening_commitment_recorded { code: "L1" amount_cents: 300 }
                                assumed_fields: "a"
                                assumed_fields: "b")pb";
// 200 on L1 of which nothing is drawn; 50 on another line.
const char kOpeningConvention[] =
    R"pb(opening_convention_recorded {
           number: "C0"
           structure_id: "S1"
           amount_cents: 250
           tranches { tranche_id: "T0" ceiling_cents: 200 budget_code: "L1" }
           tranches { tranche_id: "T1" ceiling_cents: 50 budget_code: "L2" }
         })pb";
const char kOpeningPayment[] = R"pb(opening_payment_recorded {
                                      convention_number: "C0"
                                      tranche_id: "T0"
                                      structure_id: "S1"
                                      budget_code: "L1"
                                      fiscal_year: 2023
                                      amount_cents: 120
                                      date { year: 2024 month: 1 day: 10 }
                                    })pb";
const char kAdopted[] =
    R"pb(deliberation_voted {
           number: "D1"
           result: VOTE_RESULT_ADOPTED
           allotments { allotment_id: "1" structure_id: "S1" amount_cents: 400 budget_code: "L1" }
           allotments {
             allotment_id: "2"
             named_structure_ids: "S2"
             named_structure_ids: "S1"
             amount_cents: 60
             budget_code: "L1"
           }
           allotments { allotment_id: "3" structure_id: "S2" amount_cents: 7 budget_code: "L2" }
         })pb";
const char kRejected[] =
    R"pb(deliberation_voted {
           number: "D2"
           result: VOTE_RESULT_REJECTED
           allotments { allotment_id: "1" structure_id: "S1" amount_cents: 400 budget_code: "L1" }
           allotments {
             allotment_id: "2"
             named_structure_ids: "S1"
             amount_cents: 1
             budget_code: "L1"
           }
         })pb";
const char kConvention[] =
    R"pb(convention_signed {
           number: "C1"
           structure_id: "S1"
           amount_cents: 310
           previous_convention: "C0"
           tranches {
             tranche_id: "T0"
             ceiling_cents: 300
             budget_code: "L1"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 250 }
             draws { deliberation_number: "D1" allotment_id: "2" amount_cents: 50 }
           }
           tranches {
             tranche_id: "T1"
             ceiling_cents: 10
             budget_code: "L2"
             draws { deliberation_number: "D1" allotment_id: "3" amount_cents: 10 }
           }
         })pb";
// T0 of the opening convention: 40 more, 30 of it drawn, so 10 more of what was committed before.
const char kAvenant[] =
    R"pb(avenant_signed {
           convention_number: "C0"
           avenant_number: 1
           structure_id: "S1"
           amount_before_cents: 250
           delta_cents: 40
           amount_after_cents: 290
           tranches {
             tranche_id: "T0"
             ceiling_cents: 240
             budget_code: "L1"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 30 }
           }
           tranches_before { tranche_id: "T0" ceiling_cents: 200 budget_code: "L1" }
         })pb";
// T0 of convention C1 moves to another line, and loses 20.
const char kAvenantMoves[] =
    R"pb(avenant_signed {
           convention_number: "C1"
           avenant_number: 1
           structure_id: "S1"
           amount_before_cents: 310
           delta_cents: -20
           amount_after_cents: 290
           tranches {
             tranche_id: "T0"
             ceiling_cents: 280
             budget_code: "L2"
             draws { deliberation_number: "D1" allotment_id: "3" amount_cents: 280 }
           }
           tranches_before {
             tranche_id: "T0"
             ceiling_cents: 300
             budget_code: "L1"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 250 }
             draws { deliberation_number: "D1" allotment_id: "2" amount_cents: 50 }
           }
         })pb";
// Fiscal year 2024, ordered in January 2025.
const char kOrdered[] = R"pb(payment_ordered {
                               fiscal_year: 2024
                               mandat: "1"
                               basis { convention_number: "C1" tranche_id: "T0" }
                               structure_id: "S1"
                               budget_code: "L1"
                               amount_cents: 90
                               date { year: 2025 month: 1 day: 20 }
                             })pb";
#define ORDER_OF(amount)                                                        \
  "order { fiscal_year: 2024 mandat: '1' structure_id: 'S1' budget_code: 'L1' " \
  "amount_cents: " amount                                                       \
  " ordered_in_year: 2025 basis { convention_number: 'C1' tranche_id: 'T0' } }"
const char kReduced[] = "payment_reduced { " ORDER_OF("90") " reduction_cents: 15 }";
const char kRejectedOrder[] = "payment_rejected { " ORDER_OF("75") " }";
const char kAccepted[] = "payment_accepted { " ORDER_OF("75") " }";
const char kSuspended[] = "payment_suspended { " ORDER_OF("75") " }";
const char kSettled[] = "payment_settled { " ORDER_OF("75") " }";
const char kReleased[] = R"pb(commitment_released {
                                deliberation_number: "D1"
                                allotment_id: "1"
                                budget_code: "L1"
                                structure_id: "S1"
                                amount_cents: 25
                              })pb";
const char kRegistered[] = R"pb(structure_registered {
                                  structure_id: "S1"
                                  identity { name: "Essai" siret: "00000000000018" }
                                  date { year: 2024 month: 1 day: 2 }
                                }
                                assumed_fields: "x")pb";
const char kRegisteredBare[] = R"pb(structure_registered {
                                      structure_id: "S1"
                                      identity { name: "Essai" }
                                    })pb";
const char kRegisteredOther[] = R"pb(structure_registered {
                                       structure_id: "S2"
                                       identity { name: "Autre" siret: "00000000000018" }
                                     })pb";
const char kMoved[] = R"pb(structure_updated {
                             structure_id: "S1"
                             before { name: "Essai" siret: "00000000000018" }
                             after { name: "Essai" siret: "00000000000026" }
                             date { year: 2024 month: 3 day: 1 }
                           }
                           assumed_fields: "y")pb";
const char kRenamed[] = R"pb(structure_updated {
                               structure_id: "S1"
                               before { name: "Essai" siret: "00000000000026" }
                               after { name: "Nouveau" siret: "00000000000026" }
                               date { year: 2024 month: 4 day: 1 }
                             })pb";
const char kLostSiret[] = R"pb(structure_updated {
                                 structure_id: "S1"
                                 before { name: "Nouveau" siret: "00000000000026" }
                                 after { name: "Nouveau" }
                                 date { year: 2024 month: 5 day: 1 }
                               })pb";
const char kApplied[] = R"pb(application_submitted {
                               number: "A1"
                               call_id: "AAP"
                               structure_id: "S1"
                               requested_cents: 500
                             })pb";
const char kWithdrawn[] =
    R"pb(application_withdrawn { number: "A1" call_id: "AAP" structure_id: "S1" })pb";

// Assumed: the whole of the second tranche, which is on L2, and the amount of the first allotment,
// on L1; what else is assumed of a vote is not about its lines.
const char kConventionAssumed[] =
    R"pb(convention_signed {
           number: "C1"
           structure_id: "S1"
           amount_cents: 30
           tranches {
             tranche_id: "T0"
             ceiling_cents: 20
             budget_code: "L1"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 20 }
           }
           tranches {
             tranche_id: "T1"
             ceiling_cents: 10
             budget_code: "L2"
             draws { deliberation_number: "D1" allotment_id: "3" amount_cents: 10 }
           }
         }
         assumed_fields: "convention_signed.number"
         assumed_fields: "convention_signed.tranches[1].ceiling_cents")pb";
const char kAdoptedAssumed[] =
    R"pb(deliberation_voted {
           number: "D1"
           result: VOTE_RESULT_ADOPTED
           allotments { allotment_id: "1" structure_id: "S1" amount_cents: 400 budget_code: "L1" }
           allotments { allotment_id: "3" structure_id: "S2" amount_cents: 7 budget_code: "L2" }
         }
         assumed_fields: "deliberation_voted.call_id"
         assumed_fields: "deliberation_voted.allotments[0].amount_cents")pb";
const char kOrderAssumed[] = R"pb(payment_ordered {
                                    fiscal_year: 2024
                                    mandat: "1"
                                    structure_id: "S1"
                                    budget_code: "L1"
                                    amount_cents: 5
                                    date { year: 2024 month: 7 day: 1 }
                                  }
                                  assumed_fields: "payment_ordered")pb";

// ---- Budget lines

INSTANTIATE_TEST_SUITE_P(
    Lines, FoldBudget,
    ::testing::Values(
        FoldCase{"Opened",
                 "budget_line:L1",
                 {kOpened},
                 R"pb(budget_line {
                        code: "L1"
                        nature: "6568"
                        function: "93446"
                        label: "Ligne"
                        authorised_cents: 1000
                        available_cents: 1000
                        assumed_fields: "budget_line_opened.date"
                        opened_on { year: 2024 month: 1 day: 1 }
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"Adjusted",
                 "budget_line:L1",
                 {kOpened, kAdjusted},
                 R"pb(budget_line {
                        code: "L1"
                        nature: "6568"
                        function: "93446"
                        label: "Ligne"
                        authorised_cents: 1500
                        available_cents: 1500
                        assumed_fields: "budget_line_opened.date"
                        assumed_mentions: 1
                        assumed_fields: "budget_line_adjusted.reason"
                        opened_on { year: 2024 month: 1 day: 1 }
                        assumed_mentions: 1
                      })pb"},
        // The act names the line at the other end of the transfer, and changes on it only what is
        // left of what it gave up.
        FoldCase{"TransferTakesFromTheOther",
                 "budget_line:L2",
                 {kGivenUp, kGivenUpMore, kAdjusted, kGivenUpElsewhere},
                 R"pb(budget_line {
                        authorised_cents: -710
                        available_cents: -710
                        transfers {
                          adjusted_by { number: "D1" }
                          with_code: "L1"
                          left_cents: 200
                          mentions: 3
                        }
                        transfers {
                          adjusted_by { number: "D2" }
                          with_code: "L1"
                          left_cents: 10
                          mentions: 1
                        }
                      })pb"},
        FoldCase{"WhatIsGivenUpIsNoGainOfTheOther", "budget_line:L1", {kGivenUp}, ""},
        FoldCase{"Credits",
                 "budget_line:L1",
                 {kCredits, kCreditsAgain},
                 R"pb(budget_line {
                        fiscal_years {
                          fiscal_year: 2024
                          credits_cents: 700
                          credits_recorded: true
                          credit_votes: 2
                          mentions: 2
                        }
                      })pb"},
        // Credits of nothing are recorded credits.
        FoldCase{"CreditsOfZero",
                 "budget_line:L1",
                 {kNoCredits, kNoCredits},
                 R"pb(budget_line {
                        fiscal_years {
                          fiscal_year: 2024
                          credits_recorded: true
                          credit_votes: 2
                          mentions: 2
                        }
                      })pb"},
        FoldCase{"OpeningCommitment",
                 "budget_line:L1",
                 {kCommitment},
                 R"pb(budget_line {
                        opening_commitment_cents: 300
                        available_cents: -300
                        assumed_fields: "a"
                        assumed_mentions: 1
                        assumed_fields: "b"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"Voted", "budget_line:L1", {kAdopted, kRejected}, R"pb(budget_line {
                                                                          voted_cents: 460
                                                                          available_cents: -460
                                                                        })pb"},
        FoldCase{"RejectedAlone", "budget_line:L1", {kRejected}, ""},
        FoldCase{"OpeningConvention",
                 "budget_line:L1",
                 {kOpeningConvention, kAvenant},
                 R"pb(budget_line { opening_contracted_cents: 210 contracted_cents: 30 })pb"},
        FoldCase{"Contracted", "budget_line:L1", {kConvention}, R"pb(budget_line {
                                                                       contracted_cents: 300
                                                                     })pb"},
        FoldCase{"TrancheLeaves", "budget_line:L1", {kConvention, kAvenantMoves}, ""},
        FoldCase{"TrancheArrives",
                 "budget_line:L2",
                 {kConvention, kAvenantMoves},
                 R"pb(budget_line { contracted_cents: 290 })pb"},
        FoldCase{
            "OpeningPayment",
            "budget_line:L1",
            {kOpeningPayment},
            R"pb(budget_line {
                   ordered_cents: 120
                   paid_cents: 120
                   fiscal_years { fiscal_year: 2023 ordered_cents: 120 mentions: 1 paid_cents: 120 }
                 })pb"},
        FoldCase{
            "OrderedReducedPaid",
            "budget_line:L1",
            {kOrdered, kReduced, kSuspended, kAccepted, kSettled},
            R"pb(budget_line {
                   ordered_cents: 75
                   paid_cents: 75
                   fiscal_years { fiscal_year: 2024 ordered_cents: 75 mentions: 4 paid_cents: 75 }
                 })pb"},
        FoldCase{
            "OrderedReducedRejected",
            "budget_line:L1",
            {kOpeningPayment, kOrdered, kReduced, kRejectedOrder},
            R"pb(budget_line {
                   ordered_cents: 120
                   paid_cents: 120
                   fiscal_years { fiscal_year: 2023 ordered_cents: 120 mentions: 1 paid_cents: 120 }
                   fiscal_years { fiscal_year: 2024 mentions: 3 }
                 })pb"},
        FoldCase{"Assumed",
                 "budget_line:L1",
                 {kAdoptedAssumed, kConventionAssumed, kOrderAssumed, kOrderAssumed},
                 R"pb(budget_line {
                        voted_cents: 400
                        available_cents: -400
                        contracted_cents: 20
                        ordered_cents: 10
                        fiscal_years {
                          fiscal_year: 2024
                          ordered_cents: 10
                          mentions: 2
                          unanswered_orders: 2
                          assumed_fields: "payment_ordered"
                          assumed_mentions: 2
                        }
                        assumed_fields: "deliberation_voted.allotments.amount_cents"
                        assumed_mentions: 1
                        assumed_fields: "convention_signed.number"
                        assumed_mentions: 1
                        assumed_fields: "payment_ordered"
                        assumed_mentions: 2
                      })pb"},
        FoldCase{"AssumedElsewhere",
                 "budget_line:L2",
                 {kAdoptedAssumed, kConventionAssumed},
                 R"pb(budget_line {
                        voted_cents: 7
                        available_cents: -7
                        contracted_cents: 10
                        assumed_fields: "convention_signed.number"
                        assumed_mentions: 1
                        assumed_fields: "convention_signed.tranches.ceiling_cents"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"Released",
                 "budget_line:L1",
                 {kOpened, kCommitment, kAdopted, kReleased},
                 R"pb(budget_line {
                        code: "L1"
                        nature: "6568"
                        function: "93446"
                        label: "Ligne"
                        authorised_cents: 1000
                        opening_commitment_cents: 300
                        voted_cents: 460
                        released_cents: 25
                        available_cents: 265
                        opened_on { year: 2024 month: 1 day: 1 }
                        assumed_fields: "budget_line_opened.date"
                        assumed_mentions: 1
                        assumed_fields: "a"
                        assumed_mentions: 1
                        assumed_fields: "b"
                        assumed_mentions: 1
                      })pb"}),
    CaseName());

// ---- Structures

INSTANTIATE_TEST_SUITE_P(
    Structures, FoldBudget,
    ::testing::Values(
        FoldCase{"Registered",
                 "structure:S1",
                 {kRegistered},
                 R"pb(structure {
                        structure_id: "S1"
                        identity { name: "Essai" siret: "00000000000018" }
                        sirets {
                          siret: "00000000000018"
                          since { year: 2024 month: 1 day: 2 }
                        }
                        assumed_fields: "x"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{
            "WithoutSiret", "structure:S1", {kRegisteredBare}, R"pb(structure {
                                                                      structure_id: "S1"
                                                                      identity { name: "Essai" }
                                                                    })pb"},
        FoldCase{"Updated",
                 "structure:S1",
                 {kRegistered, kMoved, kRenamed, kLostSiret},
                 R"pb(structure {
                        structure_id: "S1"
                        identity { name: "Nouveau" }
                        sirets {
                          siret: "00000000000018"
                          since { year: 2024 month: 1 day: 2 }
                        }
                        sirets {
                          siret: "00000000000026"
                          since { year: 2024 month: 3 day: 1 }
                        }
                        assumed_fields: "x"
                        assumed_mentions: 1
                        assumed_fields: "y"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"Requested", "structure:S1", {kApplied, kWithdrawn}, R"pb(structure {
                                                                             requested_cents: 500
                                                                           })pb"},
        FoldCase{"Allotted", "structure:S1", {kAdopted, kRejected}, R"pb(structure {
                                                                           allotted_cents: 400
                                                                           named_without_amount: 1
                                                                         })pb"},
        FoldCase{"Assumed",
                 "structure:S1",
                 {kAdoptedAssumed, kConventionAssumed, kOrderAssumed},
                 R"pb(structure {
                        allotted_cents: 400
                        contracted_cents: 30
                        conventions: 1
                        last_convention: "C1"
                        ordered_cents: 5
                        ordered_by_year { year: 2024 amount_cents: 5 mentions: 1 }
                        assumed_fields: "deliberation_voted.allotments.amount_cents"
                        assumed_mentions: 1
                        assumed_fields: "convention_signed.number"
                        assumed_mentions: 1
                        assumed_fields: "convention_signed.tranches.ceiling_cents"
                        assumed_mentions: 1
                        assumed_fields: "payment_ordered"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"AssumedOfAnother", "structure:S2", {kAdoptedAssumed}, R"pb(structure {
                                                                               allotted_cents: 7
                                                                             })pb"},
        FoldCase{"Contracted",
                 "structure:S1",
                 {kOpeningConvention, kConvention, kAvenant},
                 R"pb(structure { contracted_cents: 600 conventions: 2 last_convention: "C1" })pb"},
        FoldCase{"Ordered",
                 "structure:S1",
                 {kOpeningPayment, kOrdered, kReduced, kAccepted, kSettled},
                 R"pb(structure {
                        ordered_cents: 195
                        paid_cents: 195
                        ordered_by_year { year: 2024 amount_cents: 120 mentions: 1 }
                        ordered_by_year { year: 2025 amount_cents: 75 mentions: 2 }
                      })pb"},
        FoldCase{"OrderRejected",
                 "structure:S1",
                 {kOrdered, kReduced, kRejectedOrder},
                 R"pb(structure { ordered_by_year { year: 2025 mentions: 3 } })pb"},
        FoldCase{"Released", "structure:S1", {kAdopted, kReleased}, R"pb(structure {
                                                                           allotted_cents: 400
                                                                           named_without_amount: 1
                                                                         })pb"}),
    CaseName());

// ---- Lookups

INSTANTIATE_TEST_SUITE_P(
    Lookups, FoldBudget,
    ::testing::Values(FoldCase{"BySiret",
                               "siret:00000000000018",
                               {kRegistered, kRegisteredOther, kMoved},
                               R"pb(structure_ids {
                                      structure_ids: "S1"
                                      structure_ids: "S2"
                                      mentions: 1
                                      mentions: 1
                                    })pb"},
                      FoldCase{"BySiretAfterAMove",
                               "siret:00000000000026",
                               {kRegistered, kMoved, kRenamed, kLostSiret},
                               R"pb(structure_ids { structure_ids: "S1" mentions: 2 })pb"},
                      FoldCase{"BySiren",
                               "siren:000000000",
                               {kRegistered, kRegisteredOther, kMoved, kRenamed, kLostSiret},
                               R"pb(structure_ids {
                                      structure_ids: "S1"
                                      structure_ids: "S2"
                                      mentions: 3
                                      mentions: 1
                                    })pb"}),
    CaseName());

#undef GIVEN_UP
#undef ORDER_OF

}  // namespace
}  // namespace registre::testing::fold_budget_test
