#include "ledger/proof/certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"

namespace registre {
namespace {

// Level 2 of OpenSSL, which is what Debian asks of TLS: 112 bits, so RSA from 2,048 bits, no SHA-1.
constexpr int kSecurityLevel = 2;
// Of what a client sends beside its certificate.
constexpr size_t kMaxChain = 16;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using X509Ptr = std::unique_ptr<X509, FreeX509>;
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

Bio BioOf(std::string_view bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Why OpenSSL gave up, and forgets it.
std::string TakeReason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "it cannot be read" : reason;
}

// No file protected by a password: nobody is there to be asked.
int NoPassword(char*, int, int, void*) { return -1; }

// The next certificate; null at the end, or when `damaged` is set.
X509Ptr ReadNext(BIO* bio, bool* damaged) {
  X509Ptr certificate(PEM_read_bio_X509(bio, nullptr, NoPassword, nullptr));
  if (certificate == nullptr) {
    *damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    if (!*damaged) ERR_clear_error();
  }
  return certificate;
}

absl::Status FileInvalid(std::string message) {
  return Error(absl::StatusCode::kInvalidArgument, "TLS_FILE_INVALID", std::move(message));
}

absl::Status Unauthenticated(std::string_view reason, std::string message, ErrorValues values) {
  return Error(absl::StatusCode::kUnauthenticated, reason, std::move(message), std::move(values));
}

absl::Status Invalid(std::string_view name, std::string_view why) {
  return Unauthenticated(
      "CERTIFICATE_INVALID",
      fmt::format(
          "certificate {} is not accepted: {}; use one that the ledger's CA gave for client "
          "authentication",
          name, why),
      {{"certificate", std::string(name)}});
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
}

// Text without what could be read as something else.
bool IsName(std::string_view text) {
  return !text.empty() && IsUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

// The only common name; empty when there is none. Nothing when there are several, or it is no name.
std::optional<std::string> CommonName(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return "";
  if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return std::nullopt;
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return std::nullopt;
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  if (!IsName(name)) return std::nullopt;
  return name;
}

// All names as Certificate has them; nothing when one of them is none.
std::optional<std::vector<std::string>> NamesOf(const X509* certificate) {
  int critical = -1;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  // -1: there is none; otherwise it is damaged, or stands there twice.
  if (alternatives == nullptr && critical != -1) return std::nullopt;
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* alternative = sk_GENERAL_NAME_value(alternatives.get(), i);
    int type = 0;
    const auto* text = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(alternative, &type));
    if (type != GEN_DNS && type != GEN_URI && type != GEN_EMAIL) continue;
    // With its own length: a zero byte does not end it.
    std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
    if (!IsName(name)) return std::nullopt;
    names.push_back(std::move(name));
  }
  if (!names.empty()) return names;
  std::optional<std::string> common = CommonName(certificate);
  if (!common) return std::nullopt;
  if (!common->empty()) names.push_back(*std::move(common));
  return names;
}

// "CN=..., O=...", for messages.
std::string TextOf(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  // Control characters are escaped.
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(std::min<long>(std::max<long>(size, 0), 300)));
}

// How messages call it: its first name, or its subject.
std::string NameForMessages(const X509* certificate) {
  const auto names = NamesOf(certificate);
  if (names && !names->empty()) return std::string(FirstBytes(names->front(), 200));
  const std::string subject = TextOf(X509_get_subject_name(certificate));
  return subject.empty() ? "without a name" : subject;
}

absl::Status NotYetValid(std::string_view name, absl::Time not_before) {
  return Unauthenticated(
      "CERTIFICATE_NOT_YET_VALID",
      fmt::format("certificate {} is valid from {} only; use one that is valid now, or look at the "
                  "clock of the server",
                  name, TimeText(not_before)),
      {{"certificate", std::string(name)}, {"not_before", TimeText(not_before)}});
}

// What the verification of `leaf` failed for.
absl::Status Why(const X509* leaf, X509_STORE_CTX* context) {
  const std::string name = NameForMessages(leaf);
  const int error = X509_STORE_CTX_get_error(context);
  // The one at fault: the leaf, or a CA above it.
  const X509* at = X509_STORE_CTX_get_current_cert(context);
  if (at == nullptr) at = leaf;
  const std::string faulty =
      X509_cmp(at, leaf) == 0 ? name : fmt::format("{} (a CA above {})", NameForMessages(at), name);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return CertificateExpired(faulty, TimeOf(X509_get0_notAfter(at)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return NotYetValid(faulty, TimeOf(X509_get0_notBefore(at)));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: {
      const std::string issuer = TextOf(X509_get_issuer_name(at));
      return Unauthenticated(
          "CERTIFICATE_UNKNOWN_ISSUER",
          fmt::format(
              "certificate {} was issued by {}, which is none of the CAs of this ledger; use "
              "a certificate of one of them, and send the CAs between",
              name, issuer),
          {{"certificate", name}, {"issuer", issuer}});
    }
    default:
      return Invalid(name, X509_verify_cert_error_string(error));
  }
}

}  // namespace

struct TrustStore::Store {
  Store() : x509(X509_STORE_new()) {}
  ~Store() { X509_STORE_free(x509); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  X509_STORE* const x509;
};

TrustStore::TrustStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}
TrustStore::~TrustStore() = default;

absl::Status CertificateExpired(std::string_view name, absl::Time not_after) {
  return Unauthenticated("CERTIFICATE_EXPIRED",
                         fmt::format("certificate {} ended on {}; renew it and connect again", name,
                                     TimeText(not_after)),
                         {{"certificate", std::string(name)}, {"not_after", TimeText(not_after)}});
}

absl::StatusOr<std::unique_ptr<TrustStore>> TrustStore::FromPem(std::string_view pem) {
  auto store = std::make_unique<Store>();
  const Bio bio = BioOf(pem);
  int count = 0;
  bool damaged = false;
  while (const X509Ptr certificate = ReadNext(bio.get(), &damaged)) {
    if (X509_STORE_add_cert(store->x509, certificate.get()) != 1) {
      return FileInvalid(
          fmt::format("certificate {} of the CAs cannot be used: {}", count + 1, TakeReason()));
    }
    ++count;
  }
  if (damaged) {
    return FileInvalid(
        fmt::format("certificate {} of the CAs is damaged: {}; give PEM certificates", count + 1,
                    TakeReason()));
  }
  if (count == 0) {
    return FileInvalid(
        "no certificate of a CA: give a PEM file with at least one -----BEGIN CERTIFICATE-----");
  }
  return std::unique_ptr<TrustStore>(new TrustStore(std::move(store)));
}

absl::StatusOr<Certificate> TrustStore::Verify(std::string_view pem_leaf,
                                               std::string_view pem_chain, absl::Time now) const {
  bool damaged = false;
  const X509Ptr leaf = ReadNext(BioOf(pem_leaf).get(), &damaged);
  if (leaf == nullptr) return Invalid("of the client", TakeReason());
  const Stack chain(sk_X509_new_null());
  const Bio bio = BioOf(pem_chain);
  while (X509Ptr certificate = ReadNext(bio.get(), &damaged)) {
    if (static_cast<size_t>(sk_X509_num(chain.get())) >= kMaxChain) break;
    sk_X509_push(chain.get(), certificate.release());
  }
  ERR_clear_error();

  const std::unique_ptr<X509_STORE_CTX, FreeContext> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store_->x509, leaf.get(), chain.get()) != 1) {
    return Invalid(NameForMessages(leaf.get()), TakeReason());
  }
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, absl::ToTimeT(now));
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) != 1) {
    absl::Status why = Why(leaf.get(), context.get());
    ERR_clear_error();
    return why;
  }

  Certificate certificate;
  auto names = NamesOf(leaf.get());
  if (!names) return Invalid(NameForMessages(leaf.get()), "one of its names is malformed");
  if (names->empty()) return Invalid("of the client", "it bears no name");
  certificate.names = *std::move(names);
  certificate.not_after = absl::InfiniteFuture();
  const STACK_OF(X509)* verified = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(verified); ++i) {
    certificate.not_after =
        std::min(certificate.not_after, TimeOf(X509_get0_notAfter(sk_X509_value(verified, i))));
  }
  return certificate;
}

absl::Status CheckKeyPair(std::string_view pem_certificate, std::string_view pem_key) {
  bool damaged = false;
  const X509Ptr certificate = ReadNext(BioOf(pem_certificate).get(), &damaged);
  if (certificate == nullptr) {
    return FileInvalid(fmt::format(
        "the server's certificate cannot be read: {}; give a PEM file, the server's own first",
        TakeReason()));
  }
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_bio_PrivateKey(BioOf(pem_key).get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    return FileInvalid(fmt::format(
        "the server's key cannot be read: {}; give a PEM file without a password", TakeReason()));
  }
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return absl::OkStatus();
  return FileInvalid(fmt::format(
      "the server's certificate {} and its key do not belong together ({}); give the key "
      "that it was made with",
      NameForMessages(certificate.get()), TakeReason()));
}

}  // namespace registre
