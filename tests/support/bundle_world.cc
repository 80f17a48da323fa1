#include "tests/support/bundle_world.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/text_format.h"
#include "ledger/acts/act.h"
#include "ledger/base/check.h"
#include "ledger/schema.h"
#include "tests/support/test_keys.h"

namespace registre::testing {
namespace {

constexpr char kLogKeySeed = 'L';
constexpr int64_t kFirstRecorded = 1'700'000'000;

std::string SignedConvention(const std::string& number, const std::string& structure) {
  return "convention_signed { number: '" + number + "' structure_id: '" + structure +
         "' object: 'Fonctionnement \\303\\251t\\303\\251 \"2023\"\\n\\001' amount_cents: 1234550 "
         "signatures { authority_signed_on { year: 2023 month: 7 day: 13 } } "
         "tranches { budget_code: '65-748' draws { deliberation_number: '2023-405' "
         "amount_cents: 7 } } }";
}

std::string Ordered(const std::string& convention, const std::string& mandat) {
  return "source { document: 'test' } assumed_fields: 'payment_ordered.date' payment_ordered { "
         "fiscal_year: 2023 mandat: '" +
         mandat + "' basis { convention_number: '" + convention +
         "' } structure_id: 's1' budget_code: '65-748' amount_cents: 100005 "
         "date { year: 2023 month: 9 day: 1 } }";
}

}  // namespace

BundleWorld::BundleWorld() {
  Add("ledger_opened { origin: 'example.org/registre' }");
  Add("structure_registered { structure_id: 's1' }");
  Add(SignedConvention("c1", "s1"));
  Add("structure_registered { structure_id: 's2' }");
  Add(SignedConvention("c3", "s2"));
  Add(Ordered("c1", "41"));
  Add("payment_accepted { order { fiscal_year: 2023 mandat: '41' basis { convention_number: 'c1' } "
      "structure_id: 's1' budget_code: '65-748' } date { year: 2023 month: 9 day: 2 } }");
  Add("report_received { convention_number: 'c1' structure_id: 's1' }");
  Seal();
  Add(Ordered("c1", "42"));
}

void BundleWorld::Add(const std::string& text) {
  v1::Event event;
  REGISTRE_CHECK(google::protobuf::TextFormat::ParseFromString(text, event.mutable_act()),
                 "an act");
  event.set_position(events.size());
  event.set_event_id(std::string(16, static_cast<char>('a' + events.size())));
  event.set_unit_size(1);
  event.set_command_id("test-" + std::to_string(events.size()));
  event.mutable_recorded_at()->set_seconds(kFirstRecorded + static_cast<int64_t>(events.size()));
  event.mutable_recorded_at()->set_nanos(events.size() % 2 == 0 ? 0 : 5'000);
  event.mutable_actor()->set_subject("test");
  event.mutable_actor()->set_role("local");
  event.set_salt(std::string(16, static_cast<char>('A' + events.size())));
  event.set_schema_version(kSchemaVersion);
  for (const std::string& tag : TagsOf(event.act())) {
    TagEntry& chain = chains_[tag];
    v1::TagLink* link = event.add_tags();
    link->set_tag(tag);
    link->set_sequence(chain.events + 1);
    if (chain.events > 0) link->set_previous_position(chain.last_position);
    chain = {tag, chain.events + 1, event.position()};
  }
  events.push_back(std::move(event));
}

void BundleWorld::Seal() {
  directory.clear();
  for (const auto& [tag, entry] : chains_) directory.push_back(entry);
  seal = events.size();
  Add("directory_sealed {}");
  v1::DirectorySealed& act = *events.back().mutable_act()->mutable_directory_sealed();
  act.set_through_position(seal - 1);
  act.set_schema_digest(BytesOf(SchemaDigest()));
  SealAgain();
}

void BundleWorld::SealAgain() {
  v1::DirectorySealed& act = *events.at(seal).mutable_act()->mutable_directory_sealed();
  act.set_count(directory.size());
  act.set_root(BytesOf(RootOfDirectory(directory)));
}

Hash RootOfDirectory(const std::vector<TagEntry>& directory) {
  std::vector<Hash> leaves;
  for (const TagEntry& entry : directory) leaves.push_back(LeafHashOf(entry));
  const uint64_t count = leaves.size();
  return *RootOfFirst(count, HashesOf(std::move(leaves)));
}

SubtreeHash BundleWorld::Hashes() const {
  std::vector<Hash> leaves;
  for (size_t i = 0; i < events.size(); ++i) leaves.push_back(LeafHash(BytesAt(i)));
  return HashesOf(std::move(leaves));
}

std::string BundleWorld::Note() const {
  const SigningKey key = TestKey(kLogKeySeed);
  const std::string text =
      FormatCheckpoint({kOrigin, events.size(), *RootOfFirst(events.size(), Hashes())});
  registre::Note note{text, {SignNote(text, kOrigin, key)}};
  note.signatures.insert(note.signatures.end(), cosignatures.begin(), cosignatures.end());
  return FormatNote(note);
}

TrustPolicy BundleWorld::policy() const {
  return TrustPolicy::OfKeys({TestLogKey(kOrigin, TestKey(kLogKeySeed))});
}

BundleSource BundleWorld::Source(const std::string& tag) const {
  BundleSource source{.tag = tag, .checkpoint = {}, .sealed = {BytesAt(seal), {}}, .events = {}};
  source.checkpoint.set_note(Note());
  for (const std::string& stamp : stamps) source.checkpoint.add_timestamps(stamp);
  source.sealed.entries = EntriesFor(directory, tag);
  for (size_t i = 0; i < events.size(); ++i) {
    for (const v1::TagLink& link : events[i].tags()) {
      if (link.tag() == tag) source.events.push_back(BytesAt(i));
    }
  }
  return source;
}

std::string BundleWorld::Build(const std::string& tag) const {
  const auto built = BuildBundle(Source(tag), Hashes());
  REGISTRE_CHECK(built.ok(), "a bundle");
  return *built;
}

Bundle BundleWorld::Parts(const std::string& tag) const {
  const auto parts = ParseBundle(Build(tag));
  REGISTRE_CHECK(parts.ok(), "parts of a bundle");
  return *parts;
}

std::vector<ProvenEntry> EntriesFor(const std::vector<TagEntry>& directory,
                                    const std::string& tag) {
  std::vector<ProvenEntry> entries;
  std::vector<Hash> leaves;
  for (const TagEntry& entry : directory) leaves.push_back(LeafHashOf(entry));
  const SubtreeHash hashes = HashesOf(leaves);
  const auto at = std::lower_bound(
      directory.begin(), directory.end(), tag,
      [](const TagEntry& entry, const std::string& other) { return entry.tag < other; });
  const auto add = [&](auto entry) {
    const auto index = static_cast<uint64_t>(entry - directory.begin());
    entries.push_back({*entry, index, *InclusionProof(index, leaves.size(), hashes)});
  };
  if (at != directory.end() && at->tag == tag) {
    add(at);
  } else {
    if (at != directory.begin()) add(at - 1);
    if (at != directory.end()) add(at);
  }
  return entries;
}

SubtreeHash HashesOf(std::vector<Hash> leaves) {
  // Shared by the copies of the function, which calls itself.
  struct Tree {
    std::vector<Hash> leaves;
    Hash At(int height, uint64_t index) const {
      if (height == 0) return leaves.at(index);
      return NodeHash(At(height - 1, 2 * index), At(height - 1, 2 * index + 1));
    }
  };
  return [tree = Tree{std::move(leaves)}](int height, uint64_t index) -> absl::StatusOr<Hash> {
    return tree.At(height, index);
  };
}

}  // namespace registre::testing
