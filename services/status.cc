#include "services/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "google/rpc/error_details.pb.h"
#include "ledger/base/shape.h"

namespace registre {
namespace {

// A client of gRPC takes 8 KiB of trailers, and fails the call with another error when there is
// more. The details are sent in base64, the message with three bytes for each that is not plain
// ASCII.
constexpr size_t kMaxDetailsBytes = 4'000;
constexpr size_t kMaxMessageTrailerBytes = 1'500;
// Of a field, a description, a value of ErrorInfo.
constexpr size_t kMaxTextBytes = 500;
// Kept free for the violation that counts the rest.
constexpr size_t kRestBytes = 64;

// The first `size` bytes, whole characters only, with three points.
std::string CutAt(std::string_view text, size_t size) {
  return std::string(FirstBytes(text, size)) + "...";
}

std::string Cut(std::string_view text, size_t most) {
  return text.size() <= most ? std::string(text) : CutAt(text, most - 3);
}

std::string CutForTrailer(std::string_view message) {
  size_t bytes = 0;
  for (size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    bytes += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
    if (bytes > kMaxMessageTrailerBytes) return CutAt(message, i);
  }
  return std::string(message);
}

void CutValues(google::protobuf::Any* detail) {
  google::rpc::ErrorInfo info;
  if (!detail->UnpackTo(&info)) return;
  for (auto& [name, value] : *info.mutable_metadata()) value = Cut(value, kMaxTextBytes);
  detail->set_value(info.SerializeAsString());
}

// Keeps the first violations that fit `room`, one at least, and says how many more there are.
void CutViolations(size_t room, google::protobuf::Any* detail) {
  google::rpc::BadRequest bad;
  if (!detail->UnpackTo(&bad)) return;
  google::rpc::BadRequest kept;
  for (int i = 0; i < bad.field_violations_size(); ++i) {
    auto* violation = kept.add_field_violations();
    violation->set_field(Cut(bad.field_violations(i).field(), kMaxTextBytes));
    violation->set_description(Cut(bad.field_violations(i).description(), kMaxTextBytes));
    if (i == 0 || kept.ByteSizeLong() + kRestBytes <= room) continue;
    violation->set_field("...");
    violation->set_description(
        fmt::format("and {} more; correct these first", bad.field_violations_size() - i));
    break;
  }
  detail->set_value(kept.SerializeAsString());
}

}  // namespace

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
  google::rpc::Status rpc = ToRpcStatus(status);
  rpc.set_message(CutForTrailer(rpc.message()));
  if (rpc.ByteSizeLong() > kMaxDetailsBytes) {
    for (auto& detail : *rpc.mutable_details()) CutValues(&detail);
    size_t others = rpc.ByteSizeLong();
    for (auto& detail : *rpc.mutable_details()) {
      if (!detail.Is<google::rpc::BadRequest>()) continue;
      others -= std::min(others, detail.value().size());
      CutViolations(kMaxDetailsBytes - std::min(others, kMaxDetailsBytes), &detail);
    }
  }
  return {static_cast<grpc::StatusCode>(status.code()), rpc.message(), rpc.SerializeAsString()};
}

}  // namespace registre
