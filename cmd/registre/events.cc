// registre events: the log by pages, or followed as it grows.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "cmd/registre/command.h"
#include "cmd/registre/event_printer.h"
#include "cmd/registre/format.h"
#include "ledger/proof/note.h"

namespace registre::cli {
namespace {

constexpr int kPageEvents = 1'000;
v1::EventQuery QueryOf(const Args& args) {
  v1::EventQuery query;
  if (args.tags.empty() && args.events.types.empty()) return query;
  v1::QueryItem* item = query.add_items();
  item->mutable_tags()->Assign(args.tags.begin(), args.tags.end());
  item->mutable_types()->Assign(args.events.types.begin(), args.events.types.end());
  return query;
}

int ReadPages(const Args& args, Client& client, Console& console) {
  v1::ReadEventsRequest request;
  *request.mutable_query() = QueryOf(args);
  if (args.events.from) request.set_from_position(*args.events.from);
  request.set_backward(args.events.backward);
  request.set_page_size(kPageEvents);
  if (args.events.limit && *args.events.limit < kPageEvents) {
    request.set_page_size(static_cast<int32_t>(*args.events.limit));
  }
  *request.mutable_options() = OptionsOf(args);
  EventPrinter printer(args.json, args.events.limit, client, console);
  std::optional<uint64_t> position;
  bool damaged = false;
  const absl::Status status = ForEachPage(*client.ledger, &v1::LedgerService::Stub::ReadEvents,
                                          request, [&](const v1::ReadEventsResponse& page) {
                                            position = PositionOf(page);
                                            for (const v1::RecordedEvent& event : page.events()) {
                                              if (printer.full()) return false;
                                              damaged = !printer.Print(event);
                                              if (damaged) return false;
                                            }
                                            return !printer.full();
                                          });
  if (!status.ok()) return Fail(status, args, console);
  if (damaged) return kExitRefused;
  if (args.json) return kExitDone;
  if (printer.printed() == 0) console.out << "aucun événement\n";
  PrintEnd(args, position, Footnote(), client, console);
  return kExitDone;
}

// Says where the subscription is: the last position it has delivered everything up to.
void SayCaughtUp(const v1::CaughtUp& caught_up, Console& console) {
  console.out.flush();
  console.err << (caught_up.has_position()
                      ? fmt::format("registre: caught up at position {}, waiting\n",
                                    caught_up.position())
                      : "registre: the ledger is empty, waiting\n");
}

// The origin of the log that the server serves, by its newest key; empty when it does not say.
std::string OriginServed(Client& client) {
  v1::ListKeysResponse keys;
  const absl::Status asked =
      Call(*client.audit, &v1::AuditService::Stub::ListKeys, v1::ListKeysRequest(), &keys);
  if (!asked.ok() || keys.verifier_keys().empty()) return "";
  const auto key = ParseVerifierKey(*keys.verifier_keys().rbegin());
  return key.ok() ? key->name : "";
}

int Follow(const Args& args, Client& client, Console& console) {
  v1::SubscribeRequest request;
  *request.mutable_query() = QueryOf(args);
  uint64_t next = args.events.from.value_or(0);
  request.set_from_position(next);
  request.set_origin(args.events.origin);
  // What is read from here on is of this log, whatever the one before it was called.
  const std::string served = args.events.origin.empty() ? "" : OriginServed(client);

  // No deadline: it lasts until the reader has enough.
  grpc::ClientContext context;
  std::atomic<bool> interrupted = false;
  if (console.on_interrupt) {
    console.on_interrupt([&] {
      interrupted = true;
      context.TryCancel();
    });
  }
  const auto stream = client.ledger->Subscribe(&context, request);
  EventPrinter printer(args.json, args.events.limit, client, console);
  bool damaged = false;
  bool accepted = false;
  bool news = true;
  v1::SubscribeResponse message;
  while (!damaged && !printer.full() && console.out.good() && stream->Read(&message)) {
    accepted = true;
    if (message.has_caught_up()) {
      if (message.caught_up().has_position()) {
        next = std::max(next, message.caught_up().position() + 1);
      }
      // Acts that others record and the query leaves out would say it again and again.
      if (news) SayCaughtUp(message.caught_up(), console);
      news = false;
      continue;
    }
    news = true;
    for (const v1::RecordedEvent& event : message.batch().events()) {
      if (damaged || printer.full()) break;
      damaged = !printer.Print(event);
      next = event.position() + 1;
    }
    if (!printer.full()) next = message.batch().position() + 1;
    console.out.flush();
  }
  const bool enough = damaged || printer.full() || !console.out.good();
  if (enough) context.TryCancel();
  const absl::Status status = FromGrpc(stream->Finish());
  if (console.on_interrupt) console.on_interrupt(nullptr);
  if (damaged) return kExitRefused;
  if (enough || interrupted || status.ok()) return kExitDone;
  const int exit = Fail(status, args, console);
  // To try again does not cure a position or an origin that was refused.
  if (!accepted && exit != kExitUnreached) return exit;
  const std::string& origin = accepted ? served : args.events.origin;
  console.err << fmt::format("  To go on from there: registre events --follow --from {}{}\n", next,
                             origin.empty() ? "" : " --origin " + origin);
  return exit;
}

}  // namespace

int RunEvents(const Args& args, Client& client, Console& console) {
  return args.events.follow ? Follow(args, client, console) : ReadPages(args, client, console);
}

}  // namespace registre::cli
