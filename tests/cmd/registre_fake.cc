#include "tests/cmd/registre_fake.h"

#include <sys/mman.h>
#include <unistd.h>

#include <sstream>
#include <utility>

#include "cmd/registre/command.h"
#include "services/status.h"

namespace registre::cli {
namespace {

template <class Request, class Response>
grpc::Status Give(const Answer<Request, Response>& answer, const Request* request,
                  Response* response) {
  if (!answer) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no answer set");
  return ToGrpcStatus(answer(*request, response));
}

}  // namespace

#define METHOD(Name, answer)                                                \
  grpc::Status Name(grpc::ServerContext*, const v1::Name##Request* request, \
                    v1::Name##Response* response) override {                \
    return Give(answers.answer, request, response);                         \
  }

struct FakeServer::Services {
  explicit Services(Answers& answers)
      : ledger(answers),
        budget(answers),
        structures(answers),
        conventions(answers),
        deliberations(answers),
        anomalies(answers),
        admin(answers),
        audit(answers) {}

  struct Ledger final : v1::LedgerService::Service {
    explicit Ledger(Answers& a) : answers(a) {}
    METHOD(ReadEvents, events)
    METHOD(GetEvent, event)
    METHOD(Record, record)

    grpc::Status RecordStream(grpc::ServerContext*,
                              grpc::ServerReaderWriter<v1::RecordStreamResponse,
                                                       v1::RecordStreamRequest>* stream) override {
      v1::RecordStreamRequest request;
      for (int answered = 0; stream->Read(&request); ++answered) {
        if (answered == answers.record_stream_breaks_after) {
          return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
        }
        v1::RecordStreamResponse response;
        response.set_command_id(request.request().command_id());
        v1::RecordResponse receipt;
        const absl::Status status = answers.record(request.request(), &receipt);
        if (status.ok()) {
          *response.mutable_receipt() = receipt;
        } else {
          *response.mutable_error() = ToRpcStatus(status);
        }
        stream->Write(response);
      }
      return grpc::Status::OK;
    }

    grpc::Status Subscribe(grpc::ServerContext*, const v1::SubscribeRequest* request,
                           grpc::ServerWriter<v1::SubscribeResponse>* writer) override {
      v1::SubscribeResponse response;
      while (answers.subscribe(*request, &response)) {
        if (!writer->Write(response)) break;
        response.Clear();
      }
      return ToGrpcStatus(answers.subscribe_end);
    }
    Answers& answers;
  };

  struct Budget final : v1::BudgetService::Service {
    explicit Budget(Answers& a) : answers(a) {}
    METHOD(GetBudgetLine, budget_line)
    METHOD(ListBudgetLines, budget_lines)
    METHOD(GetDeliberationBudget, deliberation_budget)
    METHOD(ListFiscalYearLines, fiscal_year_lines)
    Answers& answers;
  };

  struct Structures final : v1::StructureService::Service {
    explicit Structures(Answers& a) : answers(a) {}
    METHOD(GetStructure, structure)
    METHOD(ListStructures, structures)
    METHOD(ListStructureActs, structure_acts)
    Answers& answers;
  };

  struct Conventions final : v1::ConventionService::Service {
    explicit Conventions(Answers& a) : answers(a) {}
    METHOD(GetConvention, convention)
    METHOD(ListConventions, conventions)
    METHOD(ListConventionPayments, payments)
    Answers& answers;
  };

  struct Deliberations final : v1::DeliberationService::Service {
    explicit Deliberations(Answers& a) : answers(a) {}
    METHOD(GetDeliberation, deliberation)
    METHOD(ListDeliberations, deliberations)
    Answers& answers;
  };

  struct Anomalies final : v1::AnomalyService::Service {
    explicit Anomalies(Answers& a) : answers(a) {}
    METHOD(ListAnomalies, anomalies)
    Answers& answers;
  };

  struct Admin final : v1::AdminService::Service {
    explicit Admin(Answers& a) : answers(a) {}
    METHOD(GetStatus, status)
    METHOD(AcceptClock, accept_clock)

    grpc::Status Rebuild(grpc::ServerContext*, const v1::RebuildRequest* request,
                         grpc::ServerWriter<v1::RebuildResponse>* writer) override {
      v1::RebuildResponse response;
      while (answers.rebuild(*request, &response)) {
        writer->Write(response);
        response.Clear();
      }
      return grpc::Status::OK;
    }
    Answers& answers;
  };

  struct Audit final : v1::AuditService::Service {
    explicit Audit(Answers& a) : answers(a) {}
    METHOD(ListKeys, keys)
    Answers& answers;
  };

  Ledger ledger;
  Budget budget;
  Structures structures;
  Conventions conventions;
  Deliberations deliberations;
  Anomalies anomalies;
  Admin admin;
  Audit audit;
};

#undef METHOD

FakeServer::FakeServer() : services_(std::make_unique<Services>(answers)) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&services_->ledger);
  builder.RegisterService(&services_->budget);
  builder.RegisterService(&services_->structures);
  builder.RegisterService(&services_->conventions);
  builder.RegisterService(&services_->deliberations);
  builder.RegisterService(&services_->anomalies);
  builder.RegisterService(&services_->admin);
  builder.RegisterService(&services_->audit);
  server_ = builder.BuildAndStart();
  address_ = "127.0.0.1:" + std::to_string(port);
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

Outcome RunCli(std::vector<std::string> arguments, const std::string& input, size_t width) {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err};
  console.width = width;
  console.input_fd = memfd_create("input", MFD_CLOEXEC);
  if (write(console.input_fd, input.data(), input.size()) < 0) return {};
  lseek(console.input_fd, 0, SEEK_SET);
  Outcome outcome;
  outcome.exit = Run(std::move(arguments), console);
  outcome.out = out.str();
  outcome.err = err.str();
  close(console.input_fd);
  return outcome;
}

Outcome RunCli(const FakeServer& server, std::vector<std::string> arguments,
               const std::string& input, size_t width) {
  arguments.insert(arguments.begin(), {"--server", server.address()});
  return RunCli(std::move(arguments), input, width);
}

}  // namespace registre::cli
