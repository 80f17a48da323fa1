// Rows of conventions and payments.
#include <gtest/gtest.h>

#include "tests/projections/fold_cases.h"

namespace registre::testing::fold_contract_test {
namespace {

class FoldContract : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldContract, AddsUpAndReverts) { CheckCase(GetParam()); }

// ---- Acts

#define SIGNED_FIELDS                                                   \
  "number: 'C1' structure_id: 'S1' object: 'Action' amount_cents: 100 " \
  "previous_convention: 'C0' "                                          \
  "signatures { authority_signed_on { year: 2024 month: 6 day: 1 } } "  \
  "tranches { tranche_id: 'T0' ceiling_cents: 60 budget_code: 'L1' "    \
  "schedule { line_id: 'avance' amount_cents: 36 } } "                  \
  "tranches { tranche_id: 'T1' ceiling_cents: 40 budget_code: 'L1' }"
const char kSigned[] = "convention_signed { " SIGNED_FIELDS " } assumed_fields: 'signed.x'";
const char kOpening[] = "opening_convention_recorded { " SIGNED_FIELDS " }";
const char kAvenant[] =
    R"pb(avenant_signed {
           convention_number: "C1"
           avenant_number: 1
           authorised_by { number: "D1" }
           signatures { authority_signed_on { year: 2024 month: 9 day: 1 } }
           amount_before_cents: 100
           delta_cents: 20
           amount_after_cents: 120
           tranches { tranche_id: "T1" ceiling_cents: 50 budget_code: "L2" }
           tranches { tranche_id: "T2" ceiling_cents: 10 budget_code: "L1" }
           tranches_before { tranche_id: "T1" ceiling_cents: 40 budget_code: "L1" }
         }
         assumed_fields: "avenant.x")pb";
const char kReceived[] = R"pb(report_received {
                                convention_number: "C1"
                                tranche_id: "T0"
                                date { year: 2025 month: 2 day: 1 }
                              }
                              assumed_fields: "received")pb";
const char kAccepted[] = R"pb(report_accepted {
                                convention_number: "C1"
                                tranche_id: "T0"
                                date { year: 2025 month: 3 day: 1 }
                              }
                              assumed_fields: "accepted")pb";
const char kClosed[] = R"pb(convention_closed {
                              number: "C1"
                              date { year: 2025 month: 6 day: 1 }
                            }
                            assumed_fields: "closed")pb";
#define CERTIFIED(amount, day)                                                         \
  "service_certified { convention_number: 'C1' tranche_id: 'T0' amount_cents: " amount \
  " date { year: 2025 month: 1 day: " day " } }"
const char kCertified[] = CERTIFIED("44", "5");
const char kCertifiedThatDay[] = CERTIFIED("3", "5");
const char kCertifiedLater[] = CERTIFIED("2", "6");
const char kOpeningPayment[] = R"pb(opening_payment_recorded {
                                      convention_number: "C1"
                                      tranche_id: "T0"
                                      schedule_line_id: "avance"
                                      amount_cents: 6
                                    })pb";
const char kOpeningAssumed[] =
    "opening_convention_recorded { " SIGNED_FIELDS
    " } assumed_fields: 'opening_convention_recorded.tranches[1].ceiling_cents' "
    "assumed_fields: 'opening_convention_recorded.tranches[0].schedule[0].amount_cents'";
const char kOpeningPaymentAssumed[] =
    "opening_payment_recorded { convention_number: 'C1' tranche_id: 'T0' schedule_line_id: "
    "'avance' "
    "amount_cents: 6 } assumed_fields: 'opening_payment_recorded'";
#define BASIS(line) \
  "basis { convention_number: 'C1' tranche_id: 'T0' schedule_line_id: '" line "' }"
#define ORDERED(line, kind, amount)                                                      \
  "payment_ordered { fiscal_year: 2024 mandat: '7' bordereau: 'B' " BASIS(               \
      line) " structure_id: 'S1' budget_code: 'L1' kind: " kind " amount_cents: " amount \
            " date { year: 2024 month: 7 day: 1 } } assumed_fields: 'ordered'"
#define ORDER(line, kind, amount)                                                              \
  "order { fiscal_year: 2024 mandat: '7' " BASIS(line) " kind: " kind " amount_cents: " amount \
                                                       " "                                     \
                                                       "}"
#define ON(day) "date { year: 2024 month: 7 day: " day " }"
const char kAdvance[] = ORDERED("avance", "PAYMENT_KIND_ADVANCE", "30");
const char kInstalment[] = ORDERED("", "PAYMENT_KIND_INSTALMENT", "20");
const char kAdvanceReduced[] = "payment_reduced { " ORDER(
    "avance", "PAYMENT_KIND_ADVANCE", "30") " reduction_cents: 5 " ON("2") " } assumed_fields: "
                                            "'reduced'";
const char kAdvanceRejected[] =
    "payment_rejected { " ORDER("avance", "PAYMENT_KIND_ADVANCE",
                                "25") " reason: 'non' " ON("9") " } assumed_fields: 'rejected'";
const char kAdvanceAccepted[] =
    "payment_accepted { " ORDER("avance", "PAYMENT_KIND_ADVANCE", "25") ON("4") " }";
const char kAdvanceSuspended[] =
    "payment_suspended { " ORDER("avance", "PAYMENT_KIND_ADVANCE", "25") " reason: 'attente' " ON(
        "3") " } assumed_fields: 'suspended'";
const char kAdvanceSettled[] =
    "payment_settled { " ORDER("avance", "PAYMENT_KIND_ADVANCE", "25") ON("5") " }";
const char kInstalmentReduced[] =
    "payment_reduced { " ORDER("", "PAYMENT_KIND_INSTALMENT", "20") " reduction_cents: 8 }";
const char kInstalmentRejected[] =
    "payment_rejected { " ORDER("", "PAYMENT_KIND_INSTALMENT", "12") " }";
const char kInstalmentSettled[] =
    "payment_settled { " ORDER("", "PAYMENT_KIND_INSTALMENT", "12") " }";

#define CONVENTION(position, opening, amount)                                      \
  "number: 'C1' position: " position " opening: " opening                          \
  " structure_id: 'S1' object: 'Action' signed_on { year: 2024 month: 6 day: 1 } " \
  "previous_convention: 'C0' "                                                     \
  "initial_amount_cents: 100 amount_cents: " amount " "
#define T0(sums)                                                               \
  "tranches { tranche { tranche_id: 'T0' ceiling_cents: 60 budget_code: 'L1' " \
  "schedule { line_id: 'avance' amount_cents: 36 } } " SIGNED_ON sums " } "
// Assumed fields, each with its mentions.
#define ASSUMED(field, mentions) "assumed_fields: '" field "' assumed_mentions: " mentions " "
#define SIGNED_ON "signed_on { year: 2024 month: 6 day: 1 } "
#define T1                                                                       \
  "tranches { tranche { tranche_id: 'T1' ceiling_cents: 40 budget_code: 'L1' } " \
  "mentions: 1 " SIGNED_ON "} "

// ---- Conventions

INSTANTIATE_TEST_SUITE_P(
    Conventions, FoldContract,
    ::testing::Values(
        FoldCase{"Signed",
                 "convention:C1",
                 {kClosed, kSigned},
                 "convention { " CONVENTION("1", "false", "100") T0("mentions: 1") T1
                 "closed_on { year: 2025 month: 6 day: 1 } " ASSUMED("closed", "1")
                     ASSUMED("signed.x", "1") "}"},
        FoldCase{"Opening",
                 "convention:C1",
                 {kOpening},
                 "convention { " CONVENTION("0", "true", "100") T0("mentions: 1") T1 "}"},
        FoldCase{
            "Amended",
            "convention:C1",
            {kSigned, kAdvance, kAvenant},
            "convention { " CONVENTION("0", "false", "120")
                T0("ordered_cents: 30 mentions: 2 "
                   "lines { line_id: 'avance' ordered_cents: 30 mentions: 1 " ASSUMED("ordered",
                                                                                      "1") "}")
                    R"pb(
                      tranches {
                        tranche { tranche_id: "T1" ceiling_cents: 50 budget_code: "L2" }
                        mentions: 2
                        signed_on { year: 2024 month: 6 day: 1 }
                      }
                      tranches {
                        tranche { tranche_id: "T2" ceiling_cents: 10 budget_code: "L1" }
                        mentions: 1
                        signed_on { year: 2024 month: 9 day: 1 }
                      }
                      avenants {
                        avenant_number: 1
                        signed_on { year: 2024 month: 9 day: 1 }
                        authorised_by { number: "D1" }
                        amount_before_cents: 100
                        delta_cents: 20
                        amount_after_cents: 120
                        position: 2
                        assumed_fields: "avenant.x"
                      }
                      assumed_fields: "signed.x"
                      assumed_mentions: 1
                      assumed_fields: "ordered"
                      assumed_mentions: 1
                      assumed_fields: "avenant.x"
                      assumed_mentions: 1
                      })pb"},
        FoldCase{"Reported",
                 "convention:C1",
                 {kSigned, kReceived, kCertified, kAccepted, kCertifiedLater, kCertifiedThatDay,
                  kClosed},
                 "convention { " CONVENTION("0", "false", "100")
                     T0("certified_cents: 49 mentions: 6 "
                        "certified { date { year: 2025 month: 1 day: 5 } amount_cents: 47 "
                        "mentions: 2 } "
                        "certified { date { year: 2025 month: 1 day: 6 } amount_cents: 2 "
                        "mentions: 1 } "
                        "report_received_on { year: 2025 month: 2 day: 1 } "
                        "report_accepted_on { year: 2025 month: 3 day: 1 }" ASSUMED("received", "1")
                            ASSUMED("accepted", "1")) T1
                 "closed_on { year: 2025 month: 6 day: 1 } " ASSUMED("signed.x", "1")
                     ASSUMED("received", "1") ASSUMED("accepted", "1") ASSUMED("closed", "1") "}"},
        FoldCase{
            "Paid",
            "convention:C1",
            {kSigned, kAdvance, kAdvanceReduced, kAdvanceSuspended, kAdvanceAccepted,
             kAdvanceSettled, kInstalment, kInstalmentReduced, kInstalmentSettled},
            "convention { " CONVENTION("0", "false", "100") T0(
                "ordered_cents: 37 paid_cents: 37 ordered_after_service_cents: 12 "
                "mentions: 7 "
                "lines { line_id: 'avance' ordered_cents: 25 paid_cents: 25 mentions: 3 " ASSUMED(
                    "ordered", "1")
                    ASSUMED("reduced",
                            "1") "} "
                                 "lines { ordered_cents: 12 paid_cents: 12 mentions: 3 " ASSUMED(
                                     "ordered", "1") "}") T1 ASSUMED("signed.x", "1")
                ASSUMED("ordered", "2") ASSUMED("reduced", "1") "}"},
        FoldCase{"OrdersRejected",
                 "convention:C1",
                 {kSigned, kAdvance, kAdvanceReduced, kAdvanceRejected, kInstalment,
                  kInstalmentReduced, kInstalmentRejected},
                 "convention { " CONVENTION("0", "false", "100")
                     T0("mentions: 7 lines { line_id: 'avance' mentions: 3 " ASSUMED("ordered", "1")
                            ASSUMED("reduced", "1") ASSUMED(
                                "rejected", "1") "} "
                                                 "lines { mentions: 3 " ASSUMED("ordered", "1") "}")
                         T1 ASSUMED("signed.x", "1") ASSUMED("ordered", "2") ASSUMED("reduced", "1")
                             ASSUMED("rejected", "1") "}"},
        // What is assumed of a tranche is its own, what is assumed of an order its line's.
        FoldCase{
            "Assumed",
            "convention:C1",
            {kOpeningAssumed, kOpeningPaymentAssumed, kOpeningPaymentAssumed},
            "convention { " CONVENTION("0", "true", "100")
                T0("ordered_cents: 12 paid_cents: 12 mentions: 3 " ASSUMED(
                    "opening_convention_recorded.tranches.schedule[0].amount_cents",
                    "1") "lines { line_id: 'avance' ordered_cents: 12 paid_cents: 12 mentions: "
                         "2 " ASSUMED("opening_payment_recorded",
                                      "2") "}") "tranches { tranche { tranche_id: 'T1' "
                                                "ceiling_cents: 40 budget_code: 'L1' } "
                                                "mentions: 1 " SIGNED_ON ASSUMED(
                                                    "opening_convention_recorded.tranches.ceiling_"
                                                    "cents",
                                                    "1") "} " ASSUMED("opening_convention_recorded."
                                                                      "tranches[1].ceiling_cents",
                                                                      "1")
                                                    ASSUMED("opening_convention_recorded.tranches["
                                                            "0].schedule[0].amount_cents",
                                                            "1") ASSUMED("opening_payment_recorded",
                                                                         "2") "}"},
        FoldCase{"PaidBeforeOpening",
                 "convention:C1",
                 {kOpening, kOpeningPayment},
                 "convention { " CONVENTION("0", "true", "100")
                     T0("ordered_cents: 6 paid_cents: 6 mentions: 2 "
                        "lines { line_id: 'avance' ordered_cents: 6 paid_cents: 6 mentions: 1 }") T1
                 "}"},
        // The signature was skipped: sums stand on a tranche of which only the id is known.
        FoldCase{"SignatureUnknown",
                 "convention:C1",
                 {kAdvance, kCertified},
                 R"pb(convention {
                        tranches {
                          tranche { tranche_id: "T0" }
                          ordered_cents: 30
                          certified_cents: 44
                          certified {
                            date { year: 2025 month: 1 day: 5 }
                            amount_cents: 44
                            mentions: 1
                          }
                          lines {
                            line_id: "avance"
                            ordered_cents: 30
                            mentions: 1
                            assumed_fields: "ordered"
                            assumed_mentions: 1
                          }
                          mentions: 2
                        }
                        assumed_fields: "ordered"
                        assumed_mentions: 1
                      })pb"}),
    CaseName());

// ---- Payments

#define PAYMENT \
  "fiscal_year: 2024 mandat: '7' bordereau: 'B' " BASIS("avance")                           \
  " structure_id: 'S1' budget_code: 'L1' kind: PAYMENT_KIND_ADVANCE amount_cents: 30 "      \
  "ordered_by: 'clerk' ordered_on { year: 2024 month: 7 day: 1 } "
#define STEP(status, day, position, reason)                                        \
  "steps { status: PAYMENT_STATUS_" status " date { year: 2024 month: 7 day: " day \
  " } "                                                                            \
  "position: " position " reason: '" reason "' } "

INSTANTIATE_TEST_SUITE_P(
    Payments, FoldContract,
    ::testing::Values(
        FoldCase{
            "Settled",
            "payment:2024-7",
            {kAdvance, kAdvanceReduced, kAdvanceSuspended, kAdvanceAccepted, kAdvanceSettled},
            "payment { " PAYMENT "reduced_cents: 5 "
            "reductions { date { year: 2024 month: 7 day: 2 } amount_cents: 5 } " STEP("ORDERED",
                                                                                       "1", "0", "")
                STEP("SUSPENDED", "3", "2", "attente") STEP("ACCEPTED", "4", "3", "")
                    STEP("SETTLED", "5", "4",
                         "") "assumed_fields: 'ordered' assumed_fields: 'reduced' "
                             "assumed_fields: 'suspended' paid_cents: 25 }"},
        FoldCase{"Rejected",
                 "payment:2024-7",
                 {kAdvance, kAdvanceRejected},
                 "payment { " PAYMENT STEP("ORDERED", "1", "0", "")
                     STEP("REJECTED", "9", "1",
                          "non") "assumed_fields: 'ordered' assumed_fields: 'rejected' }"},
        FoldCase{"OrderUnknown",
                 "payment:2024-7",
                 {kAdvanceAccepted},
                 "payment { " STEP("ACCEPTED", "4", "0", "") "}"}),
    CaseName());

#undef ASSUMED
#undef BASIS
#undef CERTIFIED
#undef CONVENTION
#undef ON
#undef ORDER
#undef ORDERED
#undef PAYMENT
#undef SIGNED_FIELDS
#undef SIGNED_ON
#undef STEP
#undef T0
#undef T1

}  // namespace
}  // namespace registre::testing::fold_contract_test
