#include "services/admin_service.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/backup.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/note.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "services/ended_call.h"
#include "services/progress_stream.h"
#include "services/status.h"
#include "services/version.h"

namespace registre {
namespace {

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

absl::StatusOr<v1::RebuildResponse> RebuildOrCheck(Ledger* ledger, bool check,
                                                   const OnFoldProgress& on_progress) {
  auto report = check ? ledger->Check(on_progress) : ledger->Rebuild(on_progress);
  if (!report.ok()) return report.status();
  v1::RebuildResponse last;
  last.set_events(report->events);
  last.set_total(report->events);
  last.set_rows(report->rows);
  last.set_done(true);
  last.mutable_differences()->Add(report->differences.begin(), report->differences.end());
  return last;
}

absl::StatusOr<v1::BackupResponse> BackUp(const AdminServiceParts& parts,
                                          const std::string& directory,
                                          const OnFoldProgress& on_progress) {
  const auto backup = MakeBackup(*parts.context.ledger, directory, parts.clock->Now(), on_progress);
  if (!backup.ok()) return backup.status();
  v1::BackupResponse last;
  last.set_events(backup->head.size);
  last.set_total(backup->head.size);
  last.set_done(true);
  last.set_root(BytesOf(backup->head.root));
  return last;
}

template <class Response>
void TellEvents(const FoldProgress& progress, Response* response) {
  response->set_events(progress.events);
  response->set_total(progress.total);
}

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
    return new ProgressStream<v1::RebuildResponse>(
        {parts_.rebuilds, parts_.draining, "rebuild or check", &rebuilding_, "REBUILD_RUNNING"},
        [this, check = request->check()](const OnFoldProgress& on_progress) {
          return RebuildOrCheck(parts_.context.ledger, check, on_progress);
        },
        TellEvents<v1::RebuildResponse>);
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

  grpc::ServerWriteReactor<v1::BackupResponse>* Backup(grpc::CallbackServerContext* call,
                                                       const v1::BackupRequest* request) override {
    const auto caller = parts_.context.access->Authorize(*call, *request);
    if (!caller.ok()) {
      return new EndedCall<grpc::ServerWriteReactor<v1::BackupResponse>>(caller.status());
    }
    return new ProgressStream<v1::BackupResponse>(
        {parts_.backups, parts_.draining, "backup", &backing_up_, "BACKUP_RUNNING"},
        [this, directory = request->directory()](const OnFoldProgress& on_progress) {
          return BackUp(parts_, directory, on_progress);
        },
        TellEvents<v1::BackupResponse>);
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
  std::atomic<bool> backing_up_ = false;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(const AdminServiceParts& parts) {
  return std::make_unique<AdminService>(parts);
}

}  // namespace registre
