// The index: what can be rebuilt from the log. For every key (a tag, or another row key) its row,
// the head of its chain, its postings and the snapshots of its row; and the command ids.
//
// Changes gather in memory (active), are frozen at kIndexFlushEvents or kIndexFlushBytes, and go
// out on a thread of the index as sorted SSTs: one atomic ingestion over all column families, with
// the {size, root, fold version} they are true at. A reader looks at active, then frozen, then
// disk.
//
//   column family   key                               value
//   keys            key                               KeyState: count, last, dates, row
//   postings        key, 0x00, sequence (8, BE)       position, effective date, act, flagged
//   snapshots       key, 0x00, sequence (8, BE)       dates, row after that sequence
//   commands        subject, 0x00, command id         first position, fingerprint
//   meta            "head"                            size, root, fold version
#ifndef REGISTRE_LEDGER_STORE_INDEX_H_
#define REGISTRE_LEDGER_STORE_INDEX_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/date.h"
#include "ledger/base/limits.h"
#include "ledger/store/data_folder.h"
#include "registre/v1/state.pb.h"

namespace registre {

// One event of a key's history.
struct Posting {
  uint64_t position = 0;
  Days effective = kAlways;
  uint16_t act = 0;      // field number of the act in v1::Act
  bool flagged = false;  // the event carries flags

  bool operator==(const Posting&) const = default;
};

// The present of a key.
struct KeyState {
  uint64_t count = 0;            // events of the key: the sequence of the last one
  uint64_t last_position = 0;    // of the last one
  Days max_effective = kAlways;  // latest effective date among them
  Days block_min_effective =
      kAlways;  // earliest since the last snapshot; meaningless at a snapshot
  std::shared_ptr<const v1::Row> row;  // never null; an empty Row when it does not exist
};

// The row of a key after a sequence that is a multiple of kSnapshotEvery.
struct Snapshot {
  uint64_t sequence = 0;
  Days max_effective = kAlways;        // latest effective date up to here
  Days block_min_effective = kAlways;  // earliest effective date in the block that ends here
  std::string row;                     // serialized v1::Row

  bool operator==(const Snapshot&) const = default;
};

// What a command id was used for.
struct CommandRecord {
  uint64_t first_position = 0;
  std::string fingerprint;  // 33 bytes
};

// What a group of units changes. Built by the recorder's thread, or by a rebuild.
struct KeyDelta {
  KeyState state;                   // after the group
  std::vector<Posting> postings;    // of the group; the last has sequence state.count
  std::vector<Snapshot> snapshots;  // taken in the group
};
struct IndexDelta {
  absl::flat_hash_map<std::string, KeyDelta> keys;
  absl::flat_hash_map<std::string, CommandRecord> commands;  // by CommandKey
  uint64_t events = 0;                                       // events in the group
};

std::string CommandKey(std::string_view subject, std::string_view command_id);

class Index {
 public:
  // Opens, or creates, the index under `directory`. An index that cannot be read, or was written by
  // another fold version, is deleted and starts empty: it costs a rebuild, nothing else. Errors are
  // those of the disk (PERMISSION_DENIED DATA_FOLDER_READ_ONLY, RESOURCE_EXHAUSTED DISK_FULL, ...).
  // Changes are frozen at `flush_events`, or at kIndexFlushBytes.
  enum class Use {
    kServed,
    kCompared,  // folded, read once, thrown away: not compressed, and compacted as little as it may
  };
  static absl::StatusOr<std::unique_ptr<Index>> Open(const std::string& directory,
                                                     uint32_t fold_version,
                                                     uint64_t flush_events = kIndexFlushEvents,
                                                     Use use = Use::kServed);
  virtual ~Index() = default;

  // Makes a group visible to readers, all at once. One thread. Blocks when both the active and the
  // frozen changes are full, until the flush of the frozen ones ends.
  virtual void Publish(IndexDelta&& delta, const LogHead& head) = 0;

  // Writes everything in memory to disk and waits for it. One thread, the one of Publish.
  virtual absl::Status Flush() = 0;

  // Empties the index, memory and disk. Same thread.
  virtual absl::Status Clear() = 0;

  // What the part on disk is true at: to be compared with the log at a start. size 0 when empty.
  virtual LogHead disk_head() const = 0;

  // The first error of a background flush, or OK. After one, Publish goes on in memory up to its
  // limit and then blocks no more but drops nothing: the owner must stop recording.
  virtual absl::Status status() const = 0;

  // A consistent reader: holds back Publish while it lives, so it must be short: no network, no
  // scan of the log. Any thread; not shared between threads.
  class Reader {
   public:
    virtual ~Reader() = default;
    // Events that what it sees is true at.
    virtual uint64_t size() const = 0;
    // The present of a key; nothing when no event touched it. Errors: DATA_LOSS, INTERNAL.
    virtual absl::StatusOr<std::optional<KeyState>> Get(std::string_view key) const = 0;
    virtual absl::StatusOr<std::optional<CommandRecord>> GetCommand(
        std::string_view command_key) const = 0;
    // Calls visit(sequence, posting) for sequences from `from` upwards, or downwards when
    // `backward`, until it returns false or the history ends. Sequences start at 1.
    virtual absl::Status Postings(
        std::string_view key, uint64_t from, bool backward,
        const std::function<bool(uint64_t, const Posting&)>& visit) const = 0;
    // The snapshot with the largest sequence <= `sequence`; nothing when there is none.
    virtual absl::StatusOr<std::optional<Snapshot>> GetSnapshot(std::string_view key,
                                                                uint64_t sequence) const = 0;
    // Calls visit(sequence, block_min_effective) for the snapshots of a key with sequences from
    // `from` upwards, until it returns false: what a reader as of a date passes over, without rows.
    virtual absl::Status BlockDates(std::string_view key, uint64_t from,
                                    const std::function<bool(uint64_t, Days)>& visit) const = 0;
    // Calls visit(key, state) in order of key for keys that start with `prefix` and come after
    // `after`, until it returns false.
    virtual absl::Status ForEachKey(
        std::string_view prefix, std::string_view after,
        const std::function<bool(std::string_view, const KeyState&)>& visit) const = 0;
    // The same, without the states: no row is read.
    virtual absl::Status ForEachKeyName(
        std::string_view prefix, std::string_view after,
        const std::function<bool(std::string_view)>& visit) const = 0;
    // The same, with how many events each key has and the position of the last: no row is read.
    virtual absl::Status ForEachKeyHead(
        std::string_view prefix, std::string_view after,
        const std::function<bool(std::string_view, uint64_t count, uint64_t last_position)>& visit)
        const = 0;
  };
  virtual std::unique_ptr<Reader> Read() const = 0;

  // Bytes held in memory by changes not yet on disk, roughly.
  virtual size_t memory_bytes() const = 0;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_INDEX_H_
