#include "cmd/registre/payment_cells.h"

#include <fmt/format.h>

#include <string_view>

#include "cmd/registre/format.h"
#include "cmd/registre/marks.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {

std::string MandatCell(const v1::Payment& payment) {
  return Cell(payment.assumed_fields(),
              fmt::format("{}-{}", payment.fiscal_year(), payment.mandat()),
              {"payment_ordered.mandat", "payment_ordered.fiscal_year"});
}

std::string OrderedOnCell(const v1::Payment& payment) {
  return Cell(payment.assumed_fields(), DateText(payment.ordered_on()), {"payment_ordered.date"});
}

std::string OrderedCell(const v1::Payment& payment) {
  return Cell(payment.assumed_fields(), FormatCents(payment.amount_cents()),
              {"payment_ordered.amount_cents"});
}

std::string ReducedCell(const v1::Payment& payment) {
  if (payment.reduced_cents() == 0) return "";
  return Cell(payment.assumed_fields(), FormatCents(payment.reduced_cents()),
              {"payment_reduced.reduction_cents"});
}

std::string StepCell(const v1::Payment& payment, const v1::PaymentStep& step) {
  std::string_view act = "payment_ordered";
  if (step.status() == v1::PAYMENT_STATUS_SUSPENDED) act = "payment_suspended";
  if (step.status() == v1::PAYMENT_STATUS_ACCEPTED) act = "payment_accepted";
  if (step.status() == v1::PAYMENT_STATUS_REJECTED) act = "payment_rejected";
  if (step.status() == v1::PAYMENT_STATUS_SETTLED) act = "payment_settled";
  std::string text = Cell(payment.assumed_fields(),
                          fmt::format("{} le {}", Word(step.status()), DateText(step.date())),
                          {fmt::format("{}.date", act)});
  if (!step.reason().empty()) text += fmt::format(" : {}", step.reason());
  return text;
}

std::string AskedBackText(const AssumedFields& fields, int64_t asked_cents,
                          int64_t received_cents) {
  if (asked_cents == 0) return "";
  const Sum asked{asked_cents, IsAssumed(fields, kAskedBackPaths)};
  const Sum received{received_cents, IsAssumed(fields, kReceivedPaths)};
  return fmt::format("{}, dont {} reçus", asked.Text(), received.Text());
}

std::string StatusCell(const v1::Payment& payment) {
  return payment.steps().empty() ? "" : StepCell(payment, *payment.steps().rbegin());
}

}  // namespace registre::cli
