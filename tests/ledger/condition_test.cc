#include "ledger/condition.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "projections/state_reader.h"
#include "tests/support/temp_folder.h"

namespace registre::testing::condition_test {
namespace {

constexpr uint16_t kOrder = static_cast<uint16_t>(v1::Act::kPaymentOrdered);
constexpr uint16_t kSettled = static_cast<uint16_t>(v1::Act::kPaymentSettled);

// Histories of tags, without rows; their events are made when they are asked for.
class ConditionTest : public ::testing::Test {
 protected:
  ConditionTest() : index_(*Index::Open(folder_.Path("index"), 1)) {}

  // `count` events of a tag at first, first + 2, ...: orders, and settlements every tenth.
  void AddHistory(const std::string& tag, uint64_t first, uint64_t count) {
    IndexDelta delta;
    KeyDelta& key = delta.keys[tag];
    for (uint64_t i = 0; i < count; ++i) {
      key.postings.push_back({.position = first + 2 * i, .act = i % 10 == 9 ? kSettled : kOrder});
    }
    key.state.count = count;
    key.state.last_position = key.postings.back().position;
    key.state.row = std::make_shared<v1::Row>();
    delta.events = count;
    index_->Publish(std::move(delta), {.size = key.state.last_position + 1});
  }

  static v1::QueryItem Item(const std::vector<std::string>& tags, const std::string& type = "") {
    v1::QueryItem item;
    for (const std::string& tag : tags) item.add_tags(tag);
    if (!type.empty()) item.add_types(type);
    return item;
  }

  // Events are orders with the tags `tags_of_events_`.
  absl::Status Check(const std::vector<v1::QueryItem>& items, uint64_t from = 0) {
    v1::Condition condition;
    for (const v1::QueryItem& item : items) *condition.mutable_query()->add_items() = item;
    condition.set_from_position(from);
    Layers layers(index_.get(), RegistreProjection());
    return CheckCondition(
        condition, layers,
        [&](const std::vector<uint64_t>& positions) -> absl::StatusOr<std::vector<v1::Event>> {
          std::vector<v1::Event> events;
          for (const uint64_t position : positions) {
            v1::Event& event = events.emplace_back();
            event.set_position(position);
            event.mutable_act()->mutable_payment_ordered();
            for (const std::string& tag : tags_of_events_) event.add_tags()->set_tag(tag);
          }
          read_ += positions.size();
          return events;
        });
  }

  TempFolder folder_;
  std::unique_ptr<Index> index_;
  std::vector<std::string> tags_of_events_ = {"convention:a"};
  uint64_t read_ = 0;
};

TEST_F(ConditionTest, IsBrokenByAnEventFromItsPositionOn) {
  AddHistory("convention:a", 0, 5);
  EXPECT_EQ(ReasonOf(Check({Item({"convention:a"})}, 8)), "CONDITION_BROKEN");
  EXPECT_TRUE(Check({Item({"convention:a"})}, 9).ok());
  EXPECT_TRUE(Check({Item({"convention:b"})}).ok()) << "it has no history";
}

TEST_F(ConditionTest, ReadsOnlyEventsOfItsTypes) {
  AddHistory("convention:a", 0, 9);
  EXPECT_TRUE(Check({Item({"convention:a"}, "payment_settled")}).ok());
  EXPECT_EQ(read_, 0u);
}

TEST_F(ConditionTest, GoesThroughTheRarestTag) {
  AddHistory("convention:a", 0, 1'000);
  AddHistory("structure:b", 2'001, 3);
  EXPECT_TRUE(Check({Item({"convention:a", "structure:b"})}).ok());
  EXPECT_EQ(read_, 3u);
}

// However many items it is cut into.
TEST_F(ConditionTest, LooksAtSoManyEventsAndNoMore) {
  tags_of_events_ = {"convention:z"};
  AddHistory("convention:a", 0, kMaxConditionScan);
  AddHistory("convention:b", 2 * kMaxConditionScan, 1);
  const v1::QueryItem a = Item({"convention:a"});
  EXPECT_TRUE(Check({a}).ok());
  const absl::Status both = Check({a, Item({"convention:b"})});
  EXPECT_EQ(ReasonOf(both), "CONDITION_TOO_WIDE");
  EXPECT_EQ(both.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(both.message().find("convention:b"), std::string::npos) << both;
  EXPECT_TRUE(Check({a, Item({"convention:b"})}, 2).ok()) << "one event less to look at";
}

TEST_F(ConditionTest, HandsOnAnErrorOfTheDisk) {
  AddHistory("convention:a", 0, 1);
  v1::Condition condition;
  *condition.mutable_query()->add_items() = Item({"convention:a"});
  Layers layers(index_.get(), RegistreProjection());
  const absl::Status checked =
      CheckCondition(condition, layers, [](const auto&) -> absl::StatusOr<std::vector<v1::Event>> {
        return absl::InternalError("the disk failed");
      });
  EXPECT_EQ(checked.code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace registre::testing::condition_test
