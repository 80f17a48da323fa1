// The shape of a message: one generic walk that reads the options of check.proto.
#ifndef REGISTRE_LEDGER_BASE_SHAPE_H_
#define REGISTRE_LEDGER_BASE_SHAPE_H_

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "ledger/base/errors.h"

namespace registre {

// Appends every violation in `message` and below it, each with its path starting at `path`:
// required fields, lengths, forms, amounts (AMOUNT_INVALID), dates and periods (PERIOD_INVALID),
// SIRET, SIREN and RNA numbers, unknown enum values, unknown wire fields (UNKNOWN_FIELD), an unset
// oneof of an Act. Pure; any thread. At most 100 violations are reported.
void CheckShape(const google::protobuf::Message& message, std::string path,
                std::vector<Violation>* violations);

// What a tag may carry after its kind: 1 to 64 of [0-9A-Za-z._-].
bool IsId(std::string_view text);

// A tag: one of the eight kinds, a colon, an id.
bool IsTag(std::string_view text);

// Luhn's check over 9 digits.
bool IsSiren(std::string_view text);

// 14 digits; Luhn, or for SIREN 356000000 (La Poste) also a digit sum divisible by 5.
bool IsSiret(std::string_view text);

// W and 9 characters: digit, digit or letter, 7 digits.
bool IsRna(std::string_view text);

// Valid UTF-8.
bool IsUtf8(std::string_view text);

// The number fits the pattern (NumberPatterns in reference.proto); an empty pattern fits all.
bool MatchesPattern(std::string_view pattern, std::string_view number);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_SHAPE_H_
