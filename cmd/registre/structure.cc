// registre structure: who is funded, with what, by which acts.
#include <fmt/format.h>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/payment_cells.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

constexpr std::string_view kNamePaths[] = {"structure_registered.identity.name",
                                           "structure_updated.after.name"};
constexpr std::string_view kSiretPaths[] = {"structure_registered.identity.siret",
                                            "structure_updated.after.siret"};

constexpr std::string_view kMergedPaths[] = {"structures_merged.date"};
constexpr std::string_view kRequestedPaths[] = {"application_submitted.requested_cents"};

struct Totals {
  Sum allotted, contracted, ordered, paid;

  Totals& operator+=(const Totals& other) {
    allotted += other.allotted;
    contracted += other.contracted;
    ordered += other.ordered;
    paid += other.paid;
    return *this;
  }
};

Totals TotalsOf(const v1::Structure& structure) {
  const auto& fields = structure.assumed_fields();
  return {.allotted = {structure.allotted_cents(), IsAssumed(fields, kAllottedPaths)},
          .contracted = {structure.contracted_cents(), IsAssumed(fields, kContractedPaths)},
          .ordered = {structure.ordered_cents(), IsAssumed(fields, kOrderedPaths)},
          .paid = {structure.paid_cents(), IsAssumed(fields, kPaidPaths)}};
}

// What is allotted by name is a floor where deliberations split nothing by structure.
std::string AtLeast(const Sum& allotted, bool is_floor) {
  return (is_floor ? "≥ " : "") + allotted.Text();
}

// What the deliberations at the point allot without a named amount, in cents.
absl::StatusOr<Sum> WithoutName(const v1::ReadOptions& options, Client& client) {
  Sum sum;
  v1::ListDeliberationsRequest request;
  *request.mutable_options() = options;
  const absl::Status status = ForEachPage(
      *client.deliberations, &v1::DeliberationService::Stub::ListDeliberations, request,
      [&](const v1::ListDeliberationsResponse& page) {
        for (const v1::Deliberation& deliberation : page.deliberations()) {
          for (const v1::AllotmentState& state : deliberation.allotments()) {
            if (!state.allotment().structure_id().empty()) continue;
            sum += {state.amount_cents(), IsAssumed(state.assumed_fields(), kAllottedPaths)};
          }
        }
        return true;
      });
  if (!status.ok()) return status;
  return sum;
}

void PrintList(const std::vector<v1::Structure>& structures, const Sum& without_name,
               Footnote* footnote, Console& console) {
  Table table({{"Id"},
               {"Nom", Align::kLeft, Fit::kWrap},
               {"SIRET"},
               {"Connu nommément", Align::kRight},
               {"Conventionné", Align::kRight},
               {"Mandaté", Align::kRight},
               {"Payé", Align::kRight}});
  Totals all;
  for (const v1::Structure& structure : structures) {
    const auto& fields = structure.assumed_fields();
    const Totals totals = TotalsOf(structure);
    table.AddRow({structure.structure_id(), Cell(fields, structure.identity().name(), kNamePaths),
                  Cell(fields, structure.identity().siret(), kSiretPaths),
                  AtLeast(totals.allotted, structure.named_without_amount() > 0),
                  totals.contracted.Text(), totals.ordered.Text(), totals.paid.Text()});
    all += totals;
    footnote->Add(fields);
  }
  if (table.empty()) {
    console.out << "aucune structure\n";
    return;
  }
  const bool is_floor = without_name.cents > 0;
  table.SetTotal({"Total", "", "", AtLeast(all.allotted, is_floor), all.contracted.Text(),
                  all.ordered.Text(), all.paid.Text()});
  table.Print(console.out, console.width);
  if (!is_floor) return;
  console.out << '\n';
  for (const std::string& line :
       Wrap(fmt::format(
                "≥ au moins : une attribution nomme la structure sans lui donner de montant. "
                "{} sont attribués sans montant nommé par structure.",
                without_name.Text()),
            console.width)) {
    console.out << line << '\n';
  }
}

int ListStructures(const Args& args, Client& client, Console& console) {
  std::vector<v1::Structure> structures;
  std::optional<uint64_t> position;
  v1::ListStructuresRequest request;
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status =
      ForEachPage(*client.structures, &v1::StructureService::Stub::ListStructures, request,
                  [&](const v1::ListStructuresResponse& page) {
                    position = PositionOf(page);
                    for (const v1::Structure& structure : page.structures()) {
                      if (args.json) {
                        PrintJson(console.out, structure);
                      } else {
                        structures.push_back(structure);
                      }
                    }
                    return true;
                  });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  const absl::StatusOr<Sum> without_name = WithoutName(PinnedAt(OptionsOf(args), position), client);
  if (!without_name.ok()) return Fail(without_name.status(), args, console);
  Footnote footnote;
  PrintList(structures, *without_name, &footnote, console);
  PrintEnd(args, position, footnote, client, console);
  return kExitDone;
}

// The same in words.
std::string KnownByName(const Sum& allotted, int named_without_amount) {
  std::string text = AtLeast(allotted, named_without_amount > 0);
  if (named_without_amount > 0) {
    text +=
        fmt::format(" ; {} sans montant propre : c'est un minimum",
                    Count(named_without_amount, "attribution la nomme", "attributions la nomment"));
  }
  return text;
}

void PrintStructure(const v1::Structure& structure, Console& console) {
  const v1::StructureIdentity& identity = structure.identity();
  const auto& fields = structure.assumed_fields();
  const Totals totals = TotalsOf(structure);
  std::vector<std::pair<std::string, std::string>> pairs = {
      {"Id", structure.structure_id()},
      {"Nom", Cell(fields, identity.name(), kNamePaths)},
      {"SIRET", identity.siret().empty() ? "pas encore connu"
                                         : Cell(fields, identity.siret(), kSiretPaths)}};
  for (const v1::DatedSiret& siret : structure.sirets()) {
    if (siret.siret() == identity.siret()) continue;
    const std::string since = DateText(siret.since());
    pairs.emplace_back("  auparavant",
                       siret.siret() + (since.empty() ? "" : fmt::format(" depuis le {}", since)));
  }
  if (!structure.merged_into().empty()) {
    pairs.emplace_back("Absorbée",
                       fmt::format("par {} le {}", structure.merged_into(),
                                   Cell(fields, DateText(structure.merged_on()), kMergedPaths)));
  }
  std::string absorbed;
  for (const std::string& id : structure.absorbed_structure_ids()) {
    absorbed += (absorbed.empty() ? "" : ", ") + id;
  }
  pairs.emplace_back("A absorbé", absorbed);
  pairs.emplace_back("RNA", identity.rna());
  pairs.emplace_back("Forme", Word(identity.legal_form()));
  pairs.emplace_back("Secteur", Word(identity.sector()));
  pairs.emplace_back("Commune", identity.commune());
  if (structure.requested_cents() != 0) {
    const Sum requested{structure.requested_cents(), IsAssumed(fields, kRequestedPaths)};
    pairs.emplace_back("Demandé", requested.Text());
  }
  pairs.emplace_back("Attribué, connu nommément",
                     KnownByName(totals.allotted, structure.named_without_amount()));
  pairs.emplace_back("Conventionné", fmt::format("{} ({})", totals.contracted.Text(),
                                                 Count(structure.conventions(), "convention")));
  pairs.emplace_back("Mandaté", totals.ordered.Text());
  pairs.emplace_back("Payé", totals.paid.Text());
  pairs.emplace_back("Redemandé", AskedBackText(structure));
  PrintPairs(console.out, console.width, pairs);
}

// Which cell of a history an assumed field is in: by the last step of its path.
enum class HistoryCell { kDate, kReference, kLabel, kAmount, kNone };

HistoryCell CellOf(std::string_view path) {
  const std::string_view field = path.substr(path.rfind('.') + 1);
  if (field == "date" || field == "authority_signed_on") return HistoryCell::kDate;
  if (field == "number" || field == "convention_number" || field == "avenant_number" ||
      field == "fiscal_year" || field == "mandat" || field == "allotment_id") {
    return HistoryCell::kReference;
  }
  if (field == "object" || field == "name" || field == "reason" || field == "label") {
    return HistoryCell::kLabel;
  }
  if (field == "amount_cents" || field == "delta_cents" || field == "reduction_cents" ||
      field == "requested_cents" || field == "proposed_cents" || field == "amount_after_cents") {
    return path.find("tranches") == std::string_view::npos ? HistoryCell::kAmount
                                                           : HistoryCell::kNone;
  }
  return HistoryCell::kNone;
}

std::vector<std::string> HistoryCells(const v1::StructureAct& act, std::string_view name) {
  const auto starred = [&](std::string text, HistoryCell cell) {
    bool assumed = false;
    for (const std::string& field : act.assumed_fields()) {
      // A path without a step is the whole act.
      assumed = assumed || field.find('.') == std::string::npos || CellOf(field) == cell;
    }
    return Starred(std::move(text), assumed);
  };
  std::string label = starred(act.label(), HistoryCell::kLabel);
  if (!act.corrected_by().empty()) {
    label = fmt::format("[corrigé par la rectification {}]{}{}", act.corrected_by(),
                        label.empty() ? "" : " ", label);
  }
  if (!act.name_as_written().empty() && act.name_as_written() != name) {
    label += fmt::format("{}écrit « {} »", label.empty() ? "" : ", ", act.name_as_written());
  }
  return {fmt::format("#{}", act.position()),
          starred(DateText(act.effective_date()), HistoryCell::kDate),
          act.type(),
          starred(act.reference(), HistoryCell::kReference),
          std::move(label),
          starred(act.amount_cents() == 0 ? "" : FormatCents(act.amount_cents()),
                  HistoryCell::kAmount)};
}

// The acts of the structure, in the state of `response`.
absl::Status PrintHistory(const Args& args, const v1::GetStructureResponse& response,
                          Client& client, Footnote* footnote, Console& console) {
  Table table({{"Position", Align::kRight},
               {"Date"},
               {"Acte"},
               {"Référence"},
               {"Libellé", Align::kLeft, Fit::kWrap},
               {"Montant", Align::kRight}});
  v1::ListStructureActsRequest request;
  request.set_id(response.structure().structure_id());
  *request.mutable_options() = PinnedAt(OptionsOf(args), PositionOf(response));
  const absl::Status status =
      ForEachPage(*client.structures, &v1::StructureService::Stub::ListStructureActs, request,
                  [&](const v1::ListStructureActsResponse& page) {
                    for (const v1::StructureAct& act : page.acts()) {
                      if (args.json) {
                        PrintJson(console.out, act);
                        continue;
                      }
                      table.AddRow(HistoryCells(act, response.structure().identity().name()));
                      footnote->Add(act.assumed_fields());
                    }
                    return true;
                  });
  if (!status.ok() || args.json) return status;
  console.out << '\n';
  table.Print(console.out, console.width);
  return absl::OkStatus();
}

int ShowStructure(const Args& args, Client& client, Console& console) {
  v1::GetStructureRequest request;
  request.set_id(args.subject);
  *request.mutable_options() = OptionsOf(args);
  v1::GetStructureResponse response;
  absl::Status status =
      Call(*client.structures, &v1::StructureService::Stub::GetStructure, request, &response);
  if (!status.ok()) return FailRead(status, "registre structure list", args, console);
  Footnote footnote;
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    PrintStructure(response.structure(), console);
    footnote.Add(response.structure().assumed_fields());
  }
  status = PrintHistory(args, response, client, &footnote, console);
  if (!status.ok()) return Fail(status, args, console);
  if (!args.json) PrintEnd(args, PositionOf(response), footnote, client, console);
  return kExitDone;
}

}  // namespace

int RunStructure(const Args& args, Client& client, Console& console) {
  return args.command == Command::kStructureList ? ListStructures(args, client, console)
                                                 : ShowStructure(args, client, console);
}

}  // namespace registre::cli
