#include "services/payment_feed_service.h"

#include <utility>

#include "registre/v1/payment_feed_service.grpc.pb.h"
#include "services/ended_call.h"
#include "services/status.h"

namespace registre {
namespace {

template <class Response>
absl::Status Take(absl::StatusOr<v1::Consumer> consumer, Response* response) {
  if (consumer.ok()) *response->mutable_consumer() = *std::move(consumer);
  return consumer.status();
}

class PaymentFeedService final : public v1::PaymentFeedService::CallbackService {
 public:
  explicit PaymentFeedService(const PaymentFeedParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* CreateConsumer(grpc::CallbackServerContext* call,
                                           const v1::CreateConsumerRequest* request,
                                           v1::CreateConsumerResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return Take(parts_.feed->Create(*request), response);
    });
  }

  grpc::ServerUnaryReactor* DeleteConsumer(grpc::CallbackServerContext* call,
                                           const v1::DeleteConsumerRequest* request,
                                           v1::DeleteConsumerResponse*) override {
    return ServeRead(parts_.context, call, *request,
                     [this, request] { return parts_.feed->Delete(request->name()); });
  }

  grpc::ServerUnaryReactor* GetConsumer(grpc::CallbackServerContext* call,
                                        const v1::GetConsumerRequest* request,
                                        v1::GetConsumerResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return Take(parts_.feed->Get(request->name()), response);
    });
  }

  grpc::ServerUnaryReactor* ListConsumers(grpc::CallbackServerContext* call,
                                          const v1::ListConsumersRequest* request,
                                          v1::ListConsumersResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, response] {
      auto consumers = parts_.feed->List();
      if (!consumers.ok()) return consumers.status();
      for (v1::Consumer& consumer : *consumers) *response->add_consumers() = std::move(consumer);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* PauseConsumer(grpc::CallbackServerContext* call,
                                          const v1::PauseConsumerRequest* request,
                                          v1::PauseConsumerResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return Take(parts_.feed->SetPaused(request->name(), true), response);
    });
  }

  grpc::ServerUnaryReactor* ResumeConsumer(grpc::CallbackServerContext* call,
                                           const v1::ResumeConsumerRequest* request,
                                           v1::ResumeConsumerResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return Take(parts_.feed->SetPaused(request->name(), false), response);
    });
  }

  grpc::ServerUnaryReactor* RewindConsumer(grpc::CallbackServerContext* call,
                                           const v1::RewindConsumerRequest* request,
                                           v1::RewindConsumerResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return Take(parts_.feed->Rewind(*request), response);
    });
  }

  grpc::ServerUnaryReactor* RetryParked(grpc::CallbackServerContext* call,
                                        const v1::RetryParkedRequest* request,
                                        v1::RetryParkedResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, request, response] {
      return Take(parts_.feed->Retry(*request), response);
    });
  }

  grpc::ServerUnaryReactor* SkipParked(grpc::CallbackServerContext* call,
                                       const v1::SkipParkedRequest* request,
                                       v1::SkipParkedResponse* response) override {
    return ServeRead(parts_.context, call, *request,
                     [this, request, response](const Caller& caller) {
                       return Take(parts_.feed->Skip(*request, caller.subject), response);
                     });
  }

  grpc::ServerBidiReactor<v1::ConsumeRequest, v1::ConsumeResponse>* Consume(
      grpc::CallbackServerContext* call) override {
    auto caller = parts_.context.access->Authorize(*call, v1::ConsumeRequest());
    if (!caller.ok()) {
      return new EndedCall<grpc::ServerBidiReactor<v1::ConsumeRequest, v1::ConsumeResponse>>(
          caller.status());
    }
    return NewFeedStream(parts_, *std::move(caller), call);
  }

 private:
  const PaymentFeedParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakePaymentFeedService(const PaymentFeedParts& parts) {
  return std::make_unique<PaymentFeedService>(parts);
}

}  // namespace registre
