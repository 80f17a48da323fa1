// A small ledger with many conventions, each of them ready to be paid. Test data: nothing in it is
// real.
#ifndef REGISTRE_TESTS_SUPPORT_PAYMENT_ACTS_H_
#define REGISTRE_TESTS_SUPPORT_PAYMENT_ACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "registre/v1/act.pb.h"

namespace registre::testing {

// The session of the one member, 10 January 2023, in which test deliberations are voted.
v1::Act HoldTestSession();

// Opens the ledger, with conventions 2023-00001 to 2023-<conventions> of 100,000 EUR each.
std::vector<v1::Act> PaymentFounding(int conventions);

// Orders an advance of `cents` on a convention (from 1).
v1::Act Order(int convention, const std::string& mandat, int64_t cents = 100);
v1::Act Accept(const std::string& mandat);
v1::Act Settle(const std::string& mandat);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_PAYMENT_ACTS_H_
