#include "ledger/directory.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"

namespace registre {
namespace {

// Keys looked at under one reader of the index, so that Publish is held back for a moment only.
constexpr size_t kTagsAtOnce = 256;

// A tag as it was at `through`; nothing when it had no event then.
absl::StatusOr<std::optional<TagEntry>> TagAt(const Index& index, const TagEntry& now,
                                              uint64_t through) {
  const auto reader = index.Read();
  const auto after = SequenceAtOrAfter(*reader, now.tag, now.events, through + 1);
  if (!after.ok()) return after.status();
  if (*after == 1) return std::optional<TagEntry>();
  TagEntry then{.tag = now.tag, .events = *after - 1, .last_position = 0};
  REGISTRE_RETURN_IF_ERROR(
      reader->Postings(now.tag, then.events, /*backward=*/false, [&](uint64_t, const Posting& one) {
        then.last_position = one.position;
        return false;
      }));
  return std::optional(std::move(then));
}

absl::Status DirectoryDiffers(const std::string& why) {
  return Error(absl::StatusCode::kDataLoss, "DIRECTORY_DAMAGED",
               fmt::format("the sealed directory does not prove what was sealed: {}", why));
}

}  // namespace

absl::Status VisitTags(const Index& index, uint64_t through,
                       const std::function<absl::Status(const TagEntry&)>& visit) {
  std::string after;
  for (size_t seen = kTagsAtOnce; seen == kTagsAtOnce;) {
    seen = 0;
    std::string last;
    std::vector<TagEntry> page;
    REGISTRE_RETURN_IF_ERROR(index.Read()->ForEachKeyHead(
        "", after, [&](std::string_view key, uint64_t count, uint64_t last_position) {
          // The index has rows of other things than tags.
          if (IsTag(key)) page.push_back({std::string(key), count, last_position});
          last = key;
          return ++seen < kTagsAtOnce;
        }));
    after = std::move(last);
    for (const TagEntry& now : page) {
      if (now.last_position <= through) {
        REGISTRE_RETURN_IF_ERROR(visit(now));
        continue;
      }
      const auto then = TagAt(index, now, through);
      if (!then.ok()) return then.status();
      if (then->has_value()) REGISTRE_RETURN_IF_ERROR(visit(**then));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<DirectoryHead> SealedDirectory::Build(const Index& index, uint64_t through,
                                                     const std::string& path,
                                                     const OnTagsProgress& on_progress) {
  auto writer = DirectoryWriter::Create(path);
  if (!writer.ok()) return writer.status();
  MerkleTree tree;
  std::vector<Tile> tiles;
  const auto write_tiles = [&] {
    for (const Tile& tile : tiles) REGISTRE_RETURN_IF_ERROR((*writer)->AddTile(tile));
    tiles.clear();
    return absl::OkStatus();
  };
  REGISTRE_RETURN_IF_ERROR(VisitTags(index, through, [&](const TagEntry& entry) {
    if (on_progress && !on_progress(tree.size())) {
      return absl::CancelledError("the seal was given up");
    }
    REGISTRE_RETURN_IF_ERROR((*writer)->AddTag(entry, tree.size()));
    tree.Append(LeafHashOf(entry), &tiles);
    return write_tiles();
  }));
  if (tree.size() == 0) {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    return DirectoryHead();
  }
  tree.AppendPartialTiles(&tiles);
  REGISTRE_RETURN_IF_ERROR(write_tiles());
  REGISTRE_RETURN_IF_ERROR((*writer)->Finish());
  return DirectoryHead{.count = tree.size(), .root = tree.Root()};
}

SealedDirectory::SealedDirectory(std::unique_ptr<DirectoryReader> reader, const DirectoryHead& head)
    : reader_(std::move(reader)),
      head_(head),
      hashes_([this](const TileId& tile) { return reader_->ReadTile(tile); }) {}

absl::StatusOr<std::unique_ptr<SealedDirectory>> SealedDirectory::Open(const std::string& path,
                                                                       const DirectoryHead& head) {
  auto reader = DirectoryReader::Open(path);
  if (!reader.ok()) return reader.status();
  return std::unique_ptr<SealedDirectory>(new SealedDirectory(*std::move(reader), head));
}

absl::StatusOr<std::vector<ProvenEntry>> SealedDirectory::Prove(std::string_view tag) {
  const auto placed = reader_->Find(tag);
  if (!placed.ok()) return placed.status();
  const SubtreeHash hashes = hashes_.Of(head_.count);
  std::vector<ProvenEntry> entries;
  for (const DirectoryReader::Placed& one : *placed) {
    if (one.index >= head_.count) return DirectoryDiffers("it has more tags");
    auto proof = InclusionProof(one.index, head_.count, hashes);
    if (!proof.ok()) return proof.status();
    entries.push_back({one.entry, one.index, *std::move(proof)});
  }
  const auto verified = VerifyTag(tag, head_.count, head_.root, entries);
  if (!verified.ok()) return DirectoryDiffers(std::string(verified.status().message()));
  return entries;
}

}  // namespace registre
