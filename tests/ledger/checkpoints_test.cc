#include "ledger/checkpoints.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/time_stamp.h"
#include "ledger/proof/trust_policy.h"
#include "projections/state_reader.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_tsa.h"

namespace registre::testing::checkpoints_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

// Every write beyond what a file holds fails, as on a full disk.
class FullDisk {
 public:
  FullDisk() {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_ = {};
};

class CheckpointsTest : public ::testing::Test {
 protected:
  void SetUp() override { MustOpen(); }
  void TearDown() override { Close(); }

  void OpenLedger(const std::string& name) {
    auto ledger = Ledger::Open({.directory = folder_.Path(name),
                                .projection = RegistreProjection(),
                                .clock = &clock_,
                                .random = &random_,
                                .on_progress = nullptr});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }
  absl::Status Open() {
    OpenLedger("data");
    auto checkpoints = Checkpoints::Open(ledger_.get(), &clock_);
    if (checkpoints.ok()) checkpoints_ = *std::move(checkpoints);
    return checkpoints.status();
  }
  void MustOpen() {
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }
  void Close() {
    checkpoints_.reset();
    ledger_.reset();
  }

  absl::Status TryRecord(const std::string& id, const v1::Act& act) {
    auto command = MakeCommand(SubjectOf(act), UnitOf(id, {act}), AnyRole);
    if (!command.ok()) return command.status();
    PendingOutcome pending;
    ledger_->recorder().Submit(*std::move(command),
                               [&pending](Outcome outcome) { pending.Set(std::move(outcome)); });
    return pending.Get().status();
  }
  void Record(const std::string& id) {
    const absl::Status recorded =
        TryRecord(id, ledger_->log().size() == 0 ? OpenTestLedger() : RegisterStructure(id));
    ASSERT_TRUE(recorded.ok()) << recorded;
  }
  v1::StoredCheckpoint Sign(bool sealed = false) {
    auto signed_now = checkpoints_->Sign(sealed);
    EXPECT_TRUE(signed_now.ok()) << signed_now.status();
    return signed_now.ok() ? *std::move(signed_now) : v1::StoredCheckpoint();
  }
  std::vector<uint64_t> Kept() {
    std::vector<uint64_t> sizes;
    EXPECT_TRUE(checkpoints_
                    ->ForEach(kAll,
                              [&](const v1::StoredCheckpoint& stored) {
                                sizes.push_back(stored.size());
                                return true;
                              })
                    .ok());
    return sizes;
  }
  // Everything an auditor can say of it with the keys that the ring shows.
  void ExpectVerified(const v1::StoredCheckpoint& stored) {
    const auto trusted =
        VerifyCheckpoint(stored.note(), TrustPolicy::OfKeys(checkpoints_->keyring().verifiers()));
    ASSERT_TRUE(trusted.ok()) << trusted.status();
    EXPECT_EQ(trusted->checkpoint.size, stored.size());
    const auto root = RootOfFirst(stored.size(), ledger_->tiles().HashesAt(stored.size()));
    EXPECT_EQ(trusted->checkpoint.root, *root);
  }

  TempFolder folder_;
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Checkpoints> checkpoints_;
};

TEST_F(CheckpointsTest, NothingIsSignedBeforeTheLedgerIsOpened) {
  const absl::Status refused = checkpoints_->Sign().status();
  EXPECT_EQ(ReasonOf(refused), "LEDGER_NOT_OPENED");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(checkpoints_->origin().status()), "LEDGER_NOT_OPENED");
  EXPECT_FALSE(checkpoints_->latest().has_value());
  EXPECT_TRUE(checkpoints_->status().ok()) << "it is no failure";
  EXPECT_TRUE(Kept().empty());
  EXPECT_TRUE(checkpoints_->keyring().verifiers().empty());
}

TEST_F(CheckpointsTest, ACheckpointIsTheHeadSigned) {
  Record("a");
  Record("b");
  const v1::StoredCheckpoint checkpoint = Sign();
  EXPECT_EQ(checkpoint.size(), 2u);
  EXPECT_EQ(FromTimestamp(checkpoint.signed_at()), clock_.Now());
  EXPECT_TRUE(checkpoint.note().starts_with("registre.example/essai\n2\n"));
  const auto note = ParseNote(checkpoint.note());
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(std::count(note->text.begin(), note->text.end(), '\n'), 3) << "no extension lines";
  EXPECT_EQ(note->signatures.size(), 1u);
  ExpectVerified(checkpoint);
  EXPECT_EQ(checkpoints_->latest()->SerializeAsString(), checkpoint.SerializeAsString());
  EXPECT_EQ(*checkpoints_->origin(), "registre.example/essai");
}

TEST_F(CheckpointsTest, NothingIsSignedWhenNothingMoved) {
  Record("a");
  const v1::StoredCheckpoint first = Sign();
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Sign().SerializeAsString(), first.SerializeAsString());
}

TEST_F(CheckpointsTest, TheHeadIsSignedByItself) {
  absl::Notification woken;
  checkpoints_->waiters().Wait(checkpoints_->waiters().changes(), [&woken] { woken.Notify(); });
  Record("a");
  woken.WaitForNotification();
  EXPECT_EQ(checkpoints_->latest()->size(), 1u);
  ExpectVerified(*checkpoints_->latest());
}

TEST_F(CheckpointsTest, OnlyTheLatestIsKept) {
  for (const char* id : {"a", "b", "c"}) {
    Record(id);
    Sign();
  }
  EXPECT_THAT(Kept(), ElementsAre(3));
  const absl::Status unknown = checkpoints_->Get(2).status();
  EXPECT_EQ(ReasonOf(unknown), "CHECKPOINT_UNKNOWN");
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(checkpoints_->Get(kAll).status()), "CHECKPOINT_UNKNOWN");
  EXPECT_EQ(checkpoints_->Get(3)->size(), 3u);
}

TEST_F(CheckpointsTest, SealedCosignedAndRotatedOnesAreKept) {
  Record("a");
  EXPECT_FALSE(Sign().sealed());
  EXPECT_TRUE(Sign(true).sealed()) << "the latest becomes the sealed one";
  EXPECT_TRUE(Sign().sealed());
  Record("b");
  const v1::StoredCheckpoint second = Sign();
  const auto witness = SigningKey::FromSeed(std::string(32, 'w'));
  const NoteSignature line = Cosign(ParseNote(second.note())->text, "witness.example/w", *witness,
                                    absl::FromUnixSeconds(1'700'000'000));
  ASSERT_TRUE(checkpoints_->AddCosignatures(second, {line}).ok());
  ASSERT_TRUE(checkpoints_->AddCosignatures(second, {line}).ok()) << "again: nothing changes";
  EXPECT_EQ(ParseNote(checkpoints_->latest()->note())->signatures.size(), 2u);
  EXPECT_EQ(checkpoints_->Get(2)->note(), checkpoints_->latest()->note());
  ExpectVerified(*checkpoints_->latest());

  Record("c");
  const v1::StoredCheckpoint third = Sign();
  ASSERT_TRUE(checkpoints_->keyring().Rotate(*checkpoints_->origin()).ok());
  Record("d");
  const v1::StoredCheckpoint rotated = Sign();
  EXPECT_TRUE(rotated.rotated());
  EXPECT_EQ(ParseNote(rotated.note())->signatures.size(), 2u);
  for (const VerifierKey& key : checkpoints_->keyring().verifiers()) {
    EXPECT_EQ(*IsSignedBy(*ParseNote(rotated.note()), key), true);
  }
  Record("e");
  const v1::StoredCheckpoint after = Sign();
  EXPECT_FALSE(after.rotated());
  EXPECT_EQ(ParseNote(after.note())->signatures.size(), 1u);
  ExpectVerified(after);
  EXPECT_THAT(Kept(), ElementsAre(5, 4, 2, 1));
  const NoteSignature late = Cosign(ParseNote(third.note())->text, "witness.example/w", *witness,
                                    absl::FromUnixSeconds(1'700'000'000));
  EXPECT_TRUE(checkpoints_->AddCosignatures(third, {late}).ok()) << "it was replaced meanwhile";
  EXPECT_THAT(Kept(), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_EQ(ParseNote(checkpoints_->Get(3)->note())->signatures.size(), 2u);
  EXPECT_EQ(checkpoints_->latest()->size(), 5u);
}

TEST_F(CheckpointsTest, NoMoreCosignaturesThanANoteMayHold) {
  Record("a");
  const v1::StoredCheckpoint first = Sign();
  const std::string text = ParseNote(first.note())->text;
  const auto witness = SigningKey::FromSeed(std::string(32, 'w'));
  std::vector<NoteSignature> lines;
  for (size_t i = 0; i < kMaxNoteSignatures; ++i) {
    lines.push_back(Cosign(text, fmt::format("w{}", i), *witness, clock_.Now()));
  }
  EXPECT_EQ(ReasonOf(checkpoints_->AddCosignatures(first, lines)), "TOO_MANY_SIGNATURES");
  lines.pop_back();
  EXPECT_TRUE(checkpoints_->AddCosignatures(first, lines).ok());
}

TEST_F(CheckpointsTest, TimeStampsOverTheNoteAreKept) {
  Record("a");
  const v1::StoredCheckpoint checkpoint = Sign();
  const TestCa ca("Test CA");
  const TestTsa authority(ca);
  const std::string text = StampedText(checkpoint.note()).value();
  const std::string token = authority.Stamp(text, clock_.Now());
  const auto stamped = checkpoints_->AddTimestamp(checkpoint.note(), token);
  ASSERT_TRUE(stamped.ok()) << stamped.status();
  EXPECT_THAT(stamped->timestamps(), ElementsAre(token));
  EXPECT_EQ(checkpoints_->latest()->timestamps_size(), 1);
  EXPECT_EQ(checkpoints_->AddTimestamp(checkpoint.note(), token)->timestamps_size(), 1) << "once";

  // Over another text, over none, and a cosignature takes nothing from a token.
  const absl::Status other =
      checkpoints_->AddTimestamp(checkpoint.note(), authority.Stamp(text + " ", clock_.Now()))
          .status();
  EXPECT_EQ(ReasonOf(other), "TIMESTAMP_INVALID");
  EXPECT_EQ(other.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(checkpoints_->AddTimestamp(checkpoint.note(), "token").status()),
            "TIMESTAMP_INVALID");
  const auto witness = SigningKey::FromSeed(std::string(32, 'w'));
  ASSERT_TRUE(checkpoints_
                  ->AddCosignatures(checkpoint, {Cosign(ParseNote(checkpoint.note())->text, "w",
                                                        *witness, clock_.Now())})
                  .ok());
  for (size_t i = 1; i < kMaxTimeStamps; ++i) {
    const auto more = absl::Seconds(static_cast<int64_t>(i));
    ASSERT_TRUE(
        checkpoints_->AddTimestamp(checkpoint.note(), authority.Stamp(text, clock_.Now() + more))
            .ok());
  }
  const absl::Status full =
      checkpoints_
          ->AddTimestamp(checkpoint.note(), authority.Stamp(text, clock_.Now() + absl::Hours(1)))
          .status();
  EXPECT_EQ(ReasonOf(full), "TOO_MANY_TIMESTAMPS");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  Record("b");
  Sign();
  EXPECT_THAT(Kept(), ElementsAre(2, 1)) << "a stamped one is kept";
}

// As while an authority answers, on a ledger in use.
TEST_F(CheckpointsTest, AStampedOneIsKeptAlsoWhenItWasReplaced) {
  Record("a");
  const v1::StoredCheckpoint checkpoint = Sign();
  const TestCa ca("Test CA");
  const TestTsa authority(ca);
  const std::string token = authority.Stamp(*StampedText(checkpoint.note()), clock_.Now());
  Record("b");
  Sign();
  ASSERT_THAT(Kept(), ElementsAre(2));
  // Lines that nothing here verified are not taken.
  const auto witness = SigningKey::FromSeed(std::string(32, 'w'));
  Note cosigned = *ParseNote(checkpoint.note());
  cosigned.signatures.push_back(Cosign(cosigned.text, "w", *witness, clock_.Now()));
  cosigned.signatures.push_back(
      SignNote(cosigned.text, ParseCheckpoint(cosigned.text)->origin, *witness));
  const auto stamped = checkpoints_->AddTimestamp(FormatNote(cosigned), token);
  ASSERT_TRUE(stamped.ok()) << stamped.status();
  EXPECT_EQ(stamped->note(), checkpoint.note());
  EXPECT_EQ(stamped->size(), 1u);
  EXPECT_THAT(Kept(), ElementsAre(2, 1));
  EXPECT_THAT(checkpoints_->Get(1)->timestamps(), ElementsAre(token));
  EXPECT_EQ(checkpoints_->latest()->size(), 2u);
  EXPECT_EQ(checkpoints_->AddTimestamp(checkpoint.note(), token)->timestamps_size(), 1) << "once";
}

TEST_F(CheckpointsTest, OnlyNotesOfThisLogAreStamped) {
  Record("a");
  const v1::StoredCheckpoint checkpoint = Sign();
  const TestCa ca("Test CA");
  const TestTsa authority(ca);
  const auto stamp = [&](const Note& note) {
    const std::string text = FormatNote(note);
    return checkpoints_->AddTimestamp(text, authority.Stamp(*StampedText(text), clock_.Now()))
        .status();
  };
  const Note good = *ParseNote(checkpoint.note());
  const Checkpoint parsed = *ParseCheckpoint(good.text);
  const auto other_key = SigningKey::FromSeed(std::string(32, 'o'));
  EXPECT_EQ(ReasonOf(stamp({good.text, {SignNote(good.text, parsed.origin, *other_key)}})),
            "LOG_UNKNOWN");
  Note spoilt = good;
  spoilt.text = FormatCheckpoint({parsed.origin, 2, parsed.root});
  EXPECT_EQ(ReasonOf(stamp(spoilt)), "SIGNATURE_INVALID");
  EXPECT_EQ(ReasonOf(checkpoints_->AddTimestamp("no note", "token").status()), "NOTE_INVALID");
  // Signed with the log's own key, of another log.
  const auto keys = checkpoints_->keyring().ToSignFor(parsed.origin);
  ASSERT_TRUE(keys.ok()) << keys.status();
  for (const Checkpoint& forked : {Checkpoint{parsed.origin, 1, Sha256("other")},
                                   Checkpoint{parsed.origin, 9, Sha256("longer")}}) {
    const std::string text = FormatCheckpoint(forked);
    EXPECT_EQ(ReasonOf(stamp({text, {SignNote(text, parsed.origin, keys->front())}})),
              "LOG_DIFFERENT");
  }
  EXPECT_EQ(checkpoints_->Get(1)->timestamps_size(), 0);
}

TEST_F(CheckpointsTest, TheNewestCosignedOneIsShownUnderAQuorum) {
  const auto cosign = [&](const v1::StoredCheckpoint& checkpoint, const std::string& witness) {
    const auto key = SigningKey::FromSeed(std::string(32, witness.back()));
    ASSERT_TRUE(checkpoints_
                    ->AddCosignatures(checkpoint, {Cosign(ParseNote(checkpoint.note())->text,
                                                          witness, *key, clock_.Now())})
                    .ok());
  };
  EXPECT_EQ(ReasonOf(checkpoints_->latest_cosigned().status()), "CHECKPOINT_UNKNOWN");
  EXPECT_FALSE(checkpoints_->shown().has_value());
  Record("a");
  const v1::StoredCheckpoint first = Sign();
  EXPECT_EQ(ReasonOf(checkpoints_->latest_cosigned().status()), "CHECKPOINT_UNKNOWN");
  cosign(first, "w1");
  Record("b");
  const v1::StoredCheckpoint second = Sign();
  // Without a policy, by anyone; and the latest is shown.
  EXPECT_EQ(checkpoints_->latest_cosigned()->size(), 1u);
  EXPECT_EQ(checkpoints_->shown()->size(), 2u);

  TrustPolicy policy;
  ASSERT_TRUE(checkpoints_->SetWitnesses(TrustPolicy::OfKeys({})).ok());
  EXPECT_EQ(checkpoints_->shown()->size(), 2u) << "it asks nobody";
  for (const std::string name : {"w1", "w2"}) {
    const auto key = SigningKey::FromSeed(std::string(32, name.back()));
    policy.witnesses.push_back({name, {name, KeyUse::kWitness, key->public_key()}, ""});
  }
  policy.groups.push_back({"both", 2, {"w1", "w2"}});
  policy.quorum = "both";
  ASSERT_TRUE(checkpoints_->SetWitnesses(policy).ok());
  EXPECT_EQ(ReasonOf(checkpoints_->latest_cosigned().status()), "CHECKPOINT_UNKNOWN")
      << "one is no quorum";
  EXPECT_EQ(checkpoints_->shown()->size(), 2u);
  cosign(second, "w2");
  EXPECT_EQ(ReasonOf(checkpoints_->latest_cosigned().status()), "CHECKPOINT_UNKNOWN");
  cosign(second, "w1");
  Record("c");
  Sign();
  EXPECT_EQ(checkpoints_->latest_cosigned()->size(), 2u);
  EXPECT_EQ(checkpoints_->shown()->size(), 2u);
  cosign(first, "w2");
  EXPECT_EQ(checkpoints_->shown()->size(), 2u) << "an older one takes nothing away";

  // It is found again.
  Close();
  MustOpen();
  EXPECT_EQ(checkpoints_->latest_cosigned()->size(), 2u);
  ASSERT_TRUE(checkpoints_->SetWitnesses(policy).ok());
  EXPECT_EQ(checkpoints_->shown()->size(), 2u);
}

TEST_F(CheckpointsTest, WakesForAnotherLatestAndForWhatIsAddedToIt) {
  WaitList& waiters = checkpoints_->waiters();
  int woken = 0;
  const auto wait = [&] { waiters.Wait(waiters.changes(), [&woken] { ++woken; }); };
  Record("a");
  Sign();
  wait();
  Sign();
  EXPECT_EQ(woken, 0) << "it is the latest already";
  Sign(true);
  EXPECT_EQ(woken, 1) << "it is sealed now";
  wait();
  Record("b");
  Sign();
  EXPECT_EQ(woken, 2) << "another one";
}

TEST_F(CheckpointsTest, ComesBackAsItWas) {
  Record("a");
  const v1::StoredCheckpoint before = Sign();
  Close();
  MustOpen();
  ASSERT_TRUE(checkpoints_->latest().has_value());
  EXPECT_EQ(checkpoints_->latest()->SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(Sign().SerializeAsString(), before.SerializeAsString());
}

TEST_F(CheckpointsTest, ACleanStopSignsTheHead) {
  Record("a");
  Sign();
  Record("b");
  Close();
  OpenLedger("data");
  std::vector<uint64_t> stored;
  const absl::Status read =
      ledger_->log().ReadCheckpoints(kAll, [&stored](uint64_t size, std::string_view) {
        stored.push_back(size);
        return true;
      });
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_THAT(stored, ElementsAre(2));
}

// A log written anew, with hashes that fit, under the checkpoint that was signed before: also one
// that has grown since.
TEST_F(CheckpointsTest, ARewrittenLogDoesNotStart) {
  Record("a");
  Record("b");
  const v1::StoredCheckpoint before = Sign();
  Close();
  for (const int events : {1, 2, 5}) {
    const std::string other = fmt::format("other-{}", events);
    OpenLedger(other);
    for (int i = 0; i < events; ++i) Record(fmt::format("forged-{}", i));
    ASSERT_TRUE(ledger_->WriteCheckpoints({{before.size(), before.SerializeAsString()}}).ok());
    Close();
    fs::remove_all(folder_.Path("data/log"));
    fs::remove_all(folder_.Path("data/index"));
    fs::rename(folder_.Path(other + "/log"), folder_.Path("data/log"));
    fs::copy_file(folder_.Path(other + "/HEAD"), folder_.Path("data/HEAD"),
                  fs::copy_options::overwrite_existing);
    const absl::Status refused = Open();
    EXPECT_EQ(ReasonOf(refused), "LOG_DIFFERENT") << refused;
    EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(refused.message()), HasSubstr("the checkpoint of 2 events"));
    EXPECT_EQ(checkpoints_, nullptr);
    Close();
  }
}

TEST_F(CheckpointsTest, ADamagedOrForeignCheckpointDoesNotStart) {
  Record("a");
  const v1::StoredCheckpoint good = Sign();
  std::vector<std::string> bad = {"", "\xff\xff", good.SerializeAsString().substr(0, 20)};
  v1::StoredCheckpoint other = good;
  other.set_size(7);
  bad.push_back(other.SerializeAsString());
  // Each byte of the note.
  for (size_t at = 0; at < good.note().size(); at += 7) {
    other = good;
    (*other.mutable_note())[at] = static_cast<char>(good.note()[at] ^ 1);
    bad.push_back(other.SerializeAsString());
  }
  // Signed well, by a key of someone else.
  const std::string text = ParseNote(good.note())->text;
  const Note forged{.text = text,
                    .signatures = {SignNote(text, "registre.example/essai",
                                            *SigningKey::FromSeed(std::string(32, 'f')))}};
  other = good;
  other.set_note(FormatNote(forged));
  bad.push_back(other.SerializeAsString());
  for (const std::string& bytes : bad) {
    if (bytes.empty()) continue;  // it would be gone
    ASSERT_TRUE(ledger_->WriteCheckpoints({{1, bytes}}).ok());
    const auto opened = Checkpoints::Open(ledger_.get(), &clock_);
    EXPECT_EQ(ReasonOf(opened.status()), "CHECKPOINT_DAMAGED") << opened.status();
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(ReasonOf(checkpoints_->Get(1).status()), "") << "parsed, for who verifies it";
  ASSERT_TRUE(ledger_->WriteCheckpoints({{1, "\xff"}}).ok());
  EXPECT_EQ(ReasonOf(checkpoints_->Get(1).status()), "CHECKPOINT_DAMAGED");
  ASSERT_TRUE(ledger_->WriteCheckpoints({{1, good.SerializeAsString()}}).ok());
  EXPECT_TRUE(Checkpoints::Open(ledger_.get(), &clock_).ok());
}

TEST_F(CheckpointsTest, WithoutTheirKeysTheyDoNotStart) {
  Record("a");
  Sign();
  Close();
  fs::remove_all(folder_.Path("data/keys"));
  EXPECT_EQ(ReasonOf(Open()), "CHECKPOINT_DAMAGED");
}

TEST_F(CheckpointsTest, ARestoredLedgerSignsUnderAnotherOrigin) {
  Record("a");
  Record("b");
  const v1::StoredCheckpoint before = Sign(true);
  const LogHead head = ledger_->recorder().status().head;
  v1::Act act;
  v1::LedgerRestored* restored = act.mutable_ledger_restored();
  restored->set_previous_origin("registre.example/essai");
  restored->set_origin("registre.example/essai/restored-2");
  restored->set_log_size(head.size);
  restored->set_log_root(BytesOf(head.root));
  restored->set_reason("disque perdu (essai)");
  const absl::Status recorded = TryRecord("restore", act);
  ASSERT_TRUE(recorded.ok()) << recorded;
  const v1::StoredCheckpoint after = Sign();
  EXPECT_TRUE(after.note().starts_with("registre.example/essai/restored-2\n3\n"));
  ExpectVerified(before);
  ExpectVerified(after);
  EXPECT_EQ(checkpoints_->keyring().verifiers().size(), 2u);
  Record("c");
  Sign();
  EXPECT_THAT(Kept(), ElementsAre(4, 2)) << "its own signature is no cosignature";
  Close();
  MustOpen();
}

// What cannot be stored is not published.
TEST_F(CheckpointsTest, AFullDiskPublishesNothing) {
  Record("a");
  Sign();
  bool failed = false;
  for (int i = 0; i < 100 && !failed; ++i) {
    Record(fmt::format("r{}", i));
    const FullDisk full;
    const auto before = checkpoints_->latest();
    // Signed already, by the thread of the checkpoints: once more.
    if (before && before->size() == ledger_->log().size()) continue;
    const uint64_t seen = checkpoints_->waiters().changes();
    // Or just being signed by it, since before the disk was full.
    if (checkpoints_->Sign().ok()) continue;
    EXPECT_FALSE(checkpoints_->status().ok());
    const auto after = checkpoints_->latest();
    EXPECT_EQ(after ? after->size() : 0, before ? before->size() : 0);
    EXPECT_EQ(checkpoints_->waiters().changes(), seen) << "nobody is woken";
    failed = true;
  }
  EXPECT_TRUE(failed);
  Close();
  MustOpen();
  ExpectVerified(Sign());
  EXPECT_TRUE(checkpoints_->status().ok());
}

TEST_F(CheckpointsTest, AFullDiskAddsNothing) {
  Record("a");
  Sign();
  {
    const FullDisk full;
    EXPECT_FALSE(checkpoints_->Sign(true).ok());
    EXPECT_FALSE(checkpoints_->latest()->sealed());
  }
}

}  // namespace
}  // namespace registre::testing::checkpoints_test
