#include "tests/support/test_tsa.h"

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/ts.h>

#include <cstdio>
#include <cstdlib>

#include "ledger/proof/time_stamp.h"

namespace registre::testing {
namespace {

void TsaMust(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "test time stamps: %s failed\n", what);
  std::abort();
}

BIO* MemoryOf(const std::string& bytes) {
  return BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()));
}

X509* CertificateOf(const std::string& pem) {
  BIO* bio = MemoryOf(pem);
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  TsaMust(certificate != nullptr, "reading a certificate");
  BIO_free(bio);
  return certificate;
}

ASN1_INTEGER* NextSerial(TS_RESP_CTX*, void*) {
  ASN1_INTEGER* serial = ASN1_INTEGER_new();
  ASN1_INTEGER_set(serial, 7);
  return serial;
}

EVP_PKEY* KeyOf(const std::string& pem) {
  BIO* bio = MemoryOf(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  TsaMust(key != nullptr, "reading a key");
  BIO_free(bio);
  return key;
}

template <class T, class Encode>
std::string EncodedWith(Encode encode, T* value) {
  unsigned char* bytes = nullptr;
  const int size = encode(value, &bytes);
  TsaMust(size > 0, "encoding");
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

// The TSTInfo of a token.
std::string ContentOf(const std::string& token) {
  const auto* at = reinterpret_cast<const unsigned char*>(token.data());
  PKCS7* pkcs7 = d2i_PKCS7(nullptr, &at, static_cast<long>(token.size()));
  TsaMust(pkcs7 != nullptr, "reading a token");
  TS_TST_INFO* info = PKCS7_to_TS_TST_INFO(pkcs7);
  std::string der = EncodedWith(i2d_TS_TST_INFO, info);
  TS_TST_INFO_free(info);
  PKCS7_free(pkcs7);
  return der;
}

int TellTime(TS_RESP_CTX*, void* time, long* seconds, long* micros) {
  *seconds = static_cast<long>(absl::ToUnixSeconds(*static_cast<absl::Time*>(time)));
  *micros = 0;
  return 1;
}

}  // namespace

TestTsa::TestTsa(const TestCa& ca, const Options& options)
    : identity_(ca.Issue({.common_name = "Test TSA",
                          .not_before = options.not_before,
                          .not_after = options.not_after,
                          .usage = "critical,timeStamping"})),
      carried_(options.carried) {}

std::string TestTsa::Answer(const std::string& request, absl::Time time) const {
  TS_RESP_CTX* context = TS_RESP_CTX_new();
  X509* signer = CertificateOf(identity_.certificate_pem);
  EVP_PKEY* key = KeyOf(identity_.key_pem);
  STACK_OF(X509)* carried = sk_X509_new_null();
  for (const std::string& pem : carried_) sk_X509_push(carried, CertificateOf(pem));
  ASN1_OBJECT* policy = OBJ_txt2obj("1.2.3.4.1", 1);
  TsaMust(TS_RESP_CTX_set_signer_cert(context, signer) == 1 &&
              TS_RESP_CTX_set_signer_key(context, key) == 1 &&
              TS_RESP_CTX_set_signer_digest(context, EVP_sha256()) == 1 &&
              TS_RESP_CTX_set_def_policy(context, policy) == 1 &&
              TS_RESP_CTX_set_certs(context, carried) == 1 &&
              TS_RESP_CTX_add_md(context, EVP_sha256()) == 1,
          "setting up");
  TS_RESP_CTX_set_serial_cb(context, NextSerial, nullptr);
  TS_RESP_CTX_set_time_cb(context, TellTime, &time);
  BIO* asked = MemoryOf(request);
  TS_RESP* answer = TS_RESP_create_response(context, asked);
  TsaMust(answer != nullptr, "answering");
  std::string der = EncodedWith(i2d_TS_RESP, answer);
  TS_RESP_free(answer);
  BIO_free(asked);
  ASN1_OBJECT_free(policy);
  sk_X509_pop_free(carried, X509_free);
  EVP_PKEY_free(key);
  X509_free(signer);
  TS_RESP_CTX_free(context);
  return der;
}

std::string TestTsa::Stamp(const std::string& text, absl::Time time) const {
  const std::string request = *TimeStampRequest(text);
  auto token = TokenOfAnswer(request, Answer(request, time));
  TsaMust(token.ok(), "stamping");
  return *std::move(token);
}

// OpenSSL's authority refuses a signer that is not for time stamping; CMS does not ask.
std::string TestTsa::SignedBy(const TestIdentity& signer, const std::string& token) {
  constexpr unsigned kFlags = CMS_PARTIAL | CMS_BINARY | CMS_CADES | CMS_NOSMIMECAP;
  X509* certificate = CertificateOf(signer.certificate_pem);
  EVP_PKEY* key = KeyOf(signer.key_pem);
  CMS_ContentInfo* cms = CMS_sign(nullptr, nullptr, nullptr, nullptr, kFlags);
  const std::string content = ContentOf(token);
  BIO* bio = MemoryOf(content);
  TsaMust(cms != nullptr &&
              CMS_add1_signer(cms, certificate, key, EVP_sha256(), kFlags) != nullptr &&
              CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)) == 1 &&
              CMS_set_detached(cms, 0) == 1 && CMS_final(cms, bio, nullptr, CMS_BINARY) == 1,
          "signing");
  std::string der = EncodedWith(i2d_CMS_ContentInfo, cms);
  BIO_free(bio);
  CMS_ContentInfo_free(cms);
  EVP_PKEY_free(key);
  X509_free(certificate);
  return der;
}

}  // namespace registre::testing
