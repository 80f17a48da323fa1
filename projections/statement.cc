#include "projections/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/event_query.h"
#include "ledger/view.h"
#include "projections/standing.h"

namespace registre {
namespace {

// Days and positions order what happens: a payment of a day comes before an order of that day when
// it was recorded before it.
using Moment = std::pair<Days, uint64_t>;

struct Paid {
  Moment when;
  int64_t cents;
};

// A line, and when its order was given.
struct DatedLine {
  v1::StatementLine line;
  Moment when;
};

// The act brings a line in: what a correction puts in place may be any other.
bool IsOrder(const v1::Act& act) {
  return act.has_payment_ordered() || act.has_payment_reimputed() ||
         act.has_opening_payment_recorded();
}

// The orders given on a convention or put there, and the payments made before the ledger was
// opened, as they count at the point.
absl::StatusOr<std::vector<v1::Event>> OrdersOf(const EventStore& log, const Index& index,
                                                const StateReader& state, const Point& point,
                                                const std::string& number) {
  v1::EventQuery query;
  v1::QueryItem* item = query.add_items();
  item->add_tags(ConventionKey(number));
  item->add_types("payment_ordered");
  item->add_types("payment_reimputed");
  item->add_types("opening_payment_recorded");
  item->add_types("act_rectified");
  std::vector<v1::Event> events;
  EventRange range{.end = point.size, .effective_on = point.effective_on, .max_events = 1'000};
  while (true) {
    auto page = ReadEventPage(log, index, query, range);
    if (!page.ok()) return page.status();
    for (const EventPage::Item& found : page->events) {
      auto event = ParseEvent(found.position, found.bytes);
      if (!event.ok()) return event.status();
      auto counted = AsCounted(state, point, *std::move(event));
      if (!counted.ok()) return counted.status();
      if (*counted && IsOrder((*counted)->act())) events.push_back(**std::move(counted));
    }
    if (events.size() > kMaxStatementLines) {
      return Error(absl::StatusCode::kResourceExhausted, "STATEMENT_TOO_LONG",
                   fmt::format("convention {} has more than {} orders; list its payments page by "
                               "page",
                               number, kMaxStatementLines));
    }
    if (page->complete) return events;
    range.from = page->next;
  }
}

DatedLine PaidBefore(const v1::Event& event) {
  const v1::OpeningPaymentRecorded& act = event.act().opening_payment_recorded();
  DatedLine given{{}, {ToDays(act.date()), event.position()}};
  given.line.set_tranche_id(act.tranche_id());
  given.line.set_schedule_line_id(act.schedule_line_id());
  *given.line.mutable_ordered_on() = act.date();
  given.line.set_status(v1::PAYMENT_STATUS_SETTLED);
  given.line.set_net_cents(act.amount_cents());
  *given.line.mutable_paid_on() = act.date();
  given.line.set_paid_cents(act.amount_cents());
  *given.line.mutable_assumed_fields() = event.act().assumed_fields();
  return given;
}

DatedLine OrderedAs(const v1::Payment& payment, uint64_t position, std::vector<Paid>* paid) {
  DatedLine given{{}, {ToDays(payment.ordered_on()), position}};
  v1::StatementLine& line = given.line;
  line.set_fiscal_year(payment.fiscal_year());
  line.set_mandat(payment.mandat());
  line.set_tranche_id(payment.basis().tranche_id());
  line.set_schedule_line_id(payment.basis().schedule_line_id());
  line.set_kind(payment.kind());
  *line.mutable_ordered_on() = payment.ordered_on();
  line.set_status(StatusOf(payment));
  *line.mutable_assumed_fields() = payment.assumed_fields();
  if (line.status() == v1::PAYMENT_STATUS_REJECTED) return given;
  line.set_net_cents(payment.amount_cents() - payment.reduced_cents());
  for (const v1::PaymentRecovery& recovery : payment.recoveries()) {
    line.set_recovery_ordered_cents(line.recovery_ordered_cents() + recovery.amount_cents());
    line.set_recovered_cents(line.recovered_cents() + recovery.received_cents());
  }
  if (line.status() == v1::PAYMENT_STATUS_SETTLED) {
    const v1::PaymentStep& step = payment.steps(payment.steps_size() - 1);
    *line.mutable_paid_on() = step.date();
    line.set_paid_cents(payment.paid_cents());
    paid->push_back({{ToDays(step.date()), step.position()}, line.paid_cents()});
  }
  return given;
}

void AddTranche(const v1::TrancheState& tranche, v1::GetStatementResponse* statement) {
  v1::StatementTranche* out = statement->add_tranches();
  out->set_tranche_id(tranche.tranche().tranche_id());
  out->set_ceiling_cents(tranche.tranche().ceiling_cents());
  out->set_ordered_cents(tranche.ordered_cents());
  out->set_paid_cents(tranche.paid_cents());
  out->set_left_to_order_cents(out->ceiling_cents() - out->ordered_cents());
  out->set_recovery_ordered_cents(tranche.recovery_ordered_cents());
  out->set_recovered_cents(tranche.recovered_cents());
  *out->mutable_assumed_fields() = tranche.assumed_fields();
  for (const v1::ScheduleLineState& line : tranche.lines()) {
    out->mutable_assumed_fields()->MergeFrom(line.assumed_fields());
  }
  v1::StatementTranche* total = statement->mutable_total();
  total->set_ceiling_cents(total->ceiling_cents() + out->ceiling_cents());
  total->set_ordered_cents(total->ordered_cents() + out->ordered_cents());
  total->set_paid_cents(total->paid_cents() + out->paid_cents());
  total->set_left_to_order_cents(total->left_to_order_cents() + out->left_to_order_cents());
  total->set_recovery_ordered_cents(total->recovery_ordered_cents() +
                                    out->recovery_ordered_cents());
  total->set_recovered_cents(total->recovered_cents() + out->recovered_cents());
  total->mutable_assumed_fields()->MergeFrom(out->assumed_fields());
}

}  // namespace

std::string OrderKeyOf(const v1::Act& act) {
  if (act.has_payment_ordered()) {
    return PaymentKey(act.payment_ordered().fiscal_year(), act.payment_ordered().mandat());
  }
  const v1::OrderRef& order = act.payment_reimputed().order();
  return PaymentKey(order.fiscal_year(), order.mandat());
}

v1::PaymentStatus StatusOf(const v1::Payment& payment) {
  return payment.steps().empty() ? v1::PAYMENT_STATUS_UNSPECIFIED
                                 : payment.steps(payment.steps_size() - 1).status();
}

absl::StatusOr<v1::GetStatementResponse> StatementOf(const EventStore& log, const Index& index,
                                                     const StateReader& state, const Point& point,
                                                     const v1::Convention& convention) {
  auto orders = OrdersOf(log, index, state, point, convention.number());
  if (!orders.ok()) return orders.status();
  std::vector<DatedLine> lines;
  std::vector<Paid> paid;
  std::set<std::string> listed;  // an order may be put here several times
  for (const v1::Event& event : *orders) {
    if (event.act().has_opening_payment_recorded()) {
      lines.push_back(PaidBefore(event));
      paid.push_back({lines.back().when, lines.back().line.paid_cents()});
      continue;
    }
    const std::string key = OrderKeyOf(event.act());
    if (!listed.insert(key).second) continue;
    auto row = state.RowAt(key, point);
    if (!row.ok()) return row.status();
    if (*row == nullptr) continue;
    if ((*row)->payment().basis().convention_number() != convention.number()) continue;
    lines.push_back(OrderedAs((*row)->payment(), event.position(), &paid));
  }
  const auto earlier = [](const auto& a, const auto& b) { return a.when < b.when; };
  std::stable_sort(lines.begin(), lines.end(), earlier);
  std::stable_sort(paid.begin(), paid.end(), earlier);
  v1::GetStatementResponse statement;
  statement.set_convention_number(convention.number());
  statement.set_structure_id(convention.structure_id());
  int64_t paid_before = 0;
  auto next = paid.begin();
  for (DatedLine& given : lines) {
    for (; next != paid.end() && next->when < given.when; ++next) paid_before += next->cents;
    given.line.set_paid_before_cents(paid_before);
    *statement.add_lines() = std::move(given.line);
  }
  for (const v1::TrancheState& tranche : convention.tranches()) AddTranche(tranche, &statement);
  return statement;
}

}  // namespace registre
