// An index that is damaged, foreign, missing or not to be written.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/store/index.h"
#include "ledger/store/index_codec.h"
#include "tests/ledger/store/index_model.h"

namespace registre::index_test::index_damage_test {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kFold = 7;

class IndexDamageTest : public ::testing::Test {
 protected:
  IndexDamageTest() {
    std::ofstream(folder_.path() / "HEAD") << "not the index's";
    fs::create_directory(folder_.path() / "log");
  }
  ~IndexDamageTest() override {
    EXPECT_TRUE(fs::exists(folder_.path() / "HEAD")) << "only the index is the index's";
    EXPECT_TRUE(fs::exists(folder_.path() / "log"));
  }

  std::unique_ptr<Index> Open(uint32_t fold_version = kFold) {
    auto index = Index::Open(folder_.index(), fold_version);
    EXPECT_TRUE(index.ok()) << index.status();
    return *std::move(index);
  }

  // Writes an index and closes it.
  void Write() {
    const auto index = Open();
    model_ = {};
    for (int i = 0; i < 3; ++i) {
      IndexDelta delta = RandomGroup(random_, 100, 4, 50, &model_);
      index->Publish(std::move(delta), HeadOf(model_.size));
      ASSERT_TRUE(index->Flush().ok());
    }
    ASSERT_EQ(index->disk_head().size, model_.size);
  }

  // It opens, is empty, and works.
  void ExpectStartsEmpty(uint32_t fold_version = kFold) {
    const auto index = Open(fold_version);
    EXPECT_EQ(index->disk_head().size, 0u);
    ExpectEqual(*index->Read(), Model(), random_);
    Model model;
    IndexDelta delta = RandomGroup(random_, 100, 4, 50, &model);
    index->Publish(std::move(delta), HeadOf(model.size));
    EXPECT_TRUE(index->Flush().ok());
    ExpectEqual(*index->Read(), model, random_);
  }

  std::vector<fs::path> Files(std::string_view text) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_.index())) {
      if (entry.path().filename().string().find(text) != std::string::npos) {
        files.push_back(entry.path());
      }
    }
    EXPECT_FALSE(files.empty()) << text;
    return files;
  }

  TemporaryFolder folder_;
  std::mt19937_64 random_{21};
  Model model_;
};

void Overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void FlipEveryByte(const fs::path& path) {
  std::string bytes(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<long>(bytes.size()));
  for (char& c : bytes) c = static_cast<char>(~c);
  Overwrite(path, bytes);
}

TEST_F(IndexDamageTest, StartsEmptyWhenItsFilesCannotBeRead) {
  struct Case {
    const char* name;
    std::function<void()> damage;
  };
  const std::vector<Case> cases = {
      {"folder deleted", [&] { fs::remove_all(folder_.index()); }},
      {"CURRENT empty", [&] { Overwrite(Files("CURRENT")[0], ""); }},
      {"CURRENT names no file", [&] { Overwrite(Files("CURRENT")[0], "MANIFEST-999999\n"); }},
      {"CURRENT is noise", [&] { Overwrite(Files("CURRENT")[0], std::string(64, '\xf7')); }},
      {"manifest deleted", [&] { fs::remove(Files("MANIFEST")[0]); }},
      {"manifest empty", [&] { fs::resize_file(Files("MANIFEST")[0], 0); }},
      {"manifest flipped", [&] { FlipEveryByte(Files("MANIFEST")[0]); }},
      {"tables deleted",
       [&] {
         for (const auto& file : Files(".sst")) fs::remove(file);
       }},
      {"tables cut",
       [&] {
         for (const auto& file : Files(".sst")) fs::resize_file(file, fs::file_size(file) / 2);
       }},
      {"tables flipped",
       [&] {
         for (const auto& file : Files(".sst")) FlipEveryByte(file);
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Write();
    c.damage();
    ExpectStartsEmpty();
  }
}

TEST_F(IndexDamageTest, StartsEmptyUnderAnotherFoldVersion) {
  Write();
  ExpectStartsEmpty(kFold + 1);
  ExpectStartsEmpty(kFold);
}

// Puts `bytes` under meta/head, as another program would have.
void ReplaceMeta(const std::string& directory, const std::string& bytes) {
  rocksdb::DBOptions options;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(options, directory, &names).ok());
  for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, directory, families, &handles, &db).ok());
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "meta") {
      ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), handles[i], kHeadKey, bytes).ok());
    }
  }
  for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  delete db;
}

TEST_F(IndexDamageTest, StartsEmptyWhenItsHeadIsOfAnotherFormatOrNoise) {
  std::string other;
  EncodeMeta(
      {.format_version = kIndexFormatVersion + 1, .fold_version = kFold, .head = HeadOf(300)},
      &other);
  for (const std::string& bytes : {other, std::string("x"), std::string()}) {
    Write();
    ReplaceMeta(folder_.index(), bytes);
    ExpectStartsEmpty();
  }
}

TEST_F(IndexDamageTest, KeepsWhatItCanRead) {
  Write();
  fs::create_directories(folder_.index() + "/incoming");
  Overwrite(folder_.index() + "/incoming/keys.sst", "left by a crash");
  const auto index = Open();
  EXPECT_EQ(index->disk_head().root, HeadOf(model_.size).root);
  ExpectEqual(*index->Read(), model_, random_);
  EXPECT_FALSE(fs::exists(folder_.index() + "/incoming/keys.sst"));
}

// Seen only when the bytes are read: an open index reads no table through.
TEST_F(IndexDamageTest, ReadsOfDamagedBytesSayDataLoss) {
  Write();
  for (const auto& file : Files(".sst")) {
    if (fs::file_size(file) < 1'300) continue;  // meta
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(100) << "damaged";
  }
  const auto index = Open();
  ASSERT_EQ(index->disk_head().size, model_.size);
  const auto reader = index->Read();
  int damaged = 0;
  for (const auto& [key, held] : model_.keys) {
    const auto state = reader->Get(key);
    const absl::Status history =
        reader->Postings(key, 1, false, [](uint64_t, const Posting&) { return true; });
    for (const absl::Status& status : {state.status(), history}) {
      if (status.ok()) continue;
      ++damaged;
      EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      EXPECT_EQ(ReasonOf(status), "INDEX_DAMAGED");
    }
  }
  const absl::Status walk =
      reader->ForEachKey("", "", [](std::string_view, const KeyState&) { return true; });
  EXPECT_TRUE(absl::IsDataLoss(walk)) << walk;
  EXPECT_GT(damaged, 0);
}

TEST_F(IndexDamageTest, IsInUseOnlyOnce) {
  Write();
  const auto index = Open();
  const auto second = Index::Open(folder_.index(), kFold);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  EXPECT_EQ(ReasonOf(second.status()), "DATA_FOLDER_IN_USE");
  ExpectEqual(*index->Read(), model_, random_);
}

TEST_F(IndexDamageTest, AFileInItsPlaceIsAnErrorAndStays) {
  Overwrite(folder_.index(), "a file");
  const auto index = Index::Open(folder_.index(), kFold);
  EXPECT_FALSE(index.ok());
  EXPECT_TRUE(fs::is_regular_file(folder_.index()));
}

// The folder it writes to is gone: the flush fails, and nothing is dropped or blocked.
TEST_F(IndexDamageTest, AFailedFlushIsKeptAndDropsNothing) {
  const auto index = Open();
  Model model;
  IndexDelta delta = RandomGroup(random_, 100, 4, 50, &model);
  index->Publish(std::move(delta), HeadOf(model.size));
  ASSERT_TRUE(index->Flush().ok());
  const LogHead flushed = index->disk_head();
  fs::remove_all(folder_.index() + "/incoming");
  for (int i = 0; i < 5; ++i) {
    delta = RandomGroup(random_, 100, 4, 50, &model);
    delta.events = kIndexFlushEvents;  // each would be frozen, and the third would wait
    index->Publish(std::move(delta), HeadOf(model.size));
  }
  const absl::Status status = index->Flush();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(index->status(), status);
  EXPECT_EQ(index->disk_head().size, flushed.size);
  ExpectEqual(*index->Read(), model, random_);
  // Nor does it write again by itself: the owner stops.
  fs::create_directory(folder_.index() + "/incoming");
  EXPECT_FALSE(index->Flush().ok());
  ExpectEqual(*index->Read(), model, random_);
  // Emptied, it is a new index.
  EXPECT_TRUE(index->Clear().ok());
  EXPECT_TRUE(index->status().ok());
  ExpectEqual(*index->Read(), Model(), random_);
}

}  // namespace
}  // namespace registre::index_test::index_damage_test
