// registre admin consumers: who consumes the payment feed, how far each is, and what holds it up.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/table.h"

namespace registre::cli {
namespace {

std::string PlaceText(const v1::Consumer& consumer) {
  if (consumer.state().paused()) return "en pause";
  return consumer.attached() ? "connecté" : "déconnecté";
}

std::string TagsText(const google::protobuf::RepeatedPtrField<std::string>& tags) {
  std::string text;
  for (const std::string& tag : tags) text += (text.empty() ? "" : " ") + tag;
  return text;
}

void PrintParked(const v1::ConsumerState& state, LedgerTime* time, Console& console) {
  if (state.parked().empty()) return;
  Table table({{"Position", Align::kRight},
               {"Depuis le"},
               {"Essais", Align::kRight},
               {"Retient", Align::kLeft, Fit::kWrap},
               {"Motif", Align::kLeft, Fit::kWrap, 24}});
  for (const v1::ParkedPayment& parked : state.parked()) {
    table.AddRow({fmt::format("#{}", parked.position()), time->Text(parked.parked_at()),
                  fmt::format("{}", parked.tries()), TagsText(parked.tags()), parked.reason()});
  }
  PrintHeading(console.out, "Paiements mis de côté");
  table.Print(console.out, console.width);
}

void PrintSkipped(const v1::ConsumerState& state, LedgerTime* time, Console& console) {
  if (state.skipped().empty()) return;
  Table table(
      {{"Position", Align::kRight}, {"Le"}, {"Par"}, {"Motif", Align::kLeft, Fit::kWrap, 24}});
  for (const v1::SkippedPayment& skipped : state.skipped()) {
    table.AddRow({fmt::format("#{}", skipped.position()), time->Text(skipped.skipped_at()),
                  skipped.subject(), skipped.reason()});
  }
  PrintHeading(console.out, "Paiements écartés");
  table.Print(console.out, console.width);
}

void PrintConsumer(const v1::Consumer& consumer, Client& client, Console& console) {
  const v1::ConsumerState& state = consumer.state();
  const v1::ConsumerTotals& totals = state.totals();
  LedgerTime time(client);
  const auto count = [](uint64_t number, const char* one) {
    return Count(static_cast<int64_t>(number), one);
  };
  PrintPairs(
      console.out, console.width,
      {{"Consommateur", state.name()},
       {"État", PlaceText(consumer)},
       {"Créé le", time.Text(state.created_at())},
       {"Retard", count(consumer.lag(), "paiement")},
       {"Le plus ancien du", time.Text(consumer.oldest_recorded_at())},
       {"En cours", count(consumer.under_way(), "paiement")},
       {"Traité jusqu'à", fmt::format("avant #{}", state.low_water())},
       {"Retenus",
        state.held().empty() ? "" : count(static_cast<uint64_t>(state.held_size()), "paiement")},
       {"Depuis sa création",
        fmt::format("{} livrés dont {} à nouveau, {} traités, {} refusés, {} sans réponse",
                    totals.delivered(), totals.redelivered(), totals.acknowledged(),
                    totals.refused(), totals.unanswered())}});
  PrintParked(state, &time, console);
  PrintSkipped(state, &time, console);
}

int ListConsumers(const Args& args, Client& client, Console& console) {
  v1::ListConsumersResponse response;
  const absl::Status status = Call(*client.feed, &v1::PaymentFeedService::Stub::ListConsumers,
                                   v1::ListConsumersRequest(), &response);
  if (!status.ok()) return Fail(status, args, console);
  Table table({{"Consommateur"},
               {"État"},
               {"Retard", Align::kRight},
               {"Le plus ancien du"},
               {"En cours", Align::kRight},
               {"Mis de côté", Align::kRight},
               {"Retenus", Align::kRight}});
  LedgerTime time(client);
  for (const v1::Consumer& consumer : response.consumers()) {
    if (args.json) {
      PrintJson(console.out, consumer);
      continue;
    }
    table.AddRow({consumer.state().name(), PlaceText(consumer), fmt::format("{}", consumer.lag()),
                  time.Text(consumer.oldest_recorded_at()), fmt::format("{}", consumer.under_way()),
                  fmt::format("{}", consumer.parked()), fmt::format("{}", consumer.held())});
  }
  if (args.json) return kExitDone;
  if (table.empty()) {
    console.out << "aucun consommateur\n";
  } else {
    table.Print(console.out, console.width);
  }
  return kExitDone;
}

// Calls a method that answers with the consumer, and prints it.
template <class Request, class Response>
int CallAndPrint(const Args& args, Client& client, Console& console,
                 grpc::Status (v1::PaymentFeedService::Stub::*method)(grpc::ClientContext*,
                                                                      const Request&, Response*),
                 Request request) {
  request.set_name(args.subject);
  Response response;
  const absl::Status status = Call(*client.feed, method, request, &response);
  if (!status.ok()) return FailRead(status, "registre admin consumers list", args, console);
  if (args.json) {
    PrintJson(console.out, response.consumer());
  } else {
    PrintConsumer(response.consumer(), client, console);
  }
  return kExitDone;
}

template <class Request>
Request AtPosition(const Args& args) {
  Request request;
  request.set_position(args.consumer.position);
  return request;
}

v1::CreateConsumerRequest Creation(const Args& args) {
  v1::CreateConsumerRequest request;
  request.mutable_settings()->set_max_tries(args.consumer.max_tries);
  request.mutable_settings()->set_answer_within_ms(args.consumer.answer_within_seconds * 1'000);
  if (args.consumer.from_now) request.set_start(v1::CONSUMER_START_NOW);
  return request;
}

int DeleteConsumer(const Args& args, Client& client, Console& console) {
  v1::DeleteConsumerRequest request;
  request.set_name(args.subject);
  v1::DeleteConsumerResponse response;
  const absl::Status status =
      Call(*client.feed, &v1::PaymentFeedService::Stub::DeleteConsumer, request, &response);
  if (!status.ok()) return FailRead(status, "registre admin consumers list", args, console);
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    console.out << fmt::format("consommateur {} supprimé\n", args.subject);
  }
  return kExitDone;
}

}  // namespace

int RunConsumers(const Args& args, Client& client, Console& console) {
  using Stub = v1::PaymentFeedService::Stub;
  switch (args.command) {
    case Command::kConsumersShow:
      return CallAndPrint(args, client, console, &Stub::GetConsumer, v1::GetConsumerRequest());
    case Command::kConsumersCreate:
      return CallAndPrint(args, client, console, &Stub::CreateConsumer, Creation(args));
    case Command::kConsumersPause:
      return CallAndPrint(args, client, console, &Stub::PauseConsumer, v1::PauseConsumerRequest());
    case Command::kConsumersResume:
      return CallAndPrint(args, client, console, &Stub::ResumeConsumer,
                          v1::ResumeConsumerRequest());
    case Command::kConsumersRewind:
      return CallAndPrint(args, client, console, &Stub::RewindConsumer,
                          AtPosition<v1::RewindConsumerRequest>(args));
    case Command::kConsumersRetry:
      return CallAndPrint(args, client, console, &Stub::RetryParked,
                          AtPosition<v1::RetryParkedRequest>(args));
    case Command::kConsumersSkip: {
      auto request = AtPosition<v1::SkipParkedRequest>(args);
      request.set_reason(args.consumer.reason);
      return CallAndPrint(args, client, console, &Stub::SkipParked, request);
    }
    case Command::kConsumersDelete:
      return DeleteConsumer(args, client, console);
    default:
      return ListConsumers(args, client, console);
  }
}

}  // namespace registre::cli
