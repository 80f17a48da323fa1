// The merger of structures, and what follows from it.
#include "ledger/acts/merger.h"

#include <fmt/format.h>

#include "ledger/acts/checks.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

// A structure ends once, and only one that goes on absorbs another: mergers make no circle.
absl::Status CheckGoesOn(const v1::Structure& structure) {
  if (structure.merged_into().empty()) return absl::OkStatus();
  return Refused(
      "STRUCTURE_MERGED",
      fmt::format("structure {} was absorbed by {} on {} already; name the structures that go on",
                  structure.structure_id(), structure.merged_into(),
                  FormatDate(structure.merged_on())),
      {{"structure", structure.structure_id()}, {"merged_into", structure.merged_into()}});
}

}  // namespace

std::string SuccessorOf(const RuleContext& context, const std::string& structure_id, Days day) {
  std::string last = structure_id;
  const v1::Structure* structure = context.view.Structure(last);
  while (structure != nullptr && !structure->merged_into().empty() &&
         ToDays(structure->merged_on()) <= day) {
    last = structure->merged_into();
    structure = context.view.Structure(last);
  }
  return last;
}

absl::Status CheckNotMerged(const RuleContext& context, const v1::Structure& structure,
                            const std::string& what, Days day) {
  const std::string successor = SuccessorOf(context, structure.structure_id(), day);
  if (successor == structure.structure_id()) return absl::OkStatus();
  return Refused(
      "STRUCTURE_MERGED",
      fmt::format("structure {} was absorbed on {}: {} is not for it any more; name {}, "
                  "which takes its place",
                  structure.structure_id(), FormatDate(structure.merged_on()), what, successor),
      {{"structure", structure.structure_id()}, {"successor", successor}});
}

absl::Status Judge(const RuleContext& context, v1::StructuresMerged* act) {
  const auto absorbed = FindStructure(context, act->absorbed_structure_id());
  if (!absorbed.ok()) return absorbed.status();
  const auto absorbing = FindStructure(context, act->structure_id());
  if (!absorbing.ok()) return absorbing.status();
  if (act->absorbed_structure_id() == act->structure_id()) {
    return FieldInvalid(fmt::format("structure {} cannot absorb itself; name the other structure",
                                    act->structure_id()));
  }
  REGISTRE_RETURN_IF_ERROR(CheckGoesOn(**absorbed));
  return CheckGoesOn(**absorbing);
}

}  // namespace registre
