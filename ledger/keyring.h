// The keys that a log signs with, in its data folder.
//
//   DIR/keys/<n>.pem      PKCS #8, mode 0600: the highest number signs, beside the one below until
//                         the next checkpoint after a rotation; older ones are deleted
//   DIR/keys/verifiers    every verifier key that ever signed (C2SP signed-note), oldest first, one
//                         a line
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

// Reads the keys of a data folder without changing anything, strictly: each file is, byte for byte,
// as it was written, and what would sign next is the last verifier's. Returns the verifiers; none
// where there are no keys yet. Errors: those of Keyring::Open.
absl::StatusOr<std::vector<VerifierKey>> InspectKeys(const std::string& directory);

// Any thread.
class Keyring {
 public:
  // Opens the keys of a data folder, which the caller holds; makes the first one where there is
  // none. Errors: DATA_LOSS (KEYS_DAMAGED) when a key cannot be read, is missing or is not among
  // the verifiers; PERMISSION_DENIED (KEYS_READABLE) when others than the owner may read a private
  // key; those of the disk.
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
  friend absl::StatusOr<std::vector<VerifierKey>> InspectKeys(const std::string& directory);
  explicit Keyring(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadVerifiers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadKeys(const std::vector<uint64_t>& numbers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsVerified(const SigningKey& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MakeKey() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Adds what is missing of the keys under that name, oldest first, to `verifiers`.
  absl::Status AddVerifiers(const std::string& origin) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string folder_;
  mutable absl::Mutex mutex_;
  uint64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<SigningKey> signing_ ABSL_GUARDED_BY(mutex_);  // newest first
  std::vector<VerifierKey> verifiers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_KEYRING_H_
