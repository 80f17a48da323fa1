// A naive index, and groups made at random, for the tests of the real one.
#ifndef REGISTRE_TESTS_LEDGER_STORE_INDEX_MODEL_H_
#define REGISTRE_TESTS_LEDGER_STORE_INDEX_MODEL_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/store/index.h"

namespace registre::index_test {

// A fresh folder, deleted at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  // The index of the tests; its parent holds nothing else.
  std::string index() const { return (path_ / "index").string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A row that says how many events its key has; the size of its label is chosen.
std::shared_ptr<const v1::Row> RowOf(uint64_t count, size_t label_bytes = 0);
uint64_t CountIn(const v1::Row& row);

// A head that belongs to a size.
LogHead HeadOf(uint64_t size);

struct ModelKey {
  KeyState state;
  std::vector<Posting> postings;           // sequence 1 first
  std::map<uint64_t, Snapshot> snapshots;  // by sequence
};

// Everything, in order, with no disk.
struct Model {
  std::map<std::string, ModelKey, std::less<>> keys;
  std::map<std::string, CommandRecord> commands;
  uint64_t size = 0;

  // What event `position` does to a key, here and in the group. Every `snapshot_every` events of a
  // key a snapshot is taken.
  void Touch(const std::string& key, uint64_t position, Days effective, uint16_t act,
             uint64_t snapshot_every, std::shared_ptr<const v1::Row> row, IndexDelta* delta);
  void Command(const std::string& command_key, uint64_t position, IndexDelta* delta);
};

// A group of `events` events, each on one to `max_keys` of `key_count` keys, with one command id.
IndexDelta RandomGroup(std::mt19937_64& random, uint64_t events, int max_keys, int key_count,
                       Model* model);

// The reader says what the model says: states, postings from everywhere in both directions,
// snapshots, commands, iteration. Failures are those of gtest. `random` chooses where histories are
// entered.
void ExpectEqual(const Index::Reader& reader, const Model& model, std::mt19937_64& random);

}  // namespace registre::index_test

#endif  // REGISTRE_TESTS_LEDGER_STORE_INDEX_MODEL_H_
