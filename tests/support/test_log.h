// A log that grows in memory, and the checkpoints it signs: all of it is test data.
#ifndef REGISTRE_TESTS_SUPPORT_TEST_LOG_H_
#define REGISTRE_TESTS_SUPPORT_TEST_LOG_H_

#include <string>
#include <vector>

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/note.h"
#include "ledger/proof/tree_proof.h"
#include "tests/support/test_keys.h"

namespace registre::testing {

// Logs of other words differ from the first leaf on that one of them has and the other has not.
class TestLog {
 public:
  TestLog(std::string origin, const SigningKey& key) : origin_(std::move(origin)), key_(key) {}

  void Add(int count, const std::string& word = "leaf") {
    for (int i = 0; i < count; ++i) {
      leaves_.push_back(LeafHash(word + std::to_string(leaves_.size())));
    }
  }
  uint64_t size() const { return leaves_.size(); }
  const std::string& origin() const { return origin_; }
  VerifierKey verifier() const { return TestLogKey(origin_, key_); }

  Hash Root(uint64_t size) const { return *RootOfFirst(size, Hashes()); }
  Proof Consistency(uint64_t from, uint64_t to) const {
    return from == 0 ? Proof() : *ConsistencyProof(from, to, Hashes());
  }
  std::string Sign(uint64_t size) const { return Sign({origin_, size, Root(size)}); }
  std::string Sign(const Checkpoint& checkpoint) const {
    const std::string text = FormatCheckpoint(checkpoint);
    return FormatNote({text, {SignNote(text, origin_, key_)}});
  }

 private:
  SubtreeHash Hashes() const {
    return [this](int height, uint64_t index) -> absl::StatusOr<Hash> {
      return Subtree(height, index);
    };
  }
  Hash Subtree(int height, uint64_t index) const {
    if (height == 0) return leaves_.at(index);
    return NodeHash(Subtree(height - 1, 2 * index), Subtree(height - 1, 2 * index + 1));
  }

  const std::string origin_;
  const SigningKey key_;
  std::vector<Hash> leaves_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_TEST_LOG_H_
