// The figures of a row: every amount in it, by name.
#ifndef REGISTRE_PROJECTIONS_FIGURES_H_
#define REGISTRE_PROJECTIONS_FIGURES_H_

#include <cstdint>
#include <map>
#include <string>

#include "registre/v1/state.pb.h"

namespace registre {

// Every field named *_cents of the row and below it that is not zero, by its path from the row, for
// example available_cents, tranches[2024].ordered_cents, fiscal_years[2023].ordered_cents: an
// element of a list by its id, not its index, so that two states of a row can be compared. The terms
// of acts that a row keeps (an allotment as voted, a schedule, an avenant) are left out; of a tranche
// its ceiling counts.
std::map<std::string, int64_t> FiguresOf(const v1::Row& row);

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_FIGURES_H_
