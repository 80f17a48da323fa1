// Every RPC over a real server on a loopback port, on the real deliberation.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "ledger/base/errors.h"
#include "ledger/ledger.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "registre/v1/anomaly_service.grpc.pb.h"
#include "registre/v1/budget_service.grpc.pb.h"
#include "registre/v1/convention_service.grpc.pb.h"
#include "registre/v1/deliberation_service.grpc.pb.h"
#include "registre/v1/ledger_service.grpc.pb.h"
#include "registre/v1/structure_service.grpc.pb.h"
#include "services/server.h"
#include "tests/services/services_fixture.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {
namespace {

TEST_F(ServicesTest, BudgetTableOfTheRealDeliberation) {
  RecordReal();
  auto stub = v1::BudgetService::NewStub(channel_);
  v1::GetDeliberationBudgetRequest request;
  request.set_number("2023-405");
  v1::GetDeliberationBudgetResponse table;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetDeliberationBudget(&context, request, &table).ok());
  std::string lines;
  for (const auto& line : table.lines()) {
    lines += fmt::format("{} {} {} {} {}\n", line.code(), line.authorised_cents(),
                         line.available_before_cents(), line.proposed_cents(),
                         line.available_after_cents());
  }
  EXPECT_EQ(lines,
            "C02-446A05 619364300 154578028 68232851 86345177\n"
            "C01-444H03 101640000 10140000 10080000 60000\n"
            "C01-444H02 729818200 206402290 161436436 44965854\n"
            "C02-428B04 287069100 237069100 112200000 124869100\n");
  EXPECT_EQ(table.total().authorised_cents(), 1'737'891'600);
  EXPECT_EQ(table.total().available_before_cents(), 608'189'418);
  EXPECT_EQ(table.total().proposed_cents(), 351'949'287);
  EXPECT_EQ(table.total().available_after_cents(), 256'240'131);
  EXPECT_TRUE(table.voted());
  EXPECT_EQ(table.at_position(), size_ - 1);

  request.mutable_options()->mutable_as_of()->set_position(PositionOf(v1::Act::kDeliberationVoted) -
                                                           1);
  grpc::ClientContext before;
  ASSERT_TRUE(stub->GetDeliberationBudget(&before, request, &table).ok());
  EXPECT_FALSE(table.voted());
  ASSERT_EQ(table.lines_size(), 4);
  for (const auto& line : table.lines()) {
    EXPECT_EQ(line.proposed_cents(), 0);
    EXPECT_EQ(line.available_after_cents(), line.available_before_cents());
  }
  EXPECT_EQ(table.total().available_before_cents(), 608'189'418);

  request.set_number("1999-1");
  grpc::ClientContext unknown;
  const grpc::Status missing = stub->GetDeliberationBudget(&unknown, request, &table);
  EXPECT_EQ(missing.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(InfoOf(missing).reason(), "NOT_FOUND");
}

TEST_F(ServicesTest, BudgetLines) {
  RecordReal();
  auto stub = v1::BudgetService::NewStub(channel_);
  v1::ListBudgetLinesRequest request;
  request.set_page_size(3);
  std::string codes;
  int pages = 0;
  do {
    grpc::ClientContext context;
    v1::ListBudgetLinesResponse page;
    ASSERT_TRUE(stub->ListBudgetLines(&context, request, &page).ok());
    for (const auto& line : page.budget_lines()) codes += line.code() + " ";
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(codes, "C01-444H02 C01-444H03 C02-428B04 C02-446A05 ");
  EXPECT_EQ(pages, 2);

  v1::GetBudgetLineRequest one;
  one.set_code("C02-446A05");
  v1::GetBudgetLineResponse line;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetBudgetLine(&context, one, &line).ok());
  EXPECT_EQ(line.budget_line().available_cents(), 86'345'177);
  EXPECT_EQ(line.budget_line().opening_commitment_cents(), 464'786'272);
  one.set_code("C99-999Z99");
  grpc::ClientContext unknown;
  EXPECT_EQ(stub->GetBudgetLine(&unknown, one, &line).error_code(), grpc::NOT_FOUND);
}

TEST_F(ServicesTest, PagesAndTokensAreChecked) {
  RecordReal();
  auto stub = v1::BudgetService::NewStub(channel_);
  v1::ListBudgetLinesResponse page;
  v1::ListBudgetLinesRequest request;
  request.set_page_size(1'001);
  grpc::ClientContext too_large;
  grpc::Status status = stub->ListBudgetLines(&too_large, request, &page);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(InfoOf(status).reason(), "PAGE_SIZE_INVALID");
  request.set_page_size(1);
  request.set_page_token("made-up");
  grpc::ClientContext made_up;
  status = stub->ListBudgetLines(&made_up, request, &page);
  EXPECT_EQ(InfoOf(status).reason(), "PAGE_TOKEN_INVALID");
}

TEST_F(ServicesTest, StructuresAndTheirHistories) {
  RecordReal();
  auto stub = v1::StructureService::NewStub(channel_);
  v1::GetStructureRequest request;
  request.set_id("48054398200023");
  v1::GetStructureResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetStructure(&context, request, &response).ok());
  EXPECT_EQ(response.structure().identity().name(), "Le Cheval Bleu");
  EXPECT_EQ(response.structure().allotted_cents(), 24'837'800);
  const std::string id = response.structure().structure_id();

  v1::ListStructureActsRequest acts;
  acts.set_id(id);
  acts.set_page_size(2);
  int64_t allotted = 0;
  int entries = 0;
  do {
    grpc::ClientContext page_context;
    v1::ListStructureActsResponse page;
    ASSERT_TRUE(stub->ListStructureActs(&page_context, acts, &page).ok());
    for (const auto& act : page.acts()) {
      ++entries;
      if (act.type() == "deliberation_voted") allotted += act.amount_cents();
    }
    acts.set_page_token(page.next_page_token());
  } while (!acts.page_token().empty());
  EXPECT_EQ(allotted, 24'837'800) << "each allotment has its entry";
  EXPECT_GT(entries, 6);

  v1::ListStructuresRequest list;
  v1::ListStructuresResponse all;
  grpc::ClientContext list_context;
  ASSERT_TRUE(stub->ListStructures(&list_context, list, &all).ok());
  EXPECT_EQ(all.structures_size(), 19);

  request.set_id("st-nobody");
  grpc::ClientContext unknown;
  EXPECT_EQ(stub->GetStructure(&unknown, request, &response).error_code(), grpc::NOT_FOUND);
}

TEST_F(ServicesTest, ConventionsNowAndBefore) {
  RecordReal();
  auto stub = v1::ConventionService::NewStub(channel_);
  const auto get = [&](const std::string& number, const char* effective_on) {
    v1::GetConventionRequest request;
    request.set_number(number);
    if (effective_on != nullptr) {
      ParseDate(effective_on, request.mutable_options()->mutable_as_of()->mutable_effective_on());
    }
    v1::GetConventionResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(stub->GetConvention(&context, request, &response).ok());
    return response.convention();
  };
  const v1::Convention forma = get("2023-00963", nullptr);
  EXPECT_EQ(forma.initial_amount_cents(), 8'900'000);
  EXPECT_EQ(forma.amount_cents(), 9'587'500);
  ASSERT_EQ(forma.tranches_size(), 2);
  EXPECT_EQ(forma.tranches(1).tranche().ceiling_cents(), 687'500);
  EXPECT_EQ(forma.tranches(1).ordered_cents(), 412'500);
  EXPECT_EQ(get("2023-00963", "2023-09-30").amount_cents(), 8'900'000);
  EXPECT_EQ(get("2023-00963", "2023-09-30").tranches_size(), 1);

  const v1::Convention bleu = get("2023-01628", nullptr);
  ASSERT_EQ(bleu.tranches_size(), 2);
  EXPECT_EQ(bleu.tranches(0).tranche().ceiling_cents(), 4'000'000);
  EXPECT_EQ(bleu.tranches(0).paid_cents(), 2'400'000);
  EXPECT_EQ(bleu.tranches(1).tranche().ceiling_cents(), 11'500'000);
  EXPECT_EQ(bleu.tranches(1).ordered_cents(), 6'900'000);
  EXPECT_EQ(bleu.tranches(1).tranche().period().end().year(), 2024);

  v1::ListConventionPaymentsRequest payments;
  payments.set_number("2023-00963");
  v1::ListConventionPaymentsResponse orders;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->ListConventionPayments(&context, payments, &orders).ok());
  ASSERT_EQ(orders.payments_size(), 1);
  EXPECT_EQ(orders.payments(0).amount_cents(), 412'500);

  v1::ListConventionsRequest list;
  v1::ListConventionsResponse all;
  grpc::ClientContext list_context;
  ASSERT_TRUE(stub->ListConventions(&list_context, list, &all).ok());
  EXPECT_EQ(all.conventions_size(), 11);
}

TEST_F(ServicesTest, TheVoteAndItsThematics) {
  RecordReal();
  auto stub = v1::DeliberationService::NewStub(channel_);
  v1::GetDeliberationRequest request;
  request.set_number("2023-405");
  v1::GetDeliberationResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetDeliberation(&context, request, &response).ok());
  const v1::Attendance& attendance = response.deliberation().attendance();
  EXPECT_EQ(attendance.members(), 44);
  EXPECT_EQ(attendance.quorum(), 23);
  EXPECT_EQ(attendance.present() + attendance.represented(), 41);
  EXPECT_EQ(response.deliberation().declared().votes_for(), 36);
  EXPECT_EQ(response.deliberation().declared().abstentions(), 5);
  EXPECT_EQ(response.deliberation().derived().abstentions(), 0);
  EXPECT_EQ(response.deliberation().derived().not_voting(), 5);
  ASSERT_EQ(response.thematics_size(), 3);
  EXPECT_EQ(response.thematics(0).allotted_cents(), 78'312'851);
  EXPECT_EQ(response.thematics(1).allotted_cents(), 161'436'436);
  EXPECT_EQ(response.thematics(2).allotted_cents(), 112'200'000);
  EXPECT_EQ(response.thematics(0).operations() + response.thematics(1).operations() +
                response.thematics(2).operations(),
            26);
  EXPECT_EQ(response.without_name_cents(), 208'681'787);
  EXPECT_EQ(response.allotted_cents(), 351'949'287);
  EXPECT_EQ(response.act().articles_size(), 8);
  EXPECT_EQ(response.session().held().roster_size(), 48);

  v1::ListDeliberationsResponse all;
  grpc::ClientContext list_context;
  ASSERT_TRUE(stub->ListDeliberations(&list_context, {}, &all).ok());
  EXPECT_EQ(all.deliberations_size(), 1);
}

TEST_F(ServicesTest, Anomalies) {
  RecordReal();
  auto stub = v1::AnomalyService::NewStub(channel_);
  v1::ListAnomaliesRequest request;
  request.set_page_size(7);
  int flags = 0;
  do {
    grpc::ClientContext context;
    v1::ListAnomaliesResponse page;
    ASSERT_TRUE(stub->ListAnomalies(&context, request, &page).ok());
    flags += page.anomalies_size();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(flags, 67);
  request.set_min_severity(v1::SEVERITY_SERIOUS);
  request.set_tag("deliberation:2023-405");
  v1::ListAnomaliesResponse serious;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->ListAnomalies(&context, request, &serious).ok());
  ASSERT_EQ(serious.anomalies_size(), 1);
  EXPECT_EQ(serious.anomalies(0).flag().rule(), "ANNEX_MISSING");
  request.set_tag("not a tag");
  grpc::ClientContext malformed;
  EXPECT_EQ(InfoOf(stub->ListAnomalies(&malformed, request, &serious)).reason(), "QUERY_INVALID");
}

TEST_F(ServicesTest, ErrorsCarryTheirReasonValuesAndViolations) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  ASSERT_TRUE(Record("a", {RegisterStructure("st-a")}).ok());
  grpc::Status status = Record("b", {RegisterStructure("st-a")});
  EXPECT_EQ(status.error_code(), grpc::ALREADY_EXISTS);
  EXPECT_EQ(InfoOf(status).reason(), "NUMBER_TAKEN");
  EXPECT_EQ(InfoOf(status).domain(), "registre");
  EXPECT_EQ(InfoOf(status).metadata().at("id"), "st-a");

  v1::Act wrong = RegisterStructure("st b");
  wrong.mutable_structure_registered()->mutable_identity()->clear_name();
  wrong.mutable_structure_registered()->mutable_identity()->set_siret("48054398200024");
  status = Record("c", {wrong});
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(status.error_details()));
  ASSERT_EQ(rpc.details_size(), 2);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(bad.ParseFromString(rpc.details(1).value()));
  EXPECT_EQ(bad.field_violations_size(), 3) << "all at once";
}

TEST_F(ServicesTest, GetsAndReadsEventsAsStored) {
  RecordReal();
  v1::GetEventRequest one;
  one.set_position(3);
  v1::GetEventResponse event;
  grpc::ClientContext context;
  ASSERT_TRUE(ledger_stub_->GetEvent(&context, one, &event).ok());
  EXPECT_EQ(event.event().event(), ledger_->log().Get({3})->front());
  one.set_position(size_);
  grpc::ClientContext past;
  EXPECT_EQ(ledger_stub_->GetEvent(&past, one, &event).error_code(), grpc::NOT_FOUND);

  v1::ReadEventsRequest request;
  request.mutable_query()->add_items()->add_tags("convention:2023-00963");
  request.set_backward(true);
  request.set_page_size(1);
  std::vector<uint64_t> positions;
  do {
    grpc::ClientContext page_context;
    v1::ReadEventsResponse page;
    ASSERT_TRUE(ledger_stub_->ReadEvents(&page_context, request, &page).ok());
    for (const auto& item : page.events()) positions.push_back(item.position());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(positions.size(), 3u) << "opening, avenant, order";
  EXPECT_TRUE(std::is_sorted(positions.rbegin(), positions.rend()));
  v1::ReadEventsRequest malformed;
  malformed.mutable_query()->add_items()->add_tags("nonsense");
  v1::ReadEventsResponse page;
  grpc::ClientContext malformed_context;
  EXPECT_EQ(InfoOf(ledger_stub_->ReadEvents(&malformed_context, malformed, &page)).reason(),
            "QUERY_INVALID");
}

TEST_F(ServicesTest, ReadsItsOwnWritesByPosition) {
  v1::RecordResponse receipt;
  ASSERT_TRUE(Record(UnitOf("open", {OpenTestLedger()}), &receipt).ok());
  v1::GetEventRequest request;
  request.mutable_options()->set_min_position(receipt.receipts(0).position());
  v1::GetEventResponse event;
  grpc::ClientContext context;
  EXPECT_TRUE(ledger_stub_->GetEvent(&context, request, &event).ok());
  request.mutable_options()->set_min_position(receipt.receipts(0).position() + 1);
  grpc::ClientContext later;
  const grpc::Status status = ledger_stub_->GetEvent(&later, request, &event);
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(InfoOf(status).reason(), "POSITION_NOT_REACHED");
}

TEST_F(ServicesTest, ARefusedUnitDoesNotEndTheStream) {
  grpc::ClientContext context;
  auto stream = ledger_stub_->RecordStream(&context);
  const std::vector<v1::RecordRequest> units = {
      UnitOf("open", {OpenTestLedger()}), UnitOf("bad id", {RegisterStructure("st-a")}),
      UnitOf("again", {OpenTestLedger()}), UnitOf("a", {RegisterStructure("st-a")})};
  for (const v1::RecordRequest& unit : units) {
    v1::RecordStreamRequest request;
    *request.mutable_request() = unit;
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  std::string outcomes;
  v1::RecordStreamResponse response;
  while (stream->Read(&response)) {
    if (response.has_receipt()) {
      outcomes += "recorded ";
      continue;
    }
    google::rpc::ErrorInfo info;
    info.ParseFromString(response.error().details(0).value());
    outcomes += info.reason() + " ";
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(outcomes, "recorded COMMAND_ID_INVALID NUMBER_TAKEN recorded ");
}

TEST_F(ServicesTest, ASubscriptionCatchesUpThenFollows) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.mutable_query()->add_items()->add_types("structure_registered");
  auto stream = ledger_stub_->Subscribe(&context, request);
  v1::SubscribeResponse message;
  ASSERT_TRUE(stream->Read(&message));
  ASSERT_TRUE(message.has_caught_up());
  EXPECT_EQ(message.caught_up().position(), 0u);
  ASSERT_TRUE(Record("a", {RegisterStructure("st-a"), RegisterStructure("st-b")}).ok());
  ASSERT_TRUE(stream->Read(&message));
  ASSERT_TRUE(message.has_batch());
  ASSERT_EQ(message.batch().events_size(), 2);
  EXPECT_EQ(message.batch().events(0).position(), 1u);
  EXPECT_EQ(message.batch().position(), 2u);
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.caught_up().position(), 2u);
  ASSERT_TRUE(Record("line", {OpenLine("C1", 1)}).ok());
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.caught_up().position(), 3u) << "what does not match is passed over, and said";
  context.TryCancel();
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(ServicesTest, ASubscriptionOnAnEmptyLedgerIsCaughtUpAtOnce) {
  grpc::ClientContext context;
  auto stream = ledger_stub_->Subscribe(&context, {});
  v1::SubscribeResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_TRUE(message.has_caught_up());
  EXPECT_FALSE(message.caught_up().has_position());
  context.TryCancel();
  EXPECT_FALSE(stream->Read(&message));
}

TEST_F(ServicesTest, AMalformedSubscriptionIsRefused) {
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.mutable_query()->add_items()->add_types("imagined");
  auto stream = ledger_stub_->Subscribe(&context, request);
  v1::SubscribeResponse message;
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(InfoOf(stream->Finish()).reason(), "QUERY_INVALID");
}

TEST_F(ServicesTest, DrainingEndsSubscriptionsWithUnavailable) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  grpc::ClientContext context;
  auto stream = ledger_stub_->Subscribe(&context, {});
  v1::SubscribeResponse message;
  ASSERT_TRUE(stream->Read(&message));
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_TRUE(message.has_caught_up());
  server_->Drain(absl::Seconds(5));
  EXPECT_FALSE(stream->Read(&message));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(InfoOf(status).reason(), "DRAINING");
}

TEST_F(ServicesTest, StatusRebuildAndClock) {
  RecordReal();
  auto stub = v1::AdminService::NewStub(channel_);
  v1::GetStatusResponse status;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.size(), size_);
  EXPECT_EQ(status.root().size(), 32u);
  EXPECT_EQ(status.authority_name(), "Département du Pas-de-Calais");
  EXPECT_EQ(status.recorder_state(), v1::RECORDER_STATE_RECORDING);
  EXPECT_EQ(status.recorded_acts(), size_);
  EXPECT_GE(status.recorded_groups(), 1);
  EXPECT_LE(status.recorded_groups(), size_);

  for (const bool check : {true, false, true}) {
    grpc::ClientContext rebuild_context;
    v1::RebuildRequest request;
    request.set_check(check);
    auto stream = stub->Rebuild(&rebuild_context, request);
    v1::RebuildResponse progress;
    v1::RebuildResponse last;
    while (stream->Read(&progress)) last = progress;
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_TRUE(last.done());
    EXPECT_EQ(last.events(), size_);
    EXPECT_EQ(last.differences_size(), 0) << last.ShortDebugString();
  }

  clock_.Jump(absl::Minutes(5));
  EXPECT_EQ(InfoOf(Record("late", {RegisterStructure("st-late")})).reason(), "CLOCK_SUSPECT");
  grpc::ClientContext suspect_context;
  ASSERT_TRUE(stub->GetStatus(&suspect_context, {}, &status).ok());
  EXPECT_EQ(status.recorder_state(), v1::RECORDER_STATE_CLOCK_SUSPECT);
  EXPECT_NE(status.recorder_message(), "");
  v1::AcceptClockResponse accepted;
  grpc::ClientContext accept_context;
  ASSERT_TRUE(stub->AcceptClock(&accept_context, {}, &accepted).ok());
  EXPECT_EQ(FromTimestamp(accepted.now()), clock_.Now());
  EXPECT_TRUE(Record("late", {RegisterStructure("st-late")}).ok());
}

TEST_F(ServicesTest, AnAddressIsTakenOnce) {
  const auto second = Server::Start({.listen = fmt::format("127.0.0.1:{}", server_->port()),
                                     .ledger = ledger_.get(),
                                     .checkpoints = checkpoints_.get(),
                                     .clock = &clock_});
  EXPECT_EQ(ReasonOf(second.status()), "ADDRESS_IN_USE");
}

}  // namespace
}  // namespace registre::testing
