// registre convention: the list, and one convention (its page: convention_page.h) with its orders.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/convention_page.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/names.h"
#include "cmd/registre/payment_cells.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

std::vector<std::string> PaymentCells(const v1::Payment& payment) {
  const auto& fields = payment.assumed_fields();
  return {MandatCell(payment),
          Cell(fields, payment.bordereau(), {"payment_ordered.bordereau"}),
          OrderedOnCell(payment),
          Cell(fields, payment.basis().tranche_id(), {"payment_ordered.basis"}),
          Cell(fields, Word(payment.kind()), {"payment_ordered.kind"}),
          OrderedCell(payment),
          ReducedCell(payment),
          StatusCell(payment)};
}

// What is paid on an opening convention without an order in the ledger.
constexpr std::string_view kPaidBeforePaths[] = {"opening_payment_recorded.amount_cents",
                                                 "opening_payment_recorded.date"};

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
  const v1::Convention& convention = response.convention();
  const Sum before_opening{SumsOf(convention).ordered.cents - ordered,
                           IsAssumed(convention.assumed_fields(), kPaidBeforePaths)};
  if (convention.opening() && before_opening.cents > 0) {
    console.out << fmt::format("Payé avant l'ouverture du registre : {}\n", before_opening.Text());
  }
  return kExitDone;
}

int ShowConvention(const Args& args, Client& client, Console& console) {
  v1::GetConventionRequest request;
  request.set_number(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetConventionResponse response;
  const absl::Status status =
      Call(*client.conventions, &v1::ConventionService::Stub::GetConvention, request, &response);
  if (!status.ok()) return FailRead(status, "registre convention list", args, console);
  Footnote footnote;
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    footnote.Add(response.convention().assumed_fields());
    PrintConvention(response, console);
  }
  const int exit = PrintPayments(args, response, client, &footnote, console);
  if (exit != kExitDone || args.json) return exit;
  PrintEnd(args, PositionOf(response), footnote, client, console);
  return kExitDone;
}

int ListConventions(const Args& args, Client& client, Console& console) {
  Table table({{"Numéro"},
               {"Structure", Align::kLeft, Fit::kWrap},
               {"Objet", Align::kLeft, Fit::kWrap},
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
  Sum amounts;
  for (const v1::Convention& convention : conventions) {
    const ConventionSums sums = SumsOf(convention);
    const Sum amount = AmountOf(convention);
    amounts += amount;
    all.ordered += sums.ordered;
    all.paid += sums.paid;
    table.AddRow(
        {NumberCell(convention), names.Of(convention.structure_id()), ObjectCell(convention),
         SignedOnCell(convention),
         convention.avenants().empty() ? "" : fmt::format("{}", convention.avenants_size()),
         amount.Text(), sums.ordered.Text(), sums.paid.Text(), (amount - sums.ordered).Text()});
    footnote.Add(convention.assumed_fields());
  }
  if (table.empty()) {
    console.out << "aucune convention\n";
  } else {
    table.SetTotal({"Total", "", "", "", "", amounts.Text(), all.ordered.Text(), all.paid.Text(),
                    (amounts - all.ordered).Text()});
    table.Print(console.out, console.width);
  }
  PrintEnd(args, position, footnote, client, console);
  return kExitDone;
}

}  // namespace

int RunConvention(const Args& args, Client& client, Console& console) {
  return args.command == Command::kConventionList ? ListConventions(args, client, console)
                                                  : ShowConvention(args, client, console);
}

}  // namespace registre::cli
