#include "ledger/acts/contract_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "ledger/acts/checks.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/base/money.h"

namespace registre {
namespace {

absl::Status Duplicate(std::string_view kind, const std::string& id, const std::string& where) {
  return Error(absl::StatusCode::kInvalidArgument, "DUPLICATE_ID",
               fmt::format("{} {} stands twice in {}; give each its own id", kind, id, where),
               {{"id", id}});
}

absl::Status CheckParts(const v1::Tranche& tranche) {
  int64_t parts = tranche.quantitative_ceiling_cents();
  REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("parts of tranche {}", tranche.tranche_id()),
                                     tranche.qualitative_ceiling_cents(), &parts));
  if (parts == 0 || parts == tranche.ceiling_cents()) return absl::OkStatus();
  return Refused(
      "TRANCHE_TOTAL",
      fmt::format("the quantitative and qualitative parts of tranche {} add up to {}, its ceiling "
                  "is {}: a difference of {}; correct the parts or the ceiling",
                  tranche.tranche_id(), Eur(parts), Eur(tranche.ceiling_cents()),
                  Eur(parts - tranche.ceiling_cents())),
      {{"tranche", tranche.tranche_id()}});
}

absl::Status CheckTrigger(const std::string& where, const v1::ScheduleLine& line) {
  const bool on_date = line.trigger() == v1::TRIGGER_KIND_DATE;
  const bool on_avenant = line.trigger() == v1::TRIGGER_KIND_AVENANT_SIGNED;
  const bool has_date = ToDaysOrAlways(line.due_on()) != kAlways;
  if (on_date && !has_date) {
    return FieldInvalid(fmt::format("{} is due on a date and gives none; set due_on", where));
  }
  if (!on_date && has_date) {
    return FieldInvalid(
        fmt::format("{} gives the date {} and is not due on a date; set the trigger to "
                    "TRIGGER_KIND_DATE or leave due_on unset",
                    where, FormatDate(line.due_on())));
  }
  if (on_avenant && line.trigger_avenant() < 1) {
    return FieldInvalid(
        fmt::format("{} is due when an avenant is signed and names avenant {}; set trigger_avenant "
                    "to its number, 1 or more",
                    where, line.trigger_avenant()));
  }
  if (!on_avenant && line.trigger_avenant() != 0) {
    return FieldInvalid(
        fmt::format("{} names avenant {} and awaits none; set the trigger to "
                    "TRIGGER_KIND_AVENANT_SIGNED or leave trigger_avenant unset",
                    where, line.trigger_avenant()));
  }
  return absl::OkStatus();
}

absl::Status CheckSchedule(const v1::Tranche& tranche) {
  int64_t sum = 0;
  std::set<std::string_view> ids;
  for (const v1::ScheduleLine& line : tranche.schedule()) {
    if (!ids.insert(line.line_id()).second) {
      return Duplicate("schedule line", line.line_id(),
                       fmt::format("tranche {}", tranche.tranche_id()));
    }
    REGISTRE_RETURN_IF_ERROR(CheckTrigger(
        fmt::format("schedule line {} of tranche {}", line.line_id(), tranche.tranche_id()), line));
    REGISTRE_RETURN_IF_ERROR(
        AddAmount(fmt::format("schedule lines of tranche {}", tranche.tranche_id()),
                  line.amount_cents(), &sum));
  }
  if (sum <= tranche.ceiling_cents()) return absl::OkStatus();
  return Refused("SCHEDULE_EXCEEDED",
                 fmt::format("the schedule of tranche {} adds up to {}, {} over its ceiling of {}; "
                             "reduce a line or raise the ceiling",
                             tranche.tranche_id(), Eur(sum), Eur(sum - tranche.ceiling_cents()),
                             Eur(tranche.ceiling_cents())),
                 {{"tranche", tranche.tranche_id()}});
}

absl::Status CheckPlacesRange(const v1::Tranche& tranche) {
  const int32_t min = tranche.places_min();
  const int32_t max = tranche.places_max();
  if (min >= 0 && max >= 0 && (max == 0 || min <= max)) return absl::OkStatus();
  return FieldInvalid(fmt::format(
      "tranche {} has {} to {} places; the lower bound comes first, and neither is negative",
      tranche.tranche_id(), min, max));
}

// Months of a period of whole calendar months; 0 when it is not one.
int64_t WholeMonths(const v1::Period& period) {
  if (period.start().day() != 1) return 0;
  const v1::Date next = FromDays(ToDays(period.end()) + 1);
  if (next.day() != 1) return 0;
  return 12 * int64_t{next.year() - period.start().year()} + next.month() - period.start().month();
}

// Bounds of a yearly amount counted for the tranche's period: by days, over 365 or 366, and by
// months where the period is made of whole ones, since documents do not say which; rounding
// included.
struct ProRata {
  int64_t low_cents;
  int64_t high_cents;
};

ProRata ProRataOf(const v1::Tranche& tranche, int64_t year_cents) {
  if (!tranche.has_period()) return {year_cents, year_cents};
  const int64_t days = ToDays(tranche.period().end()) - ToDays(tranche.period().start()) + 1;
  ProRata bounds{year_cents * days / 366, (year_cents * days + 364) / 365};
  if (const int64_t months = WholeMonths(tranche.period()); months > 0) {
    bounds.low_cents = std::min(bounds.low_cents, year_cents * months / 12);
    bounds.high_cents = std::max(bounds.high_cents, (year_cents * months + 11) / 12);
  }
  return bounds;
}

// Places that the ceiling pays for, to the hundredth: 27,5.
std::string PlacesPaid(const v1::Tranche& tranche) {
  const int64_t cost = tranche.unit_cost_cents();
  std::string text = FormatCents((tranche.ceiling_cents() * 100 + cost / 2) / cost);
  while (text.back() == '0') text.pop_back();
  if (text.back() == ',') text.pop_back();
  return text;
}

// Sets `*cost_cents` to what `places` cost; false when that exceeds the largest amount.
bool CostOf(int64_t places, int64_t unit_cost_cents, int64_t* cost_cents) {
  return !__builtin_mul_overflow(places, unit_cost_cents, cost_cents) && *cost_cents <= kMaxCents;
}

absl::Status TooManyPlaces(const v1::Tranche& tranche) {
  return Error(
      absl::StatusCode::kInvalidArgument, "AMOUNT_INVALID",
      fmt::format(
          "the places of tranche {} at {} each cost more than {}; correct the places or the cost",
          tranche.tranche_id(), Eur(tranche.unit_cost_cents()), Eur(kMaxCents)));
}

void FlagUnitCost(const RuleContext& context, const v1::Tranche& tranche, std::string message) {
  context.Flag("UNIT_COST", v1::SEVERITY_ATTENTION, tranche.tranche_id(), std::move(message));
}

absl::Status CheckPlacesByTerritory(const RuleContext& context, const v1::Tranche& tranche) {
  int64_t places = 0;
  for (const v1::TerritoryPlaces& territory : tranche.places()) places += territory.places();
  int64_t cost = 0;
  if (!CostOf(places, tranche.unit_cost_cents(), &cost)) return TooManyPlaces(tranche);
  const int64_t ceiling = tranche.ceiling_cents();
  if (ceiling == cost) return absl::OkStatus();
  if (tranche.unit_cost_per_year()) {
    const ProRata part = ProRataOf(tranche, cost);
    if (part.low_cents <= ceiling && ceiling <= part.high_cents) return absl::OkStatus();
  }
  FlagUnitCost(
      context, tranche,
      fmt::format(
          "{} places à {}{} font {} ; le plafond de la tranche {} est de {}, soit {} places.",
          places, Euros(tranche.unit_cost_cents()), tranche.unit_cost_per_year() ? " par an" : "",
          Euros(cost), tranche.tranche_id(), Euros(ceiling), PlacesPaid(tranche)));
  return absl::OkStatus();
}

absl::Status CheckPlacesInRange(const RuleContext& context, const v1::Tranche& tranche) {
  int64_t least = 0;
  int64_t most = 0;
  if (!CostOf(tranche.places_min(), tranche.unit_cost_cents(), &least) ||
      !CostOf(tranche.places_max(), tranche.unit_cost_cents(), &most)) {
    return TooManyPlaces(tranche);
  }
  // A part of a year may cost a part of the year's price, even where the document does not say so.
  least = std::min(least, ProRataOf(tranche, least).low_cents);
  if (tranche.unit_cost_per_year()) most = std::max(most, ProRataOf(tranche, most).high_cents);
  const bool open_ended = tranche.places_max() == 0;
  const int64_t ceiling = tranche.ceiling_cents();
  if (least <= ceiling && (open_ended || ceiling <= most)) return absl::OkStatus();
  const std::string range =
      open_ended ? fmt::format("au moins {}", tranche.places_min())
                 : fmt::format("{} à {}", tranche.places_min(), tranche.places_max());
  FlagUnitCost(context, tranche,
               fmt::format("Le plafond de la tranche {}, {} à {} la place, correspond à {} places "
                           "; il en est prévu {}.",
                           tranche.tranche_id(), Euros(ceiling), Euros(tranche.unit_cost_cents()),
                           PlacesPaid(tranche), range));
  return absl::OkStatus();
}

absl::Status CheckUnitCost(const RuleContext& context, const v1::Tranche& tranche) {
  REGISTRE_RETURN_IF_ERROR(CheckPlacesRange(tranche));
  if (tranche.unit_cost_cents() == 0) return absl::OkStatus();
  if (!tranche.places().empty()) return CheckPlacesByTerritory(context, tranche);
  if (tranche.places_min() > 0 || tranche.places_max() > 0) {
    return CheckPlacesInRange(context, tranche);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTranches(const RuleContext& context,
                           const google::protobuf::RepeatedPtrField<v1::Tranche>& tranches) {
  std::set<std::string_view> ids;
  for (const v1::Tranche& tranche : tranches) {
    if (!ids.insert(tranche.tranche_id()).second) {
      return Duplicate("tranche", tranche.tranche_id(), "the act");
    }
    if (const auto line = FindBudgetLine(context, tranche.budget_code()); !line.ok()) {
      return line.status();
    }
    REGISTRE_RETURN_IF_ERROR(CheckParts(tranche));
    REGISTRE_RETURN_IF_ERROR(CheckSchedule(tranche));
    REGISTRE_RETURN_IF_ERROR(CheckUnitCost(context, tranche));
  }
  return absl::OkStatus();
}

absl::Status CheckTrancheTotal(const google::protobuf::RepeatedPtrField<v1::Tranche>& tranches,
                               int64_t total_cents, const std::string& contract) {
  int64_t sum = 0;
  for (const v1::Tranche& tranche : tranches) {
    REGISTRE_RETURN_IF_ERROR(
        AddAmount(fmt::format("tranches of {}", contract), tranche.ceiling_cents(), &sum));
  }
  if (sum == total_cents) return absl::OkStatus();
  return Refused("TRANCHE_TOTAL",
                 fmt::format("the tranches of {} add up to {}, its amount is {}: a difference of "
                             "{}; correct the tranches or the amount",
                             contract, Eur(sum), Eur(total_cents), Eur(sum - total_cents)),
                 {{"tranches_cents", fmt::format("{}", sum)},
                  {"amount_cents", fmt::format("{}", total_cents)}});
}

absl::Status SumDraws(const v1::Tranche& tranche, int64_t* sum_cents) {
  *sum_cents = 0;
  for (const v1::Draw& draw : tranche.draws()) {
    REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("draws of tranche {}", tranche.tranche_id()),
                                       draw.amount_cents(), sum_cents));
  }
  return absl::OkStatus();
}

}  // namespace registre
