#include <fmt/format.h>

#include <deque>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/store/event_store.h"
#include "ledger/store/store_errors.h"

namespace registre {
namespace {

class MemoryEventStore final : public EventStore {
 public:
  absl::Status Append(uint64_t expected_next_position, const EventBatch& batch) override {
    const absl::MutexLock lock(&mutex_);
    if (events_.size() != expected_next_position) {
      return WrongPosition(expected_next_position, events_.size());
    }
    CheckBatch(batch, events_.size());
    events_.insert(events_.end(), batch.events.begin(), batch.events.end());
    leaf_hashes_.insert(leaf_hashes_.end(), batch.leaf_hashes.begin(), batch.leaf_hashes.end());
    for (const Tile& tile : batch.tiles) tiles_[{tile.level, tile.index}] = tile;
    for (const ConsumerWrite& write : batch.consumers) {
      if (write.state.empty()) {
        consumers_.erase(write.name);
      } else {
        consumers_[write.name] = write.state;
      }
    }
    return absl::OkStatus();
  }

  uint64_t size() const override {
    const absl::ReaderMutexLock lock(&mutex_);
    return events_.size();
  }

  absl::Status Read(uint64_t from,
                    const std::function<bool(uint64_t, std::string_view)>& visit) const override {
    const uint64_t end = size();
    for (uint64_t position = from; position < end; ++position) {
      // Not under the lock: the visitor may call the store.
      if (!visit(position, EventAt(position))) break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> Get(
      const std::vector<uint64_t>& positions) const override {
    const absl::ReaderMutexLock lock(&mutex_);
    std::vector<std::string> events;
    events.reserve(positions.size());
    for (const uint64_t position : positions) {
      if (position >= events_.size()) return PositionUnknown(position, events_.size());
      events.push_back(events_[position]);
    }
    return events;
  }

  absl::StatusOr<Hash> GetLeafHash(uint64_t position) const override {
    const absl::ReaderMutexLock lock(&mutex_);
    if (position >= leaf_hashes_.size()) return PositionUnknown(position, leaf_hashes_.size());
    return leaf_hashes_[position];
  }

  absl::StatusOr<Tile> GetTile(uint8_t level, uint64_t index) const override {
    const absl::ReaderMutexLock lock(&mutex_);
    const auto found = tiles_.find({level, index});
    if (found == tiles_.end()) return TileUnknown(level, index, events_.size());
    return found->second;
  }

  absl::StatusOr<std::vector<ConsumerWrite>> ReadConsumers() const override {
    const absl::ReaderMutexLock lock(&mutex_);
    std::vector<ConsumerWrite> consumers;
    for (const auto& [name, state] : consumers_) consumers.push_back({name, state});
    return consumers;
  }

  absl::Status WriteCheckpoints(const std::vector<CheckpointWrite>& writes) override {
    const absl::MutexLock lock(&mutex_);
    for (const CheckpointWrite& write : writes) {
      if (write.checkpoint.empty()) {
        checkpoints_.erase(write.size);
      } else {
        checkpoints_[write.size] = write.checkpoint;
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadCheckpoints(
      uint64_t before,
      const std::function<bool(uint64_t, std::string_view)>& visit) const override {
    std::map<uint64_t, std::string> checkpoints;
    {
      const absl::ReaderMutexLock lock(&mutex_);
      checkpoints = checkpoints_;
    }
    for (auto it = checkpoints.lower_bound(before); it != checkpoints.begin();) {
      --it;
      if (!visit(it->first, it->second)) break;
    }
    return absl::OkStatus();
  }

 private:
  // A deque never moves its elements, and events never change: the bytes outlive the lock.
  std::string_view EventAt(uint64_t position) const {
    const absl::ReaderMutexLock lock(&mutex_);
    return events_[position];
  }

  mutable absl::Mutex mutex_;
  std::deque<std::string> events_ ABSL_GUARDED_BY(mutex_);
  std::vector<Hash> leaf_hashes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<uint8_t, uint64_t>, Tile> tiles_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> consumers_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::string> checkpoints_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<EventStore> NewMemoryEventStore() { return std::make_unique<MemoryEventStore>(); }

}  // namespace registre
