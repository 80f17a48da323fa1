#include "ledger/proof/tree_proof.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "ledger/base/errors.h"
#include "tests/ledger/proof/naive_tree.h"
#include "tests/support/test_seed.h"

namespace registre::tree_proof_test {
namespace {

// Test data.
std::vector<Hash> LeavesOf(size_t size) {
  std::vector<Hash> leaves;
  for (size_t i = 0; i < size; ++i) leaves.push_back(LeafHash(fmt::format("entry {}", i)));
  return leaves;
}

SubtreeHash SubtreesOf(const std::vector<Hash>& leaves) {
  return [&leaves](int height, uint64_t index) -> absl::StatusOr<Hash> {
    const uint64_t end = (index + 1) << height;
    if (end > leaves.size()) return absl::InternalError("outside the tree");
    return NaiveRoot(leaves, index << height, end);
  };
}

Hash FromHex(std::string_view hex) {
  Hash hash;
  for (size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<uint8_t>(std::stoi(std::string(hex.substr(2 * i, 2)), nullptr, 16));
  }
  return hash;
}

// The eight leaves that the Certificate Transparency programs test their trees with, and what their
// tests publish of them.
std::vector<Hash> PublishedLeaves() {
  const std::string inputs[] = {
      {},
      {"\x00", 1},
      {"\x10"},
      {"\x20\x21"},
      {"\x30\x31"},
      {"\x40\x41\x42\x43"},
      {"\x50\x51\x52\x53\x54\x55\x56\x57"},
      {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"}};
  std::vector<Hash> leaves;
  for (const std::string& input : inputs) leaves.push_back(Sha256(std::string(1, '\0') + input));
  return leaves;
}

constexpr const char* kPublishedRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

struct PublishedProof {
  uint64_t first;  // the index, or the size of the smaller tree
  uint64_t size;
  std::vector<std::string> hashes;
};

Proof HashesOf(const PublishedProof& published) {
  Proof proof;
  for (const std::string& hash : published.hashes) proof.push_back(FromHex(hash));
  return proof;
}

TEST(TreeProofTest, PublishedInclusionProofs) {
  const PublishedProof published[] = {
      {0, 1, {}},
      {0,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {5,
       8,
       {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
      {1,
       5,
       {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
  const std::vector<Hash> leaves = PublishedLeaves();
  for (const PublishedProof& proof : published) {
    const auto made = InclusionProof(proof.first, proof.size, SubtreesOf(leaves));
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(*made, HashesOf(proof));
    EXPECT_TRUE(VerifyInclusion(leaves[proof.first], proof.first, proof.size, HashesOf(proof),
                                FromHex(kPublishedRoots[proof.size]))
                    .ok());
  }
}

TEST(TreeProofTest, PublishedConsistencyProofs) {
  const PublishedProof published[] = {
      {1, 1, {}},
      {1,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {6,
       8,
       {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2,
       5,
       {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
  const std::vector<Hash> leaves = PublishedLeaves();
  for (const PublishedProof& proof : published) {
    const auto made = ConsistencyProof(proof.first, proof.size, SubtreesOf(leaves));
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(*made, HashesOf(proof));
    EXPECT_TRUE(VerifyConsistency(proof.first, FromHex(kPublishedRoots[proof.first]), proof.size,
                                  FromHex(kPublishedRoots[proof.size]), HashesOf(proof))
                    .ok());
  }
}

TEST(TreeProofTest, PublishedRoots) {
  const std::vector<Hash> leaves = PublishedLeaves();
  for (uint64_t size = 0; size <= 8; ++size) {
    const auto root = RootOfFirst(size, SubtreesOf(leaves));
    ASSERT_TRUE(root.ok()) << root.status();
    EXPECT_EQ(HexOf(*root), kPublishedRoots[size]);
  }
}

void ExpectInclusion(const std::vector<Hash>& leaves, uint64_t index, uint64_t size) {
  const auto proof = InclusionProof(index, size, SubtreesOf(leaves));
  ASSERT_TRUE(proof.ok()) << proof.status();
  ASSERT_EQ(*proof, NaivePath(index, leaves, 0, size)) << index << " of " << size;
  const Hash root = NaiveRoot(leaves, 0, size);
  const absl::Status status = VerifyInclusion(leaves[index], index, size, *proof, root);
  ASSERT_TRUE(status.ok()) << index << " of " << size << ": " << status;
}

void ExpectConsistency(const std::vector<Hash>& leaves, uint64_t from, uint64_t to) {
  const auto proof = ConsistencyProof(from, to, SubtreesOf(leaves));
  ASSERT_TRUE(proof.ok()) << proof.status();
  if (from == 0) {
    ASSERT_TRUE(proof->empty());
  } else {
    ASSERT_EQ(*proof, NaiveSubproof(from, leaves, 0, to, true)) << from << " to " << to;
  }
  const absl::Status status =
      VerifyConsistency(from, NaiveRoot(leaves, 0, from), to, NaiveRoot(leaves, 0, to), *proof);
  ASSERT_TRUE(status.ok()) << from << " to " << to << ": " << status;
}

TEST(TreeProofTest, EverySmallTreeIsThatOfTheDefinition) {
  const std::vector<Hash> leaves = LeavesOf(70);
  for (uint64_t size = 0; size <= leaves.size(); ++size) {
    EXPECT_EQ(RootOfFirst(size, SubtreesOf(leaves)).value(), NaiveRoot(leaves, 0, size));
    for (uint64_t other = 0; other <= size; ++other) {
      if (other < size) ExpectInclusion(leaves, other, size);
      ExpectConsistency(leaves, other, size);
    }
  }
}

TEST(TreeProofTest, LargerTreesAreThoseOfTheDefinition) {
  const std::vector<Hash> leaves = LeavesOf(3'000);
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 60; ++i) {
    const uint64_t size = 1 + random() % leaves.size();
    EXPECT_EQ(RootOfFirst(size, SubtreesOf(leaves)).value(), NaiveRoot(leaves, 0, size));
    ExpectInclusion(leaves, random() % size, size);
    ExpectConsistency(leaves, random() % (size + 1), size);
  }
}

Hash Flipped(Hash hash, size_t byte) {
  hash[byte] ^= 0x10;
  return hash;
}

// Each proof with one hash changed, removed, put in, doubled or exchanged with the next.
std::vector<Proof> SpoiltOf(const Proof& proof) {
  std::vector<Proof> spoilt;
  for (size_t at = 0; at <= proof.size(); ++at) {
    for (const Hash& extra : {Hash{}, EmptyRoot(), at < proof.size() ? proof[at] : Hash{1}}) {
      spoilt.push_back(proof);
      spoilt.back().insert(spoilt.back().begin() + at, extra);
    }
    if (at == proof.size()) break;
    for (size_t byte = 0; byte < 32; ++byte) {
      spoilt.push_back(proof);
      spoilt.back()[at] = Flipped(proof[at], byte);
    }
    spoilt.push_back(proof);
    spoilt.back().erase(spoilt.back().begin() + at);
    if (at + 1 == proof.size()) continue;
    spoilt.push_back(proof);
    std::swap(spoilt.back()[at], spoilt.back()[at + 1]);
  }
  return spoilt;
}

void ExpectRefused(const absl::Status& status, const std::string& what) {
  ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
  ASSERT_EQ(ReasonOf(status), "PROOF_INVALID") << what;
}

TEST(TreeProofTest, SpoiltInclusionProofsAreRefused) {
  const std::vector<Hash> leaves = LeavesOf(17);
  for (uint64_t size = 1; size <= leaves.size(); ++size) {
    const Hash root = NaiveRoot(leaves, 0, size);
    for (uint64_t index = 0; index < size; ++index) {
      const Proof proof = NaivePath(index, leaves, 0, size);
      const std::string what = fmt::format("{} of {}", index, size);
      for (const Proof& spoilt : SpoiltOf(proof)) {
        ExpectRefused(VerifyInclusion(leaves[index], index, size, spoilt, root), what);
      }
      for (uint64_t other = 0; other <= size + 2; ++other) {
        if (other == index) continue;
        ExpectRefused(VerifyInclusion(leaves[index], other, size, proof, root), what);
        if (other >= size) continue;
        ExpectRefused(VerifyInclusion(leaves[other], index, size, proof, root), what);
      }
      for (size_t byte = 0; byte < 32; ++byte) {
        ExpectRefused(VerifyInclusion(leaves[index], index, size, proof, Flipped(root, byte)),
                      what);
        ExpectRefused(VerifyInclusion(Flipped(leaves[index], byte), index, size, proof, root),
                      what);
      }
    }
  }
}

// A path leads to the same root in every tree in which it takes the same turns: only the checkpoint
// that bears root and size binds the size. So for another size the verdict is the definition's.
TEST(TreeProofTest, OtherSizesAreJudgedAsTheDefinitionDoes) {
  const std::vector<Hash> leaves = LeavesOf(17);
  size_t refused = 0;
  for (uint64_t size = 1; size <= leaves.size(); ++size) {
    const Hash root = NaiveRoot(leaves, 0, size);
    for (uint64_t index = 0; index < size; ++index) {
      const Proof proof = NaivePath(index, leaves, 0, size);
      for (uint64_t other = 0; other <= 2 * size + 2; ++other) {
        const bool same = NaiveRootOfPath(leaves[index], index, other, proof) == root;
        ASSERT_EQ(VerifyInclusion(leaves[index], index, other, proof, root).ok(), same)
            << index << " of " << size << " as of " << other;
        refused += !same;
      }
    }
  }
  EXPECT_GT(refused, 1'000u);
}

TEST(TreeProofTest, SpoiltConsistencyProofsAreRefused) {
  const std::vector<Hash> leaves = LeavesOf(17);
  for (uint64_t to = 0; to <= leaves.size(); ++to) {
    const Hash to_root = NaiveRoot(leaves, 0, to);
    for (uint64_t from = 0; from <= to; ++from) {
      const Hash from_root = NaiveRoot(leaves, 0, from);
      const Proof proof = from == 0 ? Proof() : NaiveSubproof(from, leaves, 0, to, true);
      const std::string what = fmt::format("{} to {}", from, to);
      for (const Proof& spoilt : SpoiltOf(proof)) {
        ExpectRefused(VerifyConsistency(from, from_root, to, to_root, spoilt), what);
      }
      for (size_t byte = 0; byte < 32; ++byte) {
        ExpectRefused(VerifyConsistency(from, Flipped(from_root, byte), to, to_root, proof), what);
        // An empty log is the start of every one.
        if (from == 0 && to != 0) continue;
        ExpectRefused(VerifyConsistency(from, from_root, to, Flipped(to_root, byte), proof), what);
      }
      for (uint64_t other = 0; other <= leaves.size(); ++other) {
        if (other == from || from == 0) continue;
        // Another root of the same log is none of that size.
        ExpectRefused(VerifyConsistency(from, NaiveRoot(leaves, 0, other), to, to_root, proof),
                      what);
      }
      if (from < to) ExpectRefused(VerifyConsistency(to, to_root, from, from_root, proof), what);
    }
  }
}

TEST(TreeProofTest, OtherSizesOfConsistencyAreJudgedAsTheDefinitionDoes) {
  const std::vector<Hash> leaves = LeavesOf(17);
  for (uint64_t to = 2; to <= leaves.size(); ++to) {
    const Hash to_root = NaiveRoot(leaves, 0, to);
    for (uint64_t from = 1; from < to; ++from) {
      const Hash from_root = NaiveRoot(leaves, 0, from);
      const Proof proof = NaiveSubproof(from, leaves, 0, to, true);
      for (uint64_t m = 1; m <= to + 2; ++m) {
        for (uint64_t n = m + 1; n <= 2 * to + 2; ++n) {
          const auto roots = NaiveRootsOfSubproof(m, n, true, from_root, proof);
          const bool same = roots && roots->first == from_root && roots->second == to_root;
          ASSERT_EQ(VerifyConsistency(m, from_root, n, to_root, proof).ok(), same)
              << from << " to " << to << " as " << m << " to " << n;
        }
      }
    }
  }
}

TEST(TreeProofTest, AForkIsNoContinuation) {
  std::vector<Hash> leaves = LeavesOf(20);
  std::vector<Hash> forked = leaves;
  forked[3] = LeafHash("another entry");
  for (uint64_t from = 4; from <= 20; ++from) {
    const Proof proof = NaiveSubproof(from, forked, 0, 20, true);
    ExpectRefused(
        VerifyConsistency(from, NaiveRoot(leaves, 0, from), 20, NaiveRoot(forked, 0, 20), proof),
        std::to_string(from));
  }
}

TEST(TreeProofTest, SizesOutsideTheLogAreRefused) {
  const SubtreeHash none = [](int, uint64_t) -> absl::StatusOr<Hash> { return Hash{}; };
  for (const absl::Status& status :
       {InclusionProof(0, 0, none).status(), InclusionProof(5, 5, none).status(),
        InclusionProof(0, kMaxTreeSize + 1, none).status(), ConsistencyProof(6, 5, none).status(),
        ConsistencyProof(0, UINT64_MAX, none).status(), RootOfFirst(UINT64_MAX, none).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(status), "SIZE_INVALID");
  }
  EXPECT_TRUE(ConsistencyProof(0, 0, none)->empty());
}

TEST(TreeProofTest, TheLargestTreesHaveNoMoreHashesThanTheLimit) {
  const SubtreeHash any = [](int height, uint64_t index) -> absl::StatusOr<Hash> {
    EXPECT_LE(index, kMaxTreeSize >> height);
    return Sha256(fmt::format("{} {}", height, index));
  };
  std::mt19937_64 random(TestSeed());
  const auto root = RootOfFirst(kMaxTreeSize, any);
  ASSERT_TRUE(root.ok());
  for (const uint64_t index : {uint64_t{0}, kMaxTreeSize - 1, random() % kMaxTreeSize}) {
    const auto proof = InclusionProof(index, kMaxTreeSize, any);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_LE(proof->size(), kMaxProofHashes);
    EXPECT_GE(proof->size(), 62u);
  }
  // One hash more than an inclusion proof, at most.
  const uint64_t size = uint64_t{1} << 62;
  const auto proof = ConsistencyProof(size - 1, size, any);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->size(), kMaxProofHashes);
}

TEST(TreeProofTest, ErrorsOfTheSourceAreHandedOn) {
  const SubtreeHash failing = [](int, uint64_t) -> absl::StatusOr<Hash> {
    return absl::UnavailableError("disk");
  };
  EXPECT_EQ(InclusionProof(1, 7, failing).status().message(), "disk");
  EXPECT_EQ(ConsistencyProof(3, 7, failing).status().message(), "disk");
  EXPECT_EQ(RootOfFirst(7, failing).status().message(), "disk");
}

}  // namespace
}  // namespace registre::tree_proof_test
