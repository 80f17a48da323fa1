// Instants as tables show them: in the time zone of the ledger, to the second.
#ifndef REGISTRE_CMD_REGISTRE_LEDGER_TIME_H_
#define REGISTRE_CMD_REGISTRE_LEDGER_TIME_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cmd/registre/client.h"
#include "google/protobuf/timestamp.pb.h"

namespace registre::cli {

// Asks the server for the zone, which the ledger's opening act says, when it is first needed.
// Borrows the client.
class LedgerTime {
 public:
  explicit LedgerTime(Client& client) : client_(client) {}

  // "18/09/2023 12:00:00"; with " UTC" behind it while the ledger is not opened, or where this
  // machine does not know its zone. Empty when the instant is not set.
  std::string Text(const google::protobuf::Timestamp& instant);

 private:
  void Ask();

  Client& client_;
  std::optional<absl::TimeZone> zone_;
  bool known_ = false;
};

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_LEDGER_TIME_H_
