// Facts of an act that need no state: its type, its tags, its effective date. Pure functions: a
// verifier recomputes them.
#ifndef REGISTRE_LEDGER_ACTS_ACT_H_
#define REGISTRE_LEDGER_ACTS_ACT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/date.h"
#include "registre/v1/access.pb.h"
#include "registre/v1/act.pb.h"

namespace registre {

// Version of the acts' schema and of TagsOf that new events are written with.
inline constexpr uint32_t kSchemaVersion = 1;

// Name of the act as in v1::Act, for example payment_ordered; empty for an unset act.
std::string_view ActType(const v1::Act& act);
std::string_view ActType(v1::Act::ActCase act_case);

// An act of control: the end of a fiscal year, a correction, a seal, a restoration.
inline bool IsControl(v1::Act::ActCase act_case) { return act_case >= v1::Act::kFiscalYearClosed; }

// The case of a name; ACT_NOT_SET when there is no such act.
v1::Act::ActCase ActCaseOf(std::string_view type);

// The role in which an act is recorded (access.proto); ROLE_UNSPECIFIED: nobody records it by
// itself.
v1::Role RecordedBy(v1::Act::ActCase act_case);

// Every tag of the act, in order of first mention, each once.
std::vector<std::string> TagsOf(const v1::Act& act, uint32_t schema_version = kSchemaVersion);

// The legal date inside the act, as days; kAlways when it has none.
Days EffectiveDateOf(const v1::Act& act);

}  // namespace registre

#endif  // REGISTRE_LEDGER_ACTS_ACT_H_
