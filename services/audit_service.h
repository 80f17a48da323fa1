// What auditors ask for, over gRPC (audit_service.proto). One class; its methods stand in files by
// what they are about: audit_service.cc (checkpoints, keys, proofs), audit_watch.cc,
// audit_timestamps.cc, audit_seal.cc, audit_replay.cc, audit_bundle.cc.
#ifndef REGISTRE_SERVICES_AUDIT_SERVICE_H_
#define REGISTRE_SERVICES_AUDIT_SERVICE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "grpcpp/grpcpp.h"
#include "ledger/bundle_builder.h"
#include "ledger/checkpoints.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "services/open_streams.h"
#include "services/read_pool.h"
#include "services/reads.h"

namespace registre {

// What the last seal says of a tag, below a head that Checkpoints::Sign reaches.
// FAILED_PRECONDITION (NOT_SEALED) before the first seal. Any thread; blocks on disk.
using FindSealedTag = std::function<absl::StatusOr<SealedTag>(const std::string& tag)>;

// What the audit service borrows beside the context.
struct AuditServiceParts {
  ServiceContext context;
  Checkpoints* checkpoints;
  const Clock* clock;
  // Runs what takes long: replays, bundles, seals.
  ReadPool* long_reads;
  // Looks at checkpoints for those who watch them; its queue holds one piece a watch.
  ReadPool* watch_reads;
  std::atomic<uint64_t>* watches;  // live ones
  OpenStreams* open_streams;
  const std::atomic<bool>* draining;
  FindSealedTag sealed_tag;
};

// Watches of checkpoints at once; one more is refused with RESOURCE_EXHAUSTED (TOO_MANY_WATCHES).
inline constexpr size_t kMaxWatches = 1'000;

class AuditService final : public v1::AuditService::CallbackService {
 public:
  explicit AuditService(const AuditServiceParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* call,
                                          const v1::GetCheckpointRequest* request,
                                          v1::GetCheckpointResponse* response) override;
  grpc::ServerUnaryReactor* ListCheckpoints(grpc::CallbackServerContext* call,
                                            const v1::ListCheckpointsRequest* request,
                                            v1::ListCheckpointsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchCheckpointsResponse>* WatchCheckpoints(
      grpc::CallbackServerContext* call, const v1::WatchCheckpointsRequest* request) override;
  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* call,
                                     const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override;
  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* call,
                                              const v1::GetInclusionProofRequest* request,
                                              v1::GetInclusionProofResponse* response) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(grpc::CallbackServerContext* call,
                                                const v1::GetConsistencyProofRequest* request,
                                                v1::GetConsistencyProofResponse* response) override;
  grpc::ServerUnaryReactor* AddTimestamp(grpc::CallbackServerContext* call,
                                         const v1::AddTimestampRequest* request,
                                         v1::AddTimestampResponse* response) override;
  grpc::ServerWriteReactor<v1::GetBundleResponse>* GetBundle(
      grpc::CallbackServerContext* call, const v1::GetBundleRequest* request) override;
  // These are not served yet: who may call them is told so (UNIMPLEMENTED).
  grpc::ServerWriteReactor<v1::SealDirectoryResponse>* SealDirectory(
      grpc::CallbackServerContext* call, const v1::SealDirectoryRequest* request) override;
  grpc::ServerUnaryReactor* GetTagProof(grpc::CallbackServerContext* call,
                                        const v1::GetTagProofRequest* request,
                                        v1::GetTagProofResponse* response) override;
  grpc::ServerWriteReactor<v1::ReplayResponse>* Replay(grpc::CallbackServerContext* call,
                                                       const v1::ReplayRequest* request) override;

 private:
  const AuditServiceParts parts_;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_AUDIT_SERVICE_H_
