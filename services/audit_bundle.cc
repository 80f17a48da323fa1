// Evidence bundles (audit_service.h): built on the pool of long reads, then sent in pieces.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/checkpoint.h"
#include "services/audit_service.h"
#include "services/ended_call.h"
#include "services/status.h"

namespace registre {
namespace {

// Bytes of a message.
constexpr size_t kBundlePieceBytes = 1024 * 1024;
// Checkpoints that are looked at for one that others attest.
constexpr int kMaxCheckpointsLookedAt = 256;

// How much others say of a checkpoint: a time stamp is worth more than a cosignature, whose time is
// its witness's own.
int AttestationOf(const v1::StoredCheckpoint& checkpoint) {
  if (checkpoint.timestamps_size() > 0) return 2;
  const absl::StatusOr<Note> note = ParseNote(checkpoint.note());
  if (!note.ok()) return 0;
  const absl::StatusOr<Checkpoint> parsed = ParseCheckpoint(note->text);
  if (!parsed.ok()) return 0;
  const auto is_others = [&](const NoteSignature& line) { return line.name != parsed->origin; };
  return std::any_of(note->signatures.begin(), note->signatures.end(), is_others) ? 1 : 0;
}

// Of the checkpoints of at least that size, the one that others attest best, and the newest of
// these. A newer one would say nothing more of a tag whose events it all holds.
absl::StatusOr<v1::StoredCheckpoint> PickCheckpoint(Checkpoints* checkpoints, uint64_t size) {
  std::optional<v1::StoredCheckpoint> best;
  int best_attestation = -1;
  int looked_at = 0;
  REGISTRE_RETURN_IF_ERROR(
      checkpoints->ForEach(~uint64_t{0}, [&](const v1::StoredCheckpoint& checkpoint) {
        if (checkpoint.size() < size) return false;
        if (const int attestation = AttestationOf(checkpoint); attestation > best_attestation) {
          best = checkpoint;
          best_attestation = attestation;
        }
        return ++looked_at < kMaxCheckpointsLookedAt;
      }));
  if (best) return *std::move(best);
  return checkpoints->Sign();
}

// The size of a log that holds the seal, and all that the tag has now.
absl::StatusOr<uint64_t> SizeToHold(const Index& index, const std::string& tag,
                                    const SealedTag& sealed) {
  const absl::StatusOr<uint64_t> seal = PositionOfStored(sealed.seal);
  if (!seal.ok()) return seal;
  const auto state = index.Read()->Get(tag);
  if (!state.ok()) return state.status();
  return std::max(*seal, state->has_value() ? (*state)->last_position : 0) + 1;
}

absl::StatusOr<std::string> MakeBundle(const AuditServiceParts& parts, const std::string& tag) {
  if (!IsTag(tag)) {
    return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
                 fmt::format("`{}` is no tag; one is for example convention:2023-00963",
                             IsUtf8(tag) ? FirstBytes(tag, 100) : "what was sent"));
  }
  if (!parts.sealed_tag) {
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_SEALED",
                 "nothing is sealed here, so that no history can be proven complete");
  }
  Ledger& ledger = *parts.context.ledger;
  BundleSource source{.tag = tag, .checkpoint = {}, .sealed = {}, .events = {}};
  absl::StatusOr<SealedTag> sealed = parts.sealed_tag(tag);
  if (!sealed.ok()) return sealed.status();
  source.sealed = *std::move(sealed);
  const std::shared_ptr<Index> index = ledger.index();
  const absl::StatusOr<uint64_t> size = SizeToHold(*index, tag, source.sealed);
  if (!size.ok()) return size.status();
  absl::StatusOr<v1::StoredCheckpoint> checkpoint = PickCheckpoint(parts.checkpoints, *size);
  if (!checkpoint.ok()) return checkpoint.status();
  source.checkpoint = *std::move(checkpoint);
  auto events = EventsOfTag(ledger.log(), *index, tag, source.checkpoint.size());
  if (!events.ok()) return events.status();
  source.events = *std::move(events);
  return BuildBundle(source, ledger.tiles().HashesAt(source.checkpoint.size()));
}

// Deletes itself when gRPC is done with it, which is after Finish: no piece of work is under way
// then.
class BundleStream final : public grpc::ServerWriteReactor<v1::GetBundleResponse> {
 public:
  BundleStream(const AuditServiceParts& parts, Caller caller, std::string tag)
      : parts_(parts), caller_(std::move(caller)), tag_(std::move(tag)) {}

  void Start() {
    if (!parts_.long_reads->Submit([this] { BuildAndWrite(); })) {
      End(Error(absl::StatusCode::kResourceExhausted, "READS_FULL",
                "too many reads are waiting; ask again in a moment"));
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      End(absl::CancelledError("the client is gone"));
    } else if (sent_ == bundle_.size()) {
      End(absl::OkStatus());
    } else {
      WritePiece();
    }
  }

  void OnDone() override { delete this; }

 private:
  void BuildAndWrite() {
    if (parts_.draining->load()) {
      End(Error(absl::StatusCode::kUnavailable, "DRAINING",
                "the server is stopping; ask again when it is back"));
      return;
    }
    absl::StatusOr<std::string> bundle = MakeBundle(parts_, tag_);
    if (!bundle.ok()) {
      End(bundle.status());
      return;
    }
    bundle_ = *std::move(bundle);
    response_.set_total_bytes(bundle_.size());
    WritePiece();
  }

  void WritePiece() {
    if (const absl::Status refused = parts_.context.access->Renew(&caller_); !refused.ok()) {
      End(refused);
      return;
    }
    if (sent_ > 0) response_.clear_total_bytes();
    response_.set_piece(bundle_.substr(sent_, kBundlePieceBytes));
    sent_ += response_.piece().size();
    StartWrite(&response_);
  }

  void End(const absl::Status& status) { Finish(ToGrpcStatus(status)); }

  const AuditServiceParts& parts_;
  Caller caller_;
  const std::string tag_;
  std::string bundle_;
  size_t sent_ = 0;
  v1::GetBundleResponse response_;
};

}  // namespace

grpc::ServerWriteReactor<v1::GetBundleResponse>* AuditService::GetBundle(
    grpc::CallbackServerContext* call, const v1::GetBundleRequest* request) {
  auto caller = parts_.context.access->Authorize(*call, *request);
  if (!caller.ok()) {
    return new EndedCall<grpc::ServerWriteReactor<v1::GetBundleResponse>>(caller.status());
  }
  auto* stream = new BundleStream(parts_, *std::move(caller), request->tag());
  stream->Start();
  return stream;
}

}  // namespace registre
