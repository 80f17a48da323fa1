// kill -9 under sixteen writers, again and again: nothing acknowledged is lost, nothing is recorded
// twice, and the index is what the log says.
//
// REGISTRE_KILLS: how many kills (50). REGISTRE_TEST_SEED: repeats the choices of a run; what the
// machine does meanwhile it cannot repeat.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/crash/ledger_client.h"
#include "tests/crash/writers.h"
#include "tests/support/log_audit.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_seed.h"
#include "tests/support/workload.h"

namespace registre::testing {
namespace {

constexpr int kWriters = 16;
constexpr int kDefaultKills = 50;
// A round ends at a random number of acknowledgements, or after this time on a slow machine.
constexpr uint64_t kMaxUnitsARound = 350;
constexpr absl::Duration kMaxRound = absl::Seconds(10);
// The kill then comes at a random moment of the work of a few groups.
constexpr int64_t kMaxDelayMicroseconds = 3'000;
// So few that a round holds several flushes of the index, and a start often ends amid one.
constexpr uint64_t kLeastFlushEvents = 20;
constexpr uint64_t kMostFlushEvents = 300;
constexpr int kTagsLookedUp = 8;

int KillsWanted() {
  const char* const given = std::getenv("REGISTRE_KILLS");
  return given != nullptr ? std::max(1, std::atoi(given)) : kDefaultKills;
}

// What else happens in a round.
enum class Round { kPlain, kCheck, kRebuild };

class KillTest : public ::testing::Test {
 protected:
  KillTest() : seed_(TestSeed()), random_(seed_) {}

  ~KillTest() override {
    gate_.End();
    for (const auto& writer : writers_) writer->Join();
  }

  uint64_t Between(uint64_t least, uint64_t most) {
    return std::uniform_int_distribution<uint64_t>(least, most)(random_);
  }

  std::unique_ptr<ServerProcess> Launch() {
    return ServerProcess::Start(
        folder_.Path("data"),
        {"--index-flush-events", std::to_string(Between(kLeastFlushEvents, kMostFlushEvents))});
  }

  // Starts the server and waits until it serves.
  void StartServer() {
    const absl::Time begin = absl::Now();
    server_ = Launch();
    const auto address = server_->AwaitAddress();
    ASSERT_TRUE(address) << server_->output();
    last_start_ = absl::Now() - begin;
    client_ = std::make_shared<LedgerClient>(*address);
  }

  // Kills servers that have not finished starting.
  void KillSomeStarts(int most) {
    for (uint64_t left = Between(0, static_cast<uint64_t>(most)); left > 0; --left) {
      const auto starting = Launch();
      const auto longest = static_cast<uint64_t>(absl::ToInt64Microseconds(last_start_));
      absl::SleepFor(absl::Microseconds(Between(0, longest)));
      starting->Kill();
      ++kills_;
    }
  }

  // Everything that must hold, with nobody writing.
  void CheckAll() {
    LogAudit audit;
    ReadLog(*client_, &audit);
    for (const auto& writer : writers_) {
      for (const Acknowledged& unit : writer->acknowledged()) {
        audit.ExpectUnit(unit.request, unit.receipt);
      }
      for (const std::string& id : writer->refused()) audit.ExpectNothing(id);
    }
    ASSERT_THAT(audit.errors(), ::testing::IsEmpty());
    losses_ += audit.losses();
    duplicates_ += audit.duplicates();
    CheckStatus(audit);
    CheckIndex(audit);
    CheckFirstReceipts();
    v1::RebuildResponse last;
    const grpc::Status status = Rebuild(*client_, true, &last);
    ASSERT_TRUE(status.ok()) << Describe(status);
    ASSERT_TRUE(last.done());
    ASSERT_EQ(last.events(), audit.size());
    ASSERT_THAT(last.differences(), ::testing::IsEmpty());
  }

  void CheckStatus(const LogAudit& audit) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::GetStatusResponse status;
    ASSERT_TRUE(client_->admin->GetStatus(&context, {}, &status).ok());
    const Hash root = audit.root();
    EXPECT_EQ(status.size(), audit.size());
    EXPECT_EQ(status.root(), std::string(root.begin(), root.end()));
    EXPECT_EQ(status.recorder_state(), v1::RECORDER_STATE_RECORDING) << status.recorder_message();
    EXPECT_LE(status.index_size(), audit.size());
  }

  // The index leads to the events that the log has, for the shared tags and for some others.
  void CheckIndex(const LogAudit& audit) {
    std::vector<std::string> tags = WorkloadTags();
    for (int i = 0; i < kTagsLookedUp; ++i) {
      const Acknowledged* unit = AnyUnit();
      if (unit != nullptr) tags.push_back(StructureTag(unit->request));
    }
    for (const std::string& tag : tags)
      EXPECT_EQ(ReadChain(*client_, tag), audit.Chain(tag)) << tag;
  }

  // The last unit of every writer, and another one, give their first receipts again.
  void CheckFirstReceipts() {
    std::vector<const Acknowledged*> units;
    for (const auto& writer : writers_) {
      if (!writer->acknowledged().empty()) units.push_back(&writer->acknowledged().back());
      if (const Acknowledged* unit = AnyUnit(); unit != nullptr) units.push_back(unit);
    }
    for (const Acknowledged* unit : units) {
      v1::RecordResponse again;
      const grpc::Status status = Record(*client_, unit->request, &again);
      ASSERT_TRUE(status.ok()) << unit->request.command_id() << ": " << Describe(status);
      ASSERT_EQ(Writer::OtherThanFirst(*unit, again), "") << unit->request.command_id();
    }
  }

  const Acknowledged* AnyUnit() {
    if (writers_.empty()) return nullptr;
    const auto& units = writers_[Between(0, writers_.size() - 1)]->acknowledged();
    return units.empty() ? nullptr : &units[Between(0, units.size() - 1)];
  }

  // Lets the writers write, and kills the server amid it.
  void WriteAndKill(Round round) {
    std::string problem;
    std::thread rebuilds;
    if (round != Round::kPlain) {
      rebuilds = std::thread([this, round, &problem, client = client_] {
        problem = RebuildUntilKilled(*client, round == Round::kCheck);
      });
    }
    gate_.Open(client_);
    gate_.AwaitAcknowledged(Between(1, kMaxUnitsARound), kMaxRound);
    absl::SleepFor(absl::Microseconds(Between(0, kMaxDelayMicroseconds)));
    server_->Kill();
    ++kills_;
    gate_.Close();
    if (rebuilds.joinable()) rebuilds.join();
    EXPECT_EQ(problem, "");
    gate_.AwaitWaiting(kWriters);
  }

  // One after the other until the server is gone. What went wrong before, or nothing.
  std::string RebuildUntilKilled(const LedgerClient& client, bool check) {
    while (true) {
      v1::RebuildResponse last;
      const grpc::Status status = Rebuild(client, check, &last);
      if (!status.ok()) return ReasonOf(status).empty() ? "" : Describe(status);
      if (last.differences_size() > 0) return "under way: " + last.ShortDebugString();
      ++(check ? checks_ : rebuilds_);
    }
  }

  void ExpectNoErrors() {
    for (const auto& writer : writers_) EXPECT_THAT(writer->errors(), ::testing::IsEmpty());
  }

  void Report() {
    uint64_t units = 0;
    uint64_t acts = 0;
    uint64_t retries = 0;
    uint64_t unheard = 0;
    uint64_t repeated = 0;
    uint64_t refused = 0;
    for (const auto& writer : writers_) {
      units += writer->acknowledged().size();
      for (const Acknowledged& unit : writer->acknowledged()) acts += unit.request.acts_size();
      retries += writer->retries();
      unheard += writer->recorded_unheard();
      repeated += writer->duplicates_sent();
      refused += writer->refused().size();
    }
    std::printf(
        "%d kills, %lu rebuilds and %lu checks under way, %d indexes deleted\n"
        "%lu units (%lu acts) acknowledged, %lu retries (%lu had been recorded), %lu repeated, "
        "%lu refused\n%zu losses, %zu duplicates\n",
        kills_, rebuilds_, checks_, deleted_, units, acts, retries, unheard, repeated, refused,
        losses_, duplicates_);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  TempFolder folder_;
  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<LedgerClient> client_;
  absl::Duration last_start_;
  Gate gate_;
  std::vector<std::unique_ptr<Writer>> writers_;
  int kills_ = 0;
  int deleted_ = 0;
  uint64_t rebuilds_ = 0;
  uint64_t checks_ = 0;
  size_t losses_ = 0;
  size_t duplicates_ = 0;
};

TEST_F(KillTest, NothingAcknowledgedIsLostOrTwice) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  v1::RecordResponse receipt;
  const grpc::Status set_up = Record(*client_, WorkloadSetup(), &receipt);
  ASSERT_TRUE(set_up.ok()) << Describe(set_up);
  for (int i = 0; i < kWriters; ++i) {
    writers_.push_back(std::make_unique<Writer>(i, seed_, &gate_));
  }

  const int wanted = KillsWanted();
  for (int round = 0; kills_ < wanted; ++round) {
    constexpr Round kRounds[] = {Round::kPlain, Round::kRebuild, Round::kPlain, Round::kCheck};
    WriteAndKill(kRounds[round % std::size(kRounds)]);
    if (round % 5 == 4) {
      std::filesystem::remove_all(folder_.Path("data/index"));
      ++deleted_;
    }
    KillSomeStarts(round % 3 == 2 ? 2 : 0);
    ASSERT_NO_FATAL_FAILURE(StartServer());
    ASSERT_NO_FATAL_FAILURE(CheckAll()) << "after " << kills_ << " kills\n" << server_->output();
    ASSERT_NO_FATAL_FAILURE(ExpectNoErrors());
    ASSERT_FALSE(HasFailure()) << "after " << kills_ << " kills";
  }

  // A clean stop and a start change nothing.
  EXPECT_EQ(server_->Stop(), 0) << server_->output();
  ASSERT_NO_FATAL_FAILURE(StartServer());
  CheckAll();
  Report();
  EXPECT_EQ(losses_, 0);
  EXPECT_EQ(duplicates_, 0);
}

}  // namespace
}  // namespace registre::testing
