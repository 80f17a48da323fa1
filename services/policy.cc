#include "services/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/util/json_util.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "registre/v1/policy.pb.h"

namespace registre {
namespace {

absl::Status PolicyInvalid(std::string message) {
  return Error(absl::StatusCode::kInvalidArgument, "POLICY_INVALID", std::move(message));
}

// The parser's message, and where: behind it protobuf shows the bytes around the error, over
// several lines perhaps, and in a last line a caret under it.
std::string WhereOf(std::string_view json, std::string_view message) {
  const size_t first = message.find('\n');
  const size_t last = message.rfind('\n');
  std::string text(message.substr(0, first));
  if (first == last) return text;
  const size_t piece = json.find(message.substr(first + 1, last - first - 1));
  if (piece == std::string_view::npos) return text;
  const size_t caret = message.size() - last - 2;
  const std::string_view before = json.substr(0, piece + caret);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n');
  const size_t column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return fmt::format("{} (line {}, column {})", text, line, column);
}

std::string AllRoleNames() {
  std::vector<std::string> names;
  const auto* all = v1::Role_descriptor();
  for (int i = 0; i < all->value_count(); ++i) {
    const auto role = static_cast<v1::Role>(all->value(i)->number());
    if (role != v1::ROLE_UNSPECIFIED) names.push_back(RoleName(role));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// The roles, or what is wrong with them.
absl::StatusOr<Roles> RolesOf(const v1::PolicySubject& subject) {
  if (subject.roles().empty()) return PolicyInvalid("roles is empty; name at least one");
  Roles roles = 0;
  for (const std::string& name : subject.roles()) {
    const v1::Role role = RoleNamed(name);
    if (role == v1::ROLE_UNSPECIFIED) {
      return PolicyInvalid(fmt::format("roles: \"{:.80}\" is none of {}", name, AllRoleNames()));
    }
    roles |= RoleBit(role);
  }
  const Roles both = RoleBit(v1::ROLE_ORDERER) | RoleBit(v1::ROLE_ACCOUNTANT);
  if ((roles & both) != both) return roles;
  return PolicyInvalid(
      "roles: both orderer and accountant; the two are incompatible (décret 2012-1246, art. 9), "
      "make two subjects");
}

absl::Status CheckId(const v1::PolicySubject& subject) {
  if (!IsId(subject.subject())) {
    return PolicyInvalid(
        fmt::format("subject: \"{:.80}\" is not 1 to 64 of [0-9A-Za-z._-]", subject.subject()));
  }
  if (subject.subject() != "local") return absl::OkStatus();
  return PolicyInvalid(
      "subject: \"local\" is who acts where nobody is authenticated; choose another");
}

absl::Status CheckCertificates(const v1::PolicySubject& subject) {
  if (subject.certificates().empty()) {
    return PolicyInvalid("certificates is empty; give a name that the subject's certificate bears");
  }
  if (subject.certificates_size() > kMaxCertificateNames) {
    return PolicyInvalid(fmt::format("certificates: {} names, at most {} are accepted",
                                     subject.certificates_size(), kMaxCertificateNames));
  }
  for (const std::string& name : subject.certificates()) {
    if (!name.empty() && name.size() <= kMaxCertificateNameBytes) continue;
    return PolicyInvalid(fmt::format("certificates: \"{:.80}\" is not 1 to {} bytes", name,
                                     kMaxCertificateNameBytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Policy> Policy::Parse(std::string_view json) {
  if (json.size() > kMaxPolicyBytes) {
    return PolicyInvalid(fmt::format("the policy has {} bytes, at most {} are accepted",
                                     json.size(), kMaxPolicyBytes));
  }
  v1::Policy message;
  const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(json), &message);
  if (!parsed.ok()) {
    return PolicyInvalid(fmt::format("the policy is no JSON of registre.v1.Policy: {}",
                                     WhereOf(json, std::string(parsed.message()))));
  }
  if (message.subjects().empty()) {
    return PolicyInvalid("the policy names no subject: nobody could reach the ledger");
  }
  if (static_cast<size_t>(message.subjects_size()) > kMaxPolicySubjects) {
    return PolicyInvalid(fmt::format("the policy names {} subjects, at most {} are accepted",
                                     message.subjects_size(), kMaxPolicySubjects));
  }
  Policy policy;
  absl::flat_hash_set<std::string> ids;
  for (int i = 0; i < message.subjects_size(); ++i) {
    const v1::PolicySubject& subject = message.subjects(i);
    const auto at_fault = [&](const absl::Status& status) {
      return Annotate(status, fmt::format("subjects[{}] ({:.80}): ", i, subject.subject()));
    };
    if (const absl::Status id = CheckId(subject); !id.ok()) return at_fault(id);
    if (!ids.insert(subject.subject()).second) {
      return at_fault(PolicyInvalid("subject: it stands twice; give each its own, once"));
    }
    auto roles = RolesOf(subject);
    if (!roles.ok()) return at_fault(roles.status());
    if (const absl::Status names = CheckCertificates(subject); !names.ok()) return at_fault(names);
    for (const std::string& name : subject.certificates()) {
      const auto [at, added] = policy.by_certificate_.emplace(name, policy.subjects_.size());
      if (added) continue;
      const std::string& other = at->second < policy.subjects_.size()
                                     ? policy.subjects_[at->second].id
                                     : subject.subject();
      return at_fault(PolicyInvalid(fmt::format(
          "certificates: {} is already a name of {}; a name belongs to one subject, once", name,
          other)));
    }
    policy.subjects_.push_back({subject.subject(), *roles});
  }
  return policy;
}

std::vector<const Policy::Subject*> Policy::Find(const std::vector<std::string>& names) const {
  std::vector<const Subject*> found;
  for (const std::string& name : names) {
    const auto at = by_certificate_.find(name);
    if (at == by_certificate_.end()) continue;
    const Subject* subject = &subjects_[at->second];
    if (std::find(found.begin(), found.end(), subject) == found.end()) found.push_back(subject);
  }
  return found;
}

}  // namespace registre
