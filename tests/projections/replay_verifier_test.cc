// A history as a server gives it, and each way to lie about it.
#include "projections/replay_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "projections/fold.h"
#include "tests/support/bundle_world.h"

namespace registre::testing::replay_verifier_test {
namespace {

using ::testing::HasSubstr;

struct Given {
  uint64_t position;
  std::string bytes;
  Proof proof;
  v1::Row state;
};

class ReplayVerifierTest : public ::testing::Test {
 protected:
  // What an honest server gives of the events that stand in the world.
  std::vector<Given> Honest() const {
    std::vector<Given> given;
    v1::Row row;
    for (uint64_t position = 0; position < world_.events.size(); ++position) {
      const v1::Event& event = world_.events[position];
      for (const v1::TagLink& link : event.tags()) {
        if (link.tag() != BundleWorld::kTag) continue;
        Fold(Direction::kApply, event, BundleWorld::kTag, &row);
        given.push_back({position, event.SerializeAsString(),
                         *InclusionProof(position, world_.events.size(), world_.Hashes()), row});
      }
    }
    return given;
  }

  absl::Status Verify(const std::vector<Given>& given) {
    const uint64_t size = world_.events.size();
    const TagEntry entry = EntriesFor(world_.directory, BundleWorld::kTag).front().entry;
    ReplayVerifier verifier(BundleWorld::kTag,
                            {BundleWorld::kOrigin, size, *RootOfFirst(size, world_.Hashes())},
                            ReplayVerifier::Sealed{.through_position = world_.seal - 1,
                                                   .events = entry.events,
                                                   .last_position = entry.last_position});
    for (const Given& one : given) {
      REGISTRE_RETURN_IF_ERROR(verifier.Add(one.position, one.bytes, one.proof));
      REGISTRE_RETURN_IF_ERROR(verifier.CheckState(one.state));
    }
    REGISTRE_RETURN_IF_ERROR(verifier.CheckComplete());
    EXPECT_EQ(verifier.events(), given.size());
    return absl::OkStatus();
  }

  void ExpectFound(const std::vector<Given>& given, const std::string& says) {
    const absl::Status status = Verify(given);
    EXPECT_EQ(ReasonOf(status), "REPLAY_INVALID") << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
  }
  // A log that was signed with that event as it is told.
  void ExpectFoundInLog(const std::function<void(v1::Event*)>& lie, const std::string& says) {
    const BundleWorld before = world_;
    lie(&world_.events[5]);
    ExpectFound(Honest(), says);
    world_ = before;
  }

  BundleWorld world_;
};

TEST_F(ReplayVerifierTest, AnHonestHistoryIsVerified) {
  EXPECT_TRUE(Verify(Honest()).ok()) << Verify(Honest());
  EXPECT_EQ(Honest().size(), 5u);
}

TEST_F(ReplayVerifierTest, EveryChangedByteOfAnEventIsFound) {
  const std::vector<Given> honest = Honest();
  size_t tried = 0;
  for (size_t i = 0; i < honest.size(); ++i) {
    for (size_t at = 0; at < honest[i].bytes.size(); ++at) {
      std::vector<Given> given = honest;
      given[i].bytes[at] = static_cast<char>(given[i].bytes[at] ^ 1);
      EXPECT_FALSE(Verify(given).ok()) << i << " byte " << at;
      ++tried;
    }
    std::vector<Given> given = honest;
    given[i].bytes.pop_back();
    EXPECT_FALSE(Verify(given).ok());
    given = honest;
    given[i].position += 1;
    EXPECT_FALSE(Verify(given).ok());
    given = honest;
    given[i].proof.front()[0] ^= 1;
    ExpectFound(given, "do not stand there in the log");
    given = honest;
    given[i].proof.pop_back();
    EXPECT_FALSE(Verify(given).ok());
  }
  EXPECT_GT(tried, 500u);
}

TEST_F(ReplayVerifierTest, AnotherStateIsFound) {
  for (size_t i = 0; i < Honest().size(); ++i) {
    std::vector<Given> given = Honest();
    given[i].state.mutable_convention()->set_amount_cents(1);
    ExpectFound(given, "the state after it is not what the events add up to");
    given[i].state.Clear();
    EXPECT_FALSE(Verify(given).ok());
  }
}

TEST_F(ReplayVerifierTest, DroppedSwappedAndRepeatedEventsAreFound) {
  const std::vector<Given> honest = Honest();
  for (size_t i = 0; i < honest.size(); ++i) {
    std::vector<Given> given = honest;
    given.erase(given.begin() + static_cast<std::ptrdiff_t>(i));
    // Nothing but a seal says that the last was the last: the fifth stands after it.
    if (i + 1 == honest.size()) {
      EXPECT_TRUE(Verify(given).ok());
    } else {
      ExpectFound(given, "");
    }
    given = honest;
    given.insert(given.begin() + static_cast<std::ptrdiff_t>(i), honest[i]);
    ExpectFound(given, "");
    if (i == 0) continue;
    given = honest;
    std::swap(given[i - 1], given[i]);
    ExpectFound(given, "events are missing, or out of place");
  }
  std::vector<Given> cut = honest;
  cut.resize(3);
  ExpectFound(cut, "has 4 events up to there as sealed");
  cut.clear();
  ExpectFound(cut, "has 4 events up to there as sealed");
}

// A log that lies is signed with its lies: what a verifier recomputes finds them.
TEST_F(ReplayVerifierTest, WhatALogCannotHoldIsFound) {
  ExpectFoundInLog([](v1::Event* event) { event->set_position(6); }, "it says that it is at 6");
  ExpectFoundInLog([](v1::Event* event) { event->set_schema_version(2); }, "schema version 2");
  ExpectFoundInLog([](v1::Event* event) { event->clear_recorded_at(); }, "its time is missing");
  ExpectFoundInLog([](v1::Event* event) { event->mutable_recorded_at()->set_seconds(1); },
                   "before that of an earlier event");
  ExpectFoundInLog(
      [](v1::Event* event) {
        event->mutable_act()->mutable_payment_ordered()->mutable_basis()->set_convention_number(
            "c2");
      },
      "its tags are not those of its act");
  ExpectFoundInLog(
      [](v1::Event* event) {
        for (v1::TagLink& link : *event->mutable_tags()) link.set_sequence(link.sequence() + 1);
      },
      "events are missing, or out of place");
  ExpectFoundInLog(
      [](v1::Event* event) {
        for (v1::TagLink& link : *event->mutable_tags()) link.clear_previous_position();
      },
      "events are missing, or out of place");
}

TEST_F(ReplayVerifierTest, AnEventOfAnotherTagIsFound) {
  std::vector<Given> given = Honest();
  const v1::Event& other = world_.events[4];  // of convention c3
  given[0] = {
      4, other.SerializeAsString(), *InclusionProof(4, world_.events.size(), world_.Hashes()), {}};
  ExpectFound(given, "it is not of convention:c1");
}

}  // namespace
}  // namespace registre::testing::replay_verifier_test
