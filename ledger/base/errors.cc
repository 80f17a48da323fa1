#include "ledger/base/errors.h"

#include <fmt/format.h>

#include "google/rpc/error_details.pb.h"
#include "ledger/base/shape.h"

namespace registre {
namespace {

void SetErrorInfo(absl::Status* status, std::string_view reason, const ErrorValues& values) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain("registre");
  for (const auto& [name, value] : values) (*info.mutable_metadata())[name] = Utf8Of(value);
  status->SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
}

}  // namespace

absl::Status ShapeError(const std::vector<Violation>& violations) {
  const Violation& first = violations.front();
  std::string message = fmt::format("{}: {}", first.field, first.message);
  if (violations.size() > 1) {
    message += fmt::format(" (and {} more)", violations.size() - 1);
  }
  absl::Status status = absl::InvalidArgumentError(message);
  SetErrorInfo(&status, first.reason, {{"field", first.field}});
  google::rpc::BadRequest bad;
  for (const Violation& violation : violations) {
    auto* out = bad.add_field_violations();
    out->set_field(violation.field);
    out->set_description(fmt::format("{}: {}", violation.reason, violation.message));
  }
  status.SetPayload(kBadRequestUrl, absl::Cord(bad.SerializeAsString()));
  return status;
}

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string message,
                   ErrorValues values) {
  absl::Status status(code, Utf8Of(message));
  SetErrorInfo(&status, reason, values);
  return status;
}

absl::Status Refused(std::string_view rule, std::string message, ErrorValues values) {
  return Error(absl::StatusCode::kFailedPrecondition, rule, std::move(message), std::move(values));
}

absl::Status UnknownReference(std::string_view kind, std::string_view id, std::string_view remedy) {
  return Error(absl::StatusCode::kNotFound, "REFERENCE_UNKNOWN",
               fmt::format("{} {} is not in the ledger; {}", kind, id, remedy),
               {{"kind", std::string(kind)}, {"id", std::string(id)}});
}

absl::Status NumberTaken(std::string_view kind, std::string_view id) {
  return Error(absl::StatusCode::kAlreadyExists, "NUMBER_TAKEN",
               fmt::format("{} {} exists already; give the act its own number", kind, id),
               {{"kind", std::string(kind)}, {"id", std::string(id)}});
}

absl::Status Annotate(const absl::Status& status, std::string_view prefix) {
  absl::Status out(status.code(),
                   Utf8Of(fmt::format("{}{}", prefix, std::string(status.message()))));
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return out;
}

std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return "";
  return info.reason();
}

}  // namespace registre
