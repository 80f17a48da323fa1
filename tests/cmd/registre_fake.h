// A server that answers what a test tells it to, and the command line run against it in-process.
#ifndef REGISTRE_TESTS_CMD_REGISTRE_FAKE_H_
#define REGISTRE_TESTS_CMD_REGISTRE_FAKE_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cmd/registre/client.h"

namespace registre::cli {

// Answers one method; not set: UNIMPLEMENTED.
template <class Request, class Response>
using Answer = std::function<absl::Status(const Request&, Response*)>;

// Every answer that a test may set, before the server is called.
struct Answers {
  Answer<v1::GetBudgetLineRequest, v1::GetBudgetLineResponse> budget_line;
  Answer<v1::ListBudgetLinesRequest, v1::ListBudgetLinesResponse> budget_lines;
  Answer<v1::GetDeliberationBudgetRequest, v1::GetDeliberationBudgetResponse> deliberation_budget;
  Answer<v1::ListFiscalYearLinesRequest, v1::ListFiscalYearLinesResponse> fiscal_year_lines;
  Answer<v1::GetStructureRequest, v1::GetStructureResponse> structure;
  Answer<v1::ListStructuresRequest, v1::ListStructuresResponse> structures;
  Answer<v1::ListStructureActsRequest, v1::ListStructureActsResponse> structure_acts;
  Answer<v1::GetConventionRequest, v1::GetConventionResponse> convention;
  Answer<v1::ListConventionsRequest, v1::ListConventionsResponse> conventions;
  Answer<v1::ListConventionPaymentsRequest, v1::ListConventionPaymentsResponse> payments;
  Answer<v1::GetDeliberationRequest, v1::GetDeliberationResponse> deliberation;
  Answer<v1::ListDeliberationsRequest, v1::ListDeliberationsResponse> deliberations;
  Answer<v1::ListAnomaliesRequest, v1::ListAnomaliesResponse> anomalies;
  Answer<v1::GetStatusRequest, v1::GetStatusResponse> status;
  Answer<v1::ListKeysRequest, v1::ListKeysResponse> keys;
  Answer<v1::AcceptClockRequest, v1::AcceptClockResponse> accept_clock;
  Answer<v1::ReadEventsRequest, v1::ReadEventsResponse> events;
  Answer<v1::GetEventRequest, v1::GetEventResponse> event;
  // A unit, by Record or on a stream.
  Answer<v1::RecordRequest, v1::RecordResponse> record;
  // Messages of a stream; false ends it. Called until it returns false.
  std::function<bool(const v1::SubscribeRequest&, v1::SubscribeResponse*)> subscribe;
  std::function<bool(const v1::RebuildRequest&, v1::RebuildResponse*)> rebuild;
  // How a subscription ends.
  absl::Status subscribe_end;
  // Ends the record stream, unanswered, after that many answers; negative: never.
  int record_stream_breaks_after = -1;
};

// Services on an ephemeral port of 127.0.0.1.
class FakeServer {
 public:
  FakeServer();
  ~FakeServer();

  Answers answers;
  const std::string& address() const { return address_; }

 private:
  struct Services;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

// What a run of the program gave.
struct Outcome {
  int exit = -1;
  std::string out;
  std::string err;
};

// Runs `registre` with the arguments, and `input` on its standard input.
Outcome RunCli(std::vector<std::string> arguments, const std::string& input = "",
               size_t width = 120);

// The same against the server.
Outcome RunCli(const FakeServer& server, std::vector<std::string> arguments,
               const std::string& input = "", size_t width = 120);

}  // namespace registre::cli

#endif  // REGISTRE_TESTS_CMD_REGISTRE_FAKE_H_
