// Every size that the ledger limits, in one place, each with its unit.
#ifndef REGISTRE_LEDGER_BASE_LIMITS_H_
#define REGISTRE_LEDGER_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace registre {

// Largest amount, in cents of euro, either sign (rule AMOUNT_INVALID).
inline constexpr int64_t kMaxCents = 10'000'000'000'000;

// Acts in a unit.
inline constexpr size_t kMaxUnitActs = 1'000;
// Serialized bytes of a unit's acts and condition.
inline constexpr size_t kMaxUnitBytes = 3 * 1024 * 1024;
// Tags of an event.
inline constexpr size_t kMaxEventTags = 1'024;
// Bytes of a command id.
inline constexpr size_t kMaxCommandIdBytes = 64;
// Bytes of a string and items of a list, where the contract states no other limit (check.proto).
inline constexpr size_t kMaxStringBytes = 512;
inline constexpr size_t kMaxListItems = 1'000;

// Units waiting for the recorder, and their bytes.
inline constexpr size_t kMaxQueuedUnits = 4'096;
inline constexpr size_t kMaxQueuedBytes = 64 * 1024 * 1024;
// Events that share one write and one sync, and bytes of their units: a group is closed by the unit
// that reaches either.
inline constexpr size_t kMaxGroupEvents = 4'096;
inline constexpr size_t kMaxGroupBytes = 8 * 1024 * 1024;
// Events a condition may look at, all its items together.
inline constexpr uint64_t kMaxConditionScan = 10'000;
// Later acts that a correction judges again; acts and corrections that it is dated against.
inline constexpr uint64_t kMaxCorrectionScan = 20'000;
// Acts that take the place of a corrected one.
inline constexpr int kMaxReplacements = 100;
// How long what consumers acknowledged waits for acts to share a sync with.
inline constexpr absl::Duration kConsumerDelay = absl::Milliseconds(50);
// Items of a query, and types or tags of an item.
inline constexpr int kMaxQueryItems = 32;
inline constexpr int kMaxQueryTerms = 64;

// Changes the index holds in memory before they go to disk.
inline constexpr size_t kIndexFlushEvents = 100'000;
inline constexpr size_t kIndexFlushBytes = 64 * 1024 * 1024;
// A key's history is cut into blocks of this many events, each with a snapshot of the row after it.
inline constexpr uint64_t kSnapshotEvery = 128;

// Page sizes of reads: default and largest count, largest bytes, events looked at for one page.
inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1'000;
inline constexpr size_t kMaxPageBytes = 2 * 1024 * 1024;
inline constexpr uint64_t kMaxPageScan = 20'000;
// Events of a subscription message.
inline constexpr size_t kMaxBatchEvents = 256;

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_LIMITS_H_
