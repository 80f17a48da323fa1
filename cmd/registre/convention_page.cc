#include "cmd/registre/convention_page.h"

#include <fmt/format.h>

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
constexpr std::string_view kAmountPaths[] = {"convention_signed.amount_cents",
                                             "opening_convention_recorded.amount_cents",
                                             "avenant_signed.amount_before_cents"};

std::string Join(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " + ") + word;
  return out;
}

// Heading of a table within the page of a convention.
void Heading(const char* text, Console& console) { console.out << '\n' << text << '\n'; }

void PrintHeader(const v1::GetConventionResponse& response, Console& console) {
  const v1::Convention& convention = response.convention();
  RowMarks marks(convention.assumed_fields());
  std::string amount = marks.Cell(FormatCents(convention.initial_amount_cents()), kAmountPaths);
  if (convention.amount_cents() != convention.initial_amount_cents()) {
    amount += fmt::format(", porté à {}", FormatCents(convention.amount_cents()));
  }
  PrintPairs(
      console.out, console.width,
      {{"Convention", NumberCell(marks, convention)},
       {"Objet", marks.Cell(convention.object(), kObjectPaths)},
       {"Structure",
        response.structure_name().empty()
            ? convention.structure_id()
            : fmt::format("{} ({})", response.structure_name(), convention.structure_id())},
       {"Signée le", SignedOnCell(marks, convention) +
                         (convention.opening() ? ", avant l'ouverture du registre" : "")},
       {"Montant", amount},
       {"Close le", marks.Cell(DateText(convention.closed_on()), {"convention_closed.date"})}});
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
  RowMarks marks(convention.assumed_fields());
  for (const v1::AvenantState& avenant : convention.avenants()) {
    table.AddRow({fmt::format("{}", avenant.avenant_number()),
                  marks.Cell(DateText(avenant.signed_on()),
                             {"avenant_signed.signatures.authority_signed_on"}),
                  DeliberationText(avenant.authorised_by()),
                  marks.Cell(FormatCents(avenant.amount_before_cents()),
                             {"avenant_signed.amount_before_cents"}),
                  marks.Cell(FormatCents(avenant.delta_cents()), {"avenant_signed.delta_cents"}),
                  marks.Cell(FormatCents(avenant.amount_after_cents()),
                             {"avenant_signed.amount_after_cents"}),
                  fmt::format("#{}", avenant.position())});
  }
  Heading("Avenants", console);
  table.Print(console.out, console.width);
}

// Paths of a field of a tranche. An avenant's tranches are counted from its own first one.
std::string MarkTranche(RowMarks& marks, std::string text, int tranche, const char* field) {
  return marks.Cell(std::move(text),
                    {fmt::format("convention_signed.tranches[{}].{}", tranche, field),
                     fmt::format("opening_convention_recorded.tranches[{}].{}", tranche, field),
                     fmt::format("avenant_signed.tranches.{}", field)});
}

void PrintTranches(const v1::Convention& convention, Console& console) {
  Table table({{"Tranche"},
               {"Dispositifs", Align::kLeft, Fit::kCut},
               {"Ligne"},
               {"Période"},
               {"Plafond", Align::kRight},
               {"Mandaté", Align::kRight},
               {"Payé", Align::kRight},
               {"Reste à mandater", Align::kRight}});
  RowMarks marks(convention.assumed_fields());
  for (int i = 0; i < convention.tranches_size(); ++i) {
    const v1::TrancheState& state = convention.tranches(i);
    const v1::Tranche& tranche = state.tranche();
    table.AddRow({tranche.tranche_id(), Join(tranche.schemes()),
                  MarkTranche(marks, tranche.budget_code(), i, "budget_code"),
                  MarkTranche(marks, PeriodText(tranche.period()), i, "period"),
                  MarkTranche(marks, FormatCents(tranche.ceiling_cents()), i, "ceiling_cents"),
                  FormatCents(state.ordered_cents()), FormatCents(state.paid_cents()),
                  FormatCents(tranche.ceiling_cents() - state.ordered_cents())});
  }
  const ConventionSums sums = SumsOf(convention);
  table.SetTotal({"Total", "", "", "", FormatCents(sums.ceiling), FormatCents(sums.ordered),
                  FormatCents(sums.paid), FormatCents(sums.ceiling - sums.ordered)});
  Heading("Tranches", console);
  table.Print(console.out, console.width);
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
               {"Déclencheur", Align::kLeft, Fit::kCut},
               {"État"}});
  RowMarks marks(convention.assumed_fields());
  for (const DueLine& due : lines) {
    const std::string schedule = fmt::format("schedule[{}].", due.index);
    table.AddRow(
        {due.tranche->tranche().tranche_id(), due.line->line_id(), Word(due.line->kind()),
         MarkTranche(marks, FormatCents(due.line->amount_cents()), due.tranche_index,
                     (schedule + "amount_cents").c_str()),
         FormatCents(due.ordered_cents), FormatCents(due.left_cents),
         MarkTranche(marks, due.trigger, due.tranche_index, (schedule + "trigger").c_str()),
         DueText(due)});
  }
  Heading("Échéancier", console);
  table.Print(console.out, console.width);
  if (const DueLine* next = NextDue(lines); next != nullptr) {
    console.out << fmt::format("Prochaine échéance : {} de la tranche {}, {} ({}), {}\n",
                               Word(next->line->kind()), next->tranche->tranche().tranche_id(),
                               FormatCents(next->left_cents), next->trigger, DueText(*next));
  }
}

void PrintReports(const v1::Convention& convention, Console& console) {
  Table table({{"Tranche"}, {"Bilan attendu le"}, {"Reçu le"}, {"Accepté le"}});
  RowMarks marks(convention.assumed_fields());
  for (int i = 0; i < convention.tranches_size(); ++i) {
    const v1::TrancheState& state = convention.tranches(i);
    const bool any = state.tranche().has_report_due() || state.has_report_received_on() ||
                     state.has_report_accepted_on();
    if (!any) continue;
    const auto day = [](const v1::Date& date) {
      const std::string text = DateText(date);
      return text.empty() ? std::string("—") : text;
    };
    table.AddRow({state.tranche().tranche_id(),
                  MarkTranche(marks, day(state.tranche().report_due()), i, "report_due"),
                  day(state.report_received_on()), day(state.report_accepted_on())});
  }
  if (table.empty()) return;
  Heading("Bilans", console);
  table.Print(console.out, console.width);
}

}  // namespace

ConventionSums SumsOf(const v1::Convention& convention) {
  ConventionSums sums;
  for (const v1::TrancheState& tranche : convention.tranches()) {
    sums.ceiling += tranche.tranche().ceiling_cents();
    sums.ordered += tranche.ordered_cents();
    sums.paid += tranche.paid_cents();
  }
  return sums;
}

std::string NumberCell(RowMarks& marks, const v1::Convention& convention) {
  return marks.Cell(convention.number(), kNumberPaths);
}

std::string SignedOnCell(RowMarks& marks, const v1::Convention& convention) {
  return marks.Cell(DateText(convention.signed_on()), kSignedPaths);
}

void PrintConvention(const v1::GetConventionResponse& response, Console& console) {
  PrintHeader(response, console);
  PrintAvenants(response.convention(), console);
  PrintTranches(response.convention(), console);
  PrintSchedule(response.convention(), console);
  PrintReports(response.convention(), console);
}

}  // namespace registre::cli
