// An index on disk that no server uses, opened to be compared with a fold of the log: for reading
// only, no byte of its folder changes.
#ifndef REGISTRE_LEDGER_STORE_INDEX_INSPECTION_H_
#define REGISTRE_LEDGER_STORE_INDEX_INSPECTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/proof/merkle.h"

namespace registre {

// One thread.
class IndexInspection {
 public:
  // The folder of a generation. DATA_LOSS INDEX_DAMAGED when it cannot be read; FAILED_PRECONDITION
  // when it was written by another version; NOT_FOUND when there is none.
  static absl::StatusOr<std::unique_ptr<IndexInspection>> Open(const std::string& directory,
                                                               uint32_t fold_version);
  virtual ~IndexInspection() = default;

  // What it is true at; size 0 when it is empty.
  virtual LogHead head() const = 0;

  // Compares every entry (rows, histories, snapshots, command ids), byte for byte, with the index
  // in another folder: a fold of the same log up to the same size. Calls differs(what) for each
  // difference until it returns false. Returns how many rows this has. CANCELLED when go_on, asked
  // now and then, returns false.
  virtual absl::StatusOr<uint64_t> Compare(const std::string& fold_directory,
                                           const std::function<bool(std::string)>& differs,
                                           const std::function<bool()>& go_on) const = 0;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_INDEX_INSPECTION_H_
