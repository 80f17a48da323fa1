#include "cmd/registre/client.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "cmd/registre/text.h"
#include "google/rpc/error_details.pb.h"
#include "grpcpp/support/client_interceptor.h"
#include "ledger/proof/certificate.h"
#include "services/access.h"

namespace registre::cli {
namespace {

// Says with each call who the caller is.
class SaySubject final : public grpc::experimental::Interceptor {
 public:
  explicit SaySubject(std::string subject) : subject_(std::move(subject)) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kSubjectMetadata, subject_);
    }
    methods->Proceed();
  }

 private:
  const std::string subject_;
};

class SaySubjectFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit SaySubjectFactory(std::string subject) : subject_(std::move(subject)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new SaySubject(subject_);
  }

 private:
  const std::string subject_;
};

absl::StatusOr<std::string> ReadPem(const char* flag, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (absl::StrContains(bytes, "-----BEGIN ")) return bytes;
  return Error(absl::StatusCode::kInvalidArgument, "TLS_FILE_INVALID",
               fmt::format("{} {}: {}", flag, path,
                           file.is_open() ? "it is no PEM file" : std::strerror(errno)));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(const Identity& identity) {
  if (!identity.has_tls()) return grpc::InsecureChannelCredentials();
  auto ca = ReadPem("--tls-ca", identity.tls_ca);
  if (!ca.ok()) return ca.status();
  auto certificate = ReadPem("--tls-cert", identity.tls_cert);
  if (!certificate.ok()) return certificate.status();
  auto key = ReadPem("--tls-key", identity.tls_key);
  if (!key.ok()) return key.status();
  REGISTRE_RETURN_IF_ERROR(
      Annotate(CheckKeyPair(*certificate, *key), "--tls-cert and --tls-key: "));
  return grpc::SslCredentials(
      {.pem_root_certs = *ca, .pem_private_key = *key, .pem_cert_chain = *certificate});
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& server,
                                                       const Identity& identity) {
  auto credentials = CredentialsOf(identity);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  // A ledger is reached directly: a proxy set for the web would be asked for 127.0.0.1 as well.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  if (!identity.subject.empty()) {
    interceptors.push_back(std::make_unique<SaySubjectFactory>(identity.subject));
  }
  return grpc::experimental::CreateCustomChannelWithInterceptors(server, *credentials, arguments,
                                                                 std::move(interceptors));
}

// The server's message, for the terminal: text of acts may stand in it.
std::string Clean(std::string_view text) { return OneLine(text); }

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Make(const std::string& server,
                                                     const Identity& identity) {
  auto channel = Connect(server, identity);
  if (!channel.ok()) return channel.status();
  return std::unique_ptr<Client>(new Client(*channel));
}

Client::Client(const std::shared_ptr<grpc::Channel>& channel)
    : ledger(v1::LedgerService::NewStub(channel)),
      budget(v1::BudgetService::NewStub(channel)),
      structures(v1::StructureService::NewStub(channel)),
      conventions(v1::ConventionService::NewStub(channel)),
      deliberations(v1::DeliberationService::NewStub(channel)),
      payments(v1::PaymentService::NewStub(channel)),
      feed(v1::PaymentFeedService::NewStub(channel)),
      corrections(v1::CorrectionService::NewStub(channel)),
      anomalies(v1::AnomalyService::NewStub(channel)),
      admin(v1::AdminService::NewStub(channel)),
      audit(v1::AuditService::NewStub(channel)) {}

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

bool IsTlsFailure(const absl::Status& status) {
  return IsUnreached(status) && absl::StrContains(status.message(), "andshake failed");
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
