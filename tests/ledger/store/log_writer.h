// Appends made-up events to a log, with the hashes that go with them.
#ifndef REGISTRE_TESTS_LEDGER_STORE_LOG_WRITER_H_
#define REGISTRE_TESTS_LEDGER_STORE_LOG_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/event_store.h"

namespace registre {

// The bytes of the event at a position: any bytes will do, all values and many lengths among them.
std::string TestEvent(uint64_t position);

// The tree that a log's tiles and leaf hashes describe; fails the test when they describe none.
MerkleTree TreeOf(const EventStore& log);

// Writes to `log`, from its present end.
class LogWriter {
 public:
  explicit LogWriter(EventStore& log) : log_(log), tree_(TreeOf(log)) {}

  // Appends `count` test events as one batch.
  absl::Status Append(uint64_t count);
  // The batch that Append would append.
  EventBatch MakeBatch(uint64_t count);

  const MerkleTree& tree() const { return tree_; }

 private:
  EventStore& log_;
  MerkleTree tree_;
};

// The log holds exactly the test events 0 to `size` - 1, their leaf hashes and full tiles,
// whichever way they are read; and nothing after them.
void ExpectTestEvents(const EventStore& log, uint64_t size);

}  // namespace registre

#endif  // REGISTRE_TESTS_LEDGER_STORE_LOG_WRITER_H_
