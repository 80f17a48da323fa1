#include "ledger/base/date.h"

#include <fmt/format.h>

#include <cstdio>

namespace registre {
namespace {

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysInMonth(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

}  // namespace

bool IsValidDate(const v1::Date& date) {
  return date.year() >= kMinYear && date.year() <= kMaxYear && date.month() >= 1 &&
         date.month() <= 12 && date.day() >= 1 &&
         date.day() <= DaysInMonth(date.year(), date.month());
}

// Both ways count in 400-year eras that start on 1 March, so that a leap day ends its year. In 64
// bits: the events that a verifier reads may hold any numbers.
Days ToDays(const v1::Date& date) {
  const int64_t year = int64_t{date.year()} - (date.month() <= 2 ? 1 : 0);
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t month = int64_t{date.month()} + (date.month() > 2 ? -3 : 9);
  const int64_t day_of_year = (153 * month + 2) / 5 + date.day() - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<Days>(era * 146097 + day_of_era - 719468);
}

v1::Date FromDays(Days days) {
  const int64_t shifted = int64_t{days} + 719468;
  const int era = static_cast<int>((shifted >= 0 ? shifted : shifted - 146096) / 146097);
  const int day_of_era = static_cast<int>(shifted - int64_t{era} * 146097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month = (5 * day_of_year + 2) / 153;
  v1::Date date;
  date.set_day(day_of_year - (153 * month + 2) / 5 + 1);
  date.set_month(month < 10 ? month + 3 : month - 9);
  date.set_year(year_of_era + era * 400 + (date.month() <= 2 ? 1 : 0));
  return date;
}

Days ToDaysOrAlways(const v1::Date& date) {
  return date.year() == 0 && date.month() == 0 && date.day() == 0 ? kAlways : ToDays(date);
}

std::string FormatDate(const v1::Date& date) {
  return fmt::format("{:02}/{:02}/{:04}", date.day(), date.month(), date.year());
}

std::string FormatIsoDate(const v1::Date& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
}

bool ParseDate(const std::string& text, v1::Date* date) {
  int a = 0;
  int b = 0;
  int c = 0;
  int end = -1;
  date->Clear();
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &a, &b, &c, &end) == 3 &&
      end == static_cast<int>(text.size())) {
    date->set_year(a);
    date->set_month(b);
    date->set_day(c);
  } else if (std::sscanf(text.c_str(), "%2d/%2d/%4d%n", &a, &b, &c, &end) == 3 &&
             end == static_cast<int>(text.size())) {
    date->set_day(a);
    date->set_month(b);
    date->set_year(c);
  }
  return IsValidDate(*date);
}

}  // namespace registre
