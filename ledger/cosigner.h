// A witness of logs (C2SP tlog-witness), without the HTTP: it cosigns checkpoints, each only when
// it continues the one it cosigned before, and never forgets one.
//
//   DIR/LOCK                    held (flock) while it runs
//   DIR/key.pem                 its Ed25519 key, PKCS #8, mode 0600
//   DIR/<origin>.checkpoint     the last it cosigned of a log, with the cosignature; the name is
//                               the SHA-256 of the origin in hexadecimal
//   DIR/evidence/*.request      requests with a checkpoint that a log signed and that does not
//                               continue the last, as they came
#ifndef REGISTRE_LEDGER_COSIGNER_H_
#define REGISTRE_LEDGER_COSIGNER_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/clock.h"
#include "ledger/proof/witness_request.h"

namespace registre {

// Requests kept as evidence: at most so many of each kind, one a checkpoint; the first ones.
inline constexpr size_t kMaxEvidence = 64;

// Any thread.
class Cosigner {
 public:
  struct Options {
    std::string directory;              // made when it does not exist
    std::string name;                   // its key name
    std::vector<VerifierKey> log_keys;  // of the logs that it cosigns, each named as its origin
    const Clock* clock = nullptr;       // borrowed
  };

  // Makes the key where the folder holds nothing yet. INVALID_ARGUMENT (NAME_INVALID); UNAVAILABLE
  // (DATA_FOLDER_IN_USE); DATA_LOSS (WITNESS_DAMAGED) when a file cannot be trusted: it would not
  // know any more what it cosigned; those of the disk.
  static absl::StatusOr<std::unique_ptr<Cosigner>> Open(Options options);
  ~Cosigner();
  Cosigner(const Cosigner&) = delete;
  Cosigner& operator=(const Cosigner&) = delete;

  // Who cosigns: a key of use kWitness.
  const VerifierKey& key() const { return verifier_; }

  struct Answer {
    int status;  // of HTTP
    std::string content_type;
    std::string body;
  };
  // Answers the body of an add-checkpoint. What it cosigns is durable before it returns; requests
  // of one origin are judged one after the other. A contradiction is logged as critical, once a
  // checkpoint, and kept as evidence. 500 when the disk fails.
  Answer AddCheckpoint(std::string_view body);

  // The last checkpoint cosigned of an origin, given by its SHA-256 in lower-case hexadecimal, as a
  // note with the log's signatures and the cosignature.
  std::optional<std::string> LatestOf(std::string_view origin_hash) const;

 private:
  // What is known of a log.
  struct Log {
    std::string file;  // its name
    mutable absl::Mutex mutex;
    CosignedHead latest ABSL_GUARDED_BY(mutex);
    std::string note ABSL_GUARDED_BY(mutex);  // empty: never cosigned
  };

  Cosigner(Options options, int lock_fd, SigningKey key);
  absl::Status Load(const std::string& origin, Log* log);
  absl::Status LoadEvidence();
  absl::StatusOr<std::string> Cosign(const WitnessRequest& request, const Note& accepted, Log* log)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(log->mutex);
  void KeepEvidence(std::string_view body, const WitnessRequest& request,
                    const CosignedHead& latest);

  const Options options_;
  const int lock_fd_;
  const SigningKey signing_key_;
  const VerifierKey verifier_;
  std::map<std::string, Log> logs_;  // by origin; the same from Open on

  absl::Mutex evidence_mutex_;
  std::set<std::string> evidence_ ABSL_GUARDED_BY(evidence_mutex_);  // names of files
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_COSIGNER_H_
