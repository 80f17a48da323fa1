#include "ledger/chunk_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {
namespace {

// Events and bytes folded between two publications. Within a chunk a row is written in place.
constexpr size_t kChunkEvents = 8'192;
constexpr size_t kChunkBytes = 8 * 1024 * 1024;
// Chunks read ahead of the one being folded.
constexpr size_t kReadAhead = 1;
// Of an arena's block: a chunk of small events fills some dozens.
constexpr size_t kArenaBlockBytes = 256 * 1024;

google::protobuf::ArenaOptions LargeBlocks() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = kArenaBlockBytes;
  options.max_block_size = kArenaBlockBytes;
  return options;
}

}  // namespace

Chunk::Chunk() : arena(LargeBlocks()) {}

ChunkReader::ChunkReader(const EventStore& log, uint64_t from, uint64_t to, MerkleTree* tree)
    : log_(log), to_(to), tree_(tree), thread_([this, from] { Run(from); }) {}

ChunkReader::~ChunkReader() {
  {
    absl::MutexLock lock(&mutex_);
    given_up_ = true;
  }
  thread_.join();
}

std::unique_ptr<Chunk> ChunkReader::Next() {
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

absl::Status ChunkReader::status() const {
  absl::MutexLock lock(&mutex_);
  return status_.value_or(absl::OkStatus());
}

void ChunkReader::Run(uint64_t from) {
  const absl::Status status = ReadAll(from);
  absl::MutexLock lock(&mutex_);
  status_ = status;
}

bool ChunkReader::Take(uint64_t position, std::string_view bytes, Chunk* chunk) {
  if (chunk->events.empty()) chunk->from = position;
  const Hash leaf = LeafHash(bytes);
  auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&chunk->arena);
  const bool parsed = event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (tree_ == nullptr) {
    chunk->leaf_hashes.push_back(leaf);
  } else {
    tree_->Append(leaf, &full_tiles_);
    full_tiles_.clear();
  }
  chunk->events.push_back(parsed ? event : nullptr);
  chunk->bytes += bytes.size();
  return parsed || tree_ == nullptr;
}

absl::Status ChunkReader::ReadAll(uint64_t from) {
  uint64_t next = from;
  auto chunk = std::make_unique<Chunk>();
  absl::Status failed;
  bool wanted = true;
  const absl::Status read = log_.Read(from, [&](uint64_t position, std::string_view bytes) {
    if (position >= to_) return false;
    if (!Take(position, bytes, chunk.get())) {
      failed = Error(absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
                     fmt::format("the event at position {} cannot be read", position));
      return false;
    }
    next = position + 1;
    if (chunk->events.size() == kChunkEvents || chunk->bytes >= kChunkBytes) {
      wanted = Put(std::exchange(chunk, std::make_unique<Chunk>()));
    }
    return wanted;
  });
  REGISTRE_RETURN_IF_ERROR(failed);
  // What was read before an error is shown where it is to be verified.
  if (!read.ok() && tree_ != nullptr) return read;
  if (!wanted) return absl::OkStatus();
  if (!chunk->events.empty()) Put(std::move(chunk));
  REGISTRE_RETURN_IF_ERROR(read);
  if (next != to_) {
    return Error(absl::StatusCode::kDataLoss, "LOG_SHORTER",
                 fmt::format("the log ends at {} where {} events were expected", next, to_));
  }
  return absl::OkStatus();
}

bool ChunkReader::Put(std::unique_ptr<Chunk> chunk) {
  if (tree_ != nullptr) chunk->head = {tree_->size(), tree_->Root()};
  absl::MutexLock lock(&mutex_);
  const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return chunks_.size() <= kReadAhead || given_up_;
  };
  mutex_.Await(absl::Condition(&room));
  if (given_up_) return false;
  chunks_.push_back(std::move(chunk));
  return true;
}

}  // namespace registre
