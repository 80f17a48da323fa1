#include "ledger/verify/event_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ledger/acts/act.h"
#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/store/index.h"

namespace registre {
namespace {

constexpr size_t kEventIdBytes = 16;
constexpr size_t kEventSaltBytes = 16;
constexpr size_t kFingerprintBytes = 33;
constexpr char kFingerprintVersion = 1;

// 16 bytes, version 7, the variant of RFC 9562.
bool IsUuid7(std::string_view id) {
  return id.size() == kEventIdBytes && (static_cast<uint8_t>(id[6]) >> 4) == 7 &&
         (static_cast<uint8_t>(id[8]) >> 6) == 2;
}

// The first 16 bytes, as words that compare as the bytes do: ids of version 7 come nearly in order,
// and are soon sorted.
UniqueIds::Id FirstBytesOf(std::string_view bytes) {
  UniqueIds::Id id = {};
  for (size_t i = 0; i < sizeof(id); ++i) {
    uint64_t& word = id[i / sizeof(uint64_t)];
    word = word << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return id;
}

UniqueIds::Id CommandIdOf(const v1::Event& event) {
  const Hash hash = Sha256(CommandKey(event.actor().subject(), event.command_id()));
  return FirstBytesOf({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

bool IsInstant(const v1::Event& event) {
  constexpr int32_t kNanosInSecond = 1'000'000'000;
  return event.has_recorded_at() && event.recorded_at().nanos() >= 0 &&
         event.recorded_at().nanos() < kNanosInSecond;
}

}  // namespace

absl::Status EventChecks::Add(uint64_t position, const v1::Event* event) {
  if (event == nullptr) {
    Wrong(position, "its bytes are no event");
    unit_ = {};
    return absl::OkStatus();
  }
  CheckEnvelope(position, *event);
  REGISTRE_RETURN_IF_ERROR(CheckUnit(position, *event));
  REGISTRE_RETURN_IF_ERROR(CheckTags(position, *event));
  return CheckAct(position, *event);
}

void EventChecks::CheckEnvelope(uint64_t position, const v1::Event& event) {
  if (event.position() != position) {
    Wrong(position, fmt::format("it says that it is #{}", event.position()));
  }
  if (!IsUuid7(event.event_id())) Wrong(position, "its event id is no UUID of version 7");
  if (event.salt().size() != kEventSaltBytes) {
    Wrong(position,
          fmt::format("its salt has {} bytes, not {}", event.salt().size(), kEventSaltBytes));
  }
  if (event.fingerprint().size() != kFingerprintBytes ||
      event.fingerprint()[0] != kFingerprintVersion) {
    Wrong(position, "its fingerprint is none of version 1");
  }
  if (event.actor().subject().empty()) Wrong(position, "it says of nobody that they recorded it");
  if (event.command_id().empty() || event.command_id().size() > kMaxCommandIdBytes) {
    Wrong(position, fmt::format("its command id has {} bytes", event.command_id().size()));
  }
  for (const std::string& digest : event.private_digests()) {
    if (digest.size() != sizeof(Hash)) Wrong(position, "a digest of a private record is no hash");
  }
}

absl::Status EventChecks::CheckUnit(uint64_t position, const v1::Event& event) {
  const absl::Time recorded_at = FromTimestamp(event.recorded_at());
  if (!IsInstant(event)) Wrong(position, "it does not say when it was recorded");
  if (recorded_at < last_recorded_at_) {
    Wrong(position, fmt::format("it was recorded at {}, before the event before it ({})",
                                absl::FormatTime(recorded_at, absl::UTCTimeZone()),
                                absl::FormatTime(last_recorded_at_, absl::UTCTimeZone())));
  }
  last_recorded_at_ = std::max(last_recorded_at_, recorded_at);
  if (unit_.size == 0) {
    unit_ = {event.unit_size(),       0,          event.command_id(), event.fingerprint(),
             event.actor().subject(), recorded_at};
    if (event.unit_size() == 0 || event.unit_size() > kMaxUnitActs) {
      Wrong(position, fmt::format("its unit has {} acts", event.unit_size()));
    }
    REGISTRE_RETURN_IF_ERROR(commands_.Add(CommandIdOf(event), position));
  } else if (event.command_id() != unit_.command_id || event.fingerprint() != unit_.fingerprint ||
             event.actor().subject() != unit_.subject || recorded_at != unit_.recorded_at ||
             event.unit_size() != unit_.size) {
    Wrong(position, fmt::format("it is not of the unit {} that goes on here: its command id, "
                                "fingerprint, subject, instant or size is another",
                                unit_.command_id));
  }
  if (event.unit_index() != unit_.seen) {
    Wrong(position, fmt::format("it is act {} of its unit, where act {} should stand",
                                event.unit_index(), unit_.seen));
  }
  if (++unit_.seen >= unit_.size) unit_ = {};
  if (event.event_id().size() != kEventIdBytes) return absl::OkStatus();
  return event_ids_.Add(FirstBytesOf(event.event_id()), position);
}

absl::Status EventChecks::CheckTags(uint64_t position, const v1::Event& event) {
  if (event.schema_version() != kSchemaVersion) {
    Wrong(position, fmt::format("its schema version is {}, this program knows {}",
                                event.schema_version(), kSchemaVersion));
  } else {
    const std::vector<std::string> tags = TagsOf(event.act(), event.schema_version());
    const bool same = std::equal(
        tags.begin(), tags.end(), event.tags().begin(), event.tags().end(),
        [](const std::string& tag, const v1::TagLink& link) { return tag == link.tag(); });
    if (!same) Wrong(position, "its tags are not those of its act");
  }
  for (const v1::TagLink& link : event.tags()) {
    REGISTRE_RETURN_IF_ERROR(chains_.Add(position, link, findings_));
  }
  return absl::OkStatus();
}

absl::Status EventChecks::CheckAct(uint64_t position, const v1::Event& event) {
  const v1::Act& act = event.act();
  if (act.act_case() == v1::Act::ACT_NOT_SET) {
    Wrong(position, "it holds no act that this program knows");
  }
  if ((position == 0) != act.has_ledger_opened()) {
    Wrong(position, position == 0 ? "the first event is no ledger_opened"
                                  : "it opens the ledger a second time");
  }
  if (act.has_ledger_opened() && position == 0) origin_ = act.ledger_opened().origin();
  if (act.has_fiscal_year_closed()) {
    CheckStatedHead(position, event, act.fiscal_year_closed().log_size(),
                    act.fiscal_year_closed().log_root());
  }
  if (act.has_ledger_restored()) {
    const v1::LedgerRestored& restored = act.ledger_restored();
    CheckStatedHead(position, event, restored.log_size(), restored.log_root());
    if (restored.previous_origin() != origin_) {
      Wrong(position, fmt::format("it goes on from the origin {}, but the log's is {}",
                                  restored.previous_origin(), origin_));
    }
    origin_ = restored.origin();
  }
  return act.has_directory_sealed() ? CheckSeal(position, act.directory_sealed())
                                    : absl::OkStatus();
}

// Of an act that is alone in its unit.
void EventChecks::CheckStatedHead(uint64_t position, const v1::Event& event, uint64_t size,
                                  const std::string& root) {
  if (event.unit_size() != 1) Wrong(position, "it is not alone in its unit");
  if (size != position) {
    Wrong(position, fmt::format("it says that {} events stood before it", size));
  } else if (const Hash before = tree_->Root(); root != BytesOf(before)) {
    Wrong(position,
          fmt::format("the log before it has not the root that it says, but {}", Base64Of(before)));
  }
}

// The chains are known where the seal stands; what it sealed ends some events before.
absl::Status EventChecks::CheckSeal(uint64_t position, const v1::DirectorySealed& seal) {
  ++seals_;
  if (seal.through_position() >= position || seal.schema_digest().size() != sizeof(Hash)) {
    Wrong(position, fmt::format("it seals the log through #{}, which does not stand before it, or "
                                "has no digest of the schema",
                                seal.through_position()));
    return absl::OkStatus();
  }
  // How each tag stood at the seal that was touched since: what its first link after it says.
  absl::flat_hash_map<std::string, TagEntry> since;
  const auto read_since = [&](uint64_t at, std::string_view bytes) {
    if (at > position) return false;
    v1::Event event;
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return true;
    for (const v1::TagLink& link : event.tags()) {
      const std::optional<TagEntry> before = BeforeLink(link);
      if (before) since.try_emplace(link.tag(), *before);
    }
    return true;
  };
  REGISTRE_RETURN_IF_ERROR(log_->Read(seal.through_position() + 1, read_since));
  uint64_t count = 0;
  MerkleTree tree;
  std::vector<Tile> tiles;
  const auto take = [&](const TagEntry& entry) {
    const auto moved = since.find(entry.tag);
    const TagEntry& then = moved == since.end() ? entry : moved->second;
    if (then.events == 0) return;
    ++count;
    tree.Append(LeafHashOf(then), &tiles);
    tiles.clear();
  };
  REGISTRE_RETURN_IF_ERROR(chains_.Merge(findings_, take));
  if (count != seal.count() || BytesOf(tree.Root()) != seal.root()) {
    Wrong(position,
          fmt::format("it seals {} tags, but the {} tags that the log has through #{} "
                      "have the root {}",
                      seal.count(), count, seal.through_position(), Base64Of(tree.Root())));
  }
  return absl::OkStatus();
}

absl::Status EventChecks::End() {
  if (unit_.size != 0) {
    findings_->Of("log", fmt::format("it ends after act {} of {} of unit {}", unit_.seen,
                                     unit_.size, unit_.command_id));
  }
  REGISTRE_RETURN_IF_ERROR(chains_.Merge(findings_, [](const TagEntry&) {}));
  REGISTRE_RETURN_IF_ERROR(event_ids_.Finish([this](uint64_t first, uint64_t again) {
    Wrong(again, fmt::format("it has the event id of #{}", first));
  }));
  return commands_.Finish([this](uint64_t first, uint64_t again) {
    Wrong(again, fmt::format("its subject used its command id before, at #{}", first));
  });
}

}  // namespace registre
