#include "ledger/base/errors.h"

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/support/error_info.h"

namespace registre::errors_test {
namespace {

using ::testing::HasSubstr;

TEST(ErrorsTest, CarriesReasonDomainAndValues) {
  const absl::Status status = Refused("BUDGET_EXCEEDED", "too much", {{"budget_code", "C1"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "too much");
  EXPECT_EQ(ReasonOf(status), "BUDGET_EXCEEDED");
  EXPECT_EQ(InfoOf(status).domain(), "registre");
  EXPECT_EQ(InfoOf(status).metadata().at("budget_code"), "C1");
}

TEST(ErrorsTest, WhatIsNotUtf8IsWrittenInHexadecimal) {
  const absl::Status status = Annotate(
      Refused("BUDGET_EXCEEDED", "the tag call:\xAD", {{"tag", "call:\xAD"}}), "file \xFF: ");
  EXPECT_EQ(status.message(), "file \\xFF: the tag call:\\xAD");
  EXPECT_EQ(InfoOf(status).metadata().at("tag"), "call:\\xAD");
}

TEST(ErrorsTest, ReasonOfAnotherStatusIsEmpty) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_EQ(ReasonOf(absl::InternalError("of another library")), "");
}

TEST(ErrorsTest, ShapeErrorListsEveryViolation) {
  const absl::Status status =
      ShapeError({{"a.b", "AMOUNT_INVALID", "too large"}, {"c", "FIELD_INVALID", "is empty"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "AMOUNT_INVALID");
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.b: too large"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("1 more"));
  google::rpc::BadRequest bad;
  ASSERT_TRUE(status.GetPayload(kBadRequestUrl).has_value());
  ASSERT_TRUE(bad.ParseFromString(std::string(*status.GetPayload(kBadRequestUrl))));
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(1).field(), "c");
  EXPECT_EQ(bad.field_violations(1).description(), "FIELD_INVALID: is empty");
}

TEST(ErrorsTest, UnknownReferenceAndNumberTakenSayWhatAndWhatToDo) {
  const absl::Status unknown = UnknownReference("structure", "apsa", "register it first");
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(unknown), "REFERENCE_UNKNOWN");
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("structure apsa"));
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("register it first"));
  const absl::Status taken = NumberTaken("convention", "2023-00001");
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(taken), "NUMBER_TAKEN");
  EXPECT_THAT(std::string(taken.message()), HasSubstr("2023-00001"));
}

TEST(ErrorsTest, AnnotateKeepsThePayloads) {
  const absl::Status status = Annotate(Refused("VOTE_TALLY", "wrong sum"), "act 3: ");
  EXPECT_EQ(status.message(), "act 3: wrong sum");
  EXPECT_EQ(ReasonOf(status), "VOTE_TALLY");
}

}  // namespace
}  // namespace registre::errors_test
