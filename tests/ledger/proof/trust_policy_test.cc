#include "ledger/proof/trust_policy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "ledger/base/errors.h"
#include "tests/support/test_keys.h"

namespace registre::trust_policy_test {
namespace {

using ::testing::HasSubstr;

// Test data.
constexpr char kOrigin[] = "registre.example/test";

std::string LogVkey(int n) {
  return FormatVerifierKey(TestLogKey(kOrigin, TestKey(static_cast<char>(n))));
}
VerifierKey WitnessKey(int n) {
  return TestWitnessKey(fmt::format("w{}.example", n), TestKey(static_cast<char>(100 + n)));
}
std::string WitnessVkey(int n) { return FormatVerifierKey(WitnessKey(n)); }
std::string WitnessLine(int n) { return fmt::format("witness w{} {}\n", n, WitnessVkey(n)); }

// The policy of the standard's example, with keys: a log, two groups of three witnesses.
std::string ExamplePolicy() {
  std::string text = "log " + LogVkey(1) + "\n\n";
  for (int n = 1; n <= 3; ++n) text += fmt::format("witness X{} {}\n", n, WitnessVkey(n));
  text += "group X-witnesses 2 X1 X2 X3\n\n";
  for (int n = 4; n <= 6; ++n) text += fmt::format("witness Y{} {}\n", n - 3, WitnessVkey(n));
  text +=
      "group Y-witnesses any Y1 Y2 Y3\n"
      "\n"
      "group X-and-Y all X-witnesses Y-witnesses\n"
      "quorum X-and-Y\n";
  return text;
}

TEST(TrustPolicyTest, TheStandardsExample) {
  const auto policy = ParseTrustPolicy(ExamplePolicy());
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ(policy->logs.size(), 1u);
  EXPECT_EQ(FormatVerifierKey(policy->logs[0].key), LogVkey(1));
  ASSERT_EQ(policy->witnesses.size(), 6u);
  EXPECT_EQ(policy->witnesses[3].name, "Y1");
  EXPECT_EQ(policy->witnesses[3].key, WitnessKey(4));
  ASSERT_EQ(policy->groups.size(), 3u);
  EXPECT_EQ(policy->groups[0].threshold, 2u);
  EXPECT_EQ(policy->groups[1].threshold, 1u);
  EXPECT_EQ(policy->groups[2].threshold, 2u);
  EXPECT_EQ(policy->groups[2].members, (std::vector<std::string>{"X-witnesses", "Y-witnesses"}));
  EXPECT_EQ(policy->quorum, "X-and-Y");
}

TEST(TrustPolicyTest, WhatTheSyntaxAllows) {
  const auto policy = ParseTrustPolicy(
      "# comment \xFF\n"
      "\t # comment after whitespace\n"
      "\n"
      " \t\n"
      "  log \t" +
      LogVkey(1) + " https://log.example/ \n" + "log " + LogVkey(2) + "\n" +
      "witness \xE2\x84\xAA " + WitnessVkey(1) + " https://w.example/\xFF\n" + "witness K " +
      WitnessVkey(2) + "\n" + "witness log " + WitnessVkey(3) + "\n" + "witness any " +
      WitnessVkey(4) + "\n" +
      "group 1 1 \xE2\x84\xAA K log\n"
      "group all all 1\n"
      "quorum all\n"
      "group after any any\n"
      "log " +
      LogVkey(3) + "\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->logs.size(), 3u);
  EXPECT_EQ(policy->logs[0].url, "https://log.example/");
  EXPECT_EQ(policy->logs[1].url, "");
  EXPECT_EQ(policy->witnesses[0].name, "\xE2\x84\xAA");
  EXPECT_EQ(policy->witnesses[0].url, "https://w.example/\xFF");
  EXPECT_EQ(policy->groups.size(), 3u);
  EXPECT_EQ(policy->quorum, "all");
}

TEST(TrustPolicyTest, OnlyTheQuorumIsMandatory) {
  const auto policy = ParseTrustPolicy("quorum none\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->logs.empty() && policy->witnesses.empty() && policy->groups.empty());
  EXPECT_EQ(policy->quorum, "none");
}

TEST(TrustPolicyTest, EachRuleOfTheSyntax) {
  const std::string w1 = WitnessLine(1);
  const std::string w2 = WitnessLine(2);
  struct Case {
    std::string text;
    std::string what;  // in the message
  };
  const Case cases[] = {
      {"", "no quorum line"},
      {"# quorum none\n", "no quorum line"},
      {w1, "no quorum line"},
      {"quorum none", "line 1 does not end in a line feed"},
      {w1 + "quorum none\nquorum none\n", "line 3: it is the second quorum line"},
      {w1 + "quorum w1\nquorum none\n", "second quorum line"},
      {"quorum\n", "a quorum is"},
      {"quorum none none\n", "a quorum is"},
      {"quorum w1\n", "`w1` is no witness and no group"},
      {"quorum w1\n" + w1, "`w1` is no witness and no group"},
      {"quorum NONE\n", "`NONE` is no witness and no group"},
      {"Quorum none\n", "the word `Quorum`"},
      {"quorum none # comment\n", "a quorum is"},
      {"witnesses w1\nquorum none\n", "line 1: the word `witnesses`"},
      {"\xFF\nquorum none\n", "that is not UTF-8"},
      // Characters.
      {"quorum none\r\n", "line 1 holds a control character"},
      {std::string("quorum none\0\n", 13), "control character"},
      {"# \x7F\nquorum none\n", "control character"},
      {"\n# \x1B\nquorum none\n", "line 2 holds a control character"},
      {"quorum\x0Bnone\n", "control character"},
      {"quorum\xC2\xA0none\n", "the word"},  // no whitespace here
      // Logs.
      {"log\nquorum none\n", "a log is"},
      {"log " + LogVkey(1) + " url url\nquorum none\n", "a log is"},
      {"log name " + LogVkey(1) + "\nquorum none\n", "the verifier key is malformed"},
      {"log " + WitnessVkey(1) + "\nquorum none\n", "that of a witness, not of a log"},
      {"log " + LogVkey(1) + "\nlog " + LogVkey(1) + "\nquorum none\n", "same public key"},
      {"log " + LogVkey(1) + "\nlog " + FormatVerifierKey(TestLogKey("other", TestKey(1))) +
           "\nquorum none\n",
       "line 2: another log has the same public key"},
      // Witnesses.
      {"witness w1\nquorum none\n", "a witness is"},
      {"witness " + WitnessVkey(1) + "\nquorum none\n", "a witness is"},
      {"witness w1 " + WitnessVkey(1) + " url url\nquorum none\n", "a witness is"},
      {"witness w1 " + LogVkey(1) + "\nquorum none\n", "that of a log, not of a witness"},
      {"witness none " + WitnessVkey(1) + "\nquorum none\n", "the name none is reserved"},
      {w1 + "witness w1 " + WitnessVkey(2) + "\nquorum none\n", "the name `w1` is taken"},
      {w1 + "witness w2 " + WitnessVkey(1) + "\nquorum none\n",
       "witness `w1` has the same public key"},
      {w1 + "witness w2 " + FormatVerifierKey(TestWitnessKey("other", TestKey(101))) +
           "\nquorum none\n",
       "same public key"},
      {w1 + "group g any w1\nwitness g " + WitnessVkey(2) + "\nquorum none\n",
       "the name `g` is taken"},
      // Groups.
      {w1 + "group g any\nquorum none\n", "a group is"},
      {w1 + "group g\nquorum none\n", "a group is"},
      {w1 + "group g w1 any\nquorum none\n", "`any` is no witness and no group"},
      {w1 + "group none any w1\nquorum none\n", "the name none is reserved"},
      {w1 + "group w1 any w1\nquorum none\n", "the name `w1` is taken"},
      {w1 + w2 + "group g any w1\ngroup g any w2\nquorum none\n", "the name `g` is taken"},
      {w1 + "group g any w1 none\nquorum none\n", "`none` is no witness and no group"},
      {w1 + "group g any w1 w2\n" + w2 + "quorum none\n",
       "line 2: `w2` is no witness and no group"},
      {w1 + "group g any w1 g\nquorum none\n", "`g` is no witness and no group"},
      {w1 + "group g 0 w1\nquorum none\n", "the threshold `0`"},
      {w1 + "group g 2 w1\nquorum none\n", "the threshold `2`"},
      {w1 + "group g 01 w1\nquorum none\n", "the threshold `01`"},
      {w1 + "group g -1 w1\nquorum none\n", "the threshold `-1`"},
      {w1 + "group g 1.0 w1\nquorum none\n", "the threshold `1.0`"},
      {w1 + "group g ALL w1\nquorum none\n", "the threshold `ALL`"},
      {w1 + "group g 18446744073709551617 w1\nquorum none\n", "the threshold"},
      {w1 + "group g any w1 w1\nquorum none\n", "`w1` is a member already"},
      {w1 + w2 + "group g any w1\ngroup h any w2 w1\nquorum none\n", "`w1` is a member already"},
      {w1 + w2 + "group g any w1\ngroup h any g\ngroup i any w2 g\nquorum none\n",
       "line 5: `g` is a member already"},
  };
  for (const Case& rule : cases) {
    const absl::Status status = ParseTrustPolicy(rule.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << rule.text;
    EXPECT_EQ(ReasonOf(status), "TRUST_POLICY_INVALID") << rule.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(rule.what)) << rule.text;
  }
}

TEST(TrustPolicyTest, Limits) {
  std::string text;
  for (size_t n = 0; n < kMaxTrustPolicyLines; ++n) {
    text += "log " + LogVkey(static_cast<int>(n)) + "\n";
    text += fmt::format("witness w{} {}\n", n,
                        FormatVerifierKey(TestWitnessKey("w", TestKey(static_cast<char>(n)))));
    text += fmt::format("group g{} any w{}\n", n, n);
  }
  EXPECT_TRUE(ParseTrustPolicy(text + "quorum g7\n").ok());
  const auto refused = [&](const std::string& line) {
    return std::string(ParseTrustPolicy(text + line + "quorum none\n").status().message());
  };
  EXPECT_THAT(refused("log " + LogVkey(200) + "\n"), HasSubstr("more than 128 logs"));
  EXPECT_THAT(refused("witness x " + WitnessVkey(100) + "\n"),
              HasSubstr("more than 128 witnesses"));
  EXPECT_THAT(refused("group x any g1\n"), HasSubstr("more than 128 groups"));
  EXPECT_EQ(ReasonOf(ParseTrustPolicy(std::string(kMaxTrustPolicyBytes + 1, '\n')).status()),
            "TRUST_POLICY_INVALID");
}

// A checkpoint of the log of ExamplePolicy, cosigned by those witnesses.
Note CheckpointNote(const std::vector<int>& witnesses, const SigningKey& key = TestKey(1),
                    const std::string& signer = kOrigin) {
  const std::string text = FormatCheckpoint({kOrigin, 3, Sha256("root")});
  Note note{text, {SignNote(text, signer, key)}};
  for (const int n : witnesses) {
    note.signatures.push_back(Cosign(text, WitnessKey(n).name, TestKey(static_cast<char>(100 + n)),
                                     absl::FromUnixSeconds(1'000 + n)));
  }
  return note;
}

std::string ReasonAgainst(const std::string& policy, const Note& note) {
  const auto parsed = ParseTrustPolicy(policy);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  const auto trusted = VerifyCheckpoint(FormatNote(note), *parsed);
  return trusted.ok() ? "" : ReasonOf(trusted.status());
}

TEST(VerifyCheckpointTest, EverySubsetOfWitnessesAgainstNestedGroups) {
  for (int subset = 0; subset < 64; ++subset) {
    std::vector<int> witnesses;
    for (int n = 1; n <= 6; ++n) {
      if (subset >> (n - 1) & 1) witnesses.push_back(n);
    }
    const bool quorum = std::popcount(static_cast<unsigned>(subset & 7)) >= 2 && subset >> 3 != 0;
    EXPECT_EQ(ReasonAgainst(ExamplePolicy(), CheckpointNote(witnesses)),
              quorum ? "" : "QUORUM_MISSING")
        << subset;
  }
}

TEST(VerifyCheckpointTest, SaysWhatWasVerified) {
  Note note = CheckpointNote({5, 2, 1, 7});
  const auto trusted = VerifyCheckpoint(FormatNote(note), *ParseTrustPolicy(ExamplePolicy()));
  ASSERT_TRUE(trusted.ok()) << trusted.status();
  EXPECT_EQ(trusted->checkpoint, (Checkpoint{kOrigin, 3, Sha256("root")}));
  EXPECT_EQ(trusted->note, note);
  // In the order of the policy; the one that it does not know is not there.
  ASSERT_EQ(trusted->cosigned.size(), 3u);
  EXPECT_EQ(trusted->cosigned[0].witness, "X1");
  EXPECT_EQ(trusted->cosigned[0].time, absl::FromUnixSeconds(1'001));
  EXPECT_EQ(trusted->cosigned[1].witness, "X2");
  EXPECT_EQ(trusted->cosigned[2].witness, "Y2");
}

TEST(VerifyCheckpointTest, QuorumsOfOneWitnessAndOfNone) {
  const std::string log = "log " + LogVkey(1) + "\n";
  EXPECT_EQ(ReasonAgainst(log + "quorum none\n", CheckpointNote({})), "");
  EXPECT_EQ(
      ReasonAgainst(log + WitnessLine(1) + WitnessLine(2) + "quorum w1\n", CheckpointNote({2})),
      "QUORUM_MISSING");
  EXPECT_EQ(
      ReasonAgainst(log + WitnessLine(1) + WitnessLine(2) + "quorum w1\n", CheckpointNote({1})),
      "");
  // Names are octets: w1 is not W1.
  EXPECT_EQ(ReasonAgainst(log + WitnessLine(1) + "witness W1 " + WitnessVkey(2) + "\nquorum W1\n",
                          CheckpointNote({1})),
            "QUORUM_MISSING");
}

TEST(VerifyCheckpointTest, AWitnessCountsOnceHoweverOftenItSigned) {
  Note note = CheckpointNote({1, 1, 4});
  EXPECT_EQ(ReasonAgainst(ExamplePolicy(), note), "QUORUM_MISSING");
}

TEST(VerifyCheckpointTest, WhoMustHaveSigned) {
  const std::string policy = "log " + LogVkey(1) + "\nlog " + LogVkey(2) + "\nlog " +
                             FormatVerifierKey(TestLogKey("other.example", TestKey(3))) +
                             "\nquorum none\n";
  EXPECT_EQ(ReasonAgainst(policy, CheckpointNote({}, TestKey(1))), "");
  EXPECT_EQ(ReasonAgainst(policy, CheckpointNote({}, TestKey(2))), "");
  // Not a key of the policy; one of another origin; a known one under another name.
  EXPECT_EQ(ReasonAgainst(policy, CheckpointNote({}, TestKey(4))), "LOG_UNKNOWN");
  EXPECT_EQ(ReasonAgainst(policy, CheckpointNote({}, TestKey(3), "other.example")), "LOG_UNKNOWN");
  EXPECT_EQ(ReasonAgainst(policy, CheckpointNote({}, TestKey(1), "other.example")), "LOG_UNKNOWN");
  EXPECT_EQ(ReasonAgainst("quorum none\n", CheckpointNote({})), "LOG_UNKNOWN");
  // A cosignature of the same key is none of the log.
  Note note = CheckpointNote({});
  note.signatures = {Cosign(note.text, kOrigin, TestKey(1), absl::UnixEpoch())};
  EXPECT_EQ(ReasonAgainst(policy, note), "LOG_UNKNOWN");
  // One of several keys of the log suffices, as at a rotation.
  note.signatures = {SignNote(note.text, kOrigin, TestKey(9)),
                     SignNote(note.text, kOrigin, TestKey(2))};
  EXPECT_EQ(ReasonAgainst(policy, note), "");
}

// After a rotation the name is the same: the keys tell.
TEST(VerifyCheckpointTest, AnUnknownKeyIsNamed) {
  const auto key_of = [](char seed) {
    return fmt::format("{}+{:08x}", kOrigin, TestLogKey(kOrigin, TestKey(seed)).id());
  };
  const absl::Status unknown =
      VerifyCheckpoint(FormatNote(CheckpointNote({}, TestKey(4))),
                       TrustPolicy::OfKeys({TestLogKey(kOrigin, TestKey(1))}))
          .status();
  EXPECT_THAT(
      std::string(unknown.message()),
      ::testing::HasSubstr(fmt::format("signed by: {}; you trust: {}", key_of(4), key_of(1))));
  EXPECT_THAT(std::string(VerifyCheckpoint(FormatNote(CheckpointNote({})), TrustPolicy::OfKeys({}))
                              .status()
                              .message()),
              ::testing::EndsWith("you trust: none"));
}

TEST(VerifyCheckpointTest, ASpoiltSignatureOfAnyKnownKeySpoilsIt) {
  const std::string policy = "log " + LogVkey(1) + "\nlog " +
                             FormatVerifierKey(TestLogKey("other.example", TestKey(3))) + "\n" +
                             WitnessLine(1) + WitnessLine(2) + "quorum w1\n";
  const std::string other_text = FormatCheckpoint({kOrigin, 4, Sha256("root")});
  Note good = CheckpointNote({1});
  ASSERT_EQ(ReasonAgainst(policy, good), "");
  for (const NoteSignature& spoilt :
       {SignNote(other_text, kOrigin, TestKey(1)),
        SignNote(other_text, "other.example", TestKey(3)),
        Cosign(other_text, "w1.example", TestKey(101), absl::UnixEpoch()),
        Cosign(other_text, "w2.example", TestKey(102), absl::UnixEpoch())}) {
    Note note = good;
    note.signatures.push_back(spoilt);
    EXPECT_EQ(ReasonAgainst(policy, note), "SIGNATURE_INVALID") << spoilt.name;
  }
  // Of unknown keys nothing is asked.
  good.signatures.push_back(SignNote(other_text, kOrigin, TestKey(7)));
  good.signatures.push_back(Cosign(other_text, "w3.example", TestKey(103), absl::UnixEpoch()));
  EXPECT_EQ(ReasonAgainst(policy, good), "");
}

TEST(VerifyCheckpointTest, MalformedOnes) {
  const TrustPolicy policy = TrustPolicy::OfKeys({TestLogKey(kOrigin, TestKey(1))});
  EXPECT_EQ(ReasonOf(VerifyCheckpoint("", policy).status()), "NOTE_INVALID");
  const std::string text = "no checkpoint\n";
  EXPECT_EQ(
      ReasonOf(VerifyCheckpoint(FormatNote({text, {SignNote(text, kOrigin, TestKey(1))}}), policy)
                   .status()),
      "CHECKPOINT_INVALID");
}

TEST(VerifyCheckpointTest, KeysAloneAskForNoWitness) {
  const TrustPolicy policy =
      TrustPolicy::OfKeys({TestLogKey("other", TestKey(5)), TestLogKey(kOrigin, TestKey(1))});
  EXPECT_TRUE(VerifyCheckpoint(FormatNote(CheckpointNote({})), policy).ok());
  EXPECT_TRUE(VerifyCheckpoint(FormatNote(CheckpointNote({1})), policy).ok());
}

// Every byte of a cosigned checkpoint, replaced by every other: refused, unless it stands in the
// line of a key that the policy does not know, or turns a witness that the quorum can spare into
// such a one.
TEST(VerifyCheckpointTest, EveryByteChangeIsFoundOrOfAnUnknownKey) {
  const TrustPolicy policy = *ParseTrustPolicy("log " + LogVkey(1) + "\n" + WitnessLine(1) +
                                               WitnessLine(2) + "group g any w1 w2\nquorum w1\n");
  const Note note = CheckpointNote({1, 2, 3});
  const std::string good = FormatNote(note);
  const size_t spare = good.find("\u2014 w2.example");
  ASSERT_TRUE(VerifyCheckpoint(good, policy).ok());
  size_t tried = 0;
  size_t accepted = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[at] = static_cast<char>(byte);
      if (changed == good) continue;
      ++tried;
      const auto trusted = VerifyCheckpoint(changed, policy);
      if (!trusted.ok()) continue;
      ++accepted;
      ASSERT_GE(at, spare) << at << " " << byte;
      ASSERT_EQ(trusted->note.text, note.text);
    }
  }
  std::printf("%zu changes tried, %zu of them in lines of no consequence\n", tried, accepted);
  EXPECT_GT(accepted, 0u);
}

}  // namespace
}  // namespace registre::trust_policy_test
