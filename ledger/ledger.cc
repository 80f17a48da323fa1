#include "ledger/ledger.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/event_query.h"
#include "ledger/generation.h"
#include "ledger/view.h"

namespace registre {
namespace {

// HEAD is written this often while the log grows.
constexpr absl::Duration kHeadInterval = absl::Seconds(1);

absl::StatusOr<v1::Event> LastEvent(const EventStore& log) {
  auto bytes = log.Get({log.size() - 1});
  if (!bytes.ok()) return bytes.status();
  return ParseEvent(log.size() - 1, bytes->front());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(Options options) {
  auto ledger = std::unique_ptr<Ledger>(new Ledger(std::move(options)));
  REGISTRE_RETURN_IF_ERROR(ledger->Start());
  return ledger;
}

absl::StatusOr<MerkleTree> Ledger::TreeAt(uint64_t size) const {
  return MerkleTree::Load(
      size, [this](uint64_t position) { return log_->GetLeafHash(position); },
      [this](uint8_t level, uint64_t tile) { return log_->GetTile(level, tile); });
}

absl::StatusOr<std::shared_ptr<Ledger::Generation>> Ledger::OpenGeneration(uint64_t number) const {
  auto generation = std::make_shared<Generation>();
  generation->number = number;
  generation->directory = folder_->GenerationDirectory(number);
  auto index =
      Index::Open(generation->directory, options_.projection.version, options_.index_flush_events);
  if (!index.ok()) return index.status();
  generation->index = *std::move(index);
  return generation;
}

absl::Status Ledger::Start() {
  auto folder = DataFolder::Open(options_.directory);
  if (!folder.ok()) return folder.status();
  folder_ = *std::move(folder);
  auto log = OpenRocksDbEventStore(folder_->log_directory());
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  tiles_ = std::make_unique<LogTiles>(log_.get());
  auto head = folder_->ReadHead();
  if (!head.ok()) return head.status();
  if (head->has_value()) REGISTRE_RETURN_IF_ERROR(CheckSavedHead(*log_, **head));

  auto generation = OpenGeneration(folder_->LiveGeneration());
  if (!generation.ok()) return generation.status();
  REGISTRE_RETURN_IF_ERROR(BringUpToLog((*generation)->index.get()));
  auto tree = TreeAt(log_->size());
  if (!tree.ok()) return tree.status();
  std::optional<absl::Time> last_recorded_at;
  if (log_->size() > 0) {
    auto last = LastEvent(*log_);
    if (!last.ok()) return last.status();
    last_recorded_at = FromTimestamp(last->recorded_at());
  }
  // From here on things are written: a clean stop it is no more. And there is always a HEAD.
  if (!head->has_value() || (*head)->state_digest) {
    REGISTRE_RETURN_IF_ERROR(folder_->WriteHead({tree->size(), tree->Root()}));
  }
  Index* const index = (*generation)->index.get();
  {
    absl::MutexLock lock(&mutex_);
    generation_ = *std::move(generation);
  }
  recorder_ = std::make_unique<Recorder>(Recorder::Parts{.log = log_.get(),
                                                         .index = index,
                                                         .tail = &tail_,
                                                         .clock = options_.clock,
                                                         .random = options_.random},
                                         options_.projection, *std::move(tree), last_recorded_at);
  head_thread_ = std::thread([this] { WriteHeads(); });
  return absl::OkStatus();
}

absl::Status Ledger::BringUpToLog(Index* index) {
  const LogHead known = index->disk_head();
  MerkleTree folded;
  if (known.size > 0 && known.size <= log_->size()) {
    auto at = TreeAt(known.size);
    if (!at.ok()) return at.status();
    folded = *std::move(at);
  }
  if (folded.size() != known.size || (known.size > 0 && folded.Root() != known.root)) {
    spdlog::warn("the index is true at another log of {} events; it is rebuilt", known.size);
    REGISTRE_RETURN_IF_ERROR(index->Clear());
    folded = MerkleTree();
  }
  REGISTRE_RETURN_IF_ERROR(FoldLog(*log_, folded.size(), log_->size(), options_.projection, index,
                                   &folded, options_.on_progress));
  auto stored = TreeAt(log_->size());
  if (!stored.ok()) return stored.status();
  if (folded.Root() != stored->Root()) {
    return Error(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                 "events of the log do not give its stored hashes; restore the last backup");
  }
  return absl::OkStatus();
}

Ledger::~Ledger() {
  if (recorder_ == nullptr) return;
  recorder_->Drain();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  head_thread_.join();
  WriteHead(recorder_->status().head, DigestAtStop());
  if (const absl::Status flushed = index()->Flush(); !flushed.ok()) {
    spdlog::warn("the index was not flushed, the next start replays its tail: {}",
                 std::string(flushed.message()));
  }
}

// After a failed write nobody knows what is on the disk until it is read again.
std::optional<Hash> Ledger::DigestAtStop() {
  if (recorder_->status().state == RecorderStatus::State::kStopped) return std::nullopt;
  const absl::Status flushed = log_->Flush();
  const absl::StatusOr<Hash> digest = flushed.ok() ? StateDigest(*log_) : flushed;
  if (digest.ok()) return *digest;
  spdlog::error("HEAD says of no clean stop: {}", std::string(digest.status().message()));
  return std::nullopt;
}

// Runs until the ledger stops.
void Ledger::WriteHeads() {
  uint64_t written = ~uint64_t{0};
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kHeadInterval)) return;
    }
    const LogHead head = recorder_->status().head;
    if (head.size == written) continue;
    WriteHead(head, std::nullopt);
    if (head_status().ok()) written = head.size;
  }
}

void Ledger::WriteHead(const LogHead& head, const std::optional<Hash>& state_digest) {
  const absl::Status wrote = folder_->WriteHead(head, state_digest);
  if (!wrote.ok()) spdlog::error("HEAD was not written: {}", std::string(wrote.message()));
  absl::MutexLock lock(&mutex_);
  head_status_ = wrote;
}

absl::Status Ledger::head_status() const {
  absl::MutexLock lock(&mutex_);
  return head_status_;
}

std::shared_ptr<Ledger::Generation> Ledger::generation() const {
  absl::MutexLock lock(&mutex_);
  return generation_;
}

std::shared_ptr<Index> Ledger::index() const {
  const std::shared_ptr<Generation> current = generation();
  return {current, current->index.get()};
}

absl::StatusOr<v1::Ledger> Ledger::Row() const {
  const std::shared_ptr<Index> in_use = index();
  const auto state = in_use->Read()->Get(kLedgerKey);
  if (!state.ok()) return state.status();
  return state->has_value() ? (*state)->row->ledger() : v1::Ledger();
}

}  // namespace registre
