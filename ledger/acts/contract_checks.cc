#include "ledger/acts/contract_checks.h"

#include <fmt/format.h>

#include <vector>

#include "absl/status/statusor.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {

absl::Status FindTarget(const RuleContext& context, std::string_view convention,
                        std::string_view tranche_id, ContractTarget* target) {
  const auto found = FindConvention(context, convention);
  if (!found.ok()) return found.status();
  target->convention = *found;
  target->tranche = FindTranche(**found, tranche_id);
  if (target->tranche != nullptr) return absl::OkStatus();
  std::vector<std::string> ids;
  for (const v1::TrancheState& state : (*found)->tranches()) {
    ids.push_back(state.tranche().tranche_id());
  }
  return UnknownReference("tranche", fmt::format("{} of convention {}", tranche_id, convention),
                          fmt::format("name one it has: {}", fmt::join(ids, ", ")));
}

absl::Status CheckOpen(const v1::Convention& convention, std::string_view what) {
  const bool terminated = convention.has_terminated_on();
  if (!terminated && !convention.has_closed_on()) return absl::OkStatus();
  return Refused(
      terminated ? "CONVENTION_TERMINATED" : "CONVENTION_CLOSED",
      fmt::format("convention {} is {} since {}: {} comes too late; name a convention that runs",
                  convention.number(), terminated ? "terminated" : "closed",
                  FormatDate(terminated ? convention.terminated_on() : convention.closed_on()),
                  what),
      {{"convention", convention.number()}});
}

absl::Status CheckEndDate(const v1::Convention& convention, std::string_view what,
                          const v1::Date& date) {
  if (ToDays(date) >= ToDays(convention.signed_on())) return absl::OkStatus();
  return Refused(
      "PERIOD_INVALID",
      fmt::format("convention {} is {} on {} and signed on {}; correct the date",
                  convention.number(), what, FormatDate(date), FormatDate(convention.signed_on())));
}

int64_t OrderedOn(const v1::TrancheState& tranche, std::string_view line_id) {
  for (const v1::ScheduleLineState& line : tranche.lines()) {
    if (line.line_id() == line_id) return line.ordered_cents();
  }
  return 0;
}

void FlagSignatory(const RuleContext& context, const v1::ContractSignatures& signatures) {
  const v1::Signature& authority = signatures.authority();
  if (!authority.by_delegation() || !authority.delegation_reference().empty()) return;
  context.Flag("SIGNATORY_DELEGATION_UNKNOWN", v1::SEVERITY_INFORMATION, authority.signatory(),
               fmt::format("{} signe par délégation ; la délégation n'est pas enregistrée.",
                           authority.signatory()));
}

}  // namespace registre
