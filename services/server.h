// The gRPC server over a ledger.
#ifndef REGISTRE_SERVICES_SERVER_H_
#define REGISTRE_SERVICES_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/clock.h"
#include "ledger/ledger.h"

namespace registre {

// Largest message the server takes: a unit of kMaxUnitBytes with its envelope.
inline constexpr int kMaxMessageBytes = 4 * 1024 * 1024;

class Server {
 public:
  struct Options {
    std::string listen;  // host:port; port 0 takes a free one
    Ledger* ledger = nullptr;
    const Clock* clock = nullptr;
  };

  // Starts to serve: the services of registre.v1, server reflection and grpc.health.v1, where
  // registre.v1.LedgerService is SERVING while acts are recorded, and the server (the empty name)
  // until it drains. Errors: UNAVAILABLE (ADDRESS_IN_USE) when the address cannot be taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);

  virtual ~Server() = default;
  // The port taken.
  virtual int port() const = 0;
  // Ends subscriptions, rebuilds, and record streams with nothing under way with UNAVAILABLE
  // (DRAINING), answers what is under way until `deadline` from now, then cancels the rest. Once.
  // The ledger goes on and is stopped after.
  virtual void Drain(absl::Duration deadline) = 0;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_SERVER_H_
