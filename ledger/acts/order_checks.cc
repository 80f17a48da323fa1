#include "ledger/acts/order_checks.h"

#include <fmt/format.h>

#include <cstdint>

#include "ledger/acts/after_vote.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/merger.h"
#include "ledger/acts/schedule.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

// A basis is a tranche of a convention, or an allotment, and nothing of the other.
absl::Status CheckBasis(const v1::PaymentBasis& basis) {
  const bool contract = !basis.convention_number().empty() && !basis.tranche_id().empty();
  const bool direct = !basis.deliberation_number().empty() && !basis.allotment_id().empty();
  const bool any_contract = !basis.convention_number().empty() || !basis.tranche_id().empty() ||
                            !basis.schedule_line_id().empty();
  const bool any_direct = !basis.deliberation_number().empty() || !basis.allotment_id().empty();
  if ((contract && !any_direct) || (direct && !any_contract)) return absl::OkStatus();
  return FieldInvalid(
      "basis: an order pays either a tranche (convention_number and tranche_id, schedule_line_id "
      "if it follows the schedule) or an allotment (deliberation_number and allotment_id); set one "
      "of the two, whole, and nothing of the other");
}

absl::Status CheckCeiling(const v1::TrancheState& tranche, const v1::PaymentOrdered& act) {
  const int64_t ceiling = tranche.tranche().ceiling_cents();
  const int64_t left = ceiling - tranche.ordered_cents();
  if (act.amount_cents() <= left) return absl::OkStatus();
  return Refused("TRANCHE_EXCEEDED",
                 fmt::format("tranche {} has {} left to order (ceiling {}, ordered {}); {} orders "
                             "{}: {} too much; reduce it, or amend the convention first",
                             tranche.tranche().tranche_id(), Eur(left), Eur(ceiling),
                             Eur(tranche.ordered_cents()), NameOf(act), Eur(act.amount_cents()),
                             Eur(act.amount_cents() - left)),
                 {{"ceiling_cents", fmt::format("{}", ceiling)},
                  {"ordered_cents", fmt::format("{}", tranche.ordered_cents())},
                  {"left_cents", fmt::format("{}", left)},
                  {"excess_cents", fmt::format("{}", act.amount_cents() - left)}});
}

// What is not an advance pays for service done: all that is ordered then, advances included, stays
// within what is certified by the day of the order.
absl::Status CheckServiceDone(const v1::TrancheState& tranche, const v1::PaymentOrdered& act) {
  if (act.kind() == v1::PAYMENT_KIND_ADVANCE) return absl::OkStatus();
  const int64_t certified = CertifiedBy(tranche, ToDays(act.date()));
  const int64_t left = certified - tranche.ordered_cents();
  if (act.amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "SERVICE_NOT_CERTIFIED",
      fmt::format("{} is no advance and orders {}; on tranche {} the service certified by {} "
                  "is {}, of which {} are ordered: {} too much; record service_certified first",
                  NameOf(act), Eur(act.amount_cents()), tranche.tranche().tranche_id(),
                  FormatDate(act.date()), Eur(certified), Eur(tranche.ordered_cents()),
                  Eur(act.amount_cents() - left)),
      {{"certified_cents", fmt::format("{}", certified)},
       {"ordered_cents", fmt::format("{}", tranche.ordered_cents())}});
}

absl::Status CheckOnTranche(const RuleContext& context, const ContractTarget& target,
                            const v1::PaymentOrdered& act) {
  const auto& [convention, tranche] = target;
  REGISTRE_RETURN_IF_ERROR(CheckCeiling(*tranche, act));
  REGISTRE_RETURN_IF_ERROR(CheckSourcesStand(context, *tranche, act.amount_cents(), NameOf(act)));
  REGISTRE_RETURN_IF_ERROR(CheckOrderedAfterSignature(*convention, *tranche, act));
  REGISTRE_RETURN_IF_ERROR(CheckAgainstSchedule(*convention, *tranche, act));
  if (act.kind() == v1::PAYMENT_KIND_BALANCE) {
    REGISTRE_RETURN_IF_ERROR(CheckReportAccepted(*tranche, act, "a balance"));
  }
  return CheckServiceDone(*tranche, act);
}

// A single payment on an allotment is a grant that the deliberation itself makes due: no service is
// certified without a convention.
absl::Status CheckOnAllotment(const Funding& funding, const v1::PaymentOrdered& act) {
  REGISTRE_RETURN_IF_ERROR(CheckStands(*funding.deliberation, NameOf(act)));
  REGISTRE_RETURN_IF_ERROR(CheckAfterVote(funding, NameOf(act), act.date()));
  REGISTRE_RETURN_IF_ERROR(CheckLeft(funding, act.amount_cents(), NameOf(act)));
  if (act.kind() == v1::PAYMENT_KIND_ADVANCE || act.kind() == v1::PAYMENT_KIND_SINGLE) {
    return absl::OkStatus();
  }
  return Refused(
      "SERVICE_NOT_CERTIFIED",
      fmt::format("{} is an instalment or a balance on an allotment: a service is certified on a "
                  "convention only; order it on one, or as a single payment",
                  NameOf(act)));
}

}  // namespace

absl::Status FindOrderTarget(const RuleContext& context, const v1::PaymentBasis& basis, Days day,
                             OrderTarget* target) {
  REGISTRE_RETURN_IF_ERROR(CheckBasis(basis));
  if (!basis.convention_number().empty()) {
    ContractTarget& contract = target->contract;
    REGISTRE_RETURN_IF_ERROR(
        FindTarget(context, basis.convention_number(), basis.tranche_id(), &contract));
    REGISTRE_RETURN_IF_ERROR(CheckOpen(*contract.convention, "an order"));
    target->structure_id = SuccessorOf(context, contract.convention->structure_id(), day);
    target->budget_code = contract.tranche->tranche().budget_code();
    return absl::OkStatus();
  }
  REGISTRE_RETURN_IF_ERROR(
      FindFunding(context, basis.deliberation_number(), basis.allotment_id(), &target->funding));
  const v1::Allotment& allotment = target->funding.allotment->allotment();
  if (allotment.structure_id().empty()) {
    return Refused("NOT_AUTHORISED",
                   fmt::format("allotment {} of deliberation {} names no structure of its own: "
                               "nobody can be paid on it directly; order on a convention",
                               allotment.allotment_id(), basis.deliberation_number()),
                   {{"allotment", allotment.allotment_id()}});
  }
  target->structure_id = SuccessorOf(context, allotment.structure_id(), day);
  target->budget_code = allotment.budget_code();
  return absl::OkStatus();
}

absl::Status CheckOnTarget(const RuleContext& context, const OrderTarget& target,
                           const v1::PaymentOrdered& order) {
  return target.contract.tranche != nullptr ? CheckOnTranche(context, target.contract, order)
                                            : CheckOnAllotment(target.funding, order);
}

absl::Status CheckCredits(const RuleContext& context, const v1::PaymentOrdered& act) {
  const auto line = FindBudgetLine(context, act.budget_code());
  if (!line.ok()) return line.status();
  for (const v1::FiscalYearCredits& year : (*line)->fiscal_years()) {
    if (year.fiscal_year() != act.fiscal_year() || !year.credits_recorded()) continue;
    const int64_t left = year.credits_cents() - year.ordered_cents();
    if (act.amount_cents() <= left) return absl::OkStatus();
    return Refused(
        "CREDITS_EXCEEDED",
        fmt::format("budget line {} has {} of payment credits left for {} (voted {}, ordered {}); "
                    "{} orders {}: {} too much; reduce it, or have credits voted",
                    act.budget_code(), Eur(left), act.fiscal_year(), Eur(year.credits_cents()),
                    Eur(year.ordered_cents()), NameOf(act), Eur(act.amount_cents()),
                    Eur(act.amount_cents() - left)),
        {{"left_cents", fmt::format("{}", left)},
         {"excess_cents", fmt::format("{}", act.amount_cents() - left)}});
  }
  return absl::OkStatus();
}

absl::Status CheckAfterVote(const Funding& funding, const std::string& what, const v1::Date& date) {
  const v1::Deliberation& deliberation = *funding.deliberation;
  if (ToDays(date) >= ToDays(deliberation.date())) return absl::OkStatus();
  return Refused(
      "NOT_AUTHORISED",
      fmt::format("{} is dated {}, before deliberation {} of {} that allots {}; correct "
                  "the date",
                  what, FormatDate(date), deliberation.number(), FormatDate(deliberation.date()),
                  funding.allotment->allotment().allotment_id()),
      {{"deliberation", deliberation.number()}, {"date", FormatIsoDate(date)}});
}

}  // namespace registre
