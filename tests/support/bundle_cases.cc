#include "tests/support/bundle_cases.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.pb.h"
#include "ledger/base/check.h"
#include "ledger/schema.h"
#include "tests/support/bundle_world.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_keys.h"
#include "tests/support/test_tsa.h"

namespace registre::testing {
namespace {

constexpr char kInvalid[] = "BUNDLE_INVALID";
constexpr size_t kLastLineBytes = 72;
const absl::Time kTestTime = absl::FromUnixSeconds(1'700'000'100);

std::string Formatted(const Bundle& bundle) {
  const auto bytes = FormatBundle(bundle);
  REGISTRE_CHECK(bytes.ok(), "a bundle");
  return *bytes;
}

// Leaves of a seal and events, proven anew in the world's log.
void ProveAgain(const BundleWorld& world, Bundle* bundle) {
  std::vector<uint64_t> positions;
  const auto add = [&](const std::string& bytes) {
    v1::Event event;
    event.ParsePartialFromString(bytes);
    positions.push_back(event.position());
  };
  add(bundle->seal);
  for (const std::string& bytes : bundle->events) add(bytes);
  std::sort(positions.begin(), positions.end());
  bundle->checkpoint = world.Note();
  const auto proof = MakeSharedProof(positions, world.events.size(), world.Hashes());
  REGISTRE_CHECK(proof.ok(), "a proof");
  bundle->proof = *proof;
}

class CaseMaker {
 public:
  std::vector<BundleCase> Take() { return std::move(cases_); }

  void Good(const std::string& name, std::string bytes) { Add(name, std::move(bytes), "", ""); }
  void Add(const std::string& name, std::string bytes, const std::string& reason,
           const std::string& says) {
    cases_.push_back({.name = name, .bytes = std::move(bytes), .reason = reason, .says = says});
  }

  // The good bundle with other parts, which the last line covers.
  void Parts(const std::string& name, const std::string& reason, const std::string& says,
             const std::function<void(Bundle*)>& spoil) {
    Bundle bundle = BundleWorld().Parts(BundleWorld::kTag);
    spoil(&bundle);
    Add(name, Formatted(bundle), reason, says);
  }
  // What a log would give that holds something else, and a bundle made of it.
  void World(const std::string& name, const std::string& says,
             const std::function<void(BundleWorld*)>& spoil) {
    BundleWorld world;
    spoil(&world);
    Add(name, world.Build(BundleWorld::kTag), kInvalid, says);
  }
  // A bundle made of other events of the same log.
  void Source(const std::string& name, const std::string& reason, const std::string& says,
              const std::function<void(BundleSource*)>& spoil) {
    const BundleWorld world;
    BundleSource source = world.Source(BundleWorld::kTag);
    spoil(&source);
    const auto bytes = BuildBundle(source, world.Hashes());
    REGISTRE_CHECK(bytes.ok(), "a bundle of a spoilt source");
    Add(name, *bytes, reason, says);
  }
  // The text of the good bundle changed, the last line made anew.
  void Text(const std::string& name, const std::string& says,
            const std::function<void(std::string*)>& spoil) {
    std::string bytes = BundleWorld().Build(BundleWorld::kTag);
    bytes.resize(bytes.size() - kLastLineBytes);
    spoil(&bytes);
    Add(name, WithNewDigest(bytes + std::string(kLastLineBytes, ' ')), kInvalid, says);
  }
  BundleCase& last() { return cases_.back(); }

 private:
  std::vector<BundleCase> cases_;
};

void Replace(const std::string& what, const std::string& with, std::string* text) {
  const size_t at = text->find(what);
  REGISTRE_CHECK(at != std::string::npos, "what is to be replaced");
  text->replace(at, what.size(), with);
}

void AddGood(CaseMaker* make) {
  BundleWorld world;
  make->Good("present", world.Build(BundleWorld::kTag));
  make->Good("absent between", world.Build("convention:c2"));
  make->Good("absent before all", world.Build("application:a"));
  make->Good("absent after all", world.Build("structure:s3"));
  make->Good("absent, then there", world.Build("payment:2023-42"));
  make->Good("two events", world.Build("payment:2023-41"));
  make->Source("last event after the seal left out", "", "",
               [](BundleSource* source) { source->events.pop_back(); });
  BundleWorld later;
  later.Add("structure_registered { structure_id: 's4' }");
  later.Seal();
  make->Good("complete to the end", later.Build(BundleWorld::kTag));
  BundleWorld odd;
  odd.Add(
      "remarks: '\\t\\177 \\\\ \\342\\200\\256 \\302\\233 \\302\\240 \\342\\201\\250 "
      "\\342\\202\\254 \\360\\237\\230\\200' avenant_signed { convention_number: 'c1' "
      "structure_id: 's1' "
      "avenant_number: -3 delta_cents: -5 amount_before_cents: -9223372036854775808 "
      "amount_after_cents: -150 signatures { authority_signed_on {} } authorised_by {} "
      "tranches { budget_code: 'z' period {} } tranches {} }");
  odd.Add("payment_reimputed { order { basis { convention_number: 'c1' } } }");
  odd.events.back().mutable_act()->mutable_payment_reimputed()->mutable_basis();
  v1::Flag* flag = odd.events.back().add_flags();
  flag->set_severity(static_cast<v1::Severity>(77));
  odd.events.back().add_private_digests(std::string(32, '\xAB'));
  odd.events.back().add_private_digests("");
  odd.events.back().mutable_recorded_at()->set_seconds(253'402'300'799);
  odd.events.back().mutable_recorded_at()->set_nanos(999'999'999);
  odd.Add("report_received { convention_number: 'c1' structure_id: 's1' }");
  *odd.events.back().mutable_recorded_at() = odd.events[odd.events.size() - 2].recorded_at();
  make->Good("odd values", odd.Build(BundleWorld::kTag));
  BundleWorld old;
  for (v1::Event& event : old.events) {
    event.mutable_recorded_at()->set_seconds(-62'135'596'800 +
                                             static_cast<int64_t>(event.position()));
  }
  make->Good("of the year 1", old.Build(BundleWorld::kTag));
  BundleWorld alone;
  alone.directory.resize(2);
  alone.directory.erase(alone.directory.begin());
  alone.SealAgain();
  make->Good("a directory of one tag", alone.Build(BundleWorld::kTag));
  make->Good("absent from a directory of one tag", alone.Build("convention:c2"));
}

void AddFile(CaseMaker* make) {
  const std::string good = BundleWorld().Build(BundleWorld::kTag);
  std::string spoilt = good;
  spoilt[good.size() / 2] ^= 1;
  make->Add("damaged", spoilt, kInvalid, "sha256");
  make->Add("empty", "", kInvalid, "file");
  make->Add("header alone", "registre-bundle 1\n", kInvalid, "cut");
  make->Add("cut", good.substr(0, good.size() - 1), kInvalid, "sha256");
  make->Add("a line more", good + "\n", kInvalid, "sha256");
  make->Text("version 2", "version 1", [](std::string* text) { (*text)[16] = '2'; });
  make->Text("length with a zero before it", "tag",
             [](std::string* text) { Replace("tag 13\n", "tag 013\n", text); });
  make->Text("length with a sign", "tag",
             [](std::string* text) { Replace("tag 13\n", "tag +13\n", text); });
  make->Text("length too small", "tag",
             [](std::string* text) { Replace("tag 13\n", "tag 12\n", text); });
  make->Text("length over the end", "tag",
             [](std::string* text) { Replace("tag 13\n", "tag 99999999\n", text); });
  make->Text("length over 64 bits", "tag",
             [](std::string* text) { Replace("tag 13\n", "tag 18446744073709551629\n", text); });
  make->Text("no line feed after a part", "tag",
             [](std::string* text) { Replace("convention:c1\nsum", "convention:c1 sum", text); });
  make->Text("tag twice", "tag", [](std::string* text) {
    Replace("tag 13\nconvention:c1\n", "tag 13\nconvention:c1\ntag 13\nconvention:c1\n", text);
  });
  make->Text("no tag", "tag",
             [](std::string* text) { Replace("tag 13\nconvention:c1\n", "", text); });
  make->Text("tag after all", "tag", [](std::string* text) {
    Replace("tag 13\nconvention:c1\n", "", text);
    *text += "tag 13\nconvention:c1\n";
  });
  make->Text("a part of no name", "something after",
             [](std::string* text) { *text += "note 1\nx\n"; });
  make->Text("a byte after all", "something after", [](std::string* text) { *text += "\n"; });
  make->Text("no schema", "schema",
             [](std::string* text) { text->resize(text->rfind("\nschema ") + 1); });
}

void AddParts(CaseMaker* make) {
  make->Parts("tag of no kind", kInvalid, "tag", [](Bundle* b) { b->tag = "siret:c1"; });
  make->Parts("another tag", "PROOF_INVALID", "neighbours",
              [](Bundle* b) { b->tag = "convention:c3"; });
  make->Parts("summary changed", kInvalid, "summary",
              [](Bundle* b) { Replace("1000.05 EUR", "1000.06 EUR", &b->summary); });
  make->Parts("summary with a line more", kInvalid, "summary",
              [](Bundle* b) { b->summary += "  object = \"\"\n"; });
  make->Parts("no summary", kInvalid, "summary", [](Bundle* b) { b->summary.clear(); });
  make->Parts("checkpoint of another size", "SIGNATURE_INVALID", "",
              [](Bundle* b) { Replace("\n10\n", "\n11\n", &b->checkpoint); });
  make->Parts("checkpoint that is none", "NOTE_INVALID", "",
              [](Bundle* b) { b->checkpoint.pop_back(); });
  make->Parts("seal changed", kInvalid, "proof", [](Bundle* b) { b->seal.back() ^= 1; });
  make->Parts("seal that is no event", kInvalid, "seal", [](Bundle* b) { b->seal = "\xFF"; });
  make->Parts("event changed", kInvalid, "proof",
              [](Bundle* b) { Replace("41", "43", &b->events[1]); });
  make->Parts("event that is none", kInvalid, "event 2",
              [](Bundle* b) { b->events[1].resize(b->events[1].size() - 1); });
  make->Parts("event cut to nothing", kInvalid, "out of place",
              [](Bundle* b) { b->events[1].clear(); });
  make->Parts("events swapped", kInvalid, "out of place",
              [](Bundle* b) { std::swap(b->events[1], b->events[2]); });
  make->Parts("event repeated", kInvalid, "repeated",
              [](Bundle* b) { b->events.insert(b->events.begin(), b->events.front()); });
  make->Parts("event removed", kInvalid, "proof",
              [](Bundle* b) { b->events.erase(b->events.begin() + 1); });
  make->Parts("no event", kInvalid, "proof", [](Bundle* b) { b->events.clear(); });
  make->Parts("seal among the events", kInvalid, "proof",
              [](Bundle* b) { b->events.insert(b->events.begin() + 4, b->seal); });
  make->Parts("hash changed", kInvalid, "proof", [](Bundle* b) { b->proof[0][0] ^= 1; });
  make->Parts("hash removed", kInvalid, "proof", [](Bundle* b) { b->proof.pop_back(); });
  make->Parts("hash added", kInvalid, "proof", [](Bundle* b) { b->proof.emplace_back(); });
  make->Parts("entry that counts another", "PROOF_INVALID", "entry",
              [](Bundle* b) { b->entries[0].entry.events = 5; });
  make->Parts("entry of another last event", "PROOF_INVALID", "entry",
              [](Bundle* b) { b->entries[0].entry.last_position = 6; });
  make->Parts("entry elsewhere", "PROOF_INVALID", "entry",
              [](Bundle* b) { b->entries[0].index += 1; });
  make->Parts("entry past all", "PROOF_INVALID", "entry",
              [](Bundle* b) { b->entries[0].index = 99; });
  make->Parts("entry with another hash", "PROOF_INVALID", "entry",
              [](Bundle* b) { b->entries[0].proof[1][3] ^= 4; });
  make->Parts("entry with a hash less", "PROOF_INVALID", "entry",
              [](Bundle* b) { b->entries[0].proof.pop_back(); });
  make->Parts("entry without events", kInvalid, "entry",
              [](Bundle* b) { b->entries[0].entry.events = 0; });
  make->Parts("entry twice", "PROOF_INVALID", "entry",
              [](Bundle* b) { b->entries.push_back(b->entries[0]); });
  make->Parts("schema that is none", kInvalid, "schema", [](Bundle* b) { b->schema = "x"; });
  make->Parts("schema with something after it", kInvalid, "schema",
              [](Bundle* b) { b->schema += "x"; });
  make->Parts("schema cut", kInvalid, "schema", [](Bundle* b) { b->schema.pop_back(); });
  make->Parts("another schema", kInvalid, "schema",
              [](Bundle* b) { b->schema = PackSchema("another"); });
  make->Parts("schema too large", kInvalid, "schema",
              [](Bundle* b) { b->schema = PackSchema(std::string(kMaxSchemaBytes + 1, 'x')); });
}

// Entries that are true, and prove nothing of the tag.
void AddEntries(CaseMaker* make) {
  const BundleWorld world;
  const auto entry_of = [&](const std::string& tag) { return world.Source(tag).sealed.entries[0]; };
  const auto with = [&](const std::string& name, const std::string& tag,
                        std::vector<ProvenEntry> entries) {
    BundleSource source = world.Source(tag);
    source.sealed.entries = std::move(entries);
    const auto bytes = BuildBundle(source, world.Hashes());
    REGISTRE_CHECK(bytes.ok(), "a bundle with other entries");
    make->Add(name, *bytes, "PROOF_INVALID", "neighbours");
  };
  with("neighbours that are none", "convention:c2",
       {entry_of("convention:c1"), entry_of("deliberation:2023-405")});
  with("neighbours out of order", "convention:c2",
       {entry_of("convention:c3"), entry_of("convention:c1")});
  with("one neighbour of two", "convention:c2", {entry_of("convention:c1")});
  with("the first, and the tag is after it", "convention:c2", {entry_of("budget_line:65-748")});
  with("the last, and the tag is before it", "convention:c2", {entry_of("structure:s2")});
  with("absent, where it is there", BundleWorld::kTag,
       {entry_of("budget_line:65-748"), entry_of("convention:c3")});
  with("its own entry and the next", BundleWorld::kTag,
       {entry_of("convention:c1"), entry_of("convention:c3")});
}

void AddSources(CaseMaker* make) {
  make->Source("first event left out", kInvalid, "one is missing",
               [](BundleSource* source) { source->events.erase(source->events.begin()); });
  make->Source("middle event left out", kInvalid, "one is missing",
               [](BundleSource* source) { source->events.erase(source->events.begin() + 2); });
  make->Source("last sealed event left out", kInvalid, "one is missing",
               [](BundleSource* source) { source->events.erase(source->events.begin() + 3); });
  make->Source("last events left out", kInvalid, "1 of the 4",
               [](BundleSource* source) { source->events.resize(3); });
  make->Source("all events left out", kInvalid, "4 of the 4",
               [](BundleSource* source) { source->events.clear(); });
  make->Source("an event of another tag", kInvalid, "is not of", [](BundleSource* source) {
    source->events.insert(source->events.begin() + 1, BundleWorld().events[4].SerializeAsString());
  });
}

// The log itself says what cannot be: the authority signed it.
void AddWorlds(CaseMaker* make) {
  const auto link_of = [](BundleWorld* world, size_t position) {
    return world->events[position].mutable_tags(1);  // payment, convention, structure, ...
  };
  make->World("a sequence too far", "one is missing",
              [&](BundleWorld* world) { link_of(world, 5)->set_sequence(3); });
  make->World("another event before", "one is missing",
              [&](BundleWorld* world) { link_of(world, 5)->set_previous_position(1); });
  make->World("no event before", "one is missing",
              [&](BundleWorld* world) { link_of(world, 5)->clear_previous_position(); });
  make->World("an event before the first", "one is missing", [&](BundleWorld* world) {
    world->events[2].mutable_tags(0)->set_previous_position(0);
  });
  make->World("a tag too many", "its tags",
              [](BundleWorld* world) { world->events[5].add_tags()->set_tag("structure:s2"); });
  make->World("a tag too few", "its tags",
              [](BundleWorld* world) { world->events[5].mutable_tags()->RemoveLast(); });
  make->World("tags in another order", "its tags",
              [](BundleWorld* world) { world->events[5].mutable_tags()->SwapElements(2, 3); });
  make->World("a seal with a tag", "its tags",
              [](BundleWorld* world) { world->events[8].add_tags()->set_tag("call:c"); });
  make->World("a newer event", "newer",
              [](BundleWorld* world) { world->events[6].set_schema_version(2); });
  make->World("a newer seal", "newer",
              [](BundleWorld* world) { world->events[8].set_schema_version(2); });
  make->World("time that goes back", "time", [](BundleWorld* world) {
    world->events[6].mutable_recorded_at()->set_seconds(1'600'000'000);
  });
  make->World("time that goes back at the seal", "time", [](BundleWorld* world) {
    world->events[8].mutable_recorded_at()->set_seconds(1'600'000'000);
  });
  make->World("no time", "time", [](BundleWorld* world) { world->events[2].clear_recorded_at(); });
  make->World("the count too small", "does not count it", [](BundleWorld* world) {
    world->directory[1] = {"convention:c1", 3, 6};
    world->SealAgain();
  });
  make->World("the count too large", "2 of the 7", [](BundleWorld* world) {
    world->directory[1] = {"convention:c1", 7, 7};
    world->SealAgain();
  });
  make->World("counted past the seal", "entry", [](BundleWorld* world) {
    world->directory[1] = {"convention:c1", 5, 9};
    world->SealAgain();
  });
  make->World("another last event", "entry", [](BundleWorld* world) {
    world->directory[1].last_position = 6;
    world->SealAgain();
  });
  make->World("a tag that the seal leaves out", "does not count it", [](BundleWorld* world) {
    world->directory.erase(world->directory.begin() + 1);
    world->SealAgain();
  });
  make->World("a seal of what comes after it", "seal", [](BundleWorld* world) {
    world->events[8].mutable_act()->mutable_directory_sealed()->set_through_position(8);
  });
  make->World("a seal without a root", "seal", [](BundleWorld* world) {
    world->events[8].mutable_act()->mutable_directory_sealed()->set_root("short");
  });
}

// What BuildBundle would refuse to make.
void AddUnreadable(CaseMaker* make) {
  const auto add = [&](const std::string& name, const std::string& says, size_t position,
                       const std::function<void(BundleWorld*, Bundle*)>& spoil) {
    Bundle bundle = BundleWorld().Parts(BundleWorld::kTag);
    BundleWorld world;
    spoil(&world, &bundle);
    const std::string bytes = world.events[position].SerializeAsString();
    if (position == world.seal) {
      bundle.seal = bytes;
    } else {
      bundle.events[position == 2 ? 0 : position - 4] = bytes;
    }
    ProveAgain(world, &bundle);
    make->Add(name, Formatted(bundle), kInvalid, says);
  };
  const auto unknown = [](google::protobuf::Message* message) {
    message->GetReflection()->MutableUnknownFields(message)->AddVarint(4'000, 1);
  };
  add("a field that the schema does not know", "does not know", 5,
      [&](BundleWorld* world, Bundle*) { unknown(&world->events[5]); });
  add("an unknown field in an act", "does not know", 5, [&](BundleWorld* world, Bundle*) {
    unknown(world->events[5].mutable_act()->mutable_payment_ordered()->mutable_basis());
  });
  add("an unknown field in the seal", "does not know", 8,
      [&](BundleWorld* world, Bundle*) { unknown(&world->events[8]); });
  add("an unknown act", "its tags", 5, [&](BundleWorld* world, Bundle*) {
    world->events[5].mutable_act()->clear_act();
    unknown(world->events[5].mutable_act());
  });
  add("an instant that is none", "no instant", 5, [](BundleWorld* world, Bundle*) {
    world->events[5].mutable_recorded_at()->set_nanos(1'000'000'000);
  });
  add("a text that is not UTF-8", "event 1", 2, [](BundleWorld* world, Bundle*) {
    world->events[2].mutable_act()->mutable_convention_signed()->set_object("\xFF");
  });
  add("another act than a seal", "another act", 8, [](BundleWorld* world, Bundle*) {
    world->events[8].mutable_act()->mutable_opening_closed();
  });
  for (const std::string schema : {"garbage", ""}) {
    add("a schema that is none, sealed and accepted: " + schema, "schema", 8,
        [&](BundleWorld* world, Bundle* bundle) {
          world->events[8].mutable_act()->mutable_directory_sealed()->set_schema_digest(
              BytesOf(Sha256(schema)));
          bundle->schema = PackSchema(schema);
        });
    make->last().schema_digest = HexOf(Sha256(schema));
  }
}

// The schema in which what an avenant says was before, and what is after, have changed places.
std::string LyingSchema() {
  google::protobuf::FileDescriptorSet files;
  files.ParseFromString(SerializedSchema());
  google::protobuf::FieldDescriptorProto* before = nullptr;
  google::protobuf::FieldDescriptorProto* after = nullptr;
  for (auto& file : *files.mutable_file()) {
    for (auto& message : *file.mutable_message_type()) {
      if (message.name() != "AvenantSigned") continue;
      for (auto& field : *message.mutable_field()) {
        if (field.name() == "amount_before_cents") before = &field;
        if (field.name() == "amount_after_cents") after = &field;
      }
    }
  }
  REGISTRE_CHECK(before != nullptr && after != nullptr, "an avenant");
  const int number = before->number();
  before->set_number(after->number());
  after->set_number(number);
  return files.SerializeAsString();
}

// All of it holds but that the authority, which signs and seals what it likes, put a schema of its
// own in the bundle, and wrote the summary that this one makes of the events.
void AddLyingSchema(CaseMaker* make) {
  BundleWorld world;
  world.Add(
      "avenant_signed { convention_number: 'c1' structure_id: 's1' amount_before_cents: 100 "
      "amount_after_cents: 900 }");
  const std::string schema = LyingSchema();
  Bundle bundle = world.Parts(BundleWorld::kTag);
  const auto root = [&] { return Base64Of(*RootOfFirst(world.events.size(), world.Hashes())); };
  const std::string true_root = root();
  world.events[8].mutable_act()->mutable_directory_sealed()->set_schema_digest(
      BytesOf(Sha256(schema)));
  bundle.seal = world.events[8].SerializeAsString();
  bundle.schema = PackSchema(schema);
  ProveAgain(world, &bundle);
  bundle.summary = absl::StrReplaceAll(
      bundle.summary, {{true_root, root()},
                       {"amount_before_cents = 100 ", "amount_after_cents = 100 "},
                       {"amount_after_cents = 900 ", "amount_before_cents = 900 "}});
  const std::string bytes = Formatted(bundle);
  make->Add("a schema that lies", bytes, "SCHEMA_UNKNOWN", HexOf(Sha256(schema)));
  make->Add("a schema that lies, another one accepted", bytes, "SCHEMA_UNKNOWN", "--schema-digest");
  make->last().schema_digest = HexOf(Sha256("another"));
  make->Good("a schema that lies, accepted", bytes);
  make->last().schema_digest = HexOf(Sha256(schema));
}

// Checkpoints of another log, cosignatures, time stamps.
void AddTrust(BundleCases* all, CaseMaker* make) {
  const SigningKey witness = TestKey('W');
  const std::string witness_name = "witness.example.org/w1";
  const BundleWorld plain;
  const std::string note = plain.Note();
  const std::string text = note.substr(0, note.find("\n\n") + 1);
  all->key = FormatVerifierKey(plain.policy().logs[0].key);
  all->policy = "log " + all->key + "\nwitness w1 " +
                FormatVerifierKey(TestWitnessKey(witness_name, witness)) + "\nquorum w1\n";
  const auto add = [&](const std::string& name, const BundleWorld& world, const std::string& reason,
                       bool with_policy, bool with_ca) {
    make->Add(name, world.Build(BundleWorld::kTag), reason, "");
    make->last().with_policy = with_policy;
    make->last().with_ca = with_ca;
  };
  add("no cosignature", plain, "QUORUM_MISSING", true, false);
  BundleWorld cosigned;
  cosigned.cosignatures = {Cosign(text, witness_name, witness, kTestTime)};
  add("cosigned", cosigned, "", true, false);
  add("cosigned by one who is not known", cosigned, "", false, false);
  BundleWorld false_time = cosigned;
  false_time.cosignatures[0].signature[7] ^= 1;
  add("cosigned at another time", false_time, "SIGNATURE_INVALID", true, false);
  add("cosigned falsely by one who is not known", false_time, "", false, false);
  Bundle bundle = plain.Parts(BundleWorld::kTag);
  bundle.checkpoint = FormatNote({text, {SignNote(text, BundleWorld::kOrigin, TestKey('X'))}});
  make->Add("signed with another key", Formatted(bundle), "LOG_UNKNOWN", "");
  Replace("example.org/registre", "example.org/registry", &bundle.checkpoint);
  make->Add("signed for another log", Formatted(bundle), "LOG_UNKNOWN", "");

  const TestCa ca("Test CA");
  const TestCa other_ca("Other CA");
  all->tsa_ca = ca.pem();
  const TestTsa tsa(ca, {.carried = {ca.pem()}});
  const std::string stamped_text = *StampedText(note);
  BundleWorld stamped;
  stamped.stamps = {tsa.Stamp(stamped_text, kTestTime), TestTsa(ca).Stamp(stamped_text, kTestTime)};
  add("stamped", stamped, "", false, true);
  add("stamped, not looked into", stamped, "", false, false);
  add("no stamp", plain, "", false, true);
  const auto add_stamp = [&](const std::string& name, const std::string& stamp,
                             const std::string& reason) {
    BundleWorld world;
    world.stamps = {stamped.stamps[0], stamp};
    add(name, world, reason, false, true);
  };
  add_stamp("a stamp over another text", tsa.Stamp(note + "\n", kTestTime), "TIMESTAMP_INVALID");
  add_stamp("a stamp of another CA", TestTsa(other_ca).Stamp(stamped_text, kTestTime),
            "TIMESTAMP_UNTRUSTED");
  add_stamp("a stamp that is none", "stamp", "TIMESTAMP_INVALID");
  add_stamp("an empty stamp", "", "TIMESTAMP_INVALID");
  BundleWorld many;
  many.stamps.assign(17, stamped.stamps[0]);
  add("too many stamps", many, kInvalid, false, false);
}

}  // namespace

std::string WithNewDigest(const std::string& bundle) {
  const std::string before = bundle.substr(0, bundle.size() - kLastLineBytes);
  return before + "sha256 " + HexOf(Sha256(before)) + "\n";
}

BundleCases MakeBundleCases() {
  BundleCases all;
  CaseMaker make;
  AddGood(&make);
  AddFile(&make);
  AddParts(&make);
  AddEntries(&make);
  AddSources(&make);
  AddWorlds(&make);
  AddUnreadable(&make);
  AddLyingSchema(&make);
  AddTrust(&all, &make);
  all.cases = make.Take();
  return all;
}

}  // namespace registre::testing
