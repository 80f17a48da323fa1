// Where events live for ever. Positions are 0-based and contiguous.
#ifndef REGISTRE_LEDGER_STORE_EVENT_STORE_H_
#define REGISTRE_LEDGER_STORE_EVENT_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/proof/merkle.h"

namespace registre {

// What is stored of a consumer of the payment feed: serialized v1::ConsumerState; empty: it is
// gone.
struct ConsumerWrite {
  std::string name;
  std::string state;

  bool operator==(const ConsumerWrite&) const = default;
};

// What is stored of a checkpoint: serialized v1::StoredCheckpoint; empty: it is gone.
struct CheckpointWrite {
  uint64_t size = 0;  // of the tree
  std::string checkpoint;

  bool operator==(const CheckpointWrite&) const = default;
};

// Events that become durable together, with the hashes that go with them.
struct EventBatch {
  std::vector<std::string> events;       // stored bytes, in order
  std::vector<Hash> leaf_hashes;         // one for each event
  std::vector<Tile> tiles;               // every tile filled by these leaves (MerkleTree::Append)
  std::vector<ConsumerWrite> consumers;  // each name once; there need not be events
};

// The log. Append is called by one thread; everything else by any number of threads at once, and
// only sees what is durable. One contract suite (tests/ledger/store) holds for every
// implementation.
class EventStore {
 public:
  virtual ~EventStore() = default;

  // Makes the batch durable: all or nothing, on return. ABORTED when the log's size is not
  // `expected_next_position`. After any other error nothing more may be appended (UNAVAILABLE,
  // reason WRITER_STOPPED) until the store is opened again: what is there is then re-read.
  virtual absl::Status Append(uint64_t expected_next_position, const EventBatch& batch) = 0;

  // Events in the log.
  virtual uint64_t size() const = 0;

  // Calls `visit(position, bytes)` from `from` upwards until it returns false, or the log's size at
  // the time of the call is reached. The bytes live during the call only. DATA_LOSS when bytes are
  // damaged or missing; INTERNAL when the disk fails.
  virtual absl::Status Read(uint64_t from,
                            const std::function<bool(uint64_t, std::string_view)>& visit) const = 0;

  // The bytes of each position, in the order given. NOT_FOUND (POSITION_UNKNOWN) past the end.
  virtual absl::StatusOr<std::vector<std::string>> Get(
      const std::vector<uint64_t>& positions) const = 0;

  // Leaf hash of a position; a full tile. NOT_FOUND when there is none.
  virtual absl::StatusOr<Hash> GetLeafHash(uint64_t position) const = 0;
  virtual absl::StatusOr<Tile> GetTile(uint8_t level, uint64_t index) const = 0;

  // What is stored of all consumers, in order of name.
  virtual absl::StatusOr<std::vector<ConsumerWrite>> ReadConsumers() const = 0;

  // Makes checkpoints durable: all or nothing, on return. Any thread, beside Append. Errors are
  // those of Append, after which nothing more may be written.
  virtual absl::Status WriteCheckpoints(const std::vector<CheckpointWrite>& writes) = 0;
  // At a clean stop, beside nothing else: what stands in the WAL alone goes into tables, each with
  // its checksum. Errors are those of Append.
  virtual absl::Status Flush() { return absl::OkStatus(); }

  // Calls visit(size, checkpoint) for checkpoints of sizes below `before`, largest first, until it
  // returns false.
  virtual absl::Status ReadCheckpoints(
      uint64_t before, const std::function<bool(uint64_t, std::string_view)>& visit) const = 0;
};

// Keeps everything in memory, for tests.
std::unique_ptr<EventStore> NewMemoryEventStore();

// Opens, or creates, a log in RocksDB under `directory` (design, section 6): WAL synced for each
// Append, kTolerateCorruptedTailRecords, paranoid checks, file checksums, no WAL recycling, no
// automatic resume. The parent folder exists. Errors: UNAVAILABLE (DATA_FOLDER_IN_USE) when another
// process has it, PERMISSION_DENIED (DATA_FOLDER_READ_ONLY), RESOURCE_EXHAUSTED (DISK_FULL),
// DATA_LOSS (LOG_DAMAGED), INTERNAL otherwise; Append gives the same.
//
//   column family   key                        value
//   events          position (8 bytes, BE)     bytes of a registre.v1.Event
//   leaves          position (8 bytes, BE)     leaf hash (32 bytes)
//   tiles           level (1), index (8, BE)   256 hashes (8,192 bytes)
//   consumers       name                       serialized v1::ConsumerState
//   checkpoints     size (8 bytes, BE)         serialized v1::StoredCheckpoint
absl::StatusOr<std::unique_ptr<EventStore>> OpenRocksDbEventStore(const std::string& directory);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_EVENT_STORE_H_
