// A ledger in memory in which acts are corrected as the service does it, and what is audited after:
// the corrected state is what the acts that stand add up to, computed otherwise.
#ifndef REGISTRE_TESTS_SUPPORT_CORRECTED_LEDGER_H_
#define REGISTRE_TESTS_SUPPORT_CORRECTED_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "projections/correction_plan.h"
#include "projections/state_reader.h"
#include "tests/support/row_map.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {

// Rows in text, by key: lists in an order that is none of time, rows that only corrections have
// left out.
using RowTexts = std::map<std::string, std::string>;
RowTexts TextsOf(const std::map<std::string, v1::Row, std::less<>>& rows);

// One thread.
class CorrectedLedger {
 public:
  // Records one act, by SubjectOf it; aborts when refused. Its position.
  uint64_t Must(const v1::Act& act);
  // The same, or the refusal.
  absl::StatusOr<uint64_t> Record(const v1::Act& act);

  // What correcting would do.
  absl::StatusOr<PlannedCorrection> Plan(uint64_t target, const std::vector<v1::Act>& replacements,
                                         const std::string& effective_on = "2024-06-01",
                                         const std::string& number = "") const;

  // Proposes as "admin"; the number of the proposal.
  absl::StatusOr<std::string> Propose(uint64_t target, const std::vector<v1::Act>& replacements,
                                      const std::string& effective_on = "2024-06-01");
  // Turns a proposal down as "approver".
  absl::Status TurnDown(const std::string& number);

  // Proposes and, as "approver", approves. Fails the test when the plan is not what comes
  // of it: balances, touched rows.
  absl::StatusOr<PlannedCorrection> Correct(uint64_t target,
                                            const std::vector<v1::Act>& replacements,
                                            const std::string& effective_on = "2024-06-01");

  // Fails the test when a row at the present, or one as it was recorded, is not what the events
  // say; or when the figures at one of the points are not those of the acts that stand there.
  void Audit(const std::vector<Point>& points = {}) const;

  std::vector<v1::Event> Events() const;
  // Every row as readers see it.
  std::map<std::string, v1::Row, std::less<>> RowsAt(const Point& point) const;
  v1::Row RowAt(const std::string& key, const Point& point) const;

  TestRecorder recorder;

 private:
  int commands_ = 0;
  std::string NextId();
};

// The rows of the acts that stand at the point, each folded once at its position.
RowMap StandingRows(const std::vector<v1::Event>& events, const Point& point);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_CORRECTED_LEDGER_H_
