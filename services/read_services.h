// The services that read: budget, payments, structures, conventions, deliberations, anomalies.
#ifndef REGISTRE_SERVICES_READ_SERVICES_H_
#define REGISTRE_SERVICES_READ_SERVICES_H_

#include <memory>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "services/reads.h"

namespace registre {

// One of each, sharing the context, which outlives them.
std::unique_ptr<grpc::Service> MakeBudgetService(const ServiceContext& context);
std::unique_ptr<grpc::Service> MakeStructureService(const ServiceContext& context);
std::unique_ptr<grpc::Service> MakeConventionService(const ServiceContext& context);
std::unique_ptr<grpc::Service> MakeDeliberationService(const ServiceContext& context);
std::unique_ptr<grpc::Service> MakePaymentService(const ServiceContext& context);
std::unique_ptr<grpc::Service> MakeAnomalyService(const ServiceContext& context);

}  // namespace registre

#endif  // REGISTRE_SERVICES_READ_SERVICES_H_
