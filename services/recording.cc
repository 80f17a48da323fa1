#include "services/recording.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "services/rights.h"

namespace registre {

Command CommandOf(const Caller& caller, v1::Role role, const std::string& command_id,
                  const google::protobuf::Message& request, std::vector<v1::Act> acts) {
  Command command;
  command.subject = caller.subject;
  command.fingerprint = FingerprintOf(request);
  command.request.set_command_id(command_id);
  for (v1::Act& act : acts) *command.request.add_acts() = std::move(act);
  command.roles.assign(acts.size(),
                       caller.roles == kLocal ? RoleNames(kLocal).front() : RoleName(role));
  command.bytes = command.request.ByteSizeLong();
  return command;
}

absl::StatusOr<v1::RecordResponse> RecordNow(Ledger* ledger, Command command) {
  absl::Notification done;
  absl::StatusOr<v1::RecordResponse> outcome;
  ledger->recorder().Submit(std::move(command), [&](absl::StatusOr<v1::RecordResponse> answer) {
    outcome = std::move(answer);
    done.Notify();
  });
  done.WaitForNotification();
  return outcome;
}

}  // namespace registre
