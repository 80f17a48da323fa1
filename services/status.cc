#include "services/status.h"

#include <string>

#include "absl/strings/match.h"

namespace registre {

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(status.code()));
  rpc.set_message(std::string(status.message()));
  // ErrorInfo before BadRequest: payloads come in no order of their own.
  for (const bool info_first : {true, false}) {
    status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
      const bool is_info = absl::StrContains(url, "ErrorInfo");
      if (is_info != info_first) return;
      google::protobuf::Any* detail = rpc.add_details();
      detail->set_type_url(std::string(url));
      detail->set_value(std::string(payload));
    });
  }
  return rpc;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
          ToRpcStatus(status).SerializeAsString()};
}

}  // namespace registre
