// Running a ledger over gRPC.
#ifndef REGISTRE_SERVICES_ADMIN_SERVICE_H_
#define REGISTRE_SERVICES_ADMIN_SERVICE_H_

#include <atomic>
#include <memory>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "ledger/checkpoints.h"
#include "services/reads.h"
#include "services/witness_collector.h"

namespace registre {

// What the admin service borrows beside the context. The context's pool is its own: an admin is
// answered when all other reads wait.
struct AdminServiceParts {
  ServiceContext context;
  Checkpoints* checkpoints;
  const WitnessCollector* witnesses;  // null: no witness is asked
  const Clock* clock;
  // Runs rebuilds, one at a time.
  ReadPool* rebuilds;
  // Runs backups, one at a time.
  ReadPool* backups;
  const std::atomic<uint64_t>* subscriptions;
  const std::atomic<bool>* draining;
  absl::Time started_at;
};

std::unique_ptr<grpc::Service> MakeAdminService(const AdminServiceParts& parts);

}  // namespace registre

#endif  // REGISTRE_SERVICES_ADMIN_SERVICE_H_
