// Recording and reading events over gRPC.
#ifndef REGISTRE_SERVICES_LEDGER_SERVICE_H_
#define REGISTRE_SERVICES_LEDGER_SERVICE_H_

#include <atomic>
#include <memory>

#include "grpcpp/grpcpp.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/ledger_service.pb.h"
#include "services/open_streams.h"
#include "services/reads.h"

namespace registre {

// What the ledger service borrows beside the context.
struct LedgerServiceParts {
  ServiceContext context;
  // Runs the pages of subscriptions; its queue holds one piece a subscription.
  ReadPool* subscription_reads;
  std::atomic<uint64_t>* subscriptions;  // live ones
  OpenStreams* streams;                  // record streams
  std::atomic<bool>* draining;
};

// Subscriptions at once; one more is refused with RESOURCE_EXHAUSTED (TOO_MANY_SUBSCRIPTIONS).
inline constexpr size_t kMaxSubscriptions = 1'000;
// Units of a RecordStream under way at once.
inline constexpr size_t kMaxStreamUnits = 256;

std::unique_ptr<grpc::Service> MakeLedgerService(const LedgerServiceParts& parts);

// Bytes of a subscription's message, and of those of all subscriptions together: with many, each
// gets a share. An event alone may be larger.
inline constexpr size_t kMaxBatchBytes = 1024 * 1024;
inline constexpr size_t kMinBatchBytes = 64 * 1024;
inline constexpr size_t kMaxSubscriptionBytes = 64 * 1024 * 1024;
// The share of one of `live` subscriptions.
size_t BatchBytes(uint64_t live);

// The reactors of the two streams; each owns itself until gRPC is done with it. The caller is
// judged again before each unit and before each message of a subscription: one that may not go on
// ends the stream with the error of Access::Renew, once the units under way are answered.
grpc::ServerBidiReactor<v1::RecordStreamRequest, v1::RecordStreamResponse>* NewRecordStream(
    const LedgerServiceParts& parts, Caller caller);
grpc::ServerWriteReactor<v1::SubscribeResponse>* NewSubscription(
    const LedgerServiceParts& parts, Caller caller, const v1::SubscribeRequest& request);

}  // namespace registre

#endif  // REGISTRE_SERVICES_LEDGER_SERVICE_H_
