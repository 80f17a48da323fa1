// A ledger that is backed up and restored. Test data: nothing in it is real.
#ifndef REGISTRE_TESTS_LEDGER_BACKUP_WORLD_H_
#define REGISTRE_TESTS_LEDGER_BACKUP_WORLD_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "ledger/backup.h"
#include "ledger/checkpoints.h"
#include "ledger/restore.h"
#include "projections/state_reader.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {

// A ledger at work, with its checkpoints, in a folder that others may be beside.
class BackupWorld : public ::testing::Test {
 protected:
  void TearDown() override { Close(); }

  absl::Status TryOpen(const std::string& name) {
    auto opened = Ledger::Open({.directory = folder_.Path(name),
                                .projection = RegistreProjection(),
                                .clock = &clock_,
                                .random = &random_,
                                .on_progress = nullptr});
    if (!opened.ok()) return opened.status();
    ledger_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Open(const std::string& name) {
    clock_.Advance(absl::Seconds(1));  // as no two starts are at the same moment
    const absl::Status opened = TryOpen(name);
    ASSERT_TRUE(opened.ok()) << opened;
  }
  // As registred starts: the restoration first, then the checkpoints.
  void Start(const std::string& name) {
    Open(name);
    const auto restored = RecordRestoration(ledger_.get());
    ASSERT_TRUE(restored.ok()) << restored.status();
    auto checkpoints = Checkpoints::Open(ledger_.get(), &clock_);
    ASSERT_TRUE(checkpoints.ok()) << checkpoints.status();
    checkpoints_ = *std::move(checkpoints);
  }
  void Close() {
    checkpoints_.reset();
    ledger_.reset();
  }

  Outcome Record(const std::string& id, const std::vector<v1::Act>& acts) {
    auto command = MakeCommand(SubjectOf(acts.front()), UnitOf(id, acts), AnyRole);
    if (!command.ok()) return command.status();
    PendingOutcome pending;
    ledger_->recorder().Submit(*std::move(command),
                               [&pending](Outcome outcome) { pending.Set(std::move(outcome)); });
    return pending.Get();
  }
  void RecordBusy(int orders) {
    int unit = 0;
    for (const auto& acts : BusyLedger(1, orders)) {
      const Outcome outcome = Record(fmt::format("u{}", unit++), acts);
      ASSERT_TRUE(outcome.ok()) << outcome.status();
    }
  }
  void RecordStructure(const std::string& id) {
    const Outcome outcome = Record(id, {RegisterStructure(id)});
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }
  LogHead head() const { return ledger_->recorder().status().head; }

  absl::StatusOr<Backup> BackUp(const std::string& name) {
    return MakeBackup(*ledger_, folder_.Path(name), clock_.Now(), nullptr);
  }
  void MustBackUp(const std::string& name) {
    const auto backup = BackUp(name);
    ASSERT_TRUE(backup.ok()) << backup.status();
  }
  absl::StatusOr<Restored> TryRestore(const std::string& backup, const std::string& data,
                                      std::optional<Checkpoint> last_seen = std::nullopt) {
    return Restore({.backup = folder_.Path(backup),
                    .data = folder_.Path(data),
                    .reason = "le disque est perdu",
                    .last_seen = std::move(last_seen)},
                   clock_.Now(), nullptr);
  }

  // Every path below a folder.
  std::vector<std::string> FilesIn(const std::string& name) const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.Path(name))) {
      if (entry.is_regular_file()) {
        files.push_back(
            std::filesystem::relative(entry.path(), folder_.Path(name)).generic_string());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  std::string ReadAll(const std::string& name) const {
    std::ifstream file(folder_.Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void WriteAll(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.Path(name), std::ios::binary | std::ios::trunc) << text;
  }
  bool Exists(const std::string& name) const { return std::filesystem::exists(folder_.Path(name)); }

  TempFolder folder_;
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Checkpoints> checkpoints_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_LEDGER_BACKUP_WORLD_H_
