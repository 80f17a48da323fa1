// The replay of the log: at a start, for a rebuild, for a check.
//
//   the thread of FoldLog        a thread beside it
//   rows <- Layers <-- chunk <-- parse, hash <-- log
#include <fmt/format.h>

#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/arena.h"
#include "ledger/base/errors.h"
#include "ledger/layers.h"
#include "ledger/ledger.h"

namespace registre {
namespace {

// Events and bytes folded between two publications. Within a chunk a row is written in place.
constexpr size_t kChunkEvents = 8'192;
constexpr size_t kChunkBytes = 8 * 1024 * 1024;
// Chunks read ahead of the one being folded.
constexpr size_t kReadAhead = 1;

// Events that follow each other, and the tree after them.
struct Chunk {
  google::protobuf::Arena arena;
  std::vector<const v1::Event*> events;
  size_t bytes = 0;
  LogHead head;
};

// Reads a part of the log on a thread of its own.
class ChunkReader {
 public:
  // Borrows all; the tree belongs to the reader until its end.
  ChunkReader(const EventStore& log, uint64_t from, uint64_t to, MerkleTree* tree)
      : log_(log), to_(to), tree_(tree), thread_([this, from] { Run(from); }) {}
  ~ChunkReader() {
    {
      absl::MutexLock lock(&mutex_);
      given_up_ = true;
    }
    thread_.join();
  }

  // The next chunk; nullptr at the end. Then status says whether it is the end wanted.
  std::unique_ptr<Chunk> Next() {
    absl::MutexLock lock(&mutex_);
    const auto there = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !chunks_.empty() || status_.has_value();
    };
    mutex_.Await(absl::Condition(&there));
    if (chunks_.empty()) return nullptr;
    std::unique_ptr<Chunk> chunk = std::move(chunks_.front());
    chunks_.pop_front();
    return chunk;
  }

  absl::Status status() const {
    absl::MutexLock lock(&mutex_);
    return status_.value_or(absl::OkStatus());
  }

 private:
  void Run(uint64_t from) {
    const absl::Status status = ReadAll(from);
    absl::MutexLock lock(&mutex_);
    status_ = status;
  }

  absl::Status ReadAll(uint64_t from) {
    uint64_t next = from;
    auto chunk = std::make_unique<Chunk>();
    std::vector<Tile> tiles;
    absl::Status failed;
    bool wanted = true;
    const absl::Status read = log_.Read(from, [&](uint64_t position, std::string_view bytes) {
      if (position >= to_) return false;
      auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&chunk->arena);
      if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        failed = Error(absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
                       fmt::format("the event at position {} cannot be read", position));
        return false;
      }
      tree_->Append(LeafHash(bytes), &tiles);
      tiles.clear();
      chunk->events.push_back(event);
      chunk->bytes += bytes.size();
      next = position + 1;
      if (chunk->events.size() == kChunkEvents || chunk->bytes >= kChunkBytes) {
        wanted = Put(std::exchange(chunk, std::make_unique<Chunk>()));
      }
      return wanted;
    });
    REGISTRE_RETURN_IF_ERROR(read);
    REGISTRE_RETURN_IF_ERROR(failed);
    if (!wanted) return absl::OkStatus();
    if (!chunk->events.empty()) Put(std::move(chunk));
    if (next != to_) {
      return Error(absl::StatusCode::kDataLoss, "LOG_SHORTER",
                   fmt::format("the log ends at {} where {} events were expected", next, to_));
    }
    return absl::OkStatus();
  }

  // Waits for room. False when no more is wanted.
  bool Put(std::unique_ptr<Chunk> chunk) {
    chunk->head = {tree_->size(), tree_->Root()};
    absl::MutexLock lock(&mutex_);
    const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return chunks_.size() <= kReadAhead || given_up_;
    };
    mutex_.Await(absl::Condition(&room));
    if (given_up_) return false;
    chunks_.push_back(std::move(chunk));
    return true;
  }

  const EventStore& log_;
  const uint64_t to_;
  MerkleTree* const tree_;
  mutable absl::Mutex mutex_;
  std::deque<std::unique_ptr<Chunk>> chunks_ ABSL_GUARDED_BY(mutex_);
  bool given_up_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);  // set at the end
  std::thread thread_;                                          // last: it uses all of the above
};

}  // namespace

absl::Status FoldLog(const EventStore& log, uint64_t from, uint64_t to,
                     const Projection& projection, Index* index, MerkleTree* tree,
                     const OnFoldProgress& on_progress) {
  if (from >= to) return absl::OkStatus();
  Layers layers(index, projection);
  ChunkReader reader(log, from, to, tree);
  while (const std::unique_ptr<Chunk> chunk = reader.Next()) {
    for (const v1::Event* event : chunk->events) layers.Apply(*event);
    // What rests on a failed read is worth nothing and must not reach the index.
    REGISTRE_RETURN_IF_ERROR(layers.status());
    layers.CommitUnit();
    layers.PublishGroup(chunk->head);
    REGISTRE_RETURN_IF_ERROR(index->status());
    if (on_progress && !on_progress({chunk->head.size - from, to - from})) {
      return absl::CancelledError("the fold was given up");
    }
  }
  return reader.status();
}

}  // namespace registre
