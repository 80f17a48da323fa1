// Who records what in tests: who orders and who answers an order are two (rule ORDERER_ACCOUNTANT).
#ifndef REGISTRE_TESTS_SUPPORT_SUBJECTS_H_
#define REGISTRE_TESTS_SUPPORT_SUBJECTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/ledger_service.pb.h"

namespace registre::testing {

// "accountant" for what the accountant records, "clerk" for everything else.
inline std::string SubjectOf(const v1::Act& act) {
  const bool answers = act.has_payment_accepted() || act.has_payment_suspended() ||
                       act.has_payment_rejected() || act.has_payment_settled() ||
                       act.has_recovery_received() || act.has_fiscal_year_closed();
  return answers ? "accountant" : "clerk";
}

// Of a unit: that of its first act. Its acts have one subject.
inline std::string SubjectOf(const v1::RecordRequest& unit) {
  return unit.acts_size() == 0 ? "clerk" : SubjectOf(unit.acts(0));
}

// For MakeCommand: whoever records, the role is named as the subject is.
inline absl::StatusOr<std::string> AnyRole(const v1::Act& act) { return SubjectOf(act); }

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_SUBJECTS_H_
