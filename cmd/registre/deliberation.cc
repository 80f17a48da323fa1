// registre deliberation: the list, and one deliberation (its page: deliberation_page.h).
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/deliberation_page.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"

namespace registre::cli {
namespace {

std::string ShortTally(const v1::Tally& tally) {
  return fmt::format("{}/{}/{}", tally.votes_for(), tally.votes_against(), tally.abstentions());
}

Sum AllottedBy(const v1::Deliberation& deliberation) {
  Sum sum;
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    sum += {state.amount_cents(), IsAssumed(state.assumed_fields(), kAllottedPaths)};
  }
  return sum;
}

int ListDeliberations(const Args& args, Client& client, Console& console) {
  Table table({{"Numéro"},
               {"Date"},
               {"Instance"},
               {"Objet", Align::kLeft, Fit::kWrap},
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
          const auto& fields = deliberation.assumed_fields();
          const auto cell = [&](std::string text, std::string_view path) {
            return Cell(fields, std::move(text), {path});
          };
          table.AddRow(
              {cell(deliberation.number(), "deliberation_voted.number"),
               cell(DateText(deliberation.date()), "deliberation_voted.date"),
               cell(Word(deliberation.body()), "deliberation_voted.body"),
               cell(deliberation.title(), "deliberation_voted.title"),
               cell(ShortTally(deliberation.declared()), "deliberation_voted.declared"),
               cell(Word(deliberation.result()), "deliberation_voted.result"),
               AllottedBy(deliberation).Text(),
               cell(DateText(deliberation.transmitted_on()), "deliberation_transmitted.date"),
               cell(DateText(deliberation.published_on()), "deliberation_published.date")});
          footnote.Add(fields);
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
  PrintEnd(args, position, footnote, client, console);
  return kExitDone;
}

int ShowDeliberation(const Args& args, Client& client, Console& console) {
  v1::GetDeliberationRequest request;
  request.set_number(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetDeliberationResponse response;
  const absl::Status status = Call(
      *client.deliberations, &v1::DeliberationService::Stub::GetDeliberation, request, &response);
  if (!status.ok()) return FailRead(status, "registre deliberation list", args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  StructureNames names(client, PinnedAt(OptionsOf(args), PositionOf(response)));
  PrintDeliberation(response, names, console);
  Footnote footnote;
  footnote.Add(response.deliberation().assumed_fields());
  footnote.Add(response.session().assumed_fields());
  for (const v1::AllotmentState& state : response.deliberation().allotments()) {
    footnote.Add(state.assumed_fields());
  }
  PrintEnd(args, PositionOf(response), footnote, client, console);
  return kExitDone;
}

}  // namespace

int RunDeliberation(const Args& args, Client& client, Console& console) {
  return args.command == Command::kDeliberationList ? ListDeliberations(args, client, console)
                                                    : ShowDeliberation(args, client, console);
}

}  // namespace registre::cli
