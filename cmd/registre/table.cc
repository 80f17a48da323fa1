#include "cmd/registre/table.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cmd/registre/text.h"

namespace registre::cli {
namespace {

constexpr size_t kGap = 2;
// Narrowest value of a pair.
constexpr size_t kMinValue = 12;

using Row = std::vector<std::string>;

// A table made ready to print: empty columns taken out, widths known.
struct Layout {
  std::vector<Column> columns;
  std::vector<Row> rows;
  Row total;
  std::vector<size_t> widths;
};

std::string Repeat(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

bool IsStarred(const std::string& cell) { return cell.ends_with('*'); }

// Pads the cells of a right-aligned column where another one ends in `*`.
void AlignStars(Layout* layout, size_t column) {
  bool starred = !layout->total.empty() && IsStarred(layout->total[column]);
  for (const Row& row : layout->rows) starred = starred || IsStarred(row[column]);
  if (!starred) return;
  const auto pad = [](std::string* cell) {
    if (!cell->empty() && !IsStarred(*cell)) *cell += ' ';
  };
  for (Row& row : layout->rows) pad(&row[column]);
  if (!layout->total.empty()) pad(&layout->total[column]);
  layout->columns[column].header += ' ';
}

Layout Prepare(const std::vector<Column>& columns, const std::vector<Row>& rows, const Row& total) {
  Layout layout;
  layout.rows.resize(rows.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    const bool has_content =
        rows.empty() ||
        std::any_of(rows.begin(), rows.end(), [c](const Row& row) { return !row[c].empty(); });
    if (!has_content) continue;
    layout.columns.push_back(columns[c]);
    for (size_t r = 0; r < rows.size(); ++r) layout.rows[r].push_back(rows[r][c]);
    if (!total.empty()) layout.total.push_back(total[c]);
  }
  for (size_t c = 0; c < layout.columns.size(); ++c) {
    if (layout.columns[c].align == Align::kRight) AlignStars(&layout, c);
    size_t width = DisplayWidth(layout.columns[c].header);
    for (const Row& row : layout.rows) width = std::max(width, DisplayWidth(row[c]));
    if (!layout.total.empty()) width = std::max(width, DisplayWidth(layout.total[c]));
    layout.widths.push_back(width);
  }
  return layout;
}

// Takes columns off the widest shrinkable one until the table fits, or nothing more can be taken.
void Shrink(Layout* layout, size_t width) {
  size_t all = kGap * (layout->widths.empty() ? 0 : layout->widths.size() - 1);
  for (const size_t w : layout->widths) all += w;
  while (all > width) {
    size_t widest = layout->widths.size();
    for (size_t c = 0; c < layout->widths.size(); ++c) {
      if (layout->columns[c].fit == Fit::kWhole ||
          layout->widths[c] <= layout->columns[c].narrowest)
        continue;
      if (widest == layout->widths.size() || layout->widths[c] > layout->widths[widest]) widest = c;
    }
    if (widest == layout->widths.size()) return;
    --layout->widths[widest];
    --all;
  }
}

// One line of the terminal, without spaces at its end.
void PrintLine(std::ostream& out, const Layout& layout, const Row& cells) {
  std::string line;
  for (size_t c = 0; c < cells.size(); ++c) {
    if (c > 0) line += std::string(kGap, ' ');
    const size_t used = DisplayWidth(cells[c]);
    const std::string pad(layout.widths[c] > used ? layout.widths[c] - used : 0, ' ');
    line += layout.columns[c].align == Align::kRight ? pad + cells[c] : cells[c] + pad;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

// A row, over several lines where a cell wraps.
void PrintRow(std::ostream& out, const Layout& layout, const Row& row) {
  std::vector<std::vector<std::string>> wrapped;
  size_t lines = 1;
  for (size_t c = 0; c < row.size(); ++c) {
    if (layout.columns[c].fit == Fit::kWrap) {
      wrapped.push_back(Wrap(row[c], layout.widths[c]));
    } else if (layout.columns[c].fit == Fit::kCut) {
      wrapped.push_back({Cut(row[c], layout.widths[c])});
    } else {
      wrapped.push_back({row[c]});
    }
    lines = std::max(lines, wrapped.back().size());
  }
  for (size_t line = 0; line < lines; ++line) {
    Row cells;
    for (const auto& cell : wrapped) cells.push_back(line < cell.size() ? cell[line] : "");
    PrintLine(out, layout, cells);
  }
}

void PrintRule(std::ostream& out, const Layout& layout) {
  Row rules;
  for (const size_t width : layout.widths) rules.push_back(Repeat("─", width));
  PrintLine(out, layout, rules);
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  if (cells.size() > columns_.size()) std::abort();
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = OneLine(cell);
  rows_.push_back(std::move(cells));
}

void Table::AddHeading(std::string text) { headings_.emplace_back(rows_.size(), OneLine(text)); }

void Table::SetTotal(std::vector<std::string> cells) {
  if (cells.size() > columns_.size()) std::abort();
  cells.resize(columns_.size());
  total_ = std::move(cells);
}

void Table::Print(std::ostream& out, size_t width) const {
  Layout layout = Prepare(columns_, rows_, total_);
  Shrink(&layout, width);
  Row headers;
  for (size_t c = 0; c < layout.columns.size(); ++c) {
    headers.push_back(Cut(layout.columns[c].header, layout.widths[c]));
  }
  PrintLine(out, layout, headers);
  PrintRule(out, layout);
  size_t heading = 0;
  for (size_t r = 0; r < layout.rows.size(); ++r) {
    for (; heading < headings_.size() && headings_[heading].first == r; ++heading) {
      out << headings_[heading].second << '\n';
    }
    PrintRow(out, layout, layout.rows[r]);
  }
  if (layout.total.empty()) return;
  PrintRule(out, layout);
  PrintRow(out, layout, layout.total);
}

void PrintPairs(std::ostream& out, size_t width,
                const std::vector<std::pair<std::string, std::string>>& pairs) {
  size_t names = 0;
  for (const auto& [name, value] : pairs) {
    if (!value.empty()) names = std::max(names, DisplayWidth(name));
  }
  const size_t indent = names + kGap;
  for (const auto& [name, value] : pairs) {
    if (value.empty()) continue;
    std::string lead = name + std::string(indent - DisplayWidth(name), ' ');
    for (const std::string& line :
         Wrap(OneLine(value), std::max(kMinValue, width > indent ? width - indent : 0))) {
      out << lead << line << '\n';
      lead = std::string(indent, ' ');
    }
  }
}

}  // namespace registre::cli
