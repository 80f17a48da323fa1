#include "ledger/feed/consumer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "tests/support/test_seed.h"

namespace registre {
namespace consumer_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// An event of a convention and a payment; its bytes are its position.
FeedEvent EventAt(uint64_t position, const std::string& convention, const std::string& mandat) {
  FeedEvent event;
  event.position = position;
  event.lanes = {"convention:" + convention, "payment:" + mandat};
  event.bytes = std::make_shared<const std::string>(std::to_string(position));
  event.size = event.bytes->size();
  return event;
}

v1::ConsumerState NewState(int max_tries = 3, int64_t answer_within_ms = 1'000) {
  v1::ConsumerState state;
  state.set_name("paie");
  state.mutable_settings()->set_max_tries(max_tries);
  state.mutable_settings()->set_answer_within_ms(answer_within_ms);
  return state;
}

std::vector<uint64_t> PositionsOf(const std::vector<Outgoing>& sent) {
  std::vector<uint64_t> positions;
  for (const Outgoing& out : sent) {
    for (const auto& [position, bytes] : out.events) positions.push_back(position);
  }
  return positions;
}

class ConsumerTest : public ::testing::Test {
 protected:
  std::vector<Outgoing> Next(size_t max_events = 100) {
    return consumer_.Next(now_, max_events, 1'000'000);
  }
  // Refuses the first event that comes until it is parked.
  void ParkFirst() {
    for (int i = 0; i < 3; ++i) {
      now_ += kMaxPause;
      const auto sent = Next(1);
      ASSERT_EQ(sent.size(), 1u);
      ASSERT_TRUE(
          consumer_.Refuse(sent[0].delivery_id, sent[0].events[0].first, "no such payee", now_)
              .ok());
    }
  }

  Consumer consumer_{NewState()};
  absl::Time now_ = kStart;
};

// A reimputation stands in line with what came before it on either convention.
TEST(LanesOfTest, AReimputationIsInTheLanesOfBothConventions) {
  v1::Event event;
  v1::PaymentReimputed* act = event.mutable_act()->mutable_payment_reimputed();
  act->mutable_order()->set_fiscal_year(2023);
  act->mutable_order()->set_mandat("7");
  act->mutable_order()->mutable_basis()->set_convention_number("2023-00001");
  act->mutable_basis()->set_convention_number("2023-00002");
  for (const std::string& tag : TagsOf(event.act())) event.add_tags()->set_tag(tag);
  EXPECT_TRUE(IsPaymentEvent(event));
  EXPECT_THAT(LanesOf(event),
              ElementsAre("convention:2023-00001", "convention:2023-00002", "payment:2023-7"));
}

TEST_F(ConsumerTest, AConventionIsOneDeliveryInOrderAndOthersDoNotWait) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "1"));
  consumer_.Offer(EventAt(2, "B", "2"));
  consumer_.Offer(EventAt(5, "A", "1"));
  consumer_.Offer(EventAt(7, "A", "3"));
  const auto sent = Next();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_THAT(PositionsOf({sent[0]}), ElementsAre(1, 5, 7));
  EXPECT_THAT(PositionsOf({sent[1]}), ElementsAre(2));
  EXPECT_EQ(sent[0].tries, 0);
  EXPECT_EQ(*sent[0].events[1].second, "5");
  EXPECT_EQ(consumer_.under_way(), 4u);
}

TEST_F(ConsumerTest, WhatIsUnderWayHoldsBackWhatComesBehindIt) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "1"));
  const auto first = Next();
  consumer_.Offer(EventAt(2, "A", "2"));
  EXPECT_THAT(Next(), IsEmpty()) << "the convention has an event under way";
  ASSERT_TRUE(consumer_.Acknowledge(first[0].delivery_id, 1, now_).ok());
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(2));
}

TEST_F(ConsumerTest, AnEventOfTwoConventionsWaitsForBothAndHoldsUpBoth) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "1"));
  consumer_.Offer(EventAt(2, "B", "2"));
  FeedEvent both = EventAt(3, "A", "1");
  both.lanes.push_back("convention:B");
  consumer_.Offer(both);
  consumer_.Offer(EventAt(4, "B", "4"));
  const auto sent = Next();
  EXPECT_THAT(PositionsOf(sent), ElementsAre(1, 2));
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 1, now_).ok());
  EXPECT_THAT(Next(), IsEmpty()) << "B's event is under way";
  ASSERT_TRUE(consumer_.Acknowledge(sent[1].delivery_id, 2, now_).ok());
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(3)) << "4 follows in B, not in A: it waits for 3";
}

TEST_F(ConsumerTest, TheWindowAndTheLimitsBoundWhatIsSent) {
  consumer_.Attach(3);
  for (uint64_t i = 0; i < 6; ++i) consumer_.Offer(EventAt(i, fmt::format("C{}", i), "m"));
  EXPECT_FALSE(Next(0).size() > 0);
  // The same payment: one lane for all, so one delivery.
  EXPECT_THAT(PositionsOf(Next(2)), ElementsAre(0));
}

TEST_F(ConsumerTest, AWindowIsFullUntilSomethingIsAnswered) {
  consumer_.Attach(2);
  for (uint64_t i = 0; i < 4; ++i) {
    consumer_.Offer(EventAt(i, fmt::format("C{}", i), fmt::format("m{}", i)));
  }
  const auto sent = Next();
  EXPECT_THAT(PositionsOf(sent), ElementsAre(0, 1));
  EXPECT_FALSE(consumer_.HasRoom());
  EXPECT_THAT(Next(), IsEmpty());
  ASSERT_TRUE(consumer_.Acknowledge(sent[1].delivery_id, 1, now_).ok());
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(2));
}

TEST_F(ConsumerTest, TheLowWaterMarkStopsAtWhatIsNotDone) {
  consumer_.Attach(100);
  for (uint64_t i : {10, 20, 30}) {
    consumer_.Offer(EventAt(i, fmt::format("C{}", i), fmt::format("m{}", i)));
  }
  consumer_.LookedAt(35);
  const auto sent = Next();
  ASSERT_TRUE(consumer_.Acknowledge(sent[2].delivery_id, 30, now_).ok());
  ASSERT_TRUE(consumer_.Acknowledge(sent[1].delivery_id, 20, now_).ok());
  EXPECT_EQ(consumer_.low_water(), 10u);
  EXPECT_THAT(consumer_.State().acknowledged(), ElementsAre(20, 30));
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 10, now_).ok());
  EXPECT_EQ(consumer_.low_water(), 35u) << "everything up to there was looked at";
  EXPECT_THAT(consumer_.State().acknowledged(), IsEmpty());
}

TEST_F(ConsumerTest, ARefusedEventComesAloneAfterAPauseAndThoseBehindItWait) {
  consumer_.Attach(100);
  for (uint64_t i : {1, 2, 3}) consumer_.Offer(EventAt(i, "A", "m"));
  const auto first = Next();
  ASSERT_TRUE(consumer_.Refuse(first[0].delivery_id, 2, "no such payee", now_).ok());
  EXPECT_EQ(consumer_.low_water(), 2u) << "1 is done: it came before what was refused";
  EXPECT_THAT(Next(), IsEmpty());
  EXPECT_EQ(consumer_.NextTime(), now_ + kFirstPause);
  now_ += kFirstPause;
  const auto again = Next();
  EXPECT_THAT(PositionsOf(again), ElementsAre(2));
  EXPECT_EQ(again[0].tries, 1);
  ASSERT_TRUE(consumer_.Acknowledge(again[0].delivery_id, 2, now_).ok());
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(3));
  EXPECT_EQ(consumer_.State().tried_size(), 0);
  EXPECT_EQ(consumer_.State().totals().refused(), 1u);
  EXPECT_EQ(consumer_.State().totals().redelivered(), 1u);
}

TEST_F(ConsumerTest, PausesDoubleUpToALimit) {
  Consumer consumer(NewState(1'000));
  consumer.Attach(1);
  consumer.Offer(EventAt(1, "A", "m"));
  std::vector<absl::Duration> pauses;
  for (int i = 0; i < 10; ++i) {
    const auto sent = consumer.Next(now_, 1, 1'000);
    ASSERT_EQ(sent.size(), 1u);
    ASSERT_TRUE(consumer.Refuse(sent[0].delivery_id, 1, "no", now_).ok());
    pauses.push_back(consumer.NextTime() - now_);
    now_ = consumer.NextTime();
  }
  EXPECT_EQ(pauses[0], kFirstPause);
  EXPECT_EQ(pauses[1], 2 * kFirstPause);
  EXPECT_EQ(pauses[3], 8 * kFirstPause);
  EXPECT_EQ(pauses[9], kMaxPause);
}

TEST_F(ConsumerTest, WhatIsNotAnsweredInTimeIsTriedAgain) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "m"));
  const auto sent = Next();
  EXPECT_EQ(consumer_.NextTime(), now_ + absl::Seconds(1));
  now_ += absl::Milliseconds(999);
  consumer_.Expire(now_);
  EXPECT_EQ(consumer_.under_way(), 1u);
  now_ += absl::Milliseconds(1);
  consumer_.Expire(now_);
  EXPECT_EQ(consumer_.under_way(), 0u);
  EXPECT_EQ(consumer_.State().tried(0).reason(), "no answer within 1s");
  // Late: it changes nothing.
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 1, now_).ok());
  EXPECT_EQ(consumer_.low_water(), 1u);
  now_ += kFirstPause;
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(1));
}

TEST_F(ConsumerTest, AfterMaxTriesAPaymentIsParkedAndHoldsUpItsConventionOnly) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "m1"));
  consumer_.Offer(EventAt(2, "B", "m2"));
  consumer_.Offer(EventAt(3, "A", "m3"));
  ParkFirst();
  const v1::ConsumerState state = consumer_.State();
  ASSERT_EQ(state.parked_size(), 1);
  EXPECT_EQ(state.parked(0).position(), 1u);
  EXPECT_EQ(state.parked(0).tries(), 3);
  EXPECT_EQ(state.parked(0).reason(), "no such payee");
  EXPECT_THAT(state.parked(0).tags(), ElementsAre("convention:A", "payment:m1"));
  const auto sent = Next();
  EXPECT_THAT(PositionsOf(sent), ElementsAre(2));
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 2, now_).ok());
  consumer_.Offer(EventAt(9, "A", "m1"));
  EXPECT_EQ(consumer_.low_water(), 10u) << "the mark passes over what is held";
  EXPECT_THAT(consumer_.State().held(), ElementsAre(1, 3, 9));
  EXPECT_THAT(Next(), IsEmpty());
}

TEST_F(ConsumerTest, ARetriedPaymentAndWhatWaitedBehindItComeInOrder) {
  consumer_.Attach(100);
  for (uint64_t i : {1, 3, 5}) consumer_.Offer(EventAt(i, "A", "m"));
  ParkFirst();
  EXPECT_EQ(ReasonOf(consumer_.Retry(3)), "NOT_PARKED");
  ASSERT_TRUE(consumer_.Retry(1).ok());
  const auto sent = Next();
  EXPECT_THAT(PositionsOf(sent), ElementsAre(1, 3, 5));
  EXPECT_EQ(sent[0].events[0].second, nullptr) << "what is held is read again";
  consumer_.Offer(EventAt(7, "A", "m"));
  EXPECT_THAT(Next(), IsEmpty()) << "7 comes behind what is under way";
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 5, now_).ok());
  EXPECT_THAT(consumer_.State().held(), IsEmpty());
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(7));
}

TEST_F(ConsumerTest, ASkippedPaymentIsRememberedAndLetsTheOthersGo) {
  consumer_.Attach(100);
  for (uint64_t i : {1, 3}) consumer_.Offer(EventAt(i, "A", "m"));
  ParkFirst();
  EXPECT_EQ(ReasonOf(consumer_.Skip(3, "admin", "x", now_)), "NOT_PARKED");
  ASSERT_TRUE(consumer_.Skip(1, "admin", "paid by hand", now_).ok());
  const v1::ConsumerState state = consumer_.State();
  ASSERT_EQ(state.skipped_size(), 1);
  EXPECT_EQ(state.skipped(0).position(), 1u);
  EXPECT_EQ(state.skipped(0).subject(), "admin");
  EXPECT_EQ(state.skipped(0).reason(), "paid by hand");
  EXPECT_THAT(state.held(), ElementsAre(3));
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(3));
}

TEST_F(ConsumerTest, WhileItIsPausedNothingIsSentAndAnswersAreTaken) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "m1"));
  consumer_.Offer(EventAt(2, "B", "m2"));
  const auto sent = Next(1);
  consumer_.SetPaused(true);
  EXPECT_THAT(Next(), IsEmpty());
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 1, now_).ok());
  EXPECT_EQ(consumer_.low_water(), 2u);
  consumer_.SetPaused(false);
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(2));
}

TEST_F(ConsumerTest, ALostConnectionCountsAsATryOfTheNextToBeAnsweredOnly) {
  consumer_.Attach(100);
  for (uint64_t i : {1, 2, 3}) consumer_.Offer(EventAt(i, "A", "m"));
  const auto sent = Next();
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 1, now_).ok());
  consumer_.Detach(/*lost=*/true, now_);
  const v1::ConsumerState state = consumer_.State();
  ASSERT_EQ(state.tried_size(), 1);
  EXPECT_EQ(state.tried(0).position(), 2u);
  EXPECT_EQ(state.tried(0).reason(), "the connection was lost");
  EXPECT_EQ(state.low_water(), 2u);
}

TEST_F(ConsumerTest, AnAnswerThatIsNotOfTheDeliveryIsAnError) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "m"));
  const auto sent = Next();
  EXPECT_EQ(ReasonOf(consumer_.Acknowledge(sent[0].delivery_id, 2, now_)), "FIELD_INVALID");
  EXPECT_EQ(ReasonOf(consumer_.Refuse(sent[0].delivery_id, 2, "x", now_)), "FIELD_INVALID");
  EXPECT_EQ(consumer_.under_way(), 1u);
}

TEST_F(ConsumerTest, AConnectionThatEndsWellIsNoFailure) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "m"));
  EXPECT_EQ(Next().size(), 1u);
  consumer_.Detach(/*lost=*/false, now_);
  EXPECT_EQ(consumer_.State().tried_size(), 0);
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "m"));
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(1));
}

TEST_F(ConsumerTest, WhileItIsPausedNothingThatWaitsIsDue) {
  consumer_.Attach(100);
  consumer_.Offer(EventAt(1, "A", "m"));
  const auto sent = Next();
  ASSERT_TRUE(consumer_.Refuse(sent[0].delivery_id, 1, "no", now_).ok());
  consumer_.SetPaused(true);
  EXPECT_EQ(consumer_.NextTime(), absl::InfiniteFuture());
  consumer_.SetPaused(false);
  EXPECT_EQ(consumer_.NextTime(), now_ + kFirstPause);
}

TEST_F(ConsumerTest, WhatIsReadAgainCountsWithItsSize) {
  consumer_.Attach(100);
  for (uint64_t i : {1, 2, 3}) {
    FeedEvent event = EventAt(i, fmt::format("C{}", i), fmt::format("m{}", i));
    event.bytes = nullptr;
    event.size = 600;
    consumer_.Offer(event);
  }
  EXPECT_THAT(PositionsOf(consumer_.Next(now_, 100, 1'000)), ElementsAre(1));
  EXPECT_THAT(PositionsOf(consumer_.Next(now_, 100, 1'200)), ElementsAre(2, 3));
}

TEST_F(ConsumerTest, ARewindGoesBackAndKeepsWhatIsHeldAndSkipped) {
  consumer_.Attach(100);
  for (uint64_t i : {1, 3}) consumer_.Offer(EventAt(i, "A", "m"));
  for (uint64_t i : {5, 7}) consumer_.Offer(EventAt(i, "B", "n"));
  ParkFirst();  // 1, and 3 behind it
  now_ += kMaxPause;
  auto sent = Next();
  ASSERT_THAT(PositionsOf(sent), ElementsAre(5, 7));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(consumer_.Refuse(sent[0].delivery_id, 5, "no", now_).ok());
    now_ += kMaxPause;
    sent = Next();
  }
  ASSERT_TRUE(consumer_.Skip(5, "admin", "by hand", now_).ok());
  sent = Next();
  ASSERT_THAT(PositionsOf(sent), ElementsAre(7));
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 7, now_).ok());
  consumer_.Detach(/*lost=*/false, now_);
  EXPECT_EQ(ReasonOf(consumer_.Rewind(consumer_.low_water() + 1)), "REWIND_FORWARD");
  ASSERT_TRUE(consumer_.Rewind(4).ok());
  EXPECT_THAT(consumer_.State().held(), ElementsAre(1, 3)) << "they were never done";
  consumer_.Attach(100);
  EXPECT_EQ(consumer_.next_position(), 4u);
  for (uint64_t i : {1, 3}) consumer_.Offer(EventAt(i, "A", "m"));
  for (uint64_t i : {5, 7}) consumer_.Offer(EventAt(i, "B", "n"));
  EXPECT_THAT(PositionsOf(Next()), ElementsAre(7)) << "5 was skipped for ever";
  consumer_.Detach(/*lost=*/false, now_);
  ASSERT_TRUE(consumer_.Rewind(0).ok());
  EXPECT_EQ(consumer_.State().held_size() + consumer_.State().parked_size(), 0);
}

TEST_F(ConsumerTest, NoMoreIsKeptThanTheLimit) {
  consumer_.Attach(10);
  for (uint64_t i = 0; consumer_.WantsMore(); ++i) {
    consumer_.Offer(EventAt(i, fmt::format("C{}", i), fmt::format("m{}", i)));
    ASSERT_LE(i, kMaxOutstanding);
  }
  const auto sent = Next();
  EXPECT_GT(consumer_.kept_bytes(), 0u);
  ASSERT_TRUE(consumer_.Acknowledge(sent[9].delivery_id, 9, now_).ok());
  EXPECT_FALSE(consumer_.WantsMore()) << "9 is done, but 0 to 8 are not: it is still remembered";
  ASSERT_TRUE(consumer_.Acknowledge(sent[0].delivery_id, 0, now_).ok());
  EXPECT_TRUE(consumer_.WantsMore());
}

// A client over a consumer that crashes, stops, refuses and forgets; a server that loses what it
// had not stored. What the client does must be each event once, in order within each lane.
TEST(ConsumerRandomTest, EveryEventIsDoneOnceAndInOrderWhateverFails) {
  const uint64_t seed = TestSeed();
  for (uint64_t round = 0; round < 60; ++round) {
    std::mt19937_64 random(seed + round);
    const auto below = [&](uint64_t n) { return random() % n; };
    // The log: some positions are no payment events.
    std::vector<FeedEvent> log;
    for (uint64_t position = 0; log.size() < 200; ++position) {
      if (below(3) == 0) continue;
      FeedEvent event =
          EventAt(position, fmt::format("C{}", below(6)), fmt::format("m{}", below(9)));
      if (below(12) == 0) event.lanes.push_back(fmt::format("convention:C{}", below(6) + 6));
      log.push_back(std::move(event));
    }
    std::set<uint64_t> cursed;  // refused until they are retried by hand
    for (int i = 0; i < 5; ++i) cursed.insert(log[below(log.size())].position);
    std::map<std::string, std::vector<uint64_t>> done_by_lane;
    std::set<uint64_t> done;
    absl::Time now = kStart;
    v1::ConsumerState stored = NewState(2);
    auto consumer = std::make_unique<Consumer>(stored);
    std::vector<Outgoing> under_way;
    const auto apply = [&](uint64_t position) {
      if (!done.insert(position).second) return;  // deduplicated by the client
      const auto it = std::find_if(log.begin(), log.end(), [&](const FeedEvent& event) {
        return event.position == position;
      });
      for (const std::string& lane : it->lanes) done_by_lane[lane].push_back(position);
    };
    int steps = 0;
    while (done.size() < log.size()) {
      ASSERT_LT(++steps, 60'000) << "seed " << seed + round << ": nothing moves any more";
      now += absl::Milliseconds(static_cast<int64_t>(below(400)));
      if (!consumer->attached()) {
        consumer->Attach(1 + below(20));
        under_way.clear();
        const std::set<uint64_t> held = consumer->held();
        for (const FeedEvent& event : log) {
          if (held.contains(event.position)) consumer->Offer(event);
        }
      }
      consumer->Expire(now);
      const uint64_t until = log[below(log.size())].position;
      for (const FeedEvent& event : log) {
        if (event.position < consumer->next_position() || event.position > until) continue;
        if (consumer->WantsMore()) consumer->Offer(event);
      }
      for (Outgoing& out : consumer->Next(now, 1 + below(30), 1'000)) under_way.push_back(out);
      if (!under_way.empty()) {
        const size_t which = below(under_way.size());
        const Outgoing out = under_way[which];
        under_way.erase(under_way.begin() + static_cast<ptrdiff_t>(which));
        const size_t through = below(out.events.size() + 1);  // where it stops, or its size
        const uint64_t kind = below(10);
        // A client does what it is sent, answers or not; a delivery that the server took back may
        // still be done by it: never what is behind something not done.
        for (size_t i = 0; i < out.events.size() && i < std::max<size_t>(through, 1); ++i) {
          const uint64_t position = out.events[i].first;
          if (cursed.contains(position)) {
            ASSERT_TRUE(consumer->Refuse(out.delivery_id, position, "cursed", now).ok());
            break;
          }
          apply(position);
          if (kind > 0) {
            const absl::Status answered = consumer->Acknowledge(out.delivery_id, position, now);
            ASSERT_TRUE(answered.ok()) << answered;
          }
        }
      }
      const uint64_t event = below(40);
      if (event == 0) consumer->Detach(/*lost=*/below(2) == 0, now);
      if (event <= 8) stored = consumer->State();
      if (event == 9) consumer = std::make_unique<Consumer>(stored);  // the server was killed
      if (event == 10 && consumer->State().parked_size() > 0) {
        const uint64_t position = consumer->State().parked(0).position();
        if (below(2) == 0) {
          cursed.erase(position);
          ASSERT_TRUE(consumer->Retry(position).ok());
        } else {
          apply(position);  // by hand, then
          ASSERT_TRUE(consumer->Skip(position, "admin", "by hand", now).ok());
          cursed.erase(position);
        }
        stored = consumer->State();
      }
    }
    for (const auto& [lane, positions] : done_by_lane) {
      EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()))
          << lane << ", seed " << seed + round << ": " << ::testing::PrintToString(positions);
    }
  }
}

}  // namespace
}  // namespace consumer_test
}  // namespace registre
