// The replay of the log: at a start, for a rebuild, for a check.
#include <fmt/format.h>

#include <algorithm>

#include "ledger/base/errors.h"
#include "ledger/layers.h"
#include "ledger/ledger.h"

namespace registre {
namespace {

// Events folded between two publications. Within a chunk a row is written in place.
constexpr uint64_t kChunkEvents = 8'192;

}  // namespace

absl::Status FoldLog(const EventStore& log, uint64_t from, uint64_t to,
                     const Projection& projection, Index* index, MerkleTree* tree,
                     const OnFoldProgress& on_progress) {
  Layers layers(index, projection);
  std::vector<Tile> tiles;
  absl::Status failed;
  uint64_t next = from;
  v1::Event event;
  const auto publish = [&] {
    layers.CommitUnit();
    layers.PublishGroup({next, tree->Root()});
    tiles.clear();
    if (failed.ok()) failed = layers.status();
    if (failed.ok()) failed = index->status();
    if (failed.ok() && on_progress && !on_progress({next - from, to - from})) {
      failed = absl::CancelledError("the fold was given up");
    }
  };
  if (from >= to) return absl::OkStatus();
  const absl::Status read = log.Read(from, [&](uint64_t position, std::string_view bytes) {
    if (position >= to) return false;
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      failed = Error(absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
                     fmt::format("the event at position {} cannot be read", position));
      return false;
    }
    tree->Append(LeafHash(bytes), &tiles);
    layers.Apply(event);
    next = position + 1;
    if ((next - from) % kChunkEvents == 0) publish();
    return failed.ok();
  });
  if (failed.ok() && read.ok()) publish();
  REGISTRE_RETURN_IF_ERROR(read);
  REGISTRE_RETURN_IF_ERROR(failed);
  if (next != to) {
    return Error(absl::StatusCode::kDataLoss, "LOG_SHORTER",
                 fmt::format("the log ends at {} where {} events were expected", next, to));
  }
  return absl::OkStatus();
}

}  // namespace registre
