// Checks that the rules of several acts share. Pure functions of a context; see rules.h.
#ifndef REGISTRE_LEDGER_ACTS_CHECKS_H_
#define REGISTRE_LEDGER_ACTS_CHECKS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"

namespace registre {

// ---- Words

// "1 545 780,28 EUR", for refusals; "1 545 780,28 €", for flags.
std::string Eur(int64_t cents);
std::string Euros(int64_t cents);

// French: "0 abstention", "1 abstention", "2 abstentions". For flags.
std::string CountOf(int64_t count, std::string_view one, std::string_view many);

// "commission permanente".
std::string_view BodyName(v1::Body body);

// The body is an assembly (conseil), not its commission permanente.
bool IsConseil(v1::Body body);

// A name without what the sources write now one way, now another: case, accents, ligatures,
// punctuation, the articles le, la, les, l', the word "et". Equal folds are the same name.
std::string FoldName(std::string_view name);

// The same of a person, whose name keeps its small words: M. Jean LÉON is M. JEAN LEON, and not
// Mme Jeanne LE LÉON.
std::string FoldPerson(std::string_view name);

// ---- References

// What the ledger holds under an id; REFERENCE_UNKNOWN when nothing. The pointer lives as the
// view's.
absl::StatusOr<const v1::Structure*> FindStructure(const RuleContext& context, std::string_view id);
absl::StatusOr<const v1::BudgetLine*> FindBudgetLine(const RuleContext& context,
                                                     std::string_view code);
absl::StatusOr<const v1::Call*> FindCall(const RuleContext& context, std::string_view id);
absl::StatusOr<const v1::Application*> FindApplication(const RuleContext& context,
                                                       std::string_view number);
absl::StatusOr<const v1::Session*> FindSession(const RuleContext& context, std::string_view id);
absl::StatusOr<const v1::Deliberation*> FindDeliberation(const RuleContext& context,
                                                         std::string_view number);
absl::StatusOr<const v1::Convention*> FindConvention(const RuleContext& context,
                                                     std::string_view number);

// REFERENCE_UNKNOWN when the report was not tabled for the session.
[[nodiscard]] absl::Status CheckReportTabled(const v1::Session& session, std::string_view report);

// The allotment of a deliberation, or nullptr.
const v1::AllotmentState* FindAllotment(const v1::Deliberation& deliberation, std::string_view id);
// The tranche of a convention, or nullptr.
const v1::TrancheState* FindTranche(const v1::Convention& convention, std::string_view id);

// What is known of a deliberation that an act refers to.
struct ReferredDeliberation {
  std::string number;
  v1::Date date;
  v1::Body body = v1::BODY_UNSPECIFIED;
  // In the ledger, where it may be rejected; nullptr: before the ledger, taken as adopted.
  const v1::Deliberation* held = nullptr;

  bool adopted() const { return held == nullptr || held->result() == v1::VOTE_RESULT_ADOPTED; }
};

// Resolves a reference. REFERENCE_UNKNOWN when it names a deliberation of this ledger that is not
// in it, or as one before the ledger a deliberation that the ledger holds or that is not dated
// before its opening. What was before the ledger is else accepted as it is stated.
absl::StatusOr<ReferredDeliberation> Resolve(const RuleContext& context,
                                             const v1::DeliberationRef& ref);

// PERIOD_INVALID when the deliberation comes after `date`, that of `act` ("budget line c"), which
// rests on it.
[[nodiscard]] absl::Status CheckNotBeforeIts(const ReferredDeliberation& deliberation,
                                             const std::string& act, const v1::Date& date);

// Flags NAME_DIFFERS when `written` is not empty and folds otherwise than the registered name.
void FlagNameDiffers(const RuleContext& context, const v1::Structure& structure,
                     std::string_view written);

// ---- Numbers, ids, amounts

// INVALID_ARGUMENT, NUMBER_FORM, when the number does not fit the ledger's pattern
// (reference.proto).
[[nodiscard]] absl::Status CheckNumberForm(std::string_view kind, std::string_view pattern,
                                           std::string_view number);

// INVALID_ARGUMENT, DUPLICATE_ID, when an id stands twice. `what` is for people: "article".
[[nodiscard]] absl::Status CheckUnique(std::string_view what,
                                       const std::vector<std::string_view>& ids);

// Payments of a fiscal year are dated in it, or in January after it (journée complémentaire);
// INVALID_ARGUMENT, PERIOD_INVALID, otherwise. `what` is for people: "mandat 2023-12".
[[nodiscard]] absl::Status CheckFiscalYear(const std::string& what, int32_t fiscal_year,
                                           const v1::Date& date);

// BUDGET_CLOSED_YEAR when the fiscal year is closed: its budget lines are only read (CGCT
// L.1612-11). The year counts and not the day, since orders of a year run to 31 January. Years
// close in order: none before a closed one is open. `what` is for people: "mandat 2023-12";
// `remedy` is what to do.
[[nodiscard]] absl::Status CheckYearOpen(const RuleContext& context, int32_t fiscal_year,
                                         const std::string& what, std::string_view remedy);

// The last fiscal year closed; unset fields when none is.
const v1::ClosedYear& LastClosedYear(const v1::Ledger& ledger);

// INVALID_ARGUMENT, FIELD_INVALID: fields that do not go together.
absl::Status FieldInvalid(std::string message);

// Adds to a sum; INVALID_ARGUMENT, AMOUNT_INVALID, when it leaves the range of amounts.
[[nodiscard]] absl::Status AddAmount(std::string_view what, int64_t cents, int64_t* sum);

// ---- Fields that the ledger fills

// FAILED_PRECONDITION, FILLED_DIFFERS: the client sent another value than the ledger fills.
[[nodiscard]] absl::Status FilledDiffers(std::string_view field, std::string_view given,
                                         std::string_view held);

namespace internal {
// A value as a message shows it: amounts in euros, by the field's name.
std::string ShowFilled(std::string_view field, int64_t value);
std::string ShowFilled(std::string_view field, std::string_view value);
std::string ShowFilled(std::string_view field, const google::protobuf::Message& value);
bool SameMessage(const google::protobuf::Message& a, const google::protobuf::Message& b);
}  // namespace internal

// Fills a scalar, an enum or a string: `given` is what the client sent (zero or empty: nothing),
// `set` stores the ledger's value. For example
//   Fill("structure_id", act->structure_id(), held.structure_id(),
//        [&](const std::string& value) { act->set_structure_id(value); })
template <typename T, typename Set>
[[nodiscard]] absl::Status Fill(std::string_view field, const T& given, const T& held, Set set) {
  if (!(given == T()) && !(given == held)) {
    if constexpr (std::is_same_v<T, std::string>) {
      return FilledDiffers(field, internal::ShowFilled(field, std::string_view(given)),
                           internal::ShowFilled(field, std::string_view(held)));
    } else {
      return FilledDiffers(field, internal::ShowFilled(field, static_cast<int64_t>(given)),
                           internal::ShowFilled(field, static_cast<int64_t>(held)));
    }
  }
  set(held);
  return absl::OkStatus();
}

// Fills a message field: `slot` returns the mutable field. An empty `held` leaves the field unset
// when the client left it so.
template <typename M, typename Slot>
[[nodiscard]] absl::Status FillMessage(std::string_view field, const M& given, const M& held,
                                       Slot slot) {
  if (given.ByteSizeLong() != 0 && !internal::SameMessage(given, held)) {
    return FilledDiffers(field, internal::ShowFilled(field, given),
                         internal::ShowFilled(field, held));
  }
  if (held.ByteSizeLong() != 0) *slot() = held;
  return absl::OkStatus();
}

// Fills a list of messages.
template <typename M>
[[nodiscard]] absl::Status FillList(std::string_view field,
                                    google::protobuf::RepeatedPtrField<M>* slot,
                                    const google::protobuf::RepeatedPtrField<M>& held) {
  if (!slot->empty()) {
    bool same = slot->size() == held.size();
    for (int i = 0; same && i < held.size(); ++i) same = internal::SameMessage((*slot)[i], held[i]);
    if (!same) {
      return FilledDiffers(field, std::to_string(slot->size()) + " items that differ",
                           std::to_string(held.size()) + " items");
    }
  }
  *slot = held;
  return absl::OkStatus();
}

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_CHECKS_H_
