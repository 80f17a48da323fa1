// Seals of the directory of tags: made when they are asked for, and answered for after.
//
//   SealNow   durable head -> directory computed -> DirectorySealed recorded -> directory kept
//   Find      last seal -> its directory, computed again where it is missing -> proof
#ifndef REGISTRE_LEDGER_SEALS_H_
#define REGISTRE_LEDGER_SEALS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/directory.h"
#include "ledger/ledger.h"
#include "registre/v1/control.pb.h"

namespace registre {

// A seal as it is recorded.
struct Seal {
  uint64_t position = 0;
  std::string event;  // stored bytes
  v1::DirectorySealed act;
};

// Any thread. Methods block on disk.
class Seals {
 public:
  // Borrows the ledger.
  explicit Seals(Ledger* ledger) : ledger_(ledger) {}
  Seals(const Seals&) = delete;
  Seals& operator=(const Seals&) = delete;

  // The last seal of the log; nothing before the first.
  absl::StatusOr<std::optional<Seal>> Last() const;

  // Records a seal and returns its position.
  using RecordSeal = std::function<absl::StatusOr<uint64_t>(const v1::DirectorySealed&)>;

  // Seals the tags of all that is recorded; where that ends with a seal of this program's schema it
  // is that one. Recording goes on meanwhile. RESOURCE_EXHAUSTED (SEAL_RUNNING) while another is
  // made; FAILED_PRECONDITION (NOTHING_TO_SEAL) while no event has a tag; CANCELLED when
  // `on_progress` gives up; those of `record`, the index and the disk.
  absl::StatusOr<Seal> SealNow(const RecordSeal& record, const OnTagsProgress& on_progress);

  // What the last seal says of a tag. A directory that is missing or damaged is computed again
  // first. FAILED_PRECONDITION (NOT_SEALED) before the first seal; DATA_LOSS (SEAL_DIFFERENT) when
  // the index does not give what was sealed.
  absl::StatusOr<SealedTag> Find(std::string_view tag);

 private:
  absl::StatusOr<Seal> BuildAndRecord(const RecordSeal& record, const OnTagsProgress& on_progress);
  // The directory of the seal: the one that is open, the one that is kept, or a new one.
  absl::StatusOr<std::shared_ptr<SealedDirectory>> DirectoryOf(const Seal& seal)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Restore(const Seal& seal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts a folder that was built in the place of the seal's, and removes those of other seals.
  absl::Status Install(const std::string& built, uint64_t position)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string PathOf(std::string_view name) const;

  Ledger* const ledger_;
  std::atomic<bool> sealing_ = false;
  // Held while a seal is recorded and its directory put in place, and while one is computed again.
  absl::Mutex mutex_;
  uint64_t open_position_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<SealedDirectory> open_ ABSL_GUARDED_BY(mutex_);  // shared with who reads it
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_SEALS_H_
