// Certificates for tests, made on the spot: every name is made up (example.org).
#ifndef REGISTRE_TESTS_SUPPORT_TEST_CA_H_
#define REGISTRE_TESTS_SUPPORT_TEST_CA_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace registre::testing {

// A key (EC P-256) and a certificate of it, as PEM.
struct TestIdentity {
  std::string certificate_pem;
  std::string key_pem;
};

// What is asked for. Times are to the second.
struct TestRequest {
  std::string common_name;
  // Alternative names: with "://" a URI, with "@" an e-mail, else a DNS name. Any bytes.
  std::vector<std::string> names = {};
  absl::Time not_before = absl::FromUnixSeconds(946'684'800);   // 2000-01-01
  absl::Time not_after = absl::FromUnixSeconds(4'102'444'800);  // 2100-01-01
  std::string usage = "clientAuth";                             // extendedKeyUsage
};

// A CA that signs what it is asked to. Aborts when OpenSSL fails. One thread.
class TestCa {
 public:
  // Signed by itself.
  explicit TestCa(const std::string& name);
  // Under another CA, valid until `not_after`.
  TestCa(const std::string& name, const TestCa& parent,
         absl::Time not_after = absl::FromUnixSeconds(4'102'444'800));
  ~TestCa();

  const std::string& pem() const { return pem_; }
  TestIdentity Issue(const TestRequest& request) const;

 private:
  struct Key;
  std::unique_ptr<Key> key_;
  std::string pem_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_TEST_CA_H_
