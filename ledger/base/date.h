// Calendar dates (v1::Date) as values: proleptic Gregorian, no time zone, no clock.
#ifndef REGISTRE_LEDGER_BASE_DATE_H_
#define REGISTRE_LEDGER_BASE_DATE_H_

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

#include "registre/v1/common.pb.h"

namespace registre {

// Years of a date, and of a fiscal year, from and to.
inline constexpr int kMinYear = 1800;
inline constexpr int kMaxYear = 2200;

// Days since 1970-01-01.
using Days = int32_t;

// Stands for "no date": before every date. An act without a legal date is always in effect.
inline constexpr Days kAlways = std::numeric_limits<Days>::min();

// The date exists in the calendar and lies in the years 1800 to 2200.
bool IsValidDate(const v1::Date& date);

// Days of a valid date; of any other, any number.
Days ToDays(const v1::Date& date);

// The date of a day number.
v1::Date FromDays(Days days);

// Days of the date, or kAlways when it is not set (all zero).
Days ToDaysOrAlways(const v1::Date& date);

// 18/09/2023.
std::string FormatDate(const v1::Date& date);

// 2023-09-18.
std::string FormatIsoDate(const v1::Date& date);

// Parses 2023-09-18 or 18/09/2023; false when it is not a valid date.
bool ParseDate(const std::string& text, v1::Date* date);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_DATE_H_
