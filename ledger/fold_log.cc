// The replay of the log: at a start, for a rebuild, for a check.
//
//   the thread of FoldLog        a thread beside it
//   rows <- Layers <-- chunk <-- parse, hash <-- log
#include <memory>

#include "ledger/base/errors.h"
#include "ledger/chunk_reader.h"
#include "ledger/layers.h"
#include "ledger/ledger.h"

namespace registre {

absl::Status FoldChunk(const Chunk& chunk, Layers* layers) {
  for (const v1::Event* event : chunk.events) layers->Apply(*event);
  // What rests on a failed read is worth nothing and must not reach the index.
  REGISTRE_RETURN_IF_ERROR(layers->status());
  layers->CommitUnit();
  layers->PublishGroup(chunk.head);
  return layers->index()->status();
}

absl::Status FoldLog(const EventStore& log, uint64_t from, uint64_t to,
                     const Projection& projection, Index* index, MerkleTree* tree,
                     const OnFoldProgress& on_progress) {
  if (from >= to) return absl::OkStatus();
  Layers layers(index, projection);
  ChunkReader reader(log, from, to, tree);
  while (const std::unique_ptr<Chunk> chunk = reader.Next()) {
    REGISTRE_RETURN_IF_ERROR(FoldChunk(*chunk, &layers));
    if (on_progress && !on_progress({chunk->head.size - from, to - from})) {
      return absl::CancelledError("the fold was given up");
    }
  }
  return reader.status();
}

}  // namespace registre
