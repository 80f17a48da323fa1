// Projections: pure folds of events into rows. Every key has one row, and the row of a key is the
// fold of the events that RowKeysOf lists it for, in order of position: nothing else, no clock, no
// other row. Folding never refuses.
#ifndef REGISTRE_PROJECTIONS_FOLD_H_
#define REGISTRE_PROJECTIONS_FOLD_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registre/v1/event.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// Version of the folds. A change of what rows hold raises it: the index is then rebuilt.
inline constexpr uint32_t kFoldVersion = 4;

// Which way an event is folded. kRevert is the exact inverse of kApply: reverting events newest
// first gives back the very bytes of the row before each. That holds where nothing was skipped: an
// act that overwrites goes back to the value it was judged on, which a fold up to an effective date
// may not have seen. A row equal to an empty Row does not exist.
enum class Direction { kApply, kRevert };

// Keys of the rows the event touches: its tags, in their order; "ledger" for acts of the ledger;
// siret: and siren: for the acts that give a structure its SIRET; corrected: for what a correction
// did to an act. Each once.
std::vector<std::string> RowKeysOf(const v1::Event& event);

// Folds the event into the row of one of its keys, in place; any thread, one row at a time. A key
// of no known kind changes nothing. An act_reversed folds as its act reverted, an act_rectified as
// its act applied at the position it was first recorded at: whether others came after it or not,
// since sums and lists do not depend on it, and an act that overwrites what a corrected one wrote
// carries the value before and is corrected with it (correction_plan.h). Lists may change their
// order. Where the act that opens a row was skipped by its effective date, what follows is kept all
// the same, in entries that hold little more than their id: the row's number stays empty.
void Fold(Direction direction, const v1::Event& event, std::string_view key, v1::Row* row);

// A value of a row that acts set, where others add up: two acts that set the same one hold in the
// order of their positions only.
struct RowValue {
  std::string key;   // of the row
  std::string part;  // which value of it; empty: what opens the row

  auto operator<=>(const RowValue&) const = default;
};

// The values that the act sets. Where acts set one after another (an identity, an instruction, the
// terms of a tranche, a termination), a correction of one undoes and does again those that came
// after it (replay.h). Where one must be reversed before another sets it, the two still follow one
// another. Either way no correction counts before an earlier one of the same value does.
std::vector<RowValue> ValuesSetBy(const v1::Act& act);
// Of which kind of row acts of the type set values, as "structure:"; empty: of none.
std::string_view KindSetBy(v1::Act::ActCase type);

// The act is an act_reversed or an act_rectified.
inline bool IsCorrection(const v1::Act& act) {
  return act.has_act_reversed() || act.has_act_rectified();
}

// What such an event does: an event of before, reverted or applied; of that one the position, the
// subject and the act are known.
struct Compensation {
  Direction direction = Direction::kApply;
  v1::Event event;
};
Compensation CompensationOf(const v1::Event& event);

// Reverting what reverts is applying.
inline Direction Compose(Direction a, Direction b) {
  return a == b ? Direction::kApply : Direction::kRevert;
}

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_FOLD_H_
