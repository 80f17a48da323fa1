#include "ledger/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"
#include "ledger/proof/merkle.h"

namespace registre {
namespace {

constexpr char kFingerprintVersion = 1;

std::string SerializeDeterministic(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

absl::Status TooLarge(std::string message) {
  return Error(absl::StatusCode::kResourceExhausted, "UNIT_TOO_LARGE", std::move(message));
}

// The path of the condition, or of the first message in it, that holds a field this version does
// not know; empty when there is none.
std::string UnknownFieldIn(const v1::Condition& condition) {
  const auto unknown = [](const google::protobuf::Message& message) {
    return !message.GetReflection()->GetUnknownFields(message).empty();
  };
  if (unknown(condition)) return "condition";
  if (unknown(condition.query())) return "condition.query";
  const auto& items = condition.query().items();
  const auto found = std::find_if(items.begin(), items.end(), unknown);
  return found == items.end() ? std::string()
                              : fmt::format("condition.query.items[{}]", found - items.begin());
}

// It says what the log holds before it, and a unit is recorded whole.
void CheckClosingAlone(const v1::RecordRequest& request, std::vector<Violation>* violations) {
  const auto closes = [](const v1::Act& act) { return act.has_fiscal_year_closed(); };
  const auto& acts = request.acts();
  const auto found = std::find_if(acts.begin(), acts.end(), closes);
  if (found == acts.end() || acts.size() == 1) return;
  violations->push_back(
      {fmt::format("acts[{}]", found - acts.begin()), "FIELD_INVALID",
       "fiscal_year_closed is alone in its unit; send it in a request of its own"});
}

Violation UnknownField(std::string path) {
  return {std::move(path), "UNKNOWN_FIELD",
          "a field that this version does not know; use the server's contract"};
}

void CheckCondition(const v1::Condition& condition, std::vector<Violation>* violations) {
  const auto add = [violations](Violation violation) {
    if (violations->size() < kMaxViolations) violations->push_back(std::move(violation));
  };
  const int items = condition.query().items_size();
  if (items == 0) {
    add({"condition.query.items", "CONDITION_INVALID",
         "no item: a condition names at least one tag that must not be there"});
  }
  if (std::string path = UnknownFieldIn(condition); !path.empty()) {
    add(UnknownField(std::move(path)));
  }
  CheckQuery(condition.query(), "condition.query", violations);
  for (int i = 0; i < items && items <= kMaxQueryItems; ++i) {
    if (condition.query().items(i).tags_size() > 0) continue;
    add({fmt::format("condition.query.items[{}].tags", i), "CONDITION_INVALID",
         "no tag: name the tag whose history is guarded"});
  }
}

}  // namespace

void CheckCommandId(std::string_view id, std::vector<Violation>* violations) {
  const bool fits = !id.empty() && id.size() <= kMaxCommandIdBytes &&
                    std::all_of(id.begin(), id.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '.' || c == '_' || c == ':' || c == '-';
                    });
  if (fits) return;
  violations->push_back(
      {"command_id", "COMMAND_ID_INVALID",
       fmt::format("\"{:.80}\" is not 1 to {} of [0-9A-Za-z._:-]; give each unit its own id", id,
                   kMaxCommandIdBytes)});
}

std::string FingerprintOf(const google::protobuf::Message& request) {
  const Hash hash = Sha256(SerializeDeterministic(request));
  std::string fingerprint(1, kFingerprintVersion);
  fingerprint.append(hash.begin(), hash.end());
  return fingerprint;
}

absl::StatusOr<Command> MakeCommand(std::string subject, v1::RecordRequest request,
                                    const RoleOf& role_of) {
  if (static_cast<size_t>(request.acts_size()) > kMaxUnitActs) {
    return TooLarge(
        fmt::format("the unit holds {} acts, at most {} are recorded together; split it",
                    request.acts_size(), kMaxUnitActs));
  }
  const std::string id = std::exchange(*request.mutable_command_id(), "");
  const bool validate_only = request.validate_only();
  request.set_validate_only(false);
  // Before anything walks through it. What is left is what the fingerprint is taken of.
  if (const size_t bytes = request.ByteSizeLong(); bytes > kMaxUnitBytes) {
    return TooLarge(
        fmt::format("the unit holds {} bytes, at most {} are recorded together; split it", bytes,
                    kMaxUnitBytes));
  }
  std::vector<Violation> violations;
  CheckCommandId(id, &violations);
  if (request.acts_size() == 0) {
    violations.push_back({"acts", "FIELD_INVALID", "no act: a unit holds at least one"});
  }
  for (int i = 0; i < request.acts_size(); ++i) {
    CheckShape(request.acts(i), fmt::format("acts[{}]", i), &violations);
  }
  CheckClosingAlone(request, &violations);
  if (request.has_condition()) CheckCondition(request.condition(), &violations);
  if (!request.GetReflection()->GetUnknownFields(request).empty()) {
    violations.push_back(UnknownField("request"));
  }
  if (!violations.empty()) return ShapeError(violations);

  Command command;
  for (int i = 0; i < request.acts_size(); ++i) {
    auto role = role_of(request.acts(i));
    if (!role.ok()) return Annotate(role.status(), fmt::format("acts[{}]: ", i));
    command.roles.push_back(*std::move(role));
  }
  command.fingerprint = FingerprintOf(request);
  command.bytes = request.ByteSizeLong();
  request.set_command_id(id);
  request.set_validate_only(validate_only);
  command.subject = std::move(subject);
  command.request = std::move(request);
  return command;
}

}  // namespace registre
