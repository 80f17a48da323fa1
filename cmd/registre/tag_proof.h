// What a server says of a tag at its last seal (AuditService.GetTagProof), verified.
#ifndef REGISTRE_CMD_REGISTRE_TAG_PROOF_H_
#define REGISTRE_CMD_REGISTRE_TAG_PROOF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cmd/registre/client.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/directory.h"
#include "ledger/proof/tree_proof.h"
#include "registre/v1/audit_service.pb.h"
#include "registre/v1/event.pb.h"

namespace registre::cli {

// A tag up to a seal, as the entries prove it under the root in the seal's event.
struct ProvenTag {
  v1::Event seal;
  std::string seal_bytes;
  uint64_t events = 0;               // 0: it has none
  std::vector<ProvenEntry> entries;  // its own, or its neighbours
};

// Verifies the answer about `tag`; that the seal stands in a log, VerifySealIn does. INTERNAL
// (ANSWER_INVALID) when it is malformed; INVALID_ARGUMENT (PROOF_INVALID) when it proves nothing.
absl::StatusOr<ProvenTag> VerifyTagProof(const std::string& tag,
                                         const v1::GetTagProofResponse& response);

// Asks the server for the proof that the seal stands in its log of so many events. Errors of the
// call.
absl::Status AskForSealProof(Client& client, const ProvenTag& proven, uint64_t size,
                             v1::GetInclusionProofResponse* response);

// That the seal stands in the log of a checkpoint of that size. INTERNAL (ANSWER_INVALID) when the
// proof is malformed, INVALID_ARGUMENT (PROOF_INVALID) when it proves something else.
absl::Status VerifySealIn(const ProvenTag& proven, const v1::GetInclusionProofResponse& response,
                          const Checkpoint& checkpoint);

// The hashes of a proof. INTERNAL (ANSWER_INVALID) when one has not 32 bytes.
absl::StatusOr<Proof> ProofOf(const google::protobuf::RepeatedPtrField<std::string>& hashes);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_TAG_PROOF_H_
