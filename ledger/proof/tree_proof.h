// Inclusion and consistency proofs of RFC 9162 sections 2.1.3 and 2.1.4 (the same as RFC 6962
// sections 2.1.1 and 2.1.2). Verification needs no storage and no other code of the ledger but the
// hashes of merkle.h. Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_TREE_PROOF_H_
#define REGISTRE_LEDGER_PROOF_TREE_PROOF_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/proof/merkle.h"

namespace registre {

// Hashes of a proof, in the order of the RFC; at most kMaxProofHashes.
using Proof = std::vector<Hash>;
// A proof in a tree of 2^63 leaves has no more (C2SP tlog-witness).
inline constexpr size_t kMaxProofHashes = 63;
// Largest tree of a checkpoint that is read; its sizes fit int64.
inline constexpr uint64_t kMaxTreeSize = (uint64_t{1} << 63) - 1;

// OK when the leaf stands at `index` in the tree of `size` leaves and that root. INVALID_ARGUMENT
// (PROOF_INVALID) otherwise, saying what differs.
[[nodiscard]] absl::Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size,
                                           absl::Span<const Hash> proof, const Hash& root);

// OK when the tree of `from` leaves is the start of the tree of `to` leaves. From an empty tree,
// and between equal sizes, the proof is empty; the roots are compared. INVALID_ARGUMENT
// (PROOF_INVALID) otherwise.
[[nodiscard]] absl::Status VerifyConsistency(uint64_t from, const Hash& from_root, uint64_t to,
                                             const Hash& to_root, absl::Span<const Hash> proof);

// Root of the perfect subtree of height `height` at `index`: of the leaves index * 2^height up to
// (index + 1) * 2^height. Height 0 is a leaf hash. May fail.
using SubtreeHash = std::function<absl::StatusOr<Hash>(int height, uint64_t index)>;

// Proofs from a tree that has the hashes asked for. 0 <= index < size; 0 <= from <= to; both trees
// have at most kMaxTreeSize leaves. INVALID_ARGUMENT (SIZE_INVALID) otherwise; the errors of
// `subtree`.
absl::StatusOr<Proof> InclusionProof(uint64_t index, uint64_t size, const SubtreeHash& subtree);
absl::StatusOr<Proof> ConsistencyProof(uint64_t from, uint64_t to, const SubtreeHash& subtree);
// The root of the `count` leaves from `begin` on, which is a multiple of the power of two at or
// above `count`: of a subtree of the definition. 1 <= count.
absl::StatusOr<Hash> RootOfRange(uint64_t begin, uint64_t count, const SubtreeHash& subtree);
// The root of the first `size` leaves.
absl::StatusOr<Hash> RootOfFirst(uint64_t size, const SubtreeHash& subtree);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_TREE_PROOF_H_
