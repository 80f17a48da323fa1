// Rules of the acts that only the ledger records.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "registre/v1/control.pb.h"
#include "tests/support/rule_cases.h"

namespace registre::testing::audit_test {
namespace {

const std::string kHash(32, '\x11');

void Start(FakeView* view, v1::DirectorySealed* act) {
  view->OpenLedger();
  act->set_through_position(9);
  act->set_count(3);
  act->set_root(kHash);
  act->set_schema_digest(kHash);
}

TEST(DirectorySealedTest, Cases) {
  RunCases<v1::DirectorySealed>(
      Start,
      {{"no tags", [](auto*, auto* act) { act->set_count(0); }, "SEAL_INVALID", {}, {"root"}},
       {"a short root", [](auto*, auto* act) { act->set_root("x"); }, "SEAL_INVALID", {}, {}},
       {"no digest",
        [](auto*, auto* act) { act->clear_schema_digest(); },
        "SEAL_INVALID",
        {},
        {"digest"}},
       {"from the first event",
        [](auto*, auto* act) { act->set_through_position(0); },
        "",
        {},
        {}}});
}

// Judged at the head of a log of that many events.
absl::Status JudgeAt(uint64_t size, uint64_t through) {
  FakeView view;
  v1::DirectorySealed act;
  Start(&view, &act);
  act.set_through_position(through);
  std::vector<v1::Flag> flags;
  RuleContext context{view, ToDays(On("2023-10-01")), "auditor", &flags};
  context.log_head = [size] { return LogHead{.size = size, .root = {}}; };
  return Judge(context, &act);
}

TEST(DirectorySealedTest, ThroughWhatIsRecorded) {
  EXPECT_TRUE(JudgeAt(10, 9).ok());
  EXPECT_TRUE(JudgeAt(12, 9).ok());
  const absl::Status ahead = JudgeAt(9, 9);
  EXPECT_EQ(ReasonOf(ahead), "SEAL_INVALID");
  EXPECT_NE(ahead.message().find("through position 9 of a log of 9 events"), std::string::npos);
}

TEST(DirectorySealedTest, HasNoTagAndNoDate) {
  v1::Act act;
  act.mutable_directory_sealed()->set_count(1);
  EXPECT_TRUE(TagsOf(act).empty());
  EXPECT_EQ(EffectiveDateOf(act), kAlways);
  EXPECT_TRUE(IsControl(act.act_case()));
}

}  // namespace
}  // namespace registre::testing::audit_test
