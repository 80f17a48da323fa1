// registre budget: balances of lines, and the budget table of a deliberation.
#include <fmt/format.h>

#include <optional>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/payment_cells.h"
#include "cmd/registre/table.h"

namespace registre::cli {
namespace {

const Column kCode{"Code"};
const Column kLabel{"Libellé", Align::kLeft, Fit::kWrap};

Column Amount(std::string header) { return {std::move(header), Align::kRight}; }

// What puts an order into a fiscal year.
constexpr std::string_view kYearPaths[] = {"opening_payment_recorded.fiscal_year",
                                           "payment_ordered.fiscal_year"};

constexpr std::string_view kLabelPaths[] = {"budget_line_opened.label"};

// The columns of a line, each with whether it rests on something assumed.
struct Balances {
  Sum authorised, opening, voted, released, available, opening_contracted, contracted, ordered,
      paid;

  Balances& operator+=(const Balances& other) {
    authorised += other.authorised;
    opening += other.opening;
    voted += other.voted;
    available += other.available;
    opening_contracted += other.opening_contracted;
    contracted += other.contracted;
    ordered += other.ordered;
    paid += other.paid;
    return *this;
  }
};

Balances BalancesOf(const v1::BudgetLine& line) {
  const auto& fields = line.assumed_fields();
  const bool contracted = IsAssumed(fields, kContractedPaths);
  Balances out{
      .authorised = {line.authorised_cents(), IsAssumed(fields, kAuthorisedPaths)},
      .opening = {line.opening_commitment_cents(), IsAssumed(fields, kCommittedBeforePaths)},
      .voted = {line.voted_cents(), IsAssumed(fields, kAllottedPaths)},
      .released = {line.released_cents(), IsAssumed(fields, kReleasedPaths)},
      .available = {},
      .opening_contracted = {line.opening_contracted_cents(), contracted},
      .contracted = {line.contracted_cents(), contracted},
      .ordered = {line.ordered_cents(), IsAssumed(fields, kOrderedPaths)},
      .paid = {line.paid_cents(), IsAssumed(fields, kPaidPaths)}};
  out.available = out.authorised - out.opening - out.voted + out.released;
  return out;
}

std::vector<std::string> BalanceCells(std::string code, std::string label, const Balances& line) {
  return {std::move(code),
          std::move(label),
          line.authorised.Text(),
          line.opening.Text(),
          line.voted.Text(),
          line.available.Text(),
          (line.opening_contracted + line.contracted).Text(),
          line.ordered.Text(),
          line.paid.Text()};
}

int ListBudgetLines(const Args& args, Client& client, Console& console) {
  Table table({kCode, kLabel, Amount("AE"), Amount("Engagé avant"), Amount("Voté"),
               Amount("Disponible"), Amount("Contracté"), Amount("Mandaté"), Amount("Payé")});
  Balances total;
  Footnote footnote;
  std::optional<uint64_t> position;
  v1::ListBudgetLinesRequest request;
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status = ForEachPage(
      *client.budget, &v1::BudgetService::Stub::ListBudgetLines, request, [&](const auto& page) {
        position = PositionOf(page);
        for (const v1::BudgetLine& line : page.budget_lines()) {
          if (args.json) {
            PrintJson(console.out, line);
            continue;
          }
          const Balances sums = BalancesOf(line);
          table.AddRow(BalanceCells(line.code(),
                                    Cell(line.assumed_fields(), line.label(), kLabelPaths), sums));
          total += sums;
          footnote.Add(line.assumed_fields());
        }
        return true;
      });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  if (table.empty()) {
    console.out << "aucune ligne budgétaire\n";
  } else {
    table.SetTotal(BalanceCells("Total", "", total));
    table.Print(console.out, console.width);
  }
  PrintEnd(args, position, footnote, client, console);
  return kExitDone;
}

// The columns of a line in a fiscal year.
struct YearSums {
  std::optional<Sum> credits;  // unset: none are recorded
  Sum ordered, paid;
  std::optional<Sum> left;  // unset: of a line, or of one added up, no credits are recorded
  int64_t unanswered = 0;

  YearSums& operator+=(const YearSums& other) {
    if (other.credits) credits = credits.value_or(Sum{}) + *other.credits;
    left = left && other.left ? std::optional(*left + *other.left) : std::nullopt;
    ordered += other.ordered;
    paid += other.paid;
    unanswered += other.unanswered;
    return *this;
  }
};

YearSums YearSumsOf(const v1::FiscalYearCredits& year) {
  const auto& fields = year.assumed_fields();
  const bool year_assumed = IsAssumed(fields, kYearPaths);
  YearSums sums{.credits = {},
                .ordered = {year.ordered_cents(), IsAssumed(fields, kOrderedPaths) || year_assumed},
                .paid = {year.paid_cents(),
                         IsAssumed(fields, kPaidPaths) || (year_assumed && year.paid_cents() != 0)},
                .left = {},
                .unanswered = year.unanswered_orders()};
  if (year.credits_recorded()) {
    sums.credits = {year.credits_cents(),
                    IsAssumed(fields, {"payment_credits_voted.credits_after_cents"})};
    sums.left = *sums.credits - sums.ordered;
  }
  return sums;
}

std::vector<std::string> YearCells(std::vector<std::string> cells, const YearSums& sums) {
  cells.push_back(sums.credits ? sums.credits->Text() : "non enregistrés");
  cells.push_back(sums.ordered.Text());
  cells.push_back(sums.paid.Text());
  cells.push_back(sums.left ? sums.left->Text() : "");
  cells.push_back(sums.unanswered == 0 ? "" : fmt::format("{}", sums.unanswered));
  return cells;
}

int ListYear(const Args& args, Client& client, Console& console) {
  Table table({kCode, kLabel, Amount("Crédits de paiement"), Amount("Mandaté"), Amount("Payé"),
               Amount("Reste"), Amount("Sans réponse")});
  YearSums total;
  total.left = Sum{};
  Footnote footnote;
  v1::ListFiscalYearLinesResponse last;
  v1::ListFiscalYearLinesRequest request;
  request.set_fiscal_year(args.fiscal_year);
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status =
      ForEachPage(*client.budget, &v1::BudgetService::Stub::ListFiscalYearLines, request,
                  [&](const v1::ListFiscalYearLinesResponse& page) {
                    last = page;
                    if (args.json) {
                      PrintJson(console.out, page);
                      return true;
                    }
                    for (const v1::FiscalYearLine& line : page.lines()) {
                      const YearSums sums = YearSumsOf(line.year());
                      table.AddRow(YearCells({line.code(), line.label()}, sums));
                      total += sums;
                      footnote.Add(line.year().assumed_fields());
                    }
                    return true;
                  });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  console.out << fmt::format("Exercice {}\n\n", args.fiscal_year);
  if (table.empty()) {
    console.out << "aucune ligne budgétaire n'a bougé\n";
  } else {
    table.SetTotal(YearCells({"Total", ""}, total));
    table.Print(console.out, console.width);
  }
  console.out << '\n';
  if (last.has_closed()) {
    PrintPairs(console.out, console.width,
               {{"Clos le", DateText(last.closed().closed_on())},
                {"Acte", fmt::format("#{}", last.closed().position())},
                {"Journal", Count(static_cast<int64_t>(last.closed_log_size()), "événement")},
                {"Racine", Hex(last.closed_log_root())}});
  } else {
    console.out << "exercice ouvert\n";
  }
  PrintEnd(args, PositionOf(last), footnote, client, console);
  return kExitDone;
}

void PrintLine(const v1::BudgetLine& line, Console& console) {
  const Balances sums = BalancesOf(line);
  PrintPairs(console.out, console.width,
             {{"Code", line.code()},
              {"Imputation", fmt::format("{}/{}", line.nature(), line.function())},
              {"Libellé", Cell(line.assumed_fields(), line.label(), kLabelPaths)},
              {"AE", sums.authorised.Text()},
              {"Engagé avant l'ouverture", sums.opening.Text()},
              {"Voté", sums.voted.Text()},
              {"Libéré", sums.released.Text()},
              {"Disponible", sums.available.Text()},
              {"Contracté avant l'ouverture", sums.opening_contracted.Text()},
              {"Contracté depuis", sums.contracted.Text()},
              {"Mandaté", sums.ordered.Text()},
              {"Payé", sums.paid.Text()},
              {"Redemandé", AskedBackText(line)}});
  if (line.fiscal_years().empty()) return;
  Table years({{"Exercice"},
               Amount("Crédits de paiement"),
               Amount("Mandaté"),
               Amount("Payé"),
               Amount("Reste"),
               Amount("Sans réponse")});
  for (const v1::FiscalYearCredits& year : line.fiscal_years()) {
    years.AddRow(YearCells({fmt::format("{}", year.fiscal_year())}, YearSumsOf(year)));
  }
  console.out << '\n';
  years.Print(console.out, console.width);
}

int ShowBudgetLine(const Args& args, Client& client, Console& console) {
  v1::GetBudgetLineRequest request;
  request.set_code(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetBudgetLineResponse response;
  const absl::Status status =
      Call(*client.budget, &v1::BudgetService::Stub::GetBudgetLine, request, &response);
  if (!status.ok()) return FailRead(status, "registre budget", args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  PrintLine(response.budget_line(), console);
  Footnote footnote;
  footnote.Add(response.budget_line().assumed_fields());
  PrintEnd(args, PositionOf(response), footnote, client, console);
  return kExitDone;
}

// The columns of the budget table of a deliberation.
struct ReportSums {
  Sum authorised, available, proposed, after;
};

ReportSums ReportSumsOf(const v1::DeliberationBudgetLine& line) {
  const auto& fields = line.assumed_fields();
  // What the report prints is the document's, however the ledger came to it.
  const bool authorised = !line.as_reported() && IsAssumed(fields, kAuthorisedPaths);
  const bool available = !line.as_reported() &&
                         (authorised || IsAssumed(fields, kCommittedBeforePaths) ||
                          IsAssumed(fields, kReleasedPaths) || IsAssumed(fields, kAllottedPaths));
  ReportSums sums{.authorised = {line.authorised_cents(), authorised},
                  .available = {line.available_before_cents(), available},
                  .proposed = {line.proposed_cents(), IsAssumed(fields, kAllottedPaths)},
                  .after = {}};
  sums.after = sums.available - sums.proposed;
  return sums;
}

int OfDeliberation(const Args& args, Client& client, Console& console) {
  v1::GetDeliberationBudgetRequest request;
  request.set_number(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetDeliberationBudgetResponse response;
  const absl::Status status =
      Call(*client.budget, &v1::BudgetService::Stub::GetDeliberationBudget, request, &response);
  if (!status.ok()) return FailRead(status, "registre deliberation list", args, console);
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
  ReportSums total;
  for (const v1::DeliberationBudgetLine& line : response.lines()) {
    const ReportSums sums = ReportSumsOf(line);
    table.AddRow({line.code(), fmt::format("{}/{}", line.nature(), line.function()),
                  Cell(line.assumed_fields(), line.label(), kLabelPaths), sums.authorised.Text(),
                  sums.available.Text(), sums.proposed.Text(), sums.after.Text()});
    total.authorised += sums.authorised;
    total.available += sums.available;
    total.proposed += sums.proposed;
    total.after += sums.after;
    // The columns before the vote are the report's own where it prints them: nothing is assumed
    // then.
    if (sums.after.assumed) footnote.Add(line.assumed_fields());
  }
  table.SetTotal({"Total", "", "", total.authorised.Text(), total.available.Text(),
                  total.proposed.Text(), total.after.Text()});
  table.Print(console.out, console.width);
  if (!response.voted()) {
    console.out
        << "\nà ce point le vote n'est pas connu, ou n'est pas favorable : rien n'est proposé\n";
  }
  PrintEnd(args, PositionOf(response), footnote, client, console);
  return kExitDone;
}

}  // namespace

int RunBudget(const Args& args, Client& client, Console& console) {
  if (args.command == Command::kBudgetOfDeliberation) return OfDeliberation(args, client, console);
  if (args.command == Command::kBudgetOfYear) return ListYear(args, client, console);
  if (args.command == Command::kBudgetLine) return ShowBudgetLine(args, client, console);
  return ListBudgetLines(args, client, console);
}

}  // namespace registre::cli
