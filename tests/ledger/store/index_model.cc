#include "tests/ledger/store/index_model.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <utility>

namespace registre::index_test {
namespace {

bool Same(const Posting& a, const Posting& b) {
  return a.position == b.position && a.effective == b.effective && a.act == b.act &&
         a.flagged == b.flagged;
}

bool Same(const KeyState& a, const KeyState& b) {
  return a.count == b.count && a.last_position == b.last_position &&
         a.max_effective == b.max_effective && a.block_min_effective == b.block_min_effective &&
         a.row != nullptr && a.row->SerializeAsString() == b.row->SerializeAsString();
}

void ExpectPostings(const Index::Reader& reader, const std::string& key, const ModelKey& model,
                    uint64_t from, bool backward, size_t at_most) {
  std::vector<uint64_t> wanted;
  const uint64_t count = model.postings.size();
  if (backward) {
    for (uint64_t s = std::min(from, count); s >= 1; --s) wanted.push_back(s);
  } else {
    for (uint64_t s = std::max<uint64_t>(from, 1); s <= count; ++s) wanted.push_back(s);
  }
  if (wanted.size() > at_most) wanted.resize(at_most);

  std::vector<uint64_t> seen;
  const absl::Status status =
      reader.Postings(key, from, backward, [&](uint64_t sequence, const Posting& posting) {
        seen.push_back(sequence);
        EXPECT_TRUE(sequence >= 1 && sequence <= count &&
                    Same(posting, model.postings[sequence - 1]))
            << key << " " << sequence;
        return seen.size() < at_most;
      });
  EXPECT_TRUE(status.ok()) << status;
  // A visitor that wants nothing is still called once.
  if (at_most > 0) {
    EXPECT_EQ(seen, wanted) << key << " from " << from << (backward ? " backward" : "");
  }
}

void ExpectSnapshot(const Index::Reader& reader, const std::string& key, const ModelKey& model,
                    uint64_t sequence) {
  const auto snapshot = reader.GetSnapshot(key, sequence);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  const auto after = model.snapshots.upper_bound(sequence);
  ASSERT_EQ(snapshot->has_value(), after != model.snapshots.begin()) << key << " " << sequence;
  if (!snapshot->has_value()) return;
  const Snapshot& wanted = std::prev(after)->second;
  EXPECT_EQ((*snapshot)->sequence, wanted.sequence);
  EXPECT_EQ((*snapshot)->max_effective, wanted.max_effective);
  EXPECT_EQ((*snapshot)->block_min_effective, wanted.block_min_effective);
  EXPECT_EQ((*snapshot)->row, wanted.row);
}

void ExpectBlockDates(const Index::Reader& reader, const std::string& key, const ModelKey& model,
                      uint64_t from, size_t at_most) {
  std::vector<std::pair<uint64_t, Days>> wanted;
  for (auto it = model.snapshots.lower_bound(from);
       it != model.snapshots.end() && wanted.size() < at_most; ++it) {
    wanted.emplace_back(it->first, it->second.block_min_effective);
  }
  std::vector<std::pair<uint64_t, Days>> seen;
  const absl::Status status = reader.BlockDates(key, from, [&](uint64_t sequence, Days earliest) {
    seen.emplace_back(sequence, earliest);
    return seen.size() < at_most;
  });
  EXPECT_TRUE(status.ok()) << status;
  if (at_most > 0) {
    EXPECT_EQ(seen, wanted) << key << " from " << from << ", at most " << at_most;
  }
}

void ExpectKeys(const Index::Reader& reader, const Model& model, const std::string& prefix,
                const std::string& after, size_t at_most) {
  std::vector<std::string> wanted;
  for (const auto& [key, unused] : model.keys) {
    if (key.starts_with(prefix) && (after.empty() || key > after)) wanted.push_back(key);
  }
  if (wanted.size() > at_most) wanted.resize(at_most);
  std::vector<std::string> seen;
  const absl::Status status =
      reader.ForEachKey(prefix, after, [&](std::string_view key, const KeyState& state) {
        seen.emplace_back(key);
        const auto it = model.keys.find(key);
        EXPECT_TRUE(it != model.keys.end() && Same(state, it->second.state)) << key;
        return seen.size() < at_most;
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(seen, wanted) << "prefix " << prefix << " after " << after;
  std::vector<std::string> names;
  const absl::Status named = reader.ForEachKeyName(prefix, after, [&](std::string_view key) {
    names.emplace_back(key);
    return names.size() < at_most;
  });
  EXPECT_TRUE(named.ok()) << named;
  EXPECT_EQ(names, seen) << "prefix " << prefix << " after " << after;
  std::vector<std::string> heads;
  const absl::Status headed = reader.ForEachKeyHead(
      prefix, after, [&](std::string_view key, uint64_t count, uint64_t last_position) {
        heads.emplace_back(key);
        const auto it = model.keys.find(key);
        EXPECT_TRUE(it != model.keys.end() && count == it->second.state.count &&
                    last_position == it->second.state.last_position)
            << key;
        return heads.size() < at_most;
      });
  EXPECT_TRUE(headed.ok()) << headed;
  EXPECT_EQ(heads, seen) << "prefix " << prefix << " after " << after;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "registre-index-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::shared_ptr<const v1::Row> RowOf(uint64_t count, size_t label_bytes) {
  auto row = std::make_shared<v1::Row>();
  row->mutable_budget_line()->set_voted_cents(static_cast<int64_t>(count));
  if (label_bytes > 0) row->mutable_budget_line()->set_label(std::string(label_bytes, 'l'));
  return row;
}

uint64_t CountIn(const v1::Row& row) {
  return static_cast<uint64_t>(row.budget_line().voted_cents());
}

LogHead HeadOf(uint64_t size) {
  LogHead head{.size = size, .root = {}};
  for (size_t i = 0; i < head.root.size(); ++i) {
    head.root[i] = static_cast<uint8_t>(size * 31 + i);
  }
  return head;
}

void Model::Touch(const std::string& key, uint64_t position, Days effective, uint16_t act,
                  uint64_t snapshot_every, std::shared_ptr<const v1::Row> row, IndexDelta* delta) {
  ModelKey& held = keys[key];
  KeyState& state = held.state;
  const bool starts_block = state.count % snapshot_every == 0;
  ++state.count;
  state.last_position = position;
  state.max_effective = std::max(state.max_effective, effective);
  state.block_min_effective =
      starts_block ? effective : std::min(state.block_min_effective, effective);
  state.row = std::move(row);
  held.postings.push_back({position, effective, act, position % 3 == 0});

  KeyDelta& change = delta->keys[key];
  change.state = state;
  change.postings.push_back(held.postings.back());
  if (state.count % snapshot_every != 0) return;
  const Snapshot snapshot{.sequence = state.count,
                          .max_effective = state.max_effective,
                          .block_min_effective = state.block_min_effective,
                          .row = state.row->SerializeAsString()};
  held.snapshots[state.count] = snapshot;
  change.snapshots.push_back(snapshot);
}

void Model::Command(const std::string& command_key, uint64_t position, IndexDelta* delta) {
  const CommandRecord command{.first_position = position,
                              .fingerprint = std::string(33, static_cast<char>(position))};
  commands[command_key] = command;
  delta->commands[command_key] = command;
}

IndexDelta RandomGroup(std::mt19937_64& random, uint64_t events, int max_keys, int key_count,
                       Model* model) {
  constexpr const char* kKinds[] = {"call", "convention", "payment", "structure"};
  constexpr uint64_t kSnapshots = 5;  // often, so that blocks cross every border
  IndexDelta delta;
  delta.events = events;
  model->Command(CommandKey("test-subject", fmt::format("command-{}", model->size)), model->size,
                 &delta);
  for (uint64_t i = 0; i < events; ++i) {
    const uint64_t position = model->size++;
    const int wanted = 1 + static_cast<int>(random() % max_keys);
    std::vector<std::string> touched;
    for (int k = 0; k < wanted; ++k) {
      // Squared: a few keys have long histories.
      const uint64_t draw = random() % key_count;
      const uint64_t number = draw * draw / key_count;
      std::string key = fmt::format("{}:{}", kKinds[number % 4], number);
      if (std::find(touched.begin(), touched.end(), key) != touched.end()) continue;
      touched.push_back(key);
      const uint64_t count = model->keys[key].state.count + 1;
      const Days effective =
          random() % 8 == 0 ? kAlways : static_cast<Days>(random() % 40'000) - 20'000;
      // Some events leave no row.
      auto row = random() % 8 == 0 ? std::make_shared<const v1::Row>() : RowOf(count);
      model->Touch(key, position, effective, static_cast<uint16_t>(random()), kSnapshots,
                   std::move(row), &delta);
    }
  }
  return delta;
}

void ExpectEqual(const Index::Reader& reader, const Model& model, std::mt19937_64& random) {
  EXPECT_EQ(reader.size(), model.size);
  for (const auto& [key, held] : model.keys) {
    const auto state = reader.Get(key);
    ASSERT_TRUE(state.ok()) << state.status();
    ASSERT_TRUE(state->has_value()) << key;
    EXPECT_TRUE(Same(**state, held.state)) << key;
    const uint64_t count = held.postings.size();
    for (const bool backward : {false, true}) {
      for (const uint64_t from : {uint64_t{0}, uint64_t{1}, count, count + 3, ~uint64_t{0},
                                  random() % (count + 1), random() % (count + 1)}) {
        ExpectPostings(reader, key, held, from, backward, ~size_t{0});
        ExpectPostings(reader, key, held, from, backward, 1 + random() % (count + 1));
      }
    }
    for (const uint64_t at : {uint64_t{0}, count, ~uint64_t{0}, random() % (count + 1)}) {
      ExpectSnapshot(reader, key, held, at);
      ExpectBlockDates(reader, key, held, at, ~size_t{0});
      ExpectBlockDates(reader, key, held, at, 1 + random() % 3);
    }
  }
  for (const auto& [command_key, wanted] : model.commands) {
    const auto command = reader.GetCommand(command_key);
    ASSERT_TRUE(command.ok() && command->has_value()) << command.status();
    EXPECT_EQ((*command)->first_position, wanted.first_position);
    EXPECT_EQ((*command)->fingerprint, wanted.fingerprint);
  }
  for (const std::string prefix : {"", "c", "call:", "structure:1", "zone:", "\xff"}) {
    ExpectKeys(reader, model, prefix, "", ~size_t{0});
    ExpectKeys(reader, model, prefix, "", 3);
    ExpectKeys(reader, model, prefix, "call:", 2);
    ExpectKeys(reader, model, prefix, "zzz", ~size_t{0});
    if (model.keys.empty()) continue;
    const auto after = std::next(model.keys.begin(), random() % model.keys.size());
    ExpectKeys(reader, model, prefix, after->first, ~size_t{0});
  }
  // What no event touched.
  EXPECT_FALSE((*reader.Get("structure:none")).has_value());
  EXPECT_FALSE((*reader.GetCommand(CommandKey("test-subject", "none"))).has_value());
  EXPECT_FALSE((*reader.GetSnapshot("structure:none", 1'000)).has_value());
  ExpectPostings(reader, "structure:none", {}, 1, false, 1);
  ExpectPostings(reader, "structure:none", {}, 9, true, 1);
  ExpectBlockDates(reader, "structure:none", {}, 0, 1);
}

}  // namespace registre::index_test
