// The names and values that an error carries for programs.
#ifndef REGISTRE_TESTS_SUPPORT_ERROR_INFO_H_
#define REGISTRE_TESTS_SUPPORT_ERROR_INFO_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "ledger/base/errors.h"

namespace registre {

// Fails the test for a status that errors.h did not build.
inline google::rpc::ErrorInfo InfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload(kErrorInfoUrl);
  EXPECT_TRUE(payload && info.ParseFromString(std::string(*payload)));
  return info;
}

}  // namespace registre

#endif  // REGISTRE_TESTS_SUPPORT_ERROR_INFO_H_
