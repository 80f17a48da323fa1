#include "services/server.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "ledger/base/errors.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "services/admin_service.h"
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
// How soon grpc.health.v1 says that recording has stopped, or goes on.
constexpr absl::Duration kHealthInterval = absl::Milliseconds(250);

class GrpcServer final : public Server {
 public:
  GrpcServer(const Options& options, std::unique_ptr<PaymentFeed> feed)
      : ledger_(options.ledger),
        feed_(std::move(feed)),
        reads_(kReadThreads, kMaxQueuedReads),
        admin_reads_(1, kMaxQueuedAdminReads),
        subscription_reads_(1, kMaxSubscriptions + 1),
        feed_reads_(1, kMaxQueuedReads),
        rebuilds_(1, 1) {
    const ServiceContext context{options.ledger, &reads_};
    services_.push_back(MakeLedgerService(
        {context, &subscription_reads_, &subscriptions_, &open_streams_, &draining_}));
    services_.push_back(MakeBudgetService(context));
    services_.push_back(MakeStructureService(context));
    services_.push_back(MakeConventionService(context));
    services_.push_back(MakeDeliberationService(context));
    services_.push_back(MakeAnomalyService(context));
    services_.push_back(MakePaymentService(context));
    services_.push_back(MakePaymentFeedService({{options.ledger, &admin_reads_},
                                                feed_.get(),
                                                options.clock,
                                                &feed_reads_,
                                                &open_streams_,
                                                &draining_}));
    services_.push_back(MakeAdminService({{options.ledger, &admin_reads_},
                                          options.clock,
                                          &rebuilds_,
                                          &subscriptions_,
                                          &draining_,
                                          options.clock->Now()}));
  }

  ~GrpcServer() override { Drain(absl::ZeroDuration()); }

  absl::Status Listen(const std::string& address) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    // Two servers must not share a port: the second would take half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    for (const auto& service : services_) builder.RegisterService(service.get());
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

  void Drain(absl::Duration deadline) override {
    if (server_ == nullptr) return;
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    if (health_thread_.joinable()) health_thread_.join();
    server_->GetHealthCheckService()->SetServingStatus(false);
    draining_ = true;
    ledger_->tail().WakeAll();
    open_streams_.Drain();
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline));
    server_->Wait();
    server_.reset();
  }

 private:
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
  const std::unique_ptr<PaymentFeed> feed_;
  std::atomic<uint64_t> subscriptions_ = 0;
  std::atomic<bool> draining_ = false;
  OpenStreams open_streams_;
  // Before the pools, so that it is destroyed when their last work, in a service, has ended.
  std::vector<std::unique_ptr<grpc::Service>> services_;
  ReadPool reads_;
  ReadPool admin_reads_;
  ReadPool subscription_reads_;
  ReadPool feed_reads_;
  ReadPool rebuilds_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<bool> recording_told_;  // the health thread's
  std::thread health_thread_;           // from Listen until Drain
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  auto feed = PaymentFeed::Open(options.ledger, options.clock);
  if (!feed.ok()) return feed.status();
  auto server = std::make_unique<GrpcServer>(options, *std::move(feed));
  REGISTRE_RETURN_IF_ERROR(server->Listen(options.listen));
  return server;
}

}  // namespace registre
