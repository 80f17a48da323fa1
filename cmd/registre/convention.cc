// registre convention: the list, and one convention (its page: convention_page.h) with its orders.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/convention_page.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/names.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

std::vector<std::string> PaymentCells(const v1::Payment& payment) {
  RowMarks marks(payment.assumed_fields());
  std::string state;
  if (!payment.steps().empty()) {
    const v1::PaymentStep& last = *payment.steps().rbegin();
    state = fmt::format("{} le {}", Word(last.status()), DateText(last.date()));
    if (!last.reason().empty()) state += fmt::format(" : {}", last.reason());
  }
  const std::string date = marks.Cell(DateText(payment.ordered_on()), {"payment_ordered.date"});
  const std::string mandat =
      marks.Cell(fmt::format("{}-{}", payment.fiscal_year(), payment.mandat()),
                 {"payment_ordered.mandat", "payment_ordered.fiscal_year"});
  const std::string amount =
      marks.Cell(FormatCents(payment.amount_cents()), {"payment_ordered.amount_cents"});
  return {marks.Key(mandat),
          payment.bordereau(),
          date,
          payment.basis().tranche_id(),
          Word(payment.kind()),
          amount,
          payment.reduced_cents() == 0 ? "" : FormatCents(payment.reduced_cents()),
          state};
}

// The orders on the convention. `before_opening` is what is ordered and has no order in the ledger.
int PrintPayments(const Args& args, const v1::GetConventionResponse& response, Client& client,
                  Footnote* footnote, Console& console) {
  Table table({{"Mandat"},
               {"Bordereau"},
               {"Émis le"},
               {"Tranche"},
               {"Nature"},
               {"Montant", Align::kRight},
               {"Réduit de", Align::kRight},
               {"État", Align::kLeft, Fit::kWrap}});
  int64_t ordered = 0;
  v1::ListConventionPaymentsRequest request;
  request.set_number(args.subject);
  *request.mutable_options() = PinnedAt(OptionsOf(args), PositionOf(response));
  const absl::Status status = ForEachPage(
      *client.conventions, &v1::ConventionService::Stub::ListConventionPayments, request,
      [&](const v1::ListConventionPaymentsResponse& page) {
        for (const v1::Payment& payment : page.payments()) {
          if (args.json) {
            PrintJson(console.out, payment);
            continue;
          }
          table.AddRow(PaymentCells(payment));
          footnote->Add(payment.assumed_fields());
          const bool rejected = !payment.steps().empty() &&
                                payment.steps().rbegin()->status() == v1::PAYMENT_STATUS_REJECTED;
          if (!rejected) ordered += payment.amount_cents() - payment.reduced_cents();
        }
        return true;
      });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  console.out << "\nMandats\n";
  if (table.empty()) {
    console.out << "aucun mandat\n";
  } else {
    table.Print(console.out, console.width);
  }
  const int64_t before_opening = SumsOf(response.convention()).ordered - ordered;
  if (response.convention().opening() && before_opening > 0) {
    RowMarks marks(response.convention().assumed_fields());
    console.out << fmt::format(
        "Payé avant l'ouverture du registre : {}\n",
        marks.Cell(FormatCents(before_opening), {"opening_payment_recorded"}));
  }
  return kExitDone;
}

int One(const Args& args, Client& client, Console& console) {
  v1::GetConventionRequest request;
  request.set_number(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetConventionResponse response;
  const absl::Status status =
      Call(*client.conventions, &v1::ConventionService::Stub::GetConvention, request, &response);
  if (!status.ok()) return Fail(status, args, console);
  Footnote footnote;
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    footnote.Add(response.convention().assumed_fields());
    PrintConvention(response, console);
  }
  const int exit = PrintPayments(args, response, client, &footnote, console);
  if (exit != kExitDone || args.json) return exit;
  PrintEnd(args, PositionOf(response), footnote, console);
  return kExitDone;
}

int List(const Args& args, Client& client, Console& console) {
  Table table({{"Numéro"},
               {"Structure", Align::kLeft, Fit::kCut},
               {"Objet", Align::kLeft, Fit::kCut},
               {"Signée le"},
               {"Avenants", Align::kRight},
               {"Montant", Align::kRight},
               {"Mandaté", Align::kRight},
               {"Payé", Align::kRight},
               {"Reste à mandater", Align::kRight}});
  std::vector<v1::Convention> conventions;
  std::optional<uint64_t> position;
  v1::ListConventionsRequest request;
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status =
      ForEachPage(*client.conventions, &v1::ConventionService::Stub::ListConventions, request,
                  [&](const v1::ListConventionsResponse& page) {
                    position = PositionOf(page);
                    for (const v1::Convention& convention : page.conventions()) {
                      if (args.json) {
                        PrintJson(console.out, convention);
                      } else {
                        conventions.push_back(convention);
                      }
                    }
                    return true;
                  });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  StructureNames names(client, PinnedAt(OptionsOf(args), position));
  Footnote footnote;
  ConventionSums all;
  for (const v1::Convention& convention : conventions) {
    RowMarks marks(convention.assumed_fields());
    const ConventionSums sums = SumsOf(convention);
    all.ceiling += convention.amount_cents();
    all.ordered += sums.ordered;
    all.paid += sums.paid;
    const std::string signed_on = SignedOnCell(marks, convention);
    const std::string number = NumberCell(marks, convention);
    table.AddRow(
        {marks.Key(number), names.Of(convention.structure_id()), convention.object(), signed_on,
         convention.avenants().empty() ? "" : fmt::format("{}", convention.avenants_size()),
         FormatCents(convention.amount_cents()), FormatCents(sums.ordered), FormatCents(sums.paid),
         FormatCents(convention.amount_cents() - sums.ordered)});
    footnote.Add(convention.assumed_fields());
  }
  if (table.empty()) {
    console.out << "aucune convention\n";
  } else {
    table.SetTotal({"Total", "", "", "", "", FormatCents(all.ceiling), FormatCents(all.ordered),
                    FormatCents(all.paid), FormatCents(all.ceiling - all.ordered)});
    table.Print(console.out, console.width);
  }
  PrintEnd(args, position, footnote, console);
  return kExitDone;
}

}  // namespace

int RunConvention(const Args& args, Client& client, Console& console) {
  return args.command == Command::kConventionList ? List(args, client, console)
                                                  : One(args, client, console);
}

}  // namespace registre::cli
