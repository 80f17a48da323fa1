// Good and spoilt evidence bundles, each spoilt in one way, what is needed to verify them, and what
// is to be found. All of it is test data.
#ifndef REGISTRE_TESTS_SUPPORT_BUNDLE_CASES_H_
#define REGISTRE_TESTS_SUPPORT_BUNDLE_CASES_H_

#include <string>
#include <vector>

namespace registre::testing {

struct BundleCase {
  std::string name;
  std::string bytes;
  std::string reason;        // of the error; empty: it is good
  std::string says = {};     // in its message
  bool with_policy = false;  // under the policy, else under the key
  bool with_ca = false;      // time stamps are looked into
  // The digest, in hexadecimal, of a schema to accept beside those that are known.
  std::string schema_digest = {};
};

struct BundleCases {
  std::string key;     // verifier key of the log
  std::string policy;  // of the log and one witness
  std::string tsa_ca;  // PEM
  std::vector<BundleCase> cases;
};

BundleCases MakeBundleCases();

// The bytes with the digest of the last line made anew; they are those of a bundle.
std::string WithNewDigest(const std::string& bundle);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_BUNDLE_CASES_H_
