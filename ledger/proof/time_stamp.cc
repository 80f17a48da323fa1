#include "ledger/proof/time_stamp.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/proof/merkle.h"

namespace registre {
namespace {

// Of a request; unique is enough.
constexpr size_t kNonceBytes = 16;
// Certificates that a token carries.
constexpr int kMaxTokenCertificates = 16;
// Level 2 of OpenSSL: keys and signatures of 112 bits of security or more (see certificate.cc).
constexpr int kTokenSecurityLevel = 2;
// The versions that RFC 5652 asks of a token: of content that is no plain data, and of a signer
// named by issuer and serial number.
constexpr long kSignedDataVersion = 3;
constexpr long kSignerVersion = 1;

template <auto free_handle>
struct FreeTimeStampHandle {
  template <class T>
  void operator()(T* handle) const {
    free_handle(handle);
  }
};
template <class T, auto free_handle>
using TimeStampHandle = std::unique_ptr<T, FreeTimeStampHandle<free_handle>>;

void FreeOpenSslBytes(unsigned char* bytes) { OPENSSL_free(bytes); }
// The certificates are borrowed.
void FreeBorrowedStack(STACK_OF(X509) * stack) { sk_X509_free(stack); }

using Token = TimeStampHandle<PKCS7, PKCS7_free>;
using TokenInfo = TimeStampHandle<TS_TST_INFO, TS_TST_INFO_free>;
using BorrowedStack = TimeStampHandle<STACK_OF(X509), FreeBorrowedStack>;
using Encoded = TimeStampHandle<unsigned char, FreeOpenSslBytes>;

absl::Status TimeStampError(std::string_view reason, std::string message) {
  ERR_clear_error();
  return Error(absl::StatusCode::kInvalidArgument, reason, std::move(message));
}

absl::Status TimeStampInvalid(std::string why) {
  return TimeStampError("TIMESTAMP_INVALID", "the time stamp proves nothing: " + std::move(why));
}

absl::Status TimeStampUntrusted(std::string why) {
  return TimeStampError("TIMESTAMP_UNTRUSTED",
                        "the signer of the time stamp is not to be trusted: " + std::move(why));
}

// What `decode` (d2i_X) reads, when `encode` (i2d_X) writes the same bytes again: DER has one form.
template <class T, auto free_handle, class Decode, class Encode>
TimeStampHandle<T, free_handle> FromDer(std::string_view der, Decode decode, Encode encode) {
  if (der.size() > kMaxTimeStampBytes) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  TimeStampHandle<T, free_handle> read(decode(nullptr, &at, static_cast<long>(der.size())));
  if (read == nullptr) return nullptr;
  unsigned char* bytes = nullptr;
  const int size = encode(read.get(), &bytes);
  const Encoded owned(bytes);
  if (size < 0 ||
      std::string_view(reinterpret_cast<char*>(bytes), static_cast<size_t>(size)) != der) {
    return nullptr;
  }
  return read;
}

template <class T, class Encode>
std::string ToDer(const T* value, Encode encode) {
  unsigned char* bytes = nullptr;
  const int size = encode(value, &bytes);
  const Encoded owned(bytes);
  if (size < 0) return "";
  return std::string(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
}

std::string_view ViewOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string DistinguishedName(const X509_NAME* name) {
  const TimeStampHandle<BIO, BIO_free> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(std::clamp<long>(size, 0, 300)));
}

// Its algorithm, where its parameters are NULL or left out; NID_undef otherwise.
int PlainAlgorithm(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  int parameter = V_ASN1_UNDEF;
  const void* value = nullptr;
  X509_ALGOR_get0(&object, &parameter, &value, algorithm);
  if (parameter != V_ASN1_UNDEF && parameter != V_ASN1_NULL) return NID_undef;
  return OBJ_obj2nid(object);
}

bool IsStrongDigest(int digest) {
  return digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
}

// The only value of a signed attribute that stands there once; null otherwise.
const ASN1_TYPE* SignedAttribute(const PKCS7_SIGNER_INFO* signer, int attribute) {
  const STACK_OF(X509_ATTRIBUTE)* all = signer->auth_attr;
  const int at = X509at_get_attr_by_NID(all, attribute, -1);
  if (at < 0 || X509at_get_attr_by_NID(all, attribute, at) >= 0) return nullptr;
  X509_ATTRIBUTE* found = X509at_get_attr(all, at);
  return X509_ATTRIBUTE_count(found) == 1 ? X509_ATTRIBUTE_get0_type(found, 0) : nullptr;
}

// A token that is well formed and signed, with what it says; `signer` and `chain` (the signer, then
// the CAs that the token carries above it) are the token's.
struct SignedToken {
  Token token;
  TokenInfo info;
  X509* signer = nullptr;
  BorrowedStack chain;
  absl::Time time;
};

// What stands around the signature, and what no signature covers, is as RFC 5652 and RFC 3161 say,
// so that no byte of it may be another.
absl::Status CheckEnvelope(const PKCS7* token) {
  if (!PKCS7_type_is_signed(token) || token->d.sign == nullptr) {
    return TimeStampInvalid("it is no SignedData");
  }
  const PKCS7_SIGNED* data = token->d.sign;
  if (ASN1_INTEGER_get(data->version) != kSignedDataVersion) {
    return TimeStampInvalid("its version is not 3");
  }
  if (data->contents == nullptr || OBJ_obj2nid(data->contents->type) != NID_id_smime_ct_TSTInfo) {
    return TimeStampInvalid("it does not hold a TSTInfo");
  }
  if (sk_PKCS7_SIGNER_INFO_num(data->signer_info) != 1) {
    return TimeStampInvalid("it has not exactly one signer (RFC 3161)");
  }
  if (sk_X509_CRL_num(data->crl) > 0) {
    return TimeStampInvalid("it carries revocation lists, which its signature does not cover");
  }
  const int certificates = sk_X509_num(data->cert);
  if (certificates < 1 || certificates > kMaxTokenCertificates) {
    return TimeStampInvalid(fmt::format("it carries {} certificates, not 1 to {}",
                                        std::max(certificates, 0), kMaxTokenCertificates));
  }
  const PKCS7_SIGNER_INFO* signer = sk_PKCS7_SIGNER_INFO_value(data->signer_info, 0);
  if (ASN1_INTEGER_get(signer->version) != kSignerVersion) {
    return TimeStampInvalid("the version of its signer is not 1");
  }
  if (sk_X509_ATTRIBUTE_num(signer->unauth_attr) > 0) {
    return TimeStampInvalid("it carries attributes that its signature does not cover");
  }
  const int digest = PlainAlgorithm(signer->digest_alg);
  if (!IsStrongDigest(digest)) return TimeStampInvalid("it is not signed with SHA-256, 384 or 512");
  if (sk_X509_ALGOR_num(data->md_algs) != 1 ||
      PlainAlgorithm(sk_X509_ALGOR_value(data->md_algs, 0)) != digest) {
    return TimeStampInvalid("the digest it announces is not the one it is signed with");
  }
  return absl::OkStatus();
}

// The signature's algorithm is one of the signer's key and digest: the signature is verified by
// these two, whatever it says of itself.
absl::Status CheckAlgorithm(const PKCS7_SIGNER_INFO* info, X509* signer) {
  const int algorithm = PlainAlgorithm(info->digest_enc_alg);
  const EVP_PKEY* signer_key = X509_get0_pubkey(signer);
  if (signer_key == nullptr) return TimeStampInvalid("the key of its signer cannot be read");
  const int key = EVP_PKEY_get_base_id(signer_key);
  int digest_of = NID_undef;
  int key_of = NID_undef;
  const bool is_pair = OBJ_find_sigid_algs(algorithm, &digest_of, &key_of) == 1 &&
                       digest_of == PlainAlgorithm(info->digest_alg) && key_of == key;
  const bool is_key_alone = algorithm == key && key == EVP_PKEY_RSA;
  if (algorithm != NID_undef && (is_pair || is_key_alone)) return absl::OkStatus();
  return TimeStampInvalid("its signature algorithm is not that of its signer's key and digest");
}

absl::Status CheckSignature(PKCS7* token, PKCS7_SIGNER_INFO* info, X509* signer) {
  REGISTRE_RETURN_IF_ERROR(CheckAlgorithm(info, signer));
  const ASN1_TYPE* type = SignedAttribute(info, NID_pkcs9_contentType);
  if (type == nullptr || type->type != V_ASN1_OBJECT ||
      OBJ_obj2nid(type->value.object) != NID_id_smime_ct_TSTInfo) {
    return TimeStampInvalid("its signature is not over a TSTInfo");
  }
  if (SignedAttribute(info, NID_pkcs9_messageDigest) == nullptr) {
    return TimeStampInvalid("its signature covers no digest, or several");
  }
  const TimeStampHandle<BIO, BIO_free_all> content(PKCS7_dataInit(token, nullptr));
  if (content == nullptr) return TimeStampInvalid("its content cannot be read");
  std::array<char, 4096> buffer;
  while (BIO_read(content.get(), buffer.data(), buffer.size()) > 0) {
  }
  if (PKCS7_signatureVerify(content.get(), token, info, signer) == 1) return absl::OkStatus();
  return TimeStampInvalid("its signature is not over these bytes: something of it was changed");
}

bool IsSignedWithKeyOf(X509* certificate, const X509* issuer) {
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  return key != nullptr && X509_verify(certificate, key) == 1;
}

// The signer, then what the token carries above it, each signed by the next. Every certificate has
// a place in it; one that nothing it carries signs is the last.
absl::StatusOr<BorrowedStack> ChainOf(X509* signer, STACK_OF(X509) * carried) {
  BorrowedStack chain(sk_X509_new_null());
  sk_X509_push(chain.get(), signer);
  for (X509* at = signer; sk_X509_num(chain.get()) < sk_X509_num(carried);) {
    X509* issuer = nullptr;
    for (int i = 0; i < sk_X509_num(carried) && issuer == nullptr; ++i) {
      X509* one = sk_X509_value(carried, i);
      if (sk_X509_find(chain.get(), one) < 0 && X509_check_issued(one, at) == X509_V_OK &&
          IsSignedWithKeyOf(at, one)) {
        issuer = one;
      }
    }
    if (issuer == nullptr) {
      return TimeStampInvalid("it carries a certificate that does not stand above its signer");
    }
    sk_X509_push(chain.get(), issuer);
    at = issuer;
  }
  X509* last = sk_X509_value(chain.get(), sk_X509_num(chain.get()) - 1);
  if (X509_NAME_cmp(X509_get_subject_name(last), X509_get_issuer_name(last)) == 0 &&
      !IsSignedWithKeyOf(last, last)) {
    return TimeStampInvalid("the root it carries is damaged");
  }
  ERR_clear_error();
  return chain;
}

// The signed attribute that names the signer's certificate by its hash (RFC 5035, RFC 5816):
// another certificate of the same key does not take its place.
absl::Status CheckSignerAttribute(const PKCS7_SIGNER_INFO* info, const STACK_OF(X509) * chain) {
  TimeStampHandle<ESS_SIGNING_CERT, ESS_SIGNING_CERT_free> sha1;
  TimeStampHandle<ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free> sha2;
  const auto* one = SignedAttribute(info, NID_id_smime_aa_signingCertificate);
  if (one != nullptr && one->type == V_ASN1_SEQUENCE) {
    sha1 = FromDer<ESS_SIGNING_CERT, ESS_SIGNING_CERT_free>(
        ViewOf(one->value.sequence), d2i_ESS_SIGNING_CERT, i2d_ESS_SIGNING_CERT);
  }
  const auto* two = SignedAttribute(info, NID_id_smime_aa_signingCertificateV2);
  if (two != nullptr && two->type == V_ASN1_SEQUENCE) {
    sha2 = FromDer<ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free>(
        ViewOf(two->value.sequence), d2i_ESS_SIGNING_CERT_V2, i2d_ESS_SIGNING_CERT_V2);
  }
  if ((one != nullptr) != (sha1 != nullptr) || (two != nullptr) != (sha2 != nullptr)) {
    return TimeStampInvalid("what it signs of its signer's certificate is malformed");
  }
  if (OSSL_ESS_check_signing_certs(sha1.get(), sha2.get(), chain, 1) == 1) return absl::OkStatus();
  return TimeStampInvalid("the certificate it carries is not the one it was signed with");
}

// Whether the name that the token gives its authority is the signer's (RFC 3161 section 2.4.2).
bool IsNameOf(GENERAL_NAME* name, X509* signer) {
  if (name->type == GEN_DIRNAME &&
      X509_NAME_cmp(name->d.directoryName, X509_get_subject_name(signer)) == 0) {
    return true;
  }
  const TimeStampHandle<GENERAL_NAMES, GENERAL_NAMES_free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(signer, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names.get(), i), name) == 0) return true;
  }
  return false;
}

// genTime, fractions of a second left out; nothing when it is not in UTC.
std::optional<absl::Time> GenTime(const TS_TST_INFO* info) {
  const ASN1_GENERALIZEDTIME* time = TS_TST_INFO_get_time(info);
  std::tm fields{};
  if (time == nullptr || !ViewOf(time).ends_with('Z') || ASN1_TIME_to_tm(time, &fields) != 1) {
    return std::nullopt;
  }
  return absl::FromTM(fields, absl::UTCTimeZone());
}

absl::Status CheckInfo(TS_TST_INFO* info, const Hash& imprint) {
  if (TS_TST_INFO_get_version(info) != 1) return TimeStampInvalid("its version is not 1");
  TS_MSG_IMPRINT* stamped = TS_TST_INFO_get_msg_imprint(info);
  if (PlainAlgorithm(TS_MSG_IMPRINT_get_algo(stamped)) != NID_sha256) {
    return TimeStampInvalid("it is not over a SHA-256");
  }
  const std::string_view expected(reinterpret_cast<const char*>(imprint.data()), imprint.size());
  if (ViewOf(TS_MSG_IMPRINT_get_msg(stamped)) != expected) {
    return TimeStampInvalid(
        fmt::format("it is over another text, not that of SHA-256 {}", HexOf(imprint)));
  }
  if (TS_TST_INFO_get_ext_by_critical(info, 1, -1) >= 0) {
    return TimeStampInvalid("it has a critical extension that is not known here");
  }
  return absl::OkStatus();
}

absl::StatusOr<SignedToken> CheckToken(std::string_view der, const Hash& imprint) {
  SignedToken checked;
  checked.token = FromDer<PKCS7, PKCS7_free>(der, d2i_PKCS7, i2d_PKCS7);
  PKCS7* token = checked.token.get();
  if (token == nullptr) {
    return TimeStampInvalid(
        fmt::format("{} bytes that are no DER of a token, whole and of at most "
                    "{} bytes",
                    der.size(), kMaxTimeStampBytes));
  }
  REGISTRE_RETURN_IF_ERROR(CheckEnvelope(token));
  checked.info.reset(PKCS7_to_TS_TST_INFO(token));
  if (checked.info == nullptr) return TimeStampInvalid("its TSTInfo is malformed");
  REGISTRE_RETURN_IF_ERROR(CheckInfo(checked.info.get(), imprint));

  const BorrowedStack signers(PKCS7_get0_signers(token, nullptr, 0));
  if (sk_X509_num(signers.get()) != 1) return TimeStampInvalid("it lacks its signer's certificate");
  checked.signer = sk_X509_value(signers.get(), 0);
  PKCS7_SIGNER_INFO* info = sk_PKCS7_SIGNER_INFO_value(token->d.sign->signer_info, 0);
  // OpenSSL finds the signer whatever the case of letters.
  if (ToDer(info->issuer_and_serial->issuer, i2d_X509_NAME) !=
      ToDer(X509_get_issuer_name(checked.signer), i2d_X509_NAME)) {
    return TimeStampInvalid("its signer's issuer is not written as in the certificate");
  }
  REGISTRE_RETURN_IF_ERROR(CheckSignature(token, info, checked.signer));
  auto chain = ChainOf(checked.signer, token->d.sign->cert);
  if (!chain.ok()) return chain.status();
  checked.chain = *std::move(chain);
  REGISTRE_RETURN_IF_ERROR(CheckSignerAttribute(info, checked.chain.get()));
  GENERAL_NAME* authority = TS_TST_INFO_get_tsa(checked.info.get());
  if (authority != nullptr && !IsNameOf(authority, checked.signer)) {
    return TimeStampInvalid("the authority it names is not its signer");
  }
  const auto time = GenTime(checked.info.get());
  if (!time) return TimeStampInvalid("its time is malformed");
  checked.time = *time;
  return checked;
}

// The CAs; nothing when there is none, or one cannot be read.
TimeStampHandle<X509_STORE, X509_STORE_free> ReadAuthorities(std::string_view pem) {
  TimeStampHandle<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  const TimeStampHandle<BIO, BIO_free> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  int count = 0;
  while (true) {
    const TimeStampHandle<X509, X509_free> ca(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, const_cast<char*>("")));
    if (ca == nullptr) break;
    if (X509_STORE_add_cert(store.get(), ca.get()) != 1) return nullptr;
    ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end && count > 0 ? std::move(store) : nullptr;
}

// The last certificate that the token carries: a root that verified itself (ChainOf), or of the CAs
// as well, also where the way to them is shorter. So that no byte of it may be another.
bool IsRootOrOfAuthorities(X509* last, X509_STORE* store, absl::Time time) {
  if (X509_NAME_cmp(X509_get_subject_name(last), X509_get_issuer_name(last)) == 0) return true;
  const TimeStampHandle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store, last, nullptr) != 1) return false;
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, absl::ToTimeT(time));
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  return X509_verify_cert(context.get()) == 1;
}

absl::Status NoAuthority() {
  return TimeStampUntrusted(
      "no certificate of a CA can be read: give a PEM file of those that you trust");
}

absl::Status CheckTrust(const SignedToken& token, std::string_view ca_pem) {
  const auto store = ReadAuthorities(ca_pem);
  if (store == nullptr) return NoAuthority();
  const TimeStampHandle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), token.signer, token.chain.get()) != 1) {
    return TimeStampUntrusted("OpenSSL does not take its certificate");
  }
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, absl::ToTimeT(token.time));
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_TIMESTAMP_SIGN);
  X509_VERIFY_PARAM_set_auth_level(param, kTokenSecurityLevel);
  // An intermediate CA is trusted by itself.
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509* last = sk_X509_value(token.chain.get(), sk_X509_num(token.chain.get()) - 1);
  if (X509_verify_cert(context.get()) == 1) {
    if (IsRootOrOfAuthorities(last, store.get(), token.time)) {
      ERR_clear_error();
      return absl::OkStatus();
    }
    return TimeStampUntrusted(
        fmt::format("it carries certificate {}, which is of none of your CAs and no root",
                    DistinguishedName(X509_get_subject_name(last))));
  }
  const X509* at = X509_STORE_CTX_get_current_cert(context.get());
  return TimeStampUntrusted(
      fmt::format("at {}, certificate {}: {}",
                  absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", token.time, absl::UTCTimeZone()),
                  DistinguishedName(X509_get_subject_name(at == nullptr ? token.signer : at)),
                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
}

// The authority's words, on one line.
std::string AuthorityWords(const TS_STATUS_INFO* status) {
  std::string words;
  const STACK_OF(ASN1_UTF8STRING)* texts = TS_STATUS_INFO_get0_text(status);
  for (int i = 0; i < sk_ASN1_UTF8STRING_num(texts); ++i) {
    words += (words.empty() ? "" : " ") + std::string(ViewOf(sk_ASN1_UTF8STRING_value(texts, i)));
  }
  words.resize(std::min<size_t>(words.size(), 300));
  for (char& c : words) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) c = '?';
  }
  return words;
}

using TimeStampQuery = TimeStampHandle<TS_REQ, TS_REQ_free>;
using TimeStampAnswer = TimeStampHandle<TS_RESP, TS_RESP_free>;

absl::Status CheckGranted(TS_RESP* answer) {
  const TS_STATUS_INFO* info = TS_RESP_get_status_info(answer);
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info));
  if (status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS) return absl::OkStatus();
  const std::string words = AuthorityWords(info);
  return TimeStampError("TIMESTAMP_REFUSED",
                        fmt::format("the time stamp authority refused with status {}: {}", status,
                                    words.empty() ? "it does not say why" : words));
}

}  // namespace

absl::StatusOr<std::string> TimeStampRequest(std::string_view text) {
  const Hash hash = Sha256(text);
  const TimeStampQuery request(TS_REQ_new());
  const TimeStampHandle<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free> imprint(TS_MSG_IMPRINT_new());
  const TimeStampHandle<X509_ALGOR, X509_ALGOR_free> algorithm(X509_ALGOR_new());
  const TimeStampHandle<BIGNUM, BN_free> random(BN_new());
  // The top bit is set: the number has always the same length.
  const bool drawn =
      BN_rand(random.get(), 8 * kNonceBytes - 1, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1;
  const TimeStampHandle<ASN1_INTEGER, ASN1_INTEGER_free> nonce(
      BN_to_ASN1_INTEGER(random.get(), nullptr));
  const bool made =
      drawn && nonce != nullptr &&
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
      TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
      TS_MSG_IMPRINT_set_msg(imprint.get(), const_cast<unsigned char*>(hash.data()),
                             static_cast<int>(hash.size())) == 1 &&
      TS_REQ_set_version(request.get(), 1) == 1 &&
      TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
      TS_REQ_set_nonce(request.get(), nonce.get()) == 1 &&
      TS_REQ_set_cert_req(request.get(), 1) == 1;
  std::string der = made ? ToDer(request.get(), i2d_TS_REQ) : "";
  if (!der.empty()) return der;
  ERR_clear_error();
  return Error(absl::StatusCode::kInternal, "TIMESTAMP_NOT_ASKED",
               "OpenSSL makes no time stamp request; look at its installation");
}

absl::StatusOr<std::string> TokenOfAnswer(std::string_view request, std::string_view answer) {
  const auto asked = FromDer<TS_REQ, TS_REQ_free>(request, d2i_TS_REQ, i2d_TS_REQ);
  if (asked == nullptr) return TimeStampInvalid("the request is no DER of a time stamp request");
  // Its own encoding is not looked at: the token's is.
  const auto* at = reinterpret_cast<const unsigned char*>(answer.data());
  const TimeStampAnswer answered(answer.size() > kMaxTimeStampAnswerBytes
                                     ? nullptr
                                     : d2i_TS_RESP(nullptr, &at, static_cast<long>(answer.size())));
  if (answered == nullptr || reinterpret_cast<const char*>(at) != answer.data() + answer.size()) {
    return TimeStampInvalid(fmt::format(
        "the answer of {} bytes is no time stamp answer: is this the address of a time stamp "
        "authority (RFC 3161 over HTTP)?",
        answer.size()));
  }
  REGISTRE_RETURN_IF_ERROR(CheckGranted(answered.get()));
  const PKCS7* token = TS_RESP_get_token(answered.get());
  if (token == nullptr) return TimeStampInvalid("the answer grants it and holds none");
  std::string der = ToDer(token, i2d_PKCS7);

  const auto imprint = ViewOf(TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(asked.get())));
  Hash hash;
  if (imprint.size() != hash.size()) return TimeStampInvalid("the request is not over a SHA-256");
  std::copy(imprint.begin(), imprint.end(), hash.begin());
  const auto checked = CheckToken(der, hash);
  if (!checked.ok()) return checked.status();
  const ASN1_INTEGER* nonce = TS_TST_INFO_get_nonce(checked->info.get());
  const ASN1_INTEGER* asked_nonce = TS_REQ_get_nonce(asked.get());
  if (asked_nonce != nullptr && (nonce == nullptr || ASN1_INTEGER_cmp(nonce, asked_nonce) != 0)) {
    return TimeStampInvalid("it answers another request: its nonce is not the one that was sent");
  }
  return der;
}

absl::StatusOr<absl::Time> TimeStampedAt(std::string_view token, std::string_view text) {
  const auto checked = CheckToken(token, Sha256(text));
  if (!checked.ok()) return checked.status();
  return checked->time;
}

absl::StatusOr<absl::Time> VerifyTimeStamp(std::string_view token, std::string_view text,
                                           std::string_view ca_pem) {
  const auto checked = CheckToken(token, Sha256(text));
  if (!checked.ok()) return checked.status();
  REGISTRE_RETURN_IF_ERROR(CheckTrust(*checked, ca_pem));
  return checked->time;
}

absl::Status CheckTimeStampAuthorities(std::string_view ca_pem) {
  return ReadAuthorities(ca_pem) == nullptr ? NoAuthority() : absl::OkStatus();
}

}  // namespace registre
