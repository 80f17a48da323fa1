// That no id stands twice in a log of any length, in bounded memory. Private to ledger/verify.
//
// 16 bytes of each id and its position gather in memory; a full part is sorted and goes to a file;
// at the end the parts are merged, and equal ids meet. 24 bytes of disk an id beyond the first
// part.
#ifndef REGISTRE_LEDGER_VERIFY_UNIQUE_IDS_H_
#define REGISTRE_LEDGER_VERIFY_UNIQUE_IDS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ledger/verify/spill_file.h"

namespace registre {

// One thread.
class UniqueIds {
 public:
  using Id = std::array<uint64_t, 2>;
  static constexpr size_t kIdsInMemory = 1'000'000;

  explicit UniqueIds(std::string folder, size_t in_memory = kIdsInMemory)
      : folder_(std::move(folder)), in_memory_(in_memory) {}

  // Positions ascend. Errors are those of the disk.
  absl::Status Add(const Id& id, uint64_t position);

  // Calls found(first, again) for each position at which an id stands that stood at `first`. Once,
  // at the end.
  absl::Status Finish(const std::function<void(uint64_t first, uint64_t again)>& found);

 private:
  struct Entry {
    Id id;
    uint64_t position;
    auto operator<=>(const Entry&) const = default;
  };
  static_assert(sizeof(Entry) == 24);

  absl::Status Spill();

  const std::string folder_;
  const size_t in_memory_;
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<SpillFile>> files_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_UNIQUE_IDS_H_
