// Cells of an order (mandat), each with a star where it rests on something assumed.
#ifndef REGISTRE_CMD_REGISTRE_PAYMENT_CELLS_H_
#define REGISTRE_CMD_REGISTRE_PAYMENT_CELLS_H_

#include <string>

#include "registre/v1/state.pb.h"

namespace registre::cli {

// "2023-12".
std::string MandatCell(const v1::Payment& payment);
// Day of the order.
std::string OrderedOnCell(const v1::Payment& payment);
// Ordered at first; reduced since, empty when it is not.
std::string OrderedCell(const v1::Payment& payment);
std::string ReducedCell(const v1::Payment& payment);
// "pris en charge le 12/10/2023", with the reason where there is one.
std::string StatusCell(const v1::Payment& payment);
// One of its steps, as above.
std::string StepCell(const v1::Payment& payment, const v1::PaymentStep& step);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_PAYMENT_CELLS_H_
