// Inclusion and consistency proofs, judged as the definition judges them; proof files.
#include <vector>

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/tree_proof.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ledger/proof/naive_tree.h"

namespace registre {
namespace {

// Test data: a small log, whose hashes a proof may hold.
const std::vector<Hash>& FuzzLeaves() {
  static const auto* const leaves = [] {
    auto* made = new std::vector<Hash>;
    for (int i = 0; i < 24; ++i) made->push_back(LeafHash(std::string(1, static_cast<char>(i))));
    return made;
  }();
  return *leaves;
}

// Proofs with hashes of the log's own, so that some are right. Sizes and the hashes' ranges from
// the input.
void FuzzHashes(FuzzInput input) {
  const std::vector<Hash>& leaves = FuzzLeaves();
  const uint64_t first = input.Number(1) % 32;
  const uint64_t second = input.Number(1) % 32;
  const uint64_t root_size = input.Number(1) % (leaves.size() + 1);
  const uint64_t from_size = input.Number(1) % (leaves.size() + 1);
  Proof proof;
  while (!input.empty() && proof.size() < 8) {
    const uint64_t begin = input.Number(1) % leaves.size();
    const uint64_t end = begin + 1 + input.Number(1) % (leaves.size() - begin);
    proof.push_back(NaiveRoot(leaves, begin, end));
  }
  const Hash root = NaiveRoot(leaves, 0, root_size);
  const Hash from_root = NaiveRoot(leaves, 0, from_size);
  const Hash& leaf = leaves[first % leaves.size()];
  REGISTRE_CHECK(VerifyInclusion(leaf, first, second, proof, root).ok() ==
                     (NaiveRootOfPath(leaf, first, second, proof) == root),
                 "inclusion as defined");
  const bool consistent = VerifyConsistency(first, from_root, second, root, proof).ok();
  if (first > 0 && first <= second) {
    const auto roots = NaiveRootsOfSubproof(first, second, true, from_root, proof);
    REGISTRE_CHECK(consistent == (roots && roots->first == from_root && roots->second == root),
                   "consistency as defined");
  } else {
    REGISTRE_CHECK(!consistent || (first == 0 && from_size == 0 && proof.empty()),
                   "an empty log alone needs no proof");
  }
}

// Any numbers.
void FuzzNumbers(FuzzInput input) {
  const uint64_t first = input.Number(8);
  const uint64_t second = input.Number(8);
  const Proof proof(input.Number(1) % 70);
  (void)VerifyInclusion(Hash{}, first, second, proof, Hash{});
  (void)VerifyConsistency(first, Hash{}, second, Hash{}, proof);
  const SubtreeHash any = [second](int height, uint64_t index) -> absl::StatusOr<Hash> {
    REGISTRE_CHECK(height >= 0 && height < 63 && index < (second >> height), "inside the tree");
    return RepeatedHash(height);
  };
  const auto root = RootOfFirst(second, any);
  const auto path = InclusionProof(first, second, any);
  if (path.ok()) {
    REGISTRE_CHECK(path->size() <= kMaxProofHashes, "within the limit");
    REGISTRE_CHECK(VerifyInclusion(*any(0, first), first, second, *path, *root).ok(),
                   "ours is right");
  }
  const auto subproof = ConsistencyProof(first, second, any);
  if (subproof.ok()) {
    REGISTRE_CHECK(
        VerifyConsistency(first, *RootOfFirst(first, any), second, *root, *subproof).ok(),
        "ours is right");
  }
}

void FuzzFile(std::string_view text) {
  const auto proof = ParseTlogProof(text);
  if (!proof.ok()) return;
  const auto again = ParseTlogProof(FormatTlogProof(*proof));
  REGISTRE_CHECK(again.ok() && *again == *proof, "a proof says what it said");
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  registre::FuzzHashes({data, size});
  registre::FuzzNumbers({data, size});
  registre::FuzzFile(registre::FuzzText(data, size));
  return 0;
}
