#include "projections/state_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/event_query.h"
#include "projections/fold.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/counting_index.h"
#include "tests/support/fake_view.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_seed.h"

namespace registre::testing::state_reader_test {
namespace {

constexpr int kOrders = 1'000;
const std::vector<std::string> kKeys = {"convention:2023-00001",  "structure:st-a",
                                        "budget_line:C02-446A05", "deliberation:2023-1",
                                        "payment:2023-7",         "session:s1"};

class StateReaderTest : public ::testing::Test {
 protected:
  void RecordAll(uint64_t seed) {
    int unit = 0;
    for (const auto& acts : BusyLedger(seed, kOrders)) {
      ledger_.clock.Advance(absl::Minutes(7));
      ledger_.Must(fmt::format("u{}", unit++), acts);
    }
    for (uint64_t i = 0; i < ledger_.log.size(); ++i) events_.push_back(ledger_.EventAt(i));
  }

  // The row by definition: every event of the key, in order, that the point holds.
  std::string Naive(const std::string& key, const Point& point) const {
    v1::Row row;
    for (const v1::Event& event : events_) {
      if (event.position() >= point.size) break;
      if (EffectiveDateOf(event.act()) > point.effective_on) continue;
      for (const std::string& touched : RowKeysOf(event)) {
        if (touched == key) Fold(Direction::kApply, event, key, &row);
      }
    }
    return row.ShortDebugString();
  }

  std::string Read(const std::string& key, const Point& point) const {
    const StateReader reader(ledger_.log, *ledger_.index, RegistreProjection());
    const auto row = reader.RowAt(key, point);
    if (!row.ok()) return row.status().ToString();
    return *row == nullptr ? "" : (*row)->ShortDebugString();
  }

  absl::StatusOr<Point> Resolve(const v1::ReadOptions& options) const {
    return StateReader(ledger_.log, *ledger_.index, RegistreProjection()).Resolve(options);
  }

  void CompareAtRandomPoints(std::mt19937_64* rng, int points) {
    const Days first = ToDays(On("2022-12-01"));
    for (int i = 0; i < points; ++i) {
      Point point{.size = (*rng)() % (events_.size() + 1)};
      if ((*rng)() % 3 == 0) point.size = events_.size();
      if ((*rng)() % 4 != 0) point.effective_on = first + static_cast<Days>((*rng)() % 450);
      for (const std::string& key : kKeys) {
        ASSERT_EQ(Read(key, point), Naive(key, point))
            << key << " of " << point.size << " events, on " << point.effective_on;
      }
    }
  }

  TestRecorder ledger_;
  std::vector<v1::Event> events_;
};

TEST_F(StateReaderTest, EqualsTheNaiveFoldAtEveryPoint) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 rng(seed);
  RecordAll(seed);
  ASSERT_GT(ledger_.index->Read()->Get("convention:2023-00001")->value().count, 5 * 128u);
  CompareAtRandomPoints(&rng, 60);
  ASSERT_TRUE(ledger_.index->Flush().ok());
  CompareAtRandomPoints(&rng, 60);
}

TEST_F(StateReaderTest, ThePresentIsTheIndexRow) {
  RecordAll(3);
  for (const std::string& key : kKeys) {
    EXPECT_EQ(Read(key, {.size = events_.size()}), ledger_.RowOf(key).ShortDebugString()) << key;
  }
  EXPECT_EQ(Read("structure:nobody", {.size = events_.size()}), "");
  EXPECT_EQ(Read("convention:2023-00001", {.size = 0}), "");
}

TEST_F(StateReaderTest, PointsFallOnTheEndsOfUnits) {
  RecordAll(4);
  v1::ReadOptions options;
  options.mutable_as_of()->set_position(2);
  EXPECT_EQ(Resolve(options)->size, 6u) << "the founding unit has six acts";
  options.mutable_as_of()->set_position(events_.size() + 100);
  EXPECT_EQ(Resolve(options)->size, events_.size());
  options.clear_as_of();
  EXPECT_EQ(Resolve(options)->size, events_.size());
  EXPECT_EQ(*Resolve(options)->position(), events_.size() - 1);
}

TEST_F(StateReaderTest, AnInstantMeansTheUnitsRecordedByThen) {
  RecordAll(5);
  const auto size_at = [&](absl::Time time) {
    v1::ReadOptions options;
    *options.mutable_as_of()->mutable_instant() = ToTimestamp(time);
    return Resolve(options)->size;
  };
  const absl::Time first = FromTimestamp(events_[0].recorded_at());
  EXPECT_EQ(size_at(first - absl::Nanoseconds(1)), 0u);
  EXPECT_EQ(size_at(first), 6u) << "inclusive";
  EXPECT_EQ(size_at(first + absl::Minutes(6)), 6u);
  EXPECT_EQ(size_at(first + absl::Hours(9999)), events_.size());
}

TEST_F(StateReaderTest, RefusesWhatIsNoDateAndWhatIsNotThereYet) {
  RecordAll(6);
  v1::ReadOptions options;
  options.mutable_as_of()->mutable_effective_on()->set_year(2023);
  options.mutable_as_of()->mutable_effective_on()->set_month(2);
  options.mutable_as_of()->mutable_effective_on()->set_day(30);
  EXPECT_EQ(ReasonOf(Resolve(options).status()), "PERIOD_INVALID");
  v1::ReadOptions own_write;
  own_write.set_min_position(events_.size() - 1);
  EXPECT_TRUE(Resolve(own_write).ok());
  own_write.set_min_position(events_.size());
  EXPECT_EQ(Resolve(own_write).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(Resolve(own_write).status()), "POSITION_NOT_REACHED");
}

TEST_F(StateReaderTest, ListsRowsInOrderOfKeyAtAPoint) {
  ledger_.Must("open", {OpenTestLedger()});
  for (const char* id : {"st-c", "st-a", "st-b"}) ledger_.Must(id, {RegisterStructure(id)});
  const CountingIndex index(ledger_.index.get());
  const StateReader reader(ledger_.log, index, RegistreProjection());
  const auto list = [&](uint64_t size, std::string_view after) {
    std::string keys;
    EXPECT_TRUE(reader
                    .ForEachRow("structure:", after, {.size = size},
                                [&](std::string_view key, const v1::Row* row) {
                                  keys += std::string(key) + (row == nullptr ? "? " : " ");
                                  return true;
                                })
                    .ok());
    return keys;
  };
  EXPECT_EQ(list(4, ""), "structure:st-a structure:st-b structure:st-c ");
  EXPECT_EQ(list(4, "structure:st-a"), "structure:st-b structure:st-c ");
  EXPECT_EQ(list(3, ""), "structure:st-a structure:st-b? structure:st-c ");
  EXPECT_EQ(list(1, ""), "structure:st-a? structure:st-b? structure:st-c? ");
  EXPECT_EQ(index.most_states(), 0u) << "keys are listed without their rows";
}

TEST_F(StateReaderTest, HoldsBackPublishForAMomentOnly) {
  RecordAll(6);
  const std::string key = "convention:2023-00001";
  ASSERT_GT(ledger_.index->Read()->Get(key)->value().count, 5 * kSnapshotEvery);
  const CountingIndex index(ledger_.index.get());
  const StateReader reader(ledger_.log, index, RegistreProjection());
  // All but the last event; a late date, so that no block is passed over.
  const Point point{.size = events_.size() - 1, .effective_on = ToDays(On("2023-06-01"))};
  const auto row = reader.RowAt(key, point);
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ((*row)->ShortDebugString(), Naive(key, point));
  EXPECT_GT(index.most_postings(), 0u);
  EXPECT_LE(index.most_postings(), kPostingsAtOnce);
}

// The day before the first order: of a thousand events only those of the first block and the last.
TEST_F(StateReaderTest, PassesOverWhatComesIntoEffectLater) {
  RecordAll(6);
  const std::string key = "convention:2023-00001";
  const CountingIndex index(ledger_.index.get());
  const StateReader reader(ledger_.log, index, RegistreProjection());
  const Point point{.size = events_.size(), .effective_on = ToDays(On("2023-01-31"))};
  const auto row = reader.RowAt(key, point);
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ((*row)->ShortDebugString(), Naive(key, point));
  EXPECT_EQ(index.most_blocks(), 8u) << "in slices";
  EXPECT_LE(index.most_postings(), 2 * kSnapshotEvery);
}

}  // namespace
}  // namespace registre::testing::state_reader_test
