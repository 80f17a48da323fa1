// Time stamps of checkpoints (audit_service.h).
#include <utility>

#include "services/audit_service.h"

namespace registre {

grpc::ServerUnaryReactor* AuditService::AddTimestamp(grpc::CallbackServerContext* call,
                                                     const v1::AddTimestampRequest* request,
                                                     v1::AddTimestampResponse* response) {
  return ServeRead(parts_.context, call, *request, [this, request, response] {
    auto checkpoint = parts_.checkpoints->AddTimestamp(request->note(), request->token());
    if (!checkpoint.ok()) return checkpoint.status();
    *response->mutable_checkpoint() = *std::move(checkpoint);
    return absl::OkStatus();
  });
}

}  // namespace registre
