// registre convention: what a convention has become, avenants, tranches, schedule and payments.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/names.h"
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

struct Sums {
  int64_t ceiling = 0, ordered = 0, paid = 0;
};

Sums SumsOf(const v1::Convention& convention) {
  Sums sums;
  for (const v1::TrancheState& tranche : convention.tranches()) {
    sums.ceiling += tranche.tranche().ceiling_cents();
    sums.ordered += tranche.ordered_cents();
    sums.paid += tranche.paid_cents();
  }
  return sums;
}

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
      {{"Convention", marks.Cell(convention.number(), kNumberPaths)},
       {"Objet", marks.Cell(convention.object(), kObjectPaths)},
       {"Structure",
        response.structure_name().empty()
            ? convention.structure_id()
            : fmt::format("{} ({})", response.structure_name(), convention.structure_id())},
       {"Signée le", marks.Cell(DateText(convention.signed_on()), kSignedPaths) +
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
  const Sums sums = SumsOf(convention);
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
    console.out << fmt::format("Prochaine échéance : {} de la tranche {}, {}, {}\n",
                               Word(next->line->kind()), next->tranche->tranche().tranche_id(),
                               FormatCents(next->left_cents), DueText(*next));
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
  Heading("Mandats", console);
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
    const v1::Convention& convention = response.convention();
    footnote.Add(convention.assumed_fields());
    PrintHeader(response, console);
    PrintAvenants(convention, console);
    PrintTranches(convention, console);
    PrintSchedule(convention, console);
    PrintReports(convention, console);
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
  Sums all;
  for (const v1::Convention& convention : conventions) {
    RowMarks marks(convention.assumed_fields());
    const Sums sums = SumsOf(convention);
    all.ceiling += convention.amount_cents();
    all.ordered += sums.ordered;
    all.paid += sums.paid;
    const std::string signed_on = marks.Cell(DateText(convention.signed_on()), kSignedPaths);
    const std::string number = marks.Cell(convention.number(), kNumberPaths);
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
