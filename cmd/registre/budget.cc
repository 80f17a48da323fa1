// registre budget: balances of lines, and the budget table of a deliberation.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

const Column kCode{"Code"};
const Column kLabel{"Libellé", Align::kLeft, Fit::kCut};

Column Amount(std::string header) { return {std::move(header), Align::kRight}; }

// Acts that give a line its commitment authority.
constexpr std::string_view kAuthorisedPaths[] = {"budget_line_opened.authorised_cents",
                                                 "budget_line_adjusted.authorised_after_cents"};

// Sums of the columns of a list of lines; sums of amounts within kMaxCents cannot overflow here.
struct Totals {
  int64_t authorised = 0, opening = 0, voted = 0, available = 0, contracted = 0, ordered = 0,
          paid = 0;

  void Add(const v1::BudgetLine& line) {
    authorised += line.authorised_cents();
    opening += line.opening_commitment_cents();
    voted += line.voted_cents();
    available += line.available_cents();
    contracted += line.opening_contracted_cents() + line.contracted_cents();
    ordered += line.ordered_cents();
    paid += line.paid_cents();
  }
};

std::vector<std::string> LineCells(const v1::BudgetLine& line) {
  RowMarks marks(line.assumed_fields());
  const std::string label = marks.Cell(line.label(), {"budget_line_opened.label"});
  const std::string authorised = marks.Cell(FormatCents(line.authorised_cents()), kAuthorisedPaths);
  const std::string opening = marks.Cell(FormatCents(line.opening_commitment_cents()),
                                         {"opening_commitment_recorded.amount_cents"});
  return {marks.Key(line.code()),
          label,
          authorised,
          opening,
          FormatCents(line.voted_cents()),
          FormatCents(line.available_cents()),
          FormatCents(line.opening_contracted_cents() + line.contracted_cents()),
          FormatCents(line.ordered_cents()),
          FormatCents(line.paid_cents())};
}

int List(const Args& args, Client& client, Console& console) {
  Table table({kCode, kLabel, Amount("AE"), Amount("Engagé avant"), Amount("Voté"),
               Amount("Disponible"), Amount("Contracté"), Amount("Mandaté"), Amount("Payé")});
  Totals totals;
  Footnote footnote;
  std::optional<uint64_t> position;
  v1::ListBudgetLinesRequest request;
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status = ForEachPage(*client.budget, &v1::BudgetService::Stub::ListBudgetLines,
                                          request, [&](const auto& page) {
                                            position = PositionOf(page);
                                            for (const v1::BudgetLine& line : page.budget_lines()) {
                                              if (args.json) {
                                                PrintJson(console.out, line);
                                                continue;
                                              }
                                              table.AddRow(LineCells(line));
                                              totals.Add(line);
                                              footnote.Add(line.assumed_fields());
                                            }
                                            return true;
                                          });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  if (table.empty()) {
    console.out << "aucune ligne budgétaire\n";
  } else {
    table.SetTotal({"Total", "", FormatCents(totals.authorised), FormatCents(totals.opening),
                    FormatCents(totals.voted), FormatCents(totals.available),
                    FormatCents(totals.contracted), FormatCents(totals.ordered),
                    FormatCents(totals.paid)});
    table.Print(console.out, console.width);
  }
  PrintEnd(args, position, footnote, console);
  return kExitDone;
}

void PrintLine(const v1::BudgetLine& line, Console& console) {
  RowMarks marks(line.assumed_fields());
  PrintPairs(
      console.out, console.width,
      {{"Code", line.code()},
       {"Imputation", fmt::format("{}/{}", line.nature(), line.function())},
       {"Libellé", marks.Cell(line.label(), {"budget_line_opened.label"})},
       {"AE", marks.Cell(FormatCents(line.authorised_cents()), kAuthorisedPaths)},
       {"Engagé avant l'ouverture", marks.Cell(FormatCents(line.opening_commitment_cents()),
                                               {"opening_commitment_recorded.amount_cents"})},
       {"Voté", FormatCents(line.voted_cents())},
       {"Libéré", FormatCents(line.released_cents())},
       {"Disponible", FormatCents(line.available_cents())},
       {"Contracté avant l'ouverture", FormatCents(line.opening_contracted_cents())},
       {"Contracté depuis", FormatCents(line.contracted_cents())},
       {"Mandaté", FormatCents(line.ordered_cents())},
       {"Payé", FormatCents(line.paid_cents())}});
  if (line.fiscal_years().empty()) return;
  Table years({{"Exercice"}, Amount("Crédits de paiement"), Amount("Mandaté"), Amount("Reste")});
  for (const v1::FiscalYearCredits& year : line.fiscal_years()) {
    const bool known = year.credits_recorded();
    years.AddRow({fmt::format("{}", year.fiscal_year()),
                  known ? FormatCents(year.credits_cents()) : "non enregistrés",
                  FormatCents(year.ordered_cents()),
                  known ? FormatCents(year.credits_cents() - year.ordered_cents()) : ""});
  }
  console.out << '\n';
  years.Print(console.out, console.width);
}

int One(const Args& args, Client& client, Console& console) {
  v1::GetBudgetLineRequest request;
  request.set_code(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetBudgetLineResponse response;
  const absl::Status status =
      Call(*client.budget, &v1::BudgetService::Stub::GetBudgetLine, request, &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  PrintLine(response.budget_line(), console);
  Footnote footnote;
  footnote.Add(response.budget_line().assumed_fields());
  PrintEnd(args, PositionOf(response), footnote, console);
  return kExitDone;
}

std::vector<std::string> ReportCells(const v1::DeliberationBudgetLine& line) {
  RowMarks marks(line.assumed_fields());
  const std::string label = marks.Cell(line.label(), {"budget_line_opened.label"});
  const std::string authorised = marks.Cell(FormatCents(line.authorised_cents()), kAuthorisedPaths);
  return {marks.Key(line.code()),
          fmt::format("{}/{}", line.nature(), line.function()),
          label,
          authorised,
          FormatCents(line.available_before_cents()),
          FormatCents(line.proposed_cents()),
          FormatCents(line.available_after_cents())};
}

int OfDeliberation(const Args& args, Client& client, Console& console) {
  v1::GetDeliberationBudgetRequest request;
  request.set_number(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetDeliberationBudgetResponse response;
  const absl::Status status =
      Call(*client.budget, &v1::BudgetService::Stub::GetDeliberationBudget, request, &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  console.out << fmt::format("Délibération n° {}\n\n", args.subject);
  Table table({kCode,
               {"Imputation"},
               kLabel,
               Amount("AE"),
               Amount("Disponible"),
               Amount("Proposition"),
               Amount("Solde après vote")});
  Footnote footnote;
  for (const v1::DeliberationBudgetLine& line : response.lines()) {
    table.AddRow(ReportCells(line));
    footnote.Add(line.assumed_fields());
  }
  const v1::DeliberationBudgetLine& total = response.total();
  table.SetTotal({"Total", "", "", FormatCents(total.authorised_cents()),
                  FormatCents(total.available_before_cents()), FormatCents(total.proposed_cents()),
                  FormatCents(total.available_after_cents())});
  table.Print(console.out, console.width);
  if (!response.voted()) {
    console.out
        << "\nà ce point le vote n'est pas connu, ou n'est pas favorable : rien n'est proposé\n";
  }
  PrintEnd(args, PositionOf(response), footnote, console);
  return kExitDone;
}

}  // namespace

int RunBudget(const Args& args, Client& client, Console& console) {
  if (args.command == Command::kBudgetOfDeliberation) return OfDeliberation(args, client, console);
  if (args.command == Command::kBudgetLine) return One(args, client, console);
  return List(args, client, console);
}

}  // namespace registre::cli
