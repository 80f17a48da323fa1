// The rows siret:<14 digits> and siren:<9 digits>: which structures carry, or carried, the number.
#include "projections/fold_rows.h"

namespace registre {
namespace {

void FoldIdentity(Direction direction, const std::string& structure_id,
                  const v1::StructureIdentity& identity, std::string_view id,
                  v1::StructureIds* row) {
  if (std::string_view(identity.siret()).substr(0, id.size()) != id) return;
  int at = row->structure_ids_size() - 1;
  while (at >= 0 && row->structure_ids(at) != structure_id) --at;
  if (direction == Direction::kApply) {
    if (at < 0) {
      row->add_structure_ids(structure_id);
      row->add_mentions(1);
    } else {
      row->set_mentions(at, row->mentions(at) + 1);
    }
  } else if (at >= 0 && row->mentions(at) > 1) {
    row->set_mentions(at, row->mentions(at) - 1);
  } else if (at >= 0) {
    row->mutable_structure_ids()->DeleteSubrange(at, 1);
    row->mutable_mentions()->erase(row->mentions().begin() + at);
  }
}

}  // namespace

void FoldStructureIds(Direction direction, const v1::Event& event, std::string_view id,
                      v1::StructureIds* row) {
  const v1::Act& act = event.act();
  switch (act.act_case()) {
    case v1::Act::kStructureRegistered:
      FoldIdentity(direction, act.structure_registered().structure_id(),
                   act.structure_registered().identity(), id, row);
      break;
    case v1::Act::kStructureUpdated:
      FoldIdentity(direction, act.structure_updated().structure_id(),
                   act.structure_updated().after(), id, row);
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
