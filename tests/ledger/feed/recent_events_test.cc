#include "ledger/feed/recent_events.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace registre::recent_events_test {
namespace {

FeedEvent EventOf(uint64_t position, size_t bytes) {
  return {.position = position,
          .lanes = {"convention:2023-00001"},
          .size = bytes,
          .bytes = std::make_shared<const std::string>(bytes, 'x')};
}

TEST(RecentEventsTest, GivesWhatItKeepsAndNamesTheRest) {
  RecentEvents recent;
  recent.Put(EventOf(5, 10));
  recent.Put(EventOf(7, 20));
  std::vector<FeedEvent> events;
  EXPECT_EQ(recent.Take({4, 5, 6, 7}, &events), (std::vector<uint64_t>{4, 6}));
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].position, 5);
  EXPECT_EQ(events[1].bytes->size(), 20);
}

TEST(RecentEventsTest, TheOldestGoFirstWhenThereAreTooMany) {
  RecentEvents recent;
  for (uint64_t i = 0; i <= RecentEvents::kMaxEvents; ++i) recent.Put(EventOf(i, 1));
  std::vector<FeedEvent> events;
  EXPECT_EQ(recent.Take({0, 1, RecentEvents::kMaxEvents}, &events), (std::vector<uint64_t>{0}));
}

TEST(RecentEventsTest, TheOldestGoFirstWhenTheyAreTooLarge) {
  RecentEvents recent;
  constexpr size_t kHalf = RecentEvents::kMaxBytes / 2;
  for (uint64_t i = 0; i < 3; ++i) recent.Put(EventOf(i, kHalf));
  std::vector<FeedEvent> events;
  EXPECT_EQ(recent.Take({0, 1, 2}, &events), (std::vector<uint64_t>{0}));
}

TEST(RecentEventsTest, WhoIsFarBehindPushesNothingOut) {
  RecentEvents recent;
  const uint64_t newest = 100'000 + RecentEvents::kMaxEvents;
  for (uint64_t i = 100'000; i < newest; ++i) recent.Put(EventOf(i, 1));
  for (uint64_t i = 0; i < 1'000; ++i) recent.Put(EventOf(i, 1));
  std::vector<FeedEvent> events;
  EXPECT_EQ(recent.Take({0, 999, 100'000, newest - 1}, &events), (std::vector<uint64_t>{0, 999}));
}

}  // namespace
}  // namespace registre::recent_events_test
