#include "ledger/acts/order_flags.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "ledger/acts/checks.h"
#include "ledger/acts/funding.h"
#include "ledger/base/date.h"
#include "ledger/base/money.h"

namespace registre {
namespace {

// Above it in a calendar year a private body needs a convention (loi 2000-321 art. 10, décret
// 2001-495), in cents.
constexpr int64_t kConventionThresholdCents = 2'300'000;

// A debt is barred four years after the first of January that follows its birth (loi 68-1250).
constexpr int kPrescriptionYears = 4;

constexpr size_t kSirenDigits = 9;

std::string OrderIsIssued(const v1::PaymentOrdered& act) {
  return fmt::format("Le mandat {}-{} est émis", act.fiscal_year(), act.mandat());
}

void FlagPrescription(const RuleContext& context, const v1::PaymentOrdered& act,
                      const std::string& subject, const v1::Date& arose_on) {
  if (ToDaysOrAlways(arose_on) == kAlways) return;
  v1::Date last = arose_on;
  last.set_year(arose_on.year() + kPrescriptionYears);
  last.set_month(12);
  last.set_day(31);
  if (ToDays(act.date()) <= ToDays(last)) return;
  context.Flag("PRESCRIPTION", v1::SEVERITY_SERIOUS, subject,
               fmt::format("{} le {} pour une créance née le {}, prescrite depuis le {}.",
                           OrderIsIssued(act), FormatDate(act.date()), FormatDate(arose_on),
                           FormatDate(FromDays(ToDays(last) + 1))));
}

// The rule is for bodies of private law. A legal form of public law says it where the sector does
// not; what is not known is taken as private.
bool IsPrivate(const v1::StructureIdentity& identity) {
  if (identity.sector() != v1::SECTOR_UNSPECIFIED) return identity.sector() == v1::SECTOR_PRIVATE;
  return identity.legal_form() != v1::LEGAL_FORM_PUBLIC_BODY &&
         identity.legal_form() != v1::LEGAL_FORM_GIP;
}

std::string SirenOf(const v1::Structure& structure) {
  return structure.identity().siret().substr(0, kSirenDigits);
}

// Adds those that the structure absorbed by that day, and those that they absorbed.
void AddAbsorbed(const RuleContext& context, const std::string& structure_id, Days day,
                 std::set<std::string>* ids) {
  for (const std::string& id : context.view.Structure(structure_id)->absorbed_structure_ids()) {
    const v1::Structure* absorbed = context.view.Structure(id);
    if (absorbed == nullptr || ToDaysOrAlways(absorbed->merged_on()) > day) continue;
    if (ids->insert(id).second) AddAbsorbed(context, id, day, ids);
  }
}

// The structure, those that now share its SIREN, and those that any of them absorbed by that day.
std::set<std::string> SameLegalPerson(const RuleContext& context, const v1::Structure& structure,
                                      Days day) {
  std::set<std::string> ids = {structure.structure_id()};
  const std::string siren = SirenOf(structure);
  for (const std::string& id : context.view.StructuresBySiren(siren).structure_ids()) {
    const v1::Structure* other = context.view.Structure(id);
    if (other != nullptr && SirenOf(*other) == siren) ids.insert(id);
  }
  for (const std::string& id : std::set<std::string>(ids)) AddAbsorbed(context, id, day, &ids);
  return ids;
}

// The convention is signed by that day, and neither closed, terminated nor past its last period.
bool InForce(const v1::Convention& convention, Days day) {
  if (ToDays(convention.signed_on()) > day) return false;
  if (convention.has_closed_on() && ToDays(convention.closed_on()) < day) return false;
  if (convention.has_terminated_on() && ToDays(convention.terminated_on()) < day) return false;
  for (const v1::TrancheState& state : convention.tranches()) {
    if (!state.tranche().has_period() || ToDays(state.tranche().period().end()) >= day) return true;
  }
  return convention.tranches().empty();
}

// Looks at the newest first, at so many at most: beyond them none is likely in force.
constexpr int kMaxConventionsLookedAt = 256;

bool HasConvention(const RuleContext& context, const v1::Structure& structure, Days day) {
  std::string number = structure.last_convention();
  for (int i = 0; i < kMaxConventionsLookedAt && !number.empty(); ++i) {
    const v1::Convention* convention = context.view.Convention(number);
    if (convention == nullptr) return false;
    if (InForce(*convention, day)) return true;
    number = convention->previous_convention();
  }
  return false;
}

void FlagConventionMissing(const RuleContext& context, const v1::PaymentOrdered& act) {
  const v1::Structure* payee = context.view.Structure(act.structure_id());
  if (payee == nullptr || !IsPrivate(payee->identity())) return;
  int64_t ordered = act.amount_cents();
  const std::set<std::string> ids = SameLegalPerson(context, *payee, ToDays(act.date()));
  for (const std::string& id : ids) {
    for (const v1::YearAmount& year : context.view.Structure(id)->ordered_by_year()) {
      // Beyond the largest amount the sum is over the threshold anyway.
      if (year.year() == act.date().year() && !AddCents(year.amount_cents(), &ordered)) break;
    }
  }
  if (ordered <= kConventionThresholdCents) return;
  for (const std::string& id : ids) {
    if (HasConvention(context, *context.view.Structure(id), ToDays(act.date()))) return;
  }
  context.Flag(
      "CONVENTION_MISSING", v1::SEVERITY_SERIOUS, act.structure_id(),
      fmt::format("{} pour {} : {} sont mandatés en {} à {}, organisme privé, sans convention "
                  "en vigueur ; elle est obligatoire au-delà de {}.",
                  OrderIsIssued(act), Euros(act.amount_cents()), Euros(ordered), act.date().year(),
                  payee->identity().name(), Euros(kConventionThresholdCents)));
}

}  // namespace

void FlagOrderOnTranche(const RuleContext& context, const v1::Tranche& tranche,
                        const v1::PaymentOrdered& act) {
  std::set<std::string> deliberations;
  for (const v1::Draw& draw : tranche.draws()) {
    const v1::Deliberation* deliberation = context.view.Deliberation(draw.deliberation_number());
    if (deliberation == nullptr || !deliberations.insert(deliberation->number()).second) continue;
    FlagExecutory(context, *deliberation, ToDays(act.date()), OrderIsIssued(act));
  }
  if (act.kind() == v1::PAYMENT_KIND_ADVANCE && tranche.has_period() &&
      ToDays(act.date()) < ToDays(tranche.period().start())) {
    context.Flag("ADVANCE_BEFORE_PERIOD", v1::SEVERITY_INFORMATION, tranche.tranche_id(),
                 fmt::format("L'avance de {} est mandatée le {}, avant le début de la période de "
                             "la tranche {} le {}.",
                             Euros(act.amount_cents()), FormatDate(act.date()),
                             tranche.tranche_id(), FormatDate(tranche.period().start())));
  }
  FlagPrescription(context, act, tranche.tranche_id(),
                   act.has_debt_arose_on() ? act.debt_arose_on() : tranche.period().end());
}

void FlagOrderOnAllotment(const RuleContext& context, const v1::Deliberation& deliberation,
                          const v1::PaymentOrdered& act) {
  FlagExecutory(context, deliberation, ToDays(act.date()), OrderIsIssued(act));
  FlagConventionMissing(context, act);
  FlagPrescription(context, act, act.basis().allotment_id(), act.debt_arose_on());
}

}  // namespace registre
