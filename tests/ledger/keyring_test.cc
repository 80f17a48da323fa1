#include "ledger/keyring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "tests/support/temp_folder.h"

namespace registre::testing::keyring_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "registre.example/essai";

class KeyringTest : public ::testing::Test {
 protected:
  std::unique_ptr<Keyring> Open() {
    auto keyring = Keyring::Open(folder_.path());
    EXPECT_TRUE(keyring.ok()) << keyring.status();
    return keyring.ok() ? *std::move(keyring) : nullptr;
  }
  absl::Status Refused() { return Keyring::Open(folder_.path()).status(); }

  absl::Status Inspect(std::vector<std::string>* notes = nullptr) {
    std::vector<std::string> ignored;
    const auto verifiers = ReadVerifiers(folder_.path());
    EXPECT_TRUE(verifiers.ok()) << verifiers.status();
    return InspectPrivateKeys(folder_.path(), *verifiers, notes == nullptr ? &ignored : notes);
  }
  void ExpectNotes(size_t count, const std::string& of) {
    std::vector<std::string> notes;
    const absl::Status inspected = Inspect(&notes);
    EXPECT_TRUE(inspected.ok()) << of << ": " << inspected;
    EXPECT_EQ(notes.size(), count) << of;
  }

  std::string PathOf(const std::string& name) const { return folder_.Path("keys/" + name); }
  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.Path("keys"))) {
      names.insert(entry.path().filename());
    }
    return names;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(PathOf(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void Write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(PathOf(name), std::ios::binary | std::ios::trunc) << text;
    ASSERT_EQ(::chmod(PathOf(name).c_str(), mode), 0);
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  TempFolder folder_;
};

TEST_F(KeyringTest, TheFirstStartMakesAKeyForItsOwnerAlone) {
  const auto keyring = Open();
  EXPECT_EQ(Files(), std::set<std::string>({"1.pem"}));
  EXPECT_EQ(ModeOf(PathOf("1.pem")), 0600u);
  EXPECT_EQ(ModeOf(folder_.Path("keys")), 0700u);
  EXPECT_TRUE(keyring->verifiers().empty()) << "it has no name before there is an origin";
}

TEST_F(KeyringTest, AKeyIsAmongTheVerifiersBeforeItIsGiven) {
  auto keyring = Open();
  const auto keys = keyring->ToSignFor(kOrigin);
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 1u);
  const VerifierKey verifier{
      .name = kOrigin, .use = KeyUse::kLog, .public_key = keys->front().public_key()};
  EXPECT_THAT(keyring->verifiers(), ElementsAre(verifier));
  EXPECT_EQ(Read("verifiers"), FormatVerifierKey(verifier) + "\n");

  keyring.reset();
  keyring = Open();
  EXPECT_THAT(keyring->verifiers(), ElementsAre(verifier));
  EXPECT_EQ(keyring->ToSignFor(kOrigin)->front().public_key(), verifier.public_key);
  EXPECT_EQ(keyring->verifiers().size(), 1u) << "once";
}

TEST_F(KeyringTest, AnotherOriginIsAnotherVerifierOfTheSameKey) {
  auto keyring = Open();
  ASSERT_TRUE(keyring->ToSignFor(kOrigin).ok());
  ASSERT_TRUE(keyring->ToSignFor("registre.example/essai/restored-7").ok());
  const auto verifiers = keyring->verifiers();
  ASSERT_EQ(verifiers.size(), 2u);
  EXPECT_EQ(verifiers[0].public_key, verifiers[1].public_key);
  EXPECT_EQ(verifiers[1].name, "registre.example/essai/restored-7");
  EXPECT_NE(verifiers[0].id(), verifiers[1].id());
}

TEST_F(KeyringTest, ARotationSignsWithBothOnceAndKeepsTheOldVerifier) {
  auto keyring = Open();
  const auto before = keyring->ToSignFor(kOrigin);
  const auto rotated = keyring->Rotate(kOrigin);
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  EXPECT_EQ(ModeOf(PathOf("2.pem")), 0600u);
  const absl::Status again = keyring->Rotate(kOrigin).status();
  EXPECT_EQ(ReasonOf(again), "KEY_JUST_ROTATED");
  EXPECT_EQ(again.code(), absl::StatusCode::kFailedPrecondition);

  // Across a restart as well.
  keyring.reset();
  keyring = Open();
  const auto both = keyring->ToSignFor(kOrigin);
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ(both->at(0).public_key(), rotated->public_key) << "the newer first";
  EXPECT_EQ(both->at(1).public_key(), before->front().public_key());

  ASSERT_TRUE(keyring->Signed().ok());
  EXPECT_EQ(Files(), std::set<std::string>({"2.pem", "verifiers"})) << "the old key is given up";
  EXPECT_EQ(keyring->ToSignFor(kOrigin)->size(), 1u);
  EXPECT_EQ(keyring->verifiers().size(), 2u);
  EXPECT_EQ(keyring->verifiers().back(), *rotated) << "the last one signs now";
  EXPECT_TRUE(keyring->Rotate(kOrigin).ok());
  EXPECT_TRUE(Files().contains("3.pem"));
}

TEST_F(KeyringTest, ARotationBeforeTheFirstSignatureKeepsBoth) {
  auto keyring = Open();
  ASSERT_TRUE(keyring->Rotate(kOrigin).ok());
  EXPECT_EQ(keyring->verifiers().size(), 2u);
  EXPECT_EQ(keyring->ToSignFor(kOrigin)->size(), 2u);
}

// Cut off at each of its steps: the key beside, `verifiers`, the key in its place.
TEST_F(KeyringTest, ARotationThatACrashCutOffIsEnded) {
  auto keyring = Open();
  ASSERT_TRUE(keyring->ToSignFor(kOrigin).ok());
  const std::string before = Read("verifiers");
  ASSERT_TRUE(keyring->Rotate(kOrigin).ok());
  const std::string after = Read("verifiers");
  const std::string made = Read("2.pem");
  keyring.reset();
  fs::remove(PathOf("2.pem"));

  for (const std::string& half : {std::string(), made.substr(0, 50), made}) {
    Write("2.pem.new", half);
    Write("2.pem.new.tmp", "half a k");
    Write("verifiers", before);
    ExpectNotes(1, half);
    keyring = Open();
    ASSERT_NE(keyring, nullptr) << half;
    EXPECT_EQ(keyring->ToSignFor(kOrigin)->size(), 1u) << "nobody was told of it";
    EXPECT_EQ(keyring->verifiers().size(), 1u);
    EXPECT_FALSE(Files().contains("2.pem.new"));
    EXPECT_FALSE(Files().contains("2.pem"));
  }

  Write("2.pem.new", made);
  Write("verifiers", after);
  ExpectNotes(1, "announced");
  keyring = Open();
  ASSERT_NE(keyring, nullptr);
  const auto both = keyring->ToSignFor(kOrigin);
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ(both->front().public_key(), keyring->verifiers().back().public_key);
  EXPECT_EQ(keyring->verifiers().size(), 2u);
  EXPECT_EQ(Read("2.pem"), made);
  EXPECT_FALSE(Files().contains("2.pem.new"));
  ExpectNotes(0, "in its place");
}

TEST_F(KeyringTest, AKeyThatNoRotationMadeIsNeverSignedWith) {
  std::string first;
  {
    const auto keyring = Open();
    ASSERT_TRUE(keyring->ToSignFor(kOrigin).ok());
    first = Read("1.pem");
  }
  const std::string verifiers = Read("verifiers");
  const std::string foreign = SigningKey::Generate()->ToPem();
  Write("2.pem", foreign);
  const absl::Status refused = Refused();
  EXPECT_EQ(ReasonOf(refused), "KEYS_DAMAGED") << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("2.pem"));
  EXPECT_EQ(ReasonOf(Inspect()), "KEYS_DAMAGED");
  EXPECT_EQ(Files(), std::set<std::string>({"1.pem", "2.pem", "verifiers"}));
  EXPECT_EQ(Read("verifiers"), verifiers);
  // As if a rotation had made it: no verifier announces it.
  fs::rename(PathOf("2.pem"), PathOf("2.pem.new"));
  EXPECT_EQ(Open()->ToSignFor(kOrigin)->size(), 1u);
  EXPECT_EQ(Read("verifiers"), verifiers);
  EXPECT_FALSE(Files().contains("2.pem.new"));
  // A key that was given up comes back above the last verifier's.
  {
    const auto keyring = Open();
    ASSERT_TRUE(keyring->Rotate(kOrigin).ok() && keyring->Signed().ok());
  }
  Write("3.pem", first);
  EXPECT_EQ(ReasonOf(Refused()), "KEYS_DAMAGED");
  EXPECT_EQ(ReasonOf(Inspect()), "KEYS_DAMAGED");
  // Or takes its place.
  fs::rename(PathOf("3.pem"), PathOf("2.pem"));
  EXPECT_EQ(ReasonOf(Refused()), "KEYS_DAMAGED");
  EXPECT_EQ(ReasonOf(Inspect()), "KEYS_DAMAGED");
}

TEST_F(KeyringTest, AKeyThatOthersMayReadIsRefused) {
  Open();
  for (const mode_t mode : {0640u, 0604u, 0660u, 0610u, 0602u}) {
    ASSERT_EQ(::chmod(PathOf("1.pem").c_str(), mode), 0);
    const absl::Status refused = Refused();
    EXPECT_EQ(ReasonOf(refused), "KEYS_READABLE") << mode;
    EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(refused.message()), HasSubstr("chmod 600"));
  }
  ASSERT_EQ(::chmod(PathOf("1.pem").c_str(), 0400), 0);
  EXPECT_TRUE(Refused().ok());
}

TEST_F(KeyringTest, DamageIsRefused) {
  {
    const auto keyring = Open();
    ASSERT_TRUE(keyring->ToSignFor(kOrigin).ok());
  }
  const std::string key = Read("1.pem");
  const std::string verifiers = Read("verifiers");
  const auto expect_damaged = [this](const char* what) {
    const absl::Status refused = Refused();
    EXPECT_EQ(ReasonOf(refused), "KEYS_DAMAGED") << what << ": " << refused;
    EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << what;
  };
  for (const std::string& damaged : {std::string(), std::string("x"), key.substr(0, 60)}) {
    Write("1.pem", damaged);
    expect_damaged("a key that is none");
  }
  Write("1.pem", SigningKey::Generate()->ToPem());
  expect_damaged("another's key");
  fs::remove(PathOf("1.pem"));
  expect_damaged("no key");
  Write("1.pem", key);
  for (const std::string& damaged : {verifiers.substr(0, verifiers.size() - 1), verifiers + "\n",
                                     "x" + verifiers, verifiers.substr(1)}) {
    Write("verifiers", damaged);
    expect_damaged("verifiers");
  }
  Write("verifiers", verifiers);
  Write("2.pem", SigningKey::Generate()->ToPem());
  Write("3.pem", SigningKey::Generate()->ToPem());
  expect_damaged("three keys");
  fs::remove(PathOf("2.pem"));
  fs::remove(PathOf("3.pem"));
  EXPECT_TRUE(Refused().ok()) << "as it was";
}

TEST_F(KeyringTest, HoldsNoMoreVerifiersThanTheLimit) {
  auto keyring = Open();
  std::string lines;
  const auto key = keyring->ToSignFor("o")->front().public_key();
  for (size_t i = 0; i < kMaxVerifierKeys; ++i) {
    lines += FormatVerifierKey({.name = "o" + std::to_string(i), .public_key = key}) + "\n";
  }
  keyring.reset();
  Write("verifiers", lines);
  keyring = Open();
  EXPECT_EQ(ReasonOf(keyring->Rotate("o0").status()), "TOO_MANY_KEYS");
  EXPECT_EQ(ReasonOf(keyring->ToSignFor("new").status()), "TOO_MANY_KEYS");
  EXPECT_TRUE(keyring->ToSignFor("o7").ok());
  EXPECT_FALSE(Files().contains("2.pem")) << "a refused rotation makes no key";
}

}  // namespace
}  // namespace registre::testing::keyring_test
