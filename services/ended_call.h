// The end of a call that is refused before it begins.
#ifndef REGISTRE_SERVICES_ENDED_CALL_H_
#define REGISTRE_SERVICES_ENDED_CALL_H_

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "services/status.h"

namespace registre {

// A reactor of a stream (grpc::ServerWriteReactor, grpc::ServerBidiReactor) that only finishes with
// an error. It deletes itself.
template <class Reactor>
class EndedCall final : public Reactor {
 public:
  explicit EndedCall(const absl::Status& status) { this->Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_ENDED_CALL_H_
