// The payment feed over gRPC.
#ifndef REGISTRE_SERVICES_PAYMENT_FEED_SERVICE_H_
#define REGISTRE_SERVICES_PAYMENT_FEED_SERVICE_H_

#include <atomic>
#include <memory>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "ledger/base/clock.h"
#include "ledger/feed/payment_feed.h"
#include "registre/v1/payment_feed_service.pb.h"
#include "services/open_streams.h"
#include "services/reads.h"

namespace registre {

// What the feed's service borrows beside the context, whose pool runs what admins ask.
struct PaymentFeedParts {
  ServiceContext context;
  PaymentFeed* feed;
  const Clock* clock;
  // Runs what connections send; its queue holds kMaxFeedStreams and more: one piece for each.
  ReadPool* feed_reads;
  std::atomic<uint64_t>* open;  // connections
  OpenStreams* streams;
  const std::atomic<bool>* draining;
};

// A connection on which nothing happens says so at this interval.
inline constexpr absl::Duration kHeartbeat = absl::Seconds(10);

std::unique_ptr<grpc::Service> MakePaymentFeedService(const PaymentFeedParts& parts);

// The reactor of Consume; owns itself until gRPC is done with it.
grpc::ServerBidiReactor<v1::ConsumeRequest, v1::ConsumeResponse>* NewFeedStream(
    const PaymentFeedParts& parts, Caller caller, grpc::CallbackServerContext* call);

}  // namespace registre

#endif  // REGISTRE_SERVICES_PAYMENT_FEED_SERVICE_H_
