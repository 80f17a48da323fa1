#include "ledger/bundle_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/time_stamp.h"
#include "ledger/schema.h"
#include "ledger/summary.h"

namespace registre {
namespace {

std::string PartOfEvent(const v1::Event& event) {
  return fmt::format("event at position {}", event.position());
}

absl::Status VerifyStamps(const Bundle& bundle, std::string_view tsa_ca_pem,
                          std::vector<absl::Time>* stamped) {
  const absl::StatusOr<std::string> text = StampedText(bundle.checkpoint);
  if (!text.ok()) return text.status();
  for (const std::string& stamp : bundle.stamps) {
    const auto time = VerifyTimeStamp(stamp, *text, tsa_ca_pem);
    if (!time.ok()) {
      return Annotate(time.status(), fmt::format("stamp {}: ", stamped->size() + 1));
    }
    stamped->push_back(*time);
  }
  return absl::OkStatus();
}

// The position in the bytes of an event, the last one where it stands there several times.
absl::StatusOr<uint64_t> PositionOf(std::string_view bytes, std::string_view part) {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  constexpr uint32_t kPositionTag =
      WireFormatLite::MakeTag(v1::Event::kPositionFieldNumber, WireFormatLite::WIRETYPE_VARINT);
  uint64_t position = 0;
  while (const uint32_t tag = input.ReadTag()) {
    const bool is_read = tag == kPositionTag ? input.ReadVarint64(&position)
                                             : WireFormatLite::SkipField(&input, tag);
    if (!is_read) return BundleInvalid(part, "its bytes are no event");
  }
  if (input.ConsumedEntireMessage()) return position;
  return BundleInvalid(part, "its bytes are no event");
}

// That the seal and the events stand in the log of the checkpoint, by one proof. Nothing more is
// read of them before.
absl::Status VerifyLeaves(const Bundle& bundle, const Checkpoint& checkpoint) {
  std::vector<PlacedLeaf> leaves;
  for (const std::string& bytes : bundle.events) {
    const std::string part = fmt::format("event {}", leaves.size() + 1);
    const absl::StatusOr<uint64_t> position = PositionOf(bytes, part);
    if (!position.ok()) return position.status();
    if (!leaves.empty() && *position <= leaves.back().index) {
      return BundleInvalid(part,
                           fmt::format("position {} stands after position {}: it is repeated, "
                                       "or out of place",
                                       *position, leaves.back().index));
    }
    leaves.push_back({*position, LeafHash(bytes)});
  }
  const absl::StatusOr<uint64_t> sealed_at = PositionOf(bundle.seal, "seal");
  if (!sealed_at.ok()) return sealed_at.status();
  leaves.push_back({*sealed_at, LeafHash(bundle.seal)});
  std::sort(leaves.begin(), leaves.end(),
            [](const PlacedLeaf& a, const PlacedLeaf& b) { return a.index < b.index; });
  const absl::Status status =
      VerifySharedProof(leaves, checkpoint.size, bundle.proof, checkpoint.root);
  return status.ok() ? status : BundleInvalid("proof", std::string(status.message()));
}

// Of bytes that stand in the log.
absl::StatusOr<v1::Event> ParseBundledEvent(std::string_view bytes, std::string_view part) {
  v1::Event event;
  if (event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return event;
  return BundleInvalid(part, "its bytes are no event");
}

// What the seal says of the tag.
absl::Status VerifySeal(const Bundle& bundle, const v1::Event& event, VerifiedBundle* verified) {
  if (!event.act().has_directory_sealed()) {
    return BundleInvalid("seal", "it is another act than a seal of the directory");
  }
  const v1::DirectorySealed& seal = event.act().directory_sealed();
  const std::optional<Hash> root = HashFromBytes(seal.root());
  if (!root || seal.through_position() >= event.position()) {
    return BundleInvalid("seal", "it seals what cannot be sealed");
  }
  verified->seal_position = event.position();
  verified->through_position = seal.through_position();
  verified->tags = seal.count();
  const auto counted = VerifyTag(bundle.tag, seal.count(), *root, bundle.entries);
  if (!counted.ok()) return Annotate(counted.status(), "entry: ");
  verified->sealed_events = *counted;
  return absl::OkStatus();
}

// That the envelope links the event to what TagsOf says of its act.
absl::Status VerifyLinks(const v1::Event& event) {
  if (event.schema_version() != kSchemaVersion) {
    return BundleInvalid(
        PartOfEvent(event),
        fmt::format("schema version {} is of a newer program: verify with that one",
                    event.schema_version()));
  }
  const std::vector<std::string> tags = TagsOf(event.act(), event.schema_version());
  const bool same =
      std::equal(tags.begin(), tags.end(), event.tags().begin(), event.tags().end(),
                 [](const std::string& tag, const v1::TagLink& link) { return tag == link.tag(); });
  if (same) return absl::OkStatus();
  return BundleInvalid(PartOfEvent(event), "its tags are not those of its act");
}

// That the events are the tag's chain, from its first, and reach the entry.
absl::Status VerifyChain(const Bundle& bundle, const VerifiedBundle& verified) {
  const std::vector<v1::Event>& events = verified.events;
  for (size_t i = 0; i < events.size(); ++i) {
    REGISTRE_RETURN_IF_ERROR(VerifyLinks(events[i]));
    const auto& links = events[i].tags();
    const auto link = std::find_if(links.begin(), links.end(),
                                   [&](const v1::TagLink& one) { return one.tag() == bundle.tag; });
    if (link == links.end()) {
      return BundleInvalid(PartOfEvent(events[i]), fmt::format("it is not of {}", bundle.tag));
    }
    const bool follows = link->sequence() == i + 1 && link->has_previous_position() == (i > 0) &&
                         (i == 0 || link->previous_position() == events[i - 1].position());
    if (!follows) {
      return BundleInvalid(
          PartOfEvent(events[i]),
          fmt::format("it is number {} of {}, after position {}; here it is number {}: one is "
                      "missing",
                      link->sequence(), bundle.tag, link->previous_position(), i + 1));
    }
  }
  return absl::OkStatus();
}

// That the events through the seal are as many as the entry says, up to the one it names.
absl::Status VerifyComplete(const Bundle& bundle, const VerifiedBundle& verified) {
  const std::vector<v1::Event>& events = verified.events;
  const uint64_t sealed = verified.sealed_events;
  if (events.size() < sealed) {
    return BundleInvalid("event",
                         fmt::format("{} of the {} events that {} has through the seal are "
                                     "missing",
                                     sealed - events.size(), sealed, bundle.tag));
  }
  if (sealed > 0) {
    const uint64_t last = events[sealed - 1].position();
    const uint64_t stated = bundle.entries.front().entry.last_position;
    if (last != stated || last > verified.through_position) {
      return BundleInvalid(
          "entry",
          fmt::format("the last event through the seal stands at {}, not at {}", last, stated));
    }
  }
  if (events.size() > sealed && events[sealed].position() <= verified.through_position) {
    return BundleInvalid(PartOfEvent(events[sealed]),
                         "it stands before the end of the seal, which does not count it");
  }
  return absl::OkStatus();
}

bool IsBefore(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return std::pair(a.seconds(), a.nanos()) < std::pair(b.seconds(), b.nanos());
}

// That recorded_at is there and never goes back, over events and seal in order of position.
absl::Status VerifyTimes(const v1::Event& seal, const std::vector<v1::Event>& events) {
  std::vector<const v1::Event*> all;
  for (const v1::Event& event : events) all.push_back(&event);
  all.insert(std::find_if(all.begin(), all.end(),
                          [&](const v1::Event* one) { return one->position() > seal.position(); }),
             &seal);
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i]->has_recorded_at() ||
        (i > 0 && IsBefore(all[i]->recorded_at(), all[i - 1]->recorded_at()))) {
      return BundleInvalid(PartOfEvent(*all[i]),
                           "its time is missing, or before that of an earlier position");
    }
  }
  return absl::OkStatus();
}

// The lines of each event, read by the schema of the bundle; the seal is read as well.
absl::StatusOr<std::vector<std::string>> DescribeBundle(const Bundle& bundle,
                                                        const VerifiedBundle& verified,
                                                        std::string_view schema_bytes) {
  const auto schema = EventSchema::Parse(schema_bytes);
  if (!schema.ok()) return BundleInvalid("schema", std::string(schema.status().message()));
  const auto seal = (*schema)->Read(bundle.seal);
  if (!seal.ok()) return BundleInvalid("seal", std::string(seal.status().message()));
  std::vector<std::string> lines;
  for (size_t i = 0; i < bundle.events.size(); ++i) {
    const auto event = (*schema)->Read(bundle.events[i]);
    if (!event.ok()) {
      return BundleInvalid(PartOfEvent(verified.events[i]), std::string(event.status().message()));
    }
    lines.push_back(DescribeEvent(**event, i >= verified.sealed_events));
  }
  return lines;
}

// That the schema is the one that the seal states, and one to read by: the seal is the authority's,
// which could state any, say one in which two fields have changed places.
absl::StatusOr<std::string> VerifySchema(const Bundle& bundle, const v1::DirectorySealed& seal,
                                         absl::Span<const Hash> other_schemas) {
  absl::StatusOr<std::string> schema = UnpackSchema(bundle.schema);
  if (!schema.ok()) return schema;
  const Hash digest = Sha256(*schema);
  if (BytesOf(digest) != seal.schema_digest()) {
    return BundleInvalid("schema", "its digest is not the one in the seal");
  }
  if (IsKnownSchema(digest) ||
      std::find(other_schemas.begin(), other_schemas.end(), digest) != other_schemas.end()) {
    return schema;
  }
  return Error(
      absl::StatusCode::kInvalidArgument, "SCHEMA_UNKNOWN",
      fmt::format("the schema in the bundle, of digest {}, is none that this program knows: who "
                  "made it chose how the events read. Verify with a newer program, or have the "
                  "digest from elsewhere and give it with --schema-digest",
                  HexOf(digest)),
      {{"schema_digest", HexOf(digest)}});
}

}  // namespace

absl::StatusOr<VerifiedBundle> VerifyBundle(std::string_view bytes, const TrustPolicy& policy,
                                            std::optional<std::string_view> tsa_ca_pem,
                                            absl::Span<const Hash> other_schemas) {
  const absl::StatusOr<Bundle> bundle = ParseBundle(bytes);
  if (!bundle.ok()) return bundle.status();
  VerifiedBundle verified;
  verified.tag = bundle->tag;
  verified.stamps = bundle->stamps.size();
  absl::StatusOr<TrustedCheckpoint> trusted = VerifyCheckpoint(bundle->checkpoint, policy);
  if (!trusted.ok()) return trusted.status();
  verified.trusted = *std::move(trusted);
  if (tsa_ca_pem) {
    REGISTRE_RETURN_IF_ERROR(VerifyStamps(*bundle, *tsa_ca_pem, &verified.stamped));
  }
  REGISTRE_RETURN_IF_ERROR(VerifyLeaves(*bundle, verified.trusted.checkpoint));
  const absl::StatusOr<v1::Event> seal = ParseBundledEvent(bundle->seal, "seal");
  if (!seal.ok()) return seal.status();
  for (size_t i = 0; i < bundle->events.size(); ++i) {
    absl::StatusOr<v1::Event> event =
        ParseBundledEvent(bundle->events[i], fmt::format("event {}", i + 1));
    if (!event.ok()) return event.status();
    verified.events.push_back(*std::move(event));
  }
  REGISTRE_RETURN_IF_ERROR(VerifySeal(*bundle, *seal, &verified));
  REGISTRE_RETURN_IF_ERROR(VerifyLinks(*seal));
  REGISTRE_RETURN_IF_ERROR(VerifyChain(*bundle, verified));
  REGISTRE_RETURN_IF_ERROR(VerifyComplete(*bundle, verified));
  REGISTRE_RETURN_IF_ERROR(VerifyTimes(*seal, verified.events));
  const absl::StatusOr<std::string> schema =
      VerifySchema(*bundle, seal->act().directory_sealed(), other_schemas);
  if (!schema.ok()) return schema.status();
  const auto lines = DescribeBundle(*bundle, verified, *schema);
  if (!lines.ok()) return lines.status();
  verified.sealed_at = absl::FromUnixSeconds(seal->recorded_at().seconds()) +
                       absl::Nanoseconds(seal->recorded_at().nanos());
  verified.same_schema = *schema == SerializedSchema();
  verified.known_schema = IsKnownSchema(Sha256(*schema));
  verified.summary = SummaryOfBundle(verified, *lines);
  if (verified.summary == bundle->summary) return verified;
  return BundleInvalid("summary", "it is not what the events say");
}

std::string SummaryOfBundle(const VerifiedBundle& bundle,
                            const std::vector<std::string>& event_lines) {
  const Checkpoint& checkpoint = bundle.trusted.checkpoint;
  const absl::Time second = absl::FromUnixSeconds(absl::ToUnixSeconds(bundle.sealed_at));
  std::string text = fmt::format(
      "tag {}\nlog {}\ncheckpoint {} events, root {}\nseal #{} {}, through #{}, {} tags\nevents "
      "{}, "
      "{} through the seal\n",
      bundle.tag, checkpoint.origin, checkpoint.size, Base64Of(checkpoint.root),
      bundle.seal_position,
      SummaryInstant(absl::ToUnixSeconds(second),
                     static_cast<int32_t>(absl::ToInt64Nanoseconds(bundle.sealed_at - second))),
      bundle.through_position, bundle.tags, event_lines.size(), bundle.sealed_events);
  for (const std::string& lines : event_lines) text += "\n" + lines;
  return text;
}

}  // namespace registre
