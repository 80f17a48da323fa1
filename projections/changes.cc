// What acts after a vote make of its allotments.
#include "projections/fold_rows.h"

namespace registre {

google::protobuf::RepeatedPtrField<v1::AllotmentChange> ChangesOf(const v1::Act& act) {
  switch (act.act_case()) {
    case v1::Act::kDeliberationAmended:
      return act.deliberation_amended().changes();
    case v1::Act::kDeliberationWithdrawn:
      return act.deliberation_withdrawn().changes();
    case v1::Act::kDeliberationAnnulled:
      return act.deliberation_annulled().changes();
    case v1::Act::kAllotmentReduced: {
      google::protobuf::RepeatedPtrField<v1::AllotmentChange> one;
      *one.Add() = act.allotment_reduced().change();
      return one;
    }
    default:  // changes no allotment
      return {};
  }
}

std::string OfChange(std::string_view path, int index) {
  return OfElements(path, "changes", /*beside=*/true, [index](int at) { return at == index; });
}

}  // namespace registre
