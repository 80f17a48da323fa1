#include <fmt/format.h>

#include "ledger/acts/act.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"
#include "ledger/layers.h"
#include "projections/standing.h"
#include "registre/v1/anomaly_service.grpc.pb.h"
#include "services/read_services.h"

namespace registre {
namespace {

// Positions of flagged events of a key from listing.token.next on, at most a page of them.
struct FlaggedPage {
  std::vector<uint64_t> positions;
  std::optional<uint64_t> next;  // position to go on from
};

absl::StatusOr<FlaggedPage> FindFlagged(const Listing& listing, std::string_view key) {
  FlaggedPage page;
  const Point& point = listing.reading.point;
  uint64_t looked_at = 0;
  REGISTRE_RETURN_IF_ERROR(VisitPostingsFrom(
      *listing.reading.index, key, listing.token.next, [&](uint64_t, const Posting& posting) {
        if (posting.position >= point.size) return false;
        if (page.positions.size() == listing.page_size || ++looked_at > kMaxPageScan) {
          page.next = posting.position;
          return false;
        }
        if (posting.flagged && posting.effective <= point.effective_on) {
          page.positions.push_back(posting.position);
        }
        return true;
      }));
  return page;
}

void AddAnomalies(const v1::Event& event, v1::Severity min_severity,
                  v1::ListAnomaliesResponse* response) {
  for (const v1::Flag& flag : event.flags()) {
    if (flag.severity() < min_severity) continue;
    v1::Anomaly* anomaly = response->add_anomalies();
    anomaly->set_position(event.position());
    anomaly->set_type(std::string(ActType(event.act())));
    if (const Days effective = EffectiveDateOf(event.act()); effective != kAlways) {
      *anomaly->mutable_effective_date() = FromDays(effective);
    }
    if (event.tags_size() > 0) anomaly->set_tag(event.tags(0).tag());
    *anomaly->mutable_flag() = flag;
  }
}

// Adds the flags of the page's events, and cuts the page before the event that takes it over
// kMaxPageBytes.
absl::Status AddPage(const Reading& reading, v1::Severity min_severity, FlaggedPage* page,
                     v1::ListAnomaliesResponse* response) {
  size_t bytes = 0;
  absl::Status failed;
  REGISTRE_RETURN_IF_ERROR(
      VisitEvents(reading.log, page->positions, [&](size_t i, const std::string& stored) {
        if (i > 0 && bytes + stored.size() > kMaxPageBytes) {
          page->next = page->positions[i];
          return false;
        }
        bytes += stored.size();
        auto event = ParseEvent(page->positions[i], stored);
        failed = event.status();
        if (!event.ok()) return false;
        // What is odd about an act that was corrected is no longer so.
        const auto counted = AsCounted(reading.state, reading.point, *event);
        failed = counted.status();
        if (counted.ok() && *counted) AddAnomalies(*event, min_severity, response);
        return counted.ok();
      }));
  return failed;
}

absl::Status ListAll(const Ledger& ledger, const v1::ListAnomaliesRequest& request,
                     v1::ListAnomaliesResponse* response) {
  if (!request.tag().empty() && !IsTag(request.tag())) {
    return ShapeError({{"tag", "QUERY_INVALID",
                        fmt::format("\"{:.80}\" is no tag; write kind:id, for example "
                                    "convention:2023-00963",
                                    request.tag())}});
  }
  auto listing = BeginListing(ledger, request.options(), request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  auto page =
      FindFlagged(*listing, request.tag().empty() ? kFlaggedKey : std::string_view(request.tag()));
  if (!page.ok()) return page.status();
  REGISTRE_RETURN_IF_ERROR(AddPage(listing->reading, request.min_severity(), &*page, response));
  if (page->next) {
    response->set_next_page_token(
        EncodePageToken({.size = listing->reading.point.size, .next = *page->next, .after = ""}));
  }
  SetPosition(listing->reading.point, response);
  return absl::OkStatus();
}

class AnomalyService final : public v1::AnomalyService::CallbackService {
 public:
  explicit AnomalyService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* ListAnomalies(grpc::CallbackServerContext* call,
                                          const v1::ListAnomaliesRequest* request,
                                          v1::ListAnomaliesResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListAll(*context_.ledger, *request, response);
    });
  }

 private:
  const ServiceContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAnomalyService(const ServiceContext& context) {
  return std::make_unique<AnomalyService>(context);
}

}  // namespace registre
