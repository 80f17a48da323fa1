// What the read services share: one request, one point, one answer, off gRPC's threads.
#ifndef REGISTRE_SERVICES_READS_H_
#define REGISTRE_SERVICES_READS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"
#include "ledger/base/errors.h"
#include "ledger/ledger.h"
#include "projections/state_reader.h"
#include "registre/v1/query.pb.h"
#include "services/access.h"
#include "services/page_token.h"
#include "services/read_pool.h"

namespace registre {

// What every service borrows.
struct ServiceContext {
  Ledger* ledger;
  ReadPool* reads;
  Access* access;
};

// A request's view of the ledger: the index of the moment, held while it reads.
struct Reading {
  std::shared_ptr<Index> index;
  const EventStore& log;
  StateReader state;
  Point point;
  bool point_asked;  // it need not be the present
};

absl::StatusOr<Reading> BeginReading(const Ledger& ledger, const v1::ReadOptions& options);

// NOT_FOUND (reason NOT_FOUND): `kind` `id` does not exist at the point; one that was asked for may
// be too early for it.
absl::Status NotThere(std::string_view kind, std::string_view id, const Point& point,
                      bool point_asked = false);

// The size of a page: 0 means the default. INVALID_ARGUMENT (PAGE_SIZE_INVALID) out of 0 to 1,000.
absl::StatusOr<size_t> PageSize(int requested);

// A reading at the point of a listing: the request's own for the first page, then the token's.
struct Listing {
  Reading reading;
  PageToken token;  // where to go on
  size_t page_size;
};
absl::StatusOr<Listing> BeginListing(const Ledger& ledger, const v1::ReadOptions& options,
                                     int page_size, const std::string& page_token);

// One page of the rows whose keys start with `prefix`: `add` takes each. At most page_size rows and
// kMaxPageBytes, or one larger row, of at most kMaxPageScan keys: at an early point a page may be
// empty and not the last. Returns the next page's token, empty after the last.
absl::StatusOr<std::string> ListRows(const Listing& listing, std::string_view prefix,
                                     const std::function<void(const v1::Row&)>& add);

// One page of the orders of a convention or a structure, by its tag, in the order in which they
// were given, or put there by a reimputation or a correction: `add` takes each as it is at the
// listing's point. An order that was put elsewhere is left out. Returns the next page's token,
// empty after the last.
absl::StatusOr<std::string> ListOrders(const Listing& listing, const std::string& tag,
                                       const std::function<void(const v1::Payment&)>& add);

// Runs `work` on the read pool and finishes the call with its status, once its caller is known and
// allowed to call the method that takes `request` (access.h, which has the errors). CANCELLED,
// without the work, when the client has gone or its deadline has passed meanwhile;
// RESOURCE_EXHAUSTED (READS_FULL) when the pool's queue is full.
grpc::ServerUnaryReactor* ServeRead(const ServiceContext& context,
                                    grpc::CallbackServerContext* call,
                                    const google::protobuf::Message& request,
                                    std::function<absl::Status()> work);
// The same for work that depends on who calls.
grpc::ServerUnaryReactor* ServeRead(const ServiceContext& context,
                                    grpc::CallbackServerContext* call,
                                    const google::protobuf::Message& request,
                                    std::function<absl::Status(const Caller&)> work);

// Sets at_position of a response from the point.
template <class Response>
void SetPosition(const Point& point, Response* response) {
  if (const auto position = point.position()) response->set_at_position(*position);
}

}  // namespace registre

#endif  // REGISTRE_SERVICES_READS_H_
