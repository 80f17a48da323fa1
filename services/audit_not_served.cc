#include "services/audit_service.h"
#include "services/ended_call.h"
#include "services/not_served.h"
#include "services/status.h"

namespace registre {

grpc::ServerWriteReactor<v1::SealDirectoryResponse>* AuditService::SealDirectory(
    grpc::CallbackServerContext* call, const v1::SealDirectoryRequest* request) {
  return new EndedCall<grpc::ServerWriteReactor<v1::SealDirectoryResponse>>(
      NotServed(parts_.context.access, *call, *request));
}

grpc::ServerUnaryReactor* AuditService::GetTagProof(grpc::CallbackServerContext* call,
                                                    const v1::GetTagProofRequest* request,
                                                    v1::GetTagProofResponse*) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  reactor->Finish(ToGrpcStatus(NotServed(parts_.context.access, *call, *request)));
  return reactor;
}

grpc::ServerWriteReactor<v1::ReplayResponse>* AuditService::Replay(
    grpc::CallbackServerContext* call, const v1::ReplayRequest* request) {
  return new EndedCall<grpc::ServerWriteReactor<v1::ReplayResponse>>(
      NotServed(parts_.context.access, *call, *request));
}

}  // namespace registre
