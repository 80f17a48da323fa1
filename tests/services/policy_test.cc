// The policy's file: what is taken, and how what is wrong is said.
#include "services/policy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "ledger/base/errors.h"

namespace registre::testing {
namespace {

using ::testing::HasSubstr;

TEST(PolicyTest, FindsSubjectsByTheNamesOfCertificates) {
  const auto policy = Policy::Parse(R"({"subjects": [
    {"subject": "s-1", "roles": ["clerk", "assembly"], "certificates": ["a.example.org", "A"]},
    {"subject": "s-2", "roles": ["accountant"], "certificates": ["b.example.org"]}]})");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->size(), 2u);
  ASSERT_EQ(policy->Find({"unknown", "A", "a.example.org"}).size(), 1u);
  EXPECT_EQ(policy->Find({"A"})[0]->id, "s-1");
  EXPECT_EQ(policy->Find({"A"})[0]->roles, RoleBit(v1::ROLE_CLERK) | RoleBit(v1::ROLE_ASSEMBLY));
  EXPECT_EQ(policy->Find({"A", "b.example.org"}).size(), 2u);
  EXPECT_TRUE(policy->Find({"a"}).empty()) << "names are compared as they are";
}

TEST(PolicyTest, BadPolicies) {
  const auto subject = [](const std::string& fields) {
    return fmt::format(R"({{"subjects": [{{{}}}]}})", fields);
  };
  const std::string good = R"("subject": "s-1", "roles": ["clerk"], "certificates": ["a"])";
  struct Case {
    std::string name;
    std::string json;
    std::vector<std::string> says;
  };
  const std::vector<Case> cases = {
      {"empty", "", {}},
      {"no JSON", "{\n\"subjects\": [\n{]}", {"line 3, column 2"}},
      {"an unknown field", subject(good + R"(, "role": "clerk")"), {"role"}},
      {"no subject", "{}", {"names no subject"}},
      {"no id",
       subject(R"("roles": ["clerk"], "certificates": ["a"])"),
       {"subjects[0]", "subject:"}},
      {"an id of another form",
       subject(R"("subject": "Léa", "roles": ["clerk"], "certificates": ["a"])"),
       {"Léa", "0-9A-Za-z"}},
      {"local",
       subject(R"("subject": "local", "roles": ["clerk"], "certificates": ["a"])"),
       {"local", "choose another"}},
      {"no role", subject(R"("subject": "s-1", "certificates": ["a"])"), {"s-1", "roles is empty"}},
      {"an unknown role",
       subject(R"("subject": "s-1", "roles": ["Clerk"], "certificates": ["a"])"),
       {"\"Clerk\"", "clerk, assembly"}},
      {"orderer and accountant",
       subject(R"("subject": "s-1", "roles": ["orderer", "accountant"], "certificates": ["a"])"),
       {"s-1", "incompatible", "2012-1246"}},
      {"no certificate",
       subject(R"("subject": "s-1", "roles": ["clerk"])"),
       {"certificates is empty"}},
      {"an empty name",
       subject(R"("subject": "s-1", "roles": ["clerk"], "certificates": [""])"),
       {"certificates:"}},
      {"a name twice",
       subject(R"("subject": "s-1", "roles": ["clerk"], "certificates": ["a", "a"])"),
       {"already a name of s-1"}},
      {"a name of two subjects",
       fmt::format(R"({{"subjects": [{{{}}}, {{{}}}]}})", good,
                   R"("subject": "s-2", "roles": ["clerk"], "certificates": ["a"])"),
       {"subjects[1]", "s-2", "already a name of s-1"}},
      {"a subject twice",
       fmt::format(R"({{"subjects": [{{{}}}, {{{}}}]}})", good,
                   R"("subject": "s-1", "roles": ["clerk"], "certificates": ["b"])"),
       {"subjects[1]", "twice"}},
  };
  ASSERT_TRUE(Policy::Parse(subject(good)).ok());
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const auto policy = Policy::Parse(one.json);
    EXPECT_EQ(ReasonOf(policy.status()), "POLICY_INVALID") << policy.status();
    for (const std::string& part : one.says) {
      EXPECT_THAT(std::string(policy.status().message()), HasSubstr(part));
    }
  }
  std::string many;
  for (size_t i = 0; i <= kMaxPolicySubjects; ++i) {
    many += fmt::format(R"({}{{"subject": "s-{}", "roles": ["clerk"], "certificates": ["c-{}"]}})",
                        i == 0 ? "" : ",", i, i);
  }
  EXPECT_THAT(
      std::string(Policy::Parse(fmt::format(R"({{"subjects": [{}]}})", many)).status().message()),
      HasSubstr("at most 10000"));
}

}  // namespace
}  // namespace registre::testing
