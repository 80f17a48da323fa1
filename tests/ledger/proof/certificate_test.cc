// Certificates of clients, verified at a time that the test chooses.
#include "ledger/proof/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "tests/support/test_ca.h"

namespace registre::testing::certificate_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'695'211'200);  // 2023-09-20T12:00:00Z

class CertificateTest : public ::testing::Test {
 protected:
  absl::StatusOr<Certificate> Verify(const TestIdentity& identity, const std::string& chain = "",
                                     absl::Time now = kNow) const {
    return store_->Verify(identity.certificate_pem, chain, now);
  }

  const TestCa ca_{"Test CA"};
  const std::unique_ptr<TrustStore> store_ = *TrustStore::FromPem(ca_.pem());
};

TEST_F(CertificateTest, NamesAreTheAlternativesOrTheCommonName) {
  const auto all =
      Verify(ca_.Issue({.common_name = "unused",
                        .names = {"a.example.org", "https://example.org/b", "c@example.org"}}));
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(all->names, ElementsAre("a.example.org", "https://example.org/b", "c@example.org"));
  const auto common = Verify(ca_.Issue({.common_name = "Léa d'essai"}));
  ASSERT_TRUE(common.ok()) << common.status();
  EXPECT_THAT(common->names, ElementsAre("Léa d'essai"));
}

TEST_F(CertificateTest, Refusals) {
  const TestCa other("Other CA");
  struct Case {
    std::string name;
    TestIdentity identity;
    std::string reason;
    std::vector<std::string> says;
  };
  const auto ours = [this](TestRequest request) { return ca_.Issue(request); };
  const std::string zero("a.example.org\0.evil.example", 27);
  const std::vector<Case> cases = {
      {"expired",
       ours({.common_name = "a.example.org", .not_after = kNow - absl::Seconds(1)}),
       "CERTIFICATE_EXPIRED",
       {"a.example.org", "2023-09-20T11:59:59Z", "renew"}},
      {"not yet valid",
       ours({.common_name = "a.example.org", .not_before = kNow + absl::Seconds(1)}),
       "CERTIFICATE_NOT_YET_VALID",
       {"a.example.org", "2023-09-20T12:00:01Z"}},
      {"of another CA",
       other.Issue({.common_name = "a.example.org"}),
       "CERTIFICATE_UNKNOWN_ISSUER",
       {"a.example.org", "CN=Other CA"}},
      {"of a CA of the same name",
       TestCa("Test CA").Issue({.common_name = "a.example.org"}),
       "CERTIFICATE_INVALID",
       {"a.example.org"}},
      {"signed by itself", {TestCa("Self").pem(), ""}, "CERTIFICATE_UNKNOWN_ISSUER", {"Self"}},
      {"a server's",
       ours({.common_name = "a.example.org", .usage = "serverAuth"}),
       "CERTIFICATE_INVALID",
       {"a.example.org", "purpose", "client authentication"}},
      {"without a name", ours({.common_name = ""}), "CERTIFICATE_INVALID", {"no name"}},
      {"a zero byte in a name",
       ours({.common_name = "", .names = {zero}}),
       "CERTIFICATE_INVALID",
       {"malformed"}},
      {"a line break in a name",
       ours({.common_name = "a\nb"}),
       "CERTIFICATE_INVALID",
       {"malformed"}},
      {"no certificate at all", {"nothing", ""}, "CERTIFICATE_INVALID", {}},
      {"damaged",
       {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ""},
       "CERTIFICATE_INVALID",
       {}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const auto verified = Verify(one.identity);
    EXPECT_EQ(verified.status().code(), absl::StatusCode::kUnauthenticated) << verified.status();
    EXPECT_EQ(ReasonOf(verified.status()), one.reason) << verified.status();
    for (const std::string& part : one.says) {
      EXPECT_THAT(std::string(verified.status().message()), HasSubstr(part));
    }
  }
}

TEST_F(CertificateTest, IsValidFromItsStartToItsEnd) {
  const TestIdentity identity = ca_.Issue(
      {.common_name = "a.example.org", .not_before = kNow, .not_after = kNow + absl::Hours(1)});
  const auto verified = Verify(identity);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->not_after, kNow + absl::Hours(1));
  EXPECT_FALSE(Verify(identity, "", kNow - absl::Seconds(1)).ok());
  EXPECT_TRUE(Verify(identity, "", kNow + absl::Hours(1) - absl::Seconds(1)).ok());
  EXPECT_FALSE(Verify(identity, "", kNow + absl::Hours(1) + absl::Seconds(1)).ok());
}

TEST_F(CertificateTest, Chains) {
  const TestCa between("Test CA 2", ca_, kNow + absl::Hours(1));
  const TestIdentity identity = between.Issue({.common_name = "a.example.org"});
  EXPECT_EQ(ReasonOf(Verify(identity).status()), "CERTIFICATE_UNKNOWN_ISSUER");
  const auto verified = Verify(identity, between.pem());
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->not_after, kNow + absl::Hours(1)) << "the end of the CA between";
  const auto late = Verify(identity, between.pem(), kNow + absl::Hours(2));
  EXPECT_EQ(ReasonOf(late.status()), "CERTIFICATE_EXPIRED");
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("Test CA 2"));
  // A CA between may be trusted by itself.
  const auto store = TrustStore::FromPem(between.pem());
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE((*store)->Verify(identity.certificate_pem, "", kNow).ok());
  EXPECT_FALSE((*store)->Verify(ca_.Issue({.common_name = "b"}).certificate_pem, "", kNow).ok());
}

TEST(TrustStoreTest, BadFiles) {
  for (const char* pem :
       {"", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_EQ(ReasonOf(TrustStore::FromPem(pem).status()), "TLS_FILE_INVALID") << pem;
  }
  const std::string two = TestCa("A").pem() + "# said between\n" + TestCa("B").pem();
  EXPECT_TRUE(TrustStore::FromPem(two).ok());
}

TEST(CheckKeyPairTest, BelongTogether) {
  const TestCa ca("Test CA");
  const TestIdentity one = ca.Issue({.common_name = "a.example.org"});
  const TestIdentity other = ca.Issue({.common_name = "b.example.org"});
  EXPECT_TRUE(CheckKeyPair(one.certificate_pem, one.key_pem).ok());
  EXPECT_THAT(std::string(CheckKeyPair(one.certificate_pem, other.key_pem).message()),
              HasSubstr("a.example.org"));
  EXPECT_EQ(ReasonOf(CheckKeyPair("", one.key_pem)), "TLS_FILE_INVALID");
  EXPECT_EQ(ReasonOf(CheckKeyPair(one.certificate_pem, "")), "TLS_FILE_INVALID");
}

}  // namespace
}  // namespace registre::testing::certificate_test
