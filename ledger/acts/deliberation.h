// The parts of a deliberation's rules, one file each; deliberation.cc puts them in order. Pure.
#ifndef REGISTRE_LEDGER_ACTS_DELIBERATION_H_
#define REGISTRE_LEDGER_ACTS_DELIBERATION_H_

#include "absl/status/status.h"
#include "ledger/acts/rules.h"
#include "registre/v1/assembly.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// Attendance, quorum, recusals (deliberation_attendance.cc). Fills attendance. Refusals:
// ROSTER_INVALID, DUPLICATE_ID, RECUSED_UNKNOWN, QUORUM_MISSING. Flags: PROXY_HOLDER_UNKNOWN,
// PROXY_RECUSED, QUORUM_RECUSED.
[[nodiscard]] absl::Status JudgeAttendance(const RuleContext& context,
                                           const v1::SessionHeld& session,
                                           v1::DeliberationVoted* act);

// Tally and result, once the attendance is filled (deliberation_vote.cc). Fills derived. Refusals:
// VOTE_TALLY, ROSTER_INVALID, DUPLICATE_ID, RECUSED_VOTED, VOTE_RESULT. Flag: RECUSED_COUNTED.
[[nodiscard]] absl::Status JudgeVote(const RuleContext& context, const v1::SessionHeld& session,
                                     v1::DeliberationVoted* act);

// Articles against allotments (deliberation_articles.cc). Refusals: DUPLICATE_ID, ARTICLE_TOTAL,
// CALL_UNKNOWN_OPERATION, AMOUNT_INVALID. Flag: ALLOTMENT_TWICE.
[[nodiscard]] absl::Status JudgeArticles(const RuleContext& context,
                                         const v1::DeliberationVoted& act);

// Allotments against the state (deliberation_allotments.cc); `call` is null when the act answers
// none. Refusals: REFERENCE_UNKNOWN, CALL_UNKNOWN_OPERATION, APPLICATION_STATE, BUDGET_EXCEEDED.
// Flags: NAME_DIFFERS and, when it is adopted, UNFAVOURABLE_FUNDED, PERIOD_BEFORE_VOTE,
// PERIOD_ENDED_BEFORE_VOTE, UNIT_COST.
[[nodiscard]] absl::Status JudgeAllotments(const RuleContext& context, const v1::Call* call,
                                           const v1::DeliberationVoted& act);

// The recusal keeps its member out of the vote.
bool IsOutOfVote(const v1::Recusal& recusal);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_DELIBERATION_H_
