// A convention as a page: header, avenants, tranches, schedule, reports.
#ifndef REGISTRE_CMD_REGISTRE_CONVENTION_PAGE_H_
#define REGISTRE_CMD_REGISTRE_CONVENTION_PAGE_H_

#include <string>

#include "cmd/registre/console.h"
#include "cmd/registre/marks.h"
#include "registre/v1/convention_service.pb.h"

namespace registre::cli {

// What the tranches of a convention add up to.
struct ConventionSums {
  Sum ceiling, ordered, paid;
};
ConventionSums SumsOf(const v1::Convention& convention);

// Its total as amended.
Sum AmountOf(const v1::Convention& convention);

// Its number, its object and its day of signature, marked when they are assumed.
std::string NumberCell(const v1::Convention& convention);
std::string ObjectCell(const v1::Convention& convention);
std::string SignedOnCell(const v1::Convention& convention);

// Prints everything but the orders and the end (PrintEnd).
void PrintConvention(const v1::GetConventionResponse& response, Console& console);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_CONVENTION_PAGE_H_
