// The terms of a contract: what its tranches must satisfy by themselves,
// whoever brings them in (opening convention, convention, avenant). Pure
// functions; one thread, no I/O but the view.
#ifndef REGISTRE_LEDGER_ACTS_CONTRACT_TERMS_H_
#define REGISTRE_LEDGER_ACTS_CONTRACT_TERMS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/acts/rules.h"
#include "registre/v1/contract.pb.h"

namespace registre {

// Judges each tranche by itself, and the ids among them. Draws are only summed:
// what they may draw on is for the act that carries them. Refusals, in this
// order for each tranche:
//   DUPLICATE_ID (INVALID_ARGUMENT)    a tranche id, or a line id within a
//   tranche, given twice REFERENCE_UNKNOWN (NOT_FOUND)      the budget line is
//   not open TRANCHE_TOTAL                      quantitative + qualitative
//   parts, when either is set, are not
//                                      the ceiling
//   FIELD_INVALID (INVALID_ARGUMENT)   a trigger without its date or avenant,
//   or with another's; a
//                                      range of places that is none
//   SCHEDULE_EXCEEDED                  the schedule's lines add up to more than
//   the ceiling AMOUNT_INVALID (INVALID_ARGUMENT)  a sum or a product over
//   kMaxCents
// Flag: UNIT_COST (attention, subject the tranche id), where the ceiling is not
// what the places cost.
[[nodiscard]] absl::Status CheckTranches(
    const RuleContext& context, const google::protobuf::RepeatedPtrField<v1::Tranche>& tranches);

// The ceilings add up to the total of `contract`, for example "convention
// 2023-00963". Refusals: TRANCHE_TOTAL with both values and the difference,
// AMOUNT_INVALID.
[[nodiscard]] absl::Status CheckTrancheTotal(
    const google::protobuf::RepeatedPtrField<v1::Tranche>& tranches, int64_t total_cents,
    const std::string& contract);

// Sets `*sum_cents` to the sum of the tranche's draws; AMOUNT_INVALID when it
// overflows.
[[nodiscard]] absl::Status SumDraws(const v1::Tranche& tranche, int64_t* sum_cents);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_CONTRACT_TERMS_H_
