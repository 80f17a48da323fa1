// What the contract says of who may do what: the options of access.proto, read once. What says
// nothing is for nobody.
#ifndef REGISTRE_SERVICES_RIGHTS_H_
#define REGISTRE_SERVICES_RIGHTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/message.h"
#include "registre/v1/access.pb.h"
#include "registre/v1/act.pb.h"

namespace registre {

// A set of roles: bit n is the role of number n.
using Roles = uint32_t;

constexpr Roles RoleBit(v1::Role role) { return Roles{1} << static_cast<int>(role); }

// Every role, where nobody is authenticated. Bit 0, since ROLE_UNSPECIFIED is nobody's.
inline constexpr Roles kLocal = 1;

// "clerk" for ROLE_CLERK.
std::string RoleName(v1::Role role);
// The role of a name in lower case; ROLE_UNSPECIFIED when there is none.
v1::Role RoleNamed(std::string_view name);
// Their names, in the order of the contract; "local" alone for kLocal.
std::vector<std::string> RoleNames(Roles roles);

// A method of the contract.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor;
  std::string name;     // registre.v1.LedgerService/Record
  Roles roles = 0;      // that may call it
  bool logged = false;  // each call is noted in the access log
};

// Immutable; any thread.
class Rights {
 public:
  Rights();

  // Every method of registre.v1, in the order of the contract.
  const std::vector<Method>& methods() const { return methods_; }

  // The method that takes this message: each has a request of its own. Null when there is none.
  const Method* MethodOf(const google::protobuf::Message& request) const;
  // The method of "registre.v1.LedgerService/Record". Null when there is none.
  const Method* MethodNamed(std::string_view name) const;

 private:
  std::vector<Method> methods_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, size_t> by_request_;
  absl::flat_hash_map<std::string, size_t> by_name_;
};

// Whether `roles` hold one of `wanted`, or are those of the local mode, which has all.
constexpr bool HasOneOf(Roles roles, Roles wanted) {
  return (roles & wanted) != 0 || roles == kLocal;
}

}  // namespace registre

#endif  // REGISTRE_SERVICES_RIGHTS_H_
