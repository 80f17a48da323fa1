// A fiscal year, and money that comes back or goes elsewhere, as the read services show them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/view.h"
#include "registre/v1/budget_service.grpc.pb.h"
#include "registre/v1/convention_service.grpc.pb.h"
#include "registre/v1/payment_service.grpc.pb.h"
#include "registre/v1/structure_service.grpc.pb.h"
#include "tests/services/services_fixture.h"
#include "tests/support/fake_view.h"
#include "tests/support/payment_acts.h"

namespace registre::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void SetOrder(const std::string& mandat, v1::OrderRef* order) {
  order->set_fiscal_year(2023);
  order->set_mandat(mandat);
}

v1::Act Taken(const std::string& mandat, int64_t cents) {
  v1::Act act;
  v1::PaymentReduced* reduced = act.mutable_payment_reduced();
  SetOrder(mandat, reduced->mutable_order());
  reduced->set_reduction_cents(cents);
  *reduced->mutable_date() = On("2023-04-03");
  reduced->set_reason("essai");
  return act;
}

v1::Act AskBack(const std::string& mandat, int64_t cents) {
  v1::Act act;
  v1::RecoveryOrdered* recovery = act.mutable_recovery_ordered();
  SetOrder(mandat, recovery->mutable_order());
  recovery->set_fiscal_year(2023);
  recovery->set_recovery_number("77");
  recovery->set_amount_cents(cents);
  *recovery->mutable_date() = On("2023-04-04");
  recovery->set_reason("trop-perçu");
  return act;
}

v1::Act Receive(const std::string& mandat, int64_t cents) {
  v1::Act act;
  v1::RecoveryReceived* received = act.mutable_recovery_received();
  SetOrder(mandat, received->mutable_order());
  received->set_recovery_number("77");
  received->set_amount_cents(cents);
  *received->mutable_date() = On("2023-04-05");
  return act;
}

// Onto convention 2023-0000<convention>.
v1::Act Move(const std::string& mandat, int convention, const std::string& day) {
  v1::Act act;
  v1::PaymentReimputed* moved = act.mutable_payment_reimputed();
  SetOrder(mandat, moved->mutable_order());
  moved->mutable_basis()->set_convention_number(fmt::format("2023-{:05}", convention));
  moved->mutable_basis()->set_tranche_id("1");
  *moved->mutable_date() = On(day);
  moved->set_reason("erreur d'imputation");
  return act;
}

v1::Act CloseYear(int year, const std::string& day) {
  v1::Act act;
  act.mutable_fiscal_year_closed()->set_fiscal_year(year);
  *act.mutable_fiscal_year_closed()->mutable_date() = On(day);
  return act;
}

// Convention 1 has a: ordered 100, paid, 40 taken off and asked back, 15 received. b: ordered 200,
// accepted.
class FiscalYearTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    ASSERT_TRUE(Record("founding", PaymentFounding(2)).ok());
    ASSERT_TRUE(Record("orders", {Order(1, "a", 100), Order(1, "b", 200)}).ok());
    ASSERT_TRUE(RecordAs("accountant", "answers", {Accept("a"), Settle("a"), Accept("b")}).ok());
    ASSERT_TRUE(Record("back", {Taken("a", 40), AskBack("a", 40)}).ok());
    ASSERT_TRUE(RecordAs("accountant", "received", {Receive("a", 15)}).ok());
  }
  grpc::Status RecordAs(const std::string& subject, const std::string& id,
                        const std::vector<v1::Act>& acts) {
    grpc::ClientContext context;
    context.AddMetadata("registre-subject", subject);
    v1::RecordResponse response;
    return ledger_stub_->Record(&context, UnitOf(id, acts), &response);
  }
  v1::ListFiscalYearLinesResponse Year(int year, const std::string& as_of = "") {
    grpc::ClientContext context;
    v1::ListFiscalYearLinesRequest request;
    request.set_fiscal_year(year);
    if (!as_of.empty()) {
      *request.mutable_options()->mutable_as_of()->mutable_effective_on() = On(as_of);
    }
    v1::ListFiscalYearLinesResponse response;
    const grpc::Status status =
        v1::BudgetService::NewStub(channel_)->ListFiscalYearLines(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // Mandats of a convention, by each of the services that list them, over pages of one.
  std::vector<std::string> OrdersOn(int convention) {
    const std::string number = fmt::format("2023-{:05}", convention);
    std::vector<std::string> mandats;
    v1::ListConventionPaymentsRequest request;
    request.set_number(number);
    request.set_page_size(1);
    do {
      grpc::ClientContext context;
      v1::ListConventionPaymentsResponse response;
      EXPECT_TRUE(v1::ConventionService::NewStub(channel_)
                      ->ListConventionPayments(&context, request, &response)
                      .ok());
      for (const v1::Payment& payment : response.payments()) mandats.push_back(payment.mandat());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    std::vector<std::string> stated;
    const v1::GetStatementResponse statement = Statement(number);
    for (const v1::StatementLine& line : statement.lines()) stated.push_back(line.mandat());
    EXPECT_EQ(stated, mandats);
    return mandats;
  }
  v1::GetStatementResponse Statement(const std::string& convention) {
    grpc::ClientContext context;
    v1::GetStatementRequest request;
    request.set_convention_number(convention);
    v1::GetStatementResponse response;
    EXPECT_TRUE(
        v1::PaymentService::NewStub(channel_)->GetStatement(&context, request, &response).ok());
    return response;
  }
  std::vector<std::string> OrdersOfStructure() {
    std::vector<std::string> mandats;
    grpc::ClientContext context;
    v1::ListPaymentsRequest request;
    request.set_structure_id("st-a");
    v1::ListPaymentsResponse response;
    EXPECT_TRUE(
        v1::PaymentService::NewStub(channel_)->ListPayments(&context, request, &response).ok());
    for (const v1::Payment& payment : response.payments()) mandats.push_back(payment.mandat());
    return mandats;
  }
};

TEST_F(FiscalYearTest, LineByLine) {
  const v1::ListFiscalYearLinesResponse open = Year(2023);
  ASSERT_EQ(open.lines_size(), 1);
  EXPECT_EQ(open.lines(0).code(), "C02-446A05");
  EXPECT_EQ(open.lines(0).year().ordered_cents(), 260);
  EXPECT_EQ(open.lines(0).year().paid_cents(), 100);
  EXPECT_EQ(open.lines(0).year().unanswered_orders(), 0);
  EXPECT_EQ(open.lines(0).left_cents(), 0) << "no credits are recorded";
  EXPECT_FALSE(open.has_closed());
  EXPECT_FALSE(open.has_closed_log_size());
  EXPECT_EQ(open.at_position(), ledger_->log().size() - 1);
  EXPECT_THAT(Year(2024).lines(), IsEmpty());
  const v1::ListFiscalYearLinesResponse before = Year(2023, "2023-03-01");
  ASSERT_EQ(before.lines_size(), 1);
  EXPECT_EQ(before.lines(0).year().unanswered_orders(), 2) << "accepted on the second";
  EXPECT_THAT(Year(2023, "2023-02-01").lines(), IsEmpty());
}

TEST_F(FiscalYearTest, CreditsLessWhatIsOrdered) {
  ASSERT_TRUE(Record("credits", {Text<v1::Act>(R"pb(payment_credits_voted {
                                                      code: "C02-446A05"
                                                      fiscal_year: 2023
                                                      credits_after_cents: 1000
                                                      date { year: 2023 month: 2 day: 1 }
                                                      voted_by {
                                                        before_opening {
                                                          number: "2022-9"
                                                          body: BODY_CONSEIL_DEPARTEMENTAL
                                                          date { year: 2022 month: 12 day: 5 }
                                                        }
                                                      }
                                                    })pb")})
                  .ok());
  EXPECT_EQ(Year(2023).lines(0).left_cents(), 740);
  // What was taken off may be ordered again, a cent more not (rule CREDITS_EXCEEDED).
  EXPECT_EQ(InfoOf(Record("over", {Order(2, "c", 741)})).reason(), "CREDITS_EXCEEDED");
  EXPECT_TRUE(Record("whole", {Order(2, "c", 740)}).ok());
}

TEST_F(FiscalYearTest, AClosedYearSaysWhatItsClosingRecorded) {
  const uint64_t size = ledger_->log().size();
  ASSERT_TRUE(RecordAs("accountant", "closed", {CloseYear(2023, "2024-01-31")}).ok());
  const v1::ListFiscalYearLinesResponse closed = Year(2023);
  ASSERT_TRUE(closed.has_closed());
  EXPECT_EQ(closed.closed().position(), size);
  EXPECT_EQ(ToDays(closed.closed().closed_on()), ToDays(On("2024-01-31")));
  EXPECT_EQ(closed.closed_log_size(), size);
  // RFC 9162: the root of the log at that size, from the leaves and tiles that are stored.
  const EventStore& log = ledger_->log();
  const auto root = RootAt(
      size, [&](uint64_t position) { return log.GetLeafHash(position); },
      [&](uint8_t level, uint64_t index) { return log.GetTile(level, index); });
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(closed.closed_log_root(), std::string(root->begin(), root->end()));
  EXPECT_EQ(closed.lines(0).year().ordered_cents(), 260);
  EXPECT_FALSE(Year(2023, "2024-01-30").has_closed());
  EXPECT_FALSE(Year(2024).has_closed());
  EXPECT_EQ(InfoOf(Record("late", {Order(2, "z", 1)})).reason(), "BUDGET_CLOSED_YEAR");
}

TEST_F(FiscalYearTest, AStatementCountsWhatComesBack) {
  const v1::GetStatementResponse statement = Statement("2023-00001");
  ASSERT_EQ(statement.lines_size(), 2);
  EXPECT_EQ(statement.lines(0).net_cents(), 60);
  EXPECT_EQ(statement.lines(0).paid_cents(), 100);
  EXPECT_EQ(statement.lines(0).recovery_ordered_cents(), 40);
  EXPECT_EQ(statement.lines(0).recovered_cents(), 15);
  EXPECT_EQ(statement.lines(1).recovery_ordered_cents(), 0);
  EXPECT_EQ(statement.total().recovery_ordered_cents(), 40);
  EXPECT_EQ(statement.total().recovered_cents(), 15);
  EXPECT_EQ(statement.total().paid_cents(), 100);
  EXPECT_EQ(statement.total().left_to_order_cents(), 9'999'740);
}

// An order is listed where it is, and once, wherever it has been.
TEST_F(FiscalYearTest, AnOrderIsListedWhereItWasPut) {
  EXPECT_THAT(OrdersOn(1), ElementsAre("a", "b"));
  EXPECT_THAT(OrdersOn(2), IsEmpty());
  ASSERT_TRUE(Record("there", {Move("a", 2, "2023-05-01")}).ok());
  EXPECT_THAT(OrdersOn(1), ElementsAre("b"));
  EXPECT_THAT(OrdersOn(2), ElementsAre("a"));
  const v1::GetStatementResponse there = Statement("2023-00002");
  EXPECT_EQ(there.total().ordered_cents(), 60);
  EXPECT_EQ(there.total().paid_cents(), 100);
  EXPECT_EQ(there.total().recovery_ordered_cents(), 40);
  EXPECT_EQ(there.total().recovered_cents(), 15);
  EXPECT_EQ(Statement("2023-00001").total().paid_cents(), 0);
  ASSERT_TRUE(Record("back-there", {Move("a", 1, "2023-05-02")}).ok());
  ASSERT_TRUE(Record("again", {Move("a", 2, "2023-05-03"), Move("b", 2, "2023-05-03")}).ok());
  EXPECT_THAT(OrdersOn(1), IsEmpty());
  EXPECT_THAT(OrdersOn(2), ElementsAre("a", "b"));
  EXPECT_THAT(OrdersOfStructure(), ElementsAre("a", "b"));
  ASSERT_TRUE(Record("back-again", {Move("a", 1, "2023-05-04")}).ok());
  EXPECT_THAT(OrdersOn(1), ElementsAre("a"));
}

TEST_F(FiscalYearTest, AStructuresHistorySaysIt) {
  ASSERT_TRUE(Record("there", {Move("a", 2, "2023-05-01")}).ok());
  grpc::ClientContext context;
  v1::ListStructureActsRequest request;
  request.set_id("st-a");
  v1::ListStructureActsResponse response;
  ASSERT_TRUE(v1::StructureService::NewStub(channel_)
                  ->ListStructureActs(&context, request, &response)
                  .ok());
  std::vector<std::string> said;
  for (const v1::StructureAct& act : response.acts()) {
    if (!act.type().starts_with("recovery") && act.type() != "payment_reimputed") continue;
    said.push_back(fmt::format("{}: {}, {}", act.reference(), act.label(), act.amount_cents()));
  }
  EXPECT_THAT(said,
              ElementsAre("mandat 2023-a: titre de recettes 2023-77 : trop-perçu, -40",
                          "mandat 2023-a: reçu sur le titre de recettes 77, -15",
                          "mandat 2023-a: réimputé : convention 2023-00002, tranche 1 (erreur "
                          "d'imputation), 0"));
}

}  // namespace
}  // namespace registre::testing
