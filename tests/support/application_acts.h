// The acts of one application, D1, by the structure of payment_acts.h. Test data: nothing in it is
// real.
#ifndef REGISTRE_TESTS_SUPPORT_APPLICATION_ACTS_H_
#define REGISTRE_TESTS_SUPPORT_APPLICATION_ACTS_H_

#include <cstdint>

#include "registre/v1/act.pb.h"

namespace registre::testing {

v1::Act OpenCall();
v1::Act Submit(int64_t requested_cents, const v1::Date& on);
v1::Act Instruct(int64_t proposed_cents, const v1::Date& on);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_APPLICATION_ACTS_H_
