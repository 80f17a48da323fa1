#include "services/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/impl/server_builder_option.h"
#include "ledger/base/errors.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "services/access.h"
#include "services/admin_service.h"
#include "services/audit_service.h"
#include "services/correction_service.h"
#include "services/ended_call.h"
#include "services/ledger_service.h"
#include "services/open_streams.h"
#include "services/payment_feed_service.h"
#include "services/read_pool.h"
#include "services/read_services.h"

namespace registre {
namespace {

constexpr int kReadThreads = 2;
constexpr size_t kMaxQueuedReads = 1'024;
constexpr size_t kMaxQueuedAdminReads = 64;
constexpr int kLongReadThreads = 2;
constexpr size_t kMaxQueuedLongReads = 64;
// How soon grpc.health.v1 says that recording has stopped, or goes on.
constexpr absl::Duration kHealthInterval = absl::Milliseconds(250);

// gRPC's library turns server reflection on for every server; this takes it from one.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    const std::string name = grpc::reflection::ProtoServerReflectionPlugin().name();
    std::erase_if(*plugins, [&name](const auto& plugin) { return plugin->name() == name; });
  }
};

// What no service has. It tells nobody whom it does not know, or who may not call it, that a method
// of the contract is not served.
class Unserved final : public grpc::CallbackGenericService {
 public:
  explicit Unserved(Access* access) : access_(access) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* call) override {
    std::string_view method = call->method();
    if (method.starts_with('/')) method.remove_prefix(1);
    const auto caller = access_->AuthorizeUnserved(*call, method);
    return new EndedCall<grpc::ServerGenericBidiReactor>(
        caller.ok() ? absl::UnimplementedError("this server does not serve the method; use one of "
                                               "the version of the client")
                    : caller.status());
  }

 private:
  Access* const access_;
};

absl::Status TlsRequired(const std::string& listen) {
  return Error(
      absl::StatusCode::kFailedPrecondition, "TLS_REQUIRED",
      fmt::format("{} can be reached from other machines, and nobody would be authenticated: "
                  "give --tls-cert, --tls-key, --tls-client-ca and --policy, or listen on a "
                  "loopback address such as 127.0.0.1:7462",
                  listen),
      {{"listen", listen}});
}

// Certificates are asked for and not verified by TLS, which only proves that the client holds the
// key: Access verifies them, so that a client that is refused is told why. A handshake that fails
// reaches a client as a closed connection.
std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const Server::Tls& tls) {
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  options.pem_root_certs = tls.client_ca_pem;
  options.pem_key_cert_pairs.push_back({tls.key_pem, tls.certificate_pem});
  return grpc::SslServerCredentials(options);
}

class GrpcServer final : public Server {
 public:
  GrpcServer(const Options& options, Access::Options access, std::unique_ptr<PaymentFeed> feed)
      : ledger_(options.ledger),
        checkpoints_(options.checkpoints),
        access_(std::move(access)),
        unserved_(&access_),
        feed_(std::move(feed)),
        seals_(options.ledger),
        reads_(kReadThreads, kMaxQueuedReads),
        admin_reads_(1, kMaxQueuedAdminReads),
        subscription_reads_(1, kMaxSubscriptions + 1),
        feed_reads_(1, kMaxFeedStreams + 1),
        watch_reads_(1, kMaxWatches + 1),
        long_reads_(kLongReadThreads, kMaxQueuedLongReads + kMaxReplays),
        rebuilds_(1, 1),
        backups_(1, 1) {
    const ServiceContext context{options.ledger, &reads_, &access_};
    services_.push_back(MakeLedgerService(
        {context, &subscription_reads_, &subscriptions_, &open_streams_, &draining_}));
    services_.push_back(MakeBudgetService(context));
    services_.push_back(MakeStructureService(context));
    services_.push_back(MakeConventionService(context));
    services_.push_back(MakeDeliberationService(context));
    services_.push_back(MakeAnomalyService(context));
    services_.push_back(MakePaymentService(context));
    services_.push_back(MakeCorrectionService(context, options.clock));
    services_.push_back(MakePaymentFeedService({{options.ledger, &admin_reads_, &access_},
                                                feed_.get(),
                                                options.clock,
                                                &feed_reads_,
                                                &feed_streams_,
                                                &open_streams_,
                                                &draining_}));
    services_.push_back(std::make_unique<AuditService>(
        AuditServiceParts{context, options.checkpoints, options.clock, &long_reads_, &watch_reads_,
                          &watches_, &replays_, &bundles_, &open_streams_, &draining_, &seals_}));
    services_.push_back(MakeAdminService({{options.ledger, &admin_reads_, &access_},
                                          options.checkpoints,
                                          options.witnesses,
                                          options.clock,
                                          &rebuilds_,
                                          &backups_,
                                          &subscriptions_,
                                          &draining_,
                                          options.clock->Now()}));
  }

  ~GrpcServer() override { Drain(absl::ZeroDuration()); }

  absl::Status Listen(const std::string& address,
                      const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, credentials, &port_);
    if (!access_.local()) builder.SetOption(std::make_unique<WithoutReflection>());
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    // Two servers must not share a port: the second would take half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    for (const auto& service : services_) builder.RegisterService(service.get());
    builder.RegisterCallbackGenericService(&unserved_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return Error(
          absl::StatusCode::kUnavailable, "ADDRESS_IN_USE",
          fmt::format("cannot listen on {}: another program has it, or it is no address of "
                      "this machine; choose another with --listen",
                      address));
    }
    TellHealth();
    health_thread_ = std::thread([this] { FollowHealth(); });
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  void SetPolicy(Policy policy) override {
    access_.SetPolicy(std::make_shared<const Policy>(std::move(policy)));
    WakeWaiters();
  }

  void Drain(absl::Duration deadline) override {
    if (server_ == nullptr) return;
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    if (health_thread_.joinable()) health_thread_.join();
    server_->GetHealthCheckService()->SetServingStatus(false);
    draining_ = true;
    WakeWaiters();
    open_streams_.Drain();
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline));
    server_->Wait();
    server_.reset();
  }

 private:
  // Streams that wait look again, at the policy and at whether the server stops.
  void WakeWaiters() {
    ledger_->tail().Wake();
    checkpoints_->waiters().Wake();
  }

  // The ledger service serves while acts are recorded. The server as a whole serves as long as it
  // answers: reads go on when the writer has stopped, and whoever restarts what does not serve
  // would take them away.
  void TellHealth() {
    const bool recording = ledger_->recorder().status().state == RecorderStatus::State::kRecording;
    if (recording_told_ == recording) return;  // every telling is sent to whoever watches
    recording_told_ = recording;
    server_->GetHealthCheckService()->SetServingStatus(v1::LedgerService::service_full_name(),
                                                       recording);
  }

  void FollowHealth() {
    bool stopping = false;
    while (!stopping) {
      TellHealth();
      absl::MutexLock lock(&mutex_);
      stopping = mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kHealthInterval);
    }
  }

  Ledger* const ledger_;
  Checkpoints* const checkpoints_;
  Access access_;
  Unserved unserved_;
  const std::unique_ptr<PaymentFeed> feed_;
  Seals seals_;
  std::atomic<uint64_t> subscriptions_ = 0;
  std::atomic<uint64_t> feed_streams_ = 0;
  std::atomic<uint64_t> watches_ = 0;
  std::atomic<uint64_t> replays_ = 0;
  std::atomic<uint64_t> bundles_ = 0;
  std::atomic<bool> draining_ = false;
  OpenStreams open_streams_;
  // Before the pools, so that it is destroyed when their last work, in a service, has ended.
  std::vector<std::unique_ptr<grpc::Service>> services_;
  ReadPool reads_;
  ReadPool admin_reads_;
  ReadPool subscription_reads_;
  ReadPool feed_reads_;
  ReadPool watch_reads_;
  ReadPool long_reads_;
  ReadPool rebuilds_;
  ReadPool backups_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<bool> recording_told_;  // the health thread's
  std::thread health_thread_;           // from Listen until Drain
};

}  // namespace

bool IsLoopback(std::string_view listen) {
  if (listen.starts_with("unix:")) return true;
  std::string host(listen);
  if (listen.starts_with('[')) {
    host = std::string(listen.substr(1, listen.find(']') - 1));
  } else if (std::count(listen.begin(), listen.end(), ':') == 1) {
    host = std::string(listen.substr(0, listen.find(':')));
  }
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  Access::Options access;
  access.clock = options.clock;
  access.log = options.access_log;
  auto credentials = grpc::InsecureServerCredentials();
  if (options.tls) {
    REGISTRE_RETURN_IF_ERROR(CheckKeyPair(options.tls->certificate_pem, options.tls->key_pem));
    auto clients = TrustStore::FromPem(options.tls->client_ca_pem);
    if (!clients.ok()) return clients.status();
    credentials = CredentialsOf(*options.tls);
    access.clients = *std::move(clients);
    access.policy = std::make_shared<const Policy>(std::move(options.tls->policy));
  } else if (!IsLoopback(options.listen)) {
    return TlsRequired(options.listen);
  }
  auto feed = PaymentFeed::Open(options.ledger, options.clock);
  if (!feed.ok()) return feed.status();
  auto server = std::make_unique<GrpcServer>(options, std::move(access), *std::move(feed));
  REGISTRE_RETURN_IF_ERROR(server->Listen(options.listen, credentials));
  return server;
}

}  // namespace registre
