// RFC 6962 section 2.1, as its definition reads: slow, for comparison.
#ifndef REGISTRE_TESTS_LEDGER_PROOF_NAIVE_TREE_H_
#define REGISTRE_TESTS_LEDGER_PROOF_NAIVE_TREE_H_

#include <cstddef>
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

}  // namespace registre

#endif  // REGISTRE_TESTS_LEDGER_PROOF_NAIVE_TREE_H_
