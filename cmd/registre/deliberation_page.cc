#include "cmd/registre/deliberation_page.h"

#include <fmt/format.h>

#include "cmd/registre/format.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

// "12 structures non détaillées" stands on one line.
constexpr size_t kNarrowestPayee = 28;

void Heading(const char* text, Console& console) { console.out << '\n' << text << '\n'; }

std::string AmountOrNothing(int64_t cents) { return cents == 0 ? "" : FormatCents(cents); }

std::string TallyText(const v1::Tally& tally) {
  std::string text = fmt::format("{} pour, {} contre, {}", tally.votes_for(), tally.votes_against(),
                                 Count(tally.abstentions(), "abstention"));
  if (tally.not_voting() > 0) text += fmt::format(", {} sans prendre part", tally.not_voting());
  if (tally.absent_without_proxy() > 0) {
    text += fmt::format(" ({} sans pouvoir)", Count(tally.absent_without_proxy(), "absent"));
  }
  return text;
}

std::string AttendanceText(const v1::GetDeliberationResponse& response) {
  const v1::Attendance& attendance = response.deliberation().attendance();
  RowMarks marks(response.session().assumed_fields());
  return fmt::format(
      "{} en exercice, quorum {} ; {} ({}, {}), {}",
      marks.Cell(Count(attendance.members(), "membre"), {"session_held.members_in_office"}),
      attendance.quorum(),
      Count(attendance.present() + attendance.represented(), "présent ou représenté",
            "présents ou représentés"),
      Count(attendance.present(), "présent"),
      marks.Cell(Count(attendance.represented(), "représenté"), {"session_held.roster.presence"}),
      Count(attendance.absent(), "absent"));
}

std::string SignatureText(const v1::Signature& signature) {
  std::string text = signature.signatory();
  if (!signature.quality().empty()) text += fmt::format(", {}", signature.quality());
  if (!signature.by_delegation()) return text;
  return text + (signature.delegation_reference().empty()
                     ? ", par délégation non enregistrée"
                     : fmt::format(", par délégation {}", signature.delegation_reference()));
}

std::string OpinionsText(const v1::GetDeliberationResponse& response) {
  std::string text;
  for (const v1::Report& report : response.session().reports()) {
    if (report.report_number() != response.deliberation().report_number()) continue;
    for (const v1::Opinion& opinion : report.opinions()) {
      text += fmt::format("{}{} : {} le {}", text.empty() ? "" : " ; ", opinion.commission(),
                          Word(opinion.opinion()), DateText(opinion.date()));
    }
  }
  return text;
}

// Names of groups by vote: "Union pour le Pas-de-Calais (pour)".
std::string GroupsText(const v1::DeliberationVoted& act) {
  std::string text;
  for (const v1::GroupPosition& group : act.groups()) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : " ; ", group.group(), Word(group.vote()));
  }
  return text;
}

void PrintHeader(const v1::GetDeliberationResponse& response, Console& console) {
  const v1::Deliberation& deliberation = response.deliberation();
  const v1::DeliberationVoted& act = response.act();
  RowMarks marks(deliberation.assumed_fields());
  std::string transmitted =
      marks.Cell(DateText(deliberation.transmitted_on()), {"deliberation_transmitted.date"});
  if (!deliberation.ctes_number().empty()) {
    transmitted += fmt::format(", @CTES {}", marks.Cell(deliberation.ctes_number(),
                                                        {"deliberation_transmitted.ctes_number"}));
  }
  const std::string published =
      marks.Cell(DateText(deliberation.published_on()), {"deliberation_published.date"});
  const v1::SessionHeld& session = response.session().held();
  PrintPairs(
      console.out, console.width,
      {{"Délibération", fmt::format("n° {} du {}, {}", deliberation.number(),
                                    DateText(deliberation.date()), Word(deliberation.body()))},
       {"Objet", deliberation.title()},
       {"Séance",
        session.chair().empty()
            ? deliberation.session_id()
            : fmt::format("{}, présidée par {}", deliberation.session_id(), session.chair())},
       {"Rapport", deliberation.report_number()},
       {"Avis", OpinionsText(response)},
       {"Appel à projets", marks.Cell(deliberation.call_id(), {"deliberation_voted.call_id"})},
       {"Signature", act.has_signature() ? SignatureText(act.signature()) : ""},
       {"Transmise le", transmitted.empty() ? "pas encore" : transmitted},
       {"Publiée le", published.empty() ? "pas encore" : published}});
}

void PrintVote(const v1::GetDeliberationResponse& response, Console& console) {
  const v1::Deliberation& deliberation = response.deliberation();
  const v1::DeliberationVoted& act = response.act();
  Heading("Vote", console);
  PrintPairs(console.out, console.width,
             {{"Résultat", Word(deliberation.result())},
              {"Membres", AttendanceText(response)},
              {"Déclaré", TallyText(deliberation.declared())},
              {"Dérivé", TallyText(deliberation.derived())},
              {"Scrutin", Word(act.ballot())},
              {"Voix prépondérante", Word(act.casting_vote())},
              {"Groupes", GroupsText(act)}});
  if (act.recusals().empty()) return;
  Table table({{"Déport"}, {"Étendue", Align::kLeft, Fit::kCut}});
  for (const v1::Recusal& recusal : act.recusals()) {
    table.AddRow({recusal.member(), Word(recusal.scope())});
  }
  console.out << '\n';
  table.Print(console.out, console.width);
}

void PrintArticles(const v1::DeliberationVoted& act, Console& console) {
  Table articles({{"Article", Align::kRight},
                  {"Nature"},
                  {"Thématique"},
                  {"Montant", Align::kRight},
                  {"Texte", Align::kLeft, Fit::kCut}});
  for (const v1::Article& article : act.articles()) {
    articles.AddRow({article.number(), Word(article.kind()), article.thematic(),
                     AmountOrNothing(article.amount_cents()), article.text()});
    for (const v1::Imputation& imputation : article.imputations()) {
      articles.AddRow({"", "", "", FormatCents(imputation.expense_cents()),
                       fmt::format("{} {}", imputation.code(), imputation.label())});
    }
  }
  Heading("Articles", console);
  articles.Print(console.out, console.width);
  if (act.annexes().empty()) return;
  Table annexes({{"Annexe", Align::kRight}, {"Jointe"}, {"Titre", Align::kLeft, Fit::kCut}});
  for (const v1::Annex& annex : act.annexes()) {
    annexes.AddRow({annex.number(), annex.missing() ? "MANQUE" : "oui", annex.title()});
  }
  Heading("Annexes", console);
  annexes.Print(console.out, console.width);
}

void PrintThematics(const v1::GetDeliberationResponse& response, Console& console) {
  if (response.thematics().empty()) return;
  Table table({{"Thématique"},
               {"Titre", Align::kLeft, Fit::kCut},
               {"Opérations", Align::kRight},
               {"Attribué", Align::kRight},
               {"Sans montant nommé", Align::kRight}});
  int operations = 0;
  for (const v1::ThematicTotal& thematic : response.thematics()) {
    table.AddRow({thematic.thematic(), thematic.title(), fmt::format("{}", thematic.operations()),
                  FormatCents(thematic.allotted_cents()),
                  FormatCents(thematic.without_name_cents())});
    operations += thematic.operations();
  }
  table.SetTotal({"Total", "", fmt::format("{}", operations),
                  FormatCents(response.allotted_cents()),
                  FormatCents(response.without_name_cents())});
  Heading("Thématiques", console);
  table.Print(console.out, console.width);
}

// Who an allotment is for: its structure, or how many share it and those it names.
std::string Payee(const v1::Allotment& allotment, StructureNames& names) {
  if (!allotment.structure_id().empty()) return names.Of(allotment.structure_id());
  std::string text =
      allotment.structures_count() > 0
          ? fmt::format("{} non détaillée{}", Count(allotment.structures_count(), "structure"),
                        allotment.structures_count() > 1 ? "s" : "")
          : "structures non détaillées";
  const char* separator = ", dont ";
  for (const std::string& id : allotment.named_structure_ids()) {
    text += separator + names.Of(id);
    separator = ", ";
  }
  return text;
}

void PrintAllotments(const v1::GetDeliberationResponse& response, StructureNames& names,
                     Console& console) {
  const v1::Deliberation& deliberation = response.deliberation();
  if (deliberation.allotments().empty()) return;
  Table table({{"Attribution"},
               {"Structure", Align::kLeft, Fit::kWrap, kNarrowestPayee},
               {"Objet", Align::kLeft, Fit::kCut},
               {"Ligne"},
               {"Montant", Align::kRight},
               {"Conventionné", Align::kRight},
               {"Mandaté directement", Align::kRight},
               {"Libéré", Align::kRight},
               {"Reste", Align::kRight}});
  int64_t drawn = 0;
  int64_t left = 0;
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    const v1::Allotment& allotment = state.allotment();
    const int64_t allotment_left = allotment.amount_cents() - state.drawn_cents() -
                                   state.ordered_cents() - state.released_cents();
    table.AddRow({allotment.allotment_id(), Payee(allotment, names), allotment.label(),
                  allotment.budget_code(), FormatCents(allotment.amount_cents()),
                  FormatCents(state.drawn_cents()), AmountOrNothing(state.ordered_cents()),
                  AmountOrNothing(state.released_cents()), FormatCents(allotment_left)});
    drawn += state.drawn_cents();
    left += allotment_left;
  }
  table.SetTotal({"Total", "", "", "", FormatCents(response.allotted_cents()), FormatCents(drawn),
                  "", "", FormatCents(left)});
  Heading("Attributions", console);
  table.Print(console.out, console.width);
  if (response.without_name_cents() > 0) {
    console.out << fmt::format("dont {} sans montant nommé par structure\n",
                               FormatCents(response.without_name_cents()));
  }
}

}  // namespace

void PrintDeliberation(const v1::GetDeliberationResponse& response, StructureNames& names,
                       Console& console) {
  PrintHeader(response, console);
  PrintVote(response, console);
  PrintArticles(response.act(), console);
  PrintThematics(response, console);
  PrintAllotments(response, names, console);
}

}  // namespace registre::cli
