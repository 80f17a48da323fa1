// What is stored beside the events: the consumers of the payment feed, the checkpoints, the keys
// that signed them. Private to ledger/verify.
#ifndef REGISTRE_LEDGER_VERIFY_STORED_STATE_H_
#define REGISTRE_LEDGER_VERIFY_STORED_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/note.h"
#include "ledger/proof/trust_policy.h"
#include "ledger/store/event_store.h"
#include "ledger/verify/findings.h"

namespace registre {

// A head that someone says the log had: to be held against the log when it is read.
struct ClaimedHead {
  Checkpoint checkpoint;  // its origin may be empty: not said
  std::string subject;    // who says so, as of a finding
  bool sealed = false;    // it says that it holds a seal
};

// What the stored consumers are. How many there are; errors are those of the log.
absl::StatusOr<uint64_t> CheckConsumers(const EventStore& log, Findings* findings);

// Whom the stored checkpoints are held against.
struct CheckpointTrust {
  std::vector<VerifierKey> verifiers;        // of the folder: one of them signed each
  const TrustPolicy& policy;                 // of who verifies; it may know no log
  const std::optional<std::string>& tsa_ca;  // PEM: every time stamp is of an authority under it
};

struct StoredCheckpoints {
  std::vector<ClaimedHead> claimed;  // what they say of the log
  // The newest that the policy accepts; the newest of all where it knows no log.
  std::optional<SignedHead> trusted;
  uint64_t time_stamps = 0;
  std::vector<std::string> notes;
};

// The stored checkpoints, all that can be said of them without the events: their bytes, that one of
// the keys signed each, time stamps over it, cosignatures of the policy's witnesses. Where the
// policy knows a log, the newest is signed by one, and what is not cosigned by a quorum yet follows
// one that is. That none is stored is no finding here. Errors are those of the log.
absl::StatusOr<StoredCheckpoints> CheckCheckpoints(const EventStore& log,
                                                   const CheckpointTrust& trust,
                                                   Findings* findings);

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_STORED_STATE_H_
