// Reads a log from its first event on, and says everything that is not as it must be.
#ifndef REGISTRE_TESTS_SUPPORT_LOG_AUDIT_H_
#define REGISTRE_TESTS_SUPPORT_LOG_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "ledger/proof/merkle.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/ledger_service.pb.h"

namespace registre::testing {

// Takes the events one by one, in order, and holds against each other: positions, units, command
// ids, times, event ids, tags and the links of their chains. One thread.
class LogAudit {
 public:
  // The next event, as stored.
  void Add(uint64_t position, std::string_view bytes);
  // The log ends here: its last unit must be whole.
  void End();

  // The unit that `receipt` acknowledges is in the log once, whole, with these positions and ids.
  void ExpectUnit(const v1::RecordRequest& request, const v1::RecordResponse& receipt);
  // No event was recorded under this command id.
  void ExpectNothing(const std::string& command_id);

  uint64_t size() const { return size_; }
  size_t units() const { return units_.size(); }
  Hash root() const { return tree_.Root(); }
  // Positions of a tag's events, oldest first.
  std::vector<uint64_t> Chain(const std::string& tag) const;

  // Units that were acknowledged and are not there as acknowledged; units that are there more than
  // once. Both are among the errors too.
  size_t losses() const { return losses_; }
  size_t duplicates() const { return duplicates_; }
  // What is wrong, at most kMaxErrors of it.
  const std::vector<std::string>& errors() const { return errors_; }
  static constexpr size_t kMaxErrors = 20;

 private:
  struct Unit {
    uint64_t first_position = 0;
    std::string fingerprint;
    absl::Time recorded_at;
    std::vector<std::string> event_ids;
  };

  void Wrong(std::string what);
  void CheckUnit(const v1::Event& event);
  void CheckTags(const v1::Event& event);
  // What is wrong with the unit as acknowledged; empty when nothing is.
  std::string Compare(const Unit& unit, const v1::RecordRequest& request,
                      const v1::RecordResponse& receipt) const;

  uint64_t size_ = 0;
  MerkleTree tree_;
  absl::flat_hash_map<std::string, Unit> units_;  // by command id
  absl::flat_hash_map<std::string, std::vector<uint64_t>> chains_;
  absl::flat_hash_set<std::string> event_ids_;
  absl::Time last_recorded_at_ = absl::InfinitePast();
  v1::Event unit_start_;    // first event of the unit at hand
  uint32_t unit_seen_ = 0;  // its events so far
  uint32_t unit_size_ = 0;  // its events in all; 0 between two units
  size_t losses_ = 0;
  size_t duplicates_ = 0;
  std::vector<std::string> errors_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_LOG_AUDIT_H_
