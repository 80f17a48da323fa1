// Checkpoints, keys and proofs (audit_service.h).
#include "services/audit_service.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/proof/checkpoint.h"

namespace registre {
namespace {

absl::Status GetOne(Checkpoints* checkpoints, const v1::GetCheckpointRequest& request,
                    v1::GetCheckpointResponse* response) {
  if (request.has_size() && request.cosigned()) {
    return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
                 "a checkpoint is asked for by its size, or as the newest cosigned one, not both");
  }
  auto checkpoint = request.cosigned()   ? checkpoints->latest_cosigned()
                    : request.has_size() ? checkpoints->Get(request.size())
                                         : checkpoints->Sign();
  if (!checkpoint.ok()) return checkpoint.status();
  *response->mutable_checkpoint() = *std::move(checkpoint);
  return absl::OkStatus();
}

absl::Status ListPage(const Checkpoints& checkpoints, const v1::ListCheckpointsRequest& request,
                      v1::ListCheckpointsResponse* response) {
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  PageToken token;
  token.next = std::numeric_limits<uint64_t>::max();
  if (!request.page_token().empty()) {
    const auto decoded = DecodePageToken(request.page_token());
    if (!decoded.ok()) return decoded.status();
    token = *decoded;
  }
  size_t bytes = 0;
  bool more = false;
  REGISTRE_RETURN_IF_ERROR(checkpoints.ForEach(token.next, [&](const v1::StoredCheckpoint& stored) {
    bytes += stored.ByteSizeLong();
    const auto count = static_cast<size_t>(response->checkpoints_size());
    more = count >= *page_size || (count > 0 && bytes > kMaxPageBytes);
    if (!more) *response->add_checkpoints() = stored;
    return !more;
  }));
  if (!more) return absl::OkStatus();
  token.next = response->checkpoints().rbegin()->size();
  response->set_next_page_token(EncodePageToken(token));
  return absl::OkStatus();
}

// The ledger holds what lies below `size`.
absl::Status CheckSize(const Ledger& ledger, uint64_t size) {
  const uint64_t log_size = ledger.log().size();
  if (size <= log_size) return absl::OkStatus();
  return Error(
      absl::StatusCode::kInvalidArgument, "SIZE_INVALID",
      fmt::format("the log holds {} events, not {}; take the size of a checkpoint", log_size, size),
      {{"size", fmt::format("{}", size)}, {"log_size", fmt::format("{}", log_size)}});
}

void AddHashes(const Proof& proof, google::protobuf::RepeatedPtrField<std::string>* hashes) {
  for (const Hash& hash : proof) hashes->Add(BytesOf(hash));
}

absl::Status ProveInclusion(Ledger* ledger, const v1::GetInclusionProofRequest& request,
                            v1::GetInclusionProofResponse* response) {
  REGISTRE_RETURN_IF_ERROR(CheckSize(*ledger, request.size()));
  if (request.position() >= request.size()) {
    return Error(
        absl::StatusCode::kNotFound, "POSITION_UNKNOWN",
        fmt::format("position {} is not in a log of {} events", request.position(), request.size()),
        {{"position", fmt::format("{}", request.position())},
         {"size", fmt::format("{}", request.size())}});
  }
  const SubtreeHash hashes = ledger->tiles().HashesAt(request.size());
  const auto leaf_hash = hashes(0, request.position());
  if (!leaf_hash.ok()) return leaf_hash.status();
  const auto proof = InclusionProof(request.position(), request.size(), hashes);
  if (!proof.ok()) return proof.status();
  response->set_leaf_hash(BytesOf(*leaf_hash));
  AddHashes(*proof, response->mutable_hashes());
  return absl::OkStatus();
}

absl::Status ProveConsistency(Ledger* ledger, const v1::GetConsistencyProofRequest& request,
                              v1::GetConsistencyProofResponse* response) {
  REGISTRE_RETURN_IF_ERROR(CheckSize(*ledger, request.to_size()));
  const auto proof = ConsistencyProof(request.from_size(), request.to_size(),
                                      ledger->tiles().HashesAt(request.to_size()));
  if (!proof.ok()) return proof.status();
  AddHashes(*proof, response->mutable_hashes());
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTag(const std::string& tag) {
  if (IsTag(tag)) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
               fmt::format("`{}` is no tag; one is for example convention:2023-00963",
                           IsUtf8(tag) ? FirstBytes(tag, 100) : "what was sent"));
}

grpc::ServerUnaryReactor* AuditService::GetCheckpoint(grpc::CallbackServerContext* call,
                                                      const v1::GetCheckpointRequest* request,
                                                      v1::GetCheckpointResponse* response) {
  return ServeRead(parts_.context, call, *request, [this, request, response] {
    return GetOne(parts_.checkpoints, *request, response);
  });
}

grpc::ServerUnaryReactor* AuditService::ListCheckpoints(grpc::CallbackServerContext* call,
                                                        const v1::ListCheckpointsRequest* request,
                                                        v1::ListCheckpointsResponse* response) {
  return ServeRead(parts_.context, call, *request, [this, request, response] {
    return ListPage(*parts_.checkpoints, *request, response);
  });
}

grpc::ServerUnaryReactor* AuditService::ListKeys(grpc::CallbackServerContext* call,
                                                 const v1::ListKeysRequest* request,
                                                 v1::ListKeysResponse* response) {
  return ServeRead(parts_.context, call, *request, [this, response] {
    // A key has a name once it has signed.
    if (!parts_.checkpoints->latest()) {
      const absl::Status made = parts_.checkpoints->Sign().status();
      if (!made.ok() && ReasonOf(made) != "LEDGER_NOT_OPENED") return made;
    }
    for (const VerifierKey& key : parts_.checkpoints->keyring().verifiers()) {
      response->add_verifier_keys(FormatVerifierKey(key));
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AuditService::GetInclusionProof(
    grpc::CallbackServerContext* call, const v1::GetInclusionProofRequest* request,
    v1::GetInclusionProofResponse* response) {
  return ServeRead(parts_.context, call, *request, [this, request, response] {
    return ProveInclusion(parts_.context.ledger, *request, response);
  });
}

grpc::ServerUnaryReactor* AuditService::GetConsistencyProof(
    grpc::CallbackServerContext* call, const v1::GetConsistencyProofRequest* request,
    v1::GetConsistencyProofResponse* response) {
  return ServeRead(parts_.context, call, *request, [this, request, response] {
    return ProveConsistency(parts_.context.ledger, *request, response);
  });
}

}  // namespace registre
