// Units that a service makes itself, recorded in its caller's name.
#ifndef REGISTRE_SERVICES_RECORDING_H_
#define REGISTRE_SERVICES_RECORDING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "ledger/command.h"
#include "ledger/ledger.h"
#include "registre/v1/access.pb.h"
#include "registre/v1/act.pb.h"
#include "services/access.h"

namespace registre {

// A command of the caller, each act in that role, or as the local caller where nobody is
// authenticated. `request` is what it is remembered by.
Command CommandOf(const Caller& caller, v1::Role role, const std::string& command_id,
                  const google::protobuf::Message& request, std::vector<v1::Act> acts);

// Records and waits for the answer: the errors of Recorder::Submit. Not for a thread of gRPC.
absl::StatusOr<v1::RecordResponse> RecordNow(Ledger* ledger, Command command);

}  // namespace registre

#endif  // REGISTRE_SERVICES_RECORDING_H_
