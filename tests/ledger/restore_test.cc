#include "ledger/restore.h"

#include <gmock/gmock.h>

#include "ledger/base/errors.h"
#include "ledger/event_query.h"
#include "ledger/proof/trust_policy.h"
#include "ledger/verify/verify_ledger.h"
#include "ledger/view.h"
#include "tests/ledger/backup_world.h"

namespace registre::testing::restore_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kOrigin[] = "registre.example/essai";

class RestoreTest : public BackupWorld {
 protected:
  // A ledger of some events, and its backup, after which one more is recorded.
  void MakeOne() {
    Start("data");
    RecordBusy(30);
    MustBackUp("backup");
    backed_up_ = head();
    RecordStructure("st-later");
  }
  Checkpoint At(const LogHead& head) const {
    return {.origin = kOrigin, .size = head.size, .root = head.root};
  }
  v1::Event EventAt(uint64_t position) const {
    const auto event = ReadEvent(ledger_->log(), position);
    EXPECT_TRUE(event.ok()) << event.status();
    return event.ok() ? *event : v1::Event();
  }
  v1::Ledger LedgerRow() const {
    const auto state = ledger_->index()->Read()->Get(kLedgerKey);
    EXPECT_TRUE(state.ok() && state->has_value());
    return (*state)->row->ledger();
  }
  // Nothing of a restoration that was refused.
  void ExpectNothing(const std::string& data) const {
    EXPECT_FALSE(Exists(data));
    EXPECT_FALSE(Exists(data + ".restoring"));
  }
  void ExpectIntact(const std::string& name) {
    const auto verified = VerifyLedger({.directory = folder_.Path(name),
                                        .projection = RegistreProjection(),
                                        .fold = true,
                                        .work = "",
                                        .older = std::nullopt,
                                        .policy = {},
                                        .tsa_ca = std::nullopt,
                                        .on_progress = nullptr});
    ASSERT_TRUE(verified.ok()) << verified.status();
    for (const LedgerFinding& finding : verified->findings) ADD_FAILURE() << finding.what;
  }

  LogHead backed_up_;
};

TEST_F(RestoreTest, GoesOnUnderAnotherOriginAndSaysSo) {
  MakeOne();
  Close();
  const auto restored = TryRestore("backup", "restored");
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->lost, 0u);
  EXPECT_THAT(restored->origin,
              StartsWith(fmt::format("{}/restored-{}-", kOrigin, backed_up_.size)));
  EXPECT_TRUE(Exists("restored/RESTORED"));
  EXPECT_FALSE(Exists("restored/BACKUP"));
  EXPECT_FALSE(Exists("restored.restoring"));

  Start("restored");
  EXPECT_FALSE(Exists("restored/RESTORED"));
  EXPECT_EQ(head().size, backed_up_.size + 1);
  const v1::Event event = EventAt(backed_up_.size);
  const v1::LedgerRestored& act = event.act().ledger_restored();
  EXPECT_EQ(act.previous_origin(), kOrigin);
  EXPECT_EQ(act.origin(), restored->origin);
  EXPECT_EQ(act.log_size(), backed_up_.size);
  EXPECT_EQ(act.log_root(), BytesOf(backed_up_.root));
  EXPECT_EQ(act.reason(), "le disque est perdu");
  EXPECT_EQ(event.actor().role(), "ledger");
  EXPECT_EQ(OriginOf(LedgerRow()), restored->origin);

  // The same acts may be recorded as before, with the same ids as those that were lost.
  RecordStructure("st-later");
  const auto report = ledger_->Check(nullptr);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->differences.empty());
  Close();
  ExpectIntact("restored");
}

TEST_F(RestoreTest, GoesOnAsItWasWhenACheckpointSaysThatNothingIsLost) {
  MakeOne();
  Close();
  const auto restored = TryRestore("backup", "restored", At(backed_up_));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->origin, kOrigin);
  EXPECT_FALSE(Exists("restored/RESTORED"));
  Start("restored");
  EXPECT_EQ(head().size, backed_up_.size);
  EXPECT_EQ(head().root, backed_up_.root);
  EXPECT_EQ(OriginOf(LedgerRow()), kOrigin);
  Close();
  ExpectIntact("restored");
}

TEST_F(RestoreTest, ACheckpointOfMoreEventsSaysHowManyAreLost) {
  MakeOne();
  const LogHead later = head();
  Close();
  const auto restored = TryRestore("backup", "restored", At(later));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->lost, 1u);
  EXPECT_NE(restored->origin, kOrigin);
  EXPECT_TRUE(Exists("restored/RESTORED"));
}

TEST_F(RestoreTest, ACheckpointOfFewerEventsProvesNothingOfLater) {
  Start("data");
  RecordBusy(10);
  const LogHead earlier = head();
  RecordStructure("st-z");
  MustBackUp("backup");
  Close();
  const auto restored = TryRestore("backup", "restored", At(earlier));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_NE(restored->origin, kOrigin);
}

TEST_F(RestoreTest, ACheckpointThatContradictsIsRefused) {
  Start("data");
  RecordBusy(10);
  const LogHead earlier = head();
  RecordStructure("st-z");
  MustBackUp("backup");
  backed_up_ = head();
  Close();
  const Hash other = Sha256("another root");
  for (const Checkpoint& wrong :
       {Checkpoint{kOrigin, backed_up_.size, other}, Checkpoint{kOrigin, earlier.size, other},
        Checkpoint{"other.example/log", backed_up_.size, backed_up_.root},
        Checkpoint{"other.example/log", backed_up_.size + 5, backed_up_.root}}) {
    const auto restored = TryRestore("backup", "restored", wrong);
    EXPECT_EQ(ReasonOf(restored.status()), "CHECKPOINT_CONTRADICTS") << restored.status();
    ExpectNothing("restored");
  }
}

// The process dies between any two steps of the first start.
TEST_F(RestoreTest, TheActIsRecordedOnce) {
  MakeOne();
  Close();
  ASSERT_TRUE(TryRestore("backup", "restored").ok());
  const std::string mark = ReadAll("restored/RESTORED");

  Open("restored");  // and dies before the act
  EXPECT_EQ(head().size, backed_up_.size);
  Close();
  Start("restored");
  EXPECT_EQ(head().size, backed_up_.size + 1);
  const LogHead after = head();
  Close();
  WriteAll("restored/RESTORED", mark);  // it had died before the mark was removed
  Start("restored");
  EXPECT_EQ(head().size, after.size);
  EXPECT_EQ(head().root, after.root);
  EXPECT_FALSE(Exists("restored/RESTORED"));
  RecordStructure("st-b");
  Close();
  WriteAll("restored/RESTORED", mark);  // or came back from somewhere, much later
  Start("restored");
  EXPECT_EQ(head().size, after.size + 1);
  EXPECT_EQ(LedgerRow().restorations_size(), 1);
  Close();
  Open("restored");
  EXPECT_FALSE(*RecordRestoration(ledger_.get()));
}

TEST_F(RestoreTest, AMarkThatIsNotWhatWasWrittenStopsTheStart) {
  MakeOne();
  Close();
  ASSERT_TRUE(TryRestore("backup", "restored").ok());
  const std::string mark = ReadAll("restored/RESTORED");
  for (size_t i = 0; i < mark.size(); ++i) {
    std::string changed = mark;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(ParseRestoreMark(changed)) << i;
    EXPECT_FALSE(ParseRestoreMark(mark.substr(0, i))) << i;
  }
  EXPECT_FALSE(ParseRestoreMark(mark + "\n"));
  WriteAll("restored/RESTORED", mark.substr(0, mark.size() - 1));
  Open("restored");
  EXPECT_EQ(ReasonOf(RecordRestoration(ledger_.get()).status()), "RESTORE_MARK_DAMAGED");
  EXPECT_EQ(head().size, backed_up_.size);
  Close();
  // The mark of one log in another.
  fs::rename(folder_.Path("restored/RESTORED"), folder_.Path("data/RESTORED"));
  WriteAll("data/RESTORED", mark);
  Open("data");
  EXPECT_EQ(ReasonOf(RecordRestoration(ledger_.get()).status()), "RESTORE_INVALID");
  EXPECT_TRUE(Exists("data/RESTORED"));
}

TEST_F(RestoreTest, ARestoredLedgerIsRestoredAgain) {
  MakeOne();
  Close();
  const auto first = TryRestore("backup", "one");
  ASSERT_TRUE(first.ok());
  clock_.Advance(absl::Seconds(2));
  const auto twin = TryRestore("backup", "twin");
  ASSERT_TRUE(twin.ok());
  EXPECT_NE(twin->origin, first->origin) << "two logs, two origins";
  Start("one");
  RecordStructure("st-c");
  MustBackUp("backup2");
  Close();
  const auto second = TryRestore("backup2", "two");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->backup.origin, first->origin);
  EXPECT_THAT(second->origin, StartsWith(first->origin + "/restored-"));
  Start("two");
  EXPECT_EQ(LedgerRow().restorations_size(), 2);
  EXPECT_EQ(OriginOf(LedgerRow()), second->origin);
  Close();
  ExpectIntact("two");
}

TEST_F(RestoreTest, TooManyRestorationsMakeTheOriginTooLong) {
  Start("data");
  v1::Act open = OpenTestLedger();
  open.mutable_ledger_opened()->set_origin(std::string(128, 'o'));
  ASSERT_TRUE(Record("open", {open}).ok());
  std::string name = "data";
  for (int i = 0; i < 100; ++i) {
    const std::string backup = fmt::format("backup{}", i);
    MustBackUp(backup);
    Close();
    name = fmt::format("restored{}", i);
    const auto restored = TryRestore(backup, name);
    if (!restored.ok()) {
      EXPECT_EQ(ReasonOf(restored.status()), "RESTORE_ORIGIN");
      EXPECT_GE(i, 8);
      ExpectNothing(name);
      return;
    }
    Start(name);
  }
  ADD_FAILURE() << "the origin grew for ever";
}

TEST_F(RestoreTest, TheFolderIsNewOrEmpty) {
  MakeOne();
  Close();
  fs::create_directory(folder_.Path("empty"));
  EXPECT_TRUE(TryRestore("backup", "empty").ok());
  fs::create_directory(folder_.Path("slash"));
  EXPECT_TRUE(TryRestore("backup", "slash/").ok());
  EXPECT_TRUE(Exists("slash/FORMAT"));

  EXPECT_EQ(ReasonOf(TryRestore("backup", "data").status()), "RESTORE_FOLDER");
  EXPECT_EQ(ReasonOf(TryRestore("backup", "none/data").status()), "RESTORE_FOLDER");
  WriteAll("file", "mine");
  EXPECT_EQ(ReasonOf(TryRestore("backup", "file").status()), "RESTORE_FOLDER");
  EXPECT_EQ(ReadAll("file"), "mine");
  fs::create_directory(folder_.Path("new.restoring"));
  EXPECT_EQ(ReasonOf(TryRestore("backup", "new").status()), "RESTORE_FOLDER");
  EXPECT_TRUE(Exists("new.restoring")) << "it may be another's";
  EXPECT_EQ(ReasonOf(TryRestore("data", "new2").status()), "NOT_A_BACKUP");
  EXPECT_EQ(ReasonOf(TryRestore("nowhere", "new2").status()), "NOT_A_BACKUP");
  ExpectNothing("new2");
}

TEST_F(RestoreTest, AReasonIsSaid) {
  MakeOne();
  Close();
  for (const std::string& reason :
       {std::string(), std::string(2'001, 'x'), std::string("\xff"), std::string("bell \x07")}) {
    const auto restored = Restore({.backup = folder_.Path("backup"),
                                   .data = folder_.Path("restored"),
                                   .reason = reason,
                                   .last_seen = std::nullopt},
                                  clock_.Now(), nullptr);
    EXPECT_EQ(ReasonOf(restored.status()), "FIELD_INVALID") << reason;
    ExpectNothing("restored");
  }
}

TEST_F(RestoreTest, GivenUpLeavesNothing) {
  MakeOne();
  Close();
  for (int calls = 0; calls < 1'000; ++calls) {
    int left = calls;
    const auto restored = Restore({.backup = folder_.Path("backup"),
                                   .data = folder_.Path("restored"),
                                   .reason = "test",
                                   .last_seen = std::nullopt},
                                  clock_.Now(), [&](const FoldProgress&) {
                                    EXPECT_TRUE(Exists("restored.restoring/RESTORED"))
                                        << "before any other file";
                                    return left-- > 0;
                                  });
    if (restored.ok()) return;
    EXPECT_TRUE(absl::IsCancelled(restored.status())) << restored.status();
    ExpectNothing("restored");
  }
  ADD_FAILURE() << "it never ended";
}

// Each file of a backup: removed, cut off, longer, a byte changed.
TEST_F(RestoreTest, ADamagedBackupIsRefused) {
  MakeOne();
  Close();
  int tried = 0;
  const auto expect_refused = [&](const std::string& what) {
    const auto restored = TryRestore("backup", "restored");
    EXPECT_FALSE(restored.ok()) << what;
    const std::string reason = ReasonOf(restored.status());
    EXPECT_TRUE(reason == "BACKUP_DAMAGED" || reason == "NOT_A_BACKUP") << what << reason;
    ExpectNothing("restored");
    ++tried;
  };
  for (const std::string& file : FilesIn("backup")) {
    if (file == "log/LOCK") continue;
    const std::string path = "backup/" + file;
    const std::string text = ReadAll(path);
    fs::remove(folder_.Path(path));
    expect_refused(file + " removed");
    WriteAll(path, text + "x");
    expect_refused(file + " longer");
    if (!text.empty()) {
      WriteAll(path, text.substr(0, text.size() - 1));
      expect_refused(file + " cut off");
      for (const size_t at : {size_t{0}, text.size() / 2, text.size() - 1}) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 4);
        WriteAll(path, changed);
        expect_refused(fmt::format("{}: byte {}", file, at));
      }
    }
    WriteAll(path, text);
  }
  EXPECT_GT(tried, 40);
  EXPECT_TRUE(TryRestore("backup", "restored").ok());
}

// A whole backup of another log under this BACKUP's name.
TEST_F(RestoreTest, ABackupThatSaysAnotherHeadIsRefused) {
  MakeOne();
  Close();
  auto backup = ReadBackup(folder_.Path("backup"));
  ASSERT_TRUE(backup.ok());
  const Backup right = *backup;
  const auto expect_damaged = [&](const Backup& wrong) {
    WriteAll("backup/BACKUP", FormatBackup(wrong));
    EXPECT_EQ(ReasonOf(TryRestore("backup", "restored").status()), "BACKUP_DAMAGED");
    ExpectNothing("restored");
  };
  Backup wrong = right;
  wrong.head.size -= 1;
  expect_damaged(wrong);
  wrong = right;
  wrong.head.root = Sha256("x");
  expect_damaged(wrong);
  wrong = right;
  wrong.origin = "other.example/log";
  expect_damaged(wrong);
}

TEST_F(RestoreTest, CheckpointsStayVerifiableAndTheNextIsUnderTheNewOrigin) {
  Start("data");
  RecordBusy(10);
  const auto old_checkpoint = checkpoints_->Sign(/*sealed=*/true);
  ASSERT_TRUE(old_checkpoint.ok());
  const std::vector<VerifierKey> old_keys = checkpoints_->keyring().verifiers();
  RecordStructure("st-z");
  MustBackUp("backup");
  Close();
  const auto restored = TryRestore("backup", "restored");
  ASSERT_TRUE(restored.ok());

  Start("restored");
  const auto now = checkpoints_->Sign();
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_EQ(ReasonOf(VerifyCheckpoint(now->note(), TrustPolicy::OfKeys(old_keys)).status()),
            "LOG_UNKNOWN");
  const auto keys = checkpoints_->keyring().verifiers();
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys.back().name, restored->origin);
  const auto trusted = VerifyCheckpoint(now->note(), TrustPolicy::OfKeys({keys.back()}));
  ASSERT_TRUE(trusted.ok()) << trusted.status();
  EXPECT_EQ(trusted->checkpoint.origin, restored->origin);
  EXPECT_EQ(trusted->checkpoint.size, head().size);

  const auto kept = checkpoints_->Get(old_checkpoint->size());
  ASSERT_TRUE(kept.ok()) << kept.status();
  const auto old_trusted = VerifyCheckpoint(kept->note(), TrustPolicy::OfKeys(old_keys));
  ASSERT_TRUE(old_trusted.ok()) << old_trusted.status();
  EXPECT_EQ(old_trusted->checkpoint.origin, kOrigin);
  EXPECT_EQ(*RootOfFirst(old_checkpoint->size(), ledger_->tiles().HashesAt(old_checkpoint->size())),
            old_trusted->checkpoint.root);
  Close();
  Start("restored");
  EXPECT_EQ(checkpoints_->latest()->size(), now->size());
}

}  // namespace
}  // namespace registre::testing::restore_test
