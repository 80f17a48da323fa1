#include "services/status.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"

namespace registre::testing {
namespace {

// What a client of gRPC takes of an error: 8 KiB, of which other trailers need some.
constexpr size_t kTrailerBytes = 7'600;

size_t TrailersOf(const grpc::Status& status) {
  size_t message = 0;
  for (const char c : status.error_message()) message += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
  return message + (status.error_details().size() + 2) / 3 * 4;
}

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status rpc;
  EXPECT_TRUE(rpc.ParseFromString(status.error_details()));
  return rpc;
}

std::vector<Violation> Violations(size_t count) {
  std::vector<Violation> violations;
  for (size_t i = 0; i < count; ++i) {
    violations.push_back({fmt::format("acts[{}].structure_registered.identity.siret", i),
                          "SIRET_INVALID", "'123' is no SIRET: 14 digits whose check holds"});
  }
  return violations;
}

TEST(StatusTest, FewViolationsAreAllThere) {
  const grpc::Status status = ToGrpcStatus(ShapeError(Violations(5)));
  google::rpc::BadRequest bad;
  ASSERT_EQ(DetailsOf(status).details_size(), 2);
  ASSERT_TRUE(DetailsOf(status).details(1).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations_size(), 5);
}

TEST(StatusTest, OfManyViolationsTheFirstAreThereAndTheRestIsCounted) {
  for (const size_t count : {50, 70, 100}) {
    const grpc::Status status = ToGrpcStatus(ShapeError(Violations(count)));
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_LT(TrailersOf(status), kTrailerBytes);
    google::rpc::BadRequest bad;
    ASSERT_TRUE(DetailsOf(status).details(1).UnpackTo(&bad));
    const size_t listed = static_cast<size_t>(bad.field_violations_size()) - 1;
    ASSERT_GT(listed, 10u);
    ASSERT_LT(listed, count);
    EXPECT_EQ(bad.field_violations(0).field(), "acts[0].structure_registered.identity.siret");
    const auto& rest = bad.field_violations(static_cast<int>(listed));
    EXPECT_EQ(rest.field(), "...");
    EXPECT_EQ(rest.description(), fmt::format("and {} more; correct these first", count - listed));
    EXPECT_NE(status.error_message().find(fmt::format("(and {} more)", count - 1)),
              std::string::npos);
  }
}

TEST(StatusTest, LongTextsAreCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 4'000; ++i) text += "é";
  const grpc::Status status = ToGrpcStatus(
      Error(absl::StatusCode::kNotFound, "NOT_FOUND", text, {{"id", text}, {"kind", text}}));
  EXPECT_LT(TrailersOf(status), kTrailerBytes);
  EXPECT_TRUE(IsUtf8(status.error_message()));
  EXPECT_TRUE(status.error_message().ends_with("é..."));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(DetailsOf(status).details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "NOT_FOUND");
  EXPECT_TRUE(IsUtf8(info.metadata().at("id")));

  const grpc::Status wide = ToGrpcStatus(ShapeError({{text, "FIELD_INVALID", text},
                                                     {text, "FIELD_INVALID", text},
                                                     {text, "FIELD_INVALID", text}}));
  EXPECT_LT(TrailersOf(wide), kTrailerBytes);
}

}  // namespace
}  // namespace registre::testing
