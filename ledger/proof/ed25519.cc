#include "ledger/proof/ed25519.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

constexpr size_t kSeedBytes = 32;
constexpr size_t kMaxPemBytes = 16 * 1024;

struct FreeEd25519Key {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Ed25519Key = std::unique_ptr<EVP_PKEY, FreeEd25519Key>;

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

struct FreeMemory {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Memory = std::unique_ptr<BIO, FreeMemory>;

const uint8_t* Octets(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

absl::Status SigningKeyInvalid(std::string message) {
  ERR_clear_error();
  return Error(absl::StatusCode::kInvalidArgument, "KEY_INVALID", std::move(message));
}

// Nobody is there to be asked.
int NoPassphrase(char*, int, int, void*) { return -1; }

}  // namespace

struct SigningKey::Key {
  explicit Key(Ed25519Key owned) : evp(owned.release()) {
    size_t size = public_key.size();
    REGISTRE_CHECK(EVP_PKEY_get_raw_public_key(evp, public_key.data(), &size) == 1 &&
                       size == public_key.size(),
                   "OpenSSL gives no public key of an Ed25519 key");
  }
  ~Key() { EVP_PKEY_free(evp); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  EVP_PKEY* const evp;
  PublicKey public_key = {};
};

absl::StatusOr<SigningKey> SigningKey::Generate() {
  Ed25519Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) {
    ERR_clear_error();
    return Error(absl::StatusCode::kInternal, "KEY_NOT_MADE",
                 "OpenSSL makes no key; look at its installation and at the random generator of "
                 "this machine");
  }
  return SigningKey(std::make_shared<Key>(std::move(key)));
}

absl::StatusOr<SigningKey> SigningKey::FromPem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) {
    return SigningKeyInvalid(
        fmt::format("a key of {} bytes is none; give PKCS #8 PEM of Ed25519", pem.size()));
  }
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Ed25519Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return SigningKeyInvalid(
        "the private key cannot be read; give PKCS #8 PEM without a passphrase");
  }
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return SigningKeyInvalid("the private key is of another algorithm; give one of Ed25519");
  }
  return SigningKey(std::make_shared<Key>(std::move(key)));
}

absl::StatusOr<SigningKey> SigningKey::FromSeed(std::string_view seed) {
  if (seed.size() != kSeedBytes) {
    return SigningKeyInvalid(
        fmt::format("a seed of Ed25519 has {} bytes, not {}", kSeedBytes, seed.size()));
  }
  Ed25519Key key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Octets(seed), seed.size()));
  if (key == nullptr) return SigningKeyInvalid("OpenSSL does not take the seed of Ed25519");
  return SigningKey(std::make_shared<Key>(std::move(key)));
}

std::string SigningKey::ToPem() const {
  const Memory memory(BIO_new(BIO_s_mem()));
  REGISTRE_CHECK(PEM_write_bio_PKCS8PrivateKey(memory.get(), key_->evp, nullptr, nullptr, 0,
                                               nullptr, nullptr) == 1,
                 "OpenSSL writes no PEM of an Ed25519 key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

const PublicKey& SigningKey::public_key() const { return key_->public_key; }

Ed25519Signature SigningKey::Sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  Ed25519Signature signature = {};
  size_t size = signature.size();
  const bool done =
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->evp) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, Octets(message), message.size()) == 1;
  REGISTRE_CHECK(done && size == signature.size(), "OpenSSL does not sign with Ed25519");
  return signature;
}

bool VerifyEd25519(const PublicKey& key, std::string_view message, std::string_view signature) {
  if (signature.size() != Ed25519Signature().size()) return false;
  const Ed25519Key evp(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const DigestContext context(EVP_MD_CTX_new());
  const bool verified =
      evp != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, evp.get()) == 1 &&
      EVP_DigestVerify(context.get(), Octets(signature), signature.size(), Octets(message),
                       message.size()) == 1;
  ERR_clear_error();
  return verified;
}

}  // namespace registre
