// Corrections over gRPC: who proposes and who decides, what is refused, what is answered again, and
// both views of what was corrected.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/limits.h"
#include "registre/v1/anomaly_service.grpc.pb.h"
#include "registre/v1/budget_service.grpc.pb.h"
#include "registre/v1/convention_service.grpc.pb.h"
#include "registre/v1/correction_service.grpc.pb.h"
#include "registre/v1/deliberation_service.grpc.pb.h"
#include "registre/v1/payment_feed_service.grpc.pb.h"
#include "registre/v1/payment_service.grpc.pb.h"
#include "registre/v1/structure_service.grpc.pb.h"
#include "tests/services/services_fixture.h"
#include "tests/support/fake_view.h"
#include "tests/support/payment_acts.h"

namespace registre::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kStructure = 1;
constexpr uint64_t kLine = 2;
constexpr uint64_t kSession = 3;
constexpr uint64_t kConvention = 5;
constexpr uint64_t kOrder = 7;

// "field REASON" of each violation.
std::vector<std::string> ViolationsOf(const grpc::Status& status) {
  google::rpc::Status rpc;
  std::vector<std::string> violations;
  rpc.ParseFromString(status.error_details());
  for (const auto& detail : rpc.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) {
      const std::string& text = violation.description();
      violations.push_back(violation.field() + " " + text.substr(0, text.find(':')));
    }
  }
  return violations;
}

class CorrectionServiceTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    stub_ = v1::CorrectionService::NewStub(channel_);
    ASSERT_TRUE(Record("founding", PaymentFounding(2)).ok());
    ASSERT_TRUE(Record("order", {Order(1, "a", 500)}).ok());
  }
  // After every fault and every correction: the index is what a new fold of the log gives.
  void TearDown() override {
    const auto checked = ledger_->Check([](const FoldProgress&) { return true; });
    EXPECT_TRUE(checked.ok()) << checked.status();
    if (checked.ok()) {
      EXPECT_THAT(checked->differences, IsEmpty());
    }
    ServicesTest::TearDown();
  }

  // Calls as a subject.
  template <class Stub, class Request, class Response>
  static grpc::Status CallAs(const std::string& subject, Stub* stub,
                             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                          Response*),
                             const Request& request, Response* response) {
    grpc::ClientContext context;
    context.AddMetadata("registre-subject", subject);
    return (stub->*method)(&context, request, response);
  }

  static v1::ProposeCorrectionRequest ProposalOf(uint64_t target,
                                                 const std::vector<v1::Act>& replacements = {},
                                                 const std::string& id = "propose") {
    v1::ProposeCorrectionRequest request;
    request.set_command_id(id);
    request.set_target_position(target);
    request.set_reason("Erreur de saisie (essai)");
    request.set_authority("Note d'essai");
    *request.mutable_effective_on() = On("2023-09-20");
    request.mutable_replacements()->Add(replacements.begin(), replacements.end());
    return request;
  }
  grpc::Status Propose(const v1::ProposeCorrectionRequest& request,
                       v1::ProposeCorrectionResponse* response,
                       const std::string& subject = "admin") {
    return CallAs(subject, stub_.get(), &v1::CorrectionService::Stub::ProposeCorrection, request,
                  response);
  }
  std::string MustPropose(const v1::ProposeCorrectionRequest& request) {
    v1::ProposeCorrectionResponse response;
    const grpc::Status status = Propose(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.correction_number();
  }
  grpc::Status Approve(const std::string& number, const std::string& id,
                       v1::ApproveCorrectionResponse* response,
                       const std::string& subject = "approver") {
    v1::ApproveCorrectionRequest request;
    request.set_command_id(id);
    request.set_correction_number(number);
    return CallAs(subject, stub_.get(), &v1::CorrectionService::Stub::ApproveCorrection, request,
                  response);
  }
  grpc::Status Approve(const std::string& number, const std::string& subject = "approver") {
    v1::ApproveCorrectionResponse response;
    return Approve(number, "approve-" + number, &response, subject);
  }
  grpc::Status Reject(const std::string& number, const std::string& reason, const std::string& id,
                      v1::RejectCorrectionResponse* response,
                      const std::string& subject = "approver") {
    v1::RejectCorrectionRequest request;
    request.set_command_id(id);
    request.set_correction_number(number);
    request.set_reason(reason);
    return CallAs(subject, stub_.get(), &v1::CorrectionService::Stub::RejectCorrection, request,
                  response);
  }
  // Proposes and approves.
  void Correct(uint64_t target, const std::vector<v1::Act>& replacements) {
    const std::string number = MustPropose(
        ProposalOf(target, replacements, fmt::format("propose-{}", ledger_->log().size())));
    const grpc::Status status = Approve(number);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  v1::GetCorrectionResponse Get(const std::string& number) {
    v1::GetCorrectionRequest request;
    request.set_correction_number(number);
    v1::GetCorrectionResponse response;
    const grpc::Status status = CallAs(
        "auditor", stub_.get(), &v1::CorrectionService::Stub::GetCorrection, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::GetStandingActResponse Standing(uint64_t position) {
    v1::GetStandingActRequest request;
    request.set_position(position);
    v1::GetStandingActResponse response;
    const grpc::Status status = CallAs(
        "clerk", stub_.get(), &v1::CorrectionService::Stub::GetStandingAct, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::Event EventAt(uint64_t position) {
    v1::Event event;
    event.ParseFromString(ledger_->log().Get({position})->front());
    return event;
  }
  template <class Response, class Stub, class Request>
  Response Read(Stub* stub,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    Response response;
    const grpc::Status status = CallAs("auditor", stub, method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  std::unique_ptr<v1::CorrectionService::Stub> stub_;
};

// ---- Proposing

TEST_F(CorrectionServiceTest, AProposalChangesNothing) {
  const uint64_t size = ledger_->log().size();
  v1::ProposeCorrectionRequest request = ProposalOf(kOrder, {Order(1, "a", 400)});
  request.set_validate_only(true);
  v1::ProposeCorrectionResponse looked;
  ASSERT_TRUE(Propose(request, &looked).ok());
  EXPECT_EQ(ledger_->log().size(), size);
  EXPECT_EQ(looked.correction_number(), "");
  EXPECT_FALSE(looked.has_position());
  EXPECT_EQ(looked.plan().kind(), v1::CORRECTION_KIND_RECTIFICATION);

  request.set_validate_only(false);
  v1::ProposeCorrectionResponse proposed;
  ASSERT_TRUE(Propose(request, &proposed).ok());
  EXPECT_EQ(proposed.correction_number(), "1");
  EXPECT_EQ(proposed.position(), size);
  EXPECT_EQ(proposed.plan().SerializeAsString(), looked.plan().SerializeAsString());
  EXPECT_EQ(ledger_->log().size(), size + 1);
  EXPECT_EQ(Standing(kOrder).act().payment_ordered().amount_cents(), 500);
  const v1::CorrectionProposed act = EventAt(size).act().correction_proposed();
  EXPECT_EQ(act.target().payment_ordered().structure_id(), "st-a") << "as it stands";
  EXPECT_EQ(act.affected_size(), 1);
  EXPECT_EQ(EventAt(size).actor().role(), "local");
}

TEST_F(CorrectionServiceTest, SaysAllThatIsWrongWithAProposal) {
  v1::ProposeCorrectionResponse response;
  v1::ProposeCorrectionRequest request;
  EXPECT_THAT(ViolationsOf(Propose(request, &response)),
              ElementsAre("command_id COMMAND_ID_INVALID", "target_position FIELD_INVALID",
                          "reason CORRECTION_REASON", "authority CORRECTION_REASON",
                          "effective_on CORRECTION_REASON"));
  request = ProposalOf(kOrder, {Order(1, "a", -400), OpenTestLedger(), v1::Act()});
  request.mutable_effective_on()->set_month(13);
  EXPECT_THAT(ViolationsOf(Propose(request, &response)),
              ElementsAre("effective_on CORRECTION_REASON",
                          "replacements[0].payment_ordered.amount_cents AMOUNT_INVALID",
                          "replacements[2].act FIELD_INVALID", "replacements[1] FIELD_INVALID"));
  request = ProposalOf(kOrder);
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(99, 1);
  EXPECT_THAT(ViolationsOf(Propose(request, &response)), ElementsAre("request UNKNOWN_FIELD"));
  request = ProposalOf(kOrder);
  for (int i = 0; i <= kMaxReplacements; ++i) *request.add_replacements() = Order(1, "b");
  EXPECT_EQ(Propose(request, &response).error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ledger_->log().size(), kOrder + 1);
}

TEST_F(CorrectionServiceTest, RefusesWhatCannotBeCorrected) {
  v1::ProposeCorrectionResponse response;
  const auto refusal = [&](uint64_t target, const std::vector<v1::Act>& replacements = {}) {
    return Propose(ProposalOf(target, replacements), &response);
  };
  EXPECT_EQ(refusal(99).error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(InfoOf(refusal(99)).reason(), "CORRECTION_TARGET");
  EXPECT_EQ(refusal(0).error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(refusal(0)).reason(), "CORRECTION_TARGET");
  const grpc::Status same = refusal(kOrder, {Order(1, "a", 500)});
  EXPECT_EQ(same.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(ViolationsOf(same), ElementsAre("replacements[0] FIELD_INVALID"));
  EXPECT_EQ(InfoOf(refusal(kOrder, {Order(1, "b"), Order(1, "b")})).reason(), "NUMBER_TAKEN");
  grpc::ClientContext context;
  context.AddMetadata("registre-subject", "accountant");
  v1::RecordResponse recorded;
  ASSERT_TRUE(ledger_stub_->Record(&context, UnitOf("accept", {Accept("a")}), &recorded).ok());
  EXPECT_EQ(InfoOf(refusal(kOrder)).reason(), "CORRECTION_ACCEPTED_PAYMENT");
  EXPECT_EQ(refusal(kOrder).error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(ledger_->log().size(), kOrder + 2);
}

// An act of control is nobody's to record, or to put in another's place.
TEST_F(CorrectionServiceTest, ActsOfControlAreRecordedByCorrectionsAlone) {
  std::vector<v1::Act> acts(5);
  *acts[0].mutable_correction_proposed() = Text<v1::CorrectionProposed>(
      "target_position: 1 reason: 'x' authority: 'x' "
      "effective_on { year: 2023 month: 9 day: 20 }");
  acts[1].mutable_correction_approved()->set_correction_number("1");
  acts[2].mutable_correction_rejected()->set_correction_number("1");
  acts[2].mutable_correction_rejected()->set_reason("x");
  *acts[3].mutable_act_reversed() = Text<v1::ActReversed>(
      "correction_number: '1' target_position: 1 effective_on { year: 2023 month: 9 day: 20 }");
  *acts[3].mutable_act_reversed()->mutable_act() = RegisterStructure("st-a");
  *acts[4].mutable_act_rectified() = Text<v1::ActRectified>(
      "correction_number: '1' target_position: 1 effective_on { year: 2023 month: 9 day: 20 }");
  *acts[4].mutable_act_rectified()->mutable_act() = RegisterStructure("st-a");
  MustPropose(ProposalOf(kOrder));
  const uint64_t size = ledger_->log().size();
  for (const v1::Act& act : acts) {
    SCOPED_TRACE(act.ShortDebugString());
    for (const bool validate_only : {false, true}) {
      v1::RecordRequest request = UnitOf("control", {act});
      request.set_validate_only(validate_only);
      v1::RecordResponse response;
      const grpc::Status status = Record(request, &response);
      EXPECT_EQ(status.error_code(), grpc::PERMISSION_DENIED) << status.error_message();
      EXPECT_EQ(InfoOf(status).reason(), "ROLE_MISSING");
    }
    EXPECT_EQ(InfoOf(Record("control", {RegisterStructure("st-x"), act})).reason(), "ROLE_MISSING");
    v1::ProposeCorrectionResponse response;
    EXPECT_THAT(ViolationsOf(Propose(ProposalOf(kStructure, {act}, "control"), &response)),
                ElementsAre("replacements[0] FIELD_INVALID"));
    grpc::ClientContext context;
    auto stream = ledger_stub_->RecordStream(&context);
    v1::RecordStreamRequest request;
    *request.mutable_request() = UnitOf("control", {act});
    stream->Write(request);
    stream->WritesDone();
    v1::RecordStreamResponse answer;
    while (stream->Read(&answer)) EXPECT_TRUE(answer.has_error());
    stream->Finish();
  }
  EXPECT_EQ(ledger_->log().size(), size);
}

// ---- Deciding

TEST_F(CorrectionServiceTest, AnotherSubjectApproves) {
  const std::string number = MustPropose(ProposalOf(kOrder, {Order(1, "a", 400)}));
  const uint64_t size = ledger_->log().size();
  const grpc::Status own = Approve(number, "admin");
  EXPECT_EQ(own.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(own).reason(), "FOUR_EYES");
  EXPECT_EQ(InfoOf(own).metadata().at("proposed_by"), "admin");
  EXPECT_EQ(ledger_->log().size(), size);

  v1::ApproveCorrectionResponse response;
  ASSERT_TRUE(Approve(number, "yes", &response).ok());
  EXPECT_EQ(response.first_position(), size);
  EXPECT_EQ(response.acts(), 3u);
  EXPECT_FALSE(response.already_recorded());
  ASSERT_EQ(ledger_->log().size(), size + 3);
  EXPECT_TRUE(EventAt(size).act().has_correction_approved());
  EXPECT_TRUE(EventAt(size + 1).act().has_act_reversed());
  EXPECT_TRUE(EventAt(size + 1).act().act_reversed().replaced());
  EXPECT_TRUE(EventAt(size + 2).act().has_act_rectified());
  for (uint64_t i = size; i < size + 3; ++i) {
    EXPECT_EQ(EventAt(i).correction_number(), number);
    EXPECT_EQ(EventAt(i).actor().subject(), "approver");
    EXPECT_EQ(EventAt(i).unit_size(), 3u);
  }
  EXPECT_EQ(Standing(kOrder).act().payment_ordered().amount_cents(), 400);
  EXPECT_EQ(Standing(kOrder).act().payment_ordered().structure_id(), "") << "filled by the ledger";
  EXPECT_THAT(Standing(kOrder).correction_numbers(), ElementsAre(number));

  const grpc::Status again = Approve(number);
  EXPECT_EQ(again.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(again).reason(), "CORRECTION_DECIDED");
  EXPECT_THAT(again.error_message(), HasSubstr("approved by approver"));
  v1::RejectCorrectionResponse rejected;
  EXPECT_EQ(InfoOf(Reject(number, "trop tard", "no", &rejected)).reason(), "CORRECTION_DECIDED");
}

TEST_F(CorrectionServiceTest, WhoProposedItMayTakeItBack) {
  const std::string number = MustPropose(ProposalOf(kOrder));
  v1::RejectCorrectionResponse response;
  EXPECT_THAT(ViolationsOf(Reject(number, "", "no", &response)),
              ElementsAre("reason FIELD_INVALID"));
  ASSERT_TRUE(Reject(number, "retirée", "no", &response, "admin").ok());
  EXPECT_EQ(response.position(), ledger_->log().size() - 1);
  EXPECT_EQ(EventAt(response.position()).correction_number(), "");
  const v1::Correction correction = Get(number).correction();
  EXPECT_EQ(correction.status(), v1::CORRECTION_STATUS_REJECTED);
  EXPECT_EQ(correction.rejected_because(), "retirée");
  EXPECT_EQ(correction.decided().subject(), "admin");
  EXPECT_EQ(InfoOf(Approve(number)).reason(), "CORRECTION_DECIDED");
  EXPECT_EQ(Standing(kOrder).act().payment_ordered().amount_cents(), 500);
  EXPECT_THAT(Standing(kOrder).correction_numbers(), IsEmpty());
}

TEST_F(CorrectionServiceTest, WhatIsNotThere) {
  EXPECT_EQ(Approve("7").error_code(), grpc::NOT_FOUND);
  v1::RejectCorrectionResponse rejected;
  EXPECT_EQ(Reject("7", "essai", "no", &rejected).error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(Approve("").error_code(), grpc::INVALID_ARGUMENT);
  v1::GetCorrectionRequest get;
  get.set_correction_number("7");
  v1::GetCorrectionResponse got;
  EXPECT_EQ(CallAs("auditor", stub_.get(), &v1::CorrectionService::Stub::GetCorrection, get, &got)
                .error_code(),
            grpc::NOT_FOUND);
  v1::GetStandingActRequest standing;
  standing.set_position(99);
  v1::GetStandingActResponse stands;
  EXPECT_EQ(CallAs("auditor", stub_.get(), &v1::CorrectionService::Stub::GetStandingAct, standing,
                   &stands)
                .error_code(),
            grpc::NOT_FOUND);
}

TEST_F(CorrectionServiceTest, ACommandIsAnsweredAgain) {
  const v1::ProposeCorrectionRequest proposal = ProposalOf(kOrder, {Order(1, "a", 400)});
  v1::ProposeCorrectionResponse first;
  ASSERT_TRUE(Propose(proposal, &first).ok());
  v1::ProposeCorrectionRequest looking = proposal;
  looking.set_validate_only(true);
  for (const v1::ProposeCorrectionRequest& request : {proposal, looking}) {
    v1::ProposeCorrectionResponse again;
    ASSERT_TRUE(Propose(request, &again).ok());
    EXPECT_TRUE(again.already_recorded());
    EXPECT_EQ(again.correction_number(), first.correction_number());
    EXPECT_EQ(again.position(), first.position());
    EXPECT_FALSE(again.has_plan());
  }
  v1::ProposeCorrectionRequest other = proposal;
  other.set_reason("autre motif");
  v1::ProposeCorrectionResponse refused;
  const grpc::Status reused = Propose(other, &refused);
  EXPECT_EQ(reused.error_code(), grpc::ALREADY_EXISTS);
  EXPECT_EQ(InfoOf(reused).reason(), "COMMAND_ID_REUSED");

  v1::ApproveCorrectionResponse approved;
  ASSERT_TRUE(Approve("1", "yes", &approved).ok());
  v1::ApproveCorrectionResponse approved_again;
  ASSERT_TRUE(Approve("1", "yes", &approved_again).ok());
  EXPECT_TRUE(approved_again.already_recorded());
  EXPECT_EQ(approved_again.first_position(), approved.first_position());
  EXPECT_EQ(approved_again.acts(), approved.acts());
  EXPECT_EQ(InfoOf(Approve("2", "yes", &approved_again)).reason(), "COMMAND_ID_REUSED");
  // The proposal is still answered, though its act is corrected now.
  v1::ProposeCorrectionResponse late;
  ASSERT_TRUE(Propose(proposal, &late).ok());
  EXPECT_TRUE(late.already_recorded());

  MustPropose(ProposalOf(kOrder, {}, "second"));
  v1::RejectCorrectionResponse rejected;
  ASSERT_TRUE(Reject("2", "essai", "no", &rejected).ok());
  v1::RejectCorrectionResponse rejected_again;
  ASSERT_TRUE(Reject("2", "essai", "no", &rejected_again).ok());
  EXPECT_TRUE(rejected_again.already_recorded());
  EXPECT_EQ(rejected_again.position(), rejected.position());
  EXPECT_EQ(InfoOf(Reject("2", "autre", "no", &rejected_again)).reason(), "COMMAND_ID_REUSED");
  // An id is one of a subject, whatever it was used for.
  EXPECT_EQ(InfoOf(Approve("2", "no", &approved_again)).reason(), "COMMAND_ID_REUSED");
  grpc::ClientContext context;
  context.AddMetadata("registre-subject", "approver");
  v1::RecordResponse recorded;
  EXPECT_EQ(
      InfoOf(ledger_stub_->Record(&context, UnitOf("yes", {RegisterStructure("st-x")}), &recorded))
          .reason(),
      "COMMAND_ID_REUSED");
}

// ---- What is stale

TEST_F(CorrectionServiceTest, AnActOfTheSameLineIsNoReason) {
  const std::string number = MustPropose(ProposalOf(kOrder, {Order(1, "a", 400)}));
  ASSERT_TRUE(Record("other", {Order(2, "b", 100), Order(1, "c", 100)}).ok());
  EXPECT_EQ(Get(number).stale_because(), "");
  EXPECT_TRUE(Approve(number).ok());
}

TEST_F(CorrectionServiceTest, ADependentThatCameSince) {
  const std::string number = MustPropose(ProposalOf(kConvention));
  EXPECT_EQ(Get(number).plan().affected_size(), 3) << "its order, and the convention after it";
  ASSERT_TRUE(Record("other", {Order(1, "c", 100)}).ok());
  const v1::GetCorrectionResponse shown = Get(number);
  EXPECT_EQ(shown.stale_because(), "it would touch 4 acts where 3 were proposed");
  EXPECT_EQ(shown.plan().affected_size(), 4);
  const grpc::Status stale = Approve(number);
  EXPECT_EQ(stale.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(stale).reason(), "CORRECTION_STALE");
  EXPECT_EQ(Get(number).correction().status(), v1::CORRECTION_STATUS_PROPOSED);
  // It is proposed again.
  EXPECT_TRUE(Approve(MustPropose(ProposalOf(kConvention, {}, "again"))).ok());
}

TEST_F(CorrectionServiceTest, ATargetThatWasCorrectedSince) {
  const std::string first = MustPropose(ProposalOf(kOrder, {Order(1, "a", 400)}, "first"));
  const std::string second = MustPropose(ProposalOf(kOrder, {Order(1, "a", 300)}, "second"));
  const std::string third = MustPropose(ProposalOf(kOrder, {}, "third"));
  ASSERT_TRUE(Approve(first).ok());
  EXPECT_EQ(Get(second).stale_because(), "the act was corrected meanwhile");
  EXPECT_EQ(InfoOf(Approve(second)).reason(), "CORRECTION_STALE");
  const std::string fourth = MustPropose(ProposalOf(kOrder, {}, "fourth"));
  ASSERT_TRUE(Approve(fourth).ok());
  EXPECT_EQ(InfoOf(Approve(third)).reason(), "CORRECTION_STALE");
  EXPECT_FALSE(Get(third).has_plan()) << "nothing is left to correct";
  EXPECT_THAT(Get(third).stale_because(), HasSubstr("reversed already"));
  EXPECT_FALSE(Standing(kOrder).has_act());
  EXPECT_THAT(Standing(kOrder).correction_numbers(), ElementsAre(first, fourth));
}

// What follows an accepted payment touches no act: the order itself must be as it was.
TEST_F(CorrectionServiceTest, TheSameErrorIsMadeGoodOnce) {
  grpc::ClientContext context;
  context.AddMetadata("registre-subject", "accountant");
  v1::RecordResponse recorded;
  ASSERT_TRUE(ledger_stub_->Record(&context, UnitOf("accept", {Accept("a")}), &recorded).ok());
  const v1::Act reduced = Text<v1::Act>(R"pb(payment_reduced {
                                               order { fiscal_year: 2023 mandat: "a" }
                                               reduction_cents: 10
                                               reason: "Trop ordonné (essai)"
                                               date { year: 2023 month: 9 day: 1 }
                                             })pb");
  const std::string first = MustPropose(ProposalOf(kOrder, {reduced}, "first"));
  const std::string second = MustPropose(ProposalOf(kOrder, {reduced}, "second"));
  EXPECT_EQ(Get(first).stale_because(), "") << "another proposal touches nothing";
  ASSERT_TRUE(Approve(first).ok());
  EXPECT_THAT(Get(second).stale_because(), HasSubstr("payment:2023-a was touched at position"));
  EXPECT_EQ(InfoOf(Approve(second)).reason(), "CORRECTION_STALE");
}

TEST_F(CorrectionServiceTest, APlaceThatIsTakenSince) {
  v1::Act smaller = Standing(kConvention).act();
  smaller.mutable_convention_signed()->set_amount_cents(1'000);
  smaller.mutable_convention_signed()->mutable_tranches(0)->set_ceiling_cents(1'000);
  smaller.mutable_convention_signed()->mutable_tranches(0)->mutable_draws(0)->set_amount_cents(
      1'000);
  const std::string number = MustPropose(ProposalOf(kConvention, {smaller}));
  ASSERT_TRUE(Record("other", {Order(1, "c", 600)}).ok());
  EXPECT_THAT(Get(number).stale_because(),
              HasSubstr("it can no longer be made in the act's place: the payment_ordered at "
                        "position 9 would be refused: TRANCHE_EXCEEDED"));
  EXPECT_EQ(InfoOf(Approve(number)).reason(), "CORRECTION_STALE");
}

TEST_F(CorrectionServiceTest, APaymentAcceptedSince) {
  const std::string number = MustPropose(ProposalOf(kOrder));
  grpc::ClientContext context;
  context.AddMetadata("registre-subject", "accountant");
  v1::RecordResponse recorded;
  ASSERT_TRUE(ledger_stub_->Record(&context, UnitOf("accept", {Accept("a")}), &recorded).ok());
  EXPECT_THAT(Get(number).stale_because(), HasSubstr("accepted by the accountant"));
  EXPECT_EQ(InfoOf(Approve(number)).reason(), "CORRECTION_STALE");
  v1::RejectCorrectionResponse rejected;
  EXPECT_TRUE(Reject(number, "payé entre-temps", "no", &rejected).ok());
}

// ---- Showing

TEST_F(CorrectionServiceTest, ShowsACorrectionAtAPoint) {
  const std::string number = MustPropose(ProposalOf(kOrder, {Order(1, "a", 400)}));
  v1::GetCorrectionResponse pending = Get(number);
  EXPECT_EQ(pending.correction().status(), v1::CORRECTION_STATUS_PROPOSED);
  EXPECT_EQ(pending.correction().proposed().subject(), "admin");
  EXPECT_EQ(pending.plan().affected_size(), 1);
  EXPECT_EQ(pending.stale_because(), "");
  ASSERT_TRUE(Approve(number).ok());
  const v1::GetCorrectionResponse approved = Get(number);
  EXPECT_EQ(approved.correction().status(), v1::CORRECTION_STATUS_APPROVED);
  EXPECT_EQ(approved.correction().decided().position(), kOrder + 2);
  EXPECT_FALSE(approved.has_plan());

  v1::GetCorrectionRequest request;
  request.set_correction_number(number);
  request.mutable_options()->set_as_recorded(true);
  request.mutable_options()->mutable_as_of()->set_position(kOrder + 1);
  const auto then = Read(stub_.get(), &v1::CorrectionService::Stub::GetCorrection, request);
  EXPECT_EQ(then.correction().status(), v1::CORRECTION_STATUS_PROPOSED);
  EXPECT_FALSE(then.has_plan()) << "at an earlier point";
  EXPECT_EQ(then.at_position(), kOrder + 1);
}

TEST_F(CorrectionServiceTest, ListsTheNewestFirst) {
  for (int i = 1; i <= 7; ++i) {
    MustPropose(ProposalOf(kOrder, {Order(1, "a", 400 + i)}, fmt::format("p{}", i)));
  }
  v1::RejectCorrectionResponse rejected;
  ASSERT_TRUE(Reject("3", "essai", "no-3", &rejected).ok());
  ASSERT_TRUE(Reject("6", "essai", "no-6", &rejected).ok());
  const auto list = [&](bool proposed_only, int page_size) {
    std::vector<std::string> numbers;
    v1::ListCorrectionsRequest request;
    request.set_proposed_only(proposed_only);
    request.set_page_size(page_size);
    do {
      const auto page = Read(stub_.get(), &v1::CorrectionService::Stub::ListCorrections, request);
      EXPECT_LE(page.corrections_size(), page_size);
      for (const v1::Correction& correction : page.corrections()) {
        numbers.push_back(correction.proposal().correction_number());
        EXPECT_FALSE(correction.proposal().has_target());
        EXPECT_THAT(correction.proposal().replacements(), IsEmpty());
        EXPECT_NE(correction.proposal().reason(), "");
      }
      // What is proposed meanwhile does not come into the listing.
      if (request.page_token().empty()) {
        MustPropose(ProposalOf(kLine, {}, fmt::format("m{}", ledger_->log().size())));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return numbers;
  };
  EXPECT_THAT(list(false, 3), ElementsAre("7", "6", "5", "4", "3", "2", "1"));
  EXPECT_THAT(list(true, 2), ElementsAre("8", "7", "5", "4", "2", "1"));
  EXPECT_THAT(list(false, 9), ElementsAre("9", "8", "7", "6", "5", "4", "3", "2", "1"));
  v1::ListCorrectionsRequest request;
  request.set_page_token("nothing of ours");
  v1::ListCorrectionsResponse response;
  EXPECT_EQ(InfoOf(CallAs("auditor", stub_.get(), &v1::CorrectionService::Stub::ListCorrections,
                          request, &response))
                .reason(),
            "PAGE_TOKEN_INVALID");
}

// ---- Both views

TEST_F(CorrectionServiceTest, FlagsOfWhatWasCorrected) {
  v1::Act odd = Order(2, "b", 100);
  odd.add_remarks("à vérifier (essai)");
  ASSERT_TRUE(Record("odd", {odd}).ok());
  const uint64_t target = ledger_->log().size() - 1;
  v1::Act other = Order(2, "b", 100);
  other.add_remarks("vérifié (essai)");
  Correct(target, {other});
  auto stub = v1::AnomalyService::NewStub(channel_);
  const auto remarks = [&](bool as_recorded, const std::string& tag) {
    v1::ListAnomaliesRequest request;
    request.set_tag(tag);
    request.mutable_options()->set_as_recorded(as_recorded);
    std::vector<std::string> found;
    const auto page = Read(stub.get(), &v1::AnomalyService::Stub::ListAnomalies, request);
    for (const v1::Anomaly& anomaly : page.anomalies()) {
      if (anomaly.flag().rule() == "REMARK") found.push_back(anomaly.flag().message());
    }
    return found;
  };
  for (const char* tag : {"", "convention:2023-00002"}) {
    EXPECT_THAT(remarks(false, tag), ElementsAre("vérifié (essai)")) << tag;
    EXPECT_THAT(remarks(true, tag), ElementsAre("à vérifier (essai)")) << tag;
  }
  Correct(target, {});
  EXPECT_THAT(remarks(false, ""), IsEmpty());
  EXPECT_THAT(remarks(true, ""), ElementsAre("à vérifier (essai)"));
}

TEST_F(CorrectionServiceTest, TheHistoryOfAStructure) {
  Correct(kOrder, {Order(1, "a", 400)});
  auto stub = v1::StructureService::NewStub(channel_);
  const auto acts = [&](bool as_recorded) {
    v1::ListStructureActsRequest request;
    request.set_id("st-a");
    request.mutable_options()->set_as_recorded(as_recorded);
    std::vector<std::string> found;
    const auto page = Read(stub.get(), &v1::StructureService::Stub::ListStructureActs, request);
    for (const v1::StructureAct& act : page.acts()) {
      if (act.position() < kOrder) continue;
      found.push_back(fmt::format("#{} {} {} {}", act.position(), act.type(), act.amount_cents(),
                                  act.corrected_by()));
    }
    return found;
  };
  EXPECT_THAT(acts(true), ElementsAre("#7 payment_ordered 500 ", "#8 correction_proposed 0 "));
  EXPECT_THAT(acts(false), ElementsAre("#7 payment_ordered 500 1", "#8 correction_proposed 0 ",
                                       "#10 act_reversed -500 ", "#11 act_rectified 400 "));
  const auto total = [&](bool as_recorded) {
    v1::GetStructureRequest request;
    request.set_id("st-a");
    request.mutable_options()->set_as_recorded(as_recorded);
    return Read(stub.get(), &v1::StructureService::Stub::GetStructure, request)
        .structure()
        .ordered_cents();
  };
  EXPECT_EQ(total(false), 400);
  EXPECT_EQ(total(true), 500);
}

// The budget before a vote is that of the moment, with what was corrected since in what came
// before.
TEST_F(CorrectionServiceTest, TheBudgetOfADeliberation) {
  auto stub = v1::BudgetService::NewStub(channel_);
  const auto budget = [&](bool as_recorded) {
    v1::GetDeliberationBudgetRequest request;
    request.set_number("2023-1");
    request.mutable_options()->set_as_recorded(as_recorded);
    const auto answer = Read(stub.get(), &v1::BudgetService::Stub::GetDeliberationBudget, request);
    return fmt::format("{} {} {}", answer.lines(0).authorised_cents(),
                       answer.lines(0).available_before_cents(),
                       answer.lines(0).available_after_cents());
  };
  EXPECT_EQ(budget(false), "20000000 20000000 0");
  Correct(kLine, {OpenLine("C02-446A05", 30'000'000)});
  EXPECT_EQ(budget(false), "30000000 30000000 10000000");
  EXPECT_EQ(budget(true), "20000000 20000000 0");
}

TEST_F(CorrectionServiceTest, OrdersAndStatements) {
  ASSERT_TRUE(Record("more", {Order(1, "b", 100), Order(2, "c", 50)}).ok());
  const uint64_t b = kOrder + 1;
  const uint64_t c = kOrder + 2;
  Correct(kOrder, {Order(1, "a2", 400)});              // another number
  Correct(b, {Order(2, "b", 100)});                    // on the other convention
  Correct(c, {Order(2, "d", 20), Order(2, "c", 30)});  // two in its place, one of them of its name
  auto payments = v1::PaymentService::NewStub(channel_);
  auto conventions = v1::ConventionService::NewStub(channel_);
  const auto listed = [&](const std::string& convention, bool as_recorded) {
    v1::ListPaymentsRequest request;
    request.set_convention_number(convention);
    request.mutable_options()->set_as_recorded(as_recorded);
    std::vector<std::string> found;
    const auto page = Read(payments.get(), &v1::PaymentService::Stub::ListPayments, request);
    for (const v1::Payment& payment : page.payments()) {
      found.push_back(fmt::format("{} {}", payment.mandat(), payment.amount_cents()));
    }
    v1::ListConventionPaymentsRequest of_convention;
    of_convention.set_number(convention);
    of_convention.mutable_options()->set_as_recorded(as_recorded);
    EXPECT_EQ(static_cast<size_t>(Read(conventions.get(),
                                       &v1::ConventionService::Stub::ListConventionPayments,
                                       of_convention)
                                      .payments_size()),
              found.size());
    v1::GetStatementRequest statement;
    statement.set_convention_number(convention);
    statement.mutable_options()->set_as_recorded(as_recorded);
    std::vector<std::string> lines;
    int64_t sum = 0;
    const auto said = Read(payments.get(), &v1::PaymentService::Stub::GetStatement, statement);
    for (const v1::StatementLine& line : said.lines()) {
      lines.push_back(fmt::format("{} {}", line.mandat(), line.net_cents()));
      sum += line.net_cents();
    }
    EXPECT_THAT(lines, ::testing::UnorderedElementsAreArray(found));
    EXPECT_EQ(said.total().ordered_cents(), sum);
    return found;
  };
  EXPECT_THAT(listed("2023-00001", false), ElementsAre("a2 400"));
  EXPECT_THAT(listed("2023-00001", true), ElementsAre("a 500", "b 100"));
  EXPECT_THAT(listed("2023-00002", false), ElementsAre("b 100", "d 20", "c 30"));
  EXPECT_THAT(listed("2023-00002", true), ElementsAre("c 50"));
}

// What was ordered was delivered: its correction is, too, after it.
TEST_F(CorrectionServiceTest, ThePaymentFeed) {
  auto feed = v1::PaymentFeedService::NewStub(channel_);
  v1::CreateConsumerRequest create;
  create.set_name("paie");
  Read(feed.get(), &v1::PaymentFeedService::Stub::CreateConsumer, create);
  Correct(kOrder, {Order(1, "a", 400)});
  v1::Act session = HoldTestSession();
  session.mutable_session_held()->set_secretary("Membre 1");
  Correct(kSession, {session});  // no business of the feed
  grpc::ClientContext context;
  auto stream = feed->Consume(&context);
  v1::ConsumeRequest attach;
  attach.mutable_attach()->set_consumer("paie");
  ASSERT_TRUE(stream->Write(attach));
  std::vector<std::string> delivered;
  v1::ConsumeResponse response;
  while (stream->Read(&response) && !response.has_caught_up()) {
    for (const v1::Delivery& delivery : response.deliveries().deliveries()) {
      for (const v1::RecordedEvent& stored : delivery.events()) {
        v1::Event event;
        event.ParseFromString(stored.event());
        delivered.push_back(std::string(ActType(event.act())));
      }
      v1::ConsumeRequest answer;
      answer.mutable_acknowledge()->set_delivery_id(delivery.delivery_id());
      answer.mutable_acknowledge()->set_through_position(
          delivery.events(delivery.events_size() - 1).position());
      stream->Write(answer);
    }
  }
  context.TryCancel();
  stream->Finish();
  EXPECT_THAT(delivered, ElementsAre("payment_ordered", "act_reversed", "act_rectified"));
}

}  // namespace
}  // namespace registre::testing
