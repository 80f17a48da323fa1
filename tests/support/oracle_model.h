// The oracle: what a ledger adds up to, worked out from the list of its events, anew each time.
// Slow and plain on purpose, and with nothing of projections/: what the folds, the index and the
// reader give must be equal to it.
//
//   events -> those known and in effect -> acts that stand, corrections taken into account
//          -> what each moves, and where -> sums
#ifndef REGISTRE_TESTS_SUPPORT_ORACLE_MODEL_H_
#define REGISTRE_TESTS_SUPPORT_ORACLE_MODEL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "registre/v1/event.pb.h"
#include "registre/v1/query.pb.h"
#include "registre/v1/state.pb.h"

namespace registre::testing {

// Figures by name: the key of a row, then the field, for example
//   budget_line:L1 fiscal_years[2024].ordered_cents
// In cents; a count; a status, by its number; or 1, where what is read is a name
//   structure:S1 last_convention=C2
// What is zero is left out: a row that holds nothing but zeros and no row are the same.
using Balances = std::map<std::string, int64_t>;

// From the list: of the events that the options let know, those in effect on their date, each act
// as it stands by then. Where an act is left out by its date, what rests on it counts all the same,
// so that sums may be negative.
Balances NaiveBalances(const std::vector<v1::Event>& log, const v1::ReadOptions& options);

// The same figures of a row that was read.
void AddBalances(const std::string& key, const v1::Row& row, Balances* balances);

// The figure is overwritten by acts, not added up. Where acts come into effect in another order
// than they are recorded in, or corrections are left out that later acts were judged on, it has no
// meaning that a sum of changes could give.
bool IsOverwritten(const std::string& figure);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_ORACLE_MODEL_H_
