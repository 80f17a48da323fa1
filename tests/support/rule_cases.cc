#include "tests/support/rule_cases.h"

#include <map>

#include "gmock/gmock.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"

namespace registre::testing {

absl::StatusCode CodeOfReason(const std::string& reason) {
  static const std::map<std::string, absl::StatusCode> kCodes = {
      {"", absl::StatusCode::kOk},
      {"NUMBER_TAKEN", absl::StatusCode::kAlreadyExists},
      {"ALREADY_TRANSMITTED", absl::StatusCode::kAlreadyExists},
      {"ALREADY_PUBLISHED", absl::StatusCode::kAlreadyExists},
      {"ALREADY_WITHDRAWN", absl::StatusCode::kAlreadyExists},
      {"ALREADY_ANNULLED", absl::StatusCode::kAlreadyExists},
      {"REFERENCE_UNKNOWN", absl::StatusCode::kNotFound},
      {"TOO_MANY_TAGS", absl::StatusCode::kResourceExhausted},
      {"NUMBER_FORM", absl::StatusCode::kInvalidArgument},
      {"DUPLICATE_ID", absl::StatusCode::kInvalidArgument},
      {"AMOUNT_INVALID", absl::StatusCode::kInvalidArgument},
      {"FIELD_INVALID", absl::StatusCode::kInvalidArgument},
  };
  const auto it = kCodes.find(reason);
  return it == kCodes.end() ? absl::StatusCode::kFailedPrecondition : it->second;
}

void ExpectShape(const google::protobuf::Message& act) {
  std::vector<Violation> violations;
  CheckShape(act, "act", &violations);
  for (const Violation& violation : violations) {
    ADD_FAILURE() << violation.field << ": " << violation.reason << ": " << violation.message;
  }
}

void ExpectJudged(const Judged& judged, const std::string& reason,
                  const std::vector<std::string>& flags, const std::vector<std::string>& says) {
  EXPECT_EQ(judged.reason, reason) << judged.status;
  EXPECT_EQ(judged.status.code(), CodeOfReason(reason)) << judged.status;
  if (reason.empty()) {
    EXPECT_EQ(judged.flags, flags);
  }
  std::string text(judged.status.message());
  if (reason.empty() && !judged.messages.empty()) text = judged.messages.front();
  for (const std::string& part : says) EXPECT_THAT(text, ::testing::HasSubstr(part));
}

}  // namespace registre::testing
