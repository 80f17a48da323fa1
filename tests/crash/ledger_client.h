// Calls of the fault tests, over gRPC.
#ifndef REGISTRE_TESTS_CRASH_LEDGER_CLIENT_H_
#define REGISTRE_TESTS_CRASH_LEDGER_CLIENT_H_

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "tests/support/log_audit.h"

namespace registre::testing {

// No call of these tests takes this long: a server that hangs fails them.
inline constexpr std::chrono::seconds kCallTimeout{60};

// A connection of its own to a server. Any thread.
struct LedgerClient {
  explicit LedgerClient(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    ledger = v1::LedgerService::NewStub(channel);
    admin = v1::AdminService::NewStub(channel);
  }

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::LedgerService::Stub> ledger;
  std::unique_ptr<v1::AdminService::Stub> admin;
};

inline void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
}

// The reason in the details of an error; empty when the ledger did not make it.
inline std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

// In words, for a failure.
inline std::string Describe(const grpc::Status& status) {
  return std::to_string(status.error_code()) + " " + ReasonOf(status) + ": " +
         status.error_message();
}

inline grpc::Status Record(const LedgerClient& client, const v1::RecordRequest& unit,
                           v1::RecordResponse* receipt) {
  grpc::ClientContext context;
  SetDeadline(&context);
  return client.ledger->Record(&context, unit, receipt);
}

// Reads the whole log into `audit`: subscribes, and stops when caught up.
inline void ReadLog(const LedgerClient& client, LogAudit* audit) {
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto reader = client.ledger->Subscribe(&context, {});
  v1::SubscribeResponse response;
  bool caught_up = false;
  while (!caught_up && reader->Read(&response)) {
    for (const v1::RecordedEvent& event : response.batch().events()) {
      audit->Add(event.position(), event.event());
    }
    caught_up = response.has_caught_up();
  }
  context.TryCancel();
  const grpc::Status status = reader->Finish();
  EXPECT_TRUE(caught_up) << Describe(status);
  audit->End();
}

// Positions of a tag's events, oldest first, as the index has them.
inline std::vector<uint64_t> ReadChain(const LedgerClient& client, const std::string& tag) {
  std::vector<uint64_t> positions;
  v1::ReadEventsRequest request;
  request.mutable_query()->add_items()->add_tags(tag);
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::ReadEventsResponse page;
    const grpc::Status status = client.ledger->ReadEvents(&context, request, &page);
    EXPECT_TRUE(status.ok()) << Describe(status);
    for (const v1::RecordedEvent& event : page.events()) positions.push_back(event.position());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return positions;
}

// Runs a rebuild or a check to its end. `*last` is its last message.
inline grpc::Status Rebuild(const LedgerClient& client, bool check, v1::RebuildResponse* last) {
  grpc::ClientContext context;
  SetDeadline(&context);
  v1::RebuildRequest request;
  request.set_check(check);
  const auto reader = client.admin->Rebuild(&context, request);
  while (reader->Read(last)) continue;
  return reader->Finish();
}

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_CRASH_LEDGER_CLIENT_H_
