// The keys that a log signs with, in its data folder.
//
//   DIR/keys/<n>.pem      PKCS #8, mode 0600: the highest number signs, and is the last verifier's;
//                         beside the one below until the next checkpoint after a rotation; older
//                         ones are deleted
//   DIR/keys/<n>.pem.new  a key that a rotation makes, until it is among the verifiers
//   DIR/keys/verifiers    every verifier key that ever signed (C2SP signed-note), oldest first, one
//                         a line
//
// A rotation writes <n>.pem.new, then `verifiers`, then renames the key to <n>.pem. What a crash
// leaves of it is finished by the next start where the key is the last verifier's, and removed
// where it is not: nobody was told of it. A <n>.pem that no verifier announces was put there by
// someone else, and is never signed with.
#ifndef REGISTRE_LEDGER_KEYRING_H_
#define REGISTRE_LEDGER_KEYRING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/proof/note.h"

namespace registre {

// Verifier keys of a ledger: a rotation adds one, and a restored backup one.
inline constexpr size_t kMaxVerifierKeys = 1'024;

// The verifiers of a data folder, oldest first; none where there are none yet. Needs no private
// key. Errors: KEYS_DAMAGED, those of the disk.
absl::StatusOr<std::vector<VerifierKey>> ReadVerifiers(const std::string& directory);

// Looks at the private keys of a data folder without changing anything, strictly: each is, byte for
// byte, as it was written, among the verifiers, and the newest is the last verifier's. Errors:
// KEYS_DAMAGED, those of the disk. What is not wrong but worth knowing is added to `notes`: that
// there is none, or that it cannot be read, as in a copy for an auditor, who needs none; that
// others may read it.
absl::Status InspectPrivateKeys(const std::string& directory,
                                const std::vector<VerifierKey>& verifiers,
                                std::vector<std::string>* notes);

// Any thread.
class Keyring {
 public:
  // Opens the keys of a data folder, which the caller holds; makes the first one where there is
  // none. Errors: DATA_LOSS (KEYS_DAMAGED) when a key cannot be read, is missing or is not among
  // the verifiers, or the newest is not the last one's; PERMISSION_DENIED (KEYS_READABLE) when
  // others than the owner may read a private key; those of the disk.
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
  // rotation has not been signed; RESOURCE_EXHAUSTED (TOO_MANY_KEYS).
  absl::StatusOr<VerifierKey> Rotate(const std::string& origin);

 private:
  explicit Keyring(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends what a crash left of rotations.
  absl::Status EndRotations() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MakeFirstKey() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Adds what is missing of the keys, oldest first, under that name to `verifiers`.
  absl::Status AddVerifiers(const std::string& origin,
                            const std::vector<const SigningKey*>& oldest_first)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<const SigningKey*> OldestFirst() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string folder_;
  mutable absl::Mutex mutex_;
  uint64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<SigningKey> signing_ ABSL_GUARDED_BY(mutex_);  // newest first
  std::vector<VerifierKey> verifiers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_KEYRING_H_
