#include "ledger/proof/checkpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ledger/base/errors.h"
#include "ledger/proof/encoding.h"
#include "ledger/proof/trust_policy.h"
#include "tests/ledger/proof/naive_tree.h"
#include "tests/support/test_keys.h"

namespace registre::checkpoint_test {
namespace {

void ExpectReason(const absl::Status& status, std::string_view reason, std::string_view what) {
  ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
  ASSERT_EQ(ReasonOf(status), reason) << what;
}

// The text of the example of C2SP tlog-checkpoint.
constexpr char kExample[] =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

TEST(CheckpointTest, TheStandardsExample) {
  const auto checkpoint = ParseCheckpoint(kExample);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20'852'163u);
  EXPECT_EQ(Base64Of(checkpoint->root), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
  EXPECT_EQ(FormatCheckpoint(*checkpoint), kExample);
}

TEST(CheckpointTest, ExtensionLinesAreAllowed) {
  const auto checkpoint = ParseCheckpoint(std::string(kExample) + "extension\nanother one\n");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(FormatCheckpoint(*checkpoint), kExample);
}

TEST(CheckpointTest, EmptyLogsAndLargestOnes) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, kMaxTreeSize}) {
    const Checkpoint checkpoint{"o", size, EmptyRoot()};
    EXPECT_EQ(ParseCheckpoint(FormatCheckpoint(checkpoint)).value(), checkpoint);
  }
}

TEST(CheckpointTest, OtherTextsAreNone) {
  const std::string root = Base64Of(EmptyRoot());
  for (const std::string& text : std::vector<std::string>{"",
                                                          "\n",
                                                          "o\n",
                                                          "o\n1\n",
                                                          "o\n1\n" + root,
                                                          "\n1\n" + root + "\n",
                                                          "o\n\n" + root + "\n",
                                                          "o\n1\n\n",
                                                          "o\n01\n" + root + "\n",
                                                          "o\n00\n" + root + "\n",
                                                          "o\n-1\n" + root + "\n",
                                                          "o\n+1\n" + root + "\n",
                                                          "o\n 1\n" + root + "\n",
                                                          "o\n1 \n" + root + "\n",
                                                          "o\n0x1\n" + root + "\n",
                                                          "o\n9223372036854775808\n" + root + "\n",
                                                          "o\n18446744073709551616\n" + root + "\n",
                                                          "o\n1\n" + root + " \n",
                                                          "o\n1\n" + root + "=\n",
                                                          "o\n1\n" + root.substr(4) + "\n",
                                                          "o\n1\nAAAA" + root + "\n",
                                                          "o\n1\n" + root + "\n\n",
                                                          "o\n1\n" + root + "\nextension\n\n",
                                                          "o\n1\n" + root + "\nextension",
                                                          "o\r\n1\n" + root + "\n",
                                                          "o\xFF\n1\n" + root + "\n",
                                                          "o\n1\n" + root + "\next\tension\n"}) {
    ExpectReason(ParseCheckpoint(text).status(), "CHECKPOINT_INVALID", text);
  }
  ExpectReason(ParseCheckpoint(kExample + std::string(kMaxNoteBytes, 'x') + "\n").status(),
               "CHECKPOINT_INVALID", "too long");
}

// Test data: a log of three entries, checkpointed.
struct TestLog {
  SigningKey key = TestKey(1);
  VerifierKey verifier = TestLogKey("registre.example/test", key);
  std::vector<Hash> leaves = {LeafHash("a"), LeafHash("b"), LeafHash("c")};
  Checkpoint checkpoint{verifier.name, leaves.size(), NaiveRoot(leaves, 0, leaves.size())};

  Note SignedNote() const {
    const std::string text = FormatCheckpoint(checkpoint);
    return {text, {SignNote(text, verifier.name, key)}};
  }
};

TEST(CheckpointTest, WhatIsStampedHasTheLogsSignaturesAlone) {
  const TestLog log;
  Note note = log.SignedNote();
  const std::string signed_by_log = FormatNote(note);
  note.signatures.push_back(Cosign(note.text, "w.example", TestKey(2), absl::FromUnixSeconds(7)));
  note.signatures.push_back({"other.example", 1, "x"});
  EXPECT_EQ(StampedText(FormatNote(note)).value(), signed_by_log);
  EXPECT_EQ(StampedText(signed_by_log).value(), signed_by_log);
  // Both keys of a rotation.
  note.signatures.insert(note.signatures.begin(),
                         SignNote(note.text, log.verifier.name, TestKey(3)));
  EXPECT_EQ(ParseNote(*StampedText(FormatNote(note)))->signatures.size(), 2u);
  note.signatures.erase(note.signatures.begin(), note.signatures.begin() + 2);
  ExpectReason(StampedText(FormatNote(note)).status(), "CHECKPOINT_INVALID", "no signature");
  ExpectReason(StampedText("x").status(), "NOTE_INVALID", "no note");
  ExpectReason(StampedText("x\n\n\u2014 a AAAAAAA=\n").status(), "CHECKPOINT_INVALID", "no text");
}

TEST(CosignatureTest, IsOverTheTimeAndTheText) {
  const TestLog log;
  const SigningKey key = TestKey(2);
  const VerifierKey witness = TestWitnessKey("w.example", key);
  Note note = log.SignedNote();
  EXPECT_EQ(CosignedAt(note, witness).value(), std::nullopt);
  const absl::Time time = absl::FromUnixSeconds(1'679'315'147);
  note.signatures.push_back(Cosign(note.text, "w.example", key, time + absl::Milliseconds(999)));
  const NoteSignature& cosignature = note.signatures.back();
  EXPECT_EQ(CosignedAt(note, witness).value(), time);
  EXPECT_EQ(cosignature.key_id, witness.id());
  // C2SP tlog-cosignature, "Format" and "Ed25519 signed message".
  EXPECT_EQ(cosignature.signature.substr(0, 8), std::string("\0\0\0\0\x64\x18\x50\xCB", 8));
  EXPECT_TRUE(VerifyEd25519(key.public_key(), "cosignature/v1\ntime 1679315147\n" + note.text,
                            cosignature.signature.substr(8)));
  // The log's own key is none of a witness, nor the other way round.
  EXPECT_EQ(CosignedAt(note, log.verifier).value(), std::nullopt);
  EXPECT_EQ(CosignedAt(note, TestWitnessKey("w.example", TestKey(3))).value(), std::nullopt);
  EXPECT_EQ(CosignedAt(note, TestWitnessKey("v.example", key)).value(), std::nullopt);
}

TEST(CosignatureTest, EveryBitCounts) {
  const SigningKey key = TestKey(2);
  const VerifierKey witness = TestWitnessKey("w.example", key);
  const std::string text = kExample;
  const NoteSignature good = Cosign(text, "w.example", key, absl::FromUnixSeconds(1'679'315'147));
  for (size_t bit = 0; bit < 8 * good.signature.size(); ++bit) {
    NoteSignature changed = good;
    changed.signature[bit / 8] = static_cast<char>(changed.signature[bit / 8] ^ (1 << bit % 8));
    ExpectReason(CosignedAt({text, {changed}}, witness).status(), "SIGNATURE_INVALID",
                 std::to_string(bit));
    ExpectReason(CosignedAt({text, {good, changed}}, witness).status(), "SIGNATURE_INVALID",
                 std::to_string(bit));
  }
  for (size_t size = 0; size < good.signature.size() + 2; ++size) {
    NoteSignature cut = good;
    if (size == cut.signature.size()) continue;
    cut.signature.resize(size, 'x');
    ExpectReason(CosignedAt({text, {cut}}, witness).status(), "SIGNATURE_INVALID", "length");
  }
  ExpectReason(CosignedAt({text + "x\n", {good}}, witness).status(), "SIGNATURE_INVALID", "text");
}

TEST(CosignatureTest, OfSeveralTheEarliestCounts) {
  const SigningKey key = TestKey(2);
  const std::string text = kExample;
  const auto at = [&](int64_t seconds) {
    return Cosign(text, "w", key, absl::FromUnixSeconds(seconds));
  };
  const VerifierKey witness = TestWitnessKey("w", key);
  EXPECT_EQ(CosignedAt({text, {at(9), at(7), at(8)}}, witness).value(), absl::FromUnixSeconds(7));
  // The epoch, and what is before it.
  EXPECT_EQ(CosignedAt({text, {at(0)}}, witness).value(), absl::UnixEpoch());
  EXPECT_EQ(CosignedAt({text, {at(-7)}}, witness).value(), absl::UnixEpoch());
}

TEST(CosignatureTest, TimesAreAtMost63Bits) {
  const SigningKey key = TestKey(2);
  const VerifierKey witness = TestWitnessKey("w", key);
  const auto cosigned = [&](uint64_t seconds) {
    NoteSignature cosignature = Cosign(kExample, "w", key, absl::UnixEpoch());
    const Ed25519Signature signature =
        key.Sign(fmt::format("cosignature/v1\ntime {}\n{}", seconds, kExample));
    cosignature.signature.clear();
    for (int shift = 56; shift >= 0; shift -= 8) {
      cosignature.signature += static_cast<char>(seconds >> shift & 0xFF);
    }
    cosignature.signature.append(signature.begin(), signature.end());
    return CosignedAt({kExample, {cosignature}}, witness);
  };
  EXPECT_EQ(cosigned(INT64_MAX).value(), absl::FromUnixSeconds(INT64_MAX));
  ExpectReason(cosigned(uint64_t{1} << 63).status(), "SIGNATURE_INVALID", "2^63");
}

TlogProof ProofOf(const TestLog& log) {
  return {1, NaivePath(1, log.leaves, 0, log.leaves.size()), FormatNote(log.SignedNote())};
}

TEST(TlogProofTest, IsWrittenAsTheStandardSays) {
  const TestLog log;
  const TlogProof proof = ProofOf(log);
  const std::string text = FormatTlogProof(proof);
  EXPECT_EQ(text, fmt::format("c2sp.org/tlog-proof@v1\nindex 1\n{}\n{}\n\n{}",
                              Base64Of(log.leaves[0]), Base64Of(log.leaves[2]), proof.checkpoint));
  EXPECT_EQ(ParseTlogProof(text).value(), proof);
  const TlogProof alone{0, {}, "checkpoint"};
  EXPECT_EQ(ParseTlogProof(FormatTlogProof(alone)).value(), alone);
}

TEST(TlogProofTest, ExtraDataIsAllowed) {
  const TestLog log;
  std::string text = FormatTlogProof(ProofOf(log));
  text.insert(text.find("index"), "extra " + Base64OfBytes("anything") + "\n");
  EXPECT_EQ(ParseTlogProof(text).value(), ProofOf(log));
}

TEST(TlogProofTest, MalformedProofsAreRefused) {
  const std::string hash = Base64Of(EmptyRoot()) + "\n";
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  std::string many;
  for (size_t i = 0; i <= kMaxProofHashes; ++i) many += hash;
  for (const std::string& text :
       std::vector<std::string>{"",
                                "\n",
                                head,
                                head + "index 1\n",
                                head + "index 1",
                                head + "index 1\n" + hash,
                                "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
                                "index 1\n\nx",
                                head + "\nindex 1\n\nx",
                                head + "index 01\n\nx",
                                head + "index -1\n\nx",
                                head + "index  1\n\nx",
                                head + "index\n\nx",
                                head + "index 18446744073709551616\n\nx",
                                head + "Index 1\n\nx",
                                head + "index 1 \n\nx",
                                head + "index 1\nAAAA\n\nx",
                                head + "index 1\n " + hash + "\nx",
                                head + "index 1\r\n\r\nx",
                                head + "index 1\n" + many + "\nx",
                                head + "extra\nindex 1\n\nx",
                                head + "extra AAA\nindex 1\n\nx",
                                head + "extra AAAA\nextra AAAA\nindex 1\n\nx",
                                head + "extra AAAA\n\nx",
                                head + "index 1\nextra AAAA\n\nx"}) {
    ExpectReason(ParseTlogProof(text).status(), "PROOF_INVALID", text);
  }
  ExpectReason(ParseTlogProof(head + "index 1\n\n" + std::string(kMaxTlogProofBytes, 'x')).status(),
               "PROOF_INVALID", "too long");
  EXPECT_TRUE(ParseTlogProof(head + "index 1\n" + many.substr(hash.size()) + "\nx").ok());
}

// What an auditor does with it (C2SP tlog-proof, "Verifying a tlog proof").
absl::Status Verify(const std::string& text, const Hash& leaf, const TrustPolicy& policy) {
  const auto proof = ParseTlogProof(text);
  if (!proof.ok()) return proof.status();
  const auto trusted = VerifyCheckpoint(proof->checkpoint, policy);
  if (!trusted.ok()) return trusted.status();
  return VerifyInclusion(leaf, proof->index, trusted->checkpoint.size, proof->hashes,
                         trusted->checkpoint.root);
}

// Every byte of a proof, replaced by every other: refused, unless it stands in the line of a key
// that nobody knows, or in the extra data, which nothing authenticates.
TEST(TlogProofTest, EveryByteChangeIsFoundOrOfNoConsequence) {
  const TestLog log;
  TlogProof proof = ProofOf(log);
  Note note = log.SignedNote();
  note.signatures.push_back(Cosign(note.text, "w.example", TestKey(2), absl::FromUnixSeconds(7)));
  note.signatures.push_back({"other.example", 1, "unknown"});
  proof.checkpoint = FormatNote(note);
  std::string good = FormatTlogProof(proof);
  const size_t extra = good.find("index");
  good.insert(extra, "extra " + Base64OfBytes("anything") + "\n");
  const size_t index = good.find("index");
  const size_t unknown = good.find("\u2014 other.example");
  TrustPolicy policy = TrustPolicy::OfKeys({log.verifier});
  policy.witnesses = {{"w", TestWitnessKey("w.example", TestKey(2)), ""}};
  policy.quorum = "w";
  ASSERT_TRUE(Verify(good, log.leaves[1], policy).ok());
  size_t tried = 0;
  size_t harmless = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[at] = static_cast<char>(byte);
      if (changed == good) continue;
      ++tried;
      if (!Verify(changed, log.leaves[1], policy).ok()) continue;
      ++harmless;
      ASSERT_TRUE((at >= extra && at < index) || at >= unknown) << at << " " << byte;
    }
  }
  std::printf("%zu changes tried, %zu of them of no consequence\n", tried, harmless);
  EXPECT_GT(harmless, 0u);
  for (size_t size = 0; size < good.size(); ++size) {
    // The line of the unknown key may be missing whole.
    EXPECT_EQ(Verify(good.substr(0, size), log.leaves[1], policy).ok(), size == unknown) << size;
  }
}

TEST(HashFormsTest, OnlyThirtyTwoBytes) {
  const Hash hash = Sha256("test");
  EXPECT_EQ(HashFromBase64(Base64Of(hash)), hash);
  EXPECT_EQ(HashFromBytes(BytesOf(hash)), hash);
  EXPECT_EQ(Base64Of(hash).size(), 44u);
  EXPECT_FALSE(HashFromBytes(""));
  EXPECT_FALSE(HashFromBytes(BytesOf(hash) + "x"));
  EXPECT_FALSE(HashFromBase64(Base64OfBytes("short")));
  EXPECT_FALSE(HashFromBase64(""));
}

}  // namespace
}  // namespace registre::checkpoint_test
