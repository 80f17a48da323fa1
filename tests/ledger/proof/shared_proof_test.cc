#include "ledger/proof/shared_proof.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "ledger/base/errors.h"
#include "tests/ledger/proof/naive_tree.h"
#include "tests/support/bundle_world.h"
#include "tests/support/test_seed.h"

namespace registre::testing::shared_proof_test {
namespace {

std::vector<Hash> Leaves(size_t count) {
  std::vector<Hash> leaves;
  for (size_t i = 0; i < count; ++i) leaves.push_back(LeafHash("leaf " + std::to_string(i)));
  return leaves;
}

std::vector<PlacedLeaf> Placed(const std::vector<Hash>& leaves,
                               const std::vector<uint64_t>& indices) {
  std::vector<PlacedLeaf> placed;
  for (const uint64_t index : indices) placed.push_back({index, leaves[index]});
  return placed;
}

// Every subset of the leaves of every small tree, with everything that may be spoilt.
TEST(SharedProofTest, EverySubsetOfSmallTrees) {
  int spoilt = 0;
  for (size_t size = 1; size <= 9; ++size) {
    const std::vector<Hash> leaves = Leaves(size);
    const Hash root = NaiveRoot(leaves, 0, size);
    for (uint32_t subset = 1; subset < uint32_t{1} << size; ++subset) {
      std::vector<uint64_t> indices;
      for (uint64_t i = 0; i < size; ++i) {
        if ((subset >> i & 1) != 0) indices.push_back(i);
      }
      const auto proof = MakeSharedProof(indices, size, HashesOf(leaves));
      ASSERT_TRUE(proof.ok()) << proof.status();
      std::vector<PlacedLeaf> placed = Placed(leaves, indices);
      ASSERT_TRUE(VerifySharedProof(placed, size, *proof, root).ok()) << size << " " << subset;
      const auto refused = [&](const std::vector<PlacedLeaf>& other, uint64_t other_size,
                               const SharedProof& other_proof) {
        ++spoilt;
        return ReasonOf(VerifySharedProof(other, other_size, other_proof, root)) == "PROOF_INVALID";
      };
      for (size_t i = 0; i < placed.size(); ++i) {
        auto other = placed;
        other[i].leaf_hash[31] ^= 1;
        EXPECT_TRUE(refused(other, size, *proof));
        other = placed;
        other.erase(other.begin() + static_cast<int>(i));
        EXPECT_TRUE(refused(other, size, *proof));
        other = placed;
        ++other[i].index;
        EXPECT_TRUE(refused(other, size, *proof)) << size << " " << subset;
      }
      for (size_t i = 0; i < proof->size(); ++i) {
        auto other = *proof;
        other[i][0] ^= 0x80;
        EXPECT_TRUE(refused(placed, size, other));
        other = *proof;
        other.erase(other.begin() + static_cast<int>(i));
        EXPECT_TRUE(refused(placed, size, other));
      }
      auto longer = *proof;
      longer.push_back(root);
      EXPECT_TRUE(refused(placed, size, longer));
    }
  }
  std::printf("%d spoilt proofs\n", spoilt);
}

TEST(SharedProofTest, OneLeafHasItsAuditPathFromLeftToRight) {
  for (size_t size = 1; size <= 40; ++size) {
    const std::vector<Hash> leaves = Leaves(size);
    for (uint64_t index = 0; index < size; ++index) {
      const std::vector<uint64_t> indices = {index};
      auto shared = *MakeSharedProof(indices, size, HashesOf(leaves));
      auto path = NaivePath(index, leaves, 0, size);
      std::sort(shared.begin(), shared.end());
      std::sort(path.begin(), path.end());
      EXPECT_EQ(shared, path) << index << " of " << size;
    }
  }
}

TEST(SharedProofTest, RandomSubsetsOfLargerTrees) {
  std::mt19937_64 rng(TestSeed());
  for (int round = 0; round < 50; ++round) {
    const uint64_t size = 1 + rng() % 700;
    const std::vector<Hash> leaves = Leaves(size);
    std::vector<uint64_t> indices;
    for (uint64_t i = 0; i < size; ++i) {
      if (rng() % 16 == 0) indices.push_back(i);
    }
    if (indices.empty()) indices.push_back(size - 1);
    const auto proof = MakeSharedProof(indices, size, HashesOf(leaves));
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_TRUE(
        VerifySharedProof(Placed(leaves, indices), size, *proof, NaiveRoot(leaves, 0, size)).ok());
  }
}

TEST(SharedProofTest, WhatCannotBeProven) {
  const std::vector<Hash> leaves = Leaves(4);
  const SubtreeHash hashes = HashesOf(leaves);
  for (const std::vector<uint64_t>& indices : {std::vector<uint64_t>{}, {1, 1}, {2, 1}, {0, 4}}) {
    EXPECT_EQ(ReasonOf(MakeSharedProof(indices, 4, hashes).status()), "SIZE_INVALID");
  }
  EXPECT_EQ(ReasonOf(VerifySharedProof({}, 4, {}, NaiveRoot(leaves, 0, 4))), "PROOF_INVALID");
  EXPECT_EQ(ReasonOf(VerifySharedProof({}, 0, {}, EmptyRoot())), "PROOF_INVALID");
}

}  // namespace
}  // namespace registre::testing::shared_proof_test
