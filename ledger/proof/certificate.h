// Certificates of clients: X.509 (RFC 5280), verified by the ledger itself and not within TLS, so
// that who is refused is told why. TLS proves only that the other side holds the key.
#ifndef REGISTRE_LEDGER_PROOF_CERTIFICATE_H_
#define REGISTRE_LEDGER_PROOF_CERTIFICATE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace registre {

// What a verified certificate says.
struct Certificate {
  // Its subject alternative names (DNS, URI, e-mail), in its order, or its common name when it has
  // none of them. One at least, printable ASCII or UTF-8 without control characters.
  std::vector<std::string> names;
  // The end of the certificate, or of a CA above it when that is earlier. Valid until then,
  // inclusive.
  absl::Time not_after;
};

// "certificate lea.example ended ...": UNAUTHENTICATED (CERTIFICATE_EXPIRED). For a certificate
// that was verified before.
[[nodiscard]] absl::Status CertificateExpired(std::string_view name, absl::Time not_after);

// The CAs whose certificates are accepted. Immutable; any thread.
class TrustStore {
 public:
  // From PEM; what stands between the certificates is skipped. Each certificate is trusted by
  // itself: an intermediate CA needs no root beside it. INVALID_ARGUMENT (TLS_FILE_INVALID) when
  // there is none, or one is damaged.
  static absl::StatusOr<std::unique_ptr<TrustStore>> FromPem(std::string_view pem);

  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  // Verifies the client's certificate at `now`: a chain to a CA of the store, over the certificates
  // in `pem_chain` (which may be empty, and may hold the leaf) if need be; every one valid at that
  // time, for client authentication, with keys and signatures of 112 bits of security or more. Some
  // 100 us. UNAUTHENTICATED, the message naming the certificate and what to do:
  //   CERTIFICATE_EXPIRED         with its end, or that of a CA above it
  //   CERTIFICATE_NOT_YET_VALID   with its start
  //   CERTIFICATE_UNKNOWN_ISSUER  with its issuer: no CA of the store stands above it
  //   CERTIFICATE_INVALID         anything else: damaged, not for clients, a weak key, no name
  absl::StatusOr<Certificate> Verify(std::string_view pem_leaf, std::string_view pem_chain,
                                     absl::Time now) const;

 private:
  struct Store;
  explicit TrustStore(std::unique_ptr<Store> store);

  const std::unique_ptr<Store> store_;
};

// That a server may show `pem_certificate` (the leaf first) with `pem_key`. INVALID_ARGUMENT
// (TLS_FILE_INVALID) when either cannot be read, or they do not belong together.
[[nodiscard]] absl::Status CheckKeyPair(std::string_view pem_certificate, std::string_view pem_key);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_CERTIFICATE_H_
