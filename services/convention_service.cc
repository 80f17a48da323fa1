#include "ledger/view.h"
#include "registre/v1/convention_service.grpc.pb.h"
#include "services/read_services.h"

namespace registre {
namespace {

absl::StatusOr<v1::Convention> FindConvention(const Reading& reading, const std::string& number) {
  auto row = reading.state.RowAt(ConventionKey(number), reading.point);
  if (!row.ok()) return row.status();
  if (*row == nullptr || (*row)->convention().number().empty()) {
    return NotThere("convention", number, reading.point, reading.point_asked);
  }
  return (*row)->convention();
}

absl::Status GetOne(const Ledger& ledger, const v1::GetConventionRequest& request,
                    v1::GetConventionResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  auto convention = FindConvention(*reading, request.number());
  if (!convention.ok()) return convention.status();
  auto structure = reading->state.RowAt(StructureKey(convention->structure_id()), reading->point);
  if (!structure.ok()) return structure.status();
  if (*structure != nullptr) {
    response->set_structure_name((*structure)->structure().identity().name());
  }
  *response->mutable_convention() = *std::move(convention);
  SetPosition(reading->point, response);
  return absl::OkStatus();
}

absl::Status ListAll(const Ledger& ledger, const v1::ListConventionsRequest& request,
                     v1::ListConventionsResponse* response) {
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  auto next = ListRows(*listing, ConventionKey(""), [response](const v1::Row& row) {
    if (!row.convention().number().empty()) *response->add_conventions() = row.convention();
  });
  if (!next.ok()) return next.status();
  response->set_next_page_token(*next);
  SetPosition(listing->reading.point, response);
  return absl::OkStatus();
}

absl::Status ListPayments(const Ledger& ledger, const v1::ListConventionPaymentsRequest& request,
                          v1::ListConventionPaymentsResponse* response) {
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  auto convention = FindConvention(listing->reading, request.number());
  if (!convention.ok()) return convention.status();
  auto next = ListOrders(*listing, ConventionKey(request.number()),
                         [&](const v1::Payment& payment) { *response->add_payments() = payment; });
  if (!next.ok()) return next.status();
  response->set_next_page_token(*next);
  SetPosition(listing->reading.point, response);
  return absl::OkStatus();
}

class ConventionService final : public v1::ConventionService::CallbackService {
 public:
  explicit ConventionService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetConvention(grpc::CallbackServerContext* call,
                                          const v1::GetConventionRequest* request,
                                          v1::GetConventionResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetOne(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListConventions(grpc::CallbackServerContext* call,
                                            const v1::ListConventionsRequest* request,
                                            v1::ListConventionsResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListAll(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListConventionPayments(
      grpc::CallbackServerContext* call, const v1::ListConventionPaymentsRequest* request,
      v1::ListConventionPaymentsResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListPayments(*context_.ledger, *request, response);
    });
  }

 private:
  const ServiceContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeConventionService(const ServiceContext& context) {
  return std::make_unique<ConventionService>(context);
}

}  // namespace registre
