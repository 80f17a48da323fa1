#include "ledger/store/entries_ahead.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "rocksdb/db.h"
#include "tests/support/temp_folder.h"

namespace registre::entries_ahead_test {
namespace {

class EntriesAheadTest : public ::testing::Test {
 protected:
  EntriesAheadTest() {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, folder_.Path("db"), &opened).ok());
    db_.reset(opened);
  }

  void Put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(db_->Put({}, key, value).ok());
    written_[key] = value;
  }
  std::unique_ptr<rocksdb::Iterator> Entries() {
    return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator({}));
  }

  TempFolder folder_;
  std::unique_ptr<rocksdb::DB> db_;
  std::map<std::string, std::string> written_;
};

TEST_F(EntriesAheadTest, GivesWhatTheIteratorGives) {
  for (int i = 0; i < 3'000; ++i) {
    Put("key " + std::to_string(i), std::string(static_cast<size_t>(i), 'v'));
  }
  Put("an empty value", "");
  Put("one larger than what is read at once", std::string(3'000'000, 'x'));
  std::map<std::string, std::string> read;
  std::string last;
  EntriesAhead entries(Entries());
  for (; entries.valid(); entries.Next()) {
    EXPECT_LT(last, entries.key());
    last = entries.key();
    read.emplace(entries.key(), entries.value());
  }
  EXPECT_TRUE(entries.status().ok());
  EXPECT_EQ(read, written_);
}

TEST_F(EntriesAheadTest, OfNothingIsAtItsEnd) {
  const EntriesAhead entries(Entries());
  EXPECT_FALSE(entries.valid());
  EXPECT_TRUE(entries.status().ok());
}

TEST_F(EntriesAheadTest, IsGivenUpWhereItStands) {
  for (int i = 0; i < 100; ++i) Put("key " + std::to_string(i), std::string(100'000, 'v'));
  EntriesAhead entries(Entries());
  ASSERT_TRUE(entries.valid());
  entries.Next();
  EXPECT_EQ(entries.key(), "key 1");
}

}  // namespace
}  // namespace registre::entries_ahead_test
