// cmd/registre/table.h, format.h and marks.h: what a person reads.
#include <gmock/gmock.h>

#include <sstream>

#include "cmd/registre/console.h"
#include "cmd/registre/format.h"
#include "cmd/registre/marks.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"

namespace registre::cli::registre_table_test {
namespace {

std::string Printed(const Table& table, size_t width = 120) {
  std::ostringstream out;
  table.Print(out, width);
  return out.str();
}

TEST(Table, AlignsAmountsUnderAHeaderAndOverATotal) {
  Table table({{"Code"}, {"Libellé"}, {"AE", Align::kRight}});
  table.AddRow({"C02", "Réf", "6 193 643,00"});
  table.AddRow({"C01-444", "Logement", "1,00"});
  table.SetTotal({"Total", "", "6 193 644,00"});
  EXPECT_EQ(Printed(table),
            "Code     Libellé             AE\n"
            "───────  ────────  ────────────\n"
            "C02      Réf       6 193 643,00\n"
            "C01-444  Logement          1,00\n"
            "───────  ────────  ────────────\n"
            "Total              6 193 644,00\n");
}

TEST(Table, NothingIsCutInAPipe) {
  const std::string label(500, 'x');
  Table table({{"Code"}, {"Libellé", Align::kLeft, Fit::kWrap}});
  table.AddRow({"C02-446A05", label});
  EXPECT_THAT(Printed(table, Console::kNoWidth),
              ::testing::HasSubstr("C02-446A05  " + label + "\n"));
}

TEST(Table, WrapsLabelsOfATerminal) {
  Table table({{"Règle"}, {"Constat", Align::kLeft, Fit::kWrap}});
  table.AddRow({"REMARK", "le titre nomme un dispositif que seul l'avenant apporte"});
  EXPECT_EQ(Printed(table, 34),
            "Règle   Constat\n"
            "──────  ──────────────────────────\n"
            "REMARK  le titre nomme un\n"
            "        dispositif que seul\n"
            "        l'avenant apporte\n");
}

TEST(Table, HeadersWrapBeforeLabelsDo) {
  Table table({{"Libellé", Align::kLeft, Fit::kWrap}, {"Solde après vote", Align::kRight}});
  table.AddRow({"Indemnisation des organismes", "863 451,77"});
  table.SetTotal({"Total", "863 451,77"});
  EXPECT_EQ(Printed(table, 41),
            "Libellé                       Solde après\n"
            "                                     vote\n"
            "────────────────────────────  ───────────\n"
            "Indemnisation des organismes   863 451,77\n"
            "────────────────────────────  ───────────\n"
            "Total                          863 451,77\n");
}

TEST(Table, WhereNothingHelpsARowIsABlock) {
  Table table({{"Code"}, {"AE", Align::kRight}, {"Vide"}, {"Disponible", Align::kRight}});
  table.AddHeading("EXERCICE 2023");
  table.AddRow({"C02-446A05", "6 193 643,00*", "", "863 451,77"});
  table.AddRow({"C01-444H03", "1 016 400,00", "", "600,00"});
  table.SetTotal({"Total", "7 210 043,00*", "", "864 051,77"});
  EXPECT_EQ(Printed(table, 30),
            "EXERCICE 2023\n"
            "Code        C02-446A05\n"
            "AE          6 193 643,00*\n"
            "Disponible  863 451,77\n"
            "\n"
            "Code        C01-444H03\n"
            "AE          1 016 400,00\n"
            "Disponible  600,00\n"
            "\n"
            "Code        Total\n"
            "AE          7 210 043,00*\n"
            "Disponible  864 051,77\n");
}

TEST(Table, HeadingsStandOverTheirRows) {
  Table table({{"A"}, {"B"}});
  table.AddHeading("FIRST : 1");
  table.AddRow({"1", "2"});
  table.AddHeading("SECOND : 1");
  table.AddRow({"3", "4"});
  EXPECT_EQ(Printed(table),
            "A  B\n"
            "─  ─\n"
            "FIRST : 1\n"
            "1  2\n"
            "SECOND : 1\n"
            "3  4\n");
}

TEST(Table, AColumnKeepsItsNarrowestWidth) {
  Table table({{"A", Align::kLeft, Fit::kWrap, 4}, {"B", Align::kLeft, Fit::kWrap, 10}});
  table.AddRow({"abcd fghi", "ab de fghi"});
  EXPECT_EQ(Printed(table, 16),
            "A     B\n"
            "────  ──────────\n"
            "abcd  ab de fghi\n"
            "fghi\n");
}

TEST(Table, LeavesOutAnEmptyColumn) {
  Table table({{"A"}, {"Vide"}, {"B"}});
  table.AddRow({"1", "", "2"});
  EXPECT_EQ(Printed(table),
            "A  B\n"
            "─  ─\n"
            "1  2\n");
}

TEST(Table, AStarStandsOutsideTheAlignment) {
  Table table({{"AE", Align::kRight}});
  table.AddRow({"12,00*"});
  table.AddRow({"3,00"});
  EXPECT_EQ(Printed(table),
            "   AE\n"
            "──────\n"
            "12,00*\n"
            " 3,00\n");
}

TEST(Table, TextOfAnActCannotBreakIt) {
  Table table({{"A"}, {"B"}});
  table.AddRow({"x\ny", "\x1b[2J"});
  EXPECT_EQ(Printed(table),
            "A    B\n"
            "───  ────\n"
            "x y   [2J\n");
}

TEST(Pairs, AlignValuesAndLeaveOutEmptyOnes) {
  std::ostringstream out;
  PrintPairs(out, 120, {{"Objet", "x"}, {"Close le", ""}, {"Signée le", "18/09/2023"}});
  EXPECT_EQ(out.str(),
            "Objet      x\n"
            "Signée le  18/09/2023\n");
}

TEST(Pairs, AValueWithoutRoomBesideItsNameStandsUnderIt) {
  std::ostringstream out;
  PrintPairs(out, 48,
             {{"  opening_convention_recorded", "signatures.authority_signed_on, number"},
              {"  payment_ordered", "date"}});
  EXPECT_EQ(out.str(),
            "  opening_convention_recorded\n"
            "    signatures.authority_signed_on, number\n"
            "  payment_ordered              date\n");
}

TEST(Format, Values) {
  v1::Date date;
  EXPECT_EQ(DateText(date), "");
  date.set_year(2023);
  date.set_month(9);
  date.set_day(18);
  EXPECT_EQ(DateText(date), "18/09/2023");
  EXPECT_EQ(Hex(std::string_view("\x00\xab", 2)), "00ab");
  EXPECT_EQ(Count(0, "anomalie"), "0 anomalie");
  EXPECT_EQ(Count(2, "anomalie"), "2 anomalies");
}

TEST(Format, PositionSaysThePointAskedFor) {
  v1::AsOf as_of;
  EXPECT_EQ(PositionText(std::nullopt, as_of), "le registre est vide");
  EXPECT_EQ(PositionText(63, as_of), "à la position #63");
  EXPECT_EQ(PositionText(0, as_of), "à la position #0");
  as_of.set_position(40);
  as_of.mutable_effective_on()->set_year(2023);
  as_of.mutable_effective_on()->set_month(9);
  as_of.mutable_effective_on()->set_day(17);
  EXPECT_EQ(PositionText(40, as_of), "à la position #40, connu à #40, en vigueur au 17/09/2023");
}

TEST(Marks, AnAssumedFieldMarksItsCellOnly) {
  AssumedFields fields;
  fields.Add("convention_signed.signatures.authority_signed_on");
  EXPECT_EQ(Cell(fields, "objet", {"convention_signed.object"}), "objet");
  EXPECT_EQ(Cell(fields, "18/09/2023", {"convention_signed.signatures.authority_signed_on"}),
            "18/09/2023*");
}

TEST(Marks, AFieldAroundOrInsideCounts) {
  AssumedFields around;
  around.Add("payment_ordered");
  EXPECT_EQ(Cell(around, "12", {"payment_ordered.mandat"}), "12*");
  AssumedFields inside;
  inside.Add("avenant_signed.tranches[0].schedule[1].due_on");
  EXPECT_EQ(Cell(inside, "x", {"avenant_signed.tranches.schedule"}), "x*");
  EXPECT_EQ(Cell(inside, "x", {"avenant_signed.tranches[0].schedule[1].due_on"}), "x*");
  EXPECT_EQ(Cell(inside, "x", {"avenant_signed.tranches.schedule[0].due_on"}), "x");
  EXPECT_EQ(Cell(inside, "x", {"avenant_signed.tranches[1].schedule"}), "x");
  EXPECT_EQ(Cell(inside, "x", {"avenant_signed.tranch"}), "x");
  EXPECT_EQ(Cell(inside, "", {"avenant_signed"}), "");
}

TEST(Marks, ASumIsAsSureAsWhatItAddsUp) {
  const Sum known{250};
  const Sum assumed{100, true};
  EXPECT_EQ((known + known).Text(), "5,00");
  EXPECT_EQ((known + assumed).Text(), "3,50*");
  EXPECT_EQ((known - assumed).Text(), "1,50*");
  Sum total;
  total += assumed;
  EXPECT_EQ(total.Text(), "1,00*");
}

TEST(Marks, TheFootnoteListsEachFieldOnce) {
  AssumedFields fields;
  fields.Add("session_held.roster[38].presence");
  fields.Add("session_held.roster[39].presence");
  fields.Add("avenant_signed.delta_cents");
  fields.Add("avenant_signed.amount_after_cents");
  fields.Add("payment_ordered");
  fields.Add("payment_ordered.date");
  Footnote footnote;
  footnote.Add(fields);
  footnote.Add(fields);
  std::ostringstream out;
  footnote.Print(out, 120);
  EXPECT_EQ(out.str(),
            "* supposé : le document ne le dit pas\n"
            "  avenant_signed   amount_after_cents, delta_cents\n"
            "  payment_ordered  tout l'acte\n"
            "  session_held     roster.presence\n");
  std::ostringstream nothing;
  Footnote().Print(nothing, 120);
  EXPECT_EQ(nothing.str(), "");
}

}  // namespace
}  // namespace registre::cli::registre_table_test
