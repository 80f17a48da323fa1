// What every event store answers in the same words. Private to ledger/store.
#ifndef REGISTRE_LEDGER_STORE_STORE_ERRORS_H_
#define REGISTRE_LEDGER_STORE_STORE_ERRORS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/store/event_store.h"

namespace registre {

// Ends the process unless the batch has one leaf hash for each event, and every tile that they fill
// in a log of `size` events: anything else is a bug of the caller.
void CheckBatch(const EventBatch& batch, uint64_t size);

// ABORTED POSITION_CONFLICT.
absl::Status WrongPosition(uint64_t expected, uint64_t size);

// UNAVAILABLE WRITER_STOPPED; `cause` is the message of the append that failed.
absl::Status WriterStopped(std::string_view cause);

// NOT_FOUND POSITION_UNKNOWN, TILE_UNKNOWN.
absl::Status PositionUnknown(uint64_t position, uint64_t size);
absl::Status TileUnknown(uint8_t level, uint64_t index, uint64_t size);

// Full tiles of one level, and of all levels, in a tree of `size` leaves.
uint64_t FullTiles(uint8_t level, uint64_t size);
uint64_t AllFullTiles(uint64_t size);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_STORE_ERRORS_H_
