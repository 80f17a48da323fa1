#include "services/reads.h"

#include <fmt/format.h>

#include "ledger/base/date.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"
#include "ledger/view.h"
#include "projections/standing.h"
#include "projections/statement.h"
#include "services/status.h"

namespace registre {

absl::StatusOr<Reading> BeginReading(const Ledger& ledger, const v1::ReadOptions& options) {
  std::shared_ptr<Index> index = ledger.index();
  StateReader state(ledger.log(), *index, ledger.projection());
  auto point = state.Resolve(options);
  if (!point.ok()) return point.status();
  return Reading{std::move(index), ledger.log(), state, *point, options.has_as_of()};
}

absl::Status NotThere(std::string_view kind, std::string_view id, const Point& point,
                      bool point_asked) {
  std::string when =
      point.size == 0 ? "in an empty ledger" : fmt::format("at position {}", point.size - 1);
  if (point.effective_on != Point::kNoLimit) {
    when += fmt::format(", on {}", FormatDate(FromDays(point.effective_on)));
  }
  return Error(absl::StatusCode::kNotFound, "NOT_FOUND",
               fmt::format("no {} \"{:.80}\" {}; check the number{}", kind, id, when,
                           point_asked ? ", or read at a later point" : ""),
               {{"kind", std::string(kind)}, {"id", std::string(FirstBytes(id, 80))}});
}

absl::StatusOr<size_t> PageSize(int requested) {
  if (requested < 0 || requested > kMaxPageSize) {
    return ShapeError({{"page_size", "PAGE_SIZE_INVALID",
                        fmt::format("{} is not between 1 and {}", requested, kMaxPageSize)}});
  }
  return requested == 0 ? kDefaultPageSize : requested;
}

absl::StatusOr<Listing> BeginListing(const Ledger& ledger, const v1::ReadOptions& options,
                                     int page_size, const std::string& page_token) {
  auto size = PageSize(page_size);
  if (!size.ok()) return size.status();
  auto reading = BeginReading(ledger, options);
  if (!reading.ok()) return reading.status();
  Listing listing{*std::move(reading), {}, *size};
  if (!page_token.empty()) {
    auto token = DecodePageToken(page_token);
    if (!token.ok()) return token.status();
    listing.token = *std::move(token);
    listing.reading.point.size = std::min(listing.reading.point.size, listing.token.size);
  }
  listing.token.size = listing.reading.point.size;
  return listing;
}

absl::StatusOr<std::string> ListRows(const Listing& listing, std::string_view prefix,
                                     const std::function<void(const v1::Row&)>& add) {
  size_t rows = 0;
  size_t bytes = 0;
  uint64_t looked_at = 0;
  PageToken next = listing.token;
  bool full = false;
  const absl::Status read = listing.reading.state.ForEachRow(
      prefix, listing.token.after, listing.reading.point,
      [&](std::string_view key, const v1::Row* row) {
        const size_t size = row == nullptr ? 0 : row->ByteSizeLong();
        full = rows == listing.page_size || looked_at == kMaxPageScan ||
               (rows > 0 && bytes + size > kMaxPageBytes);
        if (full) return false;
        if (row != nullptr) {
          add(*row);
          rows += 1;
          bytes += size;
        }
        ++looked_at;
        next.after = std::string(key);
        return true;
      });
  REGISTRE_RETURN_IF_ERROR(read);
  return full ? EncodePageToken(next) : std::string();
}

namespace {

bool IsOn(const std::string& tag, const v1::PaymentBasis& basis, const v1::Payment& payment) {
  return tag == ConventionKey(basis.convention_number()) ||
         tag == StructureKey(payment.structure_id());
}

// The event is the first that put the order where the tag is: an order that comes back is listed
// once.
bool EntersBy(const v1::Event& event, const std::string& tag, const v1::Payment& payment) {
  if (event.act().has_payment_ordered()) return true;
  for (const v1::PaymentReimputation& reimputation : payment.reimputations()) {
    if (IsOn(tag, reimputation.basis_before(), payment)) return false;
    if (reimputation.position() == event.position()) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::string> ListOrders(const Listing& listing, const std::string& tag,
                                       const std::function<void(const v1::Payment&)>& add) {
  const Reading& reading = listing.reading;
  v1::EventQuery query;
  query.add_items()->add_tags(tag);
  query.mutable_items(0)->add_types("payment_ordered");
  query.mutable_items(0)->add_types("payment_reimputed");
  query.mutable_items(0)->add_types("act_rectified");
  auto page = ReadEventPage(reading.log, *reading.index, query,
                            {.from = listing.token.next,
                             .end = reading.point.size,
                             .effective_on = reading.point.effective_on,
                             .max_events = listing.page_size,
                             .max_bytes = kMaxPageBytes});
  if (!page.ok()) return page.status();
  for (const EventPage::Item& item : page->events) {
    auto event = ParseEvent(item.position, item.bytes);
    if (!event.ok()) return event.status();
    auto counted = AsCounted(reading.state, reading.point, *std::move(event));
    if (!counted.ok()) return counted.status();
    if (!*counted) continue;
    // What a correction puts in place may be any act.
    const v1::Act& act = (*counted)->act();
    if (!act.has_payment_ordered() && !act.has_payment_reimputed()) continue;
    auto row = reading.state.RowAt(OrderKeyOf(act), reading.point);
    if (!row.ok()) return row.status();
    if (*row == nullptr) continue;
    const v1::Payment& payment = (*row)->payment();
    if (IsOn(tag, payment.basis(), payment) && EntersBy(**counted, tag, payment)) add(payment);
  }
  if (page->complete) return std::string();
  return EncodePageToken({.size = reading.point.size, .next = page->next, .after = ""});
}

grpc::ServerUnaryReactor* ServeRead(const ServiceContext& context,
                                    grpc::CallbackServerContext* call,
                                    const google::protobuf::Message& request,
                                    std::function<absl::Status()> work) {
  return ServeRead(context, call, request,
                   [work = std::move(work)](const Caller&) { return work(); });
}

grpc::ServerUnaryReactor* ServeRead(const ServiceContext& context,
                                    grpc::CallbackServerContext* call,
                                    const google::protobuf::Message& request,
                                    std::function<absl::Status(const Caller&)> work) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  auto caller = context.access->Authorize(*call, request);
  if (!caller.ok()) {
    reactor->Finish(ToGrpcStatus(caller.status()));
    return reactor;
  }
  const bool queued =
      context.reads->Submit([reactor, call, caller = *std::move(caller), work = std::move(work)] {
        const absl::Status status =
            call->IsCancelled() ? absl::CancelledError("nobody waits for the answer any more")
                                : work(caller);
        reactor->Finish(ToGrpcStatus(status));
      });
  if (!queued) reactor->Finish(ToGrpcStatus(ReadsFull()));
  return reactor;
}

}  // namespace registre
