// A server with TLS over a new ledger, and clients of every kind. The names are made up.
#ifndef REGISTRE_TESTS_SERVICES_TLS_FIXTURE_H_
#define REGISTRE_TESTS_SERVICES_TLS_FIXTURE_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/empty.pb.h"
#include "grpcpp/impl/codegen/sync_stream.h"
#include "services/access_log.h"
#include "tests/services/services_fixture.h"
#include "tests/support/test_ca.h"

namespace registre::testing {

inline const std::vector<std::string> kRoleNames = {"clerk",   "assembly", "orderer",  "accountant",
                                                    "auditor", "admin",    "approver", "public"};

// A policy where the certificate ROLE.example.org is of the subject s-ROLE, which has that role
// alone.
inline std::string PolicyOf(const std::vector<std::string>& roles) {
  std::string json;
  for (const std::string& role : roles) {
    json +=
        fmt::format(R"({}{{"subject":"s-{}","roles":["{}"],"certificates":["{}.example.org"]}})",
                    json.empty() ? "" : ",", role, role, role);
  }
  return fmt::format(R"({{"subjects":[{}]}})", json);
}

inline Policy MustParse(const std::string& json) {
  auto policy = Policy::Parse(json);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

class TlsTest : public ::testing::Test {
 protected:
  // A message of any type: its fields stand in it as unknown ones.
  using Any = google::protobuf::Empty;

  void SetUp() override {
    auto ledger = Ledger::Open({.directory = folder_.Path("data"),
                                .projection = RegistreProjection(),
                                .clock = &clock_,
                                .random = &random_,
                                .on_progress = nullptr});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    auto checkpoints = Checkpoints::Open(ledger_.get(), &clock_);
    ASSERT_TRUE(checkpoints.ok()) << checkpoints.status();
    checkpoints_ = *std::move(checkpoints);
    auto log = AccessLog::Open(LogPath(), &clock_);
    ASSERT_TRUE(log.ok()) << log.status();
    access_log_ = *std::move(log);
    const TestIdentity own =
        ca_.Issue({.common_name = "", .names = {"ledger.example.org"}, .usage = "serverAuth"});
    auto server = Server::Start({.listen = "127.0.0.1:0",
                                 .ledger = ledger_.get(),
                                 .checkpoints = checkpoints_.get(),
                                 .clock = &clock_,
                                 .tls = Server::Tls{.certificate_pem = own.certificate_pem,
                                                    .key_pem = own.key_pem,
                                                    .client_ca_pem = ca_.pem(),
                                                    .policy = MustParse(PolicyOf(kRoleNames))},
                                 .access_log = access_log_.get()});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void TearDown() override {
    channels_.clear();
    server_.reset();
    access_log_.reset();
    checkpoints_.reset();
    ledger_.reset();
  }

  std::string LogPath() const { return folder_.Path("access.log"); }
  // The lines written so far: the log is closed first, and notes nothing any more.
  std::vector<std::string> LogLines() {
    server_.reset();
    access_log_.reset();
    std::ifstream file(LogPath());
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  // A channel of its own, with the certificate; none: without.
  std::shared_ptr<grpc::Channel> Connect(const TestIdentity& identity) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ca_.pem();
    options.pem_cert_chain = identity.certificate_pem;
    options.pem_private_key = identity.key_pem;
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("ledger.example.org");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                     grpc::SslCredentials(options), arguments);
  }

  // Of a role's subject, or of one of these, who are refused: "nobody" (no certificate), "expired",
  // "early" (not yet valid), "foreign" (another CA), "stranger" (not in the policy).
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& who) {
    std::shared_ptr<grpc::Channel>& channel = channels_[who];
    if (channel != nullptr) return channel;
    TestRequest request{.common_name = "clerk.example.org"};
    if (who == "nobody") return channel = Connect({});
    if (who == "foreign") return channel = Connect(TestCa("Other CA").Issue(request));
    if (who == "expired") {
      request.not_after = clock_.Now() - absl::Seconds(1);
    } else if (who == "early") {
      request.not_before = clock_.Now() + absl::Hours(1);
    } else {
      request = {.common_name = "", .names = {who + ".example.org"}};
    }
    return channel = Connect(ca_.Issue(request));
  }

  // Calls any method with one request; the first answer is enough: the call is then cancelled, and
  // OK.
  static grpc::Status CallAny(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& path, const std::string& request) {
    const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING,
                                           channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const std::unique_ptr<grpc::ClientReaderWriter<Any, Any>> stream(
        grpc::internal::ClientReaderWriterFactory<Any, Any>::Create(channel.get(), method,
                                                                    &context));
    Any message;
    message.ParseFromString(request);
    stream->Write(message);
    stream->WritesDone();
    const bool answered = stream->Read(&message);
    if (answered) context.TryCancel();
    const grpc::Status status = stream->Finish();
    return answered ? grpc::Status::OK : status;
  }

  grpc::Status RecordAs(const std::string& who, const v1::RecordRequest& request) {
    grpc::ClientContext context;
    v1::RecordResponse response;
    return v1::LedgerService::NewStub(ChannelOf(who))->Record(&context, request, &response);
  }

  TempFolder folder_;
  TestClock clock_;
  TestRandom random_;
  const TestCa ca_{"Test CA"};
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::unique_ptr<AccessLog> access_log_;
  std::unique_ptr<Server> server_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SERVICES_TLS_FIXTURE_H_
