// What auditors ask for, over gRPC (audit_service.proto). One class; its methods stand in files by
// what they are about: audit_service.cc (checkpoints, keys, proofs), audit_timestamps.cc,
// audit_seal.cc, audit_replay.cc, audit_bundle.cc.
#ifndef REGISTRE_SERVICES_AUDIT_SERVICE_H_
#define REGISTRE_SERVICES_AUDIT_SERVICE_H_

#include <atomic>

#include "grpcpp/grpcpp.h"
#include "ledger/checkpoints.h"
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
  OpenStreams* open_streams;
  const std::atomic<bool>* draining;
};

class AuditService final : public v1::AuditService::CallbackService {
 public:
  explicit AuditService(const AuditServiceParts& parts) : parts_(parts) {}

 private:
  const AuditServiceParts parts_;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_AUDIT_SERVICE_H_
