// registre payments: the list of orders, one order, the statement of a convention, the feed.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "absl/time/clock.h"
#include "cmd/registre/command.h"
#include "cmd/registre/event_printer.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/names.h"
#include "cmd/registre/payment_cells.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/date.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

// What an order pays: a convention with its tranche, or an allotment.
std::string BasisText(const v1::PaymentBasis& basis) {
  if (basis.convention_number().empty()) {
    return fmt::format("{}, attribution {}", basis.deliberation_number(), basis.allotment_id());
  }
  return fmt::format("{}, tranche {}", basis.convention_number(), basis.tranche_id());
}

std::string BasisCell(const v1::Payment& payment) {
  return Cell(payment.assumed_fields(), BasisText(payment.basis()),
              {"payment_ordered.basis", "payment_reimputed.basis"});
}

v1::Date DaysAgo(int days) {
  const absl::CivilDay day = absl::ToCivilDay(absl::Now(), absl::LocalTimeZone()) - days;
  v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

bool IsRejected(const v1::Payment& payment) {
  return !payment.steps().empty() &&
         payment.steps().rbegin()->status() == v1::PAYMENT_STATUS_REJECTED;
}

int ListPayments(const Args& args, Client& client, Console& console) {
  Table table({{"Mandat"},
               {"Émis le"},
               {"Objet", Align::kLeft, Fit::kWrap},
               {"Structure", Align::kLeft, Fit::kWrap},
               {"Nature"},
               {"Montant", Align::kRight},
               {"Réduit de", Align::kRight},
               {"État", Align::kLeft, Fit::kWrap}});
  v1::ListPaymentsRequest request;
  request.set_convention_number(args.payments.convention);
  request.set_structure_id(args.payments.structure);
  request.set_fiscal_year(args.payments.fiscal_year);
  request.set_status(args.payments.status);
  if (args.payments.unanswered_days) {
    *request.mutable_unanswered_since() = DaysAgo(*args.payments.unanswered_days);
  }
  *request.mutable_options() = OptionsOf(args);
  std::vector<v1::Payment> payments;
  std::optional<uint64_t> position;
  const absl::Status status = ForEachPage(*client.payments, &v1::PaymentService::Stub::ListPayments,
                                          request, [&](const v1::ListPaymentsResponse& page) {
                                            position = PositionOf(page);
                                            for (const v1::Payment& payment : page.payments()) {
                                              if (args.json) {
                                                PrintJson(console.out, payment);
                                              } else {
                                                payments.push_back(payment);
                                              }
                                            }
                                            return true;
                                          });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  StructureNames names(client, PinnedAt(OptionsOf(args), position));
  Footnote footnote;
  Sum total;
  for (const v1::Payment& payment : payments) {
    table.AddRow({MandatCell(payment), OrderedOnCell(payment), BasisCell(payment),
                  names.Of(payment.structure_id()), Word(payment.kind()), OrderedCell(payment),
                  ReducedCell(payment), StatusCell(payment)});
    footnote.Add(payment.assumed_fields());
    if (IsRejected(payment)) continue;
    total += Sum{payment.amount_cents() - payment.reduced_cents(),
                 IsAssumed(payment.assumed_fields(), kOrderedPaths)};
  }
  if (table.empty()) {
    console.out << "aucun mandat\n";
  } else {
    table.SetTotal({"Net des rejets et des réductions", "", "", "", "", total.Text()});
    table.Print(console.out, console.width);
  }
  PrintEnd(args, position, footnote, client, console);
  return kExitDone;
}

void PrintRecoveries(const v1::Payment& payment, Console& console) {
  if (payment.recoveries().empty()) return;
  const auto& fields = payment.assumed_fields();
  Table table({{"Titre"},
               {"Exercice"},
               {"Émis le"},
               {"Montant", Align::kRight},
               {"Reçu", Align::kRight},
               {"Reste dû", Align::kRight}});
  for (const v1::PaymentRecovery& recovery : payment.recoveries()) {
    const Sum asked{recovery.amount_cents(), IsAssumed(fields, kAskedBackPaths)};
    const Sum received{recovery.received_cents(), IsAssumed(fields, kReceivedPaths)};
    table.AddRow(
        {Cell(fields, recovery.recovery_number(), {"recovery_ordered.recovery_number"}),
         Cell(fields, fmt::format("{}", recovery.fiscal_year()), {"recovery_ordered.fiscal_year"}),
         Cell(fields, DateText(recovery.date()), {"recovery_ordered.date"}), asked.Text(),
         received.Text(), (asked - received).Text()});
  }
  PrintHeading(console.out, "Titres de recettes");
  table.Print(console.out, console.width);
}

void PrintReimputations(const v1::Payment& payment, Console& console) {
  if (payment.reimputations().empty()) return;
  Table table({{"Réimputé le"},
               {"Auparavant", Align::kLeft, Fit::kWrap},
               {"Ligne"},
               {"Position", Align::kRight}});
  for (const v1::PaymentReimputation& reimputation : payment.reimputations()) {
    table.AddRow(
        {Cell(payment.assumed_fields(), DateText(reimputation.date()), {"payment_reimputed.date"}),
         BasisText(reimputation.basis_before()), reimputation.budget_code_before(),
         fmt::format("#{}", reimputation.position())});
  }
  PrintHeading(console.out, "Réimputations");
  table.Print(console.out, console.width);
}

int ShowPayment(const Args& args, Client& client, Console& console) {
  v1::GetPaymentRequest request;
  const size_t dash = args.subject.find('-');
  const std::string year = args.subject.substr(0, dash);
  const bool well_formed = dash == 4 && year.find_first_not_of("0123456789") == std::string::npos &&
                           args.subject.size() > dash + 1;
  if (!well_formed) {
    console.err << fmt::format(
        "registre: {} names no order: write the fiscal year, a dash and the mandat, for example "
        "2023-12\n",
        args.subject);
    return kExitUsage;
  }
  request.set_fiscal_year(std::stoi(year));
  request.set_mandat(args.subject.substr(dash + 1));
  *request.mutable_options() = OptionsOf(args);
  v1::GetPaymentResponse response;
  const absl::Status status =
      Call(*client.payments, &v1::PaymentService::Stub::GetPayment, request, &response);
  if (!status.ok()) return FailRead(status, "registre payments list", args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  const v1::Payment& payment = response.payment();
  const auto& fields = payment.assumed_fields();
  StructureNames names(client, PinnedAt(OptionsOf(args), PositionOf(response)));
  const int64_t net = IsRejected(payment) ? 0 : payment.amount_cents() - payment.reduced_cents();
  PrintPairs(console.out, console.width,
             {{"Mandat", MandatCell(payment)},
              {"Bordereau", Cell(fields, payment.bordereau(), {"payment_ordered.bordereau"})},
              {"Émis le", OrderedOnCell(payment)},
              {"Structure", names.Of(payment.structure_id())},
              {"Objet", BasisCell(payment)},
              {"Échéance", payment.basis().schedule_line_id()},
              {"Ligne", payment.budget_code()},
              {"Nature", Word(payment.kind())},
              {"Montant", OrderedCell(payment)},
              {"Réduit de", ReducedCell(payment)},
              {"Net", Sum{net, IsAssumed(fields, kOrderedPaths)}.Text()},
              {"Payé", payment.paid_cents() == 0
                           ? ""
                           : Sum{payment.paid_cents(), IsAssumed(fields, kPaidPaths)}.Text()},
              {"Ordonnateur", payment.ordered_by()}});
  Table table({{"Étape", Align::kLeft, Fit::kWrap}, {"Position", Align::kRight}});
  for (const v1::PaymentStep& step : payment.steps()) {
    table.AddRow({StepCell(payment, step), fmt::format("#{}", step.position())});
  }
  PrintHeading(console.out, "Étapes");
  table.Print(console.out, console.width);
  PrintRecoveries(payment, console);
  PrintReimputations(payment, console);
  Footnote footnote;
  footnote.Add(fields);
  PrintEnd(args, PositionOf(response), footnote, client, console);
  return kExitDone;
}

std::string LineName(const v1::StatementLine& line) {
  if (line.mandat().empty()) return "avant l'ouverture";
  return Cell(line.assumed_fields(), fmt::format("{}-{}", line.fiscal_year(), line.mandat()),
              {"payment_ordered.mandat", "payment_ordered.fiscal_year"});
}

// Of a line or a tranche; empty where nothing is asked back, so that the columns are left out.
template <typename R>
void AddRecoveryCells(const R& row, std::vector<std::string>* cells) {
  if (row.recovery_ordered_cents() == 0) return;
  const auto& fields = row.assumed_fields();
  cells->push_back(Sum{row.recovery_ordered_cents(), IsAssumed(fields, kAskedBackPaths)}.Text());
  cells->push_back(Sum{row.recovered_cents(), IsAssumed(fields, kReceivedPaths)}.Text());
}

void PrintStatementLines(const v1::GetStatementResponse& statement, Footnote* footnote,
                         Console& console) {
  Table table({{"Mandat"},
               {"Émis le"},
               {"Tranche"},
               {"Nature"},
               {"Net", Align::kRight},
               {"État"},
               {"Payé le"},
               {"Payé avant ce mandat", Align::kRight},
               {"Payé", Align::kRight},
               {"Redemandé", Align::kRight},
               {"Recouvré", Align::kRight}});
  // A sum of what was paid rests on each payment before it.
  bool assumed_before = false;
  for (const v1::StatementLine& line : statement.lines()) {
    const auto& fields = line.assumed_fields();
    std::vector<std::string> cells = {
        LineName(line),
        Cell(fields, DateText(line.ordered_on()),
             {"payment_ordered.date", "opening_payment_recorded.date"}),
        line.tranche_id(),
        Cell(fields, Word(line.kind()), {"payment_ordered.kind"}),
        Sum{line.net_cents(), IsAssumed(fields, kOrderedPaths)}.Text(),
        Word(line.status()),
        Cell(fields, DateText(line.paid_on()),
             {"payment_settled.date", "opening_payment_recorded.date"}),
        Sum{line.paid_before_cents(), assumed_before}.Text(),
        line.has_paid_on() ? Sum{line.paid_cents(), IsAssumed(fields, kPaidPaths)}.Text() : ""};
    AddRecoveryCells(line, &cells);
    table.AddRow(std::move(cells));
    assumed_before = assumed_before || (line.has_paid_on() && IsAssumed(fields, kPaidPaths));
    footnote->Add(fields);
  }
  if (table.empty()) {
    console.out << "aucun mandat\n";
  } else {
    table.Print(console.out, console.width);
  }
}

std::vector<std::string> TrancheCells(const v1::StatementTranche& tranche, const char* name) {
  const auto& fields = tranche.assumed_fields();
  const Sum ceiling{tranche.ceiling_cents(), IsAssumed(fields, kContractedPaths)};
  const Sum ordered{tranche.ordered_cents(), IsAssumed(fields, kOrderedPaths)};
  std::vector<std::string> cells = {
      name, ceiling.Text(), ordered.Text(),
      Sum{tranche.paid_cents(), IsAssumed(fields, kPaidPaths)}.Text(),
      Sum{tranche.left_to_order_cents(), ceiling.assumed || ordered.assumed}.Text()};
  AddRecoveryCells(tranche, &cells);
  return cells;
}

int ShowStatement(const Args& args, Client& client, Console& console) {
  v1::GetStatementRequest request;
  request.set_convention_number(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetStatementResponse statement;
  const absl::Status status =
      Call(*client.payments, &v1::PaymentService::Stub::GetStatement, request, &statement);
  if (!status.ok()) return FailRead(status, "registre convention list", args, console);
  if (args.json) {
    PrintJson(console.out, statement);
    return kExitDone;
  }
  StructureNames names(client, PinnedAt(OptionsOf(args), PositionOf(statement)));
  Footnote footnote;
  PrintPairs(console.out, console.width,
             {{"Décompte de la convention", statement.convention_number()},
              {"Structure", names.Of(statement.structure_id())}});
  console.out << '\n';
  PrintStatementLines(statement, &footnote, console);
  Table table({{"Tranche"},
               {"Plafond", Align::kRight},
               {"Mandaté", Align::kRight},
               {"Payé", Align::kRight},
               {"Reste à mandater", Align::kRight},
               {"Redemandé", Align::kRight},
               {"Recouvré", Align::kRight}});
  for (const v1::StatementTranche& tranche : statement.tranches()) {
    table.AddRow(TrancheCells(tranche, tranche.tranche_id().c_str()));
    footnote.Add(tranche.assumed_fields());
  }
  table.SetTotal(TrancheCells(statement.total(), "Total"));
  PrintHeading(console.out, "Reste à mandater");
  table.Print(console.out, console.width);
  PrintEnd(args, PositionOf(statement), footnote, client, console);
  return kExitDone;
}

// Prints what is delivered and acknowledges it once it is written.
int FollowFeed(const Args& args, Client& client, Console& console) {
  grpc::ClientContext context;
  std::atomic<bool> interrupted = false;
  if (console.on_interrupt) {
    console.on_interrupt([&] {
      interrupted = true;
      context.TryCancel();
    });
  }
  const auto stream = client.feed->Consume(&context);
  v1::ConsumeRequest request;
  request.mutable_attach()->set_consumer(args.payments.consumer);
  // No more than is shown: what is sent beyond would be held up for others until the call ends.
  constexpr uint64_t kWindow = 256;
  request.mutable_attach()->set_window(
      static_cast<int32_t>(std::min(args.payments.limit.value_or(kWindow), kWindow)));
  stream->Write(request);
  EventPrinter printer(args.json, args.payments.limit, client, console);
  bool damaged = false;
  v1::ConsumeResponse message;
  while (!damaged && !printer.full() && console.out.good() && stream->Read(&message)) {
    if (message.has_caught_up()) {
      console.err << fmt::format(
          "registre: caught up before position {}{}, waiting\n", message.caught_up().position(),
          message.caught_up().held() == 0
              ? ""
              : fmt::format(", {} held behind parked ones", message.caught_up().held()));
    }
    if (message.heartbeat().paused()) console.err << "registre: the consumer is paused\n";
    for (const v1::Delivery& delivery : message.deliveries().deliveries()) {
      request.Clear();
      for (const v1::RecordedEvent& event : delivery.events()) {
        if (printer.full() || damaged) break;
        damaged = !printer.Print(event);
        if (damaged) break;
        request.mutable_acknowledge()->set_delivery_id(delivery.delivery_id());
        request.mutable_acknowledge()->set_through_position(event.position());
      }
      console.out.flush();
      if (!console.out.good()) break;
      if (request.has_acknowledge()) stream->Write(request);
    }
  }
  // The answers written so far are taken before the end of the stream is.
  const bool enough = damaged || printer.full() || !console.out.good();
  if (enough) {
    stream->WritesDone();
    while (stream->Read(&message)) continue;
  }
  const absl::Status status = FromGrpc(stream->Finish());
  if (console.on_interrupt) console.on_interrupt(nullptr);
  if (damaged) return kExitRefused;
  if (enough || interrupted || status.ok()) return kExitDone;
  return Fail(status, args, console);
}

}  // namespace

int RunPayments(const Args& args, Client& client, Console& console) {
  switch (args.command) {
    case Command::kPaymentsShow:
      return ShowPayment(args, client, console);
    case Command::kPaymentsStatement:
      return ShowStatement(args, client, console);
    case Command::kPaymentsFollow:
      return FollowFeed(args, client, console);
    default:
      return ListPayments(args, client, console);
  }
}

}  // namespace registre::cli
