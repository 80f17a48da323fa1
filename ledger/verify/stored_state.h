// What is stored beside the events: the consumers of the payment feed, the checkpoints, the keys
// that signed them. Private to ledger/verify.
#ifndef REGISTRE_LEDGER_VERIFY_STORED_STATE_H_
#define REGISTRE_LEDGER_VERIFY_STORED_STATE_H_

#include <cstdint>
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

// The stored checkpoints, all that can be said of them without the events: their bytes, that one of
// the keys signed each, time stamps over it, cosignatures of the policy's witnesses; the newest is
// one that the policy accepts, where it knows a log. Returns what they say of the log.
absl::StatusOr<std::vector<ClaimedHead>> CheckCheckpoints(const EventStore& log,
                                                          const std::vector<VerifierKey>& keys,
                                                          const TrustPolicy& policy,
                                                          Findings* findings);

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_STORED_STATE_H_
