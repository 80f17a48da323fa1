// Whom a command trusts, and the files that an auditor gives it.
#ifndef REGISTRE_CMD_REGISTRE_TRUST_H_
#define REGISTRE_CMD_REGISTRE_TRUST_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cmd/registre/args.h"
#include "google/protobuf/struct.pb.h"
#include "ledger/proof/note.h"
#include "ledger/proof/trust_policy.h"

namespace registre::cli {

// Largest file of verifier keys, and of CAs of time stamp authorities.
inline constexpr size_t kMaxKeysFileBytes = 64 * 1024;
inline constexpr size_t kMaxTsaCaBytes = 1024 * 1024;

// The whole file; of a pipe as well. NOT_FOUND (FILE_UNREADABLE) when it cannot be read,
// INVALID_ARGUMENT (FILE_TOO_LARGE) when it has more than `max_bytes`. The message names it.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

// Keys of logs, as --key and --log give them: each a verifier key, or a file of them, one a line;
// in it empty lines and lines that start with # are skipped. INVALID_ARGUMENT (KEY_INVALID), also
// for a witness's key; the errors of ReadWholeFile.
absl::StatusOr<std::vector<VerifierKey>> ReadLogKeys(const std::vector<std::string>& keys);

// What --policy or --key say; with neither, a policy that trusts no log. The errors of ReadLogKeys
// and ParseTrustPolicy.
absl::StatusOr<TrustPolicy> ReadTrust(const AuditArgs& args);

// What --schema-digest accepts.
std::vector<Hash> SchemasOf(const AuditArgs& args);

// The checkpoint that someone kept: a signed note in a file, or the one in an evidence bundle, of
// which nothing else is verified. The errors of ReadWholeFile, ParseBundle and VerifyCheckpoint;
// the message names the file.
absl::StatusOr<TrustedCheckpoint> ReadKeptCheckpoint(const std::string& path,
                                                     const TrustPolicy& policy);

// Signatures of a checkpoint that are not its log's own; none of them is verified.
size_t CosignaturesIn(const Note& note);

// An instant in UTC, to the second: for a person, and as RFC 3339.
std::string InstantText(absl::Time time);
std::string RfcInstant(absl::Time time);

// What a verified checkpoint says, who signed it and who cosigned it when: labels and values for
// PrintPairs; fields of a JSON object (origin, size, root, signed_by, cosigned), added to `*json`.
std::vector<std::pair<std::string, std::string>> DescribeCheckpoint(
    const TrustedCheckpoint& trusted, const TrustPolicy& policy);
void DescribeCheckpoint(const TrustedCheckpoint& trusted, const TrustPolicy& policy,
                        google::protobuf::Struct* json);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_TRUST_H_
