#include "services/open_streams.h"

#include <utility>

namespace registre {

OpenStreams::Id OpenStreams::Add(std::function<void()> on_drain) {
  Id id = 0;
  {
    absl::MutexLock lock(&mutex_);
    id = next_id_++;
    if (!draining_) {
      streams_.emplace(id, std::move(on_drain));
      return id;
    }
  }
  on_drain();
  return id;
}

void OpenStreams::Remove(Id id) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(id);
}

void OpenStreams::Drain() {
  absl::flat_hash_map<Id, std::function<void()>> streams;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    streams.swap(streams_);
  }
  for (const auto& [id, on_drain] : streams) on_drain();
}

}  // namespace registre
