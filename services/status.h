// From the ledger's status to gRPC's: the one place.
#ifndef REGISTRE_SERVICES_STATUS_H_
#define REGISTRE_SERVICES_STATUS_H_

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace registre {

// The status with its details as google.rpc.Status.
google::rpc::Status ToRpcStatus(const absl::Status& status);

// The same as a gRPC status; the details go into the trailer grpc-status-details-bin. Cut to what a
// client takes of trailers (8 KiB): a long message ends in "...", and of many violations the first
// are kept, with one more, of the field "...", that says how many are not.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace registre

#endif  // REGISTRE_SERVICES_STATUS_H_
