// The keys that a log signs with, in its data folder.
//
//   DIR/keys/<n>.pem      PKCS #8, mode 0600; the highest number signs, the one below until the
//   next
//                         checkpoint after a rotation; older ones are kept as public keys alone
//   DIR/keys/verifiers    every verifier key that ever signed (C2SP signed-note), oldest first, one
//   a line
#ifndef REGISTRE_LEDGER_KEYRING_H_
#define REGISTRE_LEDGER_KEYRING_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/proof/note.h"

namespace registre {

// Any thread.
class Keyring {
 public:
  // Opens the folder's keys; makes the first one where there is none. Errors: DATA_LOSS
  // (KEYS_DAMAGED) when a key cannot be read or is not among the verifiers; PERMISSION_DENIED
  // (KEYS_READABLE) when others than the owner may read a private key; those of the disk.
  static absl::StatusOr<std::unique_ptr<Keyring>> Open(const std::string& directory);

  // Keys to sign a checkpoint of that origin with: one, or two after a rotation, the newer first.
  // Written to `verifiers` before they are given, where they are new to the origin.
  absl::StatusOr<std::vector<SigningKey>> ToSignFor(const std::string& origin);
  // A checkpoint signed with all of them is durable: the older one is given up, its private half
  // deleted.
  absl::Status Signed();

  // Every verifier key, oldest first; those of `origin` sign now.
  std::vector<VerifierKey> verifiers() const;

  // Makes a new key, for the next checkpoint on. FAILED_PRECONDITION (KEY_JUST_ROTATED) while a
  // rotation has not been signed.
  absl::StatusOr<VerifierKey> Rotate(const std::string& origin);

 private:
  explicit Keyring(std::string directory) : directory_(std::move(directory)) {}

  const std::string directory_;
  mutable absl::Mutex mutex_;
  uint64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<SigningKey> signing_ ABSL_GUARDED_BY(mutex_);  // newest first
  std::vector<VerifierKey> verifiers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_KEYRING_H_
