// The state of a convention in a few lines, and what an event changed in it.
#ifndef REGISTRE_CMD_REGISTRE_CONVENTION_STATE_H_
#define REGISTRE_CMD_REGISTRE_CONVENTION_STATE_H_

#include <string>
#include <vector>

#include "registre/v1/state.pb.h"

namespace registre::cli {

// "plafond 28 800,00, mandaté 5 760,00, payé 0,00, reste à mandater 23 040,00"; "aucun état" of a
// row that holds no convention.
std::string ConventionStateText(const v1::Row& row);

// What differs between two states, each as it reads alone: "mandaté + 5 760,00", "avenant 1",
// "tranche 2024"; empty when nothing that a reader would look for does.
std::vector<std::string> ConventionChanges(const v1::Row& before, const v1::Row& after);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_CONVENTION_STATE_H_
