// What is read equals what a naive model works out from the list of events, after every step of
// random sequences, at random points of both time axes.
//
//   REGISTRE_TEST_SEED=N           seed of the first sequence; the next has N + 1
//   REGISTRE_ORACLE_SEQUENCES=N    how many
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/support/fake_view.h"
#include "tests/support/oracle_model.h"
#include "tests/support/oracle_world.h"
#include "tests/support/test_seed.h"

namespace registre::testing::oracle_test {
namespace {

constexpr int kSequences = 1'000;
constexpr int kMostSteps = 60;

int Sequences() {
  const char* const given = std::getenv("REGISTRE_ORACLE_SEQUENCES");
  return given == nullptr ? kSequences : std::atoi(given);
}

// One sequence; adds what it recorded to `recorded`.
void RunSequence(uint64_t seed, std::map<std::string, int>* recorded) {
  OracleWorld world(seed, /*final_acts=*/seed % 3 != 0);
  const int steps = 20 + static_cast<int>(seed % (kMostSteps - 19));
  for (int step = 0; step < steps; ++step) {
    std::string differences = world.Step();
    if (differences.empty()) differences = world.CheckPresent();
    if (differences.empty()) differences = world.CheckSomePoint();
    ASSERT_EQ(differences, "") << "repeat it with REGISTRE_TEST_SEED=" << seed
                               << " REGISTRE_ORACLE_SEQUENCES=1, step " << step << "\n"
                               << world.History();
  }
  std::string differences = world.ReverseEverything();
  if (differences.empty()) differences = world.CheckPresent();
  if (differences.empty()) differences = world.CheckSomePoint();
  ASSERT_EQ(differences, "") << "everything reversed; repeat it with REGISTRE_TEST_SEED=" << seed
                             << " REGISTRE_ORACLE_SEQUENCES=1\n"
                             << world.History();
  for (const auto& [type, count] : world.recorded()) (*recorded)[type] += count;
}

TEST(Oracle, WhatIsReadEqualsTheModelAfterEveryStep) {
  const uint64_t seed = TestSeed();
  std::map<std::string, int> recorded;
  for (int i = 0; i < Sequences(); ++i) {
    ASSERT_NO_FATAL_FAILURE(RunSequence(seed + static_cast<uint64_t>(i), &recorded));
  }
  for (const auto& [type, count] : recorded) std::printf("%8d %s\n", count, type.c_str());
  if (Sequences() < kSequences) return;
  for (const char* type :
       {"act_rectified",         "act_reversed",           "allotment_reduced",
        "application_submitted", "avenant_signed",         "budget_line_adjusted",
        "commitment_released",   "convention_closed",      "convention_signed",
        "convention_terminated", "deliberation_amended",   "deliberation_annulled",
        "deliberation_voted",    "deliberation_withdrawn", "fiscal_year_closed",
        "payment_accepted",      "payment_credits_voted",  "payment_ordered",
        "payment_reduced",       "payment_reimputed",      "payment_rejected",
        "payment_settled",       "payment_suspended",      "recovery_ordered",
        "recovery_received",     "report_accepted",        "report_received",
        "service_certified",     "structures_merged"}) {
    EXPECT_GT(recorded[type], 0) << type << " was never recorded: it was not tested";
  }
}

}  // namespace
}  // namespace registre::testing::oracle_test
