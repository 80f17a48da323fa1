// Evidence bundles (audit_service.h): built on the pool of long reads, then sent in pieces.
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/bundle_builder.h"
#include "services/audit_service.h"
#include "services/ended_call.h"
#include "services/status.h"

namespace registre {
namespace {

// Bytes of a message.
constexpr size_t kBundlePieceBytes = 1024 * 1024;

// Deletes itself when gRPC is done with it, which is after Finish: no piece of work is under way
// then.
class BundleStream final : public grpc::ServerWriteReactor<v1::GetBundleResponse> {
 public:
  BundleStream(const AuditServiceParts& parts, Caller caller, std::string tag)
      : parts_(parts), caller_(std::move(caller)), tag_(std::move(tag)) {}

  void Start() {
    if (parts_.bundles->fetch_add(1) >= kMaxBundles) {
      End(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_BUNDLES",
                "the server serves as many bundles as it may; try again later"));
    } else if (!parts_.long_reads->Submit([this] { BuildAndWrite(); })) {
      End(ReadsFull());
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

  void OnDone() override {
    parts_.bundles->fetch_sub(1);
    delete this;
  }

 private:
  void BuildAndWrite() {
    if (parts_.draining->load()) {
      End(Error(absl::StatusCode::kUnavailable, "DRAINING",
                "the server is stopping; ask again when it is back"));
      return;
    }
    absl::StatusOr<std::string> bundle =
        BundleOf(parts_.context.ledger, parts_.checkpoints, parts_.seals, tag_);
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
