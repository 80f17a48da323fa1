// Makes evidence bundles (deploy/BUNDLE.md).
#ifndef REGISTRE_LEDGER_BUNDLE_BUILDER_H_
#define REGISTRE_LEDGER_BUNDLE_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/checkpoints.h"
#include "ledger/directory.h"
#include "ledger/ledger.h"
#include "ledger/proof/bundle.h"
#include "ledger/proof/tree_proof.h"
#include "ledger/seals.h"
#include "ledger/store/event_store.h"
#include "ledger/store/index.h"
#include "registre/v1/checkpoint.pb.h"

namespace registre {

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

// The bundle of a tag of a ledger at work, up to a checkpoint that holds the last seal and all that
// the tag has now: of these the one with a time stamp, else with a cosignature, else the newest;
// one is signed where there is none. Blocks on disk; any thread. INVALID_ARGUMENT (FIELD_INVALID)
// when it is no tag; the errors of BuildBundle, EventsOfTag, Seals::Find and Checkpoints::Sign.
absl::StatusOr<std::string> BundleOf(Ledger* ledger, Checkpoints* checkpoints, Seals* seals,
                                     const std::string& tag);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BUNDLE_BUILDER_H_
