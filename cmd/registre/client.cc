#include "cmd/registre/client.h"

#include <fmt/format.h>

#include "cmd/registre/text.h"
#include "google/rpc/error_details.pb.h"

namespace registre::cli {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& server) {
  grpc::ChannelArguments arguments;
  // A ledger is reached directly: a proxy set for the web would be asked for 127.0.0.1 as well.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

// The server's message, for the terminal: text of acts may stand in it.
std::string Clean(std::string_view text) { return OneLine(text); }

}  // namespace

Client::Client(const std::string& server) : Client(Connect(server)) {}

Client::Client(const std::shared_ptr<grpc::Channel>& channel)
    : ledger(v1::LedgerService::NewStub(channel)),
      budget(v1::BudgetService::NewStub(channel)),
      structures(v1::StructureService::NewStub(channel)),
      conventions(v1::ConventionService::NewStub(channel)),
      deliberations(v1::DeliberationService::NewStub(channel)),
      payments(v1::PaymentService::NewStub(channel)),
      feed(v1::PaymentFeedService::NewStub(channel)),
      anomalies(v1::AnomalyService::NewStub(channel)),
      admin(v1::AdminService::NewStub(channel)) {}

absl::Status FromRpc(const google::rpc::Status& status) {
  absl::Status out(static_cast<absl::StatusCode>(status.code()), status.message());
  for (const auto& detail : status.details()) {
    out.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return out;
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  // The trailer only adds to the status.
  details.set_code(status.error_code());
  details.set_message(status.error_message());
  return FromRpc(details);
}

bool IsUnreached(const absl::Status& status) {
  const bool transport = status.code() == absl::StatusCode::kUnavailable ||
                         status.code() == absl::StatusCode::kDeadlineExceeded;
  return transport && ReasonOf(status).empty();
}

bool IsStopping(const absl::Status& status) { return ReasonOf(status) == "DRAINING"; }

std::string ErrorText(const absl::Status& status) {
  std::string reason = ReasonOf(status);
  if (reason.empty()) reason = absl::StatusCodeToString(status.code());
  std::string text = fmt::format("{}: {}", Clean(reason), Clean(std::string(status.message())));
  google::rpc::BadRequest bad;
  const auto payload = status.GetPayload(kBadRequestUrl);
  if (!payload || !bad.ParseFromString(std::string(*payload))) return text;
  // The message says the only one already.
  if (bad.field_violations_size() == 1) return text;
  for (const auto& violation : bad.field_violations()) {
    text += fmt::format("\n  {}: {}", Clean(violation.field()), Clean(violation.description()));
  }
  return text;
}

}  // namespace registre::cli
