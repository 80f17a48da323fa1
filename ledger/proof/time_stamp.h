// Time stamps (RFC 3161), through OpenSSL. Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_TIME_STAMP_H_
#define REGISTRE_LEDGER_PROOF_TIME_STAMP_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace registre {

inline constexpr size_t kMaxTimeStampBytes = 64 * 1024;
inline constexpr size_t kMaxTimeStamps = 16;  // of a checkpoint
// Of an authority's answer: a token and a status.
inline constexpr size_t kMaxTimeStampAnswerBytes = kMaxTimeStampBytes + 4 * 1024;

// A request (DER TimeStampReq) over the text's SHA-256, with a random nonce, asking for the
// signer's certificates.
absl::StatusOr<std::string> TimeStampRequest(std::string_view text);

// The token in an authority's answer (DER TimeStampResp) to that request: granted, with its imprint
// and nonce. INVALID_ARGUMENT (TIMESTAMP_REFUSED) with the authority's words; (TIMESTAMP_INVALID).
absl::StatusOr<std::string> TokenOfAnswer(std::string_view request, std::string_view answer);

// OK when the token (DER TimeStampToken) is well formed, signed by the certificate it carries and
// over the text; that signer is not judged. INVALID_ARGUMENT (TIMESTAMP_INVALID). Returns its
// genTime, to the second.
//
// Signed with RSA (PKCS #1), ECDSA or DSA and SHA-256, 384 or 512. What no signature covers is
// refused, so that no byte of a token may change unseen: unsigned attributes, revocation lists,
// certificates that do not stand above the signer. One thing is left: of the topmost CA that the
// token carries only the name and the key count here. VerifyTimeStamp verifies all of it.
absl::StatusOr<absl::Time> TimeStampedAt(std::string_view token, std::string_view text);

// The same, and the signer is for time stamping alone (RFC 3161 section 2.3), of a CA in `ca_pem`,
// valid at genTime; the topmost CA that it carries is a root, or of them as well. Whether one was
// revoked is not looked at. INVALID_ARGUMENT (TIMESTAMP_UNTRUSTED) with what is wrong.
absl::StatusOr<absl::Time> VerifyTimeStamp(std::string_view token, std::string_view text,
                                           std::string_view ca_pem);

// INVALID_ARGUMENT (TIMESTAMP_UNTRUSTED) when `ca_pem` holds no certificate, or one that cannot be
// read: VerifyTimeStamp would refuse every token.
absl::Status CheckTimeStampAuthorities(std::string_view ca_pem);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_TIME_STAMP_H_
