#include "services/rights.h"

#include "absl/strings/ascii.h"
#include "ledger/base/check.h"
#include "registre/v1/admin_service.pb.h"
#include "registre/v1/anomaly_service.pb.h"
#include "registre/v1/audit_service.pb.h"
#include "registre/v1/budget_service.pb.h"
#include "registre/v1/convention_service.pb.h"
#include "registre/v1/correction_service.pb.h"
#include "registre/v1/deliberation_service.pb.h"
#include "registre/v1/ledger_service.pb.h"
#include "registre/v1/payment_feed_service.pb.h"
#include "registre/v1/payment_service.pb.h"
#include "registre/v1/structure_service.pb.h"

namespace registre {
namespace {

constexpr std::string_view kRolePrefix = "ROLE_";
constexpr char kLocalName[] = "local";

// The files that hold services, by a message of each. One that is missing here is for nobody.
std::vector<const google::protobuf::FileDescriptor*> ServiceFiles() {
  return {v1::GetStatusRequest::descriptor()->file(),
          v1::ListAnomaliesRequest::descriptor()->file(),
          v1::GetCheckpointRequest::descriptor()->file(),
          v1::GetBudgetLineRequest::descriptor()->file(),
          v1::GetConventionRequest::descriptor()->file(),
          v1::GetCorrectionRequest::descriptor()->file(),
          v1::GetDeliberationRequest::descriptor()->file(),
          v1::RecordRequest::descriptor()->file(),
          v1::ConsumeRequest::descriptor()->file(),
          v1::GetPaymentRequest::descriptor()->file(),
          v1::GetStructureRequest::descriptor()->file()};
}

Roles RolesOf(const v1::Access& access) {
  Roles roles = 0;
  for (int i = 0; i < access.roles_size(); ++i) roles |= RoleBit(access.roles(i));
  if (access.members()) {
    const auto* all = v1::Role_descriptor();
    for (int i = 0; i < all->value_count(); ++i) {
      const auto role = static_cast<v1::Role>(all->value(i)->number());
      if (role != v1::ROLE_PUBLIC) roles |= RoleBit(role);
    }
  }
  return roles & ~RoleBit(v1::ROLE_UNSPECIFIED);
}

}  // namespace

std::string RoleName(v1::Role role) {
  return absl::AsciiStrToLower(v1::Role_Name(role).substr(kRolePrefix.size()));
}

v1::Role RoleNamed(std::string_view name) {
  const auto* all = v1::Role_descriptor();
  for (int i = 0; i < all->value_count(); ++i) {
    const auto role = static_cast<v1::Role>(all->value(i)->number());
    if (role != v1::ROLE_UNSPECIFIED && RoleName(role) == name) return role;
  }
  return v1::ROLE_UNSPECIFIED;
}

std::vector<std::string> RoleNames(Roles roles) {
  if (roles == kLocal) return {kLocalName};
  std::vector<std::string> names;
  const auto* all = v1::Role_descriptor();
  for (int i = 0; i < all->value_count(); ++i) {
    const auto role = static_cast<v1::Role>(all->value(i)->number());
    if (role != v1::ROLE_UNSPECIFIED && (roles & RoleBit(role)) != 0) {
      names.push_back(RoleName(role));
    }
  }
  return names;
}

Rights::Rights() {
  for (const auto* file : ServiceFiles()) {
    for (int i = 0; i < file->service_count(); ++i) {
      const auto* service = file->service(i);
      for (int j = 0; j < service->method_count(); ++j) {
        const auto* method = service->method(j);
        const v1::Access& access = method->options().GetExtension(v1::call);
        methods_.push_back({.descriptor = method,
                            .name = service->full_name() + "/" + method->name(),
                            .roles = RolesOf(access),
                            .logged = access.logged()});
      }
    }
  }
  for (size_t i = 0; i < methods_.size(); ++i) {
    by_name_[methods_[i].name] = i;
    const bool own = by_request_.emplace(methods_[i].descriptor->input_type(), i).second;
    REGISTRE_CHECK(own, "two methods of the contract take the same request");
  }
}

const Method* Rights::MethodOf(const google::protobuf::Message& request) const {
  const auto at = by_request_.find(request.GetDescriptor());
  return at == by_request_.end() ? nullptr : &methods_[at->second];
}

const Method* Rights::MethodNamed(std::string_view name) const {
  const auto at = by_name_.find(std::string(name));
  return at == by_name_.end() ? nullptr : &methods_[at->second];
}

}  // namespace registre
