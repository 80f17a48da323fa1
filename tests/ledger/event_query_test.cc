#include "ledger/event_query.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/fake_view.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_seed.h"

namespace registre::testing {
namespace {

class EventQueryTest : public ::testing::Test {
 protected:
  void RecordAll(uint64_t seed, int orders) {
    int unit = 0;
    for (const auto& acts : BusyLedger(seed, orders)) ledger_.Must(fmt::format("u{}", unit++), acts);
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
  const std::vector<std::string> tags = {"convention:2023-00001", "structure:st-a", "payment:2023-3",
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
    if (rng() % 3 == 0) range.effective_on = ToDays(On("2023-03-01")) + static_cast<Days>(rng() % 200);
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

TEST_F(EventQueryTest, SaysEverythingThatIsWrongWithAQuery) {
  v1::EventQuery query;
  query.add_items()->add_types("payment_imagined");
  query.mutable_items(0)->add_tags("no-kind");
  for (int i = 0; i < 40; ++i) query.add_items();
  for (int i = 0; i < 70; ++i) query.mutable_items(1)->add_types("payment_ordered");
  std::vector<Violation> violations;
  CheckQuery(query, "query", &violations);
  ASSERT_EQ(violations.size(), 4u);
  for (const Violation& violation : violations) EXPECT_EQ(violation.reason, "QUERY_INVALID");
  EXPECT_EQ(violations[1].field, "query.items[0].types");
  EXPECT_EQ(violations[2].field, "query.items[0].tags");
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
}  // namespace registre::testing
