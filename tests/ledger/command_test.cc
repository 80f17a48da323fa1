#include "ledger/command.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "tests/support/test_recorder.h"

namespace registre::testing::command_test {
namespace {

// A unit whose condition names one tag.
v1::RecordRequest Guarded() {
  v1::RecordRequest request = UnitOf("c", {RegisterStructure("st-a")});
  request.mutable_condition()->mutable_query()->add_items()->add_tags("structure:st-a");
  return request;
}

google::rpc::BadRequest ViolationsOf(const absl::Status& status) {
  google::rpc::BadRequest bad;
  if (const auto payload = status.GetPayload(kBadRequestUrl)) {
    bad.ParseFromString(std::string(*payload));
  }
  return bad;
}

void AddUnknownField(google::protobuf::Message* message) {
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(12'345, 1);
}

TEST(CommandTest, AConditionOfTooManyItemsIsOneViolation) {
  v1::RecordRequest request = Guarded();
  for (int i = 0; i < 500'000; ++i) request.mutable_condition()->mutable_query()->add_items();
  const auto command = MakeCommand({}, request, AnyRole);
  EXPECT_EQ(ReasonOf(command.status()), "QUERY_INVALID");
  EXPECT_EQ(ViolationsOf(command.status()).field_violations_size(), 1);
}

TEST(CommandTest, AnItemOfTooManyTermsIsOneViolation) {
  v1::RecordRequest request = Guarded();
  v1::QueryItem* item = request.mutable_condition()->mutable_query()->mutable_items(0);
  for (int i = 0; i < 500'000; ++i) item->add_types("x");
  const auto command = MakeCommand({}, request, AnyRole);
  EXPECT_EQ(ReasonOf(command.status()), "QUERY_INVALID");
  EXPECT_EQ(ViolationsOf(command.status()).field_violations_size(), 1);
}

TEST(CommandTest, ViolationsOfAConditionHaveALimit) {
  v1::RecordRequest request = Guarded();
  auto* items = request.mutable_condition()->mutable_query()->mutable_items();
  while (items->size() < kMaxQueryItems) items->Add();
  for (v1::QueryItem& item : *items) {
    while (item.types_size() < kMaxQueryTerms) item.add_types("x");
  }
  const auto command = MakeCommand({}, request, AnyRole);
  EXPECT_EQ(ViolationsOf(command.status()).field_violations_size(), kMaxViolations);
}

TEST(CommandTest, ASizeOverTheLimitIsSaidBeforeAnythingElse) {
  v1::RecordRequest request = Guarded();
  request.set_command_id("not an id");
  v1::QueryItem* item = request.mutable_condition()->mutable_query()->add_items();
  item->add_tags(std::string(kMaxUnitBytes, 'x'));
  EXPECT_EQ(ReasonOf(MakeCommand({}, request, AnyRole).status()), "UNIT_TOO_LARGE");
}

TEST(CommandTest, TheSizeIsThatOfActsAndCondition) {
  v1::RecordRequest request = Guarded();
  const auto plain = MakeCommand({}, request, AnyRole);
  ASSERT_TRUE(plain.ok()) << plain.status();
  request.set_command_id(std::string(kMaxCommandIdBytes, 'c'));
  request.set_validate_only(true);
  const auto other = MakeCommand({}, request, AnyRole);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->bytes, plain->bytes);
  EXPECT_EQ(other->fingerprint, plain->fingerprint);
  EXPECT_EQ(other->request.command_id(), request.command_id());
  EXPECT_TRUE(other->request.validate_only());
}

TEST(CommandTest, AYearIsClosedAlone) {
  v1::RecordRequest request = UnitOf("year", {v1::Act()});
  v1::FiscalYearClosed* closed = request.mutable_acts(0)->mutable_fiscal_year_closed();
  closed->set_fiscal_year(2023);
  *closed->mutable_date() = FromDays(19'753);
  EXPECT_TRUE(MakeCommand({}, request, AnyRole).ok());
  *request.add_acts() = RegisterStructure("st-a");
  request.mutable_acts()->SwapElements(0, 1);
  const auto command = MakeCommand({}, request, AnyRole);
  EXPECT_EQ(ReasonOf(command.status()), "FIELD_INVALID");
  ASSERT_EQ(ViolationsOf(command.status()).field_violations_size(), 1);
  EXPECT_EQ(ViolationsOf(command.status()).field_violations(0).field(), "acts[1]");
}

TEST(CommandTest, UnknownFieldsAreRefusedWhereverTheyStand) {
  for (const std::string where :
       {"request", "condition", "condition.query", "condition.query.items[1]"}) {
    v1::RecordRequest request = Guarded();
    request.mutable_condition()->mutable_query()->add_items()->add_tags("structure:st-b");
    ASSERT_TRUE(MakeCommand({}, request, AnyRole).ok());
    if (where == "request") AddUnknownField(&request);
    if (where == "condition") AddUnknownField(request.mutable_condition());
    if (where == "condition.query") AddUnknownField(request.mutable_condition()->mutable_query());
    if (where.ends_with("[1]")) {
      AddUnknownField(request.mutable_condition()->mutable_query()->mutable_items(1));
    }
    const auto command = MakeCommand({}, request, AnyRole);
    EXPECT_EQ(ReasonOf(command.status()), "UNKNOWN_FIELD") << where;
    ASSERT_EQ(ViolationsOf(command.status()).field_violations_size(), 1) << where;
    EXPECT_EQ(ViolationsOf(command.status()).field_violations(0).field(), where);
  }
}

}  // namespace
}  // namespace registre::testing::command_test
