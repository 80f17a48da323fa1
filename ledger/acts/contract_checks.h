// Checks that acts on a convention share: contract, service, orders. Pure; no I/O but the view.
#ifndef REGISTRE_LEDGER_ACTS_CONTRACT_CHECKS_H_
#define REGISTRE_LEDGER_ACTS_CONTRACT_CHECKS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "registre/v1/state.pb.h"

namespace registre {

// A tranche and its convention; both belong to the view.
struct ContractTarget {
  const v1::Convention* convention = nullptr;
  const v1::TrancheState* tranche = nullptr;
};

// Sets `*target`. REFERENCE_UNKNOWN when the ledger has no such convention, or the convention no
// such tranche.
[[nodiscard]] absl::Status FindTarget(const RuleContext& context, std::string_view convention,
                                      std::string_view tranche_id, ContractTarget* target);

// CONVENTION_CLOSED when the convention is closed, CONVENTION_TERMINATED when it is terminated;
// `what` comes too late: "an order".
[[nodiscard]] absl::Status CheckOpen(const v1::Convention& convention, std::string_view what);

// PERIOD_INVALID when the convention is `what` ("closed") before its signature.
[[nodiscard]] absl::Status CheckEndDate(const v1::Convention& convention, std::string_view what,
                                        const v1::Date& date);

// Ordered on a schedule line of the tranche, in cents.
int64_t OrderedOn(const v1::TrancheState& tranche, std::string_view line_id);

// Flags SIGNATORY_DELEGATION_UNKNOWN (information, subject the signatory) when the authority's
// signature is given by a delegation that nothing refers to.
void FlagSignatory(const RuleContext& context, const v1::ContractSignatures& signatures);

// Fills previous_convention of an act that brings in a convention of the structure.
template <typename Act>
[[nodiscard]] absl::Status FillPrevious(const v1::Structure& structure, Act* act) {
  return Fill("previous_convention", act->previous_convention(), structure.last_convention(),
              [&](const std::string& number) { act->set_previous_convention(number); });
}

// Fills an act's structure_id.
template <typename Act>
[[nodiscard]] absl::Status FillStructure(const std::string& structure_id, Act* act) {
  return Fill("structure_id", act->structure_id(), structure_id,
              [&](const std::string& id) { act->set_structure_id(id); });
}

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_CONTRACT_CHECKS_H_
