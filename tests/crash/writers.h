// Writers that go on when their server dies: each sends what was not answered again, with the same
// command id, to the next one.
#ifndef REGISTRE_TESTS_CRASH_WRITERS_H_
#define REGISTRE_TESTS_CRASH_WRITERS_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "tests/crash/ledger_client.h"
#include "tests/support/workload.h"

namespace registre::testing {

// A unit and the receipt it was first acknowledged with.
struct Acknowledged {
  v1::RecordRequest request;
  v1::RecordResponse receipt;
};

// Where writers find the server of the moment, and wait while there is none. Any thread.
class Gate {
 public:
  // The server, once there is another than number `last`; nothing at the end.
  struct Server {
    uint64_t number = 0;
    std::shared_ptr<const LedgerClient> client;
  };
  Server Await(uint64_t last) {
    const absl::MutexLock lock(&mutex_);
    ++waiting_;
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return over_ || (server_.client != nullptr && server_.number > last);
    };
    mutex_.Await(absl::Condition(&there));
    --waiting_;
    return over_ ? Server{} : server_;
  }
  void Open(std::shared_ptr<const LedgerClient> client) {
    const absl::MutexLock lock(&mutex_);
    server_ = {server_.number + 1, std::move(client)};
  }
  void Close() {
    const absl::MutexLock lock(&mutex_);
    server_.client = nullptr;
  }
  void End() {
    const absl::MutexLock lock(&mutex_);
    over_ = true;
  }
  // Waits until so many writers wait.
  void AwaitWaiting(int writers) {
    const absl::MutexLock lock(&mutex_);
    const auto all = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return waiting_ == writers; };
    mutex_.Await(absl::Condition(&all));
  }
  void CountAcknowledged() {
    const absl::MutexLock lock(&mutex_);
    ++acknowledged_;
  }
  // Waits for so many more acknowledgements, no longer than `timeout`.
  void AwaitAcknowledged(uint64_t more, absl::Duration timeout) {
    const absl::MutexLock lock(&mutex_);
    const uint64_t aim = acknowledged_ + more;
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return acknowledged_ >= aim; };
    mutex_.AwaitWithTimeout(absl::Condition(&there), timeout);
  }

 private:
  absl::Mutex mutex_;
  Server server_ ABSL_GUARDED_BY(mutex_);
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One writer. What it holds may be read while it waits at the gate, and after Join.
class Writer {
 public:
  Writer(int id, uint64_t seed, Gate* gate)
      : id_(id), random_(seed + static_cast<uint64_t>(id)), gate_(gate) {
    thread_ = std::thread([this] { Run(); });
  }
  void Join() { thread_.join(); }

  const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }
  // Command ids that were refused: nothing may be recorded under them.
  const std::vector<std::string>& refused() const { return refused_; }
  const std::vector<std::string>& errors() const { return errors_; }
  uint64_t retries() const { return retries_; }
  // Units that the server had recorded though it died before it said so.
  uint64_t recorded_unheard() const { return recorded_unheard_; }
  uint64_t duplicates_sent() const { return duplicates_sent_; }

 private:
  void Run() {
    while (!over_) {
      const uint64_t choice = acknowledged_.empty() ? 0 : random_() % 100;
      if (choice < 80) {
        RecordNext();
      } else if (choice < 92) {
        RepeatOne();
      } else if (choice < 95) {
        Probe(WithOtherActs(AnyUnit()), "COMMAND_ID_REUSED", false);
      } else if (choice < 98) {
        Probe(UnlessRecorded(AnyUnit(), NextId()), "CONDITION_BROKEN", true);
      } else {
        Probe(SameStructure(AnyUnit(), NextId()), "NUMBER_TAKEN", true);
      }
    }
  }

  std::string NextId() { return fmt::format("{}-refuse-{}", id_, next_refusal_++); }
  const v1::RecordRequest& AnyUnit() {
    return acknowledged_[random_() % acknowledged_.size()].request;
  }

  // Sends a unit until there is an answer. False when the end came first.
  bool Send(const v1::RecordRequest& unit, v1::RecordResponse* receipt, grpc::Status* status,
            bool* retried) {
    *retried = false;
    while (true) {
      if (server_.client == nullptr) server_ = gate_->Await(server_.number);
      if (server_.client == nullptr) {
        over_ = true;
        return false;
      }
      *status = Record(*server_.client, unit, receipt);
      // Without a reason it is not the ledger that answers: the server is gone.
      if (status->error_code() != grpc::StatusCode::UNAVAILABLE || !ReasonOf(*status).empty()) {
        return true;
      }
      server_.client = nullptr;
      *retried = true;
      ++retries_;
    }
  }

  void RecordNext() {
    Acknowledged unit{WorkloadUnit(id_, next_unit_++), {}};
    grpc::Status status;
    bool retried = false;
    if (!Send(unit.request, &unit.receipt, &status, &retried)) return;
    if (!status.ok()) {
      Wrong(unit.request, Describe(status));
      return;
    }
    if (unit.receipt.already_recorded()) {
      ++recorded_unheard_;
      if (!retried) Wrong(unit.request, "already recorded though it is sent for the first time");
    }
    acknowledged_.push_back(std::move(unit));
    gate_->CountAcknowledged();
  }

  void RepeatOne() {
    const Acknowledged& first = acknowledged_[random_() % acknowledged_.size()];
    v1::RecordResponse again;
    grpc::Status status;
    bool retried = false;
    if (!Send(first.request, &again, &status, &retried)) return;
    ++duplicates_sent_;
    if (!status.ok()) Wrong(first.request, Describe(status));
    if (const std::string what = OtherThanFirst(first, again); !what.empty()) {
      Wrong(first.request, what);
    }
  }

  void Probe(const v1::RecordRequest& unit, const std::string& reason, bool new_id) {
    v1::RecordResponse receipt;
    grpc::Status status;
    bool retried = false;
    if (!Send(unit, &receipt, &status, &retried)) return;
    if (new_id) refused_.push_back(unit.command_id());
    if (ReasonOf(status) != reason) Wrong(unit, "not " + reason + ": " + Describe(status));
  }

  void Wrong(const v1::RecordRequest& unit, const std::string& what) {
    constexpr size_t kMaxErrors = 5;
    if (errors_.size() < kMaxErrors) errors_.push_back(unit.command_id() + ": " + what);
  }

 public:
  // What a receipt of a repeated command has other than the first one; empty: nothing.
  static std::string OtherThanFirst(const Acknowledged& first, const v1::RecordResponse& again) {
    if (!again.already_recorded()) return "repeated, and recorded as if it were new";
    v1::RecordResponse a = first.receipt;
    v1::RecordResponse b = again;
    a.clear_already_recorded();
    b.clear_already_recorded();
    if (a.SerializeAsString() == b.SerializeAsString()) return "";
    return "repeated, and its receipt is another: " + b.ShortDebugString() + ", not " +
           a.ShortDebugString();
  }

 private:
  const int id_;
  std::mt19937_64 random_;
  Gate* const gate_;
  Gate::Server server_;
  bool over_ = false;
  uint64_t next_unit_ = 0;
  uint64_t next_refusal_ = 0;
  std::vector<Acknowledged> acknowledged_;
  std::vector<std::string> refused_;
  std::vector<std::string> errors_;
  uint64_t retries_ = 0;
  uint64_t recorded_unheard_ = 0;
  uint64_t duplicates_sent_ = 0;
  std::thread thread_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_CRASH_WRITERS_H_
