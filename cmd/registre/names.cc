#include "cmd/registre/names.h"

namespace registre::cli {

const std::string& StructureNames::Of(const std::string& structure_id) {
  const auto [at, added] = names_.try_emplace(structure_id, structure_id);
  if (!added || structure_id.empty()) return at->second;
  v1::GetStructureRequest request;
  request.set_id(structure_id);
  *request.mutable_options() = options_;
  v1::GetStructureResponse response;
  const absl::Status status =
      Call(*client_.structures, &v1::StructureService::Stub::GetStructure, request, &response);
  if (status.ok() && !response.structure().identity().name().empty()) {
    at->second = response.structure().identity().name();
  }
  return at->second;
}

}  // namespace registre::cli
