#include "ledger/event_query.h"
#include "ledger/view.h"
#include "projections/reports.h"
#include "registre/v1/deliberation_service.grpc.pb.h"
#include "registre/v1/event.pb.h"
#include "services/read_services.h"

namespace registre {
namespace {

absl::Status GetOne(const Ledger& ledger, const v1::GetDeliberationRequest& request,
                    v1::GetDeliberationResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  auto row = reading->state.RowAt(DeliberationKey(request.number()), reading->point);
  if (!row.ok()) return row.status();
  if (*row == nullptr || (*row)->deliberation().number().empty()) {
    return NotThere("deliberation", request.number(), reading->point, reading->point_asked);
  }
  const v1::Deliberation& deliberation = (*row)->deliberation();
  *response->mutable_deliberation() = deliberation;
  auto bytes = ledger.log().Get({deliberation.voted_position()});
  if (!bytes.ok()) return bytes.status();
  auto event = ParseEvent(deliberation.voted_position(), bytes->front());
  if (!event.ok()) return event.status();
  *response->mutable_act() = std::move(*event->mutable_act()->mutable_deliberation_voted());
  auto session = reading->state.RowAt(SessionKey(deliberation.session_id()), reading->point);
  if (!session.ok()) return session.status();
  if (*session != nullptr) *response->mutable_session() = (*session)->session();
  auto call = reading->state.RowAt(CallKey(deliberation.call_id()), reading->point);
  if (!call.ok()) return call.status();
  AddThematicTotals(deliberation, *call == nullptr ? nullptr : &(*call)->call(), response);
  SetPosition(reading->point, response);
  return absl::OkStatus();
}

absl::Status ListAll(const Ledger& ledger, const v1::ListDeliberationsRequest& request,
                     v1::ListDeliberationsResponse* response) {
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  auto next = ListRows(*listing, DeliberationKey(""), [response](const v1::Row& row) {
    if (!row.deliberation().number().empty()) *response->add_deliberations() = row.deliberation();
  });
  if (!next.ok()) return next.status();
  response->set_next_page_token(*next);
  SetPosition(listing->reading.point, response);
  return absl::OkStatus();
}

class DeliberationService final : public v1::DeliberationService::CallbackService {
 public:
  explicit DeliberationService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetDeliberation(grpc::CallbackServerContext* call,
                                            const v1::GetDeliberationRequest* request,
                                            v1::GetDeliberationResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetOne(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListDeliberations(grpc::CallbackServerContext* call,
                                              const v1::ListDeliberationsRequest* request,
                                              v1::ListDeliberationsResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListAll(*context_.ledger, *request, response);
    });
  }

 private:
  const ServiceContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDeliberationService(const ServiceContext& context) {
  return std::make_unique<DeliberationService>(context);
}

}  // namespace registre
