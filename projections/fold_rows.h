// Private to projections/: the folds of the row kinds, one function each, and the helpers that make
// applying and reverting an act one code path.
#ifndef REGISTRE_PROJECTIONS_FOLD_ROWS_H_
#define REGISTRE_PROJECTIONS_FOLD_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "google/protobuf/repeated_field.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "projections/fold.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// Each folds an event into the row named `id` (what follows the kind in its key). An act that says
// nothing of the row leaves it as it is.
void FoldLedger(Direction direction, const v1::Event& event, v1::Ledger* row);
void FoldStructure(Direction direction, const v1::Event& event, std::string_view id,
                   v1::Structure* row);
void FoldCall(Direction direction, const v1::Event& event, std::string_view id, v1::Call* row);
void FoldApplication(Direction direction, const v1::Event& event, std::string_view id,
                     v1::Application* row);
void FoldSession(Direction direction, const v1::Event& event, std::string_view id,
                 v1::Session* row);
void FoldDeliberation(Direction direction, const v1::Event& event, std::string_view id,
                      v1::Deliberation* row);
void FoldBudgetLine(Direction direction, const v1::Event& event, std::string_view id,
                    v1::BudgetLine* row);
void FoldConvention(Direction direction, const v1::Event& event, std::string_view id,
                    v1::Convention* row);
void FoldPayment(Direction direction, const v1::Event& event, std::string_view id,
                 v1::Payment* row);
// Both lookups: `id` is a SIRET, or the SIREN it starts with.
void FoldStructureIds(Direction direction, const v1::Event& event, std::string_view id,
                      v1::StructureIds* row);
// The proposal, and what became of it.
void FoldCorrection(Direction direction, const v1::Event& event, v1::Correction* row);
// What stands for the act at a position.
void FoldCorrected(Direction direction, const v1::Event& event, v1::CorrectedPosition* row);

inline Direction Opposite(Direction direction) {
  return direction == Direction::kApply ? Direction::kRevert : Direction::kApply;
}

// Sums. The rules have bounded them; they wrap rather than be undefined, so that a revert still
// gives back what was there.
inline int64_t Plus(Direction direction, int64_t sum, int64_t cents) {
  const auto a = static_cast<uint64_t>(sum);
  const auto b = static_cast<uint64_t>(cents);
  return static_cast<int64_t>(direction == Direction::kApply ? a + b : a - b);
}
inline int64_t Minus(Direction direction, int64_t sum, int64_t cents) {
  return Plus(Opposite(direction), sum, cents);
}
inline int64_t Negated(int64_t cents) { return Minus(Direction::kApply, 0, cents); }

// One more of what is counted, or one less.
inline int32_t Counted(Direction direction, int32_t count) {
  return static_cast<int32_t>(Plus(direction, count, 1));
}

// What an act that brings something in writes: its own fields, or the empty ones when reverted.
template <typename A>
const A& Given(Direction direction, const A& act) {
  return direction == Direction::kApply ? act : A::default_instance();
}

// Copies a message field, or clears it when `value` is null: an empty message is not an absent one.
template <typename R, typename T>
void Put(const T* value, R* row, T* (R::*mutable_field)(), void (R::*clear)()) {
  if (value != nullptr) {
    (row->*mutable_field)()->CopyFrom(*value);
  } else {
    (row->*clear)();
  }
}

inline bool SameItem(const std::string& a, const std::string& b) { return a == b; }
inline bool SameItem(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// Adds one at the end, or takes the last that is equal away: a correction may revert an act that
// others came after. What has a position stays in order of it.
template <typename T>
void Appended(Direction direction, const T& value, google::protobuf::RepeatedPtrField<T>* list) {
  if (direction == Direction::kApply) {
    *list->Add() = value;
    if constexpr (requires { value.position(); }) {
      for (int i = list->size() - 1; i > 0 && list->Get(i - 1).position() > value.position(); --i) {
        list->SwapElements(i - 1, i);
      }
    }
    return;
  }
  int at = list->size() - 1;
  while (at >= 0 && !SameItem(list->Get(at), value)) --at;
  if (at >= 0) list->DeleteSubrange(at, 1);
}

// Appends the assumed fields of the act, or takes as many away: for the rows whose acts are few.
void FoldAssumedFields(Direction direction, const v1::Act& act,
                       google::protobuf::RepeatedPtrField<std::string>* fields);

// One mention more of a path, or one less: it stands in the list while it is mentioned.
void MentionPath(Direction direction, std::string_view path,
                 google::protobuf::RepeatedPtrField<std::string>* paths,
                 google::protobuf::RepeatedField<uint32_t>* mentions);

// Mentions the assumed fields of the act in a row, or an entry of one, that adds it up: however
// many acts it adds up, each path stands there once. `as_seen` gives a path as the row sees it;
// empty: it is about something else.
template <typename R, typename AsSeen>
void MentionAssumed(Direction direction, const v1::Act& act, R* row, AsSeen as_seen) {
  for (const std::string& field : act.assumed_fields()) {
    const std::string path = as_seen(field);
    if (path.empty()) continue;
    MentionPath(direction, path, row->mutable_assumed_fields(), row->mutable_assumed_mentions());
  }
}
template <typename R>
void MentionAssumed(Direction direction, const v1::Act& act, R* row) {
  MentionAssumed(direction, act, row, [](const std::string& path) { return path; });
}

// The path without the indexes of lists.
std::string WithoutIndexes(std::string_view path);

// A path as seen by a row that takes some elements of a list of the act, those for which
// mine(index) holds: without indexes, and empty for the other elements. `beside`: the rest of the
// act counts as well; without it only the whole act does.
template <typename Mine>
std::string OfElements(std::string_view path, std::string_view list, bool beside, Mine mine);

// The path as seen by one element: the whole act, or what is inside the element, without its index.
std::string OfElement(std::string_view path, std::string_view list, int index);

// Index of the element of the list that the path is inside of, kEvery when it is the act or the
// list as a whole, kNone when it is another field.
inline constexpr int kEvery = -1;
inline constexpr int kNone = -2;
int ElementOf(std::string_view path, std::string_view list);

template <typename Mine>
std::string OfElements(std::string_view path, std::string_view list, bool beside, Mine mine) {
  const int element = ElementOf(path, list);
  const bool seen = element == kNone ? beside : element == kEvery || mine(element);
  return seen ? WithoutIndexes(path) : "";
}

// Folds a mention of an entry that several acts may bring in. The entry for which `is` holds is
// looked for from the end of the list; an applied act adds it when there is none, made by `init`.
// `change` then folds the act into it, in the same direction; reverting the last mention removes
// it.
template <typename E, typename Is, typename Init, typename Change>
void Mention(Direction direction, google::protobuf::RepeatedPtrField<E>* list, Is is, Init init,
             Change change) {
  int at = list->size() - 1;
  while (at >= 0 && !is(list->Get(at))) --at;
  if (direction == Direction::kApply) {
    E* entry = at >= 0 ? list->Mutable(at) : list->Add();
    if (at < 0) init(entry);
    entry->set_mentions(entry->mentions() + 1);
    change(entry);
    return;
  }
  if (at < 0) return;
  E* entry = list->Mutable(at);
  change(entry);
  if (entry->mentions() > 1) {
    entry->set_mentions(entry->mentions() - 1);
  } else {
    list->DeleteSubrange(at, 1);
  }
}

// The changes of allotments that an act after their vote makes; none for another act.
google::protobuf::RepeatedPtrField<v1::AllotmentChange> ChangesOf(const v1::Act& act);

// A path of such an act as seen by one of its changes: the rest of the act counts as well.
std::string OfChange(std::string_view path, int index);

// What a change adds, in cents; negative when it takes off.
inline int64_t AddedBy(const v1::AllotmentChange& change) {
  return Minus(Direction::kApply, change.amount_after_cents(), change.amount_before_cents());
}

// Mentions the assumed fields of such an act in a row that adds up the changes for which
// mine(change) holds. Returns what they add, in cents.
template <typename R, typename Mine>
int64_t FoldChanges(Direction direction, const v1::Act& act, R* row, Mine mine) {
  const auto changes = ChangesOf(act);
  int64_t added = 0;
  for (const v1::AllotmentChange& change : changes) {
    if (mine(change)) added = Plus(Direction::kApply, added, AddedBy(change));
  }
  MentionAssumed(direction, act, row, [&](std::string_view path) {
    return OfElements(path, "changes", /*beside=*/true,
                      [&](int i) { return i < changes.size() && mine(changes[i]); });
  });
  return added;
}

// Adds to what a row, or an entry of one, says of titres de recettes.
template <typename R>
void FoldRecovered(Direction direction, int64_t asked_cents, int64_t received_cents, R* row) {
  row->set_recovery_ordered_cents(Plus(direction, row->recovery_ordered_cents(), asked_cents));
  row->set_recovered_cents(Plus(direction, row->recovered_cents(), received_cents));
}

// The vote is one that allots: the assembly adopted it.
inline bool Adopted(const v1::DeliberationVoted& act) {
  return act.result() == v1::VOTE_RESULT_ADOPTED;
}

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_FOLD_ROWS_H_
