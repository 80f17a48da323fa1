// Tables of cases for rules: given rows, when an act, then a reason or flags.
#ifndef REGISTRE_TESTS_SUPPORT_RULE_CASES_H_
#define REGISTRE_TESTS_SUPPORT_RULE_CASES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/fake_view.h"

namespace registre::testing {

// One case: a change of what is recorded without any flag, and what becomes of it.
template <typename A>
struct RuleCase {
  std::string name;
  std::function<void(FakeView* view, A* act)> change;
  std::string reason;              // of the refusal; empty: recorded
  std::vector<std::string> flags;  // when recorded, as in Judged::flags
  std::vector<std::string> says;   // parts of the refusal, or of the first flag's message
};

// The status code that goes with a reason (design, section 9).
absl::StatusCode CodeOfReason(const std::string& reason);

// Checks that the act's shape is right, so that the case is about a rule.
void ExpectShape(const google::protobuf::Message& act);

void ExpectJudged(const Judged& judged, const std::string& reason,
                  const std::vector<std::string>& flags, const std::vector<std::string>& says);

// Runs each case on the given start, which itself must be recorded without a flag.
template <typename A>
void RunCases(const std::function<void(FakeView* view, A* act)>& start,
              const std::vector<RuleCase<A>>& cases) {
  {
    SCOPED_TRACE("the start");
    FakeView view;
    A act;
    start(&view, &act);
    ExpectShape(act);
    ExpectJudged(JudgeOn(view, &act), "", {}, {});
  }
  for (const RuleCase<A>& one : cases) {
    SCOPED_TRACE(one.name);
    FakeView view;
    A act;
    start(&view, &act);
    one.change(&view, &act);
    ExpectShape(act);
    ExpectJudged(JudgeOn(view, &act), one.reason, one.flags, one.says);
  }
}

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_RULE_CASES_H_
