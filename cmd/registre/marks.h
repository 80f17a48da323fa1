// What a document does not say is never passed off as said: `*` behind a value, and a footnote.
#ifndef REGISTRE_CMD_REGISTRE_MARKS_H_
#define REGISTRE_CMD_REGISTRE_MARKS_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace registre::cli {

using AssumedFields = google::protobuf::RepeatedPtrField<std::string>;
using Paths = absl::Span<const std::string_view>;

// Whether one of `paths` is among the assumed fields. A path starts at the act, and its steps have
// the indexes of lists or not, for example convention_signed.signatures.authority_signed_on; it is
// also assumed when something around it or inside it is.
bool IsAssumed(const AssumedFields& fields, Paths paths);

// `text` with `*` when it is assumed. An empty text stays empty.
std::string Starred(std::string text, bool assumed);

// The same for a value that stands in one of `paths`.
std::string Cell(const AssumedFields& fields, std::string text, Paths paths);

// An amount in cents with whether it rests on something assumed: so do its sums and differences.
struct Sum {
  int64_t cents = 0;
  bool assumed = false;

  // As in a table: "24 000,00*".
  std::string Text() const;
};
inline Sum operator+(const Sum& a, const Sum& b) {
  return {a.cents + b.cents, a.assumed || b.assumed};
}
inline Sum operator-(const Sum& a, const Sum& b) {
  return {a.cents - b.cents, a.assumed || b.assumed};
}
inline Sum& operator+=(Sum& a, const Sum& b) { return a = a + b; }

// What the sums of rows rest on. An act of contract or of payment counts for what it adds up as
// long as its amount, its number and its day are the document's: without them it is not said to
// exist.
inline constexpr std::string_view kAuthorisedPaths[] = {
    "budget_line_opened.authorised_cents", "budget_line_adjusted.authorised_after_cents"};
inline constexpr std::string_view kCommittedBeforePaths[] = {
    "opening_commitment_recorded.amount_cents"};
inline constexpr std::string_view kAllottedPaths[] = {
    "deliberation_voted.allotments.amount_cents",
    "deliberation_voted.allotments.structure_id",
    "deliberation_amended.changes.amount_after_cents",
    "deliberation_amended.date",
    "deliberation_withdrawn.date",
    "deliberation_annulled.date",
    "allotment_reduced.change.amount_after_cents",
    "allotment_reduced.date"};
inline constexpr std::string_view kReleasedPaths[] = {"commitment_released.amount_cents",
                                                      "commitment_released.date"};
inline constexpr std::string_view kContractedPaths[] = {
    "opening_convention_recorded.number",
    "opening_convention_recorded.signatures.authority_signed_on",
    "opening_convention_recorded.amount_cents",
    "opening_convention_recorded.tranches.ceiling_cents",
    "convention_signed.number",
    "convention_signed.signatures.authority_signed_on",
    "convention_signed.amount_cents",
    "convention_signed.tranches.ceiling_cents",
    "convention_signed.tranches.draws",
    "avenant_signed.signatures.authority_signed_on",
    "avenant_signed.delta_cents",
    "avenant_signed.tranches.ceiling_cents",
    "avenant_signed.tranches.draws",
    "convention_terminated.date"};
inline constexpr std::string_view kOrderedPaths[] = {"opening_payment_recorded.amount_cents",
                                                     "opening_payment_recorded.date",
                                                     "payment_ordered.amount_cents",
                                                     "payment_ordered.mandat",
                                                     "payment_ordered.date",
                                                     "payment_rejected.date",
                                                     "payment_reduced.reduction_cents",
                                                     "payment_reduced.date",
                                                     "payment_reimputed.basis",
                                                     "payment_reimputed.date"};
inline constexpr std::string_view kPaidPaths[] = {
    "opening_payment_recorded.amount_cents", "opening_payment_recorded.date",
    "payment_settled.date", "payment_reimputed.basis", "payment_reimputed.date"};
inline constexpr std::string_view kAskedBackPaths[] = {
    "recovery_ordered.recovery_number", "recovery_ordered.amount_cents", "recovery_ordered.date"};
inline constexpr std::string_view kReceivedPaths[] = {"recovery_received.amount_cents",
                                                      "recovery_received.date"};

// The fields of a footnote: each once, by act, without list indexes.
class Footnote {
 public:
  void Add(const AssumedFields& fields);

  // "* supposé : le document ne le dit pas", then a line an act with its fields; nothing when there
  // are none.
  void Print(std::ostream& out, size_t width) const;

 private:
  std::map<std::string, std::set<std::string>> fields_;  // the empty field: the whole act
};

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_MARKS_H_
