// The gRPC server over a ledger.
#ifndef REGISTRE_SERVICES_SERVER_H_
#define REGISTRE_SERVICES_SERVER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/clock.h"
#include "ledger/checkpoints.h"
#include "ledger/ledger.h"
#include "services/access_log.h"
#include "services/policy.h"
#include "services/witness_collector.h"

namespace registre {

// Largest message the server takes: a unit of kMaxUnitBytes with its envelope.
inline constexpr int kMaxMessageBytes = 4 * 1024 * 1024;

// Whether only this machine reaches an address: unix:..., localhost, 127.0.0.0/8 or ::1, with or
// without a port. A name that is not "localhost" is not looked up, and is not.
bool IsLoopback(std::string_view listen);

class Server {
 public:
  // How callers are known: by certificates.
  struct Tls {
    std::string certificate_pem;  // the server's own, then the CAs between it and the root
    std::string key_pem;
    std::string client_ca_pem;  // whose certificates are accepted
    Policy policy;
  };
  struct Options {
    std::string listen;  // host:port; port 0 takes a free one
    Ledger* ledger = nullptr;
    Checkpoints* checkpoints = nullptr;
    const Clock* clock = nullptr;
    // Without, nobody is authenticated and everyone who reaches the server may do everything (local
    // mode): only on a loopback address.
    std::optional<Tls> tls = std::nullopt;
    AccessLog* access_log = nullptr;  // null: calls are not noted
    // Null: no witness is asked. It is stopped before Drain.
    const WitnessCollector* witnesses = nullptr;
  };

  // Starts to serve: the services of registre.v1, and grpc.health.v1, which is open to all, where
  // registre.v1.LedgerService is SERVING while acts are recorded, and the server (the empty name)
  // until it drains; in local mode server reflection too. Errors: FAILED_PRECONDITION
  // (TLS_REQUIRED) without TLS on an address that is not loopback; INVALID_ARGUMENT
  // (TLS_FILE_INVALID); UNAVAILABLE (ADDRESS_IN_USE) when the address cannot be taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);

  virtual ~Server() = default;
  // The port taken.
  virtual int port() const = 0;
  // Takes the place of the policy, at once: calls and streams under way are judged by it before
  // their next unit or message. Those that wait for events or checkpoints are judged now, a
  // consumer that is paused, or that answers slowly, at its next heartbeat. Only with TLS.
  virtual void SetPolicy(Policy policy) = 0;
  // Ends subscriptions, rebuilds, backups, and record streams with nothing under way with
  // UNAVAILABLE (DRAINING), answers what is under way until `deadline` from now, then cancels the
  // rest. Once. The ledger goes on and is stopped after.
  virtual void Drain(absl::Duration deadline) = 0;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_SERVER_H_
