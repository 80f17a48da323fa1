// RFC 6962 section 2.1, as its definition reads: slow, for comparison.
#ifndef REGISTRE_TESTS_LEDGER_PROOF_NAIVE_TREE_H_
#define REGISTRE_TESTS_LEDGER_PROOF_NAIVE_TREE_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/proof/merkle.h"

namespace registre {

// MTH of leaves[begin, end), given as leaf hashes.
inline Hash NaiveRoot(const std::vector<Hash>& leaves, size_t begin, size_t end) {
  const size_t n = end - begin;
  if (n == 0) return EmptyRoot();
  if (n == 1) return leaves[begin];
  size_t k = 1;
  while (2 * k < n) k *= 2;  // the largest power of two smaller than n
  return NodeHash(NaiveRoot(leaves, begin, begin + k), NaiveRoot(leaves, begin + k, end));
}

// The largest power of two smaller than n, which is at least 2.
inline size_t NaiveSplit(size_t n) {
  size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

// PATH(m, D) of section 2.1.1, D being leaves[begin, end).
inline std::vector<Hash> NaivePath(size_t m, const std::vector<Hash>& leaves, size_t begin,
                                   size_t end) {
  if (end - begin == 1) return {};
  const size_t k = NaiveSplit(end - begin);
  std::vector<Hash> path;
  if (m < k) {
    path = NaivePath(m, leaves, begin, begin + k);
    path.push_back(NaiveRoot(leaves, begin + k, end));
  } else {
    path = NaivePath(m - k, leaves, begin + k, end);
    path.push_back(NaiveRoot(leaves, begin, begin + k));
  }
  return path;
}

// SUBPROOF(m, D, b) of section 2.1.2; PROOF(m, D) is SUBPROOF(m, D, true), for 0 < m < n.
inline std::vector<Hash> NaiveSubproof(size_t m, const std::vector<Hash>& leaves, size_t begin,
                                       size_t end, bool b) {
  const size_t n = end - begin;
  if (m == n) return b ? std::vector<Hash>() : std::vector<Hash>{NaiveRoot(leaves, begin, end)};
  const size_t k = NaiveSplit(n);
  std::vector<Hash> proof;
  if (m <= k) {
    proof = NaiveSubproof(m, leaves, begin, begin + k, b);
    proof.push_back(NaiveRoot(leaves, begin + k, end));
  } else {
    proof = NaiveSubproof(m - k, leaves, begin + k, end, false);
    proof.push_back(NaiveRoot(leaves, begin, begin + k));
  }
  return proof;
}

// The root that PATH(m, D) leads to, D having n leaves; nothing when the path has another length.
inline std::optional<Hash> NaiveRootOfPath(const Hash& leaf, size_t m, size_t n,
                                           std::vector<Hash> path) {
  if (m >= n) return std::nullopt;
  if (n == 1) return path.empty() ? std::optional(leaf) : std::nullopt;
  if (path.empty()) return std::nullopt;
  const Hash last = path.back();
  path.pop_back();
  const size_t k = NaiveSplit(n);
  const bool left = m < k;
  const std::optional<Hash> below =
      left ? NaiveRootOfPath(leaf, m, k, path) : NaiveRootOfPath(leaf, m - k, n - k, path);
  if (!below) return std::nullopt;
  return left ? NodeHash(*below, last) : NodeHash(last, *below);
}

// The roots of the first m and of all n leaves that SUBPROOF(m, D, b) leads to.
inline std::optional<std::pair<Hash, Hash>> NaiveRootsOfSubproof(size_t m, size_t n, bool b,
                                                                 const Hash& first,
                                                                 std::vector<Hash> proof) {
  if (m == n && b) return proof.empty() ? std::optional(std::pair(first, first)) : std::nullopt;
  if (proof.empty()) return std::nullopt;
  const Hash last = proof.back();
  proof.pop_back();
  if (m == n) return proof.empty() ? std::optional(std::pair(last, last)) : std::nullopt;
  const size_t k = NaiveSplit(n);
  if (m <= k) {
    const auto below = NaiveRootsOfSubproof(m, k, b, first, proof);
    if (!below) return std::nullopt;
    return std::pair(below->first, NodeHash(below->second, last));
  }
  const auto below = NaiveRootsOfSubproof(m - k, n - k, false, first, proof);
  if (!below) return std::nullopt;
  return std::pair(NodeHash(last, below->first), NodeHash(last, below->second));
}

}  // namespace registre

#endif  // REGISTRE_TESTS_LEDGER_PROOF_NAIVE_TREE_H_
