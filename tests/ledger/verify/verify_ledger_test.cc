// Every check of verify ledger, each by a change that nothing else finds: to a log written anew, so
// that every checksum of its files is right, and with its hashes and HEAD computed again.
#include "ledger/verify/verify_ledger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "ledger/base/check.h"
#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/checkpoints.h"
#include "ledger/keyring.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/time_stamp.h"
#include "ledger/proof/trust_policy.h"
#include "ledger/restore.h"
#include "ledger/store/data_folder.h"
#include "ledger/store/index.h"
#include "ledger/store/index_codec.h"
#include "projections/state_reader.h"
#include "registre/v1/checkpoint.pb.h"
#include "registre/v1/consumer.pb.h"
#include "tests/support/stopped_ledger.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_seed.h"
#include "tests/support/test_tsa.h"

namespace registre::testing::verify_ledger_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kOrders = 12;

std::string Everything(const LedgerVerification& verification) {
  std::string text;
  for (const LedgerFinding& finding : verification.findings) {
    text += finding.position ? fmt::format("#{}", *finding.position) : finding.subject;
    text += ": " + finding.what + "\n";
  }
  return text;
}

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void WriteAll(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// Names, bytes and times of every file.
std::map<std::string, std::string> FilesOf(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    files[entry.path()] =
        fmt::format("{} {}", fs::last_write_time(entry.path()).time_since_epoch().count(),
                    entry.is_regular_file() ? HexOf(Sha256(ReadAll(entry.path()))) : std::string());
  }
  return files;
}

class VerifyLedgerTest : public ::testing::Test {
 protected:
  // One is made for all, and copied.
  static void SetUpTestSuite() {
    made_ = new TempFolder();
    MakeStoppedLedger(made_->Path("data"), 7, kOrders);
  }
  static void TearDownTestSuite() {
    delete made_;
    made_ = nullptr;
  }
  void SetUp() override {
    fs::copy(made_->Path("data"), data_, fs::copy_options::recursive);
    content_ = ReadLogContent(data_);
  }

  LedgerVerification Verify(bool fold = true) { return Verify(VerifyOptions(data_, fold)); }
  LedgerVerification Verify(const VerifyLedgerOptions& options) {
    auto verification = VerifyLedger(options);
    EXPECT_TRUE(verification.ok()) << verification.status();
    return verification.ok() ? *std::move(verification) : LedgerVerification();
  }
  void ExpectFound(const std::string& what, bool fold = false) {
    EXPECT_THAT(Everything(Verify(fold)), HasSubstr(what));
  }

  // Puts the content in place of the log, hashes and HEAD as they must be for it; no checkpoints,
  // which would find any change.
  void Rewrite() {
    content_.checkpoints.clear();
    content_.HashAgain();
    ReplaceLog(data_, content_);
    WriteHeadAgain(data_);
  }
  // The position of the first event of that act, or of any that fits.
  uint64_t PositionOf(const std::function<bool(const v1::Event&)>& fits) const {
    uint64_t position = 0;
    while (!fits(content_.EventAt(position))) {
      REGISTRE_CHECK(++position < content_.events.size(), "there is such an event");
    }
    return position;
  }
  uint64_t SealAt() const {
    return PositionOf([](const v1::Event& event) { return event.act().has_directory_sealed(); });
  }
  // The first event of a unit of several, not the first unit.
  uint64_t UnitAt() const {
    return PositionOf([](const v1::Event& event) {
      return event.position() > 0 && event.unit_size() > 1 && event.unit_index() == 0;
    });
  }
  // An event that is alone in its unit, and which its tags have others after.
  uint64_t AloneAt() const {
    return PositionOf(
        [](const v1::Event& event) { return event.unit_size() == 1 && event.tags_size() > 0; });
  }

  // The change to the event is the first that is found, and says what.
  void ExpectFoundAt(uint64_t position, const std::function<void(v1::Event*)>& edit,
                     const std::string& what) {
    const LogContent before = content_;
    content_.Edit(position, edit);
    Rewrite();
    const LedgerVerification found = Verify(false);
    content_ = before;
    ASSERT_TRUE(found.first_event.has_value()) << what;
    EXPECT_EQ(found.first_event->position, position) << Everything(found);
    EXPECT_THAT(Everything(found), HasSubstr(what));
  }

  v1::StoredCheckpoint Stored(size_t i) const {
    v1::StoredCheckpoint stored;
    EXPECT_TRUE(stored.ParseFromString(content_.checkpoints[i].checkpoint));
    return stored;
  }
  void ExpectCheckpointFound(size_t i, const v1::StoredCheckpoint& stored,
                             const std::string& what) {
    const LogContent before = content_;
    content_.checkpoints[i].checkpoint = stored.SerializeAsString();
    ReplaceLog(data_, content_);
    WriteHeadAgain(data_);
    ExpectFound(what);
    content_ = before;
  }
  void ExpectConsumerFound(const std::function<void(v1::ConsumerState*)>& edit,
                           const std::string& what) {
    const LogContent before = content_;
    v1::ConsumerState state;
    ASSERT_TRUE(state.ParseFromString(content_.consumers[0].state));
    edit(&state);
    content_.consumers[0].state = state.SerializeAsString();
    ReplaceLog(data_, content_);
    ExpectFound("HEAD: what is stored of consumers and checkpoints");
    WriteHeadAgain(data_);
    ExpectFound(what);
    content_ = before;
  }

  static TempFolder* made_;
  TempFolder folder_;
  const std::string data_ = folder_.Path("data");
  LogContent content_;
};

TempFolder* VerifyLedgerTest::made_ = nullptr;

TEST_F(VerifyLedgerTest, AnIntactLedgerIsIntact) {
  const LedgerVerification verification = Verify();
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_EQ(verification.events, content_.events.size());
  EXPECT_EQ(verification.checkpoints, 2u);
  EXPECT_EQ(verification.consumers, 2u);
  EXPECT_EQ(verification.seals, 1u);
  EXPECT_GT(verification.rows.value_or(0), 10u);
  EXPECT_FALSE(verification.origin.empty());
  EXPECT_FALSE(verification.first_event.has_value());
  Rewrite();
  EXPECT_TRUE(Verify(false).intact()) << "what the tests below start from";
}

// The log is read in chunks of 8,192 events.
TEST_F(VerifyLedgerTest, OneLongerThanAChunkIsVerifiedToItsEnd) {
  fs::remove_all(data_);
  MakeStoppedLedger(data_, 7, 4'400);
  content_ = ReadLogContent(data_);
  const LedgerVerification verification = Verify();
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_EQ(verification.events, content_.events.size());
  EXPECT_EQ(verification.checkpoints, 2u) << "both behind the first chunk";
  const uint64_t seal = SealAt();
  ASSERT_GT(seal, 8'192u);
  ExpectFoundAt(
      seal,
      [&](v1::Event* event) {
        v1::FiscalYearClosed* act = event->mutable_act()->mutable_fiscal_year_closed();
        act->set_log_size(seal);
        act->set_log_root(std::string(32, 'x'));
      },
      "the log before it has not the root that it says");
  // A checkpoint says another root than the log has at its size, in the second chunk.
  content_.Edit(8'200, [](v1::Event* event) { event->set_salt(std::string(16, 's')); });
  content_.HashAgain();
  ReplaceLog(data_, content_);
  WriteHeadAgain(data_);
  ExpectFound(fmt::format("the first {} events have the root", Stored(0).size()));
}

TEST_F(VerifyLedgerTest, StopsAtTheFirstFindingWhereAsked) {
  content_.Edit(AloneAt(), [](v1::Event* event) { event->set_salt("s"); });
  content_.Edit(SealAt(), [](v1::Event* event) { event->set_salt("s"); });
  Rewrite();
  VerifyLedgerOptions options = VerifyOptions(data_, false);
  EXPECT_EQ(Verify(options).findings.size(), 2u);
  options.stop_at_first = true;
  const LedgerVerification stopped = Verify(options);
  ASSERT_EQ(stopped.findings.size(), 1u);
  EXPECT_EQ(stopped.findings[0].position, AloneAt());
}

TEST_F(VerifyLedgerTest, NothingInTheFolderChanges) {
  fs::remove_all(data_);
  fs::copy(made_->Path("data"), data_, fs::copy_options::recursive);
  const auto before = FilesOf(data_);
  EXPECT_TRUE(Verify().intact());
  EXPECT_EQ(FilesOf(data_), before);
}

TEST_F(VerifyLedgerTest, AFolderInUseIsRefused) {
  const auto folder = DataFolder::Open(data_);
  ASSERT_TRUE(folder.ok());
  const absl::Status refused = VerifyLedger(VerifyOptions(data_)).status();
  EXPECT_EQ(ReasonOf(refused), "DATA_FOLDER_IN_USE");
  EXPECT_EQ(ReasonOf(VerifyLedger(VerifyOptions(folder_.path())).status()), "NOT_A_DATA_FOLDER");
}

TEST_F(VerifyLedgerTest, AServerDoesNotStartMeanwhile) {
  VerifyLedgerOptions options = VerifyOptions(data_);
  int tried = 0;
  options.on_progress = [&](const FoldProgress&) {
    ++tried;
    EXPECT_EQ(ReasonOf(DataFolder::Open(data_).status()), "DATA_FOLDER_IN_USE");
    return true;
  };
  EXPECT_TRUE(Verify(options).intact());
  EXPECT_GT(tried, 0);
  options.on_progress = [](const FoldProgress&) { return false; };
  EXPECT_TRUE(absl::IsCancelled(VerifyLedger(options).status()));
}

TEST_F(VerifyLedgerTest, WhatTheEnvelopeSaysIsFound) {
  const uint64_t at = AloneAt();
  ExpectFoundAt(
      at, [](v1::Event* event) { event->set_position(1); }, "it says that it is #1");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->set_event_id("short"); }, "no UUID of version 7");
  ExpectFoundAt(
      at, [](v1::Event* event) { (*event->mutable_event_id())[6] ^= 0x10; }, "UUID of version 7");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->set_salt("s"); }, "its salt has 1 bytes");
  ExpectFoundAt(
      at, [](v1::Event* event) { (*event->mutable_fingerprint())[0] = 2; }, "its fingerprint");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->clear_actor(); }, "of nobody that they recorded it");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->clear_command_id(); }, "command id has 0 bytes");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->add_private_digests("d"); },
      "a digest of a private record");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->set_schema_version(2); }, "its schema version is 2");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->clear_act(); }, "it holds no act that this program knows");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->clear_recorded_at(); },
      "does not say when it was recorded");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->mutable_recorded_at()->set_seconds(1); },
      "before the event before it");
}

TEST_F(VerifyLedgerTest, BytesThatAreNoEventAreFound) {
  content_.events[3] = "\xff\xff";
  Rewrite();
  const LedgerVerification found = Verify();
  ASSERT_TRUE(found.first_event.has_value());
  EXPECT_EQ(found.first_event->position, 3u);
  EXPECT_THAT(found.first_event->what, HasSubstr("its bytes are no event"));
}

TEST_F(VerifyLedgerTest, UnitsAreFound) {
  const uint64_t at = UnitAt();
  ExpectFoundAt(
      at, [](v1::Event* event) { event->set_unit_size(0); }, "its unit has 0 acts");
  ExpectFoundAt(
      at + 1, [](v1::Event* event) { event->set_unit_index(0); }, "where act 1 should stand");
  for (const auto& edit : std::vector<std::function<void(v1::Event*)>>{
           [](v1::Event* event) { event->set_command_id("other"); },
           [](v1::Event* event) { (*event->mutable_fingerprint())[5] ^= 1; },
           [](v1::Event* event) { event->mutable_actor()->set_subject("other"); },
           [](v1::Event* event) { event->mutable_recorded_at()->set_nanos(999'999'999); },
           [](v1::Event* event) { event->set_unit_size(99); }}) {
    ExpectFoundAt(at + 1, edit, "it is not of the unit");
  }
  content_.events.pop_back();
  Rewrite();
  ExpectFound("log: it ends after act 1 of 2");
}

TEST_F(VerifyLedgerTest, IdsThatStandTwiceAreFound) {
  const uint64_t at = AloneAt();
  ExpectFoundAt(
      at, [&](v1::Event* event) { event->set_event_id(content_.EventAt(1).event_id()); },
      "it has the event id of #1");
  const v1::Event first = content_.EventAt(0);
  ExpectFoundAt(
      at,
      [&](v1::Event* event) {
        event->set_command_id(first.command_id());
        *event->mutable_actor() = first.actor();
      },
      "its subject used its command id before, at #0");
}

TEST_F(VerifyLedgerTest, TagsAndTheirChainsAreFound) {
  // An event with two tags, one of which has a history; which of them.
  int tag = 0;
  const uint64_t at = PositionOf([&tag](const v1::Event& event) {
    for (tag = 0; tag < event.tags_size(); ++tag) {
      if (event.tags_size() > 1 && event.tags(tag).sequence() > 2) return true;
    }
    return false;
  });
  const auto link = [&tag](v1::Event* event) { return event->mutable_tags(tag); };
  ExpectFoundAt(
      at, [&](v1::Event* event) { link(event)->set_tag("convention:other"); },
      "its tags are not those of its act");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->mutable_tags()->RemoveLast(); }, "its tags are not");
  ExpectFoundAt(
      at, [](v1::Event* event) { event->mutable_tags()->SwapElements(0, 1); }, "its tags are not");
  ExpectFoundAt(
      at, [&](v1::Event* event) { link(event)->set_sequence(2); }, "but before it");
  ExpectFoundAt(
      at, [&](v1::Event* event) { link(event)->set_previous_position(0); },
      "but before it the tag has");
  ExpectFoundAt(
      at, [&](v1::Event* event) { link(event)->clear_previous_position(); }, "and follows nothing");
  ExpectFoundAt(
      at, [&](v1::Event* event) { link(event)->set_previous_position(at); },
      fmt::format("and follows #{}", at));
}

TEST_F(VerifyLedgerTest, WhatActsSayOfTheLogIsFound) {
  ExpectFoundAt(
      0, [](v1::Event* event) { event->mutable_act()->mutable_opening_closed(); },
      "the first event is no ledger_opened");
  const uint64_t seal = SealAt();
  ExpectFoundAt(
      seal,
      [](v1::Event* event) {
        v1::DirectorySealed* sealed = event->mutable_act()->mutable_directory_sealed();
        sealed->set_count(sealed->count() + 1);
      },
      "tags that the log has through");
  ExpectFoundAt(
      seal,
      [](v1::Event* event) {
        (*event->mutable_act()->mutable_directory_sealed()->mutable_root())[9] ^= 1;
      },
      "have the root");
  ExpectFoundAt(
      seal,
      [](v1::Event* event) {
        v1::DirectorySealed* sealed = event->mutable_act()->mutable_directory_sealed();
        sealed->set_through_position(sealed->through_position() - 1);
      },
      "tags that the log has through");
  ExpectFoundAt(
      seal,
      [&](v1::Event* event) {
        event->mutable_act()->mutable_directory_sealed()->set_through_position(seal);
      },
      "does not stand before it");
  // In the place of the seal, which no tag knows of: what the act says is judged alone.
  const auto root_before = [this](uint64_t size) {
    MerkleTree tree;
    std::vector<Tile> tiles;
    for (uint64_t i = 0; i < size; ++i) tree.Append(LeafHash(content_.events[i]), &tiles);
    return BytesOf(tree.Root());
  };
  const auto restored = [&](v1::Event* event, uint64_t size, const std::string& root,
                            const std::string& origin) {
    v1::LedgerRestored* act = event->mutable_act()->mutable_ledger_restored();
    act->set_log_size(size);
    act->set_log_root(root);
    act->set_previous_origin(origin);
    act->set_origin(origin + "/restored");
  };
  const std::string origin = content_.EventAt(0).act().ledger_opened().origin();
  ExpectFoundAt(
      seal, [&](v1::Event* event) { restored(event, seal - 1, root_before(seal), origin); },
      "events stood before it");
  ExpectFoundAt(
      seal, [&](v1::Event* event) { restored(event, seal, root_before(seal - 1), origin); },
      "has not the root that it says");
  ExpectFoundAt(
      seal, [&](v1::Event* event) { restored(event, seal, root_before(seal), "other"); },
      "it goes on from the origin other");
  ExpectFoundAt(
      seal,
      [&](v1::Event* event) {
        v1::FiscalYearClosed* act = event->mutable_act()->mutable_fiscal_year_closed();
        act->set_log_size(seal);
        act->set_log_root(root_before(seal - 1));
      },
      "has not the root that it says");
  content_.Edit(seal, [&](v1::Event* event) { restored(event, seal, root_before(seal), origin); });
  Rewrite();
  EXPECT_TRUE(Verify(false).intact()) << Everything(Verify(false));
}

TEST_F(VerifyLedgerTest, EventsTakenAwayRepeatedOrMovedAreFound) {
  const LogContent before = content_;
  const uint64_t seal = SealAt();
  const auto renumber = [this] {
    for (uint64_t i = 0; i < content_.events.size(); ++i) {
      content_.Edit(i, [i](v1::Event* event) { event->set_position(i); });
    }
  };
  for (uint64_t at = 0; at + 1 < before.events.size(); ++at) {
    SCOPED_TRACE(at);
    content_ = before;
    content_.events.erase(content_.events.begin() + static_cast<int64_t>(at));
    renumber();
    Rewrite();
    // A whole unit that no tag links is missed by nothing in the log: by a checkpoint alone.
    EXPECT_EQ(Verify(false).intact(), at == seal) << "taken away";
    content_ = before;
    content_.events.insert(content_.events.begin() + static_cast<int64_t>(at), before.events[at]);
    renumber();
    Rewrite();
    EXPECT_FALSE(Verify(false).intact()) << "repeated";
    content_ = before;
    std::swap(content_.events[at], content_.events[at + 1]);
    renumber();
    Rewrite();
    EXPECT_FALSE(Verify(false).intact()) << "swapped with the next";
  }
}

TEST_F(VerifyLedgerTest, WhatIsStoredOfAnEventIsFound) {
  const LogContent before = content_;
  // The salt is what no other check looks at.
  content_.Edit(5, [](v1::Event* event) { (*event->mutable_salt())[0] ^= 1; });
  ReplaceLog(data_, content_);
  LedgerVerification found = Verify(false);
  ASSERT_TRUE(found.first_event.has_value());
  EXPECT_EQ(found.first_event->position, 5u);
  EXPECT_THAT(Everything(found), HasSubstr("#5: its bytes have the leaf hash"));
  EXPECT_THAT(Everything(found), HasSubstr("HEAD: the first"));
  // Its leaf hash too.
  content_.HashAgain();
  ReplaceLog(data_, content_);
  found = Verify(false);
  EXPECT_FALSE(found.first_event.has_value());
  EXPECT_THAT(Everything(found), HasSubstr("HEAD: the first"));
  EXPECT_THAT(Everything(found), HasSubstr("checkpoint of"));
  // HEAD too: the checkpoints are left.
  WriteHeadAgain(data_);
  EXPECT_THAT(Everything(Verify(false)), HasSubstr("checkpoint of"));
  // A leaf hash alone.
  content_ = before;
  content_.leaf_hashes[4][0] ^= 1;
  ReplaceLog(data_, content_);
  ExpectFound("#4: its bytes have the leaf hash");
}

// All of it written anew by one who has the disk, and keys of their own.
TEST_F(VerifyLedgerTest, ALogRewrittenWholeIsFoundByAnOldCheckpoint) {
  const v1::StoredCheckpoint old = Stored(1);
  const std::vector<VerifierKey> keys = *ReadVerifiers(data_);
  VerifyLedgerOptions options = VerifyOptions(data_, false);
  options.policy = TrustPolicy::OfKeys(keys);
  options.older = *VerifyCheckpoint(old.note(), options.policy);
  EXPECT_TRUE(Verify(options).intact()) << Everything(Verify(options));

  content_.Edit(5, [](v1::Event* event) { (*event->mutable_salt())[0] ^= 1; });
  content_.HashAgain();
  ReplaceLog(data_, content_);
  WriteHeadAgain(data_);
  {
    TestClock clock;
    clock.Advance(absl::Hours(24));
    SystemRandom random;
    const auto ledger = Ledger::Open({.directory = data_,
                                      .projection = RegistreProjection(),
                                      .clock = &clock,
                                      .random = &random,
                                      .on_progress = nullptr});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    EXPECT_EQ(ReasonOf(Checkpoints::Open(ledger->get(), &clock).status()), "LOG_DIFFERENT");
  }
  Rewrite();
  fs::remove_all(data_ + "/keys");
  EXPECT_TRUE(Verify(false).intact()) << "nothing in the folder knows better";
  EXPECT_THAT(Everything(Verify(options)), HasSubstr("the checkpoint given: the first"));
  options.older->checkpoint.size = content_.events.size() + 1;
  EXPECT_THAT(Everything(Verify(options)), HasSubstr("the last ones are lost"));

  // Signed again with another key: the auditor's key does not know it.
  {
    TestClock clock;
    clock.Advance(absl::Hours(24));
    SystemRandom random;
    const auto ledger = Ledger::Open({.directory = data_,
                                      .projection = RegistreProjection(),
                                      .clock = &clock,
                                      .random = &random,
                                      .on_progress = nullptr});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    const auto checkpoints = Checkpoints::Open(ledger->get(), &clock);
    ASSERT_TRUE(checkpoints.ok() && (*checkpoints)->Sign().ok());
  }
  EXPECT_TRUE(Verify(false).intact());
  options.older.reset();
  EXPECT_THAT(Everything(Verify(options)), HasSubstr("checkpoint of"));
}

TEST_F(VerifyLedgerTest, HeadsAreFound) {
  fs::copy(data_ + "/HEAD", folder_.Path("HEAD"));
  fs::remove(data_ + "/HEAD");
  ExpectFound("HEAD: it is missing");
  {
    const auto folder = DataFolder::Open(data_);
    LogHead longer = {content_.events.size() + 1, Sha256("")};
    ASSERT_TRUE((*folder)->WriteHead(longer).ok());
  }
  ExpectFound("the last ones are lost");
  fs::rename(folder_.Path("HEAD"), data_ + "/HEAD");
  // Whole units after the end.
  v1::Event last = content_.EventAt(SealAt());
  last.set_position(content_.events.size());
  content_.events.push_back(last.SerializeAsString());
  content_.HashAgain();
  ReplaceLog(data_, content_);
  ExpectFound("the log ended before it at the last clean stop");
}

TEST_F(VerifyLedgerTest, CheckpointsAreFound) {
  ASSERT_EQ(content_.checkpoints.size(), 2u);
  v1::StoredCheckpoint stored = Stored(1);
  ASSERT_EQ(stored.timestamps_size(), 1);
  (*stored.mutable_note())[40] ^= 1;
  ExpectCheckpointFound(1, stored, fmt::format("checkpoint of {} events:", stored.size()));
  stored = Stored(1);
  stored.set_note(Stored(0).note());
  ExpectCheckpointFound(1, stored, "its note is of");
  stored = Stored(1);
  (*stored.mutable_timestamps(0))[stored.timestamps(0).size() - 3] ^= 1;
  ExpectCheckpointFound(1, stored, "checkpoint of");
  stored = Stored(1);
  stored.set_size(1);
  ExpectCheckpointFound(1, stored, "its stored bytes are damaged");

  // Signed by the folder's own key, but of another log or another root.
  const std::string pem = ReadAll(data_ + "/keys/1.pem");
  const SigningKey key = *SigningKey::FromPem(pem);
  const auto sign = [&](const Checkpoint& checkpoint) {
    Note note{.text = FormatCheckpoint(checkpoint), .signatures = {}};
    note.signatures.push_back(SignNote(note.text, checkpoint.origin, key));
    v1::StoredCheckpoint made;
    made.set_size(checkpoint.size);
    made.set_note(FormatNote(note));
    return made;
  };
  Checkpoint checkpoint = *ParseCheckpoint(ParseNote(Stored(1).note())->text);
  checkpoint.root[0] ^= 1;
  ExpectCheckpointFound(1, sign(checkpoint), "have the root");
  const LogContent before = content_;
  checkpoint = *ParseCheckpoint(ParseNote(Stored(1).note())->text);
  checkpoint.size = content_.events.size() + 5;
  content_.checkpoints[1] = {checkpoint.size, sign(checkpoint).SerializeAsString()};
  ReplaceLog(data_, content_);
  ExpectFound("HEAD: what is stored of consumers and checkpoints");
  WriteHeadAgain(data_);
  ExpectFound("the last ones are lost");
  content_ = before;
  content_.checkpoints.pop_back();
  ReplaceLog(data_, content_);
  ExpectFound("HEAD: what is stored of consumers and checkpoints");
}

TEST_F(VerifyLedgerTest, ConsumersAreFound) {
  ExpectConsumerFound([](v1::ConsumerState* state) { state->set_name("other"); },
                      "consumer accounts: it cannot be read");
  ExpectConsumerFound([](v1::ConsumerState* state) { state->set_low_water(10'000); },
                      "consumer accounts: it has answered for everything below #10000");
  ExpectConsumerFound([](v1::ConsumerState* state) { state->add_held(10'000); },
                      "consumer accounts: a position of it lies past the log");
  ExpectConsumerFound(
      [](v1::ConsumerState* state) {
        state->add_acknowledged(5);
        state->add_acknowledged(4);
      },
      "consumer accounts: its positions are not in order");
}

TEST_F(VerifyLedgerTest, AStartFindsWhatIsStoredBesideTheEvents) {
  content_.consumers.pop_back();
  ReplaceLog(data_, content_);
  const absl::Status refused = AnswersOf(data_).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(refused), "STATE_DIFFERENT");
}

TEST_F(VerifyLedgerTest, KeysAreFound) {
  const std::string pem = data_ + "/keys/1.pem";
  const std::string verifiers = data_ + "/keys/verifiers";
  const std::string key = ReadAll(pem);
  const std::string lines = ReadAll(verifiers);
  WriteAll(pem, SigningKey::Generate()->ToPem());
  ExpectFound("its public key is not in verifiers");
  WriteAll(pem, key + "\n");
  ExpectFound("it is not as it was written");
  EXPECT_THAT(Everything(Verify(false)), Not(HasSubstr("signed it")))
      << "verifiers are as they were";
  WriteAll(pem, key);
  WriteAll(data_ + "/keys/2.pem", SigningKey::Generate()->ToPem());
  ExpectFound("2.pem: its public key is not in verifiers");
  fs::remove(data_ + "/keys/2.pem");
  fs::remove(verifiers);
  ExpectFound("no key of the folder signed it");
  // The newest of two is lost, with what it signed not yet there.
  VerifierKey newer = ParseVerifierKey(lines.substr(0, lines.find('\n'))).value();
  newer.public_key = SigningKey::Generate()->public_key();
  WriteAll(verifiers, lines + FormatVerifierKey(newer) + "\n");
  ExpectFound("the private key of the last verifier is gone");
  WriteAll(verifiers, lines);
  EXPECT_TRUE(Verify(false).intact());
}

TEST_F(VerifyLedgerTest, AnAuditorNeedsNoPrivateKey) {
  const std::string pem = data_ + "/keys/1.pem";
  fs::permissions(pem, fs::perms::owner_read | fs::perms::others_read);
  LedgerVerification verification = Verify(false);
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_THAT(verification.notes, Contains(HasSubstr("others than its owner may read")));
  fs::remove(pem);
  verification = Verify(false);
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_EQ(verification.checkpoints, 2u);
  EXPECT_THAT(verification.notes, Contains(HasSubstr("holds no private key")));
}

TEST_F(VerifyLedgerTest, WhatIsSignedAndByWhomIsSaid) {
  VerifyLedgerOptions options = VerifyOptions(data_, false);
  const std::vector<VerifierKey> keys = *ReadVerifiers(data_);
  LedgerVerification verification = Verify(options);
  ASSERT_TRUE(verification.signed_head.has_value());
  EXPECT_EQ(verification.signed_head->size, content_.events.size());
  EXPECT_EQ(verification.signed_head->signers, keys);
  EXPECT_THAT(verification.notes, Contains(HasSubstr("no signature was held against a key")));
  options.policy = TrustPolicy::OfKeys(keys);
  verification = Verify(options);
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_EQ(verification.signed_head->size, content_.events.size());
  EXPECT_THAT(verification.notes, Not(Contains(HasSubstr("no signature was held"))));
  // A tail that nobody signed.
  content_.checkpoints.erase(content_.checkpoints.begin());
  ReplaceLog(data_, content_);
  WriteHeadAgain(data_);
  verification = Verify(options);
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_EQ(verification.signed_head->size, Stored(0).size());
  EXPECT_LT(verification.signed_head->size, content_.events.size());
}

// Another key made the folder, and it holds no checkpoint, or only its own.
TEST_F(VerifyLedgerTest, ALedgerThatTheKeyNeverSignedIsFound) {
  VerifyLedgerOptions options = VerifyOptions(data_, false);
  VerifierKey stranger = ReadVerifiers(data_)->front();
  stranger.public_key = SigningKey::Generate()->public_key();
  options.policy = TrustPolicy::OfKeys({stranger});
  EXPECT_THAT(Everything(Verify(options)),
              AllOf(HasSubstr(fmt::format("checkpoint of {} events:", content_.events.size())),
                    HasSubstr("checkpoints: none is stored that the keys given accept")));
  const v1::StoredCheckpoint old = Stored(1);
  const std::vector<VerifierKey> keys = *ReadVerifiers(data_);
  Rewrite();
  EXPECT_THAT(Everything(Verify(options)), HasSubstr("none is stored that the keys given accept"));
  options.policy = TrustPolicy::OfKeys(keys);
  EXPECT_THAT(Everything(Verify(options)), HasSubstr("none is stored that the keys given accept"));
  // One that was kept elsewhere does as well.
  options.older = *VerifyCheckpoint(old.note(), options.policy);
  const LedgerVerification verification = Verify(options);
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_EQ(verification.signed_head->size, old.size());
  EXPECT_EQ(verification.signed_head->signers, keys);
}

TEST_F(VerifyLedgerTest, AQuorumMayComeLater) {
  const SigningKey witness = *SigningKey::FromSeed(std::string(32, 'w'));
  VerifyLedgerOptions options = VerifyOptions(data_, false);
  options.policy = TrustPolicy::OfKeys(*ReadVerifiers(data_));
  options.policy.witnesses = {
      {"w1",
       {.name = "witness.example/w", .use = KeyUse::kWitness, .public_key = witness.public_key()},
       ""}};
  options.policy.quorum = "w1";
  EXPECT_THAT(Everything(Verify(options)), HasSubstr("none is stored that the keys given accept"));
  v1::StoredCheckpoint stored = Stored(1);
  Note note = *ParseNote(stored.note());
  note.signatures.push_back(
      Cosign(note.text, "witness.example/w", witness, absl::FromUnixSeconds(1'700'000'000)));
  stored.set_note(FormatNote(note));
  content_.checkpoints[1].checkpoint = stored.SerializeAsString();
  ReplaceLog(data_, content_);
  WriteHeadAgain(data_);
  const LedgerVerification verification = Verify(options);
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_EQ(verification.signed_head->size, stored.size());
  EXPECT_THAT(verification.notes, Contains(HasSubstr("is signed, but:")));
}

TEST_F(VerifyLedgerTest, TimeStampsAreHeldAgainstTheAuthoritiesGiven) {
  const TestCa ca("authority of this test");
  VerifyLedgerOptions options = VerifyOptions(data_, false);
  EXPECT_EQ(Verify(options).time_stamps, 1u);
  options.tsa_ca = ca.pem();
  EXPECT_THAT(Everything(Verify(options)),
              HasSubstr(fmt::format("checkpoint of {} events:", Stored(1).size())));
  v1::StoredCheckpoint stored = Stored(1);
  stored.set_timestamps(
      0, TestTsa(ca).Stamp(*StampedText(stored.note()), absl::FromUnixSeconds(1'700'000'000)));
  content_.checkpoints[1].checkpoint = stored.SerializeAsString();
  ReplaceLog(data_, content_);
  WriteHeadAgain(data_);
  EXPECT_TRUE(Verify(options).intact()) << Everything(Verify(options));
  Rewrite();
  EXPECT_THAT(Verify(options).notes, Contains(HasSubstr("no time stamp is stored")));
}

TEST_F(VerifyLedgerTest, TheMarkOfARestorationIsLookedAt) {
  const Checkpoint head = *ParseCheckpoint(ParseNote(Stored(0).note())->text);
  const std::string path = data_ + "/RESTORED";
  RestoreMark mark = {.previous_origin = head.origin,
                      .origin = head.origin + "/restored-1",
                      .head = {head.size, head.root},
                      .reason = "a test"};
  WriteAll(path, FormatRestoreMark(mark));
  const LedgerVerification verification = Verify(false);
  EXPECT_TRUE(verification.intact()) << Everything(verification);
  EXPECT_THAT(verification.notes, Contains(HasSubstr("goes on as " + mark.origin)));
  mark.head.root[0] ^= 1;
  WriteAll(path, FormatRestoreMark(mark));
  ExpectFound("RESTORED: the first");
  WriteAll(path, FormatRestoreMark(mark).substr(1));
  ExpectFound("RESTORED: ");
}

// Each says what is the matter, and not something else.
TEST_F(VerifyLedgerTest, AFolderThatCannotBeReadIsNamed) {
  const auto refused = [](const std::string& directory) {
    return VerifyLedger(VerifyOptions(directory, false)).status();
  };
  EXPECT_EQ(ReasonOf(refused(data_ + "-none")), "NOT_A_DATA_FOLDER");
  EXPECT_THAT(std::string(refused(data_ + "-none").message()),
              HasSubstr("there is no such folder"));
  EXPECT_EQ(ReasonOf(refused(data_ + "/HEAD")), "NOT_A_DATA_FOLDER");
  EXPECT_THAT(std::string(refused(data_ + "/HEAD").message()), HasSubstr("it is a file"));

  // As a user who may read all but one.
  constexpr fs::perms kAnyone = fs::perms::owner_all | fs::perms::group_read |
                                fs::perms::group_exec | fs::perms::others_read |
                                fs::perms::others_exec;
  fs::permissions(folder_.path(), kAnyone);
  fs::permissions(data_, kAnyone);
  for (const auto& entry : fs::recursive_directory_iterator(data_)) {
    if (entry.path().extension() != ".pem") fs::permissions(entry.path(), kAnyone);
  }
  const auto as_another = [&](const std::string& path) {
    const fs::perms mode = fs::status(path).permissions();
    fs::permissions(path, fs::perms::none);
    const bool root = ::geteuid() == 0;
    constexpr uid_t kNobody = 65534;
    if (root) REGISTRE_CHECK(::seteuid(kNobody) == 0, "another user");
    const auto verification = VerifyLedger(VerifyOptions(data_, false));
    if (root) REGISTRE_CHECK(::seteuid(0) == 0, "the user of before");
    fs::permissions(path, mode);
    return verification;
  };
  for (const char* name : {"/HEAD", "/LOCK", "/log", "/log/CURRENT", "/keys", "/keys/verifiers"}) {
    const absl::Status status = as_another(data_ + name).status();
    EXPECT_EQ(ReasonOf(status), "DATA_FOLDER_UNREADABLE") << name << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(data_ + name + " cannot be read"));
  }
  const auto without_key = as_another(data_ + "/keys/1.pem");
  ASSERT_TRUE(without_key.ok()) << without_key.status();
  EXPECT_TRUE(without_key->intact()) << Everything(*without_key);
  EXPECT_THAT(without_key->notes, Contains(HasSubstr("1.pem was not looked at")));
}

TEST_F(VerifyLedgerTest, ADamagedIndexHasOneRemedy) {
  for (const char* name : {"CURRENT", "MANIFEST"}) {
    for (const auto& entry : fs::directory_iterator(data_ + "/index/1")) {
      const std::string file = entry.path().filename();
      if (file.starts_with(name)) WriteAll(entry.path(), "x");
    }
    const std::string found = Everything(Verify());
    EXPECT_THAT(found, AllOf(HasSubstr("delete that folder"), Not(HasSubstr("from a backup")),
                             Not(HasSubstr(".."))));
  }
}

TEST_F(VerifyLedgerTest, TheIndexIsComparedWithTheLog) {
  {
    auto index = Index::Open(data_ + "/index/1", RegistreProjection().version);
    ASSERT_TRUE(index.ok()) << index.status();
    IndexDelta delta;
    auto state = (*index)->Read()->Get("convention:2023-00001");
    v1::Row row = *(*state)->row;
    row.mutable_convention()->set_amount_cents(row.convention().amount_cents() + 1);
    delta.keys["convention:2023-00001"].state = **state;
    delta.keys["convention:2023-00001"].state.row = std::make_shared<v1::Row>(row);
    delta.keys["convention:none"].state = **state;
    delta.commands[CommandKey("clerk", "never")] = {0, std::string(33, 'x')};
    delta.events = 1;
    (*index)->Publish(std::move(delta), (*index)->disk_head());
    ASSERT_TRUE((*index)->Flush().ok());
  }
  ExpectFound("index: the row of convention:2023-00001: it is", true);
  ExpectFound("index: the row of convention:none: the log gives none", true);
  ExpectFound("index: the command id clerk/never: the log gives none", true);
  EXPECT_TRUE(Verify(false).intact()) << "the log is what it was";
  fs::remove_all(data_ + "/index");
  const LedgerVerification without = Verify();
  EXPECT_TRUE(without.intact()) << Everything(without);
  EXPECT_THAT(without.notes, Contains(HasSubstr("the index is not compared")));
}

TEST_F(VerifyLedgerTest, OfManyFindingsTheFirstAreTold) {
  for (uint64_t i = 0; i < content_.events.size(); ++i) {
    content_.Edit(i, [](v1::Event* event) { event->clear_salt(); });
  }
  Rewrite();
  VerifyLedgerOptions options = VerifyOptions(data_, false);
  options.max_findings = 5;
  const LedgerVerification found = Verify(options);
  EXPECT_EQ(found.findings.size(), 5u);
  EXPECT_EQ(found.more_findings, content_.events.size() - 5);
  EXPECT_EQ(found.first_event->position, 0u);
}

}  // namespace
}  // namespace registre::testing::verify_ledger_test
