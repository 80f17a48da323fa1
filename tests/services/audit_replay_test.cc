// Replays over gRPC.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/trust_policy.h"
#include "projections/replay_verifier.h"
#include "registre/v1/audit_service.grpc.pb.h"
#include "services/audit_service.h"
#include "tests/services/services_fixture.h"
#include "tests/support/busy_ledger.h"

namespace registre::testing::audit_replay_test {
namespace {

constexpr char kConvention[] = "convention:2023-00963";
constexpr char kBusy[] = "convention:2023-00001";

class AuditReplayTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    audit_ = v1::AuditService::NewStub(channel_);
  }

  grpc::Status Replay(const v1::ReplayRequest& request, std::vector<v1::ReplayResponse>* messages) {
    grpc::ClientContext context;
    const auto stream = audit_->Replay(&context, request);
    messages->clear();
    v1::ReplayResponse message;
    while (stream->Read(&message)) messages->push_back(message);
    return stream->Finish();
  }
  std::vector<v1::ReplayResponse> MustReplay(const v1::ReplayRequest& request) {
    std::vector<v1::ReplayResponse> messages;
    const grpc::Status status = Replay(request, &messages);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return messages;
  }
  static v1::ReplayRequest Of(const std::string& tag, uint64_t from = 0) {
    v1::ReplayRequest request;
    request.set_tag(tag);
    request.set_from_position(from);
    return request;
  }
  std::string ReasonOfReplay(const v1::ReplayRequest& request) {
    std::vector<v1::ReplayResponse> messages;
    return InfoOf(Replay(request, &messages)).reason();
  }
  // The row of the tag at a point, as every read gives it.
  std::string RowAt(const std::string& tag, const Point& point) {
    const auto index = ledger_->index();
    const StateReader state(ledger_->log(), *index, RegistreProjection());
    const auto row = state.RowAt(tag, point);
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() && *row != nullptr ? (*row)->SerializeAsString() : "";
  }
  // Each unit by the subject who may record it.
  void RecordBusy(int orders) {
    int unit = 0;
    std::vector<std::shared_ptr<PendingOutcome>> outcomes;
    for (const auto& acts : BusyLedger(5, orders)) {
      auto command =
          MakeCommand(SubjectOf(acts.front()), UnitOf(fmt::format("u{}", unit++), acts), AnyRole);
      ASSERT_TRUE(command.ok()) << command.status();
      outcomes.push_back(std::make_shared<PendingOutcome>());
      ledger_->recorder().Submit(*std::move(command), [pending = outcomes.back()](Outcome outcome) {
        pending->Set(std::move(outcome));
      });
    }
    for (const auto& outcome : outcomes)
      ASSERT_TRUE(outcome->Get().ok()) << outcome->Get().status();
  }

  std::unique_ptr<v1::AuditService::Stub> audit_;
};

TEST_F(AuditReplayTest, EachEventWithTheStateAfterIt) {
  RecordReal();
  const auto messages = MustReplay(Of(kConvention));
  ASSERT_GT(messages.size(), 2u);
  uint64_t sequence = 0;
  for (const v1::ReplayResponse& message : messages) {
    ASSERT_TRUE(message.has_event()) << "no checkpoint where no proofs are asked for";
    const v1::ReplayedEvent& replayed = message.event();
    v1::Event event;
    ASSERT_TRUE(event.ParseFromString(replayed.event().event()));
    EXPECT_EQ(event.position(), replayed.event().position());
    EXPECT_EQ(replayed.event().event(), ledger_->log().Get({event.position()})->front());
    for (const v1::TagLink& link : event.tags()) {
      if (link.tag() != kConvention) continue;
      EXPECT_EQ(link.sequence(), ++sequence);
    }
    EXPECT_EQ(replayed.state().SerializeAsString(),
              RowAt(kConvention, {.size = event.position() + 1}));
    EXPECT_TRUE(replayed.hashes().empty());
  }
  EXPECT_EQ(sequence, messages.size());
  EXPECT_EQ(messages.back().event().state().SerializeAsString(),
            RowAt(kConvention, {.size = size_}));
}

TEST_F(AuditReplayTest, BetweenTwoPointsOfBothAxes) {
  RecordBusy(150);
  const auto all = MustReplay(Of(kBusy));
  ASSERT_GT(all.size(), 2 * kReplayPageEvents) << "more than a page";
  // From a position.
  const uint64_t from = all[70].event().event().position();
  const auto late = MustReplay(Of(kBusy, from));
  ASSERT_EQ(late.size(), all.size() - 70);
  EXPECT_EQ(late.front().SerializeAsString(), all[70].SerializeAsString());
  EXPECT_EQ(late.back().SerializeAsString(), all.back().SerializeAsString());
  EXPECT_EQ(MustReplay(Of(kBusy, ledger_->log().size())).size(), 0u) << "behind its end";
  // As known at a position, and as in effect on a date.
  v1::ReplayRequest request = Of(kBusy, from);
  request.mutable_as_of()->set_position(all[100].event().event().position());
  const auto known = MustReplay(request);
  EXPECT_LT(known.size(), late.size());
  for (size_t i = 0; i < known.size(); ++i) {
    EXPECT_EQ(known[i].SerializeAsString(), late[i].SerializeAsString());
  }
  v1::Event middle;
  middle.ParseFromString(all[100].event().event().event());
  const Days on = EffectiveDateOf(middle.act());
  ASSERT_NE(on, kAlways);
  request = Of(kBusy, from);
  *request.mutable_as_of()->mutable_effective_on() = FromDays(on);
  const auto in_effect = MustReplay(request);
  EXPECT_LT(in_effect.size(), late.size());
  EXPECT_GT(in_effect.size(), 0u);
  for (const v1::ReplayResponse& message : in_effect) {
    v1::Event event;
    event.ParseFromString(message.event().event().event());
    EXPECT_LE(EffectiveDateOf(event.act()), on);
    EXPECT_EQ(message.event().state().SerializeAsString(),
              RowAt(kBusy, {.size = event.position() + 1, .effective_on = on}));
  }
}

TEST_F(AuditReplayTest, WithProofsEverythingIsVerified) {
  RecordBusy(100);
  v1::ReplayRequest request = Of(kBusy);
  request.set_with_proofs(true);
  const auto messages = MustReplay(request);
  ASSERT_GT(messages.size(), kReplayPageEvents);
  ASSERT_TRUE(messages.front().has_checkpoint());
  const auto trusted = VerifyCheckpoint(messages.front().checkpoint().note(),
                                        TrustPolicy::OfKeys(checkpoints_->keyring().verifiers()));
  ASSERT_TRUE(trusted.ok()) << trusted.status();
  ReplayVerifier verifier(kBusy, trusted->checkpoint, std::nullopt);
  for (size_t i = 1; i < messages.size(); ++i) {
    const v1::ReplayedEvent& replayed = messages[i].event();
    Proof proof;
    for (const std::string& hash : replayed.hashes()) proof.push_back(*HashFromBytes(hash));
    const absl::Status added =
        verifier.Add(replayed.event().position(), replayed.event().event(), proof);
    ASSERT_TRUE(added.ok()) << added;
    const absl::Status state = verifier.CheckState(replayed.state());
    ASSERT_TRUE(state.ok()) << state;
  }
  EXPECT_EQ(verifier.events(), messages.size() - 1);
  // The checkpoint holds what is shown also where it is not of the head.
  ASSERT_TRUE(Record("later", {RegisterStructure("st-later")}).ok());
  EXPECT_GE(MustReplay(request).front().checkpoint().size(), trusted->checkpoint.size);
}

TEST_F(AuditReplayTest, WhatCannotBeReplayed) {
  v1::ReplayRequest none = Of("convention:2023-9");
  EXPECT_EQ(ReasonOfReplay(none), "NOT_FOUND");
  ASSERT_TRUE(Record("open", {OpenTestLedger(), RegisterStructure("st-a")}).ok());
  EXPECT_EQ(ReasonOfReplay(none), "NOT_FOUND");
  EXPECT_EQ(ReasonOfReplay(Of("conventions")), "FIELD_INVALID");
  EXPECT_EQ(ReasonOfReplay(Of("ledger")), "FIELD_INVALID") << "a row, and no tag";
  v1::ReplayRequest early = Of("structure:st-a");
  early.mutable_as_of()->set_position(0);
  std::vector<v1::ReplayResponse> messages;
  EXPECT_TRUE(Replay(early, &messages).ok()) << "within the unit: up to its end";
  early.mutable_as_of()->mutable_effective_on()->set_month(13);
  EXPECT_EQ(ReasonOfReplay(early), "PERIOD_INVALID");
}

TEST_F(AuditReplayTest, NoMoreAtOnceThanTheLimit) {
  RecordBusy(3'000);
  // Histories too long to be sent before anyone reads them.
  std::vector<std::unique_ptr<OpenStream<v1::ReplayResponse>>> open;
  v1::ReplayResponse message;
  for (size_t i = 0; i < kMaxReplays; ++i) {
    open.push_back(std::make_unique<OpenStream<v1::ReplayResponse>>());
    open.back()->stream = audit_->Replay(&open.back()->context, Of("budget_line:C02-446A05"));
    ASSERT_TRUE(open.back()->stream->Read(&message)) << i;
  }
  EXPECT_EQ(ReasonOfReplay(Of(kBusy)), "TOO_MANY_REPLAYS");
  for (const auto& one : open) one->context.TryCancel();
  for (const auto& one : open) EXPECT_EQ(one->stream->Finish().error_code(), grpc::CANCELLED);
  // Those that ended leave room, a moment later.
  std::vector<v1::ReplayResponse> messages;
  while (InfoOf(Replay(Of(kBusy), &messages)).reason() == "TOO_MANY_REPLAYS") {
    std::this_thread::yield();
  }
  EXPECT_GT(messages.size(), 100u);
}

TEST_F(AuditReplayTest, ADrainEndsIt) {
  RecordBusy(3'000);
  grpc::ClientContext context;
  const auto stream = audit_->Replay(&context, Of("budget_line:C02-446A05"));
  v1::ReplayResponse message;
  ASSERT_TRUE(stream->Read(&message));
  // The connection ends with its last call. This one is under way until the replay's end is read,
  // which the end of the connection may else lose.
  HeldRecorder held(&ledger_->recorder());
  std::thread unit([this] {
    EXPECT_TRUE(Record("held", {RegisterStructure("st-held")}).ok()) << "it is answered first";
  });
  AwaitQueued(1);
  std::thread stop = BeginStop();
  while (stream->Read(&message)) {
  }
  const grpc::Status end = stream->Finish();
  held.Release();
  unit.join();
  stop.join();
  // The whole of it, where it was read faster than the server began to stop.
  if (!end.ok()) {
    EXPECT_EQ(end.error_code(), grpc::UNAVAILABLE);
    EXPECT_EQ(InfoOf(end).reason(), "DRAINING") << end.error_message();
  }
}

}  // namespace
}  // namespace registre::testing::audit_replay_test
