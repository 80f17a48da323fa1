// Ed25519 signatures (RFC 8032) and the keys they are made with.
#ifndef REGISTRE_LEDGER_PROOF_ED25519_H_
#define REGISTRE_LEDGER_PROOF_ED25519_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace registre {

using PublicKey = std::array<uint8_t, 32>;
using Ed25519Signature = std::array<uint8_t, 64>;

// Immutable; any thread.
class SigningKey {
 public:
  // A new key, from OpenSSL's random generator.
  static absl::StatusOr<SigningKey> Generate();
  // From PKCS #8 PEM without a passphrase. INVALID_ARGUMENT (KEY_INVALID) otherwise.
  static absl::StatusOr<SigningKey> FromPem(std::string_view pem);
  // From the 32 bytes of RFC 8032, for tests and keys of other programs.
  static absl::StatusOr<SigningKey> FromSeed(std::string_view seed);

  std::string ToPem() const;
  const PublicKey& public_key() const;
  Ed25519Signature Sign(std::string_view message) const;

 private:
  struct Key;
  explicit SigningKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  // Shared, so that the key may be copied; it is immutable.
  std::shared_ptr<const Key> key_;
};

// Whether the signature is the key's over the message.
bool VerifyEd25519(const PublicKey& key, std::string_view message, std::string_view signature);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_ED25519_H_
