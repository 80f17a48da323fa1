#include <fmt/format.h>

#include <utility>

#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/view.h"
#include "projections/statement.h"
#include "registre/v1/payment_service.grpc.pb.h"
#include "services/read_services.h"

namespace registre {
namespace {

absl::Status GetOnePayment(const Ledger& ledger, const v1::GetPaymentRequest& request,
                           v1::GetPaymentResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  auto row =
      reading->state.RowAt(PaymentKey(request.fiscal_year(), request.mandat()), reading->point);
  if (!row.ok()) return row.status();
  if (*row == nullptr || (*row)->payment().mandat().empty()) {
    return NotThere("mandat", fmt::format("{}-{}", request.fiscal_year(), request.mandat()),
                    reading->point, reading->point_asked);
  }
  *response->mutable_payment() = (*row)->payment();
  SetPosition(reading->point, response);
  return absl::OkStatus();
}

// The filters that a row decides; those of convention and structure choose the history walked.
bool IsWanted(const v1::ListPaymentsRequest& request, const v1::Payment& payment) {
  if (payment.mandat().empty()) return false;  // its order is not in effect yet
  if (request.fiscal_year() != 0 && payment.fiscal_year() != request.fiscal_year()) return false;
  if (!request.convention_number().empty() &&
      payment.basis().convention_number() != request.convention_number()) {
    return false;
  }
  if (!request.structure_id().empty() && payment.structure_id() != request.structure_id()) {
    return false;
  }
  const v1::PaymentStatus status = StatusOf(payment);
  if (request.status() != v1::PAYMENT_STATUS_UNSPECIFIED && status != request.status()) {
    return false;
  }
  if (!request.has_unanswered_since()) return true;
  const bool unanswered =
      status == v1::PAYMENT_STATUS_ORDERED || status == v1::PAYMENT_STATUS_SUSPENDED;
  return unanswered && ToDays(payment.steps(payment.steps_size() - 1).date()) <=
                           ToDays(request.unanswered_since());
}

absl::Status ListSome(const Ledger& ledger, const v1::ListPaymentsRequest& request,
                      v1::ListPaymentsResponse* response) {
  if (request.has_unanswered_since() && !IsValidDate(request.unanswered_since())) {
    return ShapeError({{"unanswered_since", "PERIOD_INVALID",
                        fmt::format("{} does not exist in the calendar",
                                    FormatDate(request.unanswered_since()))}});
  }
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  SetPosition(listing->reading.point, response);
  const auto add = [&](const v1::Payment& payment) {
    if (IsWanted(request, payment)) *response->add_payments() = payment;
  };
  absl::StatusOr<std::string> next;
  if (!request.convention_number().empty()) {
    next = ListOrders(*listing, ConventionKey(request.convention_number()), add);
  } else if (!request.structure_id().empty()) {
    next = ListOrders(*listing, StructureKey(request.structure_id()), add);
  } else {
    const std::string prefix = request.fiscal_year() == 0 ? std::string("payment:")
                                                          : PaymentKey(request.fiscal_year(), "");
    next = ListRows(*listing, prefix, [&](const v1::Row& row) { add(row.payment()); });
  }
  if (!next.ok()) return next.status();
  response->set_next_page_token(*next);
  return absl::OkStatus();
}

absl::Status GetOneStatement(const Ledger& ledger, const v1::GetStatementRequest& request,
                             v1::GetStatementResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  auto row = reading->state.RowAt(ConventionKey(request.convention_number()), reading->point);
  if (!row.ok()) return row.status();
  if (*row == nullptr || (*row)->convention().number().empty()) {
    return NotThere("convention", request.convention_number(), reading->point,
                    reading->point_asked);
  }
  auto statement = StatementOf(ledger.log(), *reading->index, reading->state, reading->point,
                               (*row)->convention());
  if (!statement.ok()) return statement.status();
  *response = *std::move(statement);
  SetPosition(reading->point, response);
  return absl::OkStatus();
}

class PaymentService final : public v1::PaymentService::CallbackService {
 public:
  explicit PaymentService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetPayment(grpc::CallbackServerContext* call,
                                       const v1::GetPaymentRequest* request,
                                       v1::GetPaymentResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetOnePayment(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListPayments(grpc::CallbackServerContext* call,
                                         const v1::ListPaymentsRequest* request,
                                         v1::ListPaymentsResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListSome(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* GetStatement(grpc::CallbackServerContext* call,
                                         const v1::GetStatementRequest* request,
                                         v1::GetStatementResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetOneStatement(*context_.ledger, *request, response);
    });
  }

 private:
  const ServiceContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakePaymentService(const ServiceContext& context) {
  return std::make_unique<PaymentService>(context);
}

}  // namespace registre
