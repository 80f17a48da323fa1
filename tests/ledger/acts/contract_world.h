// A small ledger that acts of contract and money are judged on. All of it is test data.
#ifndef REGISTRE_TESTS_LEDGER_ACTS_CONTRACT_WORLD_H_
#define REGISTRE_TESTS_LEDGER_ACTS_CONTRACT_WORLD_H_

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ledger/view.h"
#include "registre/v1/state.pb.h"
#include "tests/support/fake_view.h"

namespace registre::testing {

// The rows, with what tests change in them.
class ContractWorld {
 public:
  // Lines L1 and L2; structures asso, autre (private) and cias (public).
  //
  // Deliberation 2023-10, adopted on 2023-09-18, transmitted on 2023-09-20, published on
  // 2023-09-22:
  //   a1  100 000,00 for asso on L1, of which 40 000,00 drawn by convention 2023-00010
  //   a2   50 000,00 on L1, naming asso and autre      a3  10 000,00 on L1 for autre
  //   a4   10 000,00 on L2 for asso                    a5  30 000,00 on L1, naming nobody
  //   a6   10 000,00 for asso on L1, for January to June 2023
  //   a7   20 000,00 for cias on L1
  // Deliberation 2023-11, rejected: r1 for asso on L1. Deliberation 2023-12, adopted on 2023-12-04,
  // neither transmitted nor published: b1 30 000,00 for asso on L1.
  //
  // Convention 2023-00010 with asso, signed on 2023-10-02: tranche T1 of 40 000,00 on L1, drawn on
  // a1, October 2023 to September 2024, advance of 24 000,00 at the signature, balance of 16 000,00
  // once the report, due on 2024-12-31, is accepted.
  // Opening convention 2023-00020 with asso, signed on 2023-06-01: tranche O1 of 40 000,00 on L1
  // for 2023, without draws.
  ContractWorld();

  v1::Deliberation* deliberation(const std::string& number);
  v1::AllotmentState* allotment(const std::string& number, const std::string& id);
  v1::Convention* convention(const std::string& number);
  v1::TrancheState* tranche(const std::string& number, const std::string& id);
  v1::Structure* structure(const std::string& id);
  v1::BudgetLine* line(const std::string& code);
  v1::Payment* payment(int fiscal_year, const std::string& mandat);
  FakeView* fake() { return &view_; }

  const LedgerView& view() const { return view_; }

 private:
  FakeView view_;
};

// Adds service certified on a day.
void Certify(int64_t cents, const std::string& day, v1::TrancheState* tranche);

// What a case expects.
struct Expected {
  std::string reason;                   // empty: the act may be recorded
  std::vector<std::string> parts = {};  // all stand in the refusal, or in the first flag
  std::vector<std::string> flags = {};  // Judged::flags of an act that may be recorded
  absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
};

void Expect(const Judged& judged, const Expected& expected);

// A case: what is changed in a plain act and in the world, and what is expected.
template <typename Act>
struct ActCase {
  std::string name;
  std::function<void(Act&, ContractWorld&)> change;
  Expected expected;
};

// Judges each case. An act that may be recorded has `structure_id` filled.
template <typename Act>
void RunActs(const std::string& plain, const std::string& structure_id,
             const std::vector<ActCase<Act>>& cases) {
  for (const ActCase<Act>& test : cases) {
    SCOPED_TRACE(test.name);
    ContractWorld world;
    Act act = Text<Act>(plain);
    test.change(act, world);
    Expect(JudgeOn(world.view(), &act), test.expected);
    if (test.expected.reason.empty()) {
      EXPECT_EQ(act.structure_id(), structure_id);
    }
  }
}

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_LEDGER_ACTS_CONTRACT_WORLD_H_
