// A witness over HTTP (C2SP tlog-witness); its submission and monitoring prefixes are "/".
//
//   POST /add-checkpoint              cosigns
//   GET  /<origin hash>/checkpoint    the last cosigned of a log
//
// All else is 404. Plain HTTP: what it takes and gives is signed. For other machines, a reverse
// proxy adds TLS (deploy/WITNESS.md).
#ifndef REGISTRE_SERVICES_WITNESS_H_
#define REGISTRE_SERVICES_WITNESS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/cosigner.h"
#include "services/http_server.h"

namespace registre {

// Serves the cosigner, which it borrows, until it is destroyed. The errors of HttpServer::Start.
absl::StatusOr<std::unique_ptr<HttpServer>> StartWitness(const std::string& listen,
                                                         Cosigner* cosigner);

}  // namespace registre

#endif  // REGISTRE_SERVICES_WITNESS_H_
