// The shape of a message: one generic walk that reads the options of check.proto.
#ifndef REGISTRE_LEDGER_BASE_SHAPE_H_
#define REGISTRE_LEDGER_BASE_SHAPE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "ledger/base/errors.h"

namespace registre {

// Violations reported of one request; what more is wrong is found when these are corrected.
inline constexpr size_t kMaxViolations = 100;

// Appends every violation in `message` and below it, each with its path starting at `path`:
//   FIELD_INVALID      a required field is empty; a string is too long, is not UTF-8, holds a
//   control
//                      character or has another form; a digest has not 32 bytes; a list is too
//                      long; an enum value is unknown; a count is negative; a year lies outside
//                      1800 to 2200; an Act without an act, a DeliberationRef without a reference;
//                      an assumed field that names no field of its act
//   AMOUNT_INVALID     an amount outside its range
//   PERIOD_INVALID     a date that is not in the calendar (an empty one that is set included), a
//   period
//                      that ends before it starts
//   SIRET_INVALID, RNA_INVALID, TRANSMISSION_FORM   a number of that form that is none
//   UNKNOWN_FIELD      a field that the contract does not have
// Fields that the ledger fills may be empty, and amounts inside them 0. Pure; any thread. Adds none
// once there are kMaxViolations.
void CheckShape(const google::protobuf::Message& message, std::string path,
                std::vector<Violation>* violations);

// Empties every field in `message` and below it that the ledger fills: what a client would send.
void ClearFilled(google::protobuf::Message* message);

// What a tag may carry after its kind: 1 to 64 of [0-9A-Za-z._-].
bool IsId(std::string_view text);

// A tag: one of the eight kinds, a colon, an id.
bool IsTag(std::string_view text);

// Luhn's check over 9 digits, not all zero.
bool IsSiren(std::string_view text);

// 14 digits, not all zero; Luhn, or for SIREN 356000000 (La Poste) also a digit sum divisible by 5.
bool IsSiret(std::string_view text);

// W and 9 characters: digit, digit or letter, 7 digits.
bool IsRna(std::string_view text);

// The first bytes of a text, at most so many, whole characters only.
std::string_view FirstBytes(std::string_view text, size_t most);

// Valid UTF-8.
bool IsUtf8(std::string_view text);

// The text, with each byte that is not of valid UTF-8 written as \xNN.
std::string Utf8Of(std::string_view text);

// The number fits the pattern (NumberPatterns in reference.proto); an empty pattern fits all.
bool MatchesPattern(std::string_view pattern, std::string_view number);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_SHAPE_H_
