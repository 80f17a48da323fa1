// What auditors ask for, over gRPC (audit_service.proto). One class; its methods stand in files by
// what they are about: audit_service.cc (checkpoints, keys, proofs), audit_watch.cc,
// audit_timestamps.cc, audit_seal.cc, audit_replay.cc, audit_bundle.cc.
#ifndef REGISTRE_SERVICES_AUDIT_SERVICE_H_
#define REGISTRE_SERVICES_AUDIT_SERVICE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "grpcpp/grpcpp.h"
#include "ledger/checkpoints.h"
#include "ledger/seals.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "services/open_streams.h"
#include "services/read_pool.h"
#include "services/reads.h"

namespace registre {

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
  std::atomic<uint64_t>* replays;  // live ones
  std::atomic<uint64_t>* bundles;  // live ones
  OpenStreams* open_streams;
  const std::atomic<bool>* draining;
  Seals* seals;
};

// Watches of checkpoints at once; one more is refused with RESOURCE_EXHAUSTED (TOO_MANY_WATCHES).
inline constexpr size_t kMaxWatches = 1'000;
// Replays at once; one more is refused with RESOURCE_EXHAUSTED (TOO_MANY_REPLAYS). A replay holds a
// page of events and their states: kReplayPageEvents, and kReplayPageBytes or one event alone.
inline constexpr size_t kMaxReplays = 64;
inline constexpr size_t kReplayPageEvents = 64;
inline constexpr size_t kReplayPageBytes = 512 * 1024;
// Bundles on their way at once; one more is refused with RESOURCE_EXHAUSTED (TOO_MANY_BUNDLES).
// Each is held, kMaxBundleBytes at most, until the client has taken it: 1 GiB for all of them.
inline constexpr size_t kMaxBundles = 16;

// OK for a tag; INVALID_ARGUMENT (FIELD_INVALID).
[[nodiscard]] absl::Status CheckTag(const std::string& tag);

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
  grpc::ServerWriteReactor<v1::SealDirectoryResponse>* SealDirectory(
      grpc::CallbackServerContext* call, const v1::SealDirectoryRequest* request) override;
  grpc::ServerUnaryReactor* GetTagProof(grpc::CallbackServerContext* call,
                                        const v1::GetTagProofRequest* request,
                                        v1::GetTagProofResponse* response) override;
  grpc::ServerWriteReactor<v1::ReplayResponse>* Replay(grpc::CallbackServerContext* call,
                                                       const v1::ReplayRequest* request) override;
  grpc::ServerWriteReactor<v1::GetBundleResponse>* GetBundle(
      grpc::CallbackServerContext* call, const v1::GetBundleRequest* request) override;

 private:
  const AuditServiceParts parts_;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_AUDIT_SERVICE_H_
