#include "services/server.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "ledger/base/errors.h"
#include "services/admin_service.h"
#include "services/ledger_service.h"
#include "services/read_pool.h"
#include "services/read_services.h"

namespace registre {
namespace {

constexpr int kReadThreads = 2;
constexpr size_t kMaxQueuedReads = 1'024;

class GrpcServer final : public Server {
 public:
  explicit GrpcServer(const Options& options)
      : reads_(kReadThreads, kMaxQueuedReads),
        subscription_reads_(1, kMaxSubscriptions + 1),
        rebuilds_(1, 1) {
    const ServiceContext context{options.ledger, &reads_};
    services_.push_back(
        MakeLedgerService({context, &subscription_reads_, &subscriptions_, &draining_}));
    services_.push_back(MakeBudgetService(context));
    services_.push_back(MakeStructureService(context));
    services_.push_back(MakeConventionService(context));
    services_.push_back(MakeDeliberationService(context));
    services_.push_back(MakeAnomalyService(context));
    services_.push_back(MakeAdminService(
        {context, options.clock, &rebuilds_, &subscriptions_, options.clock->Now()}));
    tail_ = &options.ledger->tail();
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
      return Error(absl::StatusCode::kUnavailable, "ADDRESS_IN_USE",
                   fmt::format("cannot listen on {}: another program has it, or it is no address of "
                               "this machine; choose another with --listen",
                               address));
    }
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  void Drain(absl::Duration deadline) override {
    if (server_ == nullptr) return;
    draining_ = true;
    tail_->WakeAll();
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline));
    server_->Wait();
    server_.reset();
  }

 private:
  std::atomic<uint64_t> subscriptions_ = 0;
  std::atomic<bool> draining_ = false;
  ReadPool reads_;
  ReadPool subscription_reads_;
  ReadPool rebuilds_;
  Tail* tail_ = nullptr;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  auto server = std::make_unique<GrpcServer>(options);
  REGISTRE_RETURN_IF_ERROR(server->Listen(options.listen));
  return server;
}

}  // namespace registre
