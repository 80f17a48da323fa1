// A small ledger with long histories: one convention, its structure and its line, and many orders
// whose legal dates do not follow the order of recording. Test data: nothing in it is real.
#ifndef REGISTRE_TESTS_SUPPORT_BUSY_LEDGER_H_
#define REGISTRE_TESTS_SUPPORT_BUSY_LEDGER_H_

#include <cstdint>
#include <vector>

#include "registre/v1/act.pb.h"

namespace registre::testing {

// The acts, in units: the founding acts in one, then one to four acts each. The same seed gives the
// same acts. Every one is accepted by the rules.
std::vector<std::vector<v1::Act>> BusyLedger(uint64_t seed, int orders);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_BUSY_LEDGER_H_
