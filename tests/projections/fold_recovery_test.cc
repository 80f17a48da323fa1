// What titres de recettes and reimputations change in rows.
#include <gtest/gtest.h>

#include "ledger/acts/act.h"
#include "projections/fold.h"
#include "tests/projections/fold_cases.h"

namespace registre::testing::fold_recovery_test {
namespace {

class FoldRecovery : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldRecovery, AddsUpAndReverts) { CheckCase(GetParam()); }

// Order 2024-7 of 30 on line a of tranche T1 of convention C1, of which 5 are taken off once it is
// paid, 5 asked back and 2 received.
#define BASIS(convention, tranche, line)                              \
  "basis { convention_number: '" convention "' tranche_id: '" tranche \
  "'"                                                                 \
  " schedule_line_id: '" line "' } "
#define ALLOTMENT(deliberation, id) \
  "basis { deliberation_number: '" deliberation "' allotment_id: '" id "' } "
#define ORDER(basis, code, cents)                                                         \
  "order { fiscal_year: 2024 mandat: '7' " basis "structure_id: 'S1' budget_code: '" code \
  "' amount_cents: " cents " ordered_in_year: 2024 kind: PAYMENT_KIND_INSTALMENT } "
#define ON(day) "date { year: 2024 month: 7 day: " day " } "
#define ORDERED(basis, code)                               \
  "payment_ordered { fiscal_year: 2024 mandat: '7' " basis \
  "structure_id: 'S1' "                                    \
  "budget_code: '" code "' kind: PAYMENT_KIND_INSTALMENT amount_cents: 30 " ON("1") "}"
#define ACCEPTED(basis, code) "payment_accepted { " ORDER(basis, code, "30") ON("2") "}"
#define SETTLED(basis, code) "payment_settled { " ORDER(basis, code, "30") ON("3") "}"
#define REDUCED(basis, code) \
  "payment_reduced { " ORDER(basis, code, "30") "reduction_cents: 5 " ON("4") "}"
#define RECOVERY(basis, code) \
  "recovery_ordered { " ORDER(basis, code, "25") "fiscal_year: 2024 "               \
  "recovery_number: '9' amount_cents: 5 " ON("5") "}" \
  " assumed_fields: 'recovery_ordered.date'"
#define RECEIVED(basis, code) \
  "recovery_received { " ORDER(basis, code, "25") "recovery_number: '9' "           \
  "amount_cents: 2 " ON("6") "}"
// All that the order is goes with it.
#define MOVED(from, code, to, code_after)           \
  "payment_reimputed { " ORDER(from, code, "25") to \
      "budget_code: '" code_after                   \
      "' paid_cents: 30 recovery_ordered_cents: 5 recovered_cents: 2 " ON("8") "}"

#define A BASIS("C1", "T1", "a")
#define B BASIS("C1", "T2", "b")
#define SAME_TRANCHE BASIS("C1", "T1", "b")
#define OTHER BASIS("C2", "T1", "a")
#define GRANT ALLOTMENT("D1", "1")
#define LIFE(basis)                                                                        \
  ORDERED(basis, "L1"), ACCEPTED(basis, "L1"), SETTLED(basis, "L1"), REDUCED(basis, "L1"), \
      RECOVERY(basis, "L1"), RECEIVED(basis, "L1")

INSTANTIATE_TEST_SUITE_P(
    Lines, FoldRecovery,
    ::testing::Values(
        FoldCase{"Unanswered",
                 "budget_line:L1",
                 {ORDERED(A, "L1")},
                 R"pb(budget_line {
                        ordered_cents: 30
                        fiscal_years {
                          fiscal_year: 2024
                          ordered_cents: 30
                          mentions: 1
                          unanswered_orders: 1
                        }
                      })pb"},
        FoldCase{
            "Recovered",
            "budget_line:L1",
            {LIFE(A)},
            R"pb(budget_line {
                   ordered_cents: 25
                   paid_cents: 30
                   fiscal_years { fiscal_year: 2024 ordered_cents: 25 mentions: 4 paid_cents: 30 }
                   assumed_fields: "recovery_ordered.date"
                   assumed_mentions: 1
                   recovery_ordered_cents: 5
                   recovered_cents: 2
                 })pb"},
        FoldCase{"MovedAway",
                 "budget_line:L1",
                 {LIFE(A), MOVED(A, "L1", OTHER, "L2")},
                 R"pb(budget_line {
                        fiscal_years { fiscal_year: 2024 mentions: 5 }
                        assumed_fields: "recovery_ordered.date"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{
            "MovedHere",
            "budget_line:L2",
            {LIFE(A), MOVED(A, "L1", OTHER, "L2")},
            R"pb(budget_line {
                   ordered_cents: 25
                   paid_cents: 30
                   fiscal_years { fiscal_year: 2024 ordered_cents: 25 mentions: 1 paid_cents: 30 }
                   recovery_ordered_cents: 5
                   recovered_cents: 2
                 })pb"},
        FoldCase{
            "MovedOnTheLine",
            "budget_line:L1",
            {LIFE(A), MOVED(A, "L1", B, "L1")},
            R"pb(budget_line {
                   ordered_cents: 25
                   paid_cents: 30
                   fiscal_years { fiscal_year: 2024 ordered_cents: 25 mentions: 6 paid_cents: 30 }
                   assumed_fields: "recovery_ordered.date"
                   assumed_mentions: 1
                   recovery_ordered_cents: 5
                   recovered_cents: 2
                 })pb"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Conventions, FoldRecovery,
    ::testing::Values(
        FoldCase{"Recovered",
                 "convention:C1",
                 {LIFE(A)},
                 R"pb(convention {
                        tranches {
                          tranche { tranche_id: "T1" }
                          ordered_cents: 25
                          paid_cents: 30
                          ordered_after_service_cents: 25
                          lines {
                            line_id: "a"
                            ordered_cents: 25
                            paid_cents: 30
                            mentions: 5
                            assumed_fields: "recovery_ordered.date"
                            assumed_mentions: 1
                          }
                          mentions: 5
                          recovery_ordered_cents: 5
                          recovered_cents: 2
                        }
                        assumed_fields: "recovery_ordered.date"
                        assumed_mentions: 1
                      })pb"},
        FoldCase{"MovedToAnotherTranche",
                 "convention:C1",
                 {ORDERED(A, "L1"), ACCEPTED(A, "L1"), SETTLED(A, "L1"), MOVED(A, "L1", B, "L1")},
                 R"pb(convention {
                        tranches {
                          tranche { tranche_id: "T1" }
                          ordered_cents: 5
                          ordered_after_service_cents: 5
                          lines { line_id: "a" ordered_cents: 5 mentions: 3 }
                          mentions: 3
                          recovery_ordered_cents: -5
                          recovered_cents: -2
                        }
                        tranches {
                          tranche { tranche_id: "T2" }
                          ordered_cents: 25
                          paid_cents: 30
                          ordered_after_service_cents: 25
                          lines { line_id: "b" ordered_cents: 25 paid_cents: 30 mentions: 1 }
                          mentions: 1
                          recovery_ordered_cents: 5
                          recovered_cents: 2
                        }
                      })pb"},
        FoldCase{"MovedWithinItsTranche",
                 "convention:C1",
                 {ORDERED(A, "L1"), MOVED(A, "L1", SAME_TRANCHE, "L1")},
                 R"pb(convention {
                        tranches {
                          tranche { tranche_id: "T1" }
                          ordered_cents: 30
                          ordered_after_service_cents: 30
                          lines { line_id: "a" ordered_cents: 5 paid_cents: -30 mentions: 2 }
                          lines { line_id: "b" ordered_cents: 25 paid_cents: 30 mentions: 1 }
                          mentions: 3
                        }
                      })pb"},
        FoldCase{"MovedToAnotherConvention",
                 "convention:C2",
                 {LIFE(A), MOVED(A, "L1", OTHER, "L2")},
                 R"pb(convention {
                        tranches {
                          tranche { tranche_id: "T1" }
                          ordered_cents: 25
                          paid_cents: 30
                          ordered_after_service_cents: 25
                          lines { line_id: "a" ordered_cents: 25 paid_cents: 30 mentions: 1 }
                          mentions: 1
                          recovery_ordered_cents: 5
                          recovered_cents: 2
                        }
                      })pb"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Others, FoldRecovery,
    ::testing::Values(
        FoldCase{"AllotmentMovedHere",
                 "deliberation:D1",
                 {LIFE(A), MOVED(A, "L1", GRANT, "L2")},
                 R"pb(deliberation {
                        allotments {
                          allotment { allotment_id: "1" }
                          ordered_cents: 25
                          mentions: 1
                        }
                      })pb"},
        FoldCase{"AllotmentMovedAway",
                 "deliberation:D1",
                 {ORDERED(GRANT, "L1"), REDUCED(GRANT, "L1"), MOVED(GRANT, "L1", A, "L2")},
                 R"pb(deliberation {
                        allotments {
                          allotment { allotment_id: "1" }
                          mentions: 3
                        }
                      })pb"},
        FoldCase{"AllotmentToAllotment",
                 "deliberation:D1",
                 {ORDERED(GRANT, "L1"), MOVED(GRANT, "L1", ALLOTMENT("D1", "2"), "L1")},
                 R"pb(deliberation {
                        allotments {
                          allotment { allotment_id: "1" }
                          ordered_cents: 5
                          mentions: 2
                        }
                        allotments {
                          allotment { allotment_id: "2" }
                          ordered_cents: 25
                          mentions: 1
                        }
                      })pb"},
        FoldCase{"StructureKeepsItsSums",
                 "structure:S1",
                 {LIFE(A), MOVED(A, "L1", OTHER, "L2")},
                 R"pb(structure {
                        ordered_cents: 25
                        paid_cents: 30
                        ordered_by_year { year: 2024 amount_cents: 25 mentions: 2 }
                        assumed_fields: "recovery_ordered.date"
                        assumed_mentions: 1
                        recovery_ordered_cents: 5
                        recovered_cents: 2
                      })pb"},
        FoldCase{"Payment",
                 "payment:2024-7",
                 {ORDERED(A, "L1"), SETTLED(A, "L1"), RECOVERY(A, "L1"), RECEIVED(A, "L1"),
                  RECEIVED(A, "L1"), MOVED(A, "L1", OTHER, "L2")},
                 "payment { fiscal_year: 2024 mandat: '7' " OTHER
                 "structure_id: 'S1' budget_code: 'L2' kind: PAYMENT_KIND_INSTALMENT "
                 "amount_cents: 30 ordered_on { year: 2024 month: 7 day: 1 } "
                 "steps { status: PAYMENT_STATUS_ORDERED date { year: 2024 month: 7 day: 1 } } "
                 "steps { status: PAYMENT_STATUS_SETTLED date { year: 2024 month: 7 day: 3 } "
                 "        position: 1 } "
                 "assumed_fields: 'recovery_ordered.date' ordered_by: 'clerk' paid_cents: 30 "
                 "recoveries { recovery_number: '9' fiscal_year: 2024 amount_cents: 5 "
                 "  received_cents: 4 mentions: 3 date { year: 2024 month: 7 day: 5 } } "
                 "reimputations { date { year: 2024 month: 7 day: 8 } position: 5 "
                 "  budget_code_before: 'L1' basis_before { convention_number: 'C1' "
                 "  tranche_id: 'T1' schedule_line_id: 'a' } } }"},
        // A titre whose own act is not in effect yet holds little more than its number.
        FoldCase{"TitreUnknown",
                 "payment:2024-7",
                 {RECEIVED(A, "L1")},
                 "payment { recoveries { recovery_number: '9' received_cents: 2 mentions: 1 } }"},
        FoldCase{"ClosedYears",
                 "ledger",
                 {"fiscal_year_closed { fiscal_year: 2023 " ON("1") "}",
                  "fiscal_year_closed { fiscal_year: 2024 " ON("2") "}"},
                 R"pb(ledger {
                        closed_years {
                          fiscal_year: 2023
                          closed_on { year: 2024 month: 7 day: 1 }
                        }
                        closed_years {
                          fiscal_year: 2024
                          closed_on { year: 2024 month: 7 day: 2 }
                          position: 1
                        }
                      })pb"},
        // The last one names the origin.
        FoldCase{"Restorations",
                 "ledger",
                 {"ledger_restored { previous_origin: 'a' origin: 'b' log_size: 1 reason: 'x' }",
                  "ledger_restored { previous_origin: 'b' origin: 'c' log_size: 9 }"},
                 R"pb(ledger {
                        restorations { previous_origin: "a" origin: "b" log_size: 1 reason: "x" }
                        restorations { previous_origin: "b" origin: "c" log_size: 9 }
                      })pb"}),
    CaseName());

#undef A
#undef ACCEPTED
#undef ALLOTMENT
#undef B
#undef BASIS
#undef GRANT
#undef LIFE
#undef MOVED
#undef ON
#undef ORDER
#undef ORDERED
#undef OTHER
#undef RECEIVED
#undef RECOVERY
#undef REDUCED
#undef SAME_TRANCHE
#undef SETTLED

}  // namespace
}  // namespace registre::testing::fold_recovery_test
