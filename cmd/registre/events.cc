// registre events: the log by pages, or followed as it grows.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/text.h"
#include "ledger/acts/act.h"
#include "registre/v1/event.pb.h"

namespace registre::cli {
namespace {

constexpr int kPageEvents = 1'000;
// Tags stand beside an event in at least as many columns; else below it, indented.
constexpr size_t kNarrowestTags = 32;
constexpr size_t kTagsIndent = 11;

v1::EventQuery QueryOf(const Args& args) {
  v1::EventQuery query;
  if (args.tags.empty() && args.events.types.empty()) return query;
  v1::QueryItem* item = query.add_items();
  item->mutable_tags()->Assign(args.tags.begin(), args.tags.end());
  item->mutable_types()->Assign(args.events.types.begin(), args.events.types.end());
  return query;
}

// Prints events one by one, up to the limit: widths are fixed, so that nothing waits for the last.
class EventPrinter {
 public:
  EventPrinter(const Args& args, Client& client, Console& console)
      : args_(args), time_(client), console_(console) {}

  // False when its bytes are no event (said on err).
  bool Print(const v1::RecordedEvent& recorded) {
    v1::Event event;
    if (!event.ParseFromString(recorded.event())) {
      console_.err << fmt::format(
          "registre: DATA_LOSS: the bytes at position {} are no registre.v1.Event: is this program "
          "older than the server?\n",
          recorded.position());
      return false;
    }
    if (args_.json) {
      PrintJson(console_.out, event);
    } else {
      if (printed_ == 0) PrintHeader();
      PrintRow(event);
    }
    ++printed_;
    return true;
  }

  bool full() const { return args_.events.limit && printed_ >= *args_.events.limit; }
  uint64_t printed() const { return printed_; }

 private:
  void PrintLine(std::string_view position, std::string_view date, std::string_view act,
                 std::string_view recorded_at, std::string_view tags) {
    std::string lead =
        fmt::format("{:>9}  {:<10}  {:<27}  {:<19}  ", position, date, act, recorded_at);
    std::string rest(tags);
    // What finds no room beside the event stands below it.
    size_t margin = DisplayWidth(lead);
    if (console_.width < margin + kNarrowestTags) {
      if (console_.width < margin) {
        lead = fmt::format("{:>9}  {:<10}  {:<27}", position, date, act);
        rest = fmt::format("{} {}", recorded_at, tags);
      }
      lead.erase(lead.find_last_not_of(' ') + 1);
      console_.out << lead << '\n';
      margin = kTagsIndent;
      lead = std::string(margin, ' ');
    }
    for (const std::string& line : Wrap(rest, console_.width - margin)) {
      lead += line;
      lead.erase(lead.find_last_not_of(' ') + 1);
      console_.out << lead << '\n';
      lead = std::string(margin, ' ');
    }
  }

  void PrintHeader() {
    PrintLine("Position", "Date", "Acte", "Enregistré le", "Étiquettes");
    PrintLine("─────────", "──────────", "───────────────────────────", "───────────────────",
              "──────────");
  }

  void PrintRow(const v1::Event& event) {
    const Days days = EffectiveDateOf(event.act());
    std::string tags;
    for (const v1::TagLink& link : event.tags()) tags += (tags.empty() ? "" : " ") + link.tag();
    PrintLine(
        fmt::format("#{}", event.position()), days == kAlways ? "" : FormatDate(FromDays(days)),
        OneLine(std::string(ActType(event.act()))), time_.Text(event.recorded_at()), OneLine(tags));
  }

  const Args& args_;
  LedgerTime time_;
  Console& console_;
  uint64_t printed_ = 0;
};

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
  EventPrinter printer(args, client, console);
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

int Follow(const Args& args, Client& client, Console& console) {
  v1::SubscribeRequest request;
  *request.mutable_query() = QueryOf(args);
  uint64_t next = args.events.from.value_or(0);
  request.set_from_position(next);

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
  EventPrinter printer(args, client, console);
  bool damaged = false;
  bool news = true;
  v1::SubscribeResponse message;
  while (!damaged && !printer.full() && console.out.good() && stream->Read(&message)) {
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
  console.err << fmt::format("  To go on from there: registre events --follow --from {}\n", next);
  return exit;
}

}  // namespace

int RunEvents(const Args& args, Client& client, Console& console) {
  return args.events.follow ? Follow(args, client, console) : ReadPages(args, client, console);
}

}  // namespace registre::cli
