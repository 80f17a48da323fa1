#include "cmd/registre/event_printer.h"

#include <fmt/format.h>

#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/text.h"
#include "ledger/acts/act.h"

namespace registre::cli {
namespace {

// Tags stand beside an event in at least as many columns; else below it, indented.
constexpr size_t kNarrowestTags = 32;
constexpr size_t kTagsIndent = 11;

}  // namespace

bool EventPrinter::Print(const v1::RecordedEvent& recorded) {
  v1::Event event;
  if (!event.ParseFromString(recorded.event())) {
    console_.err << fmt::format(
        "registre: DATA_LOSS: the bytes at position {} are no registre.v1.Event: is this program "
        "older than the server?\n",
        recorded.position());
    return false;
  }
  if (json_) {
    PrintJson(console_.out, event);
  } else {
    if (printed_ == 0) PrintHeader();
    PrintRow(event);
  }
  ++printed_;
  return true;
}

void EventPrinter::PrintLine(std::string_view position, std::string_view date, std::string_view act,
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

void EventPrinter::PrintHeader() {
  PrintLine("Position", "Date", "Acte", "Enregistré le", "Étiquettes");
  PrintLine("─────────", "──────────", "───────────────────────────", "───────────────────",
            "──────────");
}

void EventPrinter::PrintRow(const v1::Event& event) {
  const Days days = EffectiveDateOf(event.act());
  std::string tags;
  for (const v1::TagLink& link : event.tags()) tags += (tags.empty() ? "" : " ") + link.tag();
  PrintLine(fmt::format("#{}", event.position()), days == kAlways ? "" : FormatDate(FromDays(days)),
            OneLine(std::string(ActType(event.act()))), time_.Text(event.recorded_at()),
            OneLine(tags));
}

}  // namespace registre::cli
