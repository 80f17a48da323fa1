// A time stamp authority (RFC 3161) for tests, made on the spot: what it stamps is test data.
#ifndef REGISTRE_TESTS_SUPPORT_TEST_TSA_H_
#define REGISTRE_TESTS_SUPPORT_TEST_TSA_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/test_ca.h"

namespace registre::testing {

// Says the time that it is told. Aborts when OpenSSL fails. Any thread.
class TestTsa {
 public:
  struct Options {
    absl::Time not_before = absl::FromUnixSeconds(946'684'800);   // 2000-01-01
    absl::Time not_after = absl::FromUnixSeconds(4'102'444'800);  // 2100-01-01
    std::vector<std::string> carried = {};  // certificates that tokens carry, beside its own
  };

  // Its certificate is of `ca`.
  explicit TestTsa(const TestCa& ca) : TestTsa(ca, Options()) {}
  TestTsa(const TestCa& ca, const Options& options);

  // The answer (DER TimeStampResp) to a request (DER TimeStampReq): a refusal when it is none.
  std::string Answer(const std::string& request, absl::Time time) const;
  // A token (DER) over a text.
  std::string Stamp(const std::string& text, absl::Time time) const;

  // What a token says, signed by any other.
  static std::string SignedBy(const TestIdentity& signer, const std::string& token);

 private:
  const TestIdentity identity_;
  const std::vector<std::string> carried_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_TEST_TSA_H_
