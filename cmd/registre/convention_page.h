// A convention as a page: header, avenants, tranches, schedule, reports.
#ifndef REGISTRE_CMD_REGISTRE_CONVENTION_PAGE_H_
#define REGISTRE_CMD_REGISTRE_CONVENTION_PAGE_H_

#include <cstdint>
#include <string>

#include "cmd/registre/console.h"
#include "cmd/registre/format.h"
#include "registre/v1/convention_service.pb.h"

namespace registre::cli {

// What the tranches of a convention add up to, in cents.
struct ConventionSums {
  int64_t ceiling = 0;
  int64_t ordered = 0;
  int64_t paid = 0;
};
ConventionSums SumsOf(const v1::Convention& convention);

// Its number and its day of signature, marked when they are assumed.
std::string NumberCell(RowMarks& marks, const v1::Convention& convention);
std::string SignedOnCell(RowMarks& marks, const v1::Convention& convention);

// Prints everything but the orders and the end (PrintEnd).
void PrintConvention(const v1::GetConventionResponse& response, Console& console);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_CONVENTION_PAGE_H_
