// What a witness answers, case by case (C2SP tlog-witness). All logs are test data.
#include "ledger/proof/witness_request.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "tests/support/test_log.h"
#include "tests/support/test_seed.h"

namespace registre::testing::witness_request_test {
namespace {

constexpr char kOrigin[] = "example.org/log";

class WitnessRequestTest : public ::testing::Test {
 protected:
  void SetUp() override { log_.Add(20); }

  WitnessVerdict Judge(const std::string& body, const CosignedHead& latest) const {
    const auto request = ParseWitnessRequest(body);
    if (!request.ok()) return {.status = 400, .content_type = "", .body = "", .cosigned = {}};
    return JudgeWitnessRequest(*request, keys_, latest);
  }
  CosignedHead At(uint64_t size) const { return {size, log_.Root(size)}; }
  std::string Ask(uint64_t from, uint64_t to) const {
    return FormatWitnessRequest(from, log_.Consistency(from, to), log_.Sign(to));
  }

  const SigningKey key_ = TestKey('l');
  TestLog log_{kOrigin, key_};
  const std::vector<VerifierKey> keys_ = {log_.verifier(),
                                          TestLogKey("example.org/other", TestKey('o'))};
};

TEST_F(WitnessRequestTest, Verdicts) {
  TestLog stranger("example.org/stranger", key_);
  stranger.Add(5);
  TestLog impostor(kOrigin, TestKey('i'));
  impostor.Add(5);
  // Of the other key that is known, but not for this origin.
  TestLog confused(kOrigin, TestKey('o'));
  confused.Add(5);
  TestLog forked(kOrigin, key_);
  forked.Add(8);
  forked.Add(12, "other leaf");
  // One bit of its signature is another.
  Note spoilt = *ParseNote(log_.Sign(5));
  spoilt.signatures.front().signature.back() ^= 1;

  struct Case {
    std::string name;
    std::string body;
    CosignedHead latest;
    int status;
    std::string answer = "";  // where the standard says it
    bool contradicts = false;
  };
  const std::vector<Case> cases = {
      {"the first", Ask(0, 5), {}, 200},
      {"of an empty log", Ask(0, 0), {}, 200},
      {"a continuation", Ask(5, 9), At(5), 200},
      {"from a power of two", Ask(8, 20), At(8), 200},
      {"the same again", Ask(9, 9), At(9), 200},
      {"an unknown origin", FormatWitnessRequest(0, {}, stranger.Sign(5)), {}, 404},
      {"another key", FormatWitnessRequest(0, {}, impostor.Sign(5)), {}, 403},
      {"the key of another log", FormatWitnessRequest(0, {}, confused.Sign(5)), {}, 403},
      {"a damaged signature", FormatWitnessRequest(0, {}, FormatNote(spoilt)), {}, 403},
      {"an old size over its own", FormatWitnessRequest(6, {}, log_.Sign(5)), At(6), 400},
      {"an old size that is not the latest", Ask(4, 9), At(5), 409, "5\n"},
      {"from nothing where something was", Ask(0, 9), At(5), 409, "5\n"},
      {"from something where nothing was", Ask(5, 9), {}, 409, "0\n"},
      {"behind the latest", Ask(5, 9), At(12), 409, "12\n"},
      {"behind, from the latest", FormatWitnessRequest(12, {}, log_.Sign(9)), At(12), 400},
      {"an empty log of another root",
       FormatWitnessRequest(0, {}, log_.Sign({kOrigin, 0, log_.Root(5)})),
       {},
       422},
      {"a proof from an empty log", FormatWitnessRequest(0, {log_.Root(1)}, log_.Sign(5)), {}, 422},
      {"no proof", FormatWitnessRequest(5, {}, log_.Sign(9)), At(5), 422, "", true},
      {"the proof of another size", FormatWitnessRequest(5, log_.Consistency(6, 9), log_.Sign(9)),
       At(5), 422, "", true},
      {"a proof for the same size", FormatWitnessRequest(9, {log_.Root(1)}, log_.Sign(9)), At(9),
       422, "", true},
      {"the same size, another root", FormatWitnessRequest(9, {}, forked.Sign(9)), At(9), 422, "",
       true},
      {"the same size, another root, an old size that is wrong",
       FormatWitnessRequest(5, forked.Consistency(5, 9), forked.Sign(9)), At(9), 409, "9\n", true},
      {"a fork that goes on", FormatWitnessRequest(9, forked.Consistency(9, 20), forked.Sign(20)),
       At(9), 422, "", true},
      {"a fork after the latest is none yet",
       FormatWitnessRequest(8, forked.Consistency(8, 20), forked.Sign(20)), At(8), 200},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const WitnessVerdict verdict = Judge(one.body, one.latest);
    EXPECT_EQ(verdict.status, one.status) << verdict.body;
    EXPECT_EQ(verdict.contradicts, one.contradicts);
    EXPECT_EQ(verdict.content_type == "text/x.tlog.size", one.status == 409);
    if (!one.answer.empty()) {
      EXPECT_EQ(verdict.body, one.answer);
    }
    EXPECT_EQ(verdict.cosigned.text.empty(), one.status != 200);
  }
}

TEST_F(WitnessRequestTest, MalformedOnesAreRefused) {
  const std::string good = Ask(5, 9);
  const std::string note = log_.Sign(9);
  const std::string hash = Base64Of(log_.Root(1));
  std::string many;
  for (int i = 0; i < 64; ++i) many += hash + "\n";
  const std::vector<std::string> bodies = {
      "",
      "old 5",
      "old 5\n",
      "old 5\n\n",
      "old\n\n" + note,
      "old \n\n" + note,
      "old 05\n\n" + note,
      "old +5\n\n" + note,
      "old -1\n\n" + note,
      "old 5 \n\n" + note,
      "old  5\n\n" + note,
      "Old 5\n\n" + note,
      "old 18446744073709551616\n\n" + note,
      "old 5\n" + note,
      "old 5\nAAAA\n\n" + note,
      "old 5\n" + hash.substr(0, 43) + "\n\n" + note,
      "old 5\n" + hash + " \n\n" + note,
      "old 5\r\n\r\n" + note,
      "old 5\n" + many + "\n" + note,
      "old 5\n\nno note\n",
      "old 5\n\n" + note + "more",
      " " + good,
      good + "\n",
  };
  for (const std::string& body : bodies) {
    EXPECT_EQ(ParseWitnessRequest(body).status().code(), absl::StatusCode::kInvalidArgument)
        << body;
  }
  const auto large = ParseWitnessRequest(good + std::string(kMaxWitnessRequestBytes, 'x'));
  EXPECT_EQ(ReasonOf(large.status()), "WITNESS_REQUEST_INVALID");
}

TEST_F(WitnessRequestTest, AsManyHashesAsThereMayBe) {
  const std::string hash = Base64Of(log_.Root(1));
  std::string most;
  for (int i = 0; i < 63; ++i) most += hash + "\n";
  const auto request = ParseWitnessRequest("old 5\n" + most + "\n" + log_.Sign(9));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->proof.size(), 63u);
  EXPECT_EQ(FormatWitnessRequest(5, request->proof, FormatNote(request->note)),
            "old 5\n" + most + "\n" + log_.Sign(9));
}

TEST_F(WitnessRequestTest, OnlyVerifiedSignaturesAreKept) {
  Note note = *ParseNote(log_.Sign(5));
  const NoteSignature ours = note.signatures.front();
  const NoteSignature unknown{.name = kOrigin, .key_id = 7, .signature = "whatever"};
  note.signatures = {unknown, ours,
                     Cosign(note.text, "witness.example.org/other", TestKey('w'), absl::Now())};
  const auto request = ParseWitnessRequest(FormatWitnessRequest(0, {}, FormatNote(note)));
  ASSERT_TRUE(request.ok()) << request.status();
  const WitnessVerdict verdict = JudgeWitnessRequest(*request, keys_, {});
  EXPECT_EQ(verdict.status, 200);
  EXPECT_THAT(verdict.cosigned.signatures, ::testing::ElementsAre(ours));
}

TEST_F(WitnessRequestTest, SizesOfA409) {
  EXPECT_EQ(ParseWitnessSize(FormatWitnessSize(0)), 0u);
  EXPECT_EQ(ParseWitnessSize("20852163\n"), 20852163u);
  for (const std::string bad : {"", "7", "7\n\n", "07\n", " 7\n", "7 \n", "x\n", "-1\n"}) {
    EXPECT_FALSE(ParseWitnessSize(bad)) << bad;
  }
}

// Of any sizes and any two logs that part somewhere, what is cosigned is one log.
TEST_F(WitnessRequestTest, WhatIsCosignedIsOneLog) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 200; ++round) {
    const int common = static_cast<int>(random() % 20);
    std::vector<TestLog> logs(2, TestLog(kOrigin, key_));
    for (TestLog& log : logs) log.Add(common);
    logs[0].Add(20, "one");
    logs[1].Add(20, "two");
    CosignedHead latest;
    int of = -1;  // whose log was cosigned past what is common
    for (int asked = 0; asked < 12; ++asked) {
      const size_t which = random() % 2;
      const TestLog& log = logs[which];
      const uint64_t to = random() % log.size();
      const uint64_t from = random() % 2 == 0 ? latest.size : random() % (to + 1);
      const WitnessVerdict verdict =
          Judge(from > to ? FormatWitnessRequest(from, {}, log.Sign(to))
                          : FormatWitnessRequest(from, log.Consistency(from, to), log.Sign(to)),
                latest);
      const bool continues =
          from == latest.size && to >= from && (of < 0 || of == static_cast<int>(which));
      EXPECT_EQ(verdict.status == 200, continues) << from << " to " << to << ": " << verdict.body;
      if (verdict.status != 200) continue;
      latest = {to, log.Root(to)};
      if (to > static_cast<uint64_t>(common)) of = static_cast<int>(which);
    }
  }
}

}  // namespace
}  // namespace registre::testing::witness_request_test
