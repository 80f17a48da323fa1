// The files that say who the server is and who its callers are.
#ifndef REGISTRE_CMD_REGISTRED_IDENTITIES_H_
#define REGISTRE_CMD_REGISTRED_IDENTITIES_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/policy.h"
#include "services/server.h"

namespace registre {

// Their paths, as the command line gives them: all four or none.
struct IdentityFiles {
  std::string certificate;  // --tls-cert
  std::string key;          // --tls-key
  std::string client_ca;    // --tls-client-ca
  std::string policy;       // --policy

  bool given() const { return !certificate.empty() && Missing().empty(); }
  // The flags that are missing while others are given; empty when all are, or none.
  std::string Missing() const;
};

// Reads all four. INVALID_ARGUMENT: TLS_FILE_INVALID, POLICY_INVALID, each with the path. Warns in
// the log of a key that others may read. Whether certificate, key and CAs are any good is seen by
// Server::Start.
absl::StatusOr<Server::Tls> ReadIdentities(const IdentityFiles& files);

// Reads the policy alone. INVALID_ARGUMENT (POLICY_INVALID), with the path.
absl::StatusOr<Policy> ReadPolicy(const std::string& path);

}  // namespace registre

#endif  // REGISTRE_CMD_REGISTRED_IDENTITIES_H_
