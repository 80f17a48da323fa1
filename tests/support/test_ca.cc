#include "tests/support/test_ca.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace registre::testing {
namespace {

void Must(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "test certificates: %s failed\n", what);
  std::abort();
}

template <class Write>
std::string PemOf(const Write& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  Must(write(bio) == 1, "writing PEM");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  Must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "an extension");
  X509_EXTENSION_free(extension);
}

void AddNames(X509* certificate, const std::vector<std::string>& names) {
  GENERAL_NAMES* all = GENERAL_NAMES_new();
  for (const std::string& name : names) {
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
    GENERAL_NAME* one = GENERAL_NAME_new();
    const int type = name.find("://") != std::string::npos ? GEN_URI
                     : name.find('@') != std::string::npos ? GEN_EMAIL
                                                           : GEN_DNS;
    GENERAL_NAME_set0_value(one, type, text);
    sk_GENERAL_NAME_push(all, one);
  }
  Must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, all, 0, 0) == 1, "the names");
  GENERAL_NAMES_free(all);
}

// A certificate without extensions and signature.
X509* Draft(EVP_PKEY* key, const TestRequest& request) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER* serial = X509_get_serialNumber(certificate);
  uint32_t random = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof(random));
  ASN1_INTEGER_set(serial, static_cast<long>(random >> 1) + 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(request.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(request.not_after));
  if (!request.common_name.empty()) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(request.common_name.c_str()),
                               -1, -1, 0);
  }
  X509_set_pubkey(certificate, key);
  return certificate;
}

}  // namespace

struct TestCa::Key {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = nullptr;
  ~Key() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
};

namespace {

void Finish(X509* certificate, const X509_NAME* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, issuer);
  Must(X509_sign(certificate, key, EVP_sha256()) > 0, "signing");
}

X509* DraftCa(EVP_PKEY* key, const std::string& name, absl::Time not_after) {
  X509* certificate = Draft(key, {.common_name = name, .not_after = not_after});
  AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  return certificate;
}

}  // namespace

TestCa::TestCa(const std::string& name) : key_(std::make_unique<Key>()) {
  key_->certificate = DraftCa(key_->key, name, absl::FromUnixSeconds(4'102'444'800));
  Finish(key_->certificate, X509_get_subject_name(key_->certificate), key_->key);
  pem_ = PemOf([this](BIO* bio) { return PEM_write_bio_X509(bio, key_->certificate); });
}

TestCa::TestCa(const std::string& name, const TestCa& parent, absl::Time not_after)
    : key_(std::make_unique<Key>()) {
  key_->certificate = DraftCa(key_->key, name, not_after);
  Finish(key_->certificate, X509_get_subject_name(parent.key_->certificate), parent.key_->key);
  pem_ = PemOf([this](BIO* bio) { return PEM_write_bio_X509(bio, key_->certificate); });
}

TestCa::~TestCa() = default;

TestIdentity TestCa::Issue(const TestRequest& request) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  Must(key != nullptr, "making a key");
  X509* certificate = Draft(key, request);
  AddExtension(certificate, NID_basic_constraints, "CA:FALSE");
  AddExtension(certificate, NID_key_usage, "critical,digitalSignature");
  AddExtension(certificate, NID_ext_key_usage, request.usage);
  if (!request.names.empty()) AddNames(certificate, request.names);
  Finish(certificate, X509_get_subject_name(key_->certificate), key_->key);
  TestIdentity identity;
  identity.certificate_pem = PemOf([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
  identity.key_pem = PemOf([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

}  // namespace registre::testing
