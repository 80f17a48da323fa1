// Makes evidence bundles (deploy/BUNDLE.md).
#ifndef REGISTRE_LEDGER_BUNDLE_BUILDER_H_
#define REGISTRE_LEDGER_BUNDLE_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/proof/bundle.h"
#include "ledger/proof/tree_proof.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "registre/v1/checkpoint.pb.h"

namespace registre {

// What the last seal says of a tag: the stored bytes of the DirectorySealed, and the entries that
// VerifyTag takes.
struct SealedTag {
  std::string seal;
  std::vector<ProvenEntry> entries;
};

// What a bundle is made of.
struct BundleSource {
  std::string tag;
  v1::StoredCheckpoint checkpoint;  // holds the seal
  SealedTag sealed;
  std::vector<std::string> events;  // stored bytes of all events of the tag below the checkpoint
};

// The bundle; `subtree` gives the hashes of the tree of the checkpoint's size. Pure but for that.
// FAILED_PRECONDITION (NOT_SEALED) when the seal was made by a program of another schema: seal
// again. RESOURCE_EXHAUSTED (BUNDLE_TOO_LARGE). DATA_LOSS (EVENT_DAMAGED) when an event cannot be
// read; the errors of `subtree`.
absl::StatusOr<std::string> BuildBundle(const BundleSource& source, const SubtreeHash& subtree);

// The position of an event in its stored bytes. DATA_LOSS (EVENT_DAMAGED).
absl::StatusOr<uint64_t> PositionOfStored(const std::string& event);

// The stored bytes of the tag's events at positions below `size`, in order. Blocks on disk.
// RESOURCE_EXHAUSTED (BUNDLE_TOO_LARGE) when there are more than a bundle may hold; those of the
// log and the index.
absl::StatusOr<std::vector<std::string>> EventsOfTag(const EventStore& log, const Index& index,
                                                     std::string_view tag, uint64_t size);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BUNDLE_BUILDER_H_
