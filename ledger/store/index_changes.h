// Changes of the index that are not on disk yet.
#ifndef REGISTRE_LEDGER_STORE_INDEX_CHANGES_H_
#define REGISTRE_LEDGER_STORE_INDEX_CHANGES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "ledger/store/index.h"

namespace registre {

// All that happened to one key since the changes began: its state now, its
// postings and snapshots.
struct KeyChanges {
  KeyDelta delta;
  size_t row_bytes = 0;  // of delta.state.row, as counted in IndexChanges::bytes

  // Sequence of the first posting held; count + 1 when none is.
  uint64_t first_sequence() const { return delta.state.count + 1 - delta.postings.size(); }

  // The snapshot with the largest sequence <= `sequence`, or nullptr.
  const Snapshot* SnapshotAt(uint64_t sequence) const;
};

// Bytes that the rows of a group will hold, in the order of iteration of its
// keys. Costs a walk of each row, so it is done before the lock is taken.
std::vector<size_t> RowBytesOf(const IndexDelta& delta);

// Groups, merged. No lock of its own: changed under the index's exclusive lock,
// read under its shared lock; once frozen it never changes, and any thread may
// read it.
class IndexChanges {
 public:
  // By key, in its order. Views and pointers into the changes.
  using KeysInOrder = absl::btree_map<std::string_view, const KeyChanges*>;

  // `like`: earlier changes of the same size, so that no group pays for growing
  // tables; or nullptr.
  explicit IndexChanges(const IndexChanges* like = nullptr);
  IndexChanges(const IndexChanges&) = delete;
  IndexChanges& operator=(const IndexChanges&) = delete;

  // Adds a group. What it replaces (rows) is left in `*delta`, to be destroyed
  // by the caller when no lock is held. `row_bytes` is RowBytesOf(*delta).
  void Merge(const std::vector<size_t>& row_bytes, IndexDelta* delta);

  // Nullptr when the changes do not touch it.
  const KeyChanges* Find(std::string_view key) const;
  const CommandRecord* FindCommand(std::string_view command_key) const;

  const KeysInOrder& keys() const { return order_; }
  const absl::flat_hash_map<std::string, CommandRecord>& commands() const { return commands_; }

  // Events merged.
  uint64_t events() const { return events_; }
  // Bytes held, roughly.
  size_t bytes() const { return bytes_; }
  bool empty() const { return order_.empty() && commands_.empty(); }

 private:
  void MergeKey(const std::string& key, size_t row_bytes, KeyDelta* delta);

  absl::node_hash_map<std::string, KeyChanges> keys_;  // nodes: pointers into it stay good
  KeysInOrder order_;
  absl::flat_hash_map<std::string, CommandRecord> commands_;
  uint64_t events_ = 0;
  size_t bytes_ = 0;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_INDEX_CHANGES_H_
