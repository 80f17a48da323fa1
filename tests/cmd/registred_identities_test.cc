// cmd/registred/identities.h: the four files, all or none.
#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "cmd/registred/identities.h"
#include "ledger/base/errors.h"
#include "tests/support/temp_folder.h"

namespace registre::registred_identities_test {
namespace {

using ::testing::HasSubstr;

TEST(IdentityFiles, AllOrNone) {
  EXPECT_EQ(IdentityFiles().Missing(), "");
  EXPECT_FALSE(IdentityFiles().given());
  const IdentityFiles all{"c", "k", "a", "p"};
  EXPECT_EQ(all.Missing(), "");
  EXPECT_TRUE(all.given());
  const IdentityFiles some{"c", "", "a", ""};
  EXPECT_EQ(some.Missing(), "--tls-key, --policy");
  EXPECT_FALSE(some.given());
}

TEST(IdentityFiles, WhatCannotBeReadIsNamed) {
  const TempFolder folder;
  const auto write = [&folder](const std::string& name, const std::string& text) {
    std::ofstream(folder.Path(name)) << text;
    return folder.Path(name);
  };
  const std::string pem = write("pem", "-----BEGIN CERTIFICATE-----");
  const std::string policy =
      write("policy", R"({"subjects":[{"subject":"s","roles":["clerk"],"certificates":["c"]}]})");
  EXPECT_TRUE(ReadIdentities({pem, pem, pem, policy}).ok());
  const auto refuse = [](const IdentityFiles& files, const std::string& reason,
                         const std::string& says) {
    const absl::Status status = ReadIdentities(files).status();
    EXPECT_EQ(ReasonOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
  };
  const std::string none = folder.Path("none");
  const std::string empty = write("empty", "");
  refuse({none, pem, pem, policy}, "TLS_FILE_INVALID", "--tls-cert " + none);
  refuse({pem, none, pem, policy}, "TLS_FILE_INVALID", "--tls-key");
  refuse({pem, pem, empty, policy}, "TLS_FILE_INVALID", "--tls-client-ca");
  refuse({pem, pem, pem, none}, "POLICY_INVALID", "No such file");
  refuse({pem, pem, pem, pem}, "POLICY_INVALID", "--policy " + pem);
}

}  // namespace
}  // namespace registre::registred_identities_test
