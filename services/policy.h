// The policy: who the holders of certificates are (policy.proto).
#ifndef REGISTRE_SERVICES_POLICY_H_
#define REGISTRE_SERVICES_POLICY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/rights.h"

namespace registre {

inline constexpr size_t kMaxPolicySubjects = 10'000;
// Bytes of a policy's file.
inline constexpr size_t kMaxPolicyBytes = 16 * 1024 * 1024;
// Bytes of a certificate's name, and names of one subject.
inline constexpr size_t kMaxCertificateNameBytes = 512;
inline constexpr int kMaxCertificateNames = 100;

// Immutable; any thread.
class Policy {
 public:
  struct Subject {
    std::string id;
    Roles roles = 0;
  };

  // From protobuf JSON. INVALID_ARGUMENT (POLICY_INVALID): the JSON, with what its parser says and
  // where, or the first subject at fault, with its index, the field and what to do.
  static absl::StatusOr<Policy> Parse(std::string_view json);

  // The subjects that bear one of the names, each once; what is no subject's is passed over. They
  // live as long as the policy.
  std::vector<const Subject*> Find(const std::vector<std::string>& names) const;

  size_t size() const { return subjects_.size(); }

 private:
  std::vector<Subject> subjects_;
  absl::flat_hash_map<std::string, size_t> by_certificate_;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_POLICY_H_
