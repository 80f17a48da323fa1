// One inclusion proof for many leaves of a tree (RFC 9162): what their audit paths share stands in
// it once, and what the leaves themselves give not at all (deploy/BUNDLE.md). Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_SHARED_PROOF_H_
#define REGISTRE_LEDGER_PROOF_SHARED_PROOF_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tree_proof.h"

namespace registre {

// The roots of the largest subtrees without any of the leaves, from left to right. The same as the
// audit path, from left to right, where there is one leaf.
using SharedProof = std::vector<Hash>;

// Where a leaf stands.
struct PlacedLeaf {
  uint64_t index = 0;
  Hash leaf_hash = {};
};

// OK when all leaves stand in the tree of `size` leaves and that root. INVALID_ARGUMENT
// (PROOF_INVALID) otherwise, also when there is none, their indices do not ascend, or a hash is
// left over.
[[nodiscard]] absl::Status VerifySharedProof(absl::Span<const PlacedLeaf> leaves, uint64_t size,
                                             absl::Span<const Hash> proof, const Hash& root);

// The proof of leaves whose indices ascend and are below `size`. INVALID_ARGUMENT (SIZE_INVALID)
// otherwise; the errors of `subtree`.
absl::StatusOr<SharedProof> MakeSharedProof(absl::Span<const uint64_t> indices, uint64_t size,
                                            const SubtreeHash& subtree);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_SHARED_PROOF_H_
