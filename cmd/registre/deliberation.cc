// registre deliberation: the list, and one deliberation (its page: deliberation_page.h).
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/deliberation_page.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

std::string TallyText(const v1::Tally& tally) {
  return fmt::format("{}/{}/{}", tally.votes_for(), tally.votes_against(), tally.abstentions());
}

int64_t AllottedBy(const v1::Deliberation& deliberation) {
  int64_t cents = 0;
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    cents += state.allotment().amount_cents();
  }
  return cents;
}

int List(const Args& args, Client& client, Console& console) {
  Table table({{"Numéro"},
               {"Date"},
               {"Instance"},
               {"Objet", Align::kLeft, Fit::kCut},
               {"Vote"},
               {"Résultat"},
               {"Attribué", Align::kRight},
               {"Transmise le"},
               {"Publiée le"}});
  Footnote footnote;
  std::optional<uint64_t> position;
  v1::ListDeliberationsRequest request;
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status = ForEachPage(
      *client.deliberations, &v1::DeliberationService::Stub::ListDeliberations, request,
      [&](const v1::ListDeliberationsResponse& page) {
        position = PositionOf(page);
        for (const v1::Deliberation& deliberation : page.deliberations()) {
          if (args.json) {
            PrintJson(console.out, deliberation);
            continue;
          }
          RowMarks marks(deliberation.assumed_fields());
          const std::string transmitted = marks.Cell(DateText(deliberation.transmitted_on()),
                                                     {"deliberation_transmitted.date"});
          const std::string published =
              marks.Cell(DateText(deliberation.published_on()), {"deliberation_published.date"});
          table.AddRow({marks.Key(deliberation.number()), DateText(deliberation.date()),
                        Word(deliberation.body()), deliberation.title(),
                        TallyText(deliberation.declared()), Word(deliberation.result()),
                        FormatCents(AllottedBy(deliberation)), transmitted, published});
          footnote.Add(deliberation.assumed_fields());
        }
        return true;
      });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  if (table.empty()) {
    console.out << "aucune délibération\n";
  } else {
    table.Print(console.out, console.width);
  }
  PrintEnd(args, position, footnote, console);
  return kExitDone;
}

int One(const Args& args, Client& client, Console& console) {
  v1::GetDeliberationRequest request;
  request.set_number(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetDeliberationResponse response;
  const absl::Status status = Call(
      *client.deliberations, &v1::DeliberationService::Stub::GetDeliberation, request, &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  StructureNames names(client, PinnedAt(OptionsOf(args), PositionOf(response)));
  PrintDeliberation(response, names, console);
  Footnote footnote;
  footnote.Add(response.deliberation().assumed_fields());
  footnote.Add(response.session().assumed_fields());
  PrintEnd(args, PositionOf(response), footnote, console);
  return kExitDone;
}

}  // namespace

int RunDeliberation(const Args& args, Client& client, Console& console) {
  return args.command == Command::kDeliberationList ? List(args, client, console)
                                                    : One(args, client, console);
}

}  // namespace registre::cli
