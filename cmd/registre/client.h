// The server, as the commands call it: one channel, a stub per service, a deadline on each call,
// errors as absl::Status with their details.
#ifndef REGISTRE_CMD_REGISTRE_CLIENT_H_
#define REGISTRE_CMD_REGISTRE_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cmd/registre/args.h"
#include "google/rpc/status.pb.h"
#include "ledger/base/errors.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/anomaly_service.grpc.pb.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "registre/v1/budget_service.grpc.pb.h"
#include "registre/v1/convention_service.grpc.pb.h"
#include "registre/v1/correction_service.grpc.pb.h"
#include "registre/v1/deliberation_service.grpc.pb.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "registre/v1/payment_feed_service.grpc.pb.h"
#include "registre/v1/payment_service.grpc.pb.h"
#include "registre/v1/structure_service.grpc.pb.h"

namespace registre::cli {

// How long a call may take, and how long a stream may stay without the answer it owes.
inline constexpr std::chrono::seconds kCallDeadline{30};
// Largest message taken from the server: a unit of 3 MiB comes back within its deliberation.
inline constexpr int kMaxAnswerBytes = 32 * 1024 * 1024;

// Stubs of one server. Nothing is connected before the first call. Thread-safe as stubs are.
class Client {
 public:
  // Reads the files of the identity. INVALID_ARGUMENT (TLS_FILE_INVALID) when one cannot be read.
  static absl::StatusOr<std::unique_ptr<Client>> Make(const std::string& server,
                                                      const Identity& identity);

  std::unique_ptr<v1::LedgerService::Stub> ledger;
  std::unique_ptr<v1::BudgetService::Stub> budget;
  std::unique_ptr<v1::StructureService::Stub> structures;
  std::unique_ptr<v1::ConventionService::Stub> conventions;
  std::unique_ptr<v1::DeliberationService::Stub> deliberations;
  std::unique_ptr<v1::PaymentService::Stub> payments;
  std::unique_ptr<v1::PaymentFeedService::Stub> feed;
  std::unique_ptr<v1::CorrectionService::Stub> corrections;
  std::unique_ptr<v1::AnomalyService::Stub> anomalies;
  std::unique_ptr<v1::AdminService::Stub> admin;
  std::unique_ptr<v1::AuditService::Stub> audit;

 private:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel);
};

// The status with what grpc-status-details-bin carries as payloads (ledger/base/errors.h).
absl::Status FromGrpc(const grpc::Status& status);

// The same of a status inside a message, as RecordStream answers.
absl::Status FromRpc(const google::rpc::Status& status);

// Within IsUnreached: a server is there, and TLS with it failed.
bool IsTlsFailure(const absl::Status& status);

// No server answered: a failure of the connection or a deadline, not an error that a server stated.
bool IsUnreached(const absl::Status& status);

// The server answered that it stops: as unreached, it is worth another try later.
bool IsStopping(const absl::Status& status);

// "REASON: message", then, when there are several violations of shape, each on a line of its own.
std::string ErrorText(const absl::Status& status);

// Calls a unary method and waits for its answer.
template <class Stub, class Request, class Response>
absl::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  return FromGrpc((stub.*method)(&context, request, response));
}

// Calls a paged method until the last page; `take` is given each page and says whether to go on.
template <class Stub, class Request, class Response>
absl::Status ForEachPage(
    Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    Request request, const std::type_identity_t<std::function<bool(const Response&)>>& take) {
  while (true) {
    Response page;
    REGISTRE_RETURN_IF_ERROR(Call(stub, method, request, &page));
    if (!take(page) || page.next_page_token().empty()) return absl::OkStatus();
    if (page.next_page_token() == request.page_token()) {
      return Error(absl::StatusCode::kInternal, "PAGE_REPEATED",
                   "the server gave the same page twice; report it with the version of the server");
    }
    request.set_page_token(page.next_page_token());
  }
}

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_CLIENT_H_
