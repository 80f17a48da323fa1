// Seals of the directory of tags, and what they prove (audit_service.h).
#include <fmt/format.h>

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "ledger/base/errors.h"
#include "ledger/bundle_builder.h"
#include "ledger/proof/checkpoint.h"
#include "services/audit_service.h"
#include "services/ended_call.h"
#include "services/progress_stream.h"
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

absl::StatusOr<v1::SealDirectoryResponse> SealNow(const AuditServiceParts& parts, Caller* caller,
                                                  const OnFoldProgress& on_progress) {
  if (const auto origin = parts.checkpoints->origin(); !origin.ok()) return origin.status();
  const auto record = [&](const v1::DirectorySealed& act) -> absl::StatusOr<uint64_t> {
    REGISTRE_RETURN_IF_ERROR(parts.context.access->Renew(caller));
    return RecordSealOf(*caller, act, parts.context.ledger);
  };
  const auto seal = parts.seals->SealNow(record, [&](uint64_t tags) {
    return on_progress({tags, 0});
  });
  if (!seal.ok()) return seal.status();
  auto checkpoint = parts.checkpoints->Sign(/*sealed=*/true);
  if (!checkpoint.ok()) return checkpoint.status();
  v1::SealDirectoryResponse last;
  last.set_tags(seal->act.count());
  last.set_done(true);
  last.set_position(seal->position);
  last.set_count(seal->act.count());
  *last.mutable_checkpoint() = *std::move(checkpoint);
  return last;
}

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
  // That a seal is under way is said by Seals: SEAL_RUNNING.
  return new ProgressStream<v1::SealDirectoryResponse>(
      {parts_.long_reads, parts_.draining, "seal"},
      [this, caller = *std::move(caller)](const OnFoldProgress& on_progress) mutable {
        return SealNow(parts_, &caller, on_progress);
      },
      [](const FoldProgress& progress, v1::SealDirectoryResponse* response) {
        response->set_tags(progress.events);
      });
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
