// Service fait, order (mandat), release. What an order may be put on stands in order_checks.cc,
// what is odd about it in order_flags.cc, what becomes of it in accountant.cc and recovery.cc.
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "ledger/acts/after_vote.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/contract_checks.h"
#include "ledger/acts/funding.h"
#include "ledger/acts/order_checks.h"
#include "ledger/acts/order_flags.h"
#include "ledger/acts/rules.h"
#include "ledger/acts/schedule.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

absl::Status CheckOrderLine(const v1::PaymentOrdered& act, const std::string& expected) {
  if (act.budget_code() == expected) return absl::OkStatus();
  return Refused(
      "PAYMENT_BUDGET_LINE",
      fmt::format("{} is imputed on {} and what it pays on budget line {}; impute it on {}",
                  NameOf(act), act.budget_code(), expected, expected),
      {{"budget_code", act.budget_code()}, {"expected", expected}});
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::ServiceCertified* act) {
  ContractTarget target;
  REGISTRE_RETURN_IF_ERROR(
      FindTarget(context, act->convention_number(), act->tranche_id(), &target));
  const auto& [convention, tranche] = target;
  REGISTRE_RETURN_IF_ERROR(CheckOpen(*convention, "a certified service"));
  REGISTRE_RETURN_IF_ERROR(FillStructure(convention->structure_id(), act));
  const int64_t ceiling = tranche->tranche().ceiling_cents();
  const int64_t left = ceiling - tranche->certified_cents();
  if (act->amount_cents() <= left) return absl::OkStatus();
  return Refused(
      "TRANCHE_EXCEEDED",
      fmt::format("tranche {} has {} of service left to certify (ceiling {}, certified {}); {} are "
                  "{} too much; certify what the ceiling covers",
                  act->tranche_id(), Eur(left), Eur(ceiling), Eur(tranche->certified_cents()),
                  Eur(act->amount_cents()), Eur(act->amount_cents() - left)),
      {{"left_cents", fmt::format("{}", left)},
       {"excess_cents", fmt::format("{}", act->amount_cents() - left)}});
}

absl::Status Judge(const RuleContext& context, v1::PaymentOrdered* act) {
  REGISTRE_RETURN_IF_ERROR(
      CheckNumberForm("mandat", context.view.Ledger().opened().patterns().mandat(), act->mandat()));
  if (context.view.Payment(act->fiscal_year(), act->mandat()) != nullptr) {
    return NumberTaken("mandat", fmt::format("{}-{}", act->fiscal_year(), act->mandat()));
  }
  OrderTarget target;
  REGISTRE_RETURN_IF_ERROR(FindOrderTarget(context, act->basis(), ToDays(act->date()), &target));
  REGISTRE_RETURN_IF_ERROR(CheckFiscalYear(NameOf(*act), act->fiscal_year(), act->date()));
  REGISTRE_RETURN_IF_ERROR(
      CheckYearOpen(context, act->fiscal_year(), NameOf(*act), "order it in an open fiscal year"));
  REGISTRE_RETURN_IF_ERROR(FillStructure(target.structure_id, act));
  REGISTRE_RETURN_IF_ERROR(CheckOrderLine(*act, target.budget_code));
  REGISTRE_RETURN_IF_ERROR(CheckOnTarget(context, target, *act));
  REGISTRE_RETURN_IF_ERROR(CheckCredits(context, *act));
  if (target.contract.tranche != nullptr) {
    FlagOrderOnTranche(context, target.contract.tranche->tranche(), *act);
  } else {
    FlagOrderOnAllotment(context, *target.funding.deliberation, *act);
  }
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::CommitmentReleased* act) {
  Funding funding;
  REGISTRE_RETURN_IF_ERROR(
      FindFunding(context, act->deliberation_number(), act->allotment_id(), &funding));
  const v1::Allotment& allotment = funding.allotment->allotment();
  REGISTRE_RETURN_IF_ERROR(Fill("budget_code", act->budget_code(), allotment.budget_code(),
                                [&](const std::string& code) { act->set_budget_code(code); }));
  REGISTRE_RETURN_IF_ERROR(FillStructure(allotment.structure_id(), act));
  REGISTRE_RETURN_IF_ERROR(CheckAfterVote(funding, "the release", act->date()));
  return CheckLeft(funding, act->amount_cents(), "the release");
}

}  // namespace registre
