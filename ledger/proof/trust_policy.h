// Whom a verifier trusts: a trust policy (C2SP tlog-policy) of logs, witnesses, groups and a
// quorum. Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_TRUST_POLICY_H_
#define REGISTRE_LEDGER_PROOF_TRUST_POLICY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/note.h"

namespace registre {

// Largest policy file, and most logs, witnesses and groups in it.
inline constexpr size_t kMaxTrustPolicyBytes = 64 * 1024;
inline constexpr size_t kMaxTrustPolicyLines = 128;  // of each kind

struct TrustPolicy {
  struct Log {
    VerifierKey key;
    std::string url;  // may be empty
  };
  struct Witness {
    std::string name;  // within the policy
    VerifierKey key;
    std::string url;  // submission prefix; may be empty
  };
  struct Group {
    std::string name;
    size_t threshold = 1;
    std::vector<std::string> members;  // witnesses and groups of before
  };

  std::vector<Log> logs;
  std::vector<Witness> witnesses;
  std::vector<Group> groups;
  std::string quorum;  // a witness, a group, or "none"

  // Whether its quorum is of no witness.
  bool asks_nobody() const { return quorum == "none"; }

  // A log's key alone, with no witness: what --key gives.
  static TrustPolicy OfKeys(std::vector<VerifierKey> log_keys);
};

// INVALID_ARGUMENT (TRUST_POLICY_INVALID), with the line, when the text is no policy.
absl::StatusOr<TrustPolicy> ParseTrustPolicy(std::string_view text);

// A checkpoint that the policy accepts.
struct TrustedCheckpoint {
  Checkpoint checkpoint;
  Note note;
  // Witnesses of the policy that cosigned, in its order, and when they say they did.
  struct Cosigned {
    std::string witness;
    absl::Time time;
  };
  std::vector<Cosigned> cosigned;
};

// Signed by a log of the policy whose name is the origin, and cosigned by a quorum.
// INVALID_ARGUMENT: NOTE_INVALID, CHECKPOINT_INVALID, SIGNATURE_INVALID (a known key's signature
// does not verify), LOG_UNKNOWN (no signature of a known log, with whose keys signed and whose are
// known), QUORUM_MISSING (with who cosigned).
absl::StatusOr<TrustedCheckpoint> VerifyCheckpoint(std::string_view note,
                                                   const TrustPolicy& policy);

// The keys of the checkpoint's log, among those that the policy knows, that signed it.
std::vector<VerifierKey> SignersOf(const TrustedCheckpoint& trusted, const TrustPolicy& policy);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_TRUST_POLICY_H_
