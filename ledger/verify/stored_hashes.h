// The hashes that are stored beside the events, held against those computed from them. Private to
// ledger/verify.
#ifndef REGISTRE_LEDGER_VERIFY_STORED_HASHES_H_
#define REGISTRE_LEDGER_VERIFY_STORED_HASHES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/log_inspection.h"
#include "ledger/verify/findings.h"

namespace registre {

// Takes hashes in the order of the log. One thread.
class StoredHashes {
 public:
  // Borrows both.
  StoredHashes(const LogInspection* log, Findings* findings)
      : log_(log), findings_(findings), leaves_(log->LeafHashes()) {}

  void Compare(uint64_t position, const Hash& leaf_hash);
  void Compare(const Tile& tile);
  // The log ends: nothing more is stored.
  void End();

 private:
  const LogInspection* const log_;
  Findings* const findings_;
  const std::unique_ptr<StoredEntries> leaves_;
  std::map<uint8_t, std::unique_ptr<StoredEntries>> tiles_;  // by level
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_STORED_HASHES_H_
