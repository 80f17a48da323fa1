#include "cmd/registre/convention_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/registre/format.h"
#include "cmd/registre/payment_cells.h"
#include "cmd/registre/schedule.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

constexpr std::string_view kNumberPaths[] = {"convention_signed.number",
                                             "opening_convention_recorded.number"};
constexpr std::string_view kSignedPaths[] = {
    "convention_signed.signatures.authority_signed_on",
    "opening_convention_recorded.signatures.authority_signed_on"};
constexpr std::string_view kObjectPaths[] = {"convention_signed.object",
                                             "opening_convention_recorded.object"};
constexpr std::string_view kInitialPaths[] = {"convention_signed.amount_cents",
                                              "opening_convention_recorded.amount_cents"};
constexpr std::string_view kDeltaPaths[] = {"avenant_signed.delta_cents"};
constexpr std::string_view kClosedPaths[] = {"convention_closed.date"};
constexpr std::string_view kTerminatedPaths[] = {"convention_terminated.date"};
constexpr std::string_view kAvenantSignedPaths[] = {
    "avenant_signed.signatures.authority_signed_on"};

std::string Join(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " + ") + word;
  return out;
}

// The names that the documents give the structure where they differ from the ledger's, each once.
std::string NamesAsWritten(const v1::GetConventionResponse& response) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    const bool known = name.empty() || name == response.structure_name() ||
                       std::find(names.begin(), names.end(), name) != names.end();
    if (!known) names.push_back(name);
  };
  add(response.convention().structure_name_as_written());
  for (const v1::AvenantState& avenant : response.convention().avenants()) {
    add(avenant.structure_name_as_written());
  }
  std::string text;
  for (const std::string& name : names) text += fmt::format(", écrit « {} »", name);
  return text;
}

void PrintHeader(const v1::GetConventionResponse& response, Console& console) {
  const v1::Convention& convention = response.convention();
  const auto& fields = convention.assumed_fields();
  const Sum initial{convention.initial_amount_cents(), IsAssumed(fields, kInitialPaths)};
  std::string amount = initial.Text();
  if (convention.amount_cents() != convention.initial_amount_cents()) {
    amount += fmt::format(", {} à {}", convention.has_terminated_on() ? "ramené" : "porté",
                          AmountOf(convention).Text());
  }
  int64_t asked = 0;
  int64_t received = 0;
  for (const v1::TrancheState& tranche : convention.tranches()) {
    asked += tranche.recovery_ordered_cents();
    received += tranche.recovered_cents();
  }
  PrintPairs(
      console.out, console.width,
      {{"Convention", NumberCell(convention)},
       {"Objet", ObjectCell(convention)},
       {"Structure",
        (response.structure_name().empty()
             ? convention.structure_id()
             : fmt::format("{} ({})", response.structure_name(), convention.structure_id())) +
            NamesAsWritten(response)},
       {"Signée le",
        SignedOnCell(convention) + (convention.opening() ? ", avant l'ouverture du registre" : "")},
       {"Montant", amount},
       {"Redemandé", AskedBackText(fields, asked, received)},
       {"Close le", Cell(fields, DateText(convention.closed_on()), kClosedPaths)},
       {"Résiliée le", Cell(fields, DateText(convention.terminated_on()), kTerminatedPaths)}});
}

void PrintAvenants(const v1::Convention& convention, Console& console) {
  if (convention.avenants().empty()) return;
  Table table({{"N°", Align::kRight},
               {"Signé le"},
               {"Délibération"},
               {"Avant", Align::kRight},
               {"Variation", Align::kRight},
               {"Après", Align::kRight},
               {"Position", Align::kRight}});
  for (const v1::AvenantState& avenant : convention.avenants()) {
    const auto& fields = avenant.assumed_fields();
    table.AddRow(
        {Cell(fields, fmt::format("{}", avenant.avenant_number()),
              {"avenant_signed.avenant_number"}),
         Cell(fields, DateText(avenant.signed_on()), kAvenantSignedPaths),
         Cell(fields, DeliberationText(avenant.authorised_by()), {"avenant_signed.authorised_by"}),
         Cell(fields, FormatCents(avenant.amount_before_cents()),
              {"avenant_signed.amount_before_cents"}),
         Cell(fields, FormatCents(avenant.delta_cents()), kDeltaPaths),
         Cell(fields, FormatCents(avenant.amount_after_cents()),
              {"avenant_signed.amount_before_cents", "avenant_signed.amount_after_cents",
               "avenant_signed.delta_cents"}),
         fmt::format("#{}", avenant.position())});
  }
  PrintHeading(console.out, "Avenants");
  table.Print(console.out, console.width);
}

// A field of the terms of a tranche: whichever act gave them, its paths are the tranche's own.
bool IsTermAssumed(const v1::TrancheState& state, std::string_view field) {
  return IsAssumed(state.assumed_fields(),
                   {fmt::format("convention_signed.tranches.{}", field),
                    fmt::format("opening_convention_recorded.tranches.{}", field),
                    fmt::format("avenant_signed.tranches.{}", field),
                    fmt::format("convention_terminated.tranches.{}", field)});
}

// What is ordered and paid on a tranche rests on the acts of each line of its schedule.
Sum OrderedOn(const v1::TrancheState& state) {
  Sum sum{state.ordered_cents()};
  for (const auto& line : state.lines()) {
    sum.assumed = sum.assumed || IsAssumed(line.assumed_fields(), kOrderedPaths);
  }
  return sum;
}

Sum PaidOn(const v1::TrancheState& state) {
  Sum sum{state.paid_cents()};
  for (const auto& line : state.lines()) {
    sum.assumed = sum.assumed || IsAssumed(line.assumed_fields(), kPaidPaths);
  }
  return sum;
}

Sum CeilingOf(const v1::TrancheState& state) {
  return {state.tranche().ceiling_cents(), IsTermAssumed(state, "ceiling_cents")};
}

void PrintTranches(const v1::Convention& convention, Console& console) {
  Table table({{"Tranche"},
               {"Dispositifs", Align::kLeft, Fit::kWrap},
               {"Ligne"},
               {"Période"},
               {"Plafond", Align::kRight},
               {"Mandaté", Align::kRight},
               {"Payé", Align::kRight},
               {"Reste à mandater", Align::kRight}});
  for (const v1::TrancheState& state : convention.tranches()) {
    const v1::Tranche& tranche = state.tranche();
    const Sum ordered = OrderedOn(state);
    table.AddRow({tranche.tranche_id(), Join(tranche.schemes()),
                  Starred(tranche.budget_code(), IsTermAssumed(state, "budget_code")),
                  Starred(PeriodText(tranche.period()), IsTermAssumed(state, "period")),
                  CeilingOf(state).Text(), ordered.Text(), PaidOn(state).Text(),
                  (CeilingOf(state) - ordered).Text()});
  }
  const ConventionSums sums = SumsOf(convention);
  table.SetTotal({"Total", "", "", "", sums.ceiling.Text(), sums.ordered.Text(), sums.paid.Text(),
                  (sums.ceiling - sums.ordered).Text()});
  PrintHeading(console.out, "Tranches");
  table.Print(console.out, console.width);
}

Sum AmountOf(const DueLine& due) {
  return {due.line->amount_cents(),
          IsTermAssumed(*due.tranche, fmt::format("schedule[{}].amount_cents", due.index))};
}

void PrintSchedule(const v1::Convention& convention, Console& console) {
  const std::vector<DueLine> lines = ScheduleOf(convention);
  if (lines.empty()) return;
  Table table({{"Tranche"},
               {"Versement"},
               {"Nature"},
               {"Montant", Align::kRight},
               {"Mandaté", Align::kRight},
               {"Reste", Align::kRight},
               {"Déclencheur", Align::kLeft, Fit::kWrap},
               {"État"}});
  for (const DueLine& due : lines) {
    const v1::TrancheState& tranche = *due.tranche;
    const std::string terms = fmt::format("schedule[{}].", due.index);
    table.AddRow({tranche.tranche().tranche_id(), due.line->line_id(),
                  Starred(Word(due.line->kind()), IsTermAssumed(tranche, terms + "kind")),
                  AmountOf(due).Text(), due.ordered.Text(), (AmountOf(due) - due.ordered).Text(),
                  Starred(due.trigger, IsTermAssumed(tranche, terms + "trigger") ||
                                           IsTermAssumed(tranche, terms + "due_on")),
                  DueText(due)});
  }
  PrintHeading(console.out, "Échéancier");
  table.Print(console.out, console.width);
  // Nothing is due on a convention that is terminated, whatever an order rejected since leaves.
  const DueLine* next = convention.has_terminated_on() ? nullptr : NextDue(lines);
  if (next != nullptr) {
    PrintPairs(
        console.out, console.width,
        {{"Prochaine échéance :",
          fmt::format("{} de la tranche {}, {} ({}), {}", Word(next->line->kind()),
                      next->tranche->tranche().tranche_id(),
                      (AmountOf(*next) - next->ordered).Text(), next->trigger, DueText(*next))}});
  }
}

void PrintReports(const v1::Convention& convention, Console& console) {
  Table table({{"Tranche"}, {"Bilan attendu le"}, {"Reçu le"}, {"Accepté le"}});
  for (const v1::TrancheState& state : convention.tranches()) {
    const bool any = state.tranche().has_report_due() || state.has_report_received_on() ||
                     state.has_report_accepted_on();
    if (!any) continue;
    const auto day = [](const v1::Date& date, bool assumed) {
      const std::string text = DateText(date);
      return text.empty() ? std::string("—") : Starred(text, assumed);
    };
    const auto& fields = state.assumed_fields();
    table.AddRow({state.tranche().tranche_id(),
                  day(state.tranche().report_due(), IsTermAssumed(state, "report_due")),
                  day(state.report_received_on(), IsAssumed(fields, {"report_received.date"})),
                  day(state.report_accepted_on(), IsAssumed(fields, {"report_accepted.date"}))});
  }
  if (table.empty()) return;
  PrintHeading(console.out, "Bilans");
  table.Print(console.out, console.width);
}

}  // namespace

ConventionSums SumsOf(const v1::Convention& convention) {
  ConventionSums sums;
  for (const v1::TrancheState& tranche : convention.tranches()) {
    sums.ceiling += CeilingOf(tranche);
    sums.ordered += OrderedOn(tranche);
    sums.paid += PaidOn(tranche);
  }
  return sums;
}

Sum AmountOf(const v1::Convention& convention) {
  return {convention.amount_cents(), IsAssumed(convention.assumed_fields(), kInitialPaths) ||
                                         IsAssumed(convention.assumed_fields(), kDeltaPaths)};
}

std::string NumberCell(const v1::Convention& convention) {
  return Cell(convention.assumed_fields(), convention.number(), kNumberPaths);
}

std::string ObjectCell(const v1::Convention& convention) {
  return Cell(convention.assumed_fields(), convention.object(), kObjectPaths);
}

std::string SignedOnCell(const v1::Convention& convention) {
  return Cell(convention.assumed_fields(), DateText(convention.signed_on()), kSignedPaths);
}

void PrintConvention(const v1::GetConventionResponse& response, Console& console) {
  PrintHeader(response, console);
  PrintAvenants(response.convention(), console);
  PrintTranches(response.convention(), console);
  PrintSchedule(response.convention(), console);
  PrintReports(response.convention(), console);
}

}  // namespace registre::cli
