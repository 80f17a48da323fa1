// A log that no server uses, opened to be verified: for reading only, and as far as it can be read.
// Changes no byte of its folder, which may be on a disk mounted for reading only.
#ifndef REGISTRE_LEDGER_STORE_LOG_INSPECTION_H_
#define REGISTRE_LEDGER_STORE_LOG_INSPECTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/store/event_store.h"

namespace registre {

// What is stored in a family of the log (event_store.h), in order of key. One thread; not to
// outlive the inspection.
class StoredEntries {
 public:
  virtual ~StoredEntries() = default;
  // At the end, or where it cannot be read further: status() says which.
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void Next() = 0;
  virtual absl::Status status() const = 0;
};

// Any thread.
class LogInspection {
 public:
  // `log_directory` is the folder of the database. DATA_LOSS LOG_DAMAGED when it cannot be opened:
  // MANIFEST, CURRENT or the WAL is damaged, a table is missing or is not, byte for byte, the one
  // that MANIFEST has the checksum of; those of the disk.
  static absl::StatusOr<std::unique_ptr<LogInspection>> Open(const std::string& log_directory);
  virtual ~LogInspection() = default;

  // The events up to the last position there is one at. Holes are not looked for: Read finds them.
  virtual const EventStore& log() const = 0;

  // DATA_LOSS LOG_TORN when the WAL ends in a record that is cut off or damaged: what a crash in
  // the middle of a write leaves. What stands before it is in log().
  virtual absl::Status Tail() const = 0;
  // DATA_LOSS LOG_DAMAGED unless events, leaf hashes and tiles are as many as they must be, and
  // nothing else is stored.
  virtual absl::Status CheckCounts() const = 0;
  // DATA_LOSS LOG_DAMAGED when MANIFEST lacks the checksum of a table.
  virtual absl::Status CheckTables() const = 0;
  // Tables that MANIFEST does not name: a crash leaves them, the next start deletes them.
  virtual std::vector<std::string> DeadTables() const = 0;

  // Leaf hashes from the first on; tiles of a level from the first on, and then those of the levels
  // above.
  virtual std::unique_ptr<StoredEntries> LeafHashes() const = 0;
  virtual std::unique_ptr<StoredEntries> Tiles(uint8_t level) const = 0;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_LOG_INSPECTION_H_
