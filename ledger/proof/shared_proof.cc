#include "ledger/proof/shared_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <string>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {
namespace {

absl::Status SharedProofInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "PROOF_INVALID", std::move(why));
}

// Leaves whose indices ascend, split in those below `middle` and the others.
template <class Leaf, class IndexOf>
std::pair<absl::Span<const Leaf>, absl::Span<const Leaf>> SplitLeaves(absl::Span<const Leaf> leaves,
                                                                      uint64_t middle,
                                                                      IndexOf index_of) {
  const auto* at = std::partition_point(leaves.begin(), leaves.end(),
                                        [&](const Leaf& leaf) { return index_of(leaf) < middle; });
  const auto left = static_cast<size_t>(at - leaves.begin());
  return {leaves.first(left), leaves.subspan(left)};
}

// Takes the hashes of a proof in their order.
class SharedProofReader {
 public:
  explicit SharedProofReader(absl::Span<const Hash> proof) : proof_(proof) {}

  Hash RootOf(uint64_t begin, uint64_t count, absl::Span<const PlacedLeaf> leaves) {
    if (leaves.empty()) return TakeHash();
    if (count == 1) return leaves.front().leaf_hash;
    const uint64_t left_count = std::bit_floor(count - 1);
    const auto [left, right] =
        SplitLeaves(leaves, begin + left_count, [](const PlacedLeaf& leaf) { return leaf.index; });
    const Hash left_root = RootOf(begin, left_count, left);
    return NodeHash(left_root, RootOf(begin + left_count, count - left_count, right));
  }

  bool ran_out() const { return ran_out_; }
  size_t left_over() const { return proof_.size(); }

 private:
  Hash TakeHash() {
    if (proof_.empty()) {
      ran_out_ = true;
      return Hash();
    }
    const Hash hash = proof_.front();
    proof_.remove_prefix(1);
    return hash;
  }

  absl::Span<const Hash> proof_;
  bool ran_out_ = false;
};

absl::Status AppendShared(uint64_t begin, uint64_t count, absl::Span<const uint64_t> indices,
                          const SubtreeHash& subtree, SharedProof* proof) {
  if (indices.empty()) {
    const absl::StatusOr<Hash> root = RootOfRange(begin, count, subtree);
    if (!root.ok()) return root.status();
    proof->push_back(*root);
    return absl::OkStatus();
  }
  if (count == 1) return absl::OkStatus();
  const uint64_t left_count = std::bit_floor(count - 1);
  const auto [left, right] =
      SplitLeaves(indices, begin + left_count, [](uint64_t index) { return index; });
  REGISTRE_RETURN_IF_ERROR(AppendShared(begin, left_count, left, subtree, proof));
  return AppendShared(begin + left_count, count - left_count, right, subtree, proof);
}

}  // namespace

absl::Status VerifySharedProof(absl::Span<const PlacedLeaf> leaves, uint64_t size,
                               absl::Span<const Hash> proof, const Hash& root) {
  if (leaves.empty()) return SharedProofInvalid("there is no leaf to prove");
  for (size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i].index >= size) {
      return SharedProofInvalid(
          fmt::format("position {} does not stand in a log of {} events", leaves[i].index, size));
    }
    if (i > 0 && leaves[i].index <= leaves[i - 1].index) {
      return SharedProofInvalid(
          fmt::format("position {} comes after position {}: one event is "
                      "repeated or out of place",
                      leaves[i].index, leaves[i - 1].index));
    }
  }
  SharedProofReader reader(proof);
  const Hash found = reader.RootOf(0, size, leaves);
  if (reader.ran_out() || reader.left_over() > 0) {
    return SharedProofInvalid(fmt::format("{} hashes are too {} to prove {} events in a log of {}",
                                          proof.size(), reader.ran_out() ? "few" : "many",
                                          leaves.size(), size));
  }
  if (found == root) return absl::OkStatus();
  return SharedProofInvalid(fmt::format(
      "the events lead to the root {}, not to {}, which was signed: an event, its position or the "
      "proof was changed",
      HexOf(found), HexOf(root)));
}

absl::StatusOr<SharedProof> MakeSharedProof(absl::Span<const uint64_t> indices, uint64_t size,
                                            const SubtreeHash& subtree) {
  const bool ascend =
      std::adjacent_find(indices.begin(), indices.end(), std::greater_equal<>()) == indices.end();
  if (indices.empty() || !ascend || indices.back() >= size || size > kMaxTreeSize) {
    return Error(
        absl::StatusCode::kInvalidArgument, "SIZE_INVALID",
        fmt::format("{} positions that do not ascend below a size of {}", indices.size(), size));
  }
  SharedProof proof;
  REGISTRE_RETURN_IF_ERROR(AppendShared(0, size, indices, subtree, &proof));
  return proof;
}

}  // namespace registre
