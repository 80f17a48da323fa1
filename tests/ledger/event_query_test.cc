#include "ledger/event_query.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/counting_index.h"
#include "tests/support/fake_view.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_seed.h"

namespace registre::testing::event_query_test {
namespace {

class EventQueryTest : public ::testing::Test {
 protected:
  void RecordAll(uint64_t seed, int orders) {
    int unit = 0;
    for (const auto& acts : BusyLedger(seed, orders))
      ledger_.Must(fmt::format("u{}", unit++), acts);
    for (uint64_t i = 0; i < ledger_.log.size(); ++i) events_.push_back(ledger_.EventAt(i));
  }

  // All pages of a range, as positions.
  std::vector<uint64_t> ReadAll(const v1::EventQuery& query, EventRange range) {
    std::vector<uint64_t> positions;
    for (int pages = 0; pages < 10'000; ++pages) {
      const auto page = ReadEventPage(ledger_.log, *ledger_.index, query, range);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->events.size(), range.max_events);
      for (const EventPage::Item& item : page->events) positions.push_back(item.position);
      if (page->complete) return positions;
      range.from = page->next;
    }
    ADD_FAILURE() << "the pages do not end";
    return positions;
  }

  // The same by definition.
  std::vector<uint64_t> Naive(const v1::EventQuery& query, const EventRange& range) const {
    std::vector<uint64_t> positions;
    for (const v1::Event& event : events_) {
      const uint64_t at = event.position();
      if (at >= range.end || (range.backward ? at > range.from : at < range.from)) continue;
      if (EffectiveDateOf(event.act()) > range.effective_on) continue;
      if (Matches(query, event)) positions.push_back(at);
    }
    if (range.backward) std::reverse(positions.begin(), positions.end());
    return positions;
  }

  TestRecorder ledger_;
  std::vector<v1::Event> events_;
};

TEST_F(EventQueryTest, EqualsTheNaiveFilter) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 rng(seed);
  RecordAll(seed, 150);
  const std::vector<std::string> tags = {
      "convention:2023-00001", "structure:st-a", "payment:2023-3",
      "payment:2023-90",       "session:s1",     "structure:none"};
  const std::vector<std::string> types = {"payment_ordered", "payment_accepted", "payment_rejected",
                                          "session_held"};
  for (int i = 0; i < 400; ++i) {
    v1::EventQuery query;
    for (uint64_t items = rng() % 3; items > 0; --items) {
      v1::QueryItem* item = query.add_items();
      for (uint64_t n = rng() % 3; n > 0; --n) item->add_tags(tags[rng() % tags.size()]);
      for (uint64_t n = rng() % 3; n > 0; --n) item->add_types(types[rng() % types.size()]);
    }
    EventRange range{.from = rng() % (events_.size() + 3),
                     .end = rng() % (events_.size() + 1),
                     .backward = rng() % 2 == 0,
                     .max_events = 1 + rng() % 40};
    if (rng() % 3 == 0)
      range.effective_on = ToDays(On("2023-03-01")) + static_cast<Days>(rng() % 200);
    ASSERT_EQ(ReadAll(query, range), Naive(query, range))
        << query.ShortDebugString() << " from " << range.from << " end " << range.end
        << (range.backward ? " backward" : " forward") << " page " << range.max_events;
  }
}

TEST_F(EventQueryTest, APageHoldsAtMostItsBytes) {
  RecordAll(1, 50);
  const auto page = ReadEventPage(ledger_.log, *ledger_.index, {},
                                  {.from = 0, .end = events_.size(), .max_bytes = 1});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->events.size(), 1u) << "one event at least, so that a reader gets on";
  EXPECT_FALSE(page->complete);
  EXPECT_EQ(page->next, 1u);
}

TEST_F(EventQueryTest, GivesTheStoredBytes) {
  RecordAll(2, 5);
  const auto page =
      ReadEventPage(ledger_.log, *ledger_.index, {}, {.from = 3, .end = 4, .max_events = 10});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->events.size(), 1u);
  EXPECT_EQ(page->events[0].bytes, ledger_.log.Get({3})->front());
}

TEST_F(EventQueryTest, APageEndsBeforeTheEventThatDoesNotFit) {
  ledger_.Must("open", {OpenTestLedger()});
  const auto size_of = [&](uint64_t position) {
    return ledger_.log.Get({position})->front().size();
  };
  for (const std::string id : {"a", "b", "c", "d"}) {
    v1::Act act = RegisterStructure(id);
    if (id == "c") {
      for (int i = 0; i < 20; ++i) act.add_remarks(std::string(500, 'x'));
    }
    ledger_.Must(id, {act});
  }
  const size_t limit = size_of(1) + size_of(2) + size_of(3) - 1;
  ASSERT_LT(limit, size_of(1) + size_of(2) + size_of(3) + size_of(4));
  v1::EventQuery by_tags;
  for (const std::string id : {"a", "b", "c", "d"})
    by_tags.add_items()->add_tags("structure:" + id);
  v1::EventQuery by_type;
  by_type.add_items()->add_types("structure_registered");
  for (const v1::EventQuery& query : {by_tags, by_type}) {
    for (const bool backward : {false, true}) {
      EventRange range{.from = backward ? 4u : 0u, .end = 5, .backward = backward};
      range.max_bytes = limit;
      std::string pages;
      for (bool complete = false; !complete;) {
        const auto page = ReadEventPage(ledger_.log, *ledger_.index, query, range);
        ASSERT_TRUE(page.ok()) << page.status();
        size_t bytes = 0;
        for (const EventPage::Item& item : page->events) {
          bytes += item.bytes.size();
          pages += fmt::format("{}", item.position);
        }
        EXPECT_TRUE(bytes <= limit || page->events.size() == 1) << bytes;
        pages += "|";
        complete = page->complete;
        range.from = page->next;
        ASSERT_LT(pages.size(), 40u);
      }
      EXPECT_EQ(pages, backward ? "43|21|" : "12|34|") << query.ShortDebugString();
    }
  }
}

TEST_F(EventQueryTest, AReaderOfTheIndexShowsAThousandPostings) {
  RecordAll(4, 1'200);
  const CountingIndex index(ledger_.index.get());
  v1::EventQuery query;
  query.add_items()->add_tags("convention:2023-00001");
  query.mutable_items(0)->add_types("session_held");  // none: every posting is looked at
  ASSERT_GT(ledger_.index->Read()->Get("convention:2023-00001")->value().count,
            2 * kPostingsAtOnce);
  for (const bool backward : {false, true}) {
    const EventRange range{
        .from = backward ? events_.size() - 1 : 0, .end = events_.size(), .backward = backward};
    const auto page = ReadEventPage(ledger_.log, index, query, range);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_TRUE(page->complete);
    EXPECT_EQ(page->events.size(), 0u);
  }
  EXPECT_GE(index.most_postings(), kPostingsAtOnce);
  EXPECT_LE(index.most_postings(), kPostingsAtOnce + 64) << "and those of the search for the first";
}

TEST_F(EventQueryTest, SlicesOfAHistoryAreOneHistory) {
  RecordAll(5, 1'200);
  const std::string key = "convention:2023-00001";
  const uint64_t count = (*ledger_.index->Read()->Get(key))->count;
  for (const bool backward : {false, true}) {
    for (const uint64_t from : {uint64_t{1}, uint64_t{7}, count, count + 5}) {
      std::vector<uint64_t> expected;
      ASSERT_TRUE(ledger_.index->Read()
                      ->Postings(key, from, backward,
                                 [&](uint64_t sequence, const Posting&) {
                                   expected.push_back(sequence);
                                   return true;
                                 })
                      .ok());
      std::vector<uint64_t> seen;
      ASSERT_TRUE(VisitPostings(*ledger_.index, key, from, backward,
                                [&](uint64_t sequence, const Posting&) {
                                  seen.push_back(sequence);
                                  return true;
                                })
                      .ok());
      EXPECT_EQ(seen, expected) << from << (backward ? " backward" : "");
    }
  }
}

TEST_F(EventQueryTest, LargeEventsAreReadOneByOne) {
  // Notes how many events one read of the log brings.
  class NotedLog final : public EventStore {
   public:
    absl::Status Append(uint64_t, const EventBatch&) override { return absl::OkStatus(); }
    uint64_t size() const override { return 1'000; }
    absl::Status Read(uint64_t,
                      const std::function<bool(uint64_t, std::string_view)>&) const override {
      return absl::OkStatus();
    }
    absl::StatusOr<std::vector<std::string>> Get(
        const std::vector<uint64_t>& positions) const override {
      sizes.push_back(positions.size());
      std::vector<std::string> events;
      for (const uint64_t position : positions) {
        events.emplace_back(position >= 20 && position < 40 ? 300'000 : 10, 'x');
      }
      return events;
    }
    absl::StatusOr<Hash> GetLeafHash(uint64_t) const override { return Hash(); }
    absl::StatusOr<Tile> GetTile(uint8_t, uint64_t) const override { return Tile(); }
    absl::StatusOr<std::vector<ConsumerWrite>> ReadConsumers() const override {
      return std::vector<ConsumerWrite>();
    }
    absl::Status WriteCheckpoints(const std::vector<CheckpointWrite>&) override {
      return absl::OkStatus();
    }
    absl::Status ReadCheckpoints(
        uint64_t, const std::function<bool(uint64_t, std::string_view)>&) const override {
      return absl::OkStatus();
    }
    mutable std::vector<size_t> sizes;
  };
  const NotedLog log;
  std::vector<uint64_t> positions(100);
  for (size_t i = 0; i < positions.size(); ++i) positions[i] = i;
  size_t seen = 0;
  ASSERT_TRUE(
      VisitEvents(log, positions, [&](size_t i, const std::string&) { return i == seen++; }).ok());
  EXPECT_EQ(seen, 100u);
  const std::vector<size_t> expected = {16, 16, 1, 1, 1, 1, 1, 1, 1, 1, 1, 16, 16, 16, 11};
  EXPECT_EQ(log.sizes, expected);
}

TEST_F(EventQueryTest, SaysThatAnEventIsDamaged) {
  const auto event = ParseEvent(7, "\xff\xff");
  EXPECT_EQ(ReasonOf(event.status()), "EVENT_DAMAGED");
  EXPECT_EQ(event.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(EventQueryTest, SaysEverythingThatIsWrongWithAQuery) {
  v1::EventQuery query;
  query.add_items()->add_types("payment_imagined");
  query.mutable_items(0)->add_tags("no-kind");
  query.add_items()->add_types("session_imagined");
  std::vector<Violation> violations;
  CheckQuery(query, "query", &violations);
  ASSERT_EQ(violations.size(), 3u);
  for (const Violation& violation : violations) EXPECT_EQ(violation.reason, "QUERY_INVALID");
  EXPECT_EQ(violations[0].field, "query.items[0].types");
  EXPECT_EQ(violations[1].field, "query.items[0].tags");
  EXPECT_EQ(violations[2].field, "query.items[1].types");
}

TEST_F(EventQueryTest, TooManyItemsOrTermsEndTheCheck) {
  v1::EventQuery items;
  for (int i = 0; i <= kMaxQueryItems; ++i) items.add_items()->add_types("imagined");
  v1::EventQuery types;
  v1::EventQuery tags;
  for (v1::EventQuery* query : {&types, &tags}) {
    query->add_items();
    query->add_items()->add_tags("no-kind");
  }
  for (int i = 0; i <= kMaxQueryTerms; ++i) {
    types.mutable_items(0)->add_types("imagined");
    tags.mutable_items(0)->add_tags("no-kind");
  }
  for (const auto& [query, field] :
       {std::pair(items, "query.items"), std::pair(types, "query.items[0].types"),
        std::pair(tags, "query.items[0].tags")}) {
    std::vector<Violation> violations;
    CheckQuery(query, "query", &violations);
    ASSERT_EQ(violations.size(), 1u) << field;
    EXPECT_EQ(violations[0].field, field);
    EXPECT_EQ(violations[0].reason, "QUERY_INVALID");
  }
}

TEST_F(EventQueryTest, FindsTheFirstSequenceAtAPosition) {
  RecordAll(3, 30);
  const auto reader = ledger_.index->Read();
  const std::string key = "convention:2023-00001";
  const uint64_t count = (*reader->Get(key))->count;
  for (uint64_t position = 0; position <= events_.size(); ++position) {
    uint64_t expected = 1;
    for (const v1::Event& event : events_) {
      for (const v1::TagLink& link : event.tags()) {
        if (link.tag() == key && event.position() < position) expected = link.sequence() + 1;
      }
    }
    EXPECT_EQ(*SequenceAtOrAfter(*reader, key, count, position), expected) << position;
  }
}

}  // namespace
}  // namespace registre::testing::event_query_test
