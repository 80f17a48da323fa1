// Replay: a history event by event, with the state after each (audit_service.h). A page at a time
// is read and folded on the pool of long reads, and written message by message; the next is read
// when the client has taken it. A slow client so holds one page of the server's memory.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "projections/tag_replay.h"
#include "services/audit_service.h"
#include "services/ended_call.h"
#include "services/status.h"

namespace registre {
namespace {

// Deletes itself when gRPC is done with it, which is after Finish: no piece of work is under way
// then.
class ReplayStream final : public grpc::ServerWriteReactor<v1::ReplayResponse> {
 public:
  ReplayStream(const AuditServiceParts& parts, Caller caller, const v1::ReplayRequest& request)
      : parts_(parts), caller_(std::move(caller)), request_(request) {}

  void Start() {
    if (parts_.replays->fetch_add(1) >= kMaxReplays) {
      End(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_REPLAYS",
                "the server serves as many replays as it may; try again later"));
    } else if (const absl::Status tag = CheckTag(request_.tag()); !tag.ok()) {
      End(tag);
    } else {
      Submit();
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      WriteOrRead();
    } else {
      End(absl::CancelledError("the client is gone"));
    }
  }

  void OnDone() override {
    parts_.replays->fetch_sub(1);
    delete this;
  }

 private:
  void Submit() {
    if (parts_.long_reads->Submit([this] { ReadAndWrite(); })) return;
    End(ReadsFull());
  }

  void ReadAndWrite() {
    if (parts_.draining->load()) {
      End(Error(absl::StatusCode::kUnavailable, "DRAINING",
                "the server is stopping; replay again when it is back"));
      return;
    }
    page_.clear();
    written_ = 0;
    absl::Status status = parts_.context.access->Renew(&caller_);
    if (status.ok() && !replay_) status = Begin();
    if (status.ok() && !replay_->done()) status = ReadPage();
    if (status.ok()) {
      WriteOrRead();
    } else {
      End(status);
    }
  }

  // The last thing done: the next call may come on another thread.
  void WriteOrRead() {
    if (written_ < page_.size()) {
      StartWrite(&page_[written_++]);
    } else if (replay_->done()) {
      End(absl::OkStatus());
    } else {
      Submit();
    }
  }

  absl::Status Begin() {
    v1::ReadOptions options;
    *options.mutable_as_of() = request_.as_of();
    const auto reading = BeginReading(*parts_.context.ledger, options);
    if (!reading.ok()) return reading.status();
    const Ledger& ledger = *parts_.context.ledger;
    const std::string& tag = request_.tag();
    auto replay = TagReplay::Begin(ledger.log(), reading->index, ledger.projection(), tag,
                                   request_.from_position(), reading->point);
    if (!replay.ok()) return replay.status();
    if (!replay->has_value()) {
      const size_t colon = tag.find(':');
      return NotThere(tag.substr(0, colon), tag.substr(colon + 1), reading->point,
                      reading->point_asked);
    }
    replay_ = **std::move(replay);
    return request_.with_proofs() ? BeginProofs() : absl::OkStatus();
  }

  // The checkpoint that the proofs lead to: the latest where it holds all that is shown.
  absl::Status BeginProofs() {
    std::optional<v1::StoredCheckpoint> checkpoint = parts_.checkpoints->latest();
    if (!checkpoint || checkpoint->size() <= replay_->last_position()) {
      auto signed_now = parts_.checkpoints->Sign();
      if (!signed_now.ok()) return signed_now.status();
      checkpoint = *std::move(signed_now);
    }
    tree_size_ = checkpoint->size();
    hashes_ = parts_.context.ledger->tiles().HashesAt(tree_size_);
    *page_.emplace_back().mutable_checkpoint() = *std::move(checkpoint);
    return absl::OkStatus();
  }

  absl::Status ReadPage() {
    size_t bytes = 0;
    absl::Status failed;
    REGISTRE_RETURN_IF_ERROR(replay_->Next(kReplayPageEvents, [&](const TagReplay::Step& step) {
      v1::ReplayedEvent* event = page_.emplace_back().mutable_event();
      event->mutable_event()->set_position(step.position);
      event->mutable_event()->set_event(step.event);
      *event->mutable_state() = step.row;
      failed = AddProof(step.position, event);
      bytes += page_.back().ByteSizeLong();
      return failed.ok() && bytes < kReplayPageBytes;
    }));
    return failed;
  }

  absl::Status AddProof(uint64_t position, v1::ReplayedEvent* event) const {
    if (!hashes_) return absl::OkStatus();
    const auto proof = InclusionProof(position, tree_size_, hashes_);
    if (!proof.ok()) return proof.status();
    for (const Hash& hash : *proof) event->add_hashes(BytesOf(hash));
    return absl::OkStatus();
  }

  void End(const absl::Status& status) { Finish(ToGrpcStatus(status)); }

  const AuditServiceParts& parts_;
  Caller caller_;
  const v1::ReplayRequest request_;
  // Touched by one piece of work at a time: a page being read, or the writes that follow it.
  std::optional<TagReplay> replay_;
  SubtreeHash hashes_;  // empty: without proofs
  uint64_t tree_size_ = 0;
  std::vector<v1::ReplayResponse> page_;
  size_t written_ = 0;  // of the page
};

}  // namespace

grpc::ServerWriteReactor<v1::ReplayResponse>* AuditService::Replay(
    grpc::CallbackServerContext* call, const v1::ReplayRequest* request) {
  auto caller = parts_.context.access->Authorize(*call, *request);
  if (!caller.ok()) {
    return new EndedCall<grpc::ServerWriteReactor<v1::ReplayResponse>>(caller.status());
  }
  auto* stream = new ReplayStream(parts_, *std::move(caller), *request);
  stream->Start();
  return stream;
}

}  // namespace registre
