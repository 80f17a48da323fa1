#include "ledger/base/money.h"

#include <fmt/format.h>

#include "ledger/base/limits.h"

namespace registre {

bool AddCents(int64_t cents, int64_t* sum) {
  int64_t result = 0;
  if (__builtin_add_overflow(*sum, cents, &result)) return false;
  if (result > kMaxCents || result < -kMaxCents) return false;
  *sum = result;
  return true;
}

std::string FormatCents(int64_t cents) {
  const bool negative = cents < 0;
  const uint64_t absolute =
      negative ? ~static_cast<uint64_t>(cents) + 1 : static_cast<uint64_t>(cents);
  std::string euros = fmt::format("{}", absolute / 100);
  for (int i = static_cast<int>(euros.size()) - 3; i > 0; i -= 3) euros.insert(i, 1, ' ');
  return fmt::format("{}{},{:02}", negative ? "-" : "", euros, absolute % 100);
}

}  // namespace registre
