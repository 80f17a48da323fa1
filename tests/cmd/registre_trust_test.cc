// cmd/registre/trust.h and the commands that verify proofs and checkpoints: run as from a shell, on
// files of test data.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cmd/registre/command.h"
#include "cmd/registre/trust.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/tree_proof.h"
#include "tests/support/bundle_world.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_keys.h"
#include "tests/support/test_tsa.h"

namespace registre::cli::registre_trust_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kOrigin[] = "registre.example/test";

// A folder with a log of seven events: checkpoints of three and of seven, proofs, a policy.
class VerifyCommand : public ::testing::Test {
 protected:
  VerifyCommand() {
    for (int i = 0; i < 7; ++i) leaves_.push_back(LeafHash(Event(i)));
    Write("event", Event(4));
    Write("keys", "# test data\n\n" + vkey_ + "\r\n" + other_vkey_);
    WriteCheckpoint("old", 3);
    WriteCheckpoint("new", 7);
    std::string hashes;
    const Proof consistency = *ConsistencyProof(3, 7, Subtrees());
    for (const Hash& hash : consistency) hashes += Base64Of(hash) + "\n";
    Write("consistency", hashes);
    Write("proof", FormatTlogProof({4, *InclusionProof(4, 7, Subtrees()), NoteOf(7)}));
    Write("policy", fmt::format("log {}\nwitness w1 {}\nwitness w2 {}\nquorum w1\n", vkey_,
                                FormatVerifierKey(TestWitnessKey("w1.example", TestKey(11))),
                                FormatVerifierKey(TestWitnessKey("w2.example", TestKey(12)))));
  }

  static std::string Event(int i) { return fmt::format("event {}", i); }

  SubtreeHash Subtrees() const {
    return [this](int height, uint64_t index) -> absl::StatusOr<Hash> {
      if (height == 0) return leaves_.at(index);
      return NodeHash(*Subtrees()(height - 1, 2 * index), *Subtrees()(height - 1, 2 * index + 1));
    };
  }

  std::string NoteOf(uint64_t size, const std::string& origin = kOrigin) const {
    const std::string text = FormatCheckpoint({origin, size, *RootOfFirst(size, Subtrees())});
    return FormatNote({text,
                       {SignNote(text, origin, TestKey(1)),
                        Cosign(text, "w1.example", TestKey(11), absl::FromUnixSeconds(86'400))}});
  }
  void WriteCheckpoint(const std::string& name, uint64_t size) { Write(name, NoteOf(size)); }

  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.Path(name), std::ios::binary) << bytes;
  }
  std::string At(const std::string& name) const { return folder_.Path(name); }

  int Run(std::vector<std::string> arguments) {
    std::ostringstream out;
    std::ostringstream err;
    Console console{out, err};
    const int exit = cli::Run(std::move(arguments), console);
    out_ = out.str();
    err_ = err.str();
    return exit;
  }

  const TempFolder folder_;
  const std::string vkey_ = FormatVerifierKey(TestLogKey(kOrigin, TestKey(1)));
  const std::string other_vkey_ = FormatVerifierKey(TestLogKey("other.example", TestKey(2)));
  std::vector<Hash> leaves_;
  std::string out_;
  std::string err_;
};

TEST_F(VerifyCommand, AProofIsVerified) {
  ASSERT_EQ(Run({"verify", "proof", At("proof"), "--event", At("event"), "--key", vkey_}),
            kExitDone)
      << err_;
  EXPECT_THAT(err_, IsEmpty());
  for (const std::string& said :
       {std::string("Verified: "), std::string("position 4"), std::string(kOrigin), vkey_,
        std::string("Events"), std::string("7"), HexOf(Sha256(Event(4))),
        std::string("not asked")}) {
    EXPECT_THAT(out_, HasSubstr(said));
  }
}

TEST_F(VerifyCommand, AnotherEventIsRefused) {
  Write("event", Event(5));
  EXPECT_EQ(Run({"verify", "proof", At("proof"), "--event", At("event"), "--key", vkey_}),
            kExitRefused);
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_THAT(err_, HasSubstr("leads to the root"));
  EXPECT_THAT(err_, HasSubstr(At("event")));
}

TEST_F(VerifyCommand, AnotherKeyIsRefused) {
  EXPECT_EQ(Run({"verify", "proof", At("proof"), "--event", At("event"), "--key", other_vkey_}),
            kExitRefused);
  EXPECT_THAT(err_, HasSubstr("bears no signature of a key that you trust"));
}

TEST_F(VerifyCommand, ASpoiltProofIsRefused) {
  Write("proof", FormatTlogProof({3, *InclusionProof(4, 7, Subtrees()), NoteOf(7)}));
  EXPECT_EQ(Run({"verify", "proof", At("proof"), "--event", At("event"), "--key", vkey_}),
            kExitRefused);
  Write("proof", "no proof");
  EXPECT_EQ(Run({"verify", "proof", At("proof"), "--event", At("event"), "--key", vkey_}),
            kExitRefused);
  EXPECT_THAT(err_, HasSubstr(At("proof")));
}

TEST_F(VerifyCommand, ACheckpointIsVerifiedUnderAPolicy) {
  ASSERT_EQ(Run({"verify", "checkpoint", At("new"), "--policy", At("policy")}), kExitDone) << err_;
  EXPECT_THAT(out_, HasSubstr("w1, 02/01/1970 00:00:00 UTC"));
  EXPECT_THAT(out_, Not(HasSubstr("w2")));
  Write("policy", fmt::format("log {}\nwitness w2 {}\nquorum w2\n", vkey_,
                              FormatVerifierKey(TestWitnessKey("w2.example", TestKey(12)))));
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--policy", At("policy")}), kExitRefused);
  EXPECT_THAT(err_, HasSubstr("quorum `w2`"));
  Write("policy", fmt::format("log {}\nwitness w2 {}\nquorum none\n", vkey_,
                              FormatVerifierKey(TestWitnessKey("w2.example", TestKey(12)))));
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--policy", At("policy")}), kExitDone);
  EXPECT_THAT(out_, HasSubstr("none of the policy's witnesses"));
  Write("policy", "quorum\n");
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--policy", At("policy")}), kExitRefused);
  EXPECT_THAT(err_, HasSubstr(At("policy") + ": the trust policy is malformed: line 1"));
}

TEST_F(VerifyCommand, AContinuationIsVerified) {
  const std::vector<std::string> command = {"verify",          "checkpoint", At("new"),
                                            "--older",         At("old"),    "--proof",
                                            At("consistency"), "--key",      At("keys")};
  ASSERT_EQ(Run(command), kExitDone) << err_;
  EXPECT_THAT(out_, HasSubstr("begins with the 3 events"));
  // Not of these two.
  WriteCheckpoint("old", 2);
  EXPECT_EQ(Run(command), kExitRefused);
  // A fork.
  leaves_[1] = LeafHash("another");
  WriteCheckpoint("old", 3);
  EXPECT_EQ(Run(command), kExitRefused);
  EXPECT_THAT(err_, HasSubstr("forked or changed"));
}

// Another log of the same authority, with the same events: the proof itself holds.
TEST_F(VerifyCommand, ACheckpointOfAnotherLogIsNoOlderOne) {
  Write("old", NoteOf(3, "other.example"));
  Write("keys", vkey_ + "\n" + FormatVerifierKey(TestLogKey("other.example", TestKey(1))) + "\n");
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--older", At("old"), "--proof",
                 At("consistency"), "--key", At("keys")}),
            kExitRefused);
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_THAT(err_, AllOf(HasSubstr("ORIGIN_DIFFERENT"), HasSubstr("of the log other.example"),
                          HasSubstr("one cannot continue the other")));
}

// A bundle that was kept holds a checkpoint, which is an older one as well as any.
TEST_F(VerifyCommand, AContinuationOfABundleIsVerified) {
  testing::BundleWorld world;
  const std::string key = FormatVerifierKey(world.policy().logs.at(0).key);
  const std::string bundle = world.Build(testing::BundleWorld::kTag);
  Write("bundle", bundle);
  const uint64_t size = world.events.size();
  world.Add("structure_registered { structure_id: 's-after' }");
  const auto write_newer = [&] {
    Write("new", world.Note());
    std::string hashes;
    const Proof proof = *ConsistencyProof(size, size + 1, world.Hashes());
    for (const Hash& hash : proof) hashes += Base64Of(hash) + "\n";
    Write("consistency", hashes);
  };
  write_newer();
  const std::vector<std::string> command = {"verify",          "checkpoint", At("new"),
                                            "--older",         At("bundle"), "--proof",
                                            At("consistency"), "--key",      key};
  ASSERT_EQ(Run(command), kExitDone) << err_;
  EXPECT_THAT(out_, HasSubstr(fmt::format("begins with the {} events", size)));
  // Signed by another, damaged, and no continuation of it.
  std::vector<std::string> of_another = command;
  of_another.back() = vkey_;
  EXPECT_EQ(Run(of_another), kExitRefused);
  Write("bundle", bundle.substr(0, bundle.size() - 1));
  EXPECT_EQ(Run(command), kExitRefused);
  EXPECT_THAT(err_, AllOf(HasSubstr(At("bundle")), HasSubstr("BUNDLE_INVALID")));
  Write("bundle", bundle);
  world.events[1].set_salt("another");
  write_newer();
  EXPECT_EQ(Run(command), kExitRefused);
  EXPECT_THAT(err_, AllOf(HasSubstr("PROOF_INVALID"), HasSubstr("forked or changed")));
}

TEST_F(VerifyCommand, ASpoiltConsistencyProofIsRefused) {
  const std::vector<std::string> command = {"verify",          "checkpoint", At("new"),
                                            "--older",         At("old"),    "--proof",
                                            At("consistency"), "--key",      vkey_};
  for (const std::string& text : {std::string(), std::string("\n"), std::string("AAAA\n"),
                                  std::string(5'000, 'A'), Base64Of(leaves_[0])}) {
    Write("consistency", text);
    EXPECT_EQ(Run(command), kExitRefused) << text;
    EXPECT_THAT(err_, HasSubstr(text.empty() ? At("new") : At("consistency")));
  }
}

TEST_F(VerifyCommand, AStampIsVerified) {
  const testing::TestCa ca("Test CA");
  const absl::Time time = absl::FromUnixSeconds(1'695'211'200);
  Write("stamp", testing::TestTsa(ca).Stamp(*StampedText(NoteOf(7)), time));
  Write("ca", ca.pem());
  const std::vector<std::string> command = {"verify",  "checkpoint", At("new"),  "--key", vkey_,
                                            "--stamp", At("stamp"),  "--tsa-ca", At("ca")};
  ASSERT_EQ(Run(command), kExitDone) << err_;
  EXPECT_THAT(out_, HasSubstr("20/09/2023 12:00:00 UTC"));
  std::vector<std::string> json = command;
  json.insert(json.begin(), {"--output", "json"});
  ASSERT_EQ(Run(json), kExitDone);
  EXPECT_THAT(out_, HasSubstr("\"stamped_at\":\"2023-09-20T12:00:00Z\""));
  // Of another authority; over another checkpoint; no token.
  Write("ca", testing::TestCa("Other CA").pem());
  EXPECT_EQ(Run(command), kExitRefused);
  EXPECT_THAT(err_, HasSubstr("TIMESTAMP_UNTRUSTED"));
  Write("ca", ca.pem());
  Write("stamp", testing::TestTsa(ca).Stamp(*StampedText(NoteOf(3)), time));
  EXPECT_EQ(Run(command), kExitRefused);
  EXPECT_THAT(err_, HasSubstr("TIMESTAMP_INVALID"));
  Write("stamp", "no token");
  EXPECT_EQ(Run(command), kExitRefused);
  EXPECT_THAT(err_, HasSubstr(At("stamp")));
}

TEST_F(VerifyCommand, JsonIsOneObjectALine) {
  ASSERT_EQ(Run({"--output", "json", "verify", "checkpoint", At("new"), "--policy", At("policy")}),
            kExitDone);
  EXPECT_THAT(out_, HasSubstr("\"verified\":true"));
  EXPECT_THAT(out_, HasSubstr("\"size\":\"7\""));
  EXPECT_THAT(out_, HasSubstr("\"time\":\"1970-01-02T00:00:00Z\""));
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 1);
  ASSERT_EQ(Run({"--output", "json", "verify", "proof", At("proof"), "--event", At("event"),
                 "--key", vkey_}),
            kExitDone);
  EXPECT_THAT(out_, HasSubstr("\"position\":\"4\""));
  ASSERT_EQ(Run({"--output", "json", "verify", "checkpoint", At("new"), "--key", other_vkey_}),
            kExitRefused);
  EXPECT_THAT(out_, HasSubstr("LOG_UNKNOWN"));
}

TEST_F(VerifyCommand, WhatIsNotLookedAtIsNotTaken) {
  EXPECT_EQ(Run({"verify", "proof", At("proof"), "--event", At("event")}), kExitUsage);
  EXPECT_EQ(Run({"verify", "proof", At("proof"), "--event", At("event"), "--key", vkey_, "--tsa-ca",
                 At("ca")}),
            kExitUsage);
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--key", vkey_, "--tsa-ca", At("ca")}),
            kExitUsage);
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--key", vkey_, "--stamp", At("ca")}),
            kExitUsage);
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--key", vkey_, "--older", At("old")}),
            kExitUsage);
}

TEST_F(VerifyCommand, ALedgerIsHeldAgainstACheckpointOnlyWithAKey) {
  EXPECT_EQ(Run({"verify", "ledger", At("none"), "--checkpoint", At("old")}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--checkpoint needs --key or --policy"));
  EXPECT_EQ(Run({"verify", "ledger", At("none"), "--checkpoint", At("old"), "--key", vkey_}),
            kExitRefused);
  EXPECT_THAT(err_, AllOf(HasSubstr("there is no such folder"), Not(HasSubstr("disk"))));
  EXPECT_EQ(Run({"verify", "ledger", At("none"), "--tsa-ca", At("keys")}), kExitRefused);
  EXPECT_THAT(err_, HasSubstr("no certificate of a CA can be read"));
}

TEST_F(VerifyCommand, FilesThatCannotBeReadAreNamed) {
  for (const char* name : {"nothing", ""}) {
    EXPECT_EQ(Run({"verify", "checkpoint", At(name), "--key", vkey_}), kExitRefused);
    EXPECT_THAT(err_, HasSubstr(At(name) + ": it cannot be read"));
  }
  EXPECT_EQ(Run({"verify", "checkpoint", At("new"), "--key", At("nothing")}), kExitRefused);
  EXPECT_THAT(err_, HasSubstr(At("nothing")));
  Write("large", std::string(kMaxNoteBytes + 1, 'x'));
  EXPECT_EQ(Run({"verify", "checkpoint", At("large"), "--key", vkey_}), kExitRefused);
  EXPECT_THAT(err_, HasSubstr("more than 262144 bytes"));
}

TEST_F(VerifyCommand, KeysAreGivenOrReadFromFiles) {
  const auto keys = ReadLogKeys({other_vkey_, At("keys")});
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_EQ(FormatVerifierKey((*keys)[0]), other_vkey_);
  EXPECT_EQ(FormatVerifierKey((*keys)[1]), vkey_);
  EXPECT_TRUE(ReadLogKeys({})->empty());
  const std::string witness = FormatVerifierKey(TestWitnessKey("w", TestKey(3)));
  Write("witness", witness + "\n");
  Write("empty", "# nothing\n");
  Write("damaged", vkey_ + "\n" + vkey_.substr(1) + "\n");
  for (const std::string& given :
       {witness, vkey_.substr(1), At("witness"), At("empty"), At("damaged")}) {
    EXPECT_EQ(ReasonOf(ReadLogKeys({given}).status()), "KEY_INVALID") << given;
  }
  EXPECT_THAT(std::string(ReadLogKeys({At("damaged")}).status().message()), HasSubstr("line 2"));
  EXPECT_EQ(ReasonOf(ReadLogKeys({At("nothing")}).status()), "FILE_UNREADABLE");
  EXPECT_EQ(ReasonOf(ReadWholeFile(At("keys"), 3).status()), "FILE_TOO_LARGE");
}

}  // namespace
}  // namespace registre::cli::registre_trust_test
