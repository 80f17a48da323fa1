#include "ledger/seals.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "ledger/base/errors.h"
#include "ledger/event_query.h"
#include "ledger/layers.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/schema.h"
#include "ledger/store/disk.h"

namespace registre {
namespace {

namespace fs = std::filesystem;

// Folders under way; what a crash leaves of them is replaced by the next.
constexpr char kNewSeal[] = "new";
constexpr char kRestored[] = "restored";

absl::StatusOr<Seal> ReadSeal(const EventStore& log, uint64_t position) {
  const auto bytes = log.Get({position});
  if (!bytes.ok()) return bytes.status();
  const auto event = ParseEvent(position, bytes->front());
  if (!event.ok()) return event.status();
  return Seal{
      .position = position, .event = bytes->front(), .act = event->act().directory_sealed()};
}

absl::StatusOr<DirectoryHead> SealedHeadOf(const Seal& seal) {
  const std::optional<Hash> root = HashFromBytes(seal.act.root());
  if (root) return DirectoryHead{.count = seal.act.count(), .root = *root};
  return Error(
      absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
      fmt::format("the event at position {} is no seal; rebuild the index", seal.position));
}

}  // namespace

std::string Seals::PathOf(std::string_view name) const {
  return fmt::format("{}/index/directory/{}", ledger_->directory(), name);
}

absl::StatusOr<std::optional<Seal>> Seals::Last() const {
  std::optional<uint64_t> position;
  const std::shared_ptr<Index> index = ledger_->index();
  {
    const auto reader = index->Read();
    const auto state = reader->Get(kSealsKey);
    if (!state.ok()) return state.status();
    if (state->has_value()) position = (*state)->last_position;
  }
  if (!position) return std::optional<Seal>();
  absl::StatusOr<Seal> seal = ReadSeal(ledger_->log(), *position);
  if (!seal.ok()) return seal.status();
  return std::optional(*std::move(seal));
}

absl::StatusOr<Seal> Seals::SealNow(const RecordSeal& record, const OnTagsProgress& on_progress) {
  if (sealing_.exchange(true)) {
    return Error(absl::StatusCode::kResourceExhausted, "SEAL_RUNNING",
                 "a seal is being made; wait until it is recorded");
  }
  const auto end = absl::MakeCleanup([this] { sealing_ = false; });
  return BuildAndRecord(record, on_progress);
}

absl::StatusOr<Seal> Seals::BuildAndRecord(const RecordSeal& record,
                                           const OnTagsProgress& on_progress) {
  const std::shared_ptr<Index> index = ledger_->index();
  const uint64_t size = index->Read()->size();
  auto last = Last();
  if (!last.ok()) return last.status();
  if (last->has_value() && (*last)->position + 1 == size &&
      (*last)->act.schema_digest() == BytesOf(SchemaDigest())) {
    return **std::move(last);
  }
  v1::DirectorySealed act;
  const std::string built = PathOf(kNewSeal);
  if (size > 0) {
    act.set_through_position(size - 1);
    const auto head = SealedDirectory::Build(*index, size - 1, built, on_progress);
    if (!head.ok()) return head.status();
    act.set_count(head->count);
    act.set_root(BytesOf(head->root));
    act.set_schema_digest(BytesOf(SchemaDigest()));
  }
  if (act.count() == 0) {
    return Error(absl::StatusCode::kFailedPrecondition, "NOTHING_TO_SEAL",
                 "no event has a tag yet, so that there is nothing to prove complete; seal when "
                 "there is a first structure, line or convention");
  }
  absl::MutexLock lock(&mutex_);
  const auto position = record(act);
  if (!position.ok()) return position.status();
  // The seal is recorded: without its folder the directory is computed again when it is needed.
  Install(built, *position).IgnoreError();
  return ReadSeal(ledger_->log(), *position);
}

absl::StatusOr<SealedTag> Seals::Find(std::string_view tag) {
  for (bool again = false;; again = true) {
    std::shared_ptr<SealedDirectory> directory;
    std::optional<Seal> seal;
    {
      absl::MutexLock lock(&mutex_);
      auto last = Last();
      if (!last.ok()) return last.status();
      seal = *std::move(last);
      if (!seal) {
        return Error(absl::StatusCode::kFailedPrecondition, "NOT_SEALED",
                     "nothing is sealed yet, so that no history can be proven complete; an auditor "
                     "or an administrator seals (`registre checkpoint seal`)");
      }
      if (again) REGISTRE_RETURN_IF_ERROR(Restore(*seal));
      auto found = DirectoryOf(*seal);
      if (!found.ok()) return found.status();
      directory = *std::move(found);
    }
    auto entries = directory->Prove(tag);
    if (entries.ok()) return SealedTag{.seal = seal->event, .entries = *std::move(entries)};
    if (again || !absl::IsDataLoss(entries.status())) return entries.status();
  }
}

absl::StatusOr<std::shared_ptr<SealedDirectory>> Seals::DirectoryOf(const Seal& seal) {
  if (open_ != nullptr && open_position_ == seal.position) return open_;
  const auto head = SealedHeadOf(seal);
  if (!head.ok()) return head.status();
  const std::string path = PathOf(fmt::format("{}", seal.position));
  auto opened = SealedDirectory::Open(path, *head);
  if (absl::IsDataLoss(opened.status())) {
    REGISTRE_RETURN_IF_ERROR(Restore(seal));
    opened = SealedDirectory::Open(path, *head);
  }
  if (!opened.ok()) return opened.status();
  open_ = *std::move(opened);
  open_position_ = seal.position;
  return open_;
}

absl::Status Seals::Restore(const Seal& seal) {
  open_.reset();
  const auto sealed = SealedHeadOf(seal);
  if (!sealed.ok()) return sealed.status();
  const std::string built = PathOf(kRestored);
  const std::shared_ptr<Index> index = ledger_->index();
  const auto head =
      SealedDirectory::Build(*index, seal.act.through_position(), built, OnTagsProgress());
  if (!head.ok()) return head.status();
  if (*head == *sealed) return Install(built, seal.position);
  return Error(absl::StatusCode::kDataLoss, "SEAL_DIFFERENT",
               fmt::format("the index has {} tags up to position {}, root {}; the seal at position "
                           "{} says {}, root {}: rebuild the index, and verify the data folder "
                           "(`registre verify ledger`)",
                           head->count, seal.act.through_position(), Base64Of(head->root),
                           seal.position, sealed->count, Base64Of(sealed->root)));
}

absl::Status Seals::Install(const std::string& built, uint64_t position) {
  const std::string name = fmt::format("{}", position);
  std::error_code error;
  fs::remove_all(PathOf(name), error);
  if (!error) fs::rename(built, PathOf(name), error);
  if (error) return ErrnoError(error.value(), PathOf(name));
  // Others are of no use any more, and a crash here costs their space until the next seal.
  for (auto it = fs::directory_iterator(PathOf(""), error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    const std::string other = it->path().filename().string();
    std::error_code ignored;
    if (other != name && other != kNewSeal && other != kRestored) {
      fs::remove_all(it->path(), ignored);
    }
  }
  return absl::OkStatus();
}

}  // namespace registre
