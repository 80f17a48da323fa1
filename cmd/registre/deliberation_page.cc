#include "cmd/registre/deliberation_page.h"

#include <fmt/format.h>

#include "cmd/registre/format.h"
#include "cmd/registre/marks.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

// "12 structures non détaillées" stands on one line.
constexpr size_t kNarrowestPayee = 28;

constexpr std::string_view kVotedPaths[] = {"deliberation_voted.allotments.amount_cents"};

std::string AmountOrNothing(const Sum& sum) { return sum.cents == 0 ? "" : sum.Text(); }

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
  const auto& fields = response.session().assumed_fields();
  // Who is counted is known by the roster; the quorum is half of the members in office.
  const bool members = IsAssumed(fields, {"session_held.members_in_office"});
  const bool roster = IsAssumed(fields, {"session_held.roster.presence"});
  return fmt::format("{} en exercice, quorum {} ; {} ({}, {}), {}",
                     Starred(Count(attendance.members(), "membre"), members),
                     Starred(fmt::format("{}", attendance.quorum()), members),
                     Starred(Count(attendance.present() + attendance.represented(),
                                   "présent ou représenté", "présents ou représentés"),
                             roster),
                     Count(attendance.present(), "présent"),
                     Starred(Count(attendance.represented(), "représenté"), roster),
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

// Names of groups by vote: "Union pour le Pas-de-Calais (pour)". A group that is not voting is in
// the line of the absent members (assembly.proto).
std::string GroupsText(const v1::DeliberationVoted& act) {
  std::string text;
  for (const v1::GroupPosition& group : act.groups()) {
    const bool absent = group.vote() == v1::VOTE_NOT_VOTING;
    text += fmt::format("{}{} ({})", text.empty() ? "" : " ; ", group.group(),
                        absent ? "absents sans délégation de vote" : Word(group.vote()));
  }
  return text;
}

void PrintHeader(const v1::GetDeliberationResponse& response, Console& console) {
  const v1::Deliberation& deliberation = response.deliberation();
  const v1::DeliberationVoted& act = response.act();
  const auto& fields = deliberation.assumed_fields();
  std::string transmitted =
      Cell(fields, DateText(deliberation.transmitted_on()), {"deliberation_transmitted.date"});
  if (!deliberation.ctes_number().empty()) {
    transmitted += fmt::format(", @CTES {}", Cell(fields, deliberation.ctes_number(),
                                                  {"deliberation_transmitted.ctes_number"}));
  }
  const std::string published =
      Cell(fields, DateText(deliberation.published_on()), {"deliberation_published.date"});
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
       {"Appel à projets", Cell(fields, deliberation.call_id(), {"deliberation_voted.call_id"})},
       {"Signature", act.has_signature() ? SignatureText(act.signature()) : ""},
       {"Transmise le", transmitted.empty() ? "pas encore" : transmitted},
       {"Publiée le", published.empty() ? "pas encore" : published},
       {"Retirée le",
        Cell(fields, DateText(deliberation.withdrawn_on()), {"deliberation_withdrawn.date"})},
       {"Annulée le",
        Cell(fields, DateText(deliberation.annulled_on()), {"deliberation_annulled.date"})}});
}

void PrintVote(const v1::GetDeliberationResponse& response, Console& console) {
  const v1::Deliberation& deliberation = response.deliberation();
  const v1::DeliberationVoted& act = response.act();
  const auto& fields = deliberation.assumed_fields();
  PrintHeading(console.out, "Vote");
  PrintPairs(
      console.out, console.width,
      {{"Résultat", Cell(fields, Word(deliberation.result()), {"deliberation_voted.result"})},
       {"Membres", AttendanceText(response)},
       {"Déclaré",
        Cell(fields, TallyText(deliberation.declared()), {"deliberation_voted.declared"})},
       {"Dérivé", TallyText(deliberation.derived())},
       {"Scrutin", Word(act.ballot())},
       {"Voix prépondérante", Word(act.casting_vote())},
       {"Groupes", GroupsText(act)}});
  if (act.recusals().empty()) return;
  Table table({{"Déport"}, {"Étendue", Align::kLeft, Fit::kWrap}});
  for (const v1::Recusal& recusal : act.recusals()) {
    table.AddRow({recusal.member(), Word(recusal.scope())});
  }
  console.out << '\n';
  table.Print(console.out, console.width);
}

void PrintArticles(const v1::GetDeliberationResponse& response, Console& console) {
  const v1::DeliberationVoted& act = response.act();
  const auto& fields = response.deliberation().assumed_fields();
  Table articles({{"Article", Align::kRight},
                  {"Nature"},
                  {"Thématique"},
                  {"Montant", Align::kRight},
                  {"Texte", Align::kLeft, Fit::kWrap}});
  for (int i = 0; i < act.articles_size(); ++i) {
    const v1::Article& article = act.articles(i);
    const std::string path = fmt::format("deliberation_voted.articles[{}].", i);
    const Sum amount{article.amount_cents(), IsAssumed(fields, {path + "amount_cents"})};
    articles.AddRow({article.number(), Word(article.kind()), article.thematic(),
                     AmountOrNothing(amount), article.text()});
    for (const v1::Imputation& imputation : article.imputations()) {
      const Sum expense{imputation.expense_cents(), IsAssumed(fields, {path + "imputations"})};
      articles.AddRow({"", "", "", expense.Text(),
                       fmt::format("{} {}", imputation.code(), imputation.label())});
    }
  }
  PrintHeading(console.out, "Articles");
  articles.Print(console.out, console.width);
  if (act.annexes().empty()) return;
  Table annexes({{"Annexe", Align::kRight}, {"Jointe"}, {"Titre", Align::kLeft, Fit::kWrap}});
  for (const v1::Annex& annex : act.annexes()) {
    annexes.AddRow({annex.number(), annex.missing() ? "MANQUE" : "oui", annex.title()});
  }
  PrintHeading(console.out, "Annexes");
  annexes.Print(console.out, console.width);
}

// What became of the deliberation after its vote.
void PrintChanges(const v1::Deliberation& deliberation, Console& console) {
  if (deliberation.changes().empty()) return;
  const auto& fields = deliberation.assumed_fields();
  Table table({{"Position", Align::kRight},
               {"Date"},
               {"Acte"},
               {"Par", Align::kLeft, Fit::kWrap},
               {"Motif", Align::kLeft, Fit::kWrap}});
  for (const v1::DeliberationChange& change : deliberation.changes()) {
    const auto cell = [&](std::string text, std::string_view field) {
      return Cell(fields, std::move(text), {fmt::format("{}.{}", change.type(), field)});
    };
    const std::string by = change.decision().empty() ? cell(DeliberationText(change.by()), "by")
                                                     : cell(change.decision(), "decision");
    table.AddRow({fmt::format("#{}", change.position()), cell(DateText(change.date()), "date"),
                  change.type(), by, cell(change.reason(), "reason")});
  }
  PrintHeading(console.out, "Suites");
  table.Print(console.out, console.width);
}

void PrintThematics(const v1::GetDeliberationResponse& response, Console& console) {
  if (response.thematics().empty()) return;
  Table table({{"Thématique"},
               {"Titre", Align::kLeft, Fit::kWrap},
               {"Opérations", Align::kRight},
               {"Attribué", Align::kRight},
               {"Sans montant nommé", Align::kRight}});
  int operations = 0;
  Sum all_allotted;
  Sum all_without_name;
  for (const v1::ThematicTotal& thematic : response.thematics()) {
    Sum allotted{thematic.allotted_cents()};
    for (const v1::AllotmentState& state : response.deliberation().allotments()) {
      if (state.allotment().thematic() != thematic.thematic()) continue;
      allotted.assumed = allotted.assumed || IsAssumed(state.assumed_fields(), kAllottedPaths);
    }
    const Sum without_name{thematic.without_name_cents(), allotted.assumed};
    table.AddRow({thematic.thematic(), thematic.title(), fmt::format("{}", thematic.operations()),
                  allotted.Text(), without_name.Text()});
    operations += thematic.operations();
    all_allotted += allotted;
    all_without_name += without_name;
  }
  table.SetTotal(
      {"Total", "", fmt::format("{}", operations), all_allotted.Text(), all_without_name.Text()});
  PrintHeading(console.out, "Thématiques");
  table.Print(console.out, console.width);
}

// Who an allotment is for: its structure, with its name as written where that differs, or how many
// share it and those it names.
std::string Payee(const v1::Allotment& allotment, StructureNames& names) {
  if (!allotment.structure_id().empty()) {
    const std::string& name = names.Of(allotment.structure_id());
    const std::string& written = allotment.structure_name_as_written();
    const bool differs = !written.empty() && written != name;
    return differs ? fmt::format("{}, écrit « {} »", name, written) : name;
  }
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

// What has become of an allotment.
struct AllotmentSums {
  Sum voted, amount, drawn, ordered, released;

  Sum left() const { return amount - drawn - ordered - released; }
};

AllotmentSums SumsOf(const v1::AllotmentState& state) {
  const auto& fields = state.assumed_fields();
  return {.voted = {state.allotment().amount_cents(), IsAssumed(fields, kVotedPaths)},
          .amount = {state.amount_cents(), IsAssumed(fields, kAllottedPaths)},
          .drawn = {state.drawn_cents(), IsAssumed(fields, kContractedPaths)},
          .ordered = {state.ordered_cents(), IsAssumed(fields, kOrderedPaths)},
          .released = {state.released_cents(), IsAssumed(fields, kReleasedPaths)}};
}

// What was voted, where it is no longer what is allotted.
std::string VotedText(const AllotmentSums& sums) {
  return sums.voted.cents == sums.amount.cents ? "" : sums.voted.Text();
}

void PrintAllotments(const v1::GetDeliberationResponse& response, StructureNames& names,
                     Console& console) {
  const v1::Deliberation& deliberation = response.deliberation();
  if (deliberation.allotments().empty()) return;
  Table table({{"Attribution"},
               {"Structure", Align::kLeft, Fit::kWrap, kNarrowestPayee},
               {"Objet", Align::kLeft, Fit::kWrap},
               {"Ligne"},
               {"Voté", Align::kRight},
               {"Montant", Align::kRight},
               {"Conventionné", Align::kRight},
               {"Mandaté directement", Align::kRight},
               {"Libéré", Align::kRight},
               {"Reste", Align::kRight}});
  AllotmentSums all;
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    const v1::Allotment& allotment = state.allotment();
    const AllotmentSums sums = SumsOf(state);
    table.AddRow({allotment.allotment_id(), Payee(allotment, names), allotment.label(),
                  allotment.budget_code(), VotedText(sums), sums.amount.Text(), sums.drawn.Text(),
                  AmountOrNothing(sums.ordered), AmountOrNothing(sums.released),
                  sums.left().Text()});
    all.voted += sums.voted;
    all.amount += sums.amount;
    all.drawn += sums.drawn;
    all.ordered += sums.ordered;
    all.released += sums.released;
  }
  table.SetTotal({"Total", "", "", "", VotedText(all), all.amount.Text(), all.drawn.Text(),
                  AmountOrNothing(all.ordered), AmountOrNothing(all.released), all.left().Text()});
  PrintHeading(console.out, "Attributions");
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
  PrintArticles(response, console);
  PrintThematics(response, console);
  PrintAllotments(response, names, console);
  PrintChanges(response.deliberation(), console);
}

}  // namespace registre::cli
