// Rows of calls, applications, sessions and deliberations, and of the ledger itself.
#include <gtest/gtest.h>

#include "tests/projections/fold_cases.h"

namespace registre::testing::fold_assembly_test {
namespace {

class FoldAssembly : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldAssembly, AddsUpAndReverts) { CheckCase(GetParam()); }

// ---- Acts

const char kLedger[] = R"pb(ledger_opened { authority_name: "Essai" currency: "EUR" })pb";
const char kOpeningClosed[] = R"pb(opening_closed { date { year: 2024 month: 1 day: 31 } })pb";
const char kCall[] = R"pb(call_for_projects_opened {
                            call_id: "AAP"
                            title: "Appel"
                            phase: 4
                            thematics {
                              code: "1"
                              operations { code: "1.1" }
                            }
                            applications {
                              start { year: 2024 month: 2 day: 1 }
                              end { year: 2024 month: 3 day: 1 }
                            }
                            date { year: 2024 month: 1 day: 15 }
                          }
                          assumed_fields: "call")pb";
const char kApplied[] = R"pb(application_submitted {
                               number: "A1"
                               call_id: "AAP"
                               thematic: "1"
                               operation: "1.1"
                               structure_id: "S1"
                               requested_cents: 500
                               date { year: 2024 month: 2 day: 2 }
                             }
                             assumed_fields: "applied")pb";
const char kWithdrawn[] = R"pb(application_withdrawn {
                                 number: "A1"
                                 call_id: "AAP"
                                 structure_id: "S1"
                                 date { year: 2024 month: 2 day: 9 }
                               }
                               assumed_fields: "withdrawn")pb";
const char kInstructed[] = R"pb(application_instructed {
                                  number: "A1"
                                  call_id: "AAP"
                                  structure_id: "S1"
                                  before {}
                                  instruction { advice: ADVICE_UNFAVOURABLE service: "un" }
                                })pb";
const char kInstructedAgain[] = R"pb(application_instructed {
                                       number: "A1"
                                       call_id: "AAP"
                                       structure_id: "S1"
                                       before { advice: ADVICE_UNFAVOURABLE service: "un" }
                                       instruction { advice: ADVICE_FAVOURABLE proposed_cents: 450 }
                                     })pb";
#define VOTED(number, call, result)                                                         \
  "deliberation_voted { number: '" number                                                   \
  "' session_id: 'SE' report_number: 'R1' title: 'T' "                                      \
  "call_id: '" call                                                                         \
  "' date { year: 2024 month: 5 day: 13 } body: BODY_COMMISSION_PERMANENTE result: " result \
  " declared { votes_for: 9 abstentions: 2 } derived { votes_for: 9 not_voting: 2 } "       \
  "attendance { members: 12 quorum: 7 present: 11 absent: 1 recused: 2 } "                  \
  "allotments { allotment_id: '1' application_number: 'A1' amount_cents: 400 } "            \
  "allotments { allotment_id: '2' application_number: 'A1' amount_cents: 30 } "             \
  "allotments { allotment_id: '3' application_number: 'A2' amount_cents: 5 } } "            \
  "assumed_fields: 'voted.x'"
const char kAdopted[] = VOTED("D1", "AAP", "VOTE_RESULT_ADOPTED");
const char kRejected[] = VOTED("D2", "AAP", "VOTE_RESULT_REJECTED");
const char kElsewhere[] = VOTED("D3", "AUTRE", "VOTE_RESULT_ADOPTED");
const char kHeld[] = R"pb(session_held {
                            session_id: "SE"
                            date { year: 2024 month: 5 day: 13 }
                            roster { member: "M1" presence: PRESENCE_PRESENT }
                          }
                          assumed_fields: "held")pb";
const char kSecond[] = R"pb(session_held {
                              session_id: "SE2"
                              second_meeting_of: "SE"
                              date { year: 2024 month: 5 day: 16 }
                            }
                            assumed_fields: "second")pb";
const char kTabled[] = R"pb(report_tabled {
                              session_id: "SE"
                              report_number: "R1"
                              title: "Rapport"
                              budget { code: "L1" authorised_cents: 1000 }
                            }
                            assumed_fields: "tabled")pb";
const char kOpinion[] = R"pb(opinion_given {
                               session_id: "SE"
                               report_number: "R1"
                               commission: "Première"
                               opinion: ADVICE_FAVOURABLE
                               date { year: 2024 month: 5 day: 2 }
                             }
                             assumed_fields: "opinion")pb";
const char kOtherOpinion[] = R"pb(opinion_given {
                                    session_id: "SE"
                                    report_number: "R2"
                                    commission: "Deuxième"
                                    opinion: ADVICE_RESERVED
                                  })pb";
const char kTransmitted[] = R"pb(deliberation_transmitted {
                                   number: "D1"
                                   ctes_number: "D_1"
                                   date { year: 2024 month: 5 day: 20 }
                                 }
                                 assumed_fields: "transmitted")pb";
const char kPublished[] = R"pb(deliberation_published {
                                 number: "D1"
                                 date { year: 2024 month: 5 day: 21 }
                               }
                               assumed_fields: "published")pb";
const char kConvention[] =
    R"pb(convention_signed {
           number: "C1"
           tranches {
             tranche_id: "T0"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 100 }
             draws { deliberation_number: "D0" allotment_id: "1" amount_cents: 9 }
           }
           tranches {
             tranche_id: "T1"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 50 }
           }
         })pb";
const char kAvenant[] =
    R"pb(avenant_signed {
           convention_number: "C1"
           authorised_by { number: "D1" }
           tranches {
             tranche_id: "T0"
             draws { deliberation_number: "D1" allotment_id: "2" amount_cents: 20 }
           }
           tranches_before {
             tranche_id: "T0"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 100 }
             draws { deliberation_number: "D0" allotment_id: "1" amount_cents: 9 }
           }
         })pb";
// An order on allotment 1 itself.
const char kOrdered[] = R"pb(payment_ordered {
                               fiscal_year: 2024
                               mandat: "1"
                               basis { deliberation_number: "D1" allotment_id: "1" }
                               amount_cents: 80
                             })pb";
#define ORDER_OF(amount)                                                     \
  "order { fiscal_year: 2024 mandat: '1' basis { deliberation_number: 'D1' " \
  "allotment_id: '1' } amount_cents: " amount " }"
const char kReduced[] = "payment_reduced { " ORDER_OF("80") " reduction_cents: 30 }";
const char kRejectedOrder[] = "payment_rejected { " ORDER_OF("50") " }";
const char kSettled[] = "payment_settled { " ORDER_OF("50") " }";
const char kReleased[] =
    R"pb(commitment_released { deliberation_number: "D1" allotment_id: "2" amount_cents: 6 })pb";

// Assumed: the title, the amount of the second allotment; of the convention its number and what its
// second tranche draws on the first.
const char kAdoptedAssumed[] =
    R"pb(deliberation_voted {
           number: "D1"
           result: VOTE_RESULT_ADOPTED
           allotments { allotment_id: "1" application_number: "A1" amount_cents: 4 }
           allotments { allotment_id: "2" application_number: "A2" amount_cents: 3 }
         }
         assumed_fields: "deliberation_voted.title"
         assumed_fields: "deliberation_voted.allotments[1].amount_cents")pb";
const char kConventionAssumed[] =
    R"pb(convention_signed {
           number: "C1"
           tranches { tranche_id: "T0" }
           tranches {
             tranche_id: "T1"
             draws { deliberation_number: "D1" allotment_id: "1" amount_cents: 2 }
           }
         }
         assumed_fields: "convention_signed.number"
         assumed_fields: "convention_signed.tranches[0].period"
         assumed_fields: "convention_signed.tranches[1].draws[0].amount_cents")pb";

#define DELIBERATION(number, position, call, result)                                   \
  "number: '" number "' voted_position: " position                                     \
  " session_id: 'SE' body: BODY_COMMISSION_PERMANENTE report_number: 'R1' title: 'T' " \
  "date { year: 2024 month: 5 day: 13 } call_id: '" call "' result: " result           \
  " attendance { members: 12 quorum: 7 present: 11 absent: 1 recused: 2 } "            \
  "declared { votes_for: 9 abstentions: 2 } derived { votes_for: 9 not_voting: 2 } "   \
  "assumed_fields: 'voted.x' "
#define ALLOTMENT(id, application, amount, sums)                                      \
  "allotments { allotment { allotment_id: '" id "' application_number: '" application \
  "' amount_cents: " amount " } amount_cents: " amount " " sums " } "

// ---- Cases

INSTANTIATE_TEST_SUITE_P(Ledger, FoldAssembly,
                         ::testing::Values(FoldCase{
                             "OpenedAndClosed",
                             "ledger",
                             {kLedger, kOpeningClosed},
                             R"pb(ledger {
                                    opened { authority_name: "Essai" currency: "EUR" }
                                    opening_closed_on { year: 2024 month: 1 day: 31 }
                                  })pb"}),
                         CaseName());

INSTANTIATE_TEST_SUITE_P(Calls, FoldAssembly,
                         ::testing::Values(FoldCase{"Opened",
                                                    "call:AAP",
                                                    {kCall},
                                                    R"pb(call {
                                                           call_id: "AAP"
                                                           title: "Appel"
                                                           phase: 4
                                                           thematics {
                                                             code: "1"
                                                             operations { code: "1.1" }
                                                           }
                                                           applications_period {
                                                             start { year: 2024 month: 2 day: 1 }
                                                             end { year: 2024 month: 3 day: 1 }
                                                           }
                                                           date { year: 2024 month: 1 day: 15 }
                                                           assumed_fields: "call"
                                                           assumed_mentions: 1
                                                         })pb"},
                                           FoldCase{"Answered",
                                                    "call:AAP",
                                                    {kApplied, kInstructed, kWithdrawn, kAdopted,
                                                     kRejected, kElsewhere},
                                                    R"pb(call {
                                                           applications: 1
                                                           requested_cents: 500
                                                           allotted_cents: 435
                                                           assumed_fields: "applied"
                                                           assumed_mentions: 1
                                                         })pb"}),
                         CaseName());

INSTANTIATE_TEST_SUITE_P(
    Applications, FoldAssembly,
    ::testing::Values(FoldCase{"Withdrawn",
                               "application:A1",
                               {kApplied, kWithdrawn},
                               R"pb(application {
                                      number: "A1"
                                      call_id: "AAP"
                                      thematic: "1"
                                      operation: "1.1"
                                      structure_id: "S1"
                                      requested_cents: 500
                                      submitted_on { year: 2024 month: 2 day: 2 }
                                      withdrawn_on { year: 2024 month: 2 day: 9 }
                                      assumed_fields: "applied"
                                      assumed_fields: "withdrawn"
                                      assumed_mentions: 1
                                      assumed_mentions: 1
                                    })pb"},
                      FoldCase{"Assumed",
                               "application:A2",
                               {kAdoptedAssumed},
                               R"pb(application {
                                      deliberations: "D1"
                                      allotted_cents: 3
                                      assumed_fields: "deliberation_voted.allotments.amount_cents"
                                      assumed_mentions: 1
                                    })pb"},
                      FoldCase{"InstructedAgain",
                               "application:A1",
                               {kInstructed, kInstructedAgain},
                               R"pb(application {
                                      instruction { advice: ADVICE_FAVOURABLE proposed_cents: 450 }
                                      instructions: 2
                                    })pb"},
                      FoldCase{"Allotted",
                               "application:A1",
                               {kAdopted, kRejected, kElsewhere},
                               R"pb(application {
                                      deliberations: "D1"
                                      deliberations: "D3"
                                      allotted_cents: 860
                                    })pb"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Sessions, FoldAssembly,
    ::testing::Values(FoldCase{"Held",
                               "session:SE",
                               {kHeld, kTabled, kOpinion, kAdopted, kRejected},
                               R"pb(session {
                                      held {
                                        session_id: "SE"
                                        date { year: 2024 month: 5 day: 13 }
                                        roster { member: "M1" presence: PRESENCE_PRESENT }
                                      }
                                      reports {
                                        report_number: "R1"
                                        title: "Rapport"
                                        budget { code: "L1" authorised_cents: 1000 }
                                        opinions {
                                          commission: "Première"
                                          opinion: ADVICE_FAVOURABLE
                                          date { year: 2024 month: 5 day: 2 }
                                        }
                                        tabled: true
                                      }
                                      deliberations: "D1"
                                      deliberations: "D2"
                                      assumed_fields: "held"
                                      assumed_fields: "tabled"
                                      assumed_fields: "opinion"
                                    })pb"},
                      FoldCase{"HasASecondMeeting",
                               "session:SE",
                               {kHeld, kSecond},
                               R"pb(session {
                                      held {
                                        session_id: "SE"
                                        date { year: 2024 month: 5 day: 13 }
                                        roster { member: "M1" presence: PRESENCE_PRESENT }
                                      }
                                      assumed_fields: "held"
                                      second_meeting_id: "SE2"
                                    })pb"},
                      FoldCase{"OpinionFirst",
                               "session:SE",
                               {kOpinion, kOtherOpinion, kTabled},
                               R"pb(session {
                                      reports {
                                        report_number: "R1"
                                        title: "Rapport"
                                        budget { code: "L1" authorised_cents: 1000 }
                                        opinions {
                                          commission: "Première"
                                          opinion: ADVICE_FAVOURABLE
                                          date { year: 2024 month: 5 day: 2 }
                                        }
                                        tabled: true
                                      }
                                      reports {
                                        report_number: "R2"
                                        opinions { commission: "Deuxième" opinion: ADVICE_RESERVED }
                                      }
                                      assumed_fields: "opinion"
                                      assumed_fields: "tabled"
                                    })pb"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Deliberations, FoldAssembly,
    ::testing::Values(
        FoldCase{
            "Executory",
            "deliberation:D1",
            {kHeld, kAdopted, kTransmitted, kPublished},
            "deliberation { " DELIBERATION("D1", "1", "AAP", "VOTE_RESULT_ADOPTED") ALLOTMENT(
                "1", "A1", "400", "mentions: 1") ALLOTMENT("2", "A1", "30", "mentions: 1")
                ALLOTMENT(
                    "3", "A2", "5",
                    "mentions: 1") "transmitted_on { year: 2024 month: 5 day: 20 } ctes_number: "
                                   "'D_1' "
                                   "published_on { year: 2024 month: 5 day: 21 } "
                                   "assumed_fields: 'transmitted' assumed_fields: 'published' }"},
        FoldCase{"Assumed",
                 "deliberation:D1",
                 {kAdoptedAssumed, kConventionAssumed},
                 R"pb(deliberation {
                        number: "D1"
                        result: VOTE_RESULT_ADOPTED
                        allotments {
                          allotment { allotment_id: "1" application_number: "A1" amount_cents: 4 }
                          amount_cents: 4
                          drawn_cents: 2
                          mentions: 2
                          assumed_fields: "convention_signed.number"
                          assumed_fields: "convention_signed.tranches.draws.amount_cents"
                          assumed_mentions: 1
                          assumed_mentions: 1
                        }
                        allotments {
                          allotment { allotment_id: "2" application_number: "A2" amount_cents: 3 }
                          amount_cents: 3
                          mentions: 1
                          assumed_fields: "deliberation_voted.allotments.amount_cents"
                          assumed_mentions: 1
                        }
                        assumed_fields: "deliberation_voted.title"
                        assumed_fields: "deliberation_voted.allotments[1].amount_cents"
                      })pb"},
        FoldCase{"RejectedAllotsNothing",
                 "deliberation:D2",
                 {kRejected},
                 "deliberation { " DELIBERATION("D2", "0", "AAP", "VOTE_RESULT_REJECTED") "}"},
        FoldCase{"Drawn",
                 "deliberation:D1",
                 {kAdopted, kConvention, kAvenant},
                 "deliberation { " DELIBERATION("D1", "0", "AAP", "VOTE_RESULT_ADOPTED")
                     ALLOTMENT("1", "A1", "400", "drawn_cents: 50 mentions: 4")
                         ALLOTMENT("2", "A1", "30", "drawn_cents: 20 mentions: 2")
                             ALLOTMENT("3", "A2", "5", "mentions: 1") "}"},
        FoldCase{"OrderedDirectly",
                 "deliberation:D1",
                 {kAdopted, kOrdered, kReduced, kSettled},
                 "deliberation { " DELIBERATION("D1", "0", "AAP", "VOTE_RESULT_ADOPTED")
                     ALLOTMENT("1", "A1", "400", "ordered_cents: 50 mentions: 3")
                         ALLOTMENT("2", "A1", "30", "mentions: 1")
                             ALLOTMENT("3", "A2", "5", "mentions: 1") "}"},
        FoldCase{"OrderRejected",
                 "deliberation:D1",
                 {kAdopted, kOrdered, kReduced, kRejectedOrder},
                 "deliberation { " DELIBERATION("D1", "0", "AAP", "VOTE_RESULT_ADOPTED")
                     ALLOTMENT("1", "A1", "400", "mentions: 4")
                         ALLOTMENT("2", "A1", "30", "mentions: 1")
                             ALLOTMENT("3", "A2", "5", "mentions: 1") "}"},
        FoldCase{"Released",
                 "deliberation:D1",
                 {kAdopted, kReleased},
                 "deliberation { " DELIBERATION("D1", "0", "AAP", "VOTE_RESULT_ADOPTED")
                     ALLOTMENT("1", "A1", "400", "mentions: 1")
                         ALLOTMENT("2", "A1", "30", "released_cents: 6 mentions: 2")
                             ALLOTMENT("3", "A2", "5", "mentions: 1") "}"},
        // The vote was skipped: sums stand on allotments of which only the id is known.
        FoldCase{"VoteUnknown",
                 "deliberation:D1",
                 {kConvention, kOrdered, kReleased},
                 R"pb(deliberation {
                        allotments {
                          allotment { allotment_id: "1" }
                          drawn_cents: 150
                          ordered_cents: 80
                          mentions: 3
                        }
                        allotments {
                          allotment { allotment_id: "2" }
                          released_cents: 6
                          mentions: 1
                        }
                      })pb"},
        // Should the vote come after all, it completes them.
        FoldCase{"VoteLate",
                 "deliberation:D1",
                 {kReleased, kAdopted},
                 "deliberation { " DELIBERATION("D1", "1", "AAP", "VOTE_RESULT_ADOPTED")
                     ALLOTMENT("2", "A1", "30", "released_cents: 6 mentions: 2")
                         ALLOTMENT("1", "A1", "400", "mentions: 1")
                             ALLOTMENT("3", "A2", "5", "mentions: 1") "}"}),
    CaseName());

#undef ALLOTMENT
#undef DELIBERATION
#undef ORDER_OF
#undef VOTED

}  // namespace
}  // namespace registre::testing::fold_assembly_test
