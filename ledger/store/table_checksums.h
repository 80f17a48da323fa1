// The tables of a database against the checksums that its MANIFEST holds of them, before any of
// them is opened: the last bytes of a table, which say how the rest is read, have no other
// checksum, and RocksDB does not survive every change of them. Private to ledger/store.
#ifndef REGISTRE_LEDGER_STORE_TABLE_CHECKSUMS_H_
#define REGISTRE_LEDGER_STORE_TABLE_CHECKSUMS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace registre {

struct TableChecks {
  std::string different;  // the first table that is not the one written, and why; or empty
  std::string unread;     // why MANIFEST or CURRENT cannot be read; or empty
  size_t without = 0;     // tables that MANIFEST has no checksum of: an older version wrote them
};

// Reads every byte of every table, on two threads, where MANIFEST can be read. Errors are those of
// the disk.
absl::StatusOr<TableChecks> CheckTableFiles(const std::string& directory);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_TABLE_CHECKSUMS_H_
