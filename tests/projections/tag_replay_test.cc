#include "projections/tag_replay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "projections/fold.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/counting_index.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_seed.h"

namespace registre::testing::tag_replay_test {
namespace {

constexpr int kOrders = 400;
const std::vector<std::string> kTags = {"convention:2023-00001", "structure:st-a",
                                        "budget_line:C02-446A05", "deliberation:2023-1",
                                        "payment:2023-7"};

struct Shown {
  uint64_t position;
  std::string event;
  std::string row;

  bool operator==(const Shown&) const = default;
};

class TagReplayTest : public ::testing::Test {
 protected:
  void RecordAll(uint64_t seed) {
    int unit = 0;
    for (const auto& acts : BusyLedger(seed, kOrders)) {
      ledger_.Must(fmt::format("u{}", unit++), acts);
    }
    for (uint64_t i = 0; i < ledger_.log.size(); ++i) events_.push_back(ledger_.EventAt(i));
  }

  // The index of the recorder, which outlives what is read.
  std::shared_ptr<Index> Borrowed(Index* index) {
    return {index, [](Index*) {}};
  }

  // By definition: each event of the tag that the point holds, folded from the first.
  std::vector<Shown> Naive(const std::string& tag, uint64_t from, const Point& point) const {
    std::vector<Shown> shown;
    v1::Row row;
    for (const v1::Event& event : events_) {
      if (event.position() >= point.size) break;
      if (EffectiveDateOf(event.act()) > point.effective_on) continue;
      for (const v1::TagLink& link : event.tags()) {
        if (link.tag() != tag) continue;
        Fold(Direction::kApply, event, tag, &row);
        if (event.position() < from) continue;
        shown.push_back({event.position(), event.SerializeAsString(), row.SerializeAsString()});
      }
    }
    return shown;
  }

  // In pages of a random size, some given up in their middle.
  std::vector<Shown> Replay(Index* index, const std::string& tag, uint64_t from, const Point& point,
                            std::mt19937_64* random) {
    auto replay =
        TagReplay::Begin(ledger_.log, Borrowed(index), RegistreProjection(), tag, from, point);
    EXPECT_TRUE(replay.ok()) << replay.status();
    std::vector<Shown> shown;
    if (!replay.ok() || !replay->has_value()) return shown;
    while (!(*replay)->done()) {
      const absl::Status status =
          (*replay)->Next(1 + (*random)() % 50, [&](const TagReplay::Step& step) {
            shown.push_back({step.position, step.event, step.row.SerializeAsString()});
            return (*random)() % 20 != 0;
          });
      EXPECT_TRUE(status.ok()) << status;
      if (!status.ok()) break;
    }
    return shown;
  }

  TestRecorder ledger_;
  std::vector<v1::Event> events_;
};

TEST_F(TagReplayTest, ShowsEachEventWithTheRowAfterIt) {
  std::mt19937_64 random(TestSeed());
  RecordAll(random());
  const uint64_t size = ledger_.log.size();
  CountingIndex counting(ledger_.index.get());
  size_t some = 0;
  for (int round = 0; round < 60; ++round) {
    const std::string& tag = kTags[random() % kTags.size()];
    Point point{.size = round % 3 == 0 ? size : random() % (size + 1)};
    if (round % 2 == 0) {
      point.effective_on = EffectiveDateOf(events_[random() % size].act());
      if (point.effective_on == kAlways) point.effective_on = Point::kNoLimit;
    }
    const uint64_t from = round % 4 == 0 ? 0 : random() % size;
    SCOPED_TRACE(fmt::format("{} from {} at {} on {}", tag, from, point.size, point.effective_on));
    const auto expected = Naive(tag, from, point);
    EXPECT_TRUE(Replay(&counting, tag, from, point, &random) == expected);
    some += expected.size();
  }
  EXPECT_GT(some, 1'000u);
  EXPECT_LE(counting.most_postings(), 1'000u);
}

TEST_F(TagReplayTest, ATagWithoutEvents) {
  RecordAll(3);
  const auto index = Borrowed(ledger_.index.get());
  const auto begin = [&](const std::string& tag, const Point& point) {
    return TagReplay::Begin(ledger_.log, index, RegistreProjection(), tag, 0, point);
  };
  const Point now{.size = ledger_.log.size()};
  EXPECT_FALSE((*begin("convention:none", now)).has_value());
  EXPECT_FALSE((*begin(kTags[0], {.size = 0})).has_value());
  uint64_t first = 0;
  while (Naive(kTags[0], 0, {.size = first + 1}).empty()) ++first;
  EXPECT_FALSE((*begin(kTags[0], {.size = first})).has_value());
  ASSERT_TRUE((*begin(kTags[0], {.size = first + 1})).has_value());
  EXPECT_EQ((*begin(kTags[0], {.size = first + 1}))->last_position(), first);
  // From behind its end there is nothing to show.
  const auto after =
      TagReplay::Begin(ledger_.log, index, RegistreProjection(), kTags[0], now.size, now);
  ASSERT_TRUE(after.ok() && after->has_value());
  EXPECT_TRUE((*after)->done());
}

}  // namespace
}  // namespace registre::testing::tag_replay_test
