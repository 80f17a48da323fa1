// Cells of an order (mandat), each with a star where it rests on something assumed.
#ifndef REGISTRE_CMD_REGISTRE_PAYMENT_CELLS_H_
#define REGISTRE_CMD_REGISTRE_PAYMENT_CELLS_H_

#include <cstdint>
#include <string>

#include "cmd/registre/marks.h"
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
// What a row asks back by titres de recettes, and what of it is received: "1 200,00, dont 400,00
// reçus"; empty when nothing is.
std::string AskedBackText(const AssumedFields& fields, int64_t asked_cents, int64_t received_cents);
template <typename R>
std::string AskedBackText(const R& row) {
  return AskedBackText(row.assumed_fields(), row.recovery_ordered_cents(), row.recovered_cents());
}
// One of its steps, as above.
std::string StepCell(const v1::Payment& payment, const v1::PaymentStep& step);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_PAYMENT_CELLS_H_
