// One consistent look at the three places of the index.
#ifndef REGISTRE_LEDGER_STORE_INDEX_READER_H_
#define REGISTRE_LEDGER_STORE_INDEX_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/store/index.h"
#include "ledger/store/index_changes.h"
#include "ledger/store/index_disk.h"

namespace registre {

// The three places. Later ones hold older states: active over frozen over disk.
//
//   history of a key    |---------- disk ----------|-- frozen --|- active -|
//   sequence            1                          f            a      count
//
// While frozen changes go out the disk gets them at once, and for a moment they
// stand in both places: equal, and read from memory only.
struct IndexSources {
  std::unique_ptr<IndexChanges> active;  // never null
  std::shared_ptr<const IndexChanges>
      frozen;                       // shared with the thread that flushes it; may be null
  std::unique_ptr<IndexDisk> disk;  // never null
  LogHead head;                     // what active is true at
};

// Holds `mu` shared for its life, and reads what `mu` guards: `sources`.
class IndexReader final : public Index::Reader {
 public:
  IndexReader(absl::Mutex* mu, const IndexSources& sources) : lock_(mu), sources_(sources) {}

  uint64_t size() const override { return sources_.head.size; }
  absl::StatusOr<std::optional<KeyState>> Get(std::string_view key) const override;
  absl::StatusOr<std::optional<CommandRecord>> GetCommand(
      std::string_view command_key) const override;
  absl::Status Postings(std::string_view key, uint64_t from, bool backward,
                        const std::function<bool(uint64_t, const Posting&)>& visit) const override;
  absl::StatusOr<std::optional<Snapshot>> GetSnapshot(std::string_view key,
                                                      uint64_t sequence) const override;
  absl::Status BlockDates(std::string_view key, uint64_t from,
                          const std::function<bool(uint64_t, Days)>& visit) const override;
  absl::Status ForEachKey(
      std::string_view prefix, std::string_view after,
      const std::function<bool(std::string_view, const KeyState&)>& visit) const override;
  absl::Status ForEachKeyName(std::string_view prefix, std::string_view after,
                              const std::function<bool(std::string_view)>& visit) const override;
  absl::Status ForEachKeyHead(
      std::string_view prefix, std::string_view after,
      const std::function<bool(std::string_view, uint64_t, uint64_t)>& visit) const override;

 private:
  // Calls visit(key, in_memory, disk) for each key, until it returns false or an error: its state
  // in memory, or nullptr when it stands on disk only, where the cursor is.
  using VisitMerged = std::function<absl::StatusOr<bool>(std::string_view, const KeyState*,
                                                         const IndexDisk::KeyCursor&)>;
  absl::Status MergeKeys(std::string_view prefix, std::string_view after,
                         const VisitMerged& visit) const;

  // What a key has in memory; nullptr where it has nothing.
  const KeyChanges* InActive(std::string_view key) const { return sources_.active->Find(key); }
  const KeyChanges* InFrozen(std::string_view key) const {
    return sources_.frozen == nullptr ? nullptr : sources_.frozen->Find(key);
  }

  absl::ReaderMutexLock lock_;
  const IndexSources& sources_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_INDEX_READER_H_
