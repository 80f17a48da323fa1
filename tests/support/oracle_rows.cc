// The figures of rows, by the names of the oracle's model.
#include <fmt/format.h>

#include "tests/support/oracle_model.h"

namespace registre::testing {
namespace {

// Puts the figures of one row.
class RowFigures {
 public:
  RowFigures(const std::string& key, Balances* balances) : key_(key), balances_(balances) {}

  void Put(const std::string& figure, int64_t amount) {
    if (amount != 0) (*balances_)[key_ + " " + figure] = amount;
  }
  // Of an element of a list, for example tranches[2024].
  void PutAt(const std::string& element, const char* figure, int64_t amount) {
    if (amount != 0) Put(element + "." + figure, amount);
  }

 private:
  const std::string& key_;
  Balances* const balances_;
};

void PutRow(const v1::BudgetLine& row, RowFigures* to) {
  to->Put("authorised_cents", row.authorised_cents());
  to->Put("opening_commitment_cents", row.opening_commitment_cents());
  to->Put("voted_cents", row.voted_cents());
  to->Put("released_cents", row.released_cents());
  to->Put("available_cents", row.available_cents());
  to->Put("opening_contracted_cents", row.opening_contracted_cents());
  to->Put("contracted_cents", row.contracted_cents());
  to->Put("ordered_cents", row.ordered_cents());
  to->Put("paid_cents", row.paid_cents());
  to->Put("recovery_ordered_cents", row.recovery_ordered_cents());
  to->Put("recovered_cents", row.recovered_cents());
  for (const v1::FiscalYearCredits& year : row.fiscal_years()) {
    const std::string at = fmt::format("fiscal_years[{}]", year.fiscal_year());
    to->PutAt(at, "credits_cents", year.credits_cents());
    to->PutAt(at, "ordered_cents", year.ordered_cents());
    to->PutAt(at, "paid_cents", year.paid_cents());
    to->PutAt(at, "unanswered_orders", year.unanswered_orders());
  }
}

void PutRow(const v1::Structure& row, RowFigures* to) {
  to->Put("requested_cents", row.requested_cents());
  to->Put("allotted_cents", row.allotted_cents());
  to->Put("contracted_cents", row.contracted_cents());
  to->Put("ordered_cents", row.ordered_cents());
  to->Put("paid_cents", row.paid_cents());
  to->Put("named_without_amount", row.named_without_amount());
  to->Put("conventions", row.conventions());
  if (!row.last_convention().empty()) to->Put("last_convention=" + row.last_convention(), 1);
  to->Put("recovery_ordered_cents", row.recovery_ordered_cents());
  to->Put("recovered_cents", row.recovered_cents());
  for (const v1::YearAmount& year : row.ordered_by_year()) {
    to->PutAt(fmt::format("ordered_by_year[{}]", year.year()), "amount_cents", year.amount_cents());
  }
}

void PutRow(const v1::Convention& row, RowFigures* to) {
  to->Put("amount_cents", row.amount_cents());
  if (!row.avenants().empty()) to->Put("last_avenant", row.avenants().rbegin()->avenant_number());
  for (const v1::TrancheState& tranche : row.tranches()) {
    const std::string at = fmt::format("tranches[{}]", tranche.tranche().tranche_id());
    to->PutAt(at, "ceiling_cents", tranche.tranche().ceiling_cents());
    to->PutAt(at, "ordered_cents", tranche.ordered_cents());
    to->PutAt(at, "ordered_after_service_cents", tranche.ordered_after_service_cents());
    to->PutAt(at, "paid_cents", tranche.paid_cents());
    to->PutAt(at, "certified_cents", tranche.certified_cents());
    to->PutAt(at, "recovery_ordered_cents", tranche.recovery_ordered_cents());
    to->PutAt(at, "recovered_cents", tranche.recovered_cents());
    for (const v1::ScheduleLineState& line : tranche.lines()) {
      const std::string line_at = fmt::format("{}.lines[{}]", at, line.line_id());
      to->PutAt(line_at, "ordered_cents", line.ordered_cents());
      to->PutAt(line_at, "paid_cents", line.paid_cents());
    }
  }
}

void PutRow(const v1::Deliberation& row, RowFigures* to) {
  for (const v1::AllotmentState& state : row.allotments()) {
    const std::string at = fmt::format("allotments[{}]", state.allotment().allotment_id());
    to->PutAt(at, "amount_cents", state.amount_cents());
    to->PutAt(at, "drawn_cents", state.drawn_cents());
    to->PutAt(at, "ordered_cents", state.ordered_cents());
    to->PutAt(at, "released_cents", state.released_cents());
  }
}

void PutRow(const v1::Call& row, RowFigures* to) {
  to->Put("applications", row.applications());
  to->Put("requested_cents", row.requested_cents());
  to->Put("allotted_cents", row.allotted_cents());
}

void PutRow(const v1::Application& row, RowFigures* to) {
  to->Put("requested_cents", row.requested_cents());
  to->Put("allotted_cents", row.allotted_cents());
}

void PutRow(const v1::Payment& row, RowFigures* to) {
  to->Put("amount_cents", row.amount_cents());
  to->Put("reduced_cents", row.reduced_cents());
  to->Put("paid_cents", row.paid_cents());
  if (!row.steps().empty()) to->Put("status", row.steps().rbegin()->status());
  for (const v1::PaymentRecovery& recovery : row.recoveries()) {
    const std::string at = fmt::format("recoveries[{}]", recovery.recovery_number());
    to->PutAt(at, "amount_cents", recovery.amount_cents());
    to->PutAt(at, "received_cents", recovery.received_cents());
  }
}

}  // namespace

void AddBalances(const std::string& key, const v1::Row& row, Balances* balances) {
  RowFigures to(key, balances);
  switch (row.row_case()) {
    case v1::Row::kBudgetLine:
      return PutRow(row.budget_line(), &to);
    case v1::Row::kStructure:
      return PutRow(row.structure(), &to);
    case v1::Row::kConvention:
      return PutRow(row.convention(), &to);
    case v1::Row::kDeliberation:
      return PutRow(row.deliberation(), &to);
    case v1::Row::kCall:
      return PutRow(row.call(), &to);
    case v1::Row::kApplication:
      return PutRow(row.application(), &to);
    case v1::Row::kPayment:
      return PutRow(row.payment(), &to);
    default:  // adds nothing up
      return;
  }
}

bool IsOverwritten(const std::string& figure) {
  const bool payment = figure.starts_with("payment:");
  return (payment && (figure.ends_with(" amount_cents") || figure.ends_with(" status"))) ||
         (figure.starts_with("application:") && figure.ends_with(" requested_cents")) ||
         figure.ends_with(".ceiling_cents") || figure.ends_with(" last_avenant") ||
         figure.find(" last_convention=") != std::string::npos;
}

}  // namespace registre::testing
