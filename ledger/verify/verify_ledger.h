// A whole data folder, verified offline: everything that can be recomputed is, and compared.
//
//   log -> read, hash, parse | leaf hashes, tiles, heads, units, tags, chains, ids, seals | fold
//          a thread            the caller's thread                                         a thread
//
// Each seal costs a pass over all tags that the log has by then.
//
// What is stored beside the events (consumers, checkpoints, keys) is read first, the index is
// compared with the fold last. Memory does not grow with the log: what it does not hold goes to
// files of a working folder.
#ifndef REGISTRE_LEDGER_VERIFY_VERIFY_LEDGER_H_
#define REGISTRE_LEDGER_VERIFY_VERIFY_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/ledger.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/trust_policy.h"
#include "ledger/verify/findings.h"

namespace registre {

struct VerifyLedgerOptions {
  std::string directory;  // a data folder that no server uses; it may be read-only
  Projection projection;
  // Folds the log again, and compares the index of the folder with what it gives.
  bool fold = true;
  std::string work;  // folder for what memory does not hold; empty: the system's temporary folder
  // A checkpoint that `policy` accepted: the log must be its continuation.
  std::optional<TrustedCheckpoint> older;
  // Where it knows a log: it must accept a stored checkpoint, or `older`, and one of its logs must
  // have signed the newest stored one; and cosignatures of its witnesses must verify.
  TrustPolicy policy;
  // The CAs (PEM) that every stored time stamp must be of an authority under; those are well formed
  // (CheckTimeStampAuthorities).
  std::optional<std::string> tsa_ca;
  OnFoldProgress on_progress;  // may be empty
  size_t max_findings = 100;
  bool stop_at_first = false;  // for tests: later findings are of no interest
};

// What was looked at, and what is wrong with it.
struct LedgerVerification {
  uint64_t events = 0;
  Hash root = {};
  std::string origin;
  uint64_t checkpoints = 0;
  uint64_t time_stamps = 0;
  // The beginning of the log that is signed by who is trusted: by the policy's logs where it knows
  // one, otherwise by keys of the folder itself, which prove nothing of who holds them.
  std::optional<SignedHead> signed_head;
  uint64_t consumers = 0;
  uint64_t seals = 0;
  std::optional<uint64_t> rows;  // of the index, compared

  std::vector<LedgerFinding> findings;  // in the order found
  uint64_t more_findings = 0;
  std::optional<LedgerFinding> first_event;  // of the lowest position
  std::vector<std::string> notes;            // worth knowing, and not wrong

  bool intact() const { return findings.empty(); }
};

// Verifies a folder. Changes nothing in it; holds it so that no server starts on it meanwhile.
// What is wrong with the ledger is in the answer. Errors: those of HeldFolder::Open; CANCELLED when
// on_progress gives up; those of the disk of the working folder. Blocks; three threads.
absl::StatusOr<LedgerVerification> VerifyLedger(const VerifyLedgerOptions& options);

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_VERIFY_LEDGER_H_
