#include "services/admin_service.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/acts/act.h"
#include "ledger/proof/note.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "services/ended_call.h"
#include "services/not_served.h"
#include "services/status.h"
#include "services/version.h"

namespace registre {
namespace {

// A progress message is sent each time this many events are folded.
constexpr uint64_t kProgressEvery = 50'000;

v1::RecorderState StateOf(RecorderStatus::State state) {
  switch (state) {
    case RecorderStatus::State::kRecording:
      return v1::RECORDER_STATE_RECORDING;
    case RecorderStatus::State::kClockSuspect:
      return v1::RECORDER_STATE_CLOCK_SUSPECT;
    case RecorderStatus::State::kStopped:
      return v1::RECORDER_STATE_STOPPED;
    case RecorderStatus::State::kDraining:
      return v1::RECORDER_STATE_DRAINING;
  }
  return v1::RECORDER_STATE_UNSPECIFIED;
}

void FillWho(const Caller& caller, const Rights& rights, v1::WhoAmIResponse* response) {
  response->set_subject(caller.subject);
  for (std::string& role : RoleNames(caller.roles)) response->add_roles(std::move(role));
  const auto* act = v1::Act::descriptor()->FindOneofByName("act");
  for (int i = 0; i < act->field_count(); ++i) {
    const v1::Role role = RecordedBy(static_cast<v1::Act::ActCase>(act->field(i)->number()));
    if (role == v1::ROLE_UNSPECIFIED || !HasOneOf(caller.roles, RoleBit(role))) continue;
    response->add_acts(act->field(i)->name());
  }
  for (const Method& method : rights.methods()) {
    if (method.roles != 0 && HasOneOf(caller.roles, method.roles)) {
      response->add_methods(method.name);
    }
  }
  if (caller.certificate != nullptr) {
    *response->mutable_certificate_ends() = ToTimestamp(caller.certificate->not_after);
  }
}

absl::Status FillStatus(const AdminServiceParts& parts, v1::GetStatusResponse* response) {
  auto reading = BeginReading(*parts.context.ledger, {});
  if (!reading.ok()) return reading.status();
  auto row = reading->state.RowAt(kLedgerKey, reading->point);
  if (!row.ok()) return row.status();
  if (*row != nullptr) {
    response->set_authority_name((*row)->ledger().opened().authority_name());
    response->set_origin(OriginOf((*row)->ledger()));
  }
  const RecorderStatus status = parts.context.ledger->recorder().status();
  response->set_version(kVersion);
  response->set_size(status.head.size);
  response->set_root(std::string(status.head.root.begin(), status.head.root.end()));
  if (status.last_recorded_at) {
    *response->mutable_last_recorded_at() = ToTimestamp(*status.last_recorded_at);
  }
  response->set_recorder_state(StateOf(status.state));
  response->set_recorder_message(status.message);
  response->set_index_size(reading->index->disk_head().size);
  response->set_queued_units(status.queued_units);
  response->set_subscriptions(parts.subscriptions->load());
  response->set_recorded_acts(status.recorded_acts);
  response->set_recorded_groups(status.recorded_groups);
  response->set_head_message(std::string(parts.context.ledger->head_status().message()));
  if (const auto latest = parts.checkpoints->latest()) {
    response->set_checkpoint_size(latest->size());
  }
  response->set_checkpoint_message(std::string(parts.checkpoints->status().message()));
  if (parts.witnesses != nullptr) {
    for (v1::WitnessStatus& witness : parts.witnesses->Status()) {
      *response->add_witnesses() = std::move(witness);
    }
  }
  response->set_refused_units(status.refused_units);
  response->set_uptime_seconds(static_cast<uint64_t>(
      std::max<int64_t>(0, absl::ToInt64Seconds(parts.clock->Now() - parts.started_at))));
  return absl::OkStatus();
}

absl::Status RotateKeyOf(Checkpoints* checkpoints, v1::RotateKeyResponse* response) {
  const auto origin = checkpoints->origin();
  if (!origin.ok()) return origin.status();
  const auto key = checkpoints->keyring().Rotate(*origin);
  if (!key.ok()) return key.status();
  response->set_verifier_key(FormatVerifierKey(*key));
  return absl::OkStatus();
}

// A rebuild runs on its own thread; its progress is queued and written one by one. `running` is
// true while there is one: another is refused, not queued behind it.
class RebuildReactor final : public grpc::ServerWriteReactor<v1::RebuildResponse> {
 public:
  RebuildReactor(const AdminServiceParts& parts, bool check, std::atomic<bool>* running)
      : parts_(parts), check_(check), running_(running) {
    const bool mine = !running_->exchange(true);
    if (mine && parts_.rebuilds->Submit([this] { Run(); })) return;
    if (mine) running_->store(false);
    Finish(ToGrpcStatus(Error(absl::StatusCode::kResourceExhausted, "REBUILD_RUNNING",
                              "a rebuild or a check is under way; wait until it ends")));
  }

  void OnWriteDone(bool ok) override {
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      writing_ = false;
      messages_.pop_front();
      if (!ok) cancelled_ = true;
    });
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }

  void OnDone() override { delete this; }

 private:
  void Run() {
    uint64_t told = 0;
    const auto on_progress = [&](const FoldProgress& progress) {
      bool go_on = true;
      const bool tell = progress.events - std::min(told, progress.events) >= kProgressEvery;
      Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        go_on = !cancelled_ && !parts_.draining->load();
        if (!tell || messages_.size() > 1) return;
        told = progress.events;
        messages_.emplace_back();
        messages_.back().set_events(progress.events);
        messages_.back().set_total(progress.total);
      });
      return go_on;
    };
    Ledger& ledger = *parts_.context.ledger;
    auto report = check_ ? ledger.Check(on_progress) : ledger.Rebuild(on_progress);
    running_->store(false);
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      over_ = true;
      status_ = report.status();
      if (absl::IsCancelled(status_) && parts_.draining->load()) {
        status_ = Error(absl::StatusCode::kUnavailable, "DRAINING",
                        "the server is stopping; start the rebuild or check again when it is back");
      }
      if (!report.ok()) return;
      v1::RebuildResponse& last = messages_.emplace_back();
      last.set_events(report->events);
      last.set_total(report->events);
      last.set_rows(report->rows);
      last.set_done(true);
      last.mutable_differences()->Add(report->differences.begin(), report->differences.end());
    });
  }

  // Changes the state, then starts the next write, or finishes: the last thing done.
  template <class Change>
  void Step(const Change& change) {
    bool finish = false;
    absl::Status status;
    {
      absl::MutexLock lock(&mutex_);
      change();
      if (cancelled_ && !writing_) messages_.clear();
      if (!writing_ && !messages_.empty()) {
        writing_ = true;
        StartWrite(&messages_.front());
      }
      finish = over_ && !writing_ && messages_.empty();
      if (finish) {
        status = cancelled_ ? absl::CancelledError("the call was cancelled") : status_;
      }
    }
    if (finish) Finish(ToGrpcStatus(status));
  }

  const AdminServiceParts parts_;
  const bool check_;
  std::atomic<bool>* const running_;
  absl::Mutex mutex_;
  std::deque<v1::RebuildResponse> messages_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

class AdminService final : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(const AdminServiceParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* call,
                                   const v1::WhoAmIRequest* request,
                                   v1::WhoAmIResponse* response) override {
    grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
    const auto caller = parts_.context.access->Authorize(*call, *request);
    if (caller.ok()) FillWho(*caller, parts_.context.access->rights(), response);
    reactor->Finish(ToGrpcStatus(caller.status()));
    return reactor;
  }

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* call,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override {
    return ServeRead(parts_.context, call, *request,
                     [this, response] { return FillStatus(parts_, response); });
  }

  grpc::ServerWriteReactor<v1::RebuildResponse>* Rebuild(
      grpc::CallbackServerContext* call, const v1::RebuildRequest* request) override {
    const auto caller = parts_.context.access->Authorize(*call, *request);
    if (!caller.ok()) {
      return new EndedCall<grpc::ServerWriteReactor<v1::RebuildResponse>>(caller.status());
    }
    return new RebuildReactor(parts_, request->check(), &rebuilding_);
  }

  grpc::ServerUnaryReactor* AcceptClock(grpc::CallbackServerContext* call,
                                        const v1::AcceptClockRequest* request,
                                        v1::AcceptClockResponse* response) override {
    return ServeRead(parts_.context, call, *request, [this, response] {
      parts_.context.ledger->recorder().AcceptClock();
      *response->mutable_now() = ToTimestamp(parts_.clock->Now());
      return absl::OkStatus();
    });
  }

  // Not served yet.
  grpc::ServerWriteReactor<v1::BackupResponse>* Backup(grpc::CallbackServerContext* call,
                                                       const v1::BackupRequest* request) override {
    return new EndedCall<grpc::ServerWriteReactor<v1::BackupResponse>>(
        NotServed(parts_.context.access, *call, *request));
  }

  grpc::ServerUnaryReactor* RotateKey(grpc::CallbackServerContext* call,
                                      const v1::RotateKeyRequest* request,
                                      v1::RotateKeyResponse* response) override {
    return ServeRead(parts_.context, call, *request,
                     [this, response] { return RotateKeyOf(parts_.checkpoints, response); });
  }

 private:
  const AdminServiceParts parts_;
  std::atomic<bool> rebuilding_ = false;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(const AdminServiceParts& parts) {
  return std::make_unique<AdminService>(parts);
}

}  // namespace registre
