// Where the money of an act comes from: allotments of adopted deliberations,
// and what is left of them. Shared by conventions, avenants, orders and
// releases. Pure functions; no I/O but the view.
#ifndef REGISTRE_LEDGER_ACTS_FUNDING_H_
#define REGISTRE_LEDGER_ACTS_FUNDING_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "registre/v1/contract.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// An allotment of an adopted deliberation; both belong to the view.
struct Funding {
  const v1::Deliberation* deliberation = nullptr;
  const v1::AllotmentState* allotment = nullptr;
};

// Finds an allotment that may be used. Refusals: REFERENCE_UNKNOWN when the
// deliberation is not in the ledger, NOT_AUTHORISED when it is not adopted or
// has no such allotment.
[[nodiscard]] absl::Status FindFunding(const RuleContext& context, std::string_view deliberation,
                                       std::string_view allotment_id, Funding* funding);

// The deliberation, which must be in the ledger (REFERENCE_UNKNOWN) and adopted
// (NOT_AUTHORISED).
[[nodiscard]] absl::Status FindAdopted(const RuleContext& context, std::string_view number,
                                       const v1::Deliberation** deliberation);

// What is used of an allotment, in cents: drawn by conventions, ordered directly
// and released.
int64_t UsedOf(const v1::AllotmentState& state);

// ALLOTMENT_EXCEEDED when `amount_cents`, wanted by `who` ("convention
// 2023-00963"), is more than is left of the allotment.
[[nodiscard]] absl::Status CheckLeft(const Funding& funding, int64_t amount_cents,
                                     const std::string& who);

// SIGNED_BEFORE_VOTE when the authority signs `what` before the day of the
// deliberation.
[[nodiscard]] absl::Status CheckSignedAfterVote(const std::string& what, Days signed_on,
                                                const std::string& deliberation, Days voted_on);

// Flags EXECUTORY_BEFORE (attention, subject the deliberation) when on `day`
// the deliberation is not known to be both transmitted and published. `act` is
// in French: "La convention 2023-00963 est signée".
void FlagExecutory(const RuleContext& context, const v1::Deliberation& deliberation, Days day,
                   const std::string& act);

// An allotment that is drawn on: number of the deliberation, id of the
// allotment.
using DrawKey = std::pair<std::string, std::string>;

// What tranches draw, in cents, by allotment.
using DrawSums = std::map<DrawKey, int64_t>;

// Adds a tranche's draws to the sums. AMOUNT_INVALID when one overflows.
[[nodiscard]] absl::Status AddDraws(const v1::Tranche& tranche, DrawSums* sums);

// What is ordered on a tranche, by where it comes from: first from what was
// committed before the ledger was opened, under the empty key, then from the
// draws in their order. The draws do not exceed the ceiling.
DrawSums OrderedFrom(const v1::Tranche& tranche, int64_t ordered_cents);

// NOT_AUTHORISED when `amount_cents` more, ordered on the tranche by `who`
// within its ceiling, would come from a deliberation that was withdrawn or
// annulled.
[[nodiscard]] absl::Status CheckSourcesStand(const RuleContext& context,
                                             const v1::TrancheState& state, int64_t amount_cents,
                                             const std::string& who);

// A contract that draws.
struct Drawer {
  std::string name;          // in refusals: "convention 2023-00963"
  std::string structure_id;  // who it is with
  Days signed_on = 0;        // by the authority
};

// Judges what a contract newly draws: of each allotment with a sum above zero,
// that it may be used (FindFunding), stands (CheckStands), is for the structure
// or for one that it absorbed, was voted before the signature and holds the
// sum. Adds the deliberations to `deliberations`, by
// number.
[[nodiscard]] absl::Status CheckDraws(
    const RuleContext& context, const Drawer& drawer, const DrawSums& draws,
    std::map<std::string, const v1::Deliberation*>* deliberations);

// Every allotment that the tranche draws on exists and is on the tranche's
// budget line.
[[nodiscard]] absl::Status CheckDrawLines(const RuleContext& context, const v1::Tranche& tranche);

// Flags PERIOD_ENDED_BEFORE_VOTE (attention) or PERIOD_BEFORE_VOTE
// (information), subject the tranche, when its period ended or started before
// the vote of an allotment that it draws on and that `judged` holds with a sum
// above zero, unless such an allotment has that period itself: it was flagged
// with its deliberation. Allotments that the ledger does not hold are passed
// over.
void FlagPeriod(const RuleContext& context, const v1::Tranche& tranche, const DrawSums& judged);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_FUNDING_H_
