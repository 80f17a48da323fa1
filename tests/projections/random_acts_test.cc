// The generator of random acts keeps its word: the rules accept each of them as it is, on the state
// that the folds of those before it give.
#include "tests/support/random_acts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/acts/rules.h"
#include "ledger/base/shape.h"
#include "tests/support/row_map.h"
#include "tests/support/subjects.h"
#include "tests/support/test_seed.h"

namespace registre::testing::random_acts_test {
namespace {

TEST(RandomActs, AreAcceptedAsTheyAre) {
  const uint64_t seed = TestSeed();
  RowMap rows;
  RandomActs acts(seed, rows);
  for (uint64_t position = 0; position < 3'000; ++position) {
    v1::Act act = acts.Next();
    const std::string given = act.SerializeAsString();
    SCOPED_TRACE(::testing::Message() << "act " << position << ": " << act.ShortDebugString());

    std::vector<Violation> violations;
    CheckShape(act, std::string(ActType(act)), &violations);
    ASSERT_TRUE(violations.empty()) << violations[0].field << ": " << violations[0].message;

    std::vector<v1::Flag> flags;
    const absl::Status status =
        Decide(RuleContext{rows, acts.today(), SubjectOf(act), &flags}, &act);
    ASSERT_TRUE(status.ok()) << status.ToString();
    // Its filled fields are those that the ledger fills.
    ASSERT_EQ(given, act.SerializeAsString()) << act.ShortDebugString();
    rows.Fold(Direction::kApply, EventOf(position, act));
  }
}

}  // namespace
}  // namespace registre::testing::random_acts_test
