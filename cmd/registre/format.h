// How values read in a table: dates, counts, the point of a read.
#ifndef REGISTRE_CMD_REGISTRE_FORMAT_H_
#define REGISTRE_CMD_REGISTRE_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registre/v1/common.pb.h"

namespace registre::cli {

// 18/09/2023; empty when the date is not set.
std::string DateText(const v1::Date& date);

// 01/01/2023 – 31/12/2023; empty when the period is not set.
std::string PeriodText(const v1::Period& period);

// 2023-405, or 2023-259 (avant l'ouverture du registre).
std::string DeliberationText(const v1::DeliberationRef& ref);

// Lower-case hexadecimal.
std::string Hex(std::string_view bytes);

// "0 ligne", "1 ligne", "2 lignes": the plural is the word with an s unless it is given.
std::string Count(int64_t count, std::string_view one, std::string_view many = "");

// The last line of a read: "à la position #63", with the point on the two axes that was asked for.
// `position` is unset while the ledger is empty; `instant` is the as_of's, as a person reads it.
std::string PositionText(std::optional<uint64_t> position, const v1::AsOf& as_of,
                         std::string_view instant = "");

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_FORMAT_H_
