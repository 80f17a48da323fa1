// The end of a fiscal year.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

// Calls visit(line, year) for each budget line and each fiscal year that moved it, in order of
// code.
template <typename Visit>
void ForEachLineYear(const LedgerView& view, Visit visit) {
  view.ForEachKey(BudgetLineKey(""), [&](std::string_view key) {
    const v1::Row* row = view.Find(key);
    if (row == nullptr) return true;
    for (const v1::FiscalYearCredits& year : row->budget_line().fiscal_years()) {
      visit(row->budget_line(), year);
    }
    return true;
  });
}

absl::Status YearNotNext(int32_t fiscal_year, std::string message) {
  return Refused("YEAR_NOT_NEXT", std::move(message),
                 {{"fiscal_year", std::to_string(fiscal_year)}});
}

// Years close one after the other; the first is the earliest that any line has moved.
absl::Status CheckNext(const RuleContext& context, int32_t fiscal_year) {
  const v1::ClosedYear& last = LastClosedYear(context.view.Ledger());
  if (last.fiscal_year() != 0) {
    if (fiscal_year == last.fiscal_year() + 1) return absl::OkStatus();
    return YearNotNext(
        fiscal_year,
        fmt::format("fiscal year {} is not the next to be closed: {} was closed on {}; close {}",
                    fiscal_year, last.fiscal_year(), FormatDate(last.closed_on()),
                    last.fiscal_year() + 1));
  }
  int32_t first = 0;
  ForEachLineYear(context.view, [&](const v1::BudgetLine&, const v1::FiscalYearCredits& year) {
    if (first == 0 || year.fiscal_year() < first) first = year.fiscal_year();
  });
  if (first == 0) {
    return YearNotNext(fiscal_year,
                       "no fiscal year has moved any budget line: there is none to close");
  }
  if (fiscal_year == first) return absl::OkStatus();
  return YearNotNext(
      fiscal_year,
      fmt::format(
          "fiscal year {} is not the next to be closed: {} is the first that moved a budget "
          "line, and none is closed; close {}",
          fiscal_year, first, first));
}

absl::Status CheckAnswered(const RuleContext& context, int32_t fiscal_year) {
  int64_t unanswered = 0;
  std::string where;
  ForEachLineYear(context.view, [&](const v1::BudgetLine& line, const v1::FiscalYearCredits& year) {
    if (year.fiscal_year() != fiscal_year || year.unanswered_orders() == 0) return;
    unanswered += year.unanswered_orders();
    where += fmt::format("{}{} on line {}", where.empty() ? "" : ", ", year.unanswered_orders(),
                         line.code());
  });
  if (unanswered == 0) return absl::OkStatus();
  return YearNotNext(
      fiscal_year,
      fmt::format(
          "fiscal year {} has orders that are neither accepted nor rejected: {}; record "
          "payment_accepted or payment_rejected for each first (registre payments list shows "
          "them)",
          fiscal_year, where));
}

using Balances = google::protobuf::RepeatedPtrField<v1::FiscalYearBalance>;

Balances BalancesOf(const RuleContext& context, int32_t fiscal_year) {
  Balances balances;
  ForEachLineYear(context.view, [&](const v1::BudgetLine& line, const v1::FiscalYearCredits& year) {
    if (year.fiscal_year() != fiscal_year) return;
    v1::FiscalYearBalance* balance = balances.Add();
    balance->set_budget_code(line.code());
    balance->set_credits_cents(year.credits_cents());
    balance->set_credits_recorded(year.credits_recorded());
    balance->set_ordered_cents(year.ordered_cents());
    balance->set_paid_cents(year.paid_cents());
  });
  return balances;
}

// Where no log stands, the act keeps what it says.
absl::Status FillLog(const RuleContext& context, v1::FiscalYearClosed* act) {
  if (!context.log_head) return absl::OkStatus();
  const LogHead head = context.log_head();
  REGISTRE_RETURN_IF_ERROR(Fill("log_size", act->log_size(), head.size,
                                [&](uint64_t size) { act->set_log_size(size); }));
  const std::string root(head.root.begin(), head.root.end());
  if (!act->log_root().empty() && act->log_root() != root) {
    return FilledDiffers("log_root", absl::Base64Escape(act->log_root()), absl::Base64Escape(root));
  }
  act->set_log_root(root);
  return absl::OkStatus();
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::FiscalYearClosed* act) {
  const int32_t fiscal_year = act->fiscal_year();
  REGISTRE_RETURN_IF_ERROR(CheckNext(context, fiscal_year));
  v1::Date last_day;
  last_day.set_year(fiscal_year);
  last_day.set_month(12);
  last_day.set_day(31);
  if (ToDays(act->date()) < ToDays(last_day)) {
    return Refused(
        "PERIOD_INVALID",
        fmt::format("fiscal year {} ends on {} and is closed on {}, before; correct the date",
                    fiscal_year, FormatDate(last_day), FormatDate(act->date())));
  }
  REGISTRE_RETURN_IF_ERROR(CheckAnswered(context, fiscal_year));
  REGISTRE_RETURN_IF_ERROR(
      FillList("balances", act->mutable_balances(), BalancesOf(context, fiscal_year)));
  return FillLog(context, act);
}

}  // namespace registre
