#include "services/ledger_service.h"

#include <fmt/format.h>

#include <utility>

#include "ledger/base/limits.h"
#include "ledger/event_query.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "services/ended_call.h"
#include "services/status.h"

namespace registre {
namespace {

absl::Status GetOne(const Ledger& ledger, const v1::GetEventRequest& request,
                    v1::GetEventResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  if (request.position() >= reading->point.size) {
    return NotThere("event", fmt::format("#{}", request.position()), reading->point);
  }
  auto bytes = ledger.log().Get({request.position()});
  if (!bytes.ok()) return bytes.status();
  response->mutable_event()->set_position(request.position());
  response->mutable_event()->set_event(std::move(bytes->front()));
  return absl::OkStatus();
}

absl::Status ReadPage(const Ledger& ledger, const v1::ReadEventsRequest& request,
                      v1::ReadEventsResponse* response) {
  std::vector<Violation> violations;
  CheckQuery(request.query(), "query", &violations);
  if (!violations.empty()) return ShapeError(violations);
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  const Point& point = listing->reading.point;
  SetPosition(point, response);
  if (point.size == 0) return absl::OkStatus();
  uint64_t from = request.backward() ? point.size - 1 : 0;
  if (request.has_from_position()) from = request.from_position();
  if (!request.page_token().empty()) from = listing->token.next;
  auto page = ReadEventPage(ledger.log(), *listing->reading.index, request.query(),
                            {.from = from,
                             .end = point.size,
                             .backward = request.backward(),
                             .effective_on = point.effective_on,
                             .max_events = listing->page_size,
                             .max_bytes = kMaxPageBytes});
  if (!page.ok()) return page.status();
  for (EventPage::Item& item : page->events) {
    v1::RecordedEvent* event = response->add_events();
    event->set_position(item.position);
    event->set_event(std::move(item.bytes));
  }
  if (!page->complete) {
    response->set_next_page_token(
        EncodePageToken({.size = point.size, .next = page->next, .after = ""}));
  }
  return absl::OkStatus();
}

class LedgerService final : public v1::LedgerService::CallbackService {
 public:
  explicit LedgerService(const LedgerServiceParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Record(grpc::CallbackServerContext* call,
                                   const v1::RecordRequest* request,
                                   v1::RecordResponse* response) override {
    grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
    Access& access = *parts_.context.access;
    const auto caller = access.Authorize(*call, *request);
    auto command = caller.ok() ? access.MakeCommand(*caller, *request) : caller.status();
    if (!command.ok()) {
      reactor->Finish(ToGrpcStatus(command.status()));
      return reactor;
    }
    parts_.context.ledger->recorder().Submit(
        *std::move(command), [reactor, response](absl::StatusOr<v1::RecordResponse> outcome) {
          if (outcome.ok()) *response = *std::move(outcome);
          reactor->Finish(ToGrpcStatus(outcome.status()));
        });
    return reactor;
  }

  grpc::ServerBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse>* RecordStream(
      grpc::CallbackServerContext* call) override {
    auto caller = parts_.context.access->Authorize(*call, v1::RecordStreamRequest());
    if (caller.ok()) return NewRecordStream(parts_, *std::move(caller));
    using Stream = grpc::ServerBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse>;
    return new EndedCall<Stream>(caller.status());
  }

  grpc::ServerUnaryReactor* GetEvent(grpc::CallbackServerContext* call,
                                     const v1::GetEventRequest* request,
                                     v1::GetEventResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return GetOne(*parts_.context.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ReadEvents(grpc::CallbackServerContext* call,
                                       const v1::ReadEventsRequest* request,
                                       v1::ReadEventsResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return ReadPage(*parts_.context.ledger, *request, response);
    });
  }

  grpc::ServerWriteReactor<v1::SubscribeResponse>* Subscribe(
      grpc::CallbackServerContext* call, const v1::SubscribeRequest* request) override {
    auto caller = parts_.context.access->Authorize(*call, *request);
    if (caller.ok()) return NewSubscription(parts_, *std::move(caller), *request);
    return new EndedCall<grpc::ServerWriteReactor<v1::SubscribeResponse>>(caller.status());
  }

 private:
  const LedgerServiceParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLedgerService(const LedgerServiceParts& parts) {
  return std::make_unique<LedgerService>(parts);
}

}  // namespace registre
