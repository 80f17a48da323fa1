// Amounts: int64 cents of euro, at most kMaxCents either way, never a floating-point number.
#ifndef REGISTRE_LEDGER_BASE_MONEY_H_
#define REGISTRE_LEDGER_BASE_MONEY_H_

#include <cstdint>
#include <string>

namespace registre {

// Adds `cents` to `*sum`. False, leaving `*sum`, when the sum would overflow or exceed kMaxCents.
[[nodiscard]] bool AddCents(int64_t cents, int64_t* sum);

// 1 545 780,28 with no-break spaces replaced by plain ones; -12,00; no currency sign.
std::string FormatCents(int64_t cents);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_MONEY_H_
