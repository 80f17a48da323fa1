// Seals of the directory of tags, and what they prove (audit_service.h).
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/escaping.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "ledger/bundle_builder.h"
#include "ledger/proof/checkpoint.h"
#include "services/audit_service.h"
#include "services/ended_call.h"
#include "services/recording.h"
#include "services/rights.h"
#include "services/status.h"

namespace registre {
namespace {

// Bytes of the root in a seal's command id: what a client would have to guess to be in its way.
constexpr size_t kRootBytesOfCommandId = 16;

absl::StatusOr<uint64_t> RecordSealOf(const Caller& caller, const v1::DirectorySealed& seal,
                                      Ledger* ledger) {
  v1::RecordRequest remembered;
  v1::Act* act = remembered.add_acts();
  *act->mutable_directory_sealed() = seal;
  const std::string command_id =
      fmt::format("seal-{}-{}", seal.through_position(),
                  absl::BytesToHexString(seal.root().substr(0, kRootBytesOfCommandId)));
  const v1::Role role =
      HasOneOf(caller.roles, RoleBit(v1::ROLE_AUDITOR)) ? v1::ROLE_AUDITOR : v1::ROLE_ADMIN;
  const auto recorded =
      RecordNow(ledger, CommandOf(caller, role, command_id, remembered, {std::move(*act)}));
  if (!recorded.ok()) return recorded.status();
  return recorded->receipts(0).position();
}

// A seal is worked out on the pool of long reads; its progress is queued and written one by one.
// Deletes itself when gRPC is done with it, which is after Finish: no work is under way then.
class SealStream final : public grpc::ServerWriteReactor<v1::SealDirectoryResponse> {
 public:
  SealStream(const AuditServiceParts& parts, Caller caller)
      : parts_(parts), caller_(std::move(caller)) {}

  void Start() {
    if (parts_.long_reads->Submit([this] { Run(); })) return;
    Finish(ToGrpcStatus(Error(absl::StatusCode::kResourceExhausted, "READS_FULL",
                              "too many reads are waiting; ask again in a moment")));
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
    const absl::StatusOr<v1::SealDirectoryResponse> sealed = Seal();
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      over_ = true;
      status_ = sealed.status();
      if (sealed.ok()) messages_.push_back(*sealed);
      if (absl::IsCancelled(status_) && parts_.draining->load()) {
        status_ = Error(absl::StatusCode::kUnavailable, "DRAINING",
                        "the server is stopping; seal again when it is back");
      }
    });
  }

  absl::StatusOr<v1::SealDirectoryResponse> Seal() {
    if (const auto origin = parts_.checkpoints->origin(); !origin.ok()) return origin.status();
    const auto record = [this](const v1::DirectorySealed& act) -> absl::StatusOr<uint64_t> {
      REGISTRE_RETURN_IF_ERROR(parts_.context.access->Renew(&caller_));
      return RecordSealOf(caller_, act, parts_.context.ledger);
    };
    const auto seal =
        parts_.seals->SealNow(record, [this](uint64_t tags) { return TellProgress(tags); });
    if (!seal.ok()) return seal.status();
    auto checkpoint = parts_.checkpoints->Sign(/*sealed=*/true);
    if (!checkpoint.ok()) return checkpoint.status();
    v1::SealDirectoryResponse last;
    last.set_tags(seal->act.count());
    last.set_done(true);
    last.set_position(seal->position);
    last.set_count(seal->act.count());
    *last.mutable_checkpoint() = *std::move(checkpoint);
    return last;
  }

  // False when the seal is to be given up.
  bool TellProgress(uint64_t tags) {
    bool go_on = true;
    const bool tell = tags - std::min(told_, tags) >= kTagsBetweenProgress;
    Step([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      go_on = !cancelled_ && !parts_.draining->load();
      if (!tell || messages_.size() > 1) return;
      told_ = tags;
      messages_.emplace_back().set_tags(tags);
    });
    return go_on;
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

  const AuditServiceParts& parts_;
  Caller caller_;
  uint64_t told_ = 0;  // tags, in the last message of progress
  absl::Mutex mutex_;
  std::deque<v1::SealDirectoryResponse> messages_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

absl::Status ProveSealedTag(Seals* seals, const v1::GetTagProofRequest& request,
                            v1::GetTagProofResponse* response) {
  REGISTRE_RETURN_IF_ERROR(CheckTag(request.tag()));
  auto sealed = seals->Find(request.tag());
  if (!sealed.ok()) return sealed.status();
  const auto position = PositionOfStored(sealed->seal);
  if (!position.ok()) return position.status();
  response->mutable_seal()->set_position(*position);
  response->mutable_seal()->set_event(std::move(sealed->seal));
  for (const ProvenEntry& proven : sealed->entries) {
    v1::DirectoryEntry* entry = response->add_entries();
    entry->set_tag(proven.entry.tag);
    entry->set_events(proven.entry.events);
    entry->set_last_position(proven.entry.last_position);
    entry->set_index(proven.index);
    for (const Hash& hash : proven.proof) entry->add_hashes(BytesOf(hash));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerWriteReactor<v1::SealDirectoryResponse>* AuditService::SealDirectory(
    grpc::CallbackServerContext* call, const v1::SealDirectoryRequest* request) {
  auto caller = parts_.context.access->Authorize(*call, *request);
  if (!caller.ok()) {
    return new EndedCall<grpc::ServerWriteReactor<v1::SealDirectoryResponse>>(caller.status());
  }
  auto* stream = new SealStream(parts_, *std::move(caller));
  stream->Start();
  return stream;
}

grpc::ServerUnaryReactor* AuditService::GetTagProof(grpc::CallbackServerContext* call,
                                                    const v1::GetTagProofRequest* request,
                                                    v1::GetTagProofResponse* response) {
  // A directory that is missing is computed again, which takes as long as a seal.
  const ServiceContext long_reads{parts_.context.ledger, parts_.long_reads, parts_.context.access};
  return ServeRead(long_reads, call, *request, [this, request, response] {
    return ProveSealedTag(parts_.seals, *request, response);
  });
}

}  // namespace registre
