// registre structure: who is funded, with what, by which acts.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

constexpr std::string_view kNamePaths[] = {"structure_registered.identity.name",
                                           "structure_updated.after.name"};
constexpr std::string_view kSiretPaths[] = {"structure_registered.identity.siret",
                                            "structure_updated.after.siret"};

std::string AmountOrNothing(int64_t cents) { return cents == 0 ? "" : FormatCents(cents); }

struct Totals {
  int64_t allotted = 0, contracted = 0, ordered = 0, paid = 0;

  void Add(const v1::Structure& structure) {
    allotted += structure.allotted_cents();
    contracted += structure.contracted_cents();
    ordered += structure.ordered_cents();
    paid += structure.paid_cents();
  }
};

int List(const Args& args, Client& client, Console& console) {
  Table table({{"Id"},
               {"Nom", Align::kLeft, Fit::kCut},
               {"SIRET"},
               {"Attribué", Align::kRight},
               {"Conventionné", Align::kRight},
               {"Mandaté", Align::kRight},
               {"Payé", Align::kRight}});
  Totals totals;
  Footnote footnote;
  std::optional<uint64_t> position;
  v1::ListStructuresRequest request;
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status = ForEachPage(
      *client.structures, &v1::StructureService::Stub::ListStructures, request,
      [&](const auto& page) {
        position = PositionOf(page);
        for (const v1::Structure& structure : page.structures()) {
          if (args.json) {
            PrintJson(console.out, structure);
            continue;
          }
          RowMarks marks(structure.assumed_fields());
          const std::string name = marks.Cell(structure.identity().name(), kNamePaths);
          const std::string siret = marks.Cell(structure.identity().siret(), kSiretPaths);
          table.AddRow(
              {marks.Key(structure.structure_id()), name, siret,
               FormatCents(structure.allotted_cents()), FormatCents(structure.contracted_cents()),
               FormatCents(structure.ordered_cents()), FormatCents(structure.paid_cents())});
          totals.Add(structure);
          footnote.Add(structure.assumed_fields());
        }
        return true;
      });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  if (table.empty()) {
    console.out << "aucune structure\n";
  } else {
    table.SetTotal({"Total", "", "", FormatCents(totals.allotted), FormatCents(totals.contracted),
                    FormatCents(totals.ordered), FormatCents(totals.paid)});
    table.Print(console.out, console.width);
  }
  PrintEnd(args, position, footnote, console);
  return kExitDone;
}

// What is allotted by name is a floor where a deliberation splits nothing by structure: say so.
std::string KnownByName(const v1::Structure& structure) {
  std::string text = FormatCents(structure.allotted_cents());
  if (structure.named_without_amount() > 0) {
    text += fmt::format(
        " ; {} sans montant propre : c'est un minimum",
        Count(structure.named_without_amount(), "attribution la nomme", "attributions la nomment"));
  }
  return text;
}

void PrintStructure(const v1::Structure& structure, Console& console) {
  const v1::StructureIdentity& identity = structure.identity();
  RowMarks marks(structure.assumed_fields());
  std::vector<std::pair<std::string, std::string>> pairs = {
      {"Id", structure.structure_id()},
      {"Nom", marks.Cell(identity.name(), kNamePaths)},
      {"SIRET",
       identity.siret().empty() ? "pas encore connu" : marks.Cell(identity.siret(), kSiretPaths)}};
  for (const v1::DatedSiret& siret : structure.sirets()) {
    if (siret.siret() == identity.siret()) continue;
    const std::string since = DateText(siret.since());
    pairs.emplace_back("  auparavant",
                       siret.siret() + (since.empty() ? "" : fmt::format(" depuis le {}", since)));
  }
  pairs.emplace_back("RNA", identity.rna());
  pairs.emplace_back("Forme", Word(identity.legal_form()));
  pairs.emplace_back("Secteur", Word(identity.sector()));
  pairs.emplace_back("Commune", identity.commune());
  pairs.emplace_back("Demandé", AmountOrNothing(structure.requested_cents()));
  pairs.emplace_back("Attribué, connu nommément", KnownByName(structure));
  pairs.emplace_back("Conventionné",
                     fmt::format("{} ({})", FormatCents(structure.contracted_cents()),
                                 Count(structure.conventions(), "convention")));
  pairs.emplace_back("Mandaté", FormatCents(structure.ordered_cents()));
  pairs.emplace_back("Payé", FormatCents(structure.paid_cents()));
  PrintPairs(console.out, console.width, pairs);
}

int One(const Args& args, Client& client, Console& console) {
  v1::GetStructureRequest request;
  request.set_id(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetStructureResponse response;
  absl::Status status =
      Call(*client.structures, &v1::StructureService::Stub::GetStructure, request, &response);
  if (!status.ok()) return Fail(status, args, console);
  Footnote footnote;
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    PrintStructure(response.structure(), console);
    footnote.Add(response.structure().assumed_fields());
  }

  Table table({{"Position", Align::kRight},
               {"Date"},
               {"Acte"},
               {"Référence"},
               {"Libellé", Align::kLeft, Fit::kCut},
               {"Montant", Align::kRight}});
  v1::ListStructureActsRequest acts;
  acts.set_id(response.structure().structure_id());
  *acts.mutable_options() = PinnedAt(OptionsOf(args), PositionOf(response));
  status = ForEachPage(
      *client.structures, &v1::StructureService::Stub::ListStructureActs, acts,
      [&](const auto& page) {
        for (const v1::StructureAct& act : page.acts()) {
          if (args.json) {
            PrintJson(console.out, act);
            continue;
          }
          table.AddRow(
              {fmt::format("#{}{}", act.position(), act.assumed_fields().empty() ? "" : "*"),
               DateText(act.effective_date()), act.type(), act.reference(), act.label(),
               AmountOrNothing(act.amount_cents())});
          footnote.Add(act.assumed_fields());
        }
        return true;
      });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  console.out << '\n';
  table.Print(console.out, console.width);
  PrintEnd(args, PositionOf(response), footnote, console);
  return kExitDone;
}

}  // namespace

int RunStructure(const Args& args, Client& client, Console& console) {
  return args.command == Command::kStructureList ? List(args, client, console)
                                                 : One(args, client, console);
}

}  // namespace registre::cli
