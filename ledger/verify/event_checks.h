// What every event of a log must say, given those before it. Private to ledger/verify.
#ifndef REGISTRE_LEDGER_VERIFY_EVENT_CHECKS_H_
#define REGISTRE_LEDGER_VERIFY_EVENT_CHECKS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ledger/store/event_store.h"
#include "ledger/verify/findings.h"
#include "ledger/verify/tag_chains.h"
#include "ledger/verify/unique_ids.h"
#include "registre/v1/event.pb.h"

namespace registre {

// Takes the events of a log in order of position. Positions, units, times, ids, tags and the links
// of their chains, seals, what acts say of the log. One thread.
class EventChecks {
 public:
  // Borrows the log, of which seals read a part again; the tree, which holds the events before the
  // one that is added; and the findings. What memory does not hold goes to files in `folder`.
  EventChecks(const EventStore* log, const MerkleTree* tree, const std::string& folder,
              Findings* findings)
      : log_(log),
        tree_(tree),
        findings_(findings),
        chains_(folder),
        event_ids_(folder),
        commands_(folder) {}

  // The next event; null: its bytes are none. Errors are those of the disk.
  absl::Status Add(uint64_t position, const v1::Event* event);
  // The log ends here.
  absl::Status End();

  // As of the events so far: the origin, empty before LedgerOpened; and how many seals there were.
  const std::string& origin() const { return origin_; }
  uint64_t seals() const { return seals_; }
  // Whether a unit goes on.
  bool within_unit() const { return unit_.size != 0; }

 private:
  struct Unit {
    uint32_t size = 0;  // 0: between two units
    uint32_t seen = 0;
    std::string command_id;
    std::string fingerprint;
    std::string subject;
    absl::Time recorded_at;
  };

  void Wrong(uint64_t position, std::string what) { findings_->AtEvent(position, std::move(what)); }
  void CheckEnvelope(uint64_t position, const v1::Event& event);
  absl::Status CheckUnit(uint64_t position, const v1::Event& event);
  absl::Status CheckTags(uint64_t position, const v1::Event& event);
  absl::Status CheckAct(uint64_t position, const v1::Event& event);
  void CheckStatedHead(uint64_t position, const v1::Event& event, uint64_t size,
                       const std::string& root);
  absl::Status CheckSeal(uint64_t position, const v1::DirectorySealed& seal);

  const EventStore* const log_;
  const MerkleTree* const tree_;
  Findings* const findings_;
  TagChains chains_;
  UniqueIds event_ids_;
  UniqueIds commands_;  // each command id with its subject
  Unit unit_;
  absl::Time last_recorded_at_ = absl::InfinitePast();
  std::string origin_;
  uint64_t seals_ = 0;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_EVENT_CHECKS_H_
