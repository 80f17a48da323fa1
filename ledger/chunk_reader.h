// The log read ahead, in chunks, on a thread beside the one that folds or verifies it.
#ifndef REGISTRE_LEDGER_CHUNK_READER_H_
#define REGISTRE_LEDGER_CHUNK_READER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/arena.h"
#include "ledger/layers.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/event_store.h"
#include "registre/v1/event.pb.h"

namespace registre {

// Events that follow each other.
struct Chunk {
  Chunk();

  google::protobuf::Arena arena;
  std::vector<const v1::Event*> events;  // to verify: null where the bytes are no event
  size_t bytes = 0;
  uint64_t from = 0;              // position of the first
  std::vector<Hash> leaf_hashes;  // to verify: what the events hash to
  LogHead head;                   // to fold: of the log after them; whoever verifies sets it
};

// Reads a part of the log on a thread of its own. One thread calls it.
class ChunkReader {
 public:
  // To fold [from, to) of the log. Borrows all; the tree, which holds `from` leaves, belongs to the
  // reader until its end.
  ChunkReader(const EventStore& log, uint64_t from, uint64_t to, MerkleTree* tree);
  // To verify it: the tree is the caller's to make, of the leaf hashes.
  ChunkReader(const EventStore& log, uint64_t from, uint64_t to)
      : ChunkReader(log, from, to, nullptr) {}
  ~ChunkReader();
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;

  // The next chunk; nullptr at the end. Then status says whether it is the end wanted.
  std::unique_ptr<Chunk> Next();

  // DATA_LOSS (EVENT_DAMAGED) unless to verify, (LOG_SHORTER); those of EventStore::Read. The
  // chunks before are whole.
  absl::Status status() const;

 private:
  void Run(uint64_t from);
  absl::Status ReadAll(uint64_t from);
  // Appends the event to the chunk; false when it cannot be read.
  bool Take(uint64_t position, std::string_view bytes, Chunk* chunk);
  // Waits for room. False when no more is wanted.
  bool Put(std::unique_ptr<Chunk> chunk);

  const EventStore& log_;
  const uint64_t to_;
  MerkleTree* const tree_;  // null: to verify
  std::vector<Tile> full_tiles_;
  mutable absl::Mutex mutex_;
  std::deque<std::unique_ptr<Chunk>> chunks_ ABSL_GUARDED_BY(mutex_);
  bool given_up_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);  // set at the end
  std::thread thread_;                                          // last: it uses all of the above
};

// Folds a chunk, every event of which could be read, into the index of the layers, and publishes
// it. After an error the index is true at the chunk before.
absl::Status FoldChunk(const Chunk& chunk, Layers* layers);

}  // namespace registre

#endif  // REGISTRE_LEDGER_CHUNK_READER_H_
