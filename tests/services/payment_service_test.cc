// Orders, their filters, and the statement of a convention, over gRPC.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/base/limits.h"
#include "projections/statement.h"
#include "registre/v1/payment_service.grpc.pb.h"
#include "tests/services/services_fixture.h"
#include "tests/support/fake_view.h"
#include "tests/support/payment_acts.h"

namespace registre::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Act Suspend(const std::string& mandat, const std::string& on) {
  v1::Act act;
  act.mutable_payment_suspended()->mutable_order()->set_fiscal_year(2023);
  act.mutable_payment_suspended()->mutable_order()->set_mandat(mandat);
  *act.mutable_payment_suspended()->mutable_date() = On(on);
  act.mutable_payment_suspended()->set_reason("essai");
  return act;
}

v1::Act Reject(const std::string& mandat) {
  v1::Act act;
  act.mutable_payment_rejected()->mutable_order()->set_fiscal_year(2023);
  act.mutable_payment_rejected()->mutable_order()->set_mandat(mandat);
  *act.mutable_payment_rejected()->mutable_date() = On("2023-03-02");
  act.mutable_payment_rejected()->set_reason("essai");
  return act;
}

v1::Act Reduce(const std::string& mandat, int64_t cents) {
  v1::Act act;
  act.mutable_payment_reduced()->mutable_order()->set_fiscal_year(2023);
  act.mutable_payment_reduced()->mutable_order()->set_mandat(mandat);
  act.mutable_payment_reduced()->set_reduction_cents(cents);
  *act.mutable_payment_reduced()->mutable_date() = On("2023-03-02");
  act.mutable_payment_reduced()->set_reason("essai");
  return act;
}

class PaymentServiceTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    payments_ = v1::PaymentService::NewStub(channel_);
    ASSERT_TRUE(Record("founding", PaymentFounding(3)).ok());
    // By convention: 1 has a (paid), b (rejected), c (reduced), d (ordered after a was paid); 2 has
    // e (suspended).
    v1::Act late = Order(1, "d", 400);
    *late.mutable_payment_ordered()->mutable_date() = On("2023-04-01");
    ASSERT_TRUE(Record("orders", {Order(1, "a", 100), Order(1, "b", 200), Order(1, "c", 300),
                                  Order(2, "e", 500), late})
                    .ok());
    ASSERT_TRUE(RecordAs("accountant", "answers",
                         {Accept("a"), Settle("a"), Reject("b"), Suspend("e", "2023-03-20")})
                    .ok());
    ASSERT_TRUE(Record("reduction", {Reduce("c", 50)}).ok());
  }
  grpc::Status RecordAs(const std::string& subject, const std::string& id,
                        const std::vector<v1::Act>& acts) {
    grpc::ClientContext context;
    context.AddMetadata("registre-subject", subject);
    v1::RecordResponse response;
    return ledger_stub_->Record(&context, UnitOf(id, acts), &response);
  }

  // The mandats that a filter leaves, over pages of two.
  std::vector<std::string> List(v1::ListPaymentsRequest request) {
    std::vector<std::string> mandats;
    request.set_page_size(2);
    do {
      grpc::ClientContext context;
      v1::ListPaymentsResponse response;
      const grpc::Status status = payments_->ListPayments(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      EXPECT_TRUE(response.has_at_position());
      for (const v1::Payment& payment : response.payments()) mandats.push_back(payment.mandat());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return mandats;
  }
  v1::GetStatementResponse Statement(const std::string& convention, const std::string& as_of = "") {
    grpc::ClientContext context;
    v1::GetStatementRequest request;
    request.set_convention_number(convention);
    if (!as_of.empty()) {
      *request.mutable_options()->mutable_as_of()->mutable_effective_on() = On(as_of);
    }
    v1::GetStatementResponse response;
    const grpc::Status status = payments_->GetStatement(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  std::unique_ptr<v1::PaymentService::Stub> payments_;
};

TEST_F(PaymentServiceTest, ListsWhatTheFiltersLeave) {
  v1::ListPaymentsRequest request;
  EXPECT_THAT(List(request), ElementsAre("a", "b", "c", "d", "e"));
  request.set_convention_number("2023-00001");
  EXPECT_THAT(List(request), ElementsAre("a", "b", "c", "d")) << "as they were given";
  request.set_status(v1::PAYMENT_STATUS_ORDERED);
  EXPECT_THAT(List(request), ElementsAre("c", "d"));
  request.set_structure_id("st-b");
  EXPECT_THAT(List(request), IsEmpty());
  request.Clear();
  request.set_structure_id("st-a");
  request.set_status(v1::PAYMENT_STATUS_SETTLED);
  EXPECT_THAT(List(request), ElementsAre("a"));
  request.Clear();
  request.set_fiscal_year(2023);
  request.set_status(v1::PAYMENT_STATUS_REJECTED);
  EXPECT_THAT(List(request), ElementsAre("b"));
  request.set_fiscal_year(2024);
  EXPECT_THAT(List(request), IsEmpty());
}

TEST_F(PaymentServiceTest, ListsWhatTheAccountantHasNotAnswered) {
  v1::ListPaymentsRequest request;
  *request.mutable_unanswered_since() = On("2023-02-28");
  EXPECT_THAT(List(request), IsEmpty());
  *request.mutable_unanswered_since() = On("2023-03-01");
  EXPECT_THAT(List(request), ElementsAre("c"));
  *request.mutable_unanswered_since() = On("2023-03-20");
  EXPECT_THAT(List(request), ElementsAre("c", "e")) << "a suspension counts from its day";
  *request.mutable_unanswered_since() = On("2023-04-01");
  EXPECT_THAT(List(request), ElementsAre("c", "d", "e"));
  request.mutable_unanswered_since()->set_day(31);
  grpc::ClientContext context;
  v1::ListPaymentsResponse response;
  EXPECT_EQ(InfoOf(payments_->ListPayments(&context, request, &response)).reason(),
            "PERIOD_INVALID");
}

TEST_F(PaymentServiceTest, ShowsAnOrderAtAPoint) {
  v1::GetPaymentRequest request;
  request.set_fiscal_year(2023);
  request.set_mandat("a");
  {
    grpc::ClientContext context;
    v1::GetPaymentResponse response;
    ASSERT_TRUE(payments_->GetPayment(&context, request, &response).ok());
    EXPECT_EQ(response.payment().steps_size(), 3);
    EXPECT_EQ(response.at_position(), ledger_->log().size() - 1);
  }
  *request.mutable_options()->mutable_as_of()->mutable_effective_on() = On("2023-03-02");
  {
    grpc::ClientContext context;
    v1::GetPaymentResponse response;
    ASSERT_TRUE(payments_->GetPayment(&context, request, &response).ok());
    EXPECT_EQ(response.payment().steps_size(), 2) << "paid on the third";
  }
  *request.mutable_options()->mutable_as_of()->mutable_effective_on() = On("2023-02-01");
  grpc::ClientContext context;
  v1::GetPaymentResponse response;
  EXPECT_EQ(InfoOf(payments_->GetPayment(&context, request, &response)).reason(), "NOT_FOUND");
}

TEST_F(PaymentServiceTest, AStatementSaysWhatWasPaidBeforeEachOrder) {
  const v1::GetStatementResponse statement = Statement("2023-00001");
  ASSERT_EQ(statement.lines_size(), 4);
  const auto line = [&](int i) { return statement.lines(i); };
  EXPECT_EQ(line(0).mandat(), "a");
  EXPECT_EQ(line(0).paid_cents(), 100);
  EXPECT_EQ(line(0).paid_before_cents(), 0);
  EXPECT_EQ(ToDays(line(0).paid_on()), ToDays(On("2023-03-03")));
  EXPECT_EQ(line(1).status(), v1::PAYMENT_STATUS_REJECTED);
  EXPECT_EQ(line(1).net_cents(), 0);
  EXPECT_EQ(line(2).net_cents(), 250);
  EXPECT_EQ(line(2).paid_before_cents(), 0) << "ordered on the first, before a was paid";
  EXPECT_EQ(line(3).mandat(), "d");
  EXPECT_EQ(line(3).paid_before_cents(), 100);
  EXPECT_EQ(statement.total().ceiling_cents(), 10'000'000);
  EXPECT_EQ(statement.total().ordered_cents(), 750);
  EXPECT_EQ(statement.total().paid_cents(), 100);
  EXPECT_EQ(statement.total().left_to_order_cents(), 9'999'250);
  ASSERT_EQ(statement.tranches_size(), 1);
  EXPECT_EQ(statement.tranches(0).left_to_order_cents(), 9'999'250);
}

TEST_F(PaymentServiceTest, AStatementAsOfADayLeavesOutWhatCameLater) {
  const v1::GetStatementResponse statement = Statement("2023-00001", "2023-03-02");
  ASSERT_EQ(statement.lines_size(), 3);
  EXPECT_EQ(statement.lines(0).paid_cents(), 0);
  EXPECT_EQ(statement.lines(0).status(), v1::PAYMENT_STATUS_ACCEPTED);
  grpc::ClientContext context;
  v1::GetStatementRequest request;
  request.set_convention_number("2023-99999");
  v1::GetStatementResponse response;
  EXPECT_EQ(InfoOf(payments_->GetStatement(&context, request, &response)).reason(), "NOT_FOUND");
}

TEST_F(PaymentServiceTest, AStatementHasNoMoreOrdersThanTheLimit) {
  constexpr int kOrders = kMaxStatementLines;
  for (int i = 0; i < kOrders;) {
    std::vector<v1::Act> orders;
    for (; i < kOrders && orders.size() < kMaxUnitActs; ++i) {
      orders.push_back(Order(3, fmt::format("many-{}", i), 1));
    }
    ASSERT_TRUE(Record(fmt::format("until-{}", i), orders).ok());
  }
  EXPECT_EQ(Statement("2023-00003").lines_size(), kOrders);
  ASSERT_TRUE(Record("one-more", {Order(3, "one-more", 1)}).ok());
  grpc::ClientContext context;
  v1::GetStatementRequest request;
  request.set_convention_number("2023-00003");
  v1::GetStatementResponse response;
  const grpc::Status status = payments_->GetStatement(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "STATEMENT_TOO_LONG");
}

TEST_F(ServicesTest, TheStatementOfTheRealDeliberation) {
  RecordReal();
  grpc::ClientContext context;
  v1::GetStatementRequest request;
  request.set_convention_number("2023-01628");
  v1::GetStatementResponse statement;
  ASSERT_TRUE(
      v1::PaymentService::NewStub(channel_)->GetStatement(&context, request, &statement).ok());
  ASSERT_EQ(statement.lines_size(), 2);
  EXPECT_EQ(statement.lines(0).mandat(), "") << "the advance of 24 000 was paid before the opening";
  EXPECT_EQ(statement.lines(0).paid_cents(), 2'400'000);
  EXPECT_EQ(statement.lines(1).mandat(), "hypothese-2");
  EXPECT_EQ(statement.lines(1).paid_before_cents(), 2'400'000);
  EXPECT_EQ(statement.total().ceiling_cents(), 15'500'000);
  EXPECT_EQ(statement.total().left_to_order_cents(), 6'200'000);
}

}  // namespace
}  // namespace registre::testing
