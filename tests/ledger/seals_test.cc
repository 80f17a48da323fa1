// Seals of a ledger at work: the directory against one made from the log.
#include "ledger/seals.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/layers.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/schema.h"
#include "projections/state_reader.h"
#include "tests/ledger/proof/naive_tree.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/counting_index.h"
#include "tests/support/large_ledger.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_seed.h"

namespace registre::testing::seals_test {
namespace {

namespace fs = std::filesystem;

class SealsTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open(uint64_t flush_events = kIndexFlushEvents) {
    auto opened = Ledger::Open({.directory = folder_.Path("data"),
                                .projection = RegistreProjection(),
                                .clock = &clock_,
                                .random = &random_,
                                .on_progress = nullptr,
                                .index_flush_events = flush_events});
    ASSERT_TRUE(opened.ok()) << opened.status();
    ledger_ = *std::move(opened);
    seals_ = std::make_unique<Seals>(ledger_.get());
  }
  void Close() {
    seals_.reset();
    ledger_.reset();
  }

  absl::StatusOr<v1::RecordResponse> Submit(Command command) {
    PendingOutcome pending;
    ledger_->recorder().Submit(std::move(command),
                               [&pending](Outcome outcome) { pending.Set(std::move(outcome)); });
    return pending.Get();
  }
  void Must(const std::vector<v1::Act>& acts) {
    auto command =
        MakeCommand(SubjectOf(acts.front()), UnitOf(fmt::format("u{}", ++units_), acts), AnyRole);
    ASSERT_TRUE(command.ok()) << command.status();
    const auto recorded = Submit(*std::move(command));
    ASSERT_TRUE(recorded.ok()) << recorded.status();
  }
  void RecordBusy(int orders) {
    for (const auto& acts : BusyLedger(1, orders)) Must(acts);
  }
  absl::StatusOr<uint64_t> RecordSealed(const v1::DirectorySealed& sealed) {
    Command command;
    command.subject = "auditor";
    command.roles = {"auditor"};
    command.request.set_command_id(fmt::format("seal-{}", sealed.through_position()));
    *command.request.add_acts()->mutable_directory_sealed() = sealed;
    command.fingerprint = FingerprintOf(command.request);
    const auto recorded = Submit(std::move(command));
    if (!recorded.ok()) return recorded.status();
    return recorded->receipts(0).position();
  }
  absl::StatusOr<Seal> SealNow() {
    return seals_->SealNow([this](const v1::DirectorySealed& act) { return RecordSealed(act); },
                           nullptr);
  }
  Seal MustSeal() {
    auto seal = SealNow();
    EXPECT_TRUE(seal.ok()) << seal.status();
    return seal.ok() ? *seal : Seal();
  }

  // The tags of the log up to a position, from the events alone.
  std::map<std::string, TagEntry> TagsThrough(uint64_t through) {
    std::map<std::string, TagEntry> tags;
    EXPECT_TRUE(ledger_->log()
                    .Read(0,
                          [&](uint64_t position, std::string_view bytes) {
                            if (position > through) return false;
                            v1::Event event;
                            event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
                            for (const v1::TagLink& link : event.tags()) {
                              tags[link.tag()] = {link.tag(), link.sequence(), position};
                            }
                            return true;
                          })
                    .ok());
    return tags;
  }

  // The seal is of the tags of the log; every tag is proven, and an absent one before each.
  void ExpectSealed(const Seal& seal) {
    const auto tags = TagsThrough(seal.act.through_position());
    ASSERT_EQ(seal.act.count(), tags.size());
    std::vector<Hash> leaves;
    for (const auto& [tag, entry] : tags) leaves.push_back(LeafHashOf(entry));
    ASSERT_EQ(seal.act.root(), BytesOf(NaiveRoot(leaves, 0, leaves.size())));
    EXPECT_EQ(seal.act.schema_digest(), BytesOf(SchemaDigest()));
    const Hash root = *HashFromBytes(seal.act.root());
    const size_t step = tags.size() / 500 + 1;
    size_t i = 0;
    for (const auto& [tag, entry] : tags) {
      if (i++ % step != 0) continue;
      const auto sealed = seals_->Find(tag);
      ASSERT_TRUE(sealed.ok()) << sealed.status();
      EXPECT_EQ(sealed->seal, seal.event);
      ASSERT_EQ(sealed->entries.size(), 1u) << tag;
      EXPECT_EQ(sealed->entries.front().entry, entry);
      EXPECT_EQ(*VerifyTag(tag, seal.act.count(), root, sealed->entries), entry.events);
      for (const std::string& absent : {tag + ".", tag.substr(0, tag.size() - 1) + "."}) {
        if (tags.contains(absent) || !IsTag(absent)) continue;
        const auto none = seals_->Find(absent);
        ASSERT_TRUE(none.ok()) << none.status();
        const auto verified = VerifyTag(absent, seal.act.count(), root, none->entries);
        ASSERT_TRUE(verified.ok()) << verified.status();
        EXPECT_EQ(*verified, 0u);
      }
    }
  }
  void ExpectIndexEqualsLog() {
    const auto report = ledger_->Check(nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->differences, std::vector<std::string>());
  }
  std::set<std::string> Folders() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.Path("data/index/directory"))) {
      names.insert(entry.path().filename());
    }
    return names;
  }
  std::string FolderOf(const Seal& seal) {
    return folder_.Path(fmt::format("data/index/directory/{}", seal.position));
  }

  TempFolder folder_;
  TestClock clock_;
  TestRandom random_;
  int units_ = 0;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Seals> seals_;
};

TEST_F(SealsTest, NothingToSealYet) {
  EXPECT_EQ(ReasonOf(SealNow().status()), "NOTHING_TO_SEAL");
  Must({OpenTestLedger()});
  EXPECT_EQ(ReasonOf(SealNow().status()), "NOTHING_TO_SEAL");
  const auto found = seals_->Find("structure:st-a");
  EXPECT_EQ(ReasonOf(found.status()), "NOT_SEALED");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(seals_->Last()->has_value());
}

TEST_F(SealsTest, SealsWhatIsRecordedAndNoMore) {
  RecordBusy(40);
  const uint64_t size = ledger_->log().size();
  const Seal seal = MustSeal();
  EXPECT_EQ(seal.position, size);
  EXPECT_EQ(seal.act.through_position(), size - 1);
  ExpectSealed(seal);
  v1::Event event;
  ASSERT_TRUE(event.ParseFromString(seal.event));
  EXPECT_EQ(event.tags_size(), 0) << "a seal is no event of what it seals";
  EXPECT_EQ(event.actor().role(), "auditor");
  // What comes after changes nothing of what it says.
  Must({RegisterStructure("st-later")});
  ExpectSealed(seal);
  const auto later = seals_->Find("structure:st-later");
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(*VerifyTag("structure:st-later", seal.act.count(), *HashFromBytes(seal.act.root()),
                       later->entries),
            0u);
  ExpectIndexEqualsLog();
}

TEST_F(SealsTest, ASealOfNothingNewIsTheLastOne) {
  RecordBusy(3);
  const Seal first = MustSeal();
  const Seal again = MustSeal();
  EXPECT_EQ(again.position, first.position);
  EXPECT_EQ(again.event, first.event);
  Must({RegisterStructure("st-b")});
  const Seal second = MustSeal();
  EXPECT_GT(second.position, first.position);
  EXPECT_EQ((*seals_->Last())->position, second.position);
  EXPECT_EQ(Folders(), std::set<std::string>{fmt::format("{}", second.position)})
      << "only the newest is kept";
  ExpectSealed(second);
}

TEST_F(SealsTest, ASealOfAnotherSchemaIsSealedAgain) {
  RecordBusy(3);
  v1::DirectorySealed other;
  other.set_through_position(ledger_->log().size() - 1);
  other.set_count(1);
  other.set_root(BytesOf(EmptyRoot()));
  other.set_schema_digest(BytesOf(EmptyRoot()));
  const auto recorded = RecordSealed(other);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(ReasonOf(seals_->Find("structure:st-a").status()), "SEAL_DIFFERENT");
  const Seal seal = MustSeal();
  EXPECT_EQ(seal.position, *recorded + 1);
  ExpectSealed(seal);
}

TEST_F(SealsTest, ALargeLedgerInMemoryAndOnDisk) {
  Close();
  Open(/*flush_events=*/700);
  LargeLedger acts(7, 4'000);
  while (ledger_->log().size() < 6'000) Must(acts.NextUnit(400));
  const Seal first = MustSeal();
  ExpectSealed(first);
  EXPECT_GT(first.act.count(), 5'000u);
  while (ledger_->log().size() < 9'000) Must(acts.NextUnit(400));
  ExpectSealed(first);
  ExpectSealed(MustSeal());
  ExpectIndexEqualsLog();
}

// Sealed while others record: the seal is of the tags as they were at its position.
TEST_F(SealsTest, RecordingGoesOnMeanwhile) {
  std::mt19937_64 random(TestSeed());
  Close();
  Open(/*flush_events=*/300);
  LargeLedger acts(random(), 4'000);
  while (ledger_->log().size() < 4'000) Must(acts.NextUnit(400));
  std::vector<Seal> seals;
  for (int round = 0; round < 5; ++round) {
    uint64_t told = 0;
    auto seal =
        seals_->SealNow([this](const v1::DirectorySealed& act) { return RecordSealed(act); },
                        [&](uint64_t tags) {
                          // From within: the index goes on below the one that is sealed.
                          if (tags >= told && told < 2'000) {
                            Must(acts.NextUnit(1 + random() % 40));
                            told = tags + 1 + random() % 300;
                          }
                          return true;
                        });
    ASSERT_TRUE(seal.ok()) << seal.status();
    EXPECT_GT(seal->position, seal->act.through_position() + 1) << "others recorded meanwhile";
    ExpectSealed(*seal);
  }
  ExpectIndexEqualsLog();
}

TEST_F(SealsTest, ReadersAreShort) {
  LargeLedger acts(3, 1'000);
  while (ledger_->log().size() < 2'000) Must(acts.NextUnit(400));
  const auto index = ledger_->index();
  CountingIndex counting(index.get());
  uint64_t tags = 0;
  ASSERT_TRUE(VisitTags(counting, 1'000, [&](const TagEntry&) {
                ++tags;
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(tags, TagsThrough(1'000).size());
  EXPECT_LE(counting.most_names(), 256u);
  EXPECT_LE(counting.most_postings(), 64u);
  EXPECT_EQ(counting.most_states(), 0u) << "no row is read";
}

TEST_F(SealsTest, OneAtATime) {
  RecordBusy(3);
  std::atomic<int> refused = 0;
  const auto seal =
      seals_->SealNow([this](const v1::DirectorySealed& act) { return RecordSealed(act); },
                      [&](uint64_t) {
                        if (ReasonOf(SealNow().status()) == "SEAL_RUNNING") ++refused;
                        return true;
                      });
  ASSERT_TRUE(seal.ok()) << seal.status();
  EXPECT_GT(refused.load(), 0);
  EXPECT_TRUE(SealNow().ok()) << "over";
}

TEST_F(SealsTest, OneThatIsGivenUpLeavesNothing) {
  RecordBusy(3);
  const Seal first = MustSeal();
  Must({RegisterStructure("st-b")});
  const uint64_t size = ledger_->log().size();
  const auto given_up =
      seals_->SealNow([this](const v1::DirectorySealed& act) { return RecordSealed(act); },
                      [](uint64_t tags) { return tags < 2; });
  EXPECT_TRUE(absl::IsCancelled(given_up.status())) << given_up.status();
  EXPECT_EQ(ledger_->log().size(), size);
  ExpectSealed(first);
  const auto refused = seals_->SealNow(
      [](const v1::DirectorySealed&) -> absl::StatusOr<uint64_t> {
        return Error(absl::StatusCode::kPermissionDenied, "ROLE_MISSING", "not any more");
      },
      nullptr);
  EXPECT_EQ(ReasonOf(refused.status()), "ROLE_MISSING");
  ExpectSealed(first);
  ExpectSealed(MustSeal());
}

TEST_F(SealsTest, AMissingOrDamagedDirectoryIsComputedAgain) {
  RecordBusy(40);
  const Seal seal = MustSeal();
  Must({RegisterStructure("st-later")});
  fs::remove_all(FolderOf(seal));
  Close();
  Open();
  ExpectSealed(seal);
  Close();
  // Every byte of its files, a few at a time: whatever is read then is as it was, or computed
  // again.
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 60; ++round) {
    const std::string path = FolderOf(seal) + (round % 2 == 0 ? "/tags.sst" : "/tiles.sst");
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(random() % fs::file_size(path));
    file.seekg(at);
    const int was = file.get();
    file.seekp(at);
    file.put(static_cast<char>(was ^ static_cast<int>(1 + random() % 255)));
    file.close();
    Open();
    ExpectSealed(seal);
    Close();
  }
  // A directory of another log.
  Open();
  ASSERT_TRUE(SealedDirectory::Build(*ledger_->index(), 5, FolderOf(seal), nullptr).ok());
  Close();
  Open();
  ExpectSealed(seal);
}

TEST_F(SealsTest, TheLastSealIsFoundAgainAfterARebuild) {
  RecordBusy(5);
  MustSeal();
  Must({RegisterStructure("st-b")});
  const Seal second = MustSeal();
  const auto rebuilt = ledger_->Rebuild(nullptr);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ((*seals_->Last())->position, second.position);
  ExpectSealed(second);
  ExpectIndexEqualsLog();
  auto state = ledger_->index()->Read()->Get(kSealsKey);
  ASSERT_TRUE(state.ok() && state->has_value());
  EXPECT_EQ((*state)->count, 2u);
  EXPECT_EQ((*state)->row->ByteSizeLong(), 0u) << "it folds into no row";
  Close();
  fs::remove_all(folder_.Path("data/index"));
  Open();
  EXPECT_EQ((*seals_->Last())->position, second.position);
  ExpectSealed(second);
  ExpectIndexEqualsLog();
}

}  // namespace
}  // namespace registre::testing::seals_test
