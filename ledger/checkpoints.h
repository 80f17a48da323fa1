// Signed checkpoints of a ledger: made when the head has moved, durable before anyone sees them.
//
//   head moved -> text -> signed -> stored beside the log (synced) -> published: GetCheckpoint,
//   HTTP, witnesses, watchers
#ifndef REGISTRE_LEDGER_CHECKPOINTS_H_
#define REGISTRE_LEDGER_CHECKPOINTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/keyring.h"
#include "ledger/ledger.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/note.h"
#include "ledger/proof/trust_policy.h"
#include "ledger/wait_list.h"
#include "registre/v1/checkpoint.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// A checkpoint is signed at most this often, unless one is asked for.
inline constexpr absl::Duration kCheckpointInterval = absl::Seconds(1);
// Kept checkpoints that are looked at for one that is cosigned, when it is not known yet.
inline constexpr int kMaxCosignedLookedAt = 4'096;

// Any thread. Only the latest is kept, and those that are stamped, cosigned, sealed or signed at a
// rotation of keys.
class Checkpoints {
 public:
  // Borrows the ledger and the clock. The latest stored checkpoint is verified against the log
  // first: DATA_LOSS (LOG_DIFFERENT) when the log is not an extension of it, (CHECKPOINT_DAMAGED)
  // when no key of the ring signed it. Then signs on a thread of its own. Nothing is signed before
  // the ledger is opened.
  static absl::StatusOr<std::unique_ptr<Checkpoints>> Open(Ledger* ledger, const Clock* clock);
  // Signs the head once more where it has moved, so that a clean stop leaves no event unsigned.
  // Nobody waits any more.
  ~Checkpoints();
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  // A checkpoint of the head of now: the latest when it is of it, else signed in the call. `sealed`
  // says that it holds a new seal and is kept. FAILED_PRECONDITION (LEDGER_NOT_OPENED); those of
  // the disk.
  absl::StatusOr<v1::StoredCheckpoint> Sign(bool sealed = false);

  // The origin that a checkpoint of now is signed under. FAILED_PRECONDITION (LEDGER_NOT_OPENED).
  absl::StatusOr<std::string> origin() const;

  // Whose cosignatures are asked for: from now on latest_cosigned is one that a quorum of the
  // policy cosigned (its logs do not count: the log is this one). A quorum of none changes nothing.
  // Looks for one among those that are kept; the errors of ForEach. Once, before it is served.
  absl::Status SetWitnesses(TrustPolicy policy);

  // The latest published; nothing before the first.
  std::optional<v1::StoredCheckpoint> latest() const;
  // The newest of the present origin that is cosigned: by a quorum of SetWitnesses, and without, by
  // anyone. NOT_FOUND (CHECKPOINT_UNKNOWN).
  absl::StatusOr<v1::StoredCheckpoint> latest_cosigned() const;
  // What whoever asks for the log's checkpoint is shown (C2SP tlog-tiles): under a quorum of
  // SetWitnesses the newest that it cosigned, where there is one; else the latest.
  std::optional<v1::StoredCheckpoint> shown() const;
  // One that is kept. NOT_FOUND (CHECKPOINT_UNKNOWN).
  absl::StatusOr<v1::StoredCheckpoint> Get(uint64_t size) const;
  // Kept ones below `before`, newest first, until `visit` returns false.
  absl::Status ForEach(uint64_t before,
                       const std::function<bool(const v1::StoredCheckpoint&)>& visit) const;

  // Adds signature lines of witnesses, verified by the caller, each key once, to a checkpoint that
  // was published before. It is then kept, also when it was replaced meanwhile. RESOURCE_EXHAUSTED
  // (TOO_MANY_SIGNATURES).
  absl::Status AddCosignatures(const v1::StoredCheckpoint& published,
                               const std::vector<NoteSignature>& cosignatures);
  // Adds a time stamp over a note that this log signed, which is then kept, also when it was
  // replaced meanwhile. INVALID_ARGUMENT: TIMESTAMP_INVALID when it is not over that note; the
  // errors of VerifyCheckpoint with the keys of the ring. DATA_LOSS (LOG_DIFFERENT) when the log is
  // not an extension of the checkpoint; RESOURCE_EXHAUSTED (TOO_MANY_TIMESTAMPS).
  absl::StatusOr<v1::StoredCheckpoint> AddTimestamp(const std::string& note,
                                                    const std::string& token);

  // Who waits for another latest, or for something to be added to it.
  WaitList& waiters() { return waiters_; }

  Keyring& keyring() { return *keyring_; }
  // Why the last try to sign failed; OK when it did not.
  absl::Status status() const;

 private:
  Checkpoints(Ledger* ledger, const Clock* clock) : ledger_(ledger), clock_(clock) {}

  // Verifies the newest that is stored, and publishes it.
  absl::Status Load();
  absl::Status Verify(const v1::StoredCheckpoint& stored) const;
  // That the log is an extension of what it signed.
  absl::Status VerifyRoot(const Checkpoint& checkpoint) const;
  // The one that is kept with this note, or one to keep: with the log's own signatures alone.
  absl::StatusOr<v1::StoredCheckpoint> Stamped(const std::string& note, const std::string& token)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(signing_mutex_);
  bool IsCosigned(const v1::StoredCheckpoint& checkpoint) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes it as the newest cosigned one, if it is.
  void NoteCosigned(const v1::StoredCheckpoint& checkpoint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status FindCosigned();
  void Run();
  absl::StatusOr<v1::StoredCheckpoint> SignHead(bool sealed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(signing_mutex_);
  absl::StatusOr<v1::StoredCheckpoint> SignNew(const LogHead& head, bool sealed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(signing_mutex_);
  // Stores it in the place of the one of its size, then publishes it where it is the latest.
  absl::Status Replace(const v1::StoredCheckpoint& checkpoint)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(signing_mutex_);
  void Publish(const v1::StoredCheckpoint& checkpoint);
  void SetStatus(const absl::Status& status);

  Ledger* const ledger_;
  const Clock* const clock_;
  std::unique_ptr<Keyring> keyring_;
  absl::Mutex signing_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // one signer at a time
  mutable absl::Mutex mutex_;
  std::optional<v1::StoredCheckpoint> latest_ ABSL_GUARDED_BY(mutex_);
  std::optional<v1::StoredCheckpoint> cosigned_ ABSL_GUARDED_BY(mutex_);  // the newest
  std::optional<TrustPolicy> witnesses_ ABSL_GUARDED_BY(mutex_);  // with a quorum of somebody
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  WaitList waiters_;
  std::thread thread_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_CHECKPOINTS_H_
