#include "ledger/proof/tree_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {
namespace {

absl::Status TreeProofInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "PROOF_INVALID", std::move(why));
}

absl::Status SizeInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "SIZE_INVALID", std::move(why));
}

// The way of a leaf or of a smaller tree's last subtree up to the root: `low` is its index at the
// height reached, `last` that of the tree's last node there (fn and sn of RFC 9162).
struct Way {
  uint64_t low;
  uint64_t last;

  void Up() {
    low >>= 1;
    last >>= 1;
  }
  // Whether the next hash of the proof stands to the left; otherwise to the right.
  bool FromLeft() const { return (low & 1) == 1 || low == last; }
  // A node without a right sibling stands for itself at the heights above.
  void SkipAlone() {
    while ((low & 1) == 0 && low != 0) Up();
  }
};

// Appends the root of a range to a proof.
absl::Status AppendRange(uint64_t begin, uint64_t count, const SubtreeHash& subtree, Proof* proof) {
  const absl::StatusOr<Hash> hash = RootOfRange(begin, count, subtree);
  if (!hash.ok()) return hash.status();
  proof->push_back(*hash);
  return absl::OkStatus();
}

absl::Status CheckTreeSize(uint64_t size) {
  if (size <= kMaxTreeSize) return absl::OkStatus();
  return SizeInvalid(fmt::format("a log of {} events is larger than any", size));
}

}  // namespace

absl::Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size,
                             absl::Span<const Hash> proof, const Hash& root) {
  if (index >= size) {
    return TreeProofInvalid(
        fmt::format("index {} does not stand in a log of {} entries", index, size));
  }
  Way way{.low = index, .last = size - 1};
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (way.last == 0) {
      return TreeProofInvalid(
          fmt::format("the proof has {} hashes, more than index {} of {} entries has", proof.size(),
                      index, size));
    }
    if (way.FromLeft()) {
      hash = NodeHash(sibling, hash);
      way.SkipAlone();
    } else {
      hash = NodeHash(hash, sibling);
    }
    way.Up();
  }
  if (way.last != 0) {
    return TreeProofInvalid(
        fmt::format("the proof has {} hashes, fewer than index {} of {} entries has", proof.size(),
                    index, size));
  }
  if (hash == root) return absl::OkStatus();
  return TreeProofInvalid(fmt::format(
      "entry {} of {} leads to the root {}, not to {}: the entry, the proof or the root "
      "was changed",
      index, size, HexOf(hash), HexOf(root)));
}

absl::Status VerifyConsistency(uint64_t from, const Hash& from_root, uint64_t to,
                               const Hash& to_root, absl::Span<const Hash> proof) {
  if (from > to) {
    return TreeProofInvalid(fmt::format("a log of {} entries is no start of one of {}", from, to));
  }
  if (from == 0 && from_root != EmptyRoot()) {
    return TreeProofInvalid(fmt::format("{} is not the root of an empty log", HexOf(from_root)));
  }
  if (from == to && from_root != to_root) {
    return TreeProofInvalid(
        fmt::format("two logs of {} entries have the roots {} and {}: the log was "
                    "forked or changed",
                    from, HexOf(from_root), HexOf(to_root)));
  }
  if (from == 0 || from == to) {
    if (proof.empty()) return absl::OkStatus();
    return TreeProofInvalid(fmt::format(
        "the proof from {} to {} entries has {} hashes, but needs none", from, to, proof.size()));
  }
  Way way{.low = from - 1, .last = to - 1};
  while ((way.low & 1) == 1) way.Up();
  // A smaller tree that is perfect is a node of the larger one, and its root stands for itself.
  const bool perfect = std::has_single_bit(from);
  if (!perfect && proof.empty()) {
    return TreeProofInvalid(fmt::format("the proof from {} to {} entries is empty", from, to));
  }
  Hash smaller = perfect ? from_root : proof[0];
  Hash larger = smaller;
  for (const Hash& hash : proof.subspan(perfect ? 0 : 1)) {
    if (way.last == 0) {
      return TreeProofInvalid(fmt::format("the proof from {} to {} entries has too many hashes: {}",
                                          from, to, proof.size()));
    }
    if (way.FromLeft()) {
      smaller = NodeHash(hash, smaller);
      larger = NodeHash(hash, larger);
      way.SkipAlone();
    } else {
      larger = NodeHash(larger, hash);
    }
    way.Up();
  }
  if (way.last != 0) {
    return TreeProofInvalid(fmt::format("the proof from {} to {} entries has too few hashes: {}",
                                        from, to, proof.size()));
  }
  if (smaller == from_root && larger == to_root) return absl::OkStatus();
  return TreeProofInvalid(
      fmt::format("the log of {} entries with root {} is not the start of the log of {} with root "
                  "{}: the log was "
                  "forked or changed, or the proof is not of these two",
                  from, HexOf(from_root), to, HexOf(to_root)));
}

absl::StatusOr<Hash> RootOfRange(uint64_t begin, uint64_t count, const SubtreeHash& subtree) {
  if (std::has_single_bit(count)) {
    const int height = std::countr_zero(count);
    return subtree(height, begin >> height);
  }
  const uint64_t left_count = std::bit_floor(count);
  const absl::StatusOr<Hash> left = RootOfRange(begin, left_count, subtree);
  if (!left.ok()) return left;
  const absl::StatusOr<Hash> right = RootOfRange(begin + left_count, count - left_count, subtree);
  if (!right.ok()) return right;
  return NodeHash(*left, *right);
}

absl::StatusOr<Proof> InclusionProof(uint64_t index, uint64_t size, const SubtreeHash& subtree) {
  REGISTRE_RETURN_IF_ERROR(CheckTreeSize(size));
  if (index >= size) {
    return SizeInvalid(fmt::format("index {} does not stand in a log of {} events", index, size));
  }
  // PATH of RFC 6962 section 2.1.1, from the root down.
  Proof proof;
  uint64_t begin = 0;
  for (uint64_t count = size; count > 1;) {
    const uint64_t left = std::bit_floor(count - 1);
    if (index - begin < left) {
      REGISTRE_RETURN_IF_ERROR(AppendRange(begin + left, count - left, subtree, &proof));
      count = left;
    } else {
      REGISTRE_RETURN_IF_ERROR(AppendRange(begin, left, subtree, &proof));
      begin += left;
      count -= left;
    }
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::StatusOr<Proof> ConsistencyProof(uint64_t from, uint64_t to, const SubtreeHash& subtree) {
  REGISTRE_RETURN_IF_ERROR(CheckTreeSize(to));
  if (from > to) {
    return SizeInvalid(fmt::format("a log of {} events is no start of one of {}", from, to));
  }
  if (from == 0) return Proof();
  // SUBPROOF of RFC 6962 section 2.1.2, from the root down.
  Proof proof;
  uint64_t begin = 0;
  uint64_t count = to;
  while (from - begin != count) {
    const uint64_t left = std::bit_floor(count - 1);
    if (from - begin <= left) {
      REGISTRE_RETURN_IF_ERROR(AppendRange(begin + left, count - left, subtree, &proof));
      count = left;
    } else {
      REGISTRE_RETURN_IF_ERROR(AppendRange(begin, left, subtree, &proof));
      begin += left;
      count -= left;
    }
  }
  // The smaller tree itself is known to the verifier.
  if (begin != 0) REGISTRE_RETURN_IF_ERROR(AppendRange(begin, count, subtree, &proof));
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::StatusOr<Hash> RootOfFirst(uint64_t size, const SubtreeHash& subtree) {
  REGISTRE_RETURN_IF_ERROR(CheckTreeSize(size));
  if (size == 0) return EmptyRoot();
  return RootOfRange(0, size, subtree);
}

}  // namespace registre
