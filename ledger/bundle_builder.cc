#include "ledger/bundle_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/bundle_verifier.h"
#include "ledger/event_query.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/schema.h"
#include "ledger/summary.h"
#include "registre/v1/event.pb.h"

namespace registre {
namespace {

absl::Status TooManyForBundle(size_t count, std::string_view what, size_t limit) {
  return Error(absl::StatusCode::kResourceExhausted, "BUNDLE_TOO_LARGE",
               fmt::format("the bundle would have over {} {}, {} at least: replay the history from "
                           "the server with its proofs (--replay --verify)",
                           limit, what, count));
}

absl::StatusOr<v1::Event> ReadStoredEvent(const std::string& bytes) {
  v1::Event event;
  if (event.ParseFromString(bytes) && CheckReadable(event).ok()) return event;
  return Error(absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
               "an event of the bundle cannot be read; `registre verify ledger` says which");
}

const std::string& PackedSchema() {
  static const auto* packed = new std::string(PackSchema(SerializedSchema()));
  return *packed;
}

// Sets what the summary says of the seal and the checkpoint.
absl::Status DescribeSource(const BundleSource& source, const v1::Event& seal,
                            VerifiedBundle* described) {
  const absl::StatusOr<Note> note = ParseNote(source.checkpoint.note());
  if (!note.ok()) return note.status();
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  described->trusted.checkpoint = *std::move(checkpoint);
  described->tag = source.tag;
  described->seal_position = seal.position();
  described->sealed_at = absl::FromUnixSeconds(seal.recorded_at().seconds()) +
                         absl::Nanoseconds(seal.recorded_at().nanos());
  described->through_position = seal.act().directory_sealed().through_position();
  described->tags = seal.act().directory_sealed().count();
  const bool is_present =
      source.sealed.entries.size() == 1 && source.sealed.entries[0].entry.tag == source.tag;
  described->sealed_events = is_present ? source.sealed.entries[0].entry.events : 0;
  return absl::OkStatus();
}

// Checkpoints that are looked at for one that others attest.
constexpr int kMaxCheckpointsLookedAt = 256;

// How much others say of a checkpoint: a time stamp is worth more than a cosignature, whose time is
// its witness's own.
int AttestationOf(const v1::StoredCheckpoint& checkpoint) {
  if (checkpoint.timestamps_size() > 0) return 2;
  const absl::StatusOr<Note> note = ParseNote(checkpoint.note());
  if (!note.ok()) return 0;
  const absl::StatusOr<Checkpoint> parsed = ParseCheckpoint(note->text);
  if (!parsed.ok()) return 0;
  const auto is_others = [&](const NoteSignature& line) { return line.name != parsed->origin; };
  return std::any_of(note->signatures.begin(), note->signatures.end(), is_others) ? 1 : 0;
}

// Of the checkpoints of at least that size, the one that others attest best, and the newest of
// these. A newer one would say nothing more of a tag whose events it all holds.
absl::StatusOr<v1::StoredCheckpoint> PickCheckpoint(Checkpoints* checkpoints, uint64_t size) {
  std::optional<v1::StoredCheckpoint> best;
  int best_attestation = -1;
  int looked_at = 0;
  REGISTRE_RETURN_IF_ERROR(
      checkpoints->ForEach(~uint64_t{0}, [&](const v1::StoredCheckpoint& checkpoint) {
        if (checkpoint.size() < size) return false;
        if (const int attestation = AttestationOf(checkpoint); attestation > best_attestation) {
          best = checkpoint;
          best_attestation = attestation;
        }
        return ++looked_at < kMaxCheckpointsLookedAt;
      }));
  if (best) return *std::move(best);
  return checkpoints->Sign();
}

// The size of a log that holds the seal, and all that the tag has now.
absl::StatusOr<uint64_t> SizeToHold(const Index& index, const std::string& tag,
                                    const SealedTag& sealed) {
  const absl::StatusOr<uint64_t> seal = PositionOfStored(sealed.seal);
  if (!seal.ok()) return seal;
  const auto state = index.Read()->Get(tag);
  if (!state.ok()) return state.status();
  return std::max(*seal, state->has_value() ? (*state)->last_position : 0) + 1;
}

}  // namespace

absl::StatusOr<std::string> BuildBundle(const BundleSource& source, const SubtreeHash& subtree) {
  const absl::StatusOr<v1::Event> seal = ReadStoredEvent(source.sealed.seal);
  if (!seal.ok()) return seal.status();
  if (seal->act().directory_sealed().schema_digest() != BytesOf(SchemaDigest())) {
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_SEALED",
                 "the last seal was made by another version of the program, with another schema: "
                 "seal again (`registre checkpoint seal`, or --seal)");
  }
  VerifiedBundle described;
  REGISTRE_RETURN_IF_ERROR(DescribeSource(source, *seal, &described));
  std::vector<uint64_t> positions = {seal->position()};
  std::vector<std::string> lines;
  for (const std::string& bytes : source.events) {
    const absl::StatusOr<v1::Event> event = ReadStoredEvent(bytes);
    if (!event.ok()) return event.status();
    positions.push_back(event->position());
    lines.push_back(DescribeEvent(*event, lines.size() >= described.sealed_events));
  }
  std::sort(positions.begin(), positions.end());
  absl::StatusOr<SharedProof> proof =
      MakeSharedProof(positions, described.trusted.checkpoint.size, subtree);
  if (!proof.ok()) return proof.status();
  const auto& stamps = source.checkpoint.timestamps();
  return FormatBundle({.tag = source.tag,
                       .summary = SummaryOfBundle(described, lines),
                       .checkpoint = source.checkpoint.note(),
                       .stamps = {stamps.begin(), stamps.end()},
                       .seal = source.sealed.seal,
                       .entries = source.sealed.entries,
                       .events = source.events,
                       .proof = *std::move(proof),
                       .schema = PackedSchema()});
}

absl::StatusOr<uint64_t> PositionOfStored(const std::string& event) {
  const absl::StatusOr<v1::Event> read = ReadStoredEvent(event);
  if (!read.ok()) return read.status();
  return read->position();
}

absl::StatusOr<std::vector<std::string>> EventsOfTag(const EventStore& log, const Index& index,
                                                     std::string_view tag, uint64_t size) {
  std::vector<uint64_t> positions;
  REGISTRE_RETURN_IF_ERROR(
      VisitPostings(index, tag, 1, false, [&](uint64_t, const Posting& posting) {
        if (posting.position < size) positions.push_back(posting.position);
        return posting.position < size && positions.size() <= kMaxBundleEvents;
      }));
  if (positions.size() > kMaxBundleEvents) {
    return TooManyForBundle(positions.size(), "events", kMaxBundleEvents);
  }
  std::vector<std::string> events;
  size_t bytes = 0;
  REGISTRE_RETURN_IF_ERROR(VisitEvents(log, positions, [&](size_t, const std::string& event) {
    bytes += event.size();
    events.push_back(event);
    return bytes <= kMaxBundleBytes;
  }));
  if (bytes > kMaxBundleBytes) return TooManyForBundle(bytes, "bytes", kMaxBundleBytes);
  return events;
}

absl::StatusOr<std::string> BundleOf(Ledger* ledger, Checkpoints* checkpoints, Seals* seals,
                                     const std::string& tag) {
  if (!IsTag(tag)) {
    return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
                 fmt::format("`{}` is no tag; one is for example convention:2023-00963",
                             FirstBytes(IsUtf8(tag) ? tag : "what was sent", 100)));
  }
  BundleSource source{.tag = tag, .checkpoint = {}, .sealed = {}, .events = {}};
  absl::StatusOr<SealedTag> sealed = seals->Find(tag);
  if (!sealed.ok()) return sealed.status();
  source.sealed = *std::move(sealed);
  const std::shared_ptr<Index> index = ledger->index();
  const absl::StatusOr<uint64_t> size = SizeToHold(*index, tag, source.sealed);
  if (!size.ok()) return size.status();
  absl::StatusOr<v1::StoredCheckpoint> checkpoint = PickCheckpoint(checkpoints, *size);
  if (!checkpoint.ok()) return checkpoint.status();
  source.checkpoint = *std::move(checkpoint);
  auto events = EventsOfTag(ledger->log(), *index, tag, source.checkpoint.size());
  if (!events.ok()) return events.status();
  source.events = *std::move(events);
  return BuildBundle(source, ledger->tiles().HashesAt(source.checkpoint.size()));
}

}  // namespace registre
