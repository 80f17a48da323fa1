// What the measurements of a running server share: latencies, calls in flight, an empty echo.
#ifndef REGISTRE_TESTS_BENCH_MEASURE_H_
#define REGISTRE_TESTS_BENCH_MEASURE_H_

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "registre/v1/ledger_service.grpc.pb.h"

namespace registre::bench {

[[noreturn]] inline void Die(const std::string& message) {
  fmt::print(stderr, "bench: {}\n", message);
  std::exit(1);
}

// How often something was done, and how long it took.
struct Measure {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  uint64_t failures = 0;
};

inline Measure MeasureOf(std::vector<absl::Duration> latencies, absl::Duration all,
                         uint64_t failures) {
  Measure measure;
  measure.failures = failures;
  measure.per_second = static_cast<double>(latencies.size()) / absl::ToDoubleSeconds(all);
  if (latencies.empty()) return measure;
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double share) {
    return absl::ToDoubleMicroseconds(
        latencies[static_cast<size_t>(share * static_cast<double>(latencies.size() - 1))]);
  };
  measure.p50_us = at(0.5);
  measure.p99_us = at(0.99);
  return measure;
}

inline void Print(std::string_view name, const Measure& measure) {
  fmt::print("{:<28} {:>9.0f} /s   p50 {:>8.0f} us   p99 {:>8.0f} us{}\n", name, measure.per_second,
             measure.p50_us, measure.p99_us,
             measure.failures == 0 ? "" : fmt::format("   {} FAILED", measure.failures));
}

// Keeps a number of Record calls in flight for a while. One run.
class Caller {
 public:
  Caller(v1::LedgerService::Stub* stub, std::function<v1::RecordRequest()> next)
      : stub_(stub), next_(std::move(next)) {}

  Measure Run(int in_flight, absl::Duration duration) {
    const absl::Time start = absl::Now();
    deadline_ = start + duration;
    in_flight_ = in_flight;
    for (int i = 0; i < in_flight; ++i) Start();
    absl::MutexLock lock(&mutex_);
    const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
    mutex_.Await(absl::Condition(&over));
    return MeasureOf(std::move(latencies_), absl::Now() - start, failures_);
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::RecordRequest request;
    v1::RecordResponse response;
    absl::Time start;
  };

  void Start() {
    auto call = std::make_shared<Call>();
    {
      absl::MutexLock lock(&mutex_);
      call->request = next_();
    }
    call->start = absl::Now();
    stub_->async()->Record(&call->context, &call->request, &call->response,
                           [this, call](const grpc::Status& status) { Done(*call, status); });
  }

  void Done(const Call& call, const grpc::Status& status) {
    const absl::Time now = absl::Now();
    {
      absl::MutexLock lock(&mutex_);
      latencies_.push_back(now - call.start);
      if (!status.ok() && failures_++ == 0) {
        fmt::print(stderr, "first failure: {}\n", status.error_message());
      }
      if (now >= deadline_) {
        --in_flight_;
        return;
      }
    }
    Start();
  }

  v1::LedgerService::Stub* const stub_;
  const std::function<v1::RecordRequest()> next_;
  absl::Time deadline_;
  absl::Mutex mutex_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<absl::Duration> latencies_ ABSL_GUARDED_BY(mutex_);
};

// Answers Record with nothing done: what gRPC itself costs.
class EchoService final : public v1::LedgerService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Record(grpc::CallbackServerContext* call, const v1::RecordRequest*,
                                   v1::RecordResponse*) override {
    grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Serves EchoService from a process of its own, as the ledger is served; its address. To be called
// before anything else of gRPC: a process that has used it must not fork.
inline std::string StartEchoProcess() {
  int ends[2];
  if (pipe(ends) != 0) Die("no pipe");
  const pid_t pid = fork();
  if (pid < 0) Die("no process");
  int port = 0;
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    EchoService service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (write(ends[1], &port, sizeof(port)) != sizeof(port)) _exit(1);
    server->Wait();
    _exit(0);
  }
  close(ends[1]);
  if (read(ends[0], &port, sizeof(port)) != sizeof(port) || port == 0) Die("no echo server");
  close(ends[0]);
  return fmt::format("127.0.0.1:{}", port);
}

}  // namespace registre::bench

#endif  // REGISTRE_TESTS_BENCH_MEASURE_H_
