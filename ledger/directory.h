// The directory of tags that a seal commits to (DirectorySealed in control.proto): every tag with
// its events up to a position, in order of bytes, under one Merkle root. Computed from the index
// while recording goes on, and kept for proofs beside it.
//
//   DIR/index/directory/<position of the seal>/    directory_store.h; only the newest is kept
//
// It holds nothing that the log does not: deleted, it is computed again when it is asked for.
#ifndef REGISTRE_LEDGER_DIRECTORY_H_
#define REGISTRE_LEDGER_DIRECTORY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/proof/directory.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tile_hashes.h"
#include "ledger/store/directory_store.h"
#include "ledger/store/index.h"

namespace registre {

// What a seal says of a directory.
struct DirectoryHead {
  uint64_t count = 0;  // tags
  Hash root = EmptyRoot();

  bool operator==(const DirectoryHead&) const = default;
};

// What a seal says of a tag: the stored bytes of the DirectorySealed, and the entries that
// VerifyTag takes.
struct SealedTag {
  std::string seal;
  std::vector<ProvenEntry> entries;
};

// Called now and then with how many tags were looked at; returns false to give up.
using OnTagsProgress = std::function<bool(uint64_t tags)>;

// Calls visit(entry), in order of bytes, for every tag of the events at positions up to `through`,
// as it was then. The index has reached `through`, which ends a unit, and may go on meanwhile: it
// is read page by page, each page under a reader of its own, and what was recorded since is taken
// off again, since a tag's postings are only ever added to. Stops at the first error of `visit`.
// Blocks on disk; any thread.
absl::Status VisitTags(const Index& index, uint64_t through,
                       const std::function<absl::Status(const TagEntry&)>& visit);

// A directory on disk. Any thread; blocks on disk.
class SealedDirectory {
 public:
  // Computes the directory of the events up to `through` into the folder `path`, in the place of
  // what stands there. Memory is flat however many tags there are. Of no tags at all there is
  // nothing to keep: count is 0. CANCELLED when `on_progress` gives up; those of the index and the
  // disk.
  static absl::StatusOr<DirectoryHead> Build(const Index& index, uint64_t through,
                                             const std::string& path,
                                             const OnTagsProgress& on_progress);

  // DATA_LOSS (DIRECTORY_DAMAGED) when the folder is missing or cannot be read.
  static absl::StatusOr<std::unique_ptr<SealedDirectory>> Open(const std::string& path,
                                                               const DirectoryHead& head);

  // The entries that VerifyTag takes, and which it accepts: it was asked. DATA_LOSS
  // (DIRECTORY_DAMAGED) when it refuses them, or they cannot be read.
  absl::StatusOr<std::vector<ProvenEntry>> Prove(std::string_view tag);

 private:
  SealedDirectory(std::unique_ptr<DirectoryReader> reader, const DirectoryHead& head);

  const std::unique_ptr<DirectoryReader> reader_;
  const DirectoryHead head_;
  TileHashes hashes_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_DIRECTORY_H_
