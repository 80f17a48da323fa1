// The schedule of a tranche at an order: its lines, their triggers, what they leave of the ceiling.
#include "ledger/acts/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

absl::Status TriggerMissing(const v1::Tranche& tranche, std::string message) {
  return Refused("TRIGGER_MISSING", std::move(message), {{"tranche", tranche.tranche_id()}});
}

absl::Status CheckAvenantTrigger(const v1::Convention& convention, const v1::Tranche& tranche,
                                 const v1::ScheduleLine& line, const v1::PaymentOrdered& act) {
  for (const v1::AvenantState& avenant : convention.avenants()) {
    if (avenant.avenant_number() != line.trigger_avenant()) continue;
    if (ToDays(act.date()) >= ToDays(avenant.signed_on())) return absl::OkStatus();
    return TriggerMissing(
        tranche, fmt::format("schedule line {} of tranche {} is due from the signature of avenant "
                             "{} on {}, and ordered on {}; date the order from then on",
                             line.line_id(), tranche.tranche_id(), line.trigger_avenant(),
                             FormatDate(avenant.signed_on()), FormatDate(act.date())));
  }
  return TriggerMissing(tranche,
                        fmt::format("schedule line {} of tranche {} awaits avenant {}, which "
                                    "convention {} has not; record its signature first",
                                    line.line_id(), tranche.tranche_id(), line.trigger_avenant(),
                                    convention.number()));
}

absl::Status CheckTrigger(const v1::Convention& convention, const v1::TrancheState& tranche,
                          const v1::ScheduleLine& line, const v1::PaymentOrdered& act) {
  const std::string what =
      fmt::format("schedule line {} of tranche {}", line.line_id(), tranche.tranche().tranche_id());
  switch (line.trigger()) {
    case v1::TRIGGER_KIND_CONVENTION_SIGNED:
      if (ToDays(act.date()) >= ToDays(convention.signed_on())) return absl::OkStatus();
      return TriggerMissing(
          tranche.tranche(),
          fmt::format("{} is due from the signature of convention {} on {}, and ordered on {}; "
                      "date the order from then on",
                      what, convention.number(), FormatDate(convention.signed_on()),
                      FormatDate(act.date())));
    case v1::TRIGGER_KIND_AVENANT_SIGNED:
      return CheckAvenantTrigger(convention, tranche.tranche(), line, act);
    case v1::TRIGGER_KIND_DATE:
      if (ToDays(act.date()) >= ToDays(line.due_on())) return absl::OkStatus();
      return TriggerMissing(tranche.tranche(),
                            fmt::format("{} is due on {} and ordered on {}; order it from then on",
                                        what, FormatDate(line.due_on()), FormatDate(act.date())));
    case v1::TRIGGER_KIND_REPORT_ACCEPTED:
      return CheckReportAccepted(tranche, act, what);
    case v1::TRIGGER_KIND_STATEMENT_CHECKED:
      if (CertifiedBy(tranche, ToDays(act.date())) > 0) return absl::OkStatus();
      return TriggerMissing(tranche.tranche(),
                            fmt::format("{} awaits a checked statement of costs, and no service is "
                                        "certified on the tranche by {}; record service_certified "
                                        "first, or date the order from then on",
                                        what, FormatDate(act.date())));
    default:
      return absl::OkStatus();
  }
}

// What the lines leave of the ceiling, where they leave something, is ordered without one.
absl::Status CheckOutside(const v1::TrancheState& state, const v1::PaymentOrdered& act) {
  const v1::Tranche& tranche = state.tranche();
  if (tranche.schedule().empty()) return absl::OkStatus();
  int64_t scheduled = 0;
  for (const v1::ScheduleLine& line : tranche.schedule()) {
    REGISTRE_RETURN_IF_ERROR(AddAmount("schedule lines", line.amount_cents(), &scheduled));
  }
  const int64_t ordered = OrderedOn(state, "");
  const int64_t left = tranche.ceiling_cents() - scheduled - ordered;
  if (act.amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "PAYMENT_LINE_EXCEEDED",
      fmt::format("the schedule of tranche {} covers {} of its ceiling of {}, and {} are ordered "
                  "outside it; {} names no schedule line and orders {}: {} too much; name the line "
                  "it pays",
                  tranche.tranche_id(), Eur(scheduled), Eur(tranche.ceiling_cents()), Eur(ordered),
                  NameOf(act), Eur(act.amount_cents()),
                  Eur(act.amount_cents() - std::max<int64_t>(0, left))),
      {{"left_cents", fmt::format("{}", left)}, {"scheduled_cents", fmt::format("{}", scheduled)}});
}

}  // namespace

std::string NameOf(const v1::PaymentOrdered& act) {
  return fmt::format("mandat {}-{}", act.fiscal_year(), act.mandat());
}

int64_t CertifiedBy(const v1::TrancheState& tranche, Days day) {
  int64_t sum = 0;  // at most certified_cents, which is bounded by the ceiling
  for (const v1::CertifiedService& service : tranche.certified()) {
    if (ToDays(service.date()) <= day) sum += service.amount_cents();
  }
  return sum;
}

absl::Status CheckOrderedAfterSignature(const v1::Convention& convention,
                                        const v1::TrancheState& tranche,
                                        const v1::PaymentOrdered& act) {
  const Days signed_on =
      std::max(ToDaysOrAlways(convention.signed_on()), ToDaysOrAlways(tranche.signed_on()));
  if (ToDays(act.date()) >= signed_on) return absl::OkStatus();
  return TriggerMissing(
      tranche.tranche(),
      fmt::format("{} is dated {}; tranche {} of convention {} is signed on {}: nothing is ordered "
                  "on it before, correct the date",
                  NameOf(act), FormatDate(act.date()), tranche.tranche().tranche_id(),
                  convention.number(), FormatDate(FromDays(signed_on))));
}

absl::Status CheckReportAccepted(const v1::TrancheState& tranche, const v1::PaymentOrdered& act,
                                 const std::string& what) {
  const std::string& id = tranche.tranche().tranche_id();
  if (!tranche.has_report_accepted_on()) {
    return TriggerMissing(tranche.tranche(),
                          fmt::format("{} awaits that the report (bilan) on tranche {} is "
                                      "accepted, and none is; record report_accepted first",
                                      what, id));
  }
  if (ToDays(act.date()) >= ToDays(tranche.report_accepted_on())) return absl::OkStatus();
  return TriggerMissing(
      tranche.tranche(),
      fmt::format("{} is ordered on {} and the report (bilan) on tranche {} is accepted on {}; "
                  "date the order from then on",
                  what, FormatDate(act.date()), id, FormatDate(tranche.report_accepted_on())));
}

absl::Status CheckAgainstSchedule(const v1::Convention& convention, const v1::TrancheState& tranche,
                                  const v1::PaymentOrdered& act) {
  const std::string& line_id = act.basis().schedule_line_id();
  if (line_id.empty()) return CheckOutside(tranche, act);
  const v1::ScheduleLine* line = nullptr;
  for (const v1::ScheduleLine& candidate : tranche.tranche().schedule()) {
    if (candidate.line_id() == line_id) line = &candidate;
  }
  if (line == nullptr) {
    return UnknownReference(
        "schedule line", fmt::format("{} of tranche {}", line_id, tranche.tranche().tranche_id()),
        "correct it, or leave it empty for what the schedule leaves of the ceiling");
  }
  if (line->kind() != act.kind()) {
    return FieldInvalid(
        fmt::format("kind is {} and schedule line {} is {}; the order's kind is that of its line",
                    v1::PaymentKind_Name(act.kind()), line_id, v1::PaymentKind_Name(line->kind())));
  }
  REGISTRE_RETURN_IF_ERROR(CheckTrigger(convention, tranche, *line, act));
  const int64_t ordered = OrderedOn(tranche, line_id);
  const int64_t left = line->amount_cents() - ordered;
  if (act.amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "PAYMENT_LINE_EXCEEDED",
      fmt::format("schedule line {} of tranche {} has {} left to order (amount {}, ordered {}); {} "
                  "orders {}: {} too much; reduce it, or amend the schedule first",
                  line_id, tranche.tranche().tranche_id(), Eur(left), Eur(line->amount_cents()),
                  Eur(ordered), NameOf(act), Eur(act.amount_cents()),
                  Eur(act.amount_cents() - left)),
      {{"left_cents", fmt::format("{}", left)},
       {"excess_cents", fmt::format("{}", act.amount_cents() - left)}});
}

}  // namespace registre
