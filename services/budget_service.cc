#include "ledger/event_query.h"
#include "ledger/view.h"
#include "projections/reports.h"
#include "registre/v1/budget_service.grpc.pb.h"
#include "services/read_services.h"

namespace registre {
namespace {

absl::Status GetLine(const Ledger& ledger, const v1::GetBudgetLineRequest& request,
                     v1::GetBudgetLineResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  auto row = reading->state.RowAt(BudgetLineKey(request.code()), reading->point);
  if (!row.ok()) return row.status();
  if (*row == nullptr || (*row)->budget_line().code().empty()) {
    return NotThere("budget line", request.code(), reading->point, reading->point_asked);
  }
  *response->mutable_budget_line() = (*row)->budget_line();
  SetPosition(reading->point, response);
  return absl::OkStatus();
}

absl::Status ListLines(const Ledger& ledger, const v1::ListBudgetLinesRequest& request,
                       v1::ListBudgetLinesResponse* response) {
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  auto next = ListRows(*listing, BudgetLineKey(""), [response](const v1::Row& row) {
    if (!row.budget_line().code().empty()) *response->add_budget_lines() = row.budget_line();
  });
  if (!next.ok()) return next.status();
  response->set_next_page_token(*next);
  SetPosition(listing->reading.point, response);
  return absl::OkStatus();
}

absl::Status GetTable(const Ledger& ledger, const v1::GetDeliberationBudgetRequest& request,
                      v1::GetDeliberationBudgetResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  const Point now{.size = reading->index->Read()->size(),
                  .as_recorded = reading->point.as_recorded};
  auto row = reading->state.RowAt(DeliberationKey(request.number()), now);
  if (!row.ok()) return row.status();
  if (*row == nullptr || (*row)->deliberation().number().empty()) {
    return NotThere("deliberation", request.number(), now);
  }
  auto table = DeliberationBudget(reading->log, *reading->index, reading->state, reading->point,
                                  (*row)->deliberation());
  if (!table.ok()) return table.status();
  *response = *std::move(table);
  SetPosition(reading->point, response);
  return absl::OkStatus();
}

// What the closing of the year says of the log, from its own act.
absl::Status SetClosed(const Ledger& ledger, const v1::ClosedYear& closed,
                       v1::ListFiscalYearLinesResponse* response) {
  auto bytes = ledger.log().Get({closed.position()});
  if (!bytes.ok()) return bytes.status();
  auto event = ParseEvent(closed.position(), bytes->front());
  if (!event.ok()) return event.status();
  *response->mutable_closed() = closed;
  response->set_closed_log_size(event->act().fiscal_year_closed().log_size());
  response->set_closed_log_root(event->act().fiscal_year_closed().log_root());
  return absl::OkStatus();
}

void AddFiscalYearLine(const v1::BudgetLine& line, int32_t fiscal_year,
                       v1::ListFiscalYearLinesResponse* response) {
  if (line.code().empty()) return;
  for (const v1::FiscalYearCredits& year : line.fiscal_years()) {
    if (year.fiscal_year() != fiscal_year) continue;
    v1::FiscalYearLine* out = response->add_lines();
    out->set_code(line.code());
    out->set_label(line.label());
    *out->mutable_year() = year;
    if (year.credits_recorded()) {
      out->set_left_cents(year.credits_cents() - year.ordered_cents());
    }
  }
}

absl::Status ListYearLines(const Ledger& ledger, const v1::ListFiscalYearLinesRequest& request,
                           v1::ListFiscalYearLinesResponse* response) {
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  const Reading& reading = listing->reading;
  auto row = reading.state.RowAt(kLedgerKey, reading.point);
  if (!row.ok()) return row.status();
  if (*row != nullptr) {
    for (const v1::ClosedYear& closed : (*row)->ledger().closed_years()) {
      if (closed.fiscal_year() != request.fiscal_year()) continue;
      REGISTRE_RETURN_IF_ERROR(SetClosed(ledger, closed, response));
    }
  }
  auto next = ListRows(*listing, BudgetLineKey(""), [&](const v1::Row& line) {
    AddFiscalYearLine(line.budget_line(), request.fiscal_year(), response);
  });
  if (!next.ok()) return next.status();
  response->set_next_page_token(*next);
  SetPosition(reading.point, response);
  return absl::OkStatus();
}

class BudgetService final : public v1::BudgetService::CallbackService {
 public:
  explicit BudgetService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetBudgetLine(grpc::CallbackServerContext* call,
                                          const v1::GetBudgetLineRequest* request,
                                          v1::GetBudgetLineResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetLine(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListBudgetLines(grpc::CallbackServerContext* call,
                                            const v1::ListBudgetLinesRequest* request,
                                            v1::ListBudgetLinesResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListLines(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* GetDeliberationBudget(
      grpc::CallbackServerContext* call, const v1::GetDeliberationBudgetRequest* request,
      v1::GetDeliberationBudgetResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetTable(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListFiscalYearLines(
      grpc::CallbackServerContext* call, const v1::ListFiscalYearLinesRequest* request,
      v1::ListFiscalYearLinesResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListYearLines(*context_.ledger, *request, response);
    });
  }

 private:
  const ServiceContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeBudgetService(const ServiceContext& context) {
  return std::make_unique<BudgetService>(context);
}

}  // namespace registre
