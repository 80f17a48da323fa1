#include <fmt/format.h>

#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"
#include "ledger/view.h"
#include "projections/reports.h"
#include "projections/standing.h"
#include "registre/v1/structure_service.grpc.pb.h"
#include "services/read_services.h"

namespace registre {
namespace {

// The structure with a ledger id or a SIRET at the point.
absl::StatusOr<v1::Structure> FindStructure(const Reading& reading, const std::string& id) {
  std::string structure_id = id;
  if (IsSiret(id)) {
    auto ids = reading.state.RowAt(SiretKey(id), reading.point);
    if (!ids.ok()) return ids.status();
    if (*ids != nullptr && (*ids)->structure_ids().structure_ids_size() > 0) {
      structure_id = (*ids)->structure_ids().structure_ids(0);
    }
  }
  auto row = reading.state.RowAt(StructureKey(structure_id), reading.point);
  if (!row.ok()) return row.status();
  if (*row == nullptr || (*row)->structure().structure_id().empty()) {
    return NotThere("structure", id, reading.point, reading.point_asked);
  }
  return (*row)->structure();
}

absl::Status GetOne(const Ledger& ledger, const v1::GetStructureRequest& request,
                    v1::GetStructureResponse* response) {
  auto reading = BeginReading(ledger, request.options());
  if (!reading.ok()) return reading.status();
  auto structure = FindStructure(*reading, request.id());
  if (!structure.ok()) return structure.status();
  *response->mutable_structure() = *std::move(structure);
  SetPosition(reading->point, response);
  return absl::OkStatus();
}

absl::Status ListAll(const Ledger& ledger, const v1::ListStructuresRequest& request,
                     v1::ListStructuresResponse* response) {
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  auto next = ListRows(*listing, StructureKey(""), [response](const v1::Row& row) {
    if (!row.structure().structure_id().empty()) *response->add_structures() = row.structure();
  });
  if (!next.ok()) return next.status();
  response->set_next_page_token(*next);
  SetPosition(listing->reading.point, response);
  return absl::OkStatus();
}

absl::Status ListActs(const Ledger& ledger, const v1::ListStructureActsRequest& request,
                      v1::ListStructureActsResponse* response) {
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  const Point& point = listing->reading.point;
  auto structure = FindStructure(listing->reading, request.id());
  if (!structure.ok()) return structure.status();
  v1::EventQuery query;
  query.add_items()->add_tags(StructureKey(structure->structure_id()));
  auto page = ReadEventPage(ledger.log(), *listing->reading.index, query,
                            {.from = listing->token.next,
                             .end = point.size,
                             .effective_on = point.effective_on,
                             .max_events = listing->page_size,
                             .max_bytes = kMaxPageBytes});
  if (!page.ok()) return page.status();
  for (const EventPage::Item& item : page->events) {
    auto event = ParseEvent(item.position, item.bytes);
    if (!event.ok()) return event.status();
    if (point.as_recorded && !event->correction_number().empty()) continue;
    auto corrected_by = CorrectedBy(listing->reading.state, point, *event);
    if (!corrected_by.ok()) return corrected_by.status();
    for (v1::StructureAct& entry : StructureActsOf(*event, structure->structure_id())) {
      entry.set_corrected_by(*corrected_by);
      *response->add_acts() = std::move(entry);
    }
  }
  if (!page->complete) {
    response->set_next_page_token(
        EncodePageToken({.size = point.size, .next = page->next, .after = ""}));
  }
  SetPosition(point, response);
  return absl::OkStatus();
}

class StructureService final : public v1::StructureService::CallbackService {
 public:
  explicit StructureService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetStructure(grpc::CallbackServerContext* call,
                                         const v1::GetStructureRequest* request,
                                         v1::GetStructureResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetOne(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListStructures(grpc::CallbackServerContext* call,
                                           const v1::ListStructuresRequest* request,
                                           v1::ListStructuresResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListAll(*context_.ledger, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListStructureActs(grpc::CallbackServerContext* call,
                                              const v1::ListStructureActsRequest* request,
                                              v1::ListStructureActsResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListActs(*context_.ledger, *request, response);
    });
  }

 private:
  const ServiceContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeStructureService(const ServiceContext& context) {
  return std::make_unique<StructureService>(context);
}

}  // namespace registre
