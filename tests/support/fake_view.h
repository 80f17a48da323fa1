// A view over rows that a test writes down, and what a test of rules needs around it.
#ifndef REGISTRE_TESTS_SUPPORT_FAKE_VIEW_H_
#define REGISTRE_TESTS_SUPPORT_FAKE_VIEW_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ledger/acts/rules.h"
#include "ledger/view.h"
#include "registre/v1/state.pb.h"

namespace registre::testing {

// 2023-09-18 as a message; aborts when it is not a date.
v1::Date On(const std::string& iso);
v1::Period FromTo(const std::string& start, const std::string& end);

// Parses text format; aborts when it does not fit.
void ParseText(const std::string& text, google::protobuf::Message* message);
template <typename M>
M Text(const std::string& text) {
  M message;
  ParseText(text, &message);
  return message;
}

// One thread. The add and change functions return the row's message, to be completed by the test;
// it lives as long as the view.
class FakeView : public LedgerView {
 public:
  const v1::Row* Find(std::string_view key) const override;
  void ForEachKey(std::string_view prefix,
                  const std::function<bool(std::string_view key)>& visit) const override;

  // The row of a key, made when it is missing.
  v1::Row& RowOf(const std::string& key) { return rows_[key]; }

  // A ledger of a test authority, with the patterns of the 2023-405 ledger and no late-entry limit.
  v1::Ledger& OpenLedger();
  // An association of private law without SIRET.
  v1::Structure& AddStructure(const std::string& id, const std::string& name);
  // Available = authorised - opening commitment.
  v1::BudgetLine& AddBudgetLine(const std::string& code, int64_t authorised_cents,
                                int64_t opening_commitment_cents = 0);
  // Thematic 1 with the operations 1 and 2, thematic 2 without any.
  v1::Call& AddCall(const std::string& id);
  v1::Application& AddApplication(const std::string& number, const std::string& call_id,
                                  const std::string& structure_id, int64_t requested_cents);
  // Members in office M1 to Mn, all present, M1 presides.
  v1::Session& AddSession(const std::string& id, v1::Body body, const std::string& date,
                          int members = 5);
  // Adopted.
  v1::Deliberation& AddDeliberation(const std::string& number, v1::Body body,
                                    const std::string& date);
  // Adds an allotment to a deliberation's row.
  v1::AllotmentState& AddAllotment(const std::string& deliberation, const std::string& allotment_id,
                                   const std::string& structure_id, const std::string& budget_code,
                                   int64_t amount_cents);
  // Without tranches.
  v1::Convention& AddConvention(const std::string& number, const std::string& structure_id,
                                const std::string& signed_on, int64_t amount_cents);
  // Adds a tranche to a convention's row.
  v1::TrancheState& AddTranche(const std::string& convention, const std::string& tranche_id,
                               const std::string& budget_code, int64_t ceiling_cents);
  // Ordered by "clerk", with its first step.
  v1::Payment& AddPayment(int fiscal_year, const std::string& mandat,
                          const std::string& structure_id, const std::string& budget_code,
                          int64_t amount_cents, const std::string& ordered_on);

 private:
  std::map<std::string, v1::Row, std::less<>> rows_;
};

// What became of an act.
struct Judged {
  absl::Status status;
  std::string reason;              // of a refusal; empty when recorded
  std::vector<std::string> flags;  // "RULE severity subject", in order; the subject may be missing
  std::vector<std::string> messages;  // of the flags
};

Judged MakeJudged(absl::Status status, const std::vector<v1::Flag>& flags);

// Judges an act of one type by its own rules, recorded by the subject `actor`, and fills it.
template <typename A>
Judged JudgeOn(const LedgerView& view, A* act, const std::string& today = "2023-10-01",
               const std::string& actor = "accountant") {
  std::vector<v1::Flag> flags;
  const RuleContext context{view, ToDays(On(today)), actor, &flags};
  return MakeJudged(Judge(context, act), flags);
}

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_FAKE_VIEW_H_
