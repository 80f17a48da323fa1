// Time stamps of an authority made on the spot, verified at times that the test chooses. All of it
// is test data.
#include "ledger/proof/time_stamp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/encoding.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_seed.h"
#include "tests/support/test_tsa.h"

namespace registre::testing::time_stamp_test {
namespace {

using ::testing::HasSubstr;

const absl::Time kStamped = absl::FromUnixSeconds(1'695'211'200);  // 2023-09-20T12:00:00Z
constexpr char kText[] = "example.org/log\n7\nroot\n\n\u2014 example.org/log signature\n";

class TimeStampTest : public ::testing::Test {
 protected:
  void ExpectReason(const absl::StatusOr<absl::Time>& verified, const std::string& reason,
                    const std::string& says = "") const {
    EXPECT_EQ(verified.status().code(), absl::StatusCode::kInvalidArgument) << verified.status();
    EXPECT_EQ(ReasonOf(verified.status()), reason) << verified.status();
    EXPECT_THAT(std::string(verified.status().message()), HasSubstr(says));
  }

  const TestCa ca_{"Test CA"};
  const TestTsa tsa_{ca_};
  const std::string token_ = tsa_.Stamp(kText, kStamped);
};

TEST_F(TimeStampTest, IsVerifiedAtItsTime) {
  EXPECT_EQ(*TimeStampedAt(token_, kText), kStamped);
  EXPECT_EQ(*VerifyTimeStamp(token_, kText, ca_.pem()), kStamped);
  EXPECT_EQ(*VerifyTimeStamp(token_, kText, TestCa("Other CA").pem() + ca_.pem()), kStamped);
}

TEST_F(TimeStampTest, IsOverItsTextAlone) {
  ExpectReason(TimeStampedAt(token_, std::string(kText) + "\n"), "TIMESTAMP_INVALID",
               "another text");
  ExpectReason(VerifyTimeStamp(token_, "", ca_.pem()), "TIMESTAMP_INVALID", "another text");
}

TEST_F(TimeStampTest, SignersThatAreNotToBeTrusted) {
  ExpectReason(VerifyTimeStamp(token_, kText, TestCa("Other CA").pem()), "TIMESTAMP_UNTRUSTED",
               "Test TSA");
  ExpectReason(VerifyTimeStamp(token_, kText, TestCa("Test CA").pem()), "TIMESTAMP_UNTRUSTED");
  ExpectReason(VerifyTimeStamp(token_, kText, ""), "TIMESTAMP_UNTRUSTED", "PEM");
  ExpectReason(VerifyTimeStamp(token_, kText, ca_.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n"),
               "TIMESTAMP_UNTRUSTED", "PEM");

  struct Case {
    std::string name;
    TestTsa::Options options;
    bool trusted;
  };
  const std::vector<Case> cases = {
      {"ended before", {.not_after = kStamped - absl::Seconds(1)}, false},
      {"began after", {.not_before = kStamped + absl::Seconds(1)}, false},
      {"valid then, ended by now", {.not_after = kStamped + absl::Seconds(1)}, true},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const std::string token = TestTsa(ca_, one.options).Stamp(kText, kStamped);
    EXPECT_EQ(*TimeStampedAt(token, kText), kStamped) << "the signer is not judged";
    const auto verified = VerifyTimeStamp(token, kText, ca_.pem());
    if (one.trusted) {
      EXPECT_TRUE(verified.ok()) << verified.status();
    } else {
      ExpectReason(verified, "TIMESTAMP_UNTRUSTED", "2023-09-20T12:00:00Z");
    }
  }
}

TEST_F(TimeStampTest, SignersThatAreNotForTimeStampingAlone) {
  const auto same = TestTsa::SignedBy(
      ca_.Issue({.common_name = "Test TSA", .usage = "critical,timeStamping"}), token_);
  EXPECT_TRUE(VerifyTimeStamp(same, kText, ca_.pem()).ok()) << "all but the usage is as it should";
  for (const std::string usage :
       {"timeStamping", "clientAuth", "critical,timeStamping,clientAuth"}) {
    SCOPED_TRACE(usage);
    const std::string token =
        TestTsa::SignedBy(ca_.Issue({.common_name = "Test signer", .usage = usage}), token_);
    EXPECT_TRUE(TimeStampedAt(token, kText).ok());
    ExpectReason(VerifyTimeStamp(token, kText, ca_.pem()), "TIMESTAMP_UNTRUSTED", "purpose");
  }
}

TEST_F(TimeStampTest, Chains) {
  const TestCa between("Test CA 2", ca_, kStamped + absl::Hours(1));
  const std::string bare = TestTsa(between).Stamp(kText, kStamped);
  ExpectReason(VerifyTimeStamp(bare, kText, ca_.pem()), "TIMESTAMP_UNTRUSTED");
  EXPECT_TRUE(VerifyTimeStamp(bare, kText, between.pem()).ok()) << "trusted by itself";
  const std::string carried =
      TestTsa(between, {.carried = {ca_.pem(), between.pem()}}).Stamp(kText, kStamped);
  EXPECT_TRUE(VerifyTimeStamp(carried, kText, ca_.pem()).ok());

  const TestTsa beside(between, {.carried = {TestCa("Other CA").pem()}});
  const std::string request = *TimeStampRequest(kText);
  const auto token = TokenOfAnswer(request, beside.Answer(request, kStamped));
  EXPECT_EQ(ReasonOf(token.status()), "TIMESTAMP_INVALID") << token.status();
  EXPECT_THAT(std::string(token.status().message()), HasSubstr("does not stand above"));
}

// Tries each change of one bit, and expects every one to be refused by `verify`, but for those of
// the bytes from `harmless_from` to `harmless_to`, which may change nothing.
template <class Verify>
void ExpectChangesFound(const std::string& token, const Verify& verify, size_t harmless_from = 0,
                        size_t harmless_to = 0) {
  int harmless = 0;
  for (size_t at = 0; at < token.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = token;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const absl::StatusOr<absl::Time> verified = verify(changed);
      if (!verified.ok()) continue;
      ++harmless;
      EXPECT_EQ(*verified, kStamped);
      EXPECT_TRUE(at >= harmless_from && at < harmless_to)
          << "bit " << bit << " of byte " << at << " of " << token.size();
    }
  }
  std::printf("%zu changes of one bit tried, %d harmless\n", 8 * token.size(), harmless);
}

// A certificate's bytes.
std::string DerOf(const std::string& pem) {
  const size_t begin = pem.find('\n') + 1;
  std::string base64 = pem.substr(begin, pem.find("-----END") - begin);
  std::erase(base64, '\n');
  return *BytesFromBase64(base64);
}

TEST_F(TimeStampTest, EveryChangedBitIsFound) {
  ExpectChangesFound(token_, [](const std::string& token) { return TimeStampedAt(token, kText); });
}

TEST_F(TimeStampTest, EveryChangedBitOfACaThatIsCarriedIsFoundWithTheRoot) {
  const TestCa between("Test CA 2", ca_);
  const std::string token = TestTsa(between, {.carried = {between.pem()}}).Stamp(kText, kStamped);
  ExpectChangesFound(token, [this](const std::string& changed) {
    return VerifyTimeStamp(changed, kText, ca_.pem());
  });
  // Who judges no signer does not look at it.
  const std::string carried = DerOf(between.pem());
  const size_t at = token.find(carried);
  ASSERT_NE(at, std::string::npos);
  ExpectChangesFound(
      token, [](const std::string& changed) { return TimeStampedAt(changed, kText); }, at,
      at + carried.size());
}

TEST_F(TimeStampTest, EveryChangedBitOfARootThatIsCarriedIsFoundWithTheCas) {
  const std::string token = TestTsa(ca_, {.carried = {ca_.pem()}}).Stamp(kText, kStamped);
  ExpectChangesFound(token, [this](const std::string& changed) {
    return VerifyTimeStamp(changed, kText, ca_.pem());
  });
}

TEST_F(TimeStampTest, ACarriedCaIsARootOrOfTheCas) {
  const TestCa between("Test CA 2", ca_);
  const TestCa below("Test CA 3", between);
  // The way ends at `below`; what stands above it is of no CA that is trusted.
  const std::string token =
      TestTsa(below, {.carried = {below.pem(), between.pem()}}).Stamp(kText, kStamped);
  ExpectReason(VerifyTimeStamp(token, kText, below.pem()), "TIMESTAMP_UNTRUSTED", "no root");
  EXPECT_EQ(*VerifyTimeStamp(token, kText, between.pem()), kStamped);
  EXPECT_EQ(*VerifyTimeStamp(token, kText, ca_.pem()), kStamped);
}

TEST_F(TimeStampTest, EveryOtherLengthIsRefused) {
  for (size_t size = 0; size < token_.size(); ++size) {
    ExpectReason(TimeStampedAt(token_.substr(0, size), kText), "TIMESTAMP_INVALID");
  }
  ExpectReason(TimeStampedAt(token_ + '\0', kText), "TIMESTAMP_INVALID", "DER");
  ExpectReason(TimeStampedAt(token_ + token_, kText), "TIMESTAMP_INVALID", "DER");
  ExpectReason(TimeStampedAt(token_ + std::string(kMaxTimeStampBytes, ' '), kText),
               "TIMESTAMP_INVALID");
}

TEST_F(TimeStampTest, RandomBytesAreRefused) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes = token_;
    const size_t changes = 1 + random() % 40;
    for (size_t i = 0; i < changes; ++i) {
      const size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 20);
          break;
        default:
          bytes.insert(at, 1 + random() % 20, static_cast<char>(random()));
      }
    }
    if (bytes == token_) continue;
    EXPECT_FALSE(TimeStampedAt(bytes, kText).ok());
    EXPECT_FALSE(VerifyTimeStamp(bytes, kText, ca_.pem()).ok());
    EXPECT_FALSE(TokenOfAnswer(*TimeStampRequest(kText), bytes).ok());
  }
}

TEST_F(TimeStampTest, AnswersOfOtherRequestsAreRefused) {
  const std::string request = *TimeStampRequest(kText);
  const std::string answer = tsa_.Answer(request, kStamped);
  EXPECT_TRUE(TokenOfAnswer(request, answer).ok());
  const std::string again = *TimeStampRequest(kText);
  EXPECT_NE(again, request) << "the nonce is drawn";
  const auto other = TokenOfAnswer(again, answer);
  EXPECT_EQ(ReasonOf(other.status()), "TIMESTAMP_INVALID") << other.status();
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("nonce"));
  const auto text = TokenOfAnswer(*TimeStampRequest("other"), answer);
  EXPECT_THAT(std::string(text.status().message()), HasSubstr("another text"));
  EXPECT_EQ(ReasonOf(TokenOfAnswer("", answer).status()), "TIMESTAMP_INVALID");
  EXPECT_EQ(ReasonOf(TokenOfAnswer(request, answer + "x").status()), "TIMESTAMP_INVALID");
  EXPECT_EQ(ReasonOf(TokenOfAnswer(request, "<html>").status()), "TIMESTAMP_INVALID");
}

TEST_F(TimeStampTest, RefusedAnswersSayWhy) {
  const std::string request = *TimeStampRequest(kText);
  const auto refused = TokenOfAnswer(request, tsa_.Answer("no request", kStamped));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(refused.status()), "TIMESTAMP_REFUSED") << refused.status();
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("Bad request format"));
}

TEST_F(TimeStampTest, AskingSaysNoMoreThanTheDigest) {
  const std::string request = *TimeStampRequest(kText);
  EXPECT_LT(request.size(), 100U);
  EXPECT_EQ(request.size(), TimeStampRequest("another text")->size());
}

}  // namespace
}  // namespace registre::testing::time_stamp_test
