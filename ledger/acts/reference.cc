// Rules of the acts of reference: the ledger itself, structures, budget lines.
#include <fmt/format.h>

#include "absl/time/time.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"

namespace registre {
namespace {

constexpr std::string_view kIdChars =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";

absl::Status Invalid(std::string_view field, std::string message) {
  return Error(absl::StatusCode::kInvalidArgument, "FIELD_INVALID", std::move(message),
               {{"field", std::string(field)}});
}

// A pattern with a character that no id has would refuse every number for ever.
absl::Status CheckPatterns(const v1::NumberPatterns& patterns) {
  for (const std::string& pattern :
       {patterns.deliberation(), patterns.convention(), patterns.budget_code(),
        patterns.application(), patterns.mandat()}) {
    if (pattern.find_first_not_of(kIdChars) == std::string::npos) continue;
    return Invalid(
        "patterns",
        fmt::format("the pattern '{}' holds a character that no number may have; use A, X, "
                    "n and 0-9 A-Z a-z . _ -",
                    pattern));
  }
  return absl::OkStatus();
}

// The one look outside the view: a zone that cannot be loaded would leave the ledger without dates,
// and it is opened for ever. Only names of the zone database are tried: never a path, a file or
// "localtime".
absl::Status CheckTimeZone(const std::string& name) {
  constexpr std::string_view kChars =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz/_+-";
  const bool is_name =
      name.find_first_not_of(kChars) == std::string::npos && name[0] != '/' && name != "localtime";
  absl::TimeZone zone;
  if (is_name && absl::LoadTimeZone(name, &zone)) return absl::OkStatus();
  return Invalid("time_zone", fmt::format("the time zone '{}' is not known on this machine; use an "
                                          "IANA name such as Europe/Paris, or install tzdata",
                                          name));
}

// C2SP signed-note: a name holds neither spaces nor plus; tlog-checkpoint: an origin has no schema.
absl::Status CheckOrigin(const std::string& origin) {
  const bool plain = origin.find_first_of(" \t\n+") == std::string::npos;
  if (plain && origin.find("://") == std::string::npos) return absl::OkStatus();
  return Invalid("origin", fmt::format("the origin '{}' must be a name such as "
                                       "registre.example.org/deliberations, without schema, spaces "
                                       "or plus",
                                       origin));
}

// ---- Budget lines

// The commitment authority belongs to the conseil (CGCT L.3211-2). With `transfer` a commission
// permanente may move it between lines: that is recorded and flagged. `date` is from when the line
// is as the deliberation says.
absl::Status CheckBudgetBody(const RuleContext& context, const v1::DeliberationRef& ref,
                             const std::string& code, const v1::Date& date, bool transfer,
                             bool* by_conseil) {
  const auto deliberation = Resolve(context, ref);
  if (!deliberation.ok()) return deliberation.status();
  REGISTRE_RETURN_IF_ERROR(
      CheckNotBeforeIts(*deliberation, fmt::format("what changes on budget line {}", code), date));
  *by_conseil = IsConseil(deliberation->body);
  if (!deliberation->adopted()) {
    return Refused("BUDGET_BODY",
                   fmt::format("deliberation {} of {} was rejected: it changes nothing on line {}; "
                               "name the deliberation that does",
                               deliberation->number, FormatDate(deliberation->date), code),
                   {{"deliberation", deliberation->number}, {"budget_code", code}});
  }
  if (*by_conseil) return absl::OkStatus();
  if (transfer && deliberation->body == v1::BODY_COMMISSION_PERMANENTE) {
    context.Flag(
        "BUDGET_BODY", v1::SEVERITY_INFORMATION, code,
        fmt::format("Virement sur la ligne {} décidé par la {} (délibération {} du {}) : à "
                    "vérifier dans le règlement financier.",
                    code, BodyName(deliberation->body), deliberation->number,
                    FormatDate(deliberation->date)));
    return absl::OkStatus();
  }
  return Refused(
      "BUDGET_BODY",
      fmt::format("deliberation {} of {} was taken by the {}; the amounts of line {} are "
                  "opened and changed by the conseil: name its deliberation",
                  deliberation->number, FormatDate(deliberation->date),
                  BodyName(deliberation->body), code),
      {{"deliberation", deliberation->number}, {"budget_code", code}});
}

absl::Status CheckConseil(const RuleContext& context, const v1::DeliberationRef& ref,
                          const std::string& code, const v1::Date& date) {
  bool by_conseil = false;
  return CheckBudgetBody(context, ref, code, date, false, &by_conseil);
}

// What a commission permanente adds to a line by a transfer, the other line has given up before,
// under the same deliberation: a transfer moves money and makes none.
absl::Status CheckTransfer(const v1::BudgetLine& line, const v1::BudgetLine& other,
                           const v1::BudgetLineAdjusted& act) {
  const int64_t added = act.authorised_after_cents() - line.authorised_cents();
  if (added <= 0) return absl::OkStatus();
  int64_t left = 0;
  for (const v1::LineTransfer& transfer : other.transfers()) {
    if (transfer.with_code() == act.code() &&
        internal::SameMessage(transfer.adjusted_by(), act.adjusted_by())) {
      left = transfer.left_cents();
    }
  }
  if (added <= left) return absl::OkStatus();
  return Refused(
      "BUDGET_BODY",
      fmt::format("line {} would gain {} by a transfer from line {}, which has given up {} for it "
                  "under that deliberation and not yet passed on: {} too much; record first what "
                  "line {} gives up, or name a deliberation of the conseil",
                  act.code(), Eur(added), other.code(), Eur(left), Eur(added - left), other.code()),
      {{"budget_code", act.code()},
       {"transfer_with_code", other.code()},
       {"added_cents", std::to_string(added)},
       {"given_up_cents", std::to_string(left)}});
}

// C02-446A05 with 6568/93446: "446" stands in both.
void FlagCodeFunction(const RuleContext& context, const v1::BudgetLineOpened& act) {
  if (!context.view.Ledger().opened().budget_code_follows_function()) return;
  const size_t dash = act.code().find('-');
  const std::string in_code = dash == std::string::npos ? "" : act.code().substr(dash + 1, 3);
  const std::string in_function = act.function().size() < 5 ? "" : act.function().substr(2, 3);
  if (!in_code.empty() && in_code == in_function) return;
  context.Flag(
      "BUDGET_CODE_FUNCTION", v1::SEVERITY_ATTENTION, act.code(),
      fmt::format("Le code {} porte « {} » ; les chiffres 3 à 5 de la fonction {} sont « {} ».",
                  act.code(), in_code, act.function(), in_function));
}

// What a line may not be reduced below: opening commitment + voted - released.
absl::Status SumVoted(const v1::BudgetLine& line, int64_t* sum) {
  *sum = 0;
  REGISTRE_RETURN_IF_ERROR(AddAmount("opening commitment", line.opening_commitment_cents(), sum));
  REGISTRE_RETURN_IF_ERROR(AddAmount("voted", line.voted_cents(), sum));
  return AddAmount("released", -line.released_cents(), sum);
}

const v1::FiscalYearCredits& YearOf(const v1::BudgetLine& line, int fiscal_year) {
  for (const v1::FiscalYearCredits& year : line.fiscal_years()) {
    if (year.fiscal_year() == fiscal_year) return year;
  }
  return v1::FiscalYearCredits::default_instance();
}

// A SIRET is one establishment of one legal person: another structure that carries it is likely the
// same one, registered twice.
void FlagSiretShared(const RuleContext& context, const std::string& structure_id,
                     const v1::StructureIdentity& identity) {
  for (const std::string& id : context.view.StructuresBySiret(identity.siret()).structure_ids()) {
    const v1::Structure* other = context.view.Structure(id);
    if (id == structure_id || other == nullptr) continue;
    if (other->identity().siret() != identity.siret()) continue;
    context.Flag("SIRET_SHARED", v1::SEVERITY_ATTENTION, structure_id,
                 fmt::format("Le SIRET {} de la structure « {} » est aussi celui de la structure "
                             "{} « {} ».",
                             identity.siret(), identity.name(), id, other->identity().name()));
  }
}

void FlagSiret(const RuleContext& context, const std::string& structure_id,
               const v1::StructureIdentity& identity) {
  if (!identity.siret().empty()) return FlagSiretShared(context, structure_id, identity);
  context.Flag("SIRET_MISSING", v1::SEVERITY_INFORMATION, structure_id,
               fmt::format("La structure « {} » n'a pas encore de SIRET.", identity.name()));
}

}  // namespace

absl::Status Judge(const RuleContext& /*context*/, v1::LedgerOpened* act) {
  if (act->currency() != "EUR") {
    return Invalid("currency",
                   fmt::format("the currency {} is not kept; use EUR", act->currency()));
  }
  REGISTRE_RETURN_IF_ERROR(CheckTimeZone(act->time_zone()));
  REGISTRE_RETURN_IF_ERROR(CheckOrigin(act->origin()));
  return CheckPatterns(act->patterns());
}

absl::Status Judge(const RuleContext& context, v1::StructureRegistered* act) {
  if (context.view.Structure(act->structure_id()) != nullptr) {
    return NumberTaken("structure", act->structure_id());
  }
  FlagSiret(context, act->structure_id(), act->identity());
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::StructureUpdated* act) {
  const auto structure = FindStructure(context, act->structure_id());
  if (!structure.ok()) return structure.status();
  REGISTRE_RETURN_IF_ERROR(FillMessage("before", act->before(), (*structure)->identity(),
                                       [&] { return act->mutable_before(); }));
  FlagSiret(context, act->structure_id(), act->after());
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::BudgetLineOpened* act) {
  const v1::NumberPatterns& patterns = context.view.Ledger().opened().patterns();
  REGISTRE_RETURN_IF_ERROR(CheckNumberForm("budget code", patterns.budget_code(), act->code()));
  if (context.view.BudgetLine(act->code()) != nullptr)
    return NumberTaken("budget line", act->code());
  REGISTRE_RETURN_IF_ERROR(CheckConseil(context, act->opened_by(), act->code(), act->date()));
  FlagCodeFunction(context, *act);
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::BudgetLineAdjusted* act) {
  const auto line = FindBudgetLine(context, act->code());
  if (!line.ok()) return line.status();
  const v1::BudgetLine* other_line = nullptr;
  if (!act->transfer_with_code().empty()) {
    const auto other = FindBudgetLine(context, act->transfer_with_code());
    if (!other.ok()) return other.status();
    other_line = *other;
    if (act->transfer_with_code() == act->code()) {
      return Invalid(
          "transfer_with_code",
          fmt::format("line {} cannot transfer with itself; name the other line", act->code()));
    }
  }
  REGISTRE_RETURN_IF_ERROR(Fill("authorised_before_cents", act->authorised_before_cents(),
                                (*line)->authorised_cents(),
                                [&](int64_t cents) { act->set_authorised_before_cents(cents); }));
  bool by_conseil = false;
  REGISTRE_RETURN_IF_ERROR(CheckBudgetBody(context, act->adjusted_by(), act->code(), act->date(),
                                           other_line != nullptr, &by_conseil));
  if (!by_conseil) REGISTRE_RETURN_IF_ERROR(CheckTransfer(**line, *other_line, *act));
  int64_t floor = 0;
  REGISTRE_RETURN_IF_ERROR(SumVoted(**line, &floor));
  if (act->authorised_after_cents() >= floor) return absl::OkStatus();
  return Refused(
      "BUDGET_BELOW_VOTED",
      fmt::format("line {} cannot be reduced to {}: {} are committed on it (opening {}, "
                  "voted {}, released {}), {} more than that; release commitments first, "
                  "or reduce it less",
                  act->code(), Eur(act->authorised_after_cents()), Eur(floor),
                  Eur((*line)->opening_commitment_cents()), Eur((*line)->voted_cents()),
                  Eur((*line)->released_cents()), Eur(floor - act->authorised_after_cents())),
      {{"budget_code", act->code()},
       {"authorised_after_cents", std::to_string(act->authorised_after_cents())},
       {"committed_cents", std::to_string(floor)}});
}

absl::Status Judge(const RuleContext& context, v1::PaymentCreditsVoted* act) {
  const auto line = FindBudgetLine(context, act->code());
  if (!line.ok()) return line.status();
  REGISTRE_RETURN_IF_ERROR(CheckConseil(context, act->voted_by(), act->code(), act->date()));
  REGISTRE_RETURN_IF_ERROR(CheckYearOpen(context, act->fiscal_year(),
                                         fmt::format("the vote of credits of line {}", act->code()),
                                         "credits are voted for an open fiscal year"));
  const v1::FiscalYearCredits& year = YearOf(**line, act->fiscal_year());
  REGISTRE_RETURN_IF_ERROR(Fill("credits_before_cents", act->credits_before_cents(),
                                year.credits_cents(),
                                [&](int64_t cents) { act->set_credits_before_cents(cents); }));
  if (act->credits_after_cents() >= year.ordered_cents()) return absl::OkStatus();
  return Refused(
      "CREDITS_EXCEEDED",
      fmt::format("the credits of line {} for {} cannot be {}: {} are ordered on them, {} "
                  "more than that; vote at least what is ordered",
                  act->code(), act->fiscal_year(), Eur(act->credits_after_cents()),
                  Eur(year.ordered_cents()),
                  Eur(year.ordered_cents() - act->credits_after_cents())),
      {{"budget_code", act->code()},
       {"fiscal_year", std::to_string(act->fiscal_year())},
       {"credits_after_cents", std::to_string(act->credits_after_cents())},
       {"ordered_cents", std::to_string(year.ordered_cents())}});
}

}  // namespace registre
