#include "ledger/recorder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "tests/support/fake_view.h"
#include "tests/support/payment_acts.h"
#include "tests/support/test_recorder.h"

namespace registre::testing::recorder_test {
namespace {

v1::RecordRequest Guarded(v1::RecordRequest request, const std::string& type,
                          const std::string& tag, uint64_t from_position) {
  v1::QueryItem* item = request.mutable_condition()->mutable_query()->add_items();
  if (!type.empty()) item->add_types(type);
  item->add_tags(tag);
  request.mutable_condition()->set_from_position(from_position);
  return request;
}

std::string ReasonIn(const Outcome& outcome) { return ReasonOf(outcome.status()); }

TEST(RecorderTest, RecordsAUnitWithItsWholeEnvelope) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.clock.Advance(absl::Seconds(5));
  const v1::RecordResponse receipt =
      ledger.Must("structures", {RegisterStructure("st-a"), RegisterStructure("st-b")});

  ASSERT_EQ(receipt.receipts_size(), 2);
  EXPECT_EQ(receipt.receipts(0).position(), 1u);
  EXPECT_EQ(receipt.receipts(1).position(), 2u);
  EXPECT_FALSE(receipt.already_recorded());
  const v1::Event first = ledger.EventAt(1);
  const v1::Event second = ledger.EventAt(2);
  EXPECT_EQ(first.position(), 1u);
  EXPECT_EQ(first.event_id().size(), 16u);
  EXPECT_EQ(first.event_id()[6] & 0xf0, 0x70) << "UUID version 7";
  EXPECT_NE(first.event_id(), second.event_id());
  EXPECT_EQ(first.unit_index(), 0u);
  EXPECT_EQ(second.unit_index(), 1u);
  EXPECT_EQ(first.unit_size(), 2u);
  EXPECT_EQ(first.command_id(), "structures");
  EXPECT_EQ(first.fingerprint().size(), 33u);
  EXPECT_EQ(first.fingerprint()[0], 1);
  EXPECT_EQ(first.fingerprint(), second.fingerprint());
  EXPECT_EQ(FromTimestamp(first.recorded_at()), ledger.clock.Now());
  EXPECT_EQ(first.actor().subject(), "clerk");
  EXPECT_EQ(first.salt().size(), 16u);
  EXPECT_NE(first.salt(), second.salt());
  EXPECT_EQ(first.schema_version(), 1u);
  ASSERT_EQ(first.tags_size(), 1);
  EXPECT_EQ(first.tags(0).tag(), "structure:st-a");
  EXPECT_EQ(first.tags(0).sequence(), 1u);
  EXPECT_FALSE(first.tags(0).has_previous_position());
  ASSERT_EQ(first.flags_size(), 1);
  EXPECT_EQ(first.flags(0).rule(), "SIRET_MISSING");
}

v1::Act CloseYear(int year, const std::string& day) {
  v1::Act act;
  act.mutable_fiscal_year_closed()->set_fiscal_year(year);
  *act.mutable_fiscal_year_closed()->mutable_date() = On(day);
  return act;
}

// The closing stands behind units of its own group that are not in the log's tree yet.
TEST(RecorderTest, AClosedYearSaysWhatTheLogHeldBeforeIt) {
  TestRecorder ledger;
  ledger.Must("founding", PaymentFounding(2));
  ledger.Must("orders", {Order(1, "a", 500), Order(2, "b", 300)});
  ledger.Must("accepted", {Accept("a"), Accept("b")});
  ledger.log.CloseGate();
  const auto first = ledger.Submit(UnitOf("held-up", {RegisterStructure("st-x")}));
  ledger.log.AwaitAppend();
  // What is queued now is one group, written once the gate opens.
  const auto paid = ledger.Submit(UnitOf("paid", {Settle("a")}));
  const auto other = ledger.Submit(UnitOf("other", {RegisterStructure("st-y")}));
  const auto closed = ledger.Submit(UnitOf("closed", {CloseYear(2023, "2024-01-31")}));
  const auto after = ledger.Submit(UnitOf("after", {RegisterStructure("st-z")}));
  ledger.log.OpenGate();
  for (const auto& outcome : {first, paid, other, closed, after}) {
    ASSERT_TRUE(outcome->Get().ok()) << outcome->Get().status();
  }
  const uint64_t position = closed->Get()->receipts(0).position();
  ASSERT_EQ(position, ledger.log.size() - 2);
  const v1::FiscalYearClosed act = ledger.EventAt(position).act().fiscal_year_closed();

  EXPECT_EQ(act.log_size(), position);
  MerkleTree tree;
  std::vector<Tile> tiles;
  for (uint64_t i = 0; i < position; ++i) {
    tree.Append(LeafHash(ledger.log.Get({i})->front()), &tiles);
  }
  const Hash root = tree.Root();
  EXPECT_EQ(act.log_root(), std::string(root.begin(), root.end()));
  ASSERT_EQ(act.balances_size(), 1);
  EXPECT_EQ(act.balances(0).budget_code(), "C02-446A05");
  EXPECT_EQ(act.balances(0).ordered_cents(), 800);
  EXPECT_EQ(act.balances(0).paid_cents(), 500);

  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("late", {Order(1, "c", 100)}))), "BUDGET_CLOSED_YEAR");
  EXPECT_TRUE(ledger.Record(UnitOf("late-paid", {Settle("b")})).ok());
}

TEST(RecorderTest, LinksTheEventsOfATag) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  v1::Act update = RegisterStructure("st-a");
  v1::StructureUpdated updated;
  updated.set_structure_id("st-a");
  updated.mutable_after()->set_name("Autre nom d'essai");
  updated.mutable_date()->set_year(2023);
  updated.mutable_date()->set_month(5);
  updated.mutable_date()->set_day(2);
  updated.set_reason("essai");
  *update.mutable_structure_updated() = updated;
  ledger.Must("a", {RegisterStructure("st-a"), RegisterStructure("st-b"), update});
  update.mutable_structure_updated()->mutable_after()->set_name("Encore un nom d'essai");
  ledger.Must("b", {update});

  EXPECT_EQ(ledger.EventAt(3).tags(0).sequence(), 2u);
  EXPECT_EQ(ledger.EventAt(3).tags(0).previous_position(), 1u);
  EXPECT_EQ(ledger.EventAt(4).tags(0).sequence(), 3u);
  EXPECT_EQ(ledger.EventAt(4).tags(0).previous_position(), 3u);
  EXPECT_EQ(ledger.EventAt(4).act().structure_updated().before().name(), "Autre nom d'essai")
      << "an act that overwrites carries the value before";
}

TEST(RecorderTest, AnAnswerIsVisibleToTheNextRead) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.Must("line", {OpenLine("C02-446A05", 1000)});
  EXPECT_EQ(ledger.RowOf("budget_line:C02-446A05").budget_line().available_cents(), 1000);
  EXPECT_EQ(ledger.index->Read()->size(), 2u);
  EXPECT_EQ(ledger.recorder->status().head.size, 2u);
}

TEST(RecorderTest, TheSameCommandGivesTheFirstReceiptAgain) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  const v1::RecordResponse first =
      ledger.Must("c1", {RegisterStructure("st-a"), RegisterStructure("st-b")});
  ledger.clock.Advance(absl::Hours(1));
  v1::RecordResponse again =
      ledger.Must("c1", {RegisterStructure("st-a"), RegisterStructure("st-b")});
  EXPECT_TRUE(again.already_recorded());
  again.set_already_recorded(false);
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(ledger.log.size(), 3u);

  ledger.Restart();
  EXPECT_TRUE(
      ledger.Must("c1", {RegisterStructure("st-a"), RegisterStructure("st-b")}).already_recorded());
}

// A source whose n-th answer is "n".
class CountedSource {
 public:
  explicit CountedSource(Recorder* recorder) : recorder_(recorder) {
    recorder_->SetConsumerSource([this] {
      return std::vector<ConsumerWrite>{{"paie", std::to_string(++asked_)}};
    });
  }
  ~CountedSource() { recorder_->SetConsumerSource(nullptr); }
  int asked() const { return asked_; }

 private:
  Recorder* const recorder_;
  std::atomic<int> asked_ = 0;
};

TEST(RecorderTest, WhatConsumersWriteRidesTheNextGroup) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  CountedSource source(ledger.recorder.get());
  EXPECT_EQ(source.asked(), 0) << "it has not said that it has something";
  ledger.log.CloseGate();
  const auto first = ledger.Submit(UnitOf("a", {RegisterStructure("st-a")}));
  ledger.log.AwaitAppend();
  ledger.recorder->ConsumersChanged();
  const auto second = ledger.Submit(UnitOf("b", {RegisterStructure("st-b")}));
  const int appends = ledger.log.appends();
  ledger.log.OpenGate();
  ASSERT_TRUE(first->Get().ok());
  ASSERT_TRUE(second->Get().ok());
  EXPECT_EQ(ledger.log.appends(), appends + 1) << "one write for the unit and the consumer";
  EXPECT_EQ(*ledger.log.ReadConsumers(), std::vector<ConsumerWrite>({{"paie", "1"}}));
}

TEST(RecorderTest, WhatConsumersWriteDoesNotWaitForActsForLong) {
  TestRecorder ledger;
  CountedSource source(ledger.recorder.get());
  ledger.recorder->ConsumersChanged();
  while (ledger.log.ReadConsumers()->empty()) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(ledger.log.size(), 0u);
  EXPECT_EQ(ledger.recorder->status().recorded_groups, 0u);
  ASSERT_TRUE(ledger.recorder->SyncConsumers().ok());
  EXPECT_EQ(*ledger.log.ReadConsumers(), std::vector<ConsumerWrite>({{"paie", "2"}}));
}

TEST(RecorderTest, WhatConsumersWriteIsRefusedOnceTheWriterHasStopped) {
  TestRecorder ledger;
  CountedSource source(ledger.recorder.get());
  ledger.log.FailFromNowOn();
  EXPECT_EQ(ReasonOf(ledger.recorder->SyncConsumers()), "WRITER_STOPPED");
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("open", {OpenTestLedger()}))), "WRITER_STOPPED");
  EXPECT_EQ(source.asked(), 1);
}

TEST(RecorderTest, ACommandIdWithOtherBytesIsRefused) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.Must("c1", {RegisterStructure("st-a")});
  const Outcome other = ledger.Record(UnitOf("c1", {RegisterStructure("st-c")}));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonIn(other), "COMMAND_ID_REUSED");
  const Outcome condition =
      ledger.Record(Guarded(UnitOf("c1", {RegisterStructure("st-a")}), "", "structure:st-z", 0));
  EXPECT_EQ(ReasonIn(condition), "COMMAND_ID_REUSED") << "the condition is part of the command";
  EXPECT_EQ(ledger.log.size(), 2u);
}

TEST(RecorderTest, CommandIdsBelongToTheirSubject) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.Must("c1", {RegisterStructure("st-a")});
  const Outcome other = ledger.Record(UnitOf("c1", {RegisterStructure("st-b")}), "another");
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(other->already_recorded());
}

TEST(RecorderTest, ADuplicateWithinTheGroupGetsTheReceiptOfItsFirst) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.log.CloseGate();
  const auto held = ledger.Submit(UnitOf("held", {RegisterStructure("st-held")}));
  ledger.log.AwaitAppend();
  const auto first = ledger.Submit(UnitOf("c1", {RegisterStructure("st-a")}));
  const auto same = ledger.Submit(UnitOf("c1", {RegisterStructure("st-a")}));
  const auto other = ledger.Submit(UnitOf("c1", {RegisterStructure("st-b")}));
  EXPECT_FALSE(first->ready());
  ledger.log.OpenGate();
  EXPECT_TRUE(held->Get().ok());
  ASSERT_TRUE(first->Get().ok());
  ASSERT_TRUE(same->Get().ok());
  EXPECT_TRUE(same->Get()->already_recorded());
  EXPECT_EQ(same->Get()->receipts(0).position(), first->Get()->receipts(0).position());
  EXPECT_EQ(ReasonIn(other->Get()), "COMMAND_ID_REUSED");
  EXPECT_EQ(ledger.log.appends(), 3) << "what queued during a sync is one group";
}

TEST(RecorderTest, AUnitRefusedMidwayLeavesNothing) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  const Outcome refused = ledger.Record(UnitOf(
      "c1", {RegisterStructure("st-a"), RegisterStructure("st-b"), RegisterStructure("st-a")}));
  EXPECT_EQ(ReasonIn(refused), "NUMBER_TAKEN");
  EXPECT_NE(std::string(refused.status().message()).find("acts[2]"), std::string::npos)
      << refused.status();
  EXPECT_EQ(ledger.log.size(), 1u);
  EXPECT_FALSE(ledger.RowOf("structure:st-a").has_structure());
  EXPECT_TRUE(ledger.Record(UnitOf("c1", {RegisterStructure("st-b")})).ok())
      << "a refusal does not use up the command id";
}

TEST(RecorderTest, LaterActsOfAUnitSeeTheEarlierOnes) {
  TestRecorder ledger;
  ledger.Must("all", {OpenTestLedger(), RegisterStructure("st-a")});
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("b", {RegisterStructure("st-a")}))), "NUMBER_TAKEN");
}

TEST(RecorderTest, ValidateOnlyRecordsNothing) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  v1::RecordRequest request = UnitOf("c1", {RegisterStructure("st-a")});
  request.set_validate_only(true);
  const Outcome judged = ledger.Record(request);
  ASSERT_TRUE(judged.ok()) << judged.status();
  ASSERT_EQ(judged->receipts_size(), 1);
  EXPECT_FALSE(judged->receipts(0).has_position());
  EXPECT_EQ(judged->receipts(0).flags(0).rule(), "SIRET_MISSING");
  EXPECT_EQ(ledger.log.size(), 1u);
  request.set_validate_only(false);
  const Outcome recorded = ledger.Record(request);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_FALSE(recorded->already_recorded());
  request.set_validate_only(true);
  request.set_command_id("c2");
  EXPECT_EQ(ReasonIn(ledger.Record(request)), "NUMBER_TAKEN");
}

TEST(RecorderTest, AConditionGuardsAUnit) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.Must("a", {RegisterStructure("st-a")});
  const auto guarded = [&](const std::string& id, const std::string& type, uint64_t from) {
    return Guarded(UnitOf(id, {RegisterStructure("st-" + id)}), type, "structure:st-a", from);
  };
  const Outcome broken = ledger.Record(guarded("b", "", 0));
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonIn(broken), "CONDITION_BROKEN");
  EXPECT_NE(std::string(broken.status().message()).find("position 1"), std::string::npos);
  EXPECT_EQ(ReasonIn(ledger.Record(guarded("c", "structure_registered", 1))), "CONDITION_BROKEN");
  EXPECT_TRUE(ledger.Record(guarded("d", "", 2)).ok()) << "before from_position nothing matters";
  EXPECT_TRUE(ledger.Record(guarded("e", "payment_ordered", 0)).ok()) << "another type";
  EXPECT_EQ(ledger.log.size(), 4u);
  // It would hold whatever is recorded before, which is not what who read so far has seen.
  EXPECT_EQ(ReasonIn(ledger.Record(guarded("f", "", 5))), "POSITION_AHEAD");
  EXPECT_TRUE(ledger.Record(guarded("f", "", 4)).ok());
}

TEST(RecorderTest, AConditionSeesTheGroup) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.log.CloseGate();
  const auto held = ledger.Submit(UnitOf("held", {RegisterStructure("st-held")}));
  ledger.log.AwaitAppend();
  const auto first = ledger.Submit(UnitOf("a", {RegisterStructure("st-a")}));
  const auto second =
      ledger.Submit(Guarded(UnitOf("b", {RegisterStructure("st-b")}), "", "structure:st-a", 0));
  ledger.log.OpenGate();
  EXPECT_TRUE(first->Get().ok());
  EXPECT_EQ(ReasonIn(second->Get()), "CONDITION_BROKEN");
}

TEST(RecorderTest, AllTagsOfAnItemMustMatch) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.Must("a", {RegisterStructure("st-a"), RegisterStructure("st-b")});
  v1::RecordRequest request =
      Guarded(UnitOf("c", {RegisterStructure("st-c")}), "", "structure:st-a", 0);
  request.mutable_condition()->mutable_query()->mutable_items(0)->add_tags("structure:st-b");
  EXPECT_TRUE(ledger.Record(request).ok());
}

TEST(RecorderTest, MalformedCommandsAreRefusedWithEveryViolation) {
  TestRecorder ledger;
  v1::RecordRequest request = UnitOf("spaces are wrong", {v1::Act(), RegisterStructure("é")});
  const Outcome refused = ledger.Record(request);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonIn(refused), "COMMAND_ID_INVALID");
  EXPECT_NE(std::string(refused.status().message()).find("(and 2 more)"), std::string::npos)
      << refused.status();
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("empty", {}))), "FIELD_INVALID");
  v1::RecordRequest no_tag = UnitOf("c", {RegisterStructure("st-a")});
  no_tag.mutable_condition()->mutable_query()->add_items()->add_types("payment_ordered");
  EXPECT_EQ(ReasonIn(ledger.Record(no_tag)), "CONDITION_INVALID");
  v1::RecordRequest no_item = UnitOf("c", {RegisterStructure("st-a")});
  no_item.mutable_condition();
  EXPECT_EQ(ReasonIn(ledger.Record(no_item)), "CONDITION_INVALID");
}

TEST(RecorderTest, UnitsHaveLimits) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  std::vector<v1::Act> acts;
  for (size_t i = 0; i <= kMaxUnitActs; ++i)
    acts.push_back(RegisterStructure(fmt::format("s{}", i)));
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("many", acts))), "UNIT_TOO_LARGE");
  acts.pop_back();
  EXPECT_TRUE(ledger.Record(UnitOf("just", acts)).ok());
  for (v1::Act& act : acts) {
    for (int i = 0; i < 20; ++i) act.add_remarks(std::string(500, 'x'));
  }
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("heavy", acts))), "UNIT_TOO_LARGE");
  EXPECT_EQ(ledger.log.size(), 1 + kMaxUnitActs);
}

TEST(RecorderTest, RecordedAtNeverGoesBack) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  const absl::Time before = FromTimestamp(ledger.EventAt(0).recorded_at());
  ledger.clock.Jump(-absl::Seconds(30));
  ledger.Must("a", {RegisterStructure("st-a")});
  EXPECT_EQ(FromTimestamp(ledger.EventAt(1).recorded_at()), before);
}

TEST(RecorderTest, AClockThatJumpsStopsRecordingUntilItIsAccepted) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.clock.Advance(absl::Hours(10));
  ledger.Must("a", {RegisterStructure("st-a")});
  ledger.clock.Jump(absl::Seconds(61));
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("b", {RegisterStructure("st-b")}))), "CLOCK_SUSPECT");
  ledger.clock.Jump(-absl::Seconds(61));
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("b", {RegisterStructure("st-b")}))), "CLOCK_SUSPECT")
      << "only a person resumes";
  EXPECT_EQ(ledger.recorder->status().state, RecorderStatus::State::kClockSuspect);
  ledger.recorder->AcceptClock();
  EXPECT_TRUE(ledger.Record(UnitOf("b", {RegisterStructure("st-b")})).ok());
  EXPECT_EQ(ledger.log.size(), 3u);
}

TEST(RecorderTest, AStartBeforeTheLastActIsSuspect) {
  TestRecorder ledger;
  ledger.clock.Advance(absl::Hours(1));
  ledger.Must("open", {OpenTestLedger()});
  ledger.clock.Jump(-absl::Seconds(61));
  ledger.Restart();
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("a", {RegisterStructure("st-a")}))), "CLOCK_SUSPECT");
  ledger.recorder->AcceptClock();
  EXPECT_TRUE(ledger.Record(UnitOf("a", {RegisterStructure("st-a")})).ok());
}

TEST(RecorderTest, AFailedAppendStopsTheWriterAndShowsNothing) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.log.CloseGate();
  const auto held = ledger.Submit(UnitOf("held", {RegisterStructure("st-held")}));
  ledger.log.AwaitAppend();
  const auto first = ledger.Submit(UnitOf("a", {RegisterStructure("st-a")}));
  const auto refused = ledger.Submit(UnitOf("b", {RegisterStructure("st-a")}));
  ledger.log.FailFromNowOn();
  ledger.log.OpenGate();
  EXPECT_EQ(ReasonIn(held->Get()), "WRITER_STOPPED");
  EXPECT_EQ(ReasonIn(first->Get()), "WRITER_STOPPED");
  EXPECT_EQ(ReasonIn(refused->Get()), "WRITER_STOPPED")
      << "a refusal that rests on staged state is no answer either";
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("c", {RegisterStructure("st-c")}))), "WRITER_STOPPED");
  EXPECT_EQ(ledger.recorder->status().state, RecorderStatus::State::kStopped);
  EXPECT_EQ(ledger.recorder->status().head.size, 1u);
  EXPECT_FALSE(ledger.RowOf("structure:st-held").has_structure());
  EXPECT_EQ(ledger.index->Read()->size(), 1u);
}

TEST(RecorderTest, AFullQueueRefusesAtOnce) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.log.CloseGate();
  const auto held = ledger.Submit(UnitOf("held", {RegisterStructure("st-held")}));
  ledger.log.AwaitAppend();
  std::vector<std::shared_ptr<PendingOutcome>> queued;
  for (size_t i = 0; i < kMaxQueuedUnits; ++i) {
    queued.push_back(ledger.Submit(UnitOf(fmt::format("q{}", i), {RegisterStructure("st-q")})));
  }
  const auto over = ledger.Submit(UnitOf("over", {RegisterStructure("st-over")}));
  ASSERT_TRUE(over->ready()) << "it is refused without waiting";
  EXPECT_EQ(over->Get().status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonIn(over->Get()), "QUEUE_FULL");
  ledger.log.OpenGate();
  EXPECT_TRUE(queued.front()->Get().ok());
  EXPECT_EQ(ReasonIn(queued.back()->Get()), "NUMBER_TAKEN");
}

TEST(RecorderTest, DrainingAnswersWhatIsQueuedAndRefusesTheRest) {
  TestRecorder ledger;
  ledger.Must("open", {OpenTestLedger()});
  ledger.log.CloseGate();
  const auto held = ledger.Submit(UnitOf("held", {RegisterStructure("st-held")}));
  ledger.log.AwaitAppend();
  const auto queued = ledger.Submit(UnitOf("a", {RegisterStructure("st-a")}));
  ledger.log.OpenGate();
  ledger.recorder->Drain();
  EXPECT_TRUE(held->Get().ok());
  EXPECT_TRUE(queued->Get().ok());
  EXPECT_EQ(ReasonIn(ledger.Record(UnitOf("b", {RegisterStructure("st-b")}))), "DRAINING");
}

TEST(RecorderTest, WakesWhoWaitsForTheTail) {
  TestRecorder ledger;
  absl::Notification woken;
  uint64_t size = 0;
  ledger.tail->Wait(ledger.tail->changes(), [&] {
    size = ledger.index->Read()->size();
    woken.Notify();
  });
  EXPECT_FALSE(woken.HasBeenNotified());
  ledger.Must("open", {OpenTestLedger()});
  woken.WaitForNotification();
  EXPECT_EQ(size, 1u) << "who is woken finds the event in the index";
  const uint64_t seen = ledger.tail->changes();
  EXPECT_FALSE(ledger.Record(UnitOf("again", {OpenTestLedger()})).ok());
  EXPECT_EQ(ledger.tail->changes(), seen) << "the log has not grown";
}

}  // namespace
}  // namespace registre::testing::recorder_test
