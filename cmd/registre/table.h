// Tables on a terminal: two spaces between columns, a rule under the header, a totals line. Nothing
// is ever cut: where a table is wider than the terminal its headers and its kWrap columns wrap, and
// where that is not enough each row becomes a block of lines "header  cell".
//
//   Code        Libellé                                    AE    Disponible
//   ──────────  ──────────────────────────────────  ─────────────  ────────────
//   C02-446A05  Indemnisation des organismes référ…  6 193 643,00  1 545 780,28
//   ──────────  ──────────────────────────────────  ─────────────  ────────────
//   Total                                           17 378 916,00  6 081 894,18
#ifndef REGISTRE_CMD_REGISTRE_TABLE_H_
#define REGISTRE_CMD_REGISTRE_TABLE_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace registre::cli {

// Where a cell stands in its column.
enum class Align { kLeft, kRight };

// What happens to a cell when the table is wider than the terminal.
enum class Fit {
  kWhole,  // stays on its line
  kWrap,   // goes on in the lines below
};

// A column. A column whose cells are all empty is left out.
struct Column {
  std::string header;
  Align align = Align::kLeft;
  Fit fit = Fit::kWhole;
  // A column that may be made narrower keeps this many columns of the terminal.
  size_t narrowest = 12;
};

// A table, filled row by row and printed once. Cells are put on one line (OneLine). In a
// right-aligned column a trailing `*` stands outside the alignment, so that digits stay under
// digits.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // Missing cells are empty; more cells than columns is a programmer error.
  void AddRow(std::vector<std::string> cells);

  // A line over the rows that follow, in no column.
  void AddHeading(std::string text);

  // The last line, under a rule.
  void SetTotal(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }

  // Prints the table in at most `width` columns.
  void Print(std::ostream& out, size_t width) const;

 private:
  void PrintBlocks(std::ostream& out, size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::pair<size_t, std::string>> headings_;  // with the number of the row below
  std::vector<std::string> total_;
};

// An empty line, and the heading of the table or the lines that follow.
void PrintHeading(std::ostream& out, const char* text);

// Lines "name  value" with the values aligned, those with an empty value left out. A value too wide
// to stand beside the names stands under its own.
void PrintPairs(std::ostream& out, size_t width,
                const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_TABLE_H_
