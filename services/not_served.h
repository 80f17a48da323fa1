// A method of the contract that this version does not serve yet.
#ifndef REGISTRE_SERVICES_NOT_SERVED_H_
#define REGISTRE_SERVICES_NOT_SERVED_H_

#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "services/access.h"

namespace registre {

// Why the call may not be made, or UNIMPLEMENTED.
inline absl::Status NotServed(Access* access, const grpc::CallbackServerContext& call,
                              const google::protobuf::Message& request) {
  const auto caller = access->Authorize(call, request);
  if (!caller.ok()) return caller.status();
  return absl::UnimplementedError("this version of the server does not serve the method yet");
}

}  // namespace registre

#endif  // REGISTRE_SERVICES_NOT_SERVED_H_
