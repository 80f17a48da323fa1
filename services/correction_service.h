// CorrectionService: plans a correction, has it proposed and decided (correction_service.proto).
#ifndef REGISTRE_SERVICES_CORRECTION_SERVICE_H_
#define REGISTRE_SERVICES_CORRECTION_SERVICE_H_

#include <memory>

#include "grpcpp/grpcpp.h"
#include "ledger/base/clock.h"
#include "services/reads.h"

namespace registre {

// Borrows what the context borrows, and the clock.
std::unique_ptr<grpc::Service> MakeCorrectionService(const ServiceContext& context,
                                                     const Clock* clock);

}  // namespace registre

#endif  // REGISTRE_SERVICES_CORRECTION_SERVICE_H_
