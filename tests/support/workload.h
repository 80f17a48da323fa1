// Units that many writers can record at once: each is a pure function of its writer and its number.
#ifndef REGISTRE_TESTS_SUPPORT_WORKLOAD_H_
#define REGISTRE_TESTS_SUPPORT_WORKLOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "registre/v1/ledger_service.pb.h"

namespace registre::testing {

// Opens a test ledger with calls that the units apply to: one unit, to be recorded first.
v1::RecordRequest WorkloadSetup();

// Unit `number` of a writer: a structure with a text of `padding` bytes, alone or, in the same
// unit, with one to six applications; or guarded by the condition that the structure is new. Its
// command id is <writer>-<number>.
v1::RecordRequest WorkloadUnit(int writer, uint64_t number, size_t padding = 0);

// The same command id with other acts: COMMAND_ID_REUSED once the unit is recorded.
v1::RecordRequest WithOtherActs(const v1::RecordRequest& unit);

// A unit of another id, whose condition is that `unit` was never recorded: CONDITION_BROKEN after
// it.
v1::RecordRequest UnlessRecorded(const v1::RecordRequest& unit, const std::string& command_id);

// A unit of another id that registers the structure of `unit` again: NUMBER_TAKEN after it.
v1::RecordRequest SameStructure(const v1::RecordRequest& unit, const std::string& command_id);

// Tags that the units of every writer share.
std::vector<std::string> WorkloadTags();
// The tag of a unit's structure.
std::string StructureTag(const v1::RecordRequest& unit);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_WORKLOAD_H_
