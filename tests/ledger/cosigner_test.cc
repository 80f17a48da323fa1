// A witness remembers what it cosigned, whatever happens. All logs are test data.
#include "ledger/cosigner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_log.h"

namespace registre::testing::cosigner_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kName[] = "witness.example.org/w1";

class CosignerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    log_.Add(60);
    MustOpen();
  }

  absl::Status Open(const std::string& name = kName) {
    cosigner_.reset();
    auto cosigner = Cosigner::Open({.directory = folder_.Path("witness"),
                                    .name = name,
                                    .log_keys = {log_.verifier(), other_.verifier()},
                                    .clock = &clock_});
    if (cosigner.ok()) cosigner_ = *std::move(cosigner);
    return cosigner.status();
  }
  void MustOpen() {
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }
  Cosigner::Answer Ask(const TestLog& log, uint64_t from, uint64_t to) {
    return cosigner_->AddCheckpoint(
        FormatWitnessRequest(from, log.Consistency(from, to), log.Sign(to)));
  }
  std::string FileOf(const TestLog& log) const {
    return folder_.Path("witness/" + HexOf(Sha256(log.origin())) + ".checkpoint");
  }
  size_t Evidence() const {
    return static_cast<size_t>(std::distance(
        fs::directory_iterator(folder_.Path("witness/evidence")), fs::directory_iterator()));
  }
  std::optional<std::string> Latest() const {
    return cosigner_->LatestOf(HexOf(Sha256(log_.origin())));
  }

  TempFolder folder_;
  TestClock clock_;
  TestLog log_{"example.org/log", TestKey('l')};
  TestLog other_{"example.org/other", TestKey('o')};
  std::unique_ptr<Cosigner> cosigner_;
};

TEST_F(CosignerTest, CosignsAtItsTime) {
  EXPECT_EQ(Latest(), std::nullopt);
  const auto answer = Ask(log_, 0, 7);
  ASSERT_EQ(answer.status, 200) << answer.body;
  Note note = *ParseNote(log_.Sign(7));
  note.signatures = *ParseSignatureLines(answer.body);
  ASSERT_EQ(note.signatures.size(), 1u);
  const absl::Time now = absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(**CosignedAt(note, cosigner_->key()), now);
  EXPECT_EQ(cosigner_->key().use, KeyUse::kWitness);
  EXPECT_EQ(cosigner_->key().name, kName);

  const Note kept = *ParseNote(*Latest());
  EXPECT_EQ(*IsSignedBy(kept, log_.verifier()), true);
  EXPECT_EQ(**CosignedAt(kept, cosigner_->key()), now);
  EXPECT_EQ(cosigner_->LatestOf(HexOf(Sha256(other_.origin()))), std::nullopt);
  EXPECT_EQ(cosigner_->LatestOf("x"), std::nullopt);
}

TEST_F(CosignerTest, RemembersOverRestarts) {
  const VerifierKey key = cosigner_->key();
  ASSERT_EQ(Ask(log_, 0, 7).status, 200);
  const auto note = Latest();
  MustOpen();
  EXPECT_EQ(cosigner_->key(), key);
  EXPECT_EQ(Latest(), note);
  const auto conflict = Ask(log_, 0, 9);
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.body, "7\n");
  EXPECT_EQ(Ask(log_, 7, 9).status, 200);
  struct stat status = {};
  ASSERT_EQ(::stat(folder_.Path("witness/key.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(CosignerTest, RefusesToForget) {
  ASSERT_EQ(Ask(log_, 0, 7).status, 200);
  const std::string path = FileOf(log_);
  const std::string good = *Latest();
  for (size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    std::ofstream(path, std::ios::binary) << changed;
    const absl::Status opened = Open();
    // The log's own signature is looked at when the log asks again, not here.
    if (opened.ok()) {
      const Note note = *ParseNote(changed);
      EXPECT_EQ(note.text, ParseNote(good)->text);
      EXPECT_TRUE(CosignedAt(note, cosigner_->key()).ok());
      continue;
    }
    EXPECT_EQ(ReasonOf(opened), "WITNESS_DAMAGED") << opened;
    EXPECT_THAT(std::string(opened.message()), HasSubstr(path));
  }
  std::ofstream(path, std::ios::binary) << good;
  EXPECT_TRUE(Open().ok());
  EXPECT_EQ(ReasonOf(Open("witness.example.org/w2")), "WITNESS_DAMAGED");

  cosigner_.reset();
  const std::string key = folder_.Path("witness/key.pem");
  fs::permissions(key, fs::perms::owner_read | fs::perms::group_read);
  EXPECT_EQ(ReasonOf(Open()), "KEYS_READABLE");
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  fs::rename(key, key + ".away");
  EXPECT_EQ(ReasonOf(Open()), "WITNESS_DAMAGED") << "the key is gone";
  std::ofstream(key) << "no key";
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(ReasonOf(Open()), "WITNESS_DAMAGED");
}

TEST_F(CosignerTest, OneAtATimeInAFolder) {
  const auto second = Cosigner::Open({.directory = folder_.Path("witness"),
                                      .name = kName,
                                      .log_keys = {log_.verifier()},
                                      .clock = &clock_});
  EXPECT_EQ(ReasonOf(second.status()), "DATA_FOLDER_IN_USE") << second.status();
  for (const std::string bad : {"", "a b", "a+b"}) {
    EXPECT_EQ(
        ReasonOf(
            Cosigner::Open(
                {.directory = folder_.Path("other"), .name = bad, .log_keys = {}, .clock = &clock_})
                .status()),
        "NAME_INVALID");
  }
}

TEST_F(CosignerTest, ForksAreRefusedAndKeptAsEvidence) {
  TestLog forked("example.org/log", TestKey('l'));
  forked.Add(5);
  forked.Add(30, "other leaf");
  ASSERT_EQ(Ask(log_, 0, 9).status, 200);
  const std::string request = FormatWitnessRequest(9, forked.Consistency(9, 20), forked.Sign(20));
  EXPECT_EQ(cosigner_->AddCheckpoint(request).status, 422);
  EXPECT_EQ(cosigner_->AddCheckpoint(request).status, 422) << "again: kept once";
  ASSERT_EQ(Evidence(), 1u);
  const auto kept = fs::directory_iterator(folder_.Path("witness/evidence"))->path();
  std::ifstream file(kept, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), request);
  EXPECT_THAT(kept.filename().string(), HasSubstr("proof-fails-"));

  EXPECT_EQ(Ask(forked, 9, 9).status, 422);
  EXPECT_EQ(Evidence(), 2u) << "the same size, another root";
  EXPECT_EQ(ParseCheckpoint(ParseNote(*Latest())->text)->root, log_.Root(9));
  // What nobody signed is no evidence.
  TestLog impostor("example.org/log", TestKey('i'));
  impostor.Add(9, "x");
  EXPECT_EQ(Ask(impostor, 9, 9).status, 403);
  EXPECT_EQ(Evidence(), 2u);
}

TEST_F(CosignerTest, EvidenceIsBounded) {
  log_.Add(60);
  ASSERT_EQ(Ask(log_, 0, 9).status, 200);
  for (uint64_t size = 10; size < 10 + kMaxEvidence + 10; ++size) {
    EXPECT_EQ(cosigner_->AddCheckpoint(FormatWitnessRequest(9, {}, log_.Sign(size))).status, 422);
  }
  EXPECT_EQ(Evidence(), kMaxEvidence);
  // That does not push out what proves a fork.
  TestLog forked("example.org/log", TestKey('l'));
  forked.Add(9, "other leaf");
  EXPECT_EQ(Ask(forked, 9, 9).status, 422);
  EXPECT_EQ(Evidence(), kMaxEvidence + 1);
  MustOpen();
  EXPECT_EQ(cosigner_->AddCheckpoint(FormatWitnessRequest(9, {}, log_.Sign(119))).status, 422);
  EXPECT_EQ(Evidence(), kMaxEvidence + 1) << "also over a restart";
}

TEST_F(CosignerTest, NothingIsCosignedThatCannotBeKept) {
  ASSERT_EQ(Ask(log_, 0, 7).status, 200);
  // Where the file is to be written there is a folder.
  fs::create_directory(FileOf(log_) + ".tmp");
  const auto failed = Ask(log_, 7, 9);
  EXPECT_EQ(failed.status, 500);
  EXPECT_THAT(failed.body, ::testing::Not(HasSubstr(kName)));
  fs::remove(FileOf(log_) + ".tmp");
  EXPECT_EQ(Ask(log_, 7, 8).status, 200) << "the latest is still that of before";
}

TEST_F(CosignerTest, ConcurrentRequestsNeverRollBack) {
  other_.Add(60, "other");
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      const TestLog& log = i % 2 == 0 ? log_ : other_;
      uint64_t known = 0;
      uint64_t cosigned = 0;
      while (known < log.size()) {
        const uint64_t to = std::min(known + 1 + static_cast<uint64_t>(i), log.size());
        const auto answer = Ask(log, known, to);
        if (answer.status == 200) {
          known = to;
        } else {
          ASSERT_EQ(answer.status, 409) << answer.body;
          known = *ParseWitnessSize(answer.body);
        }
        EXPECT_GE(known, cosigned);
        cosigned = std::max(cosigned, known);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ParseCheckpoint(ParseNote(*Latest())->text)->size, log_.size());
  const auto latest = Latest();
  MustOpen();
  EXPECT_EQ(Latest(), latest);
}

}  // namespace
}  // namespace registre::testing::cosigner_test
