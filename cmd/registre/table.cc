#include "cmd/registre/table.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cmd/registre/text.h"

namespace registre::cli {
namespace {

constexpr size_t kGap = 2;
// Longer words are cut where a column wraps.
constexpr size_t kLongestWord = 20;
// Narrowest value of a pair.
constexpr size_t kMinValue = 12;
// Where a value stands that found no room beside its name.
constexpr size_t kValueIndent = 4;

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

// How narrow a column may become: a wrapped one keeps words of usual length whole.
size_t Narrowest(const Layout& layout, size_t column) {
  const Column& it = layout.columns[column];
  const bool wraps = it.fit == Fit::kWrap;
  size_t narrowest = std::max(WidestPart(it.header), wraps ? it.narrowest : 0);
  const auto hold = [&](const std::string& cell) {
    const size_t least = wraps ? std::min(WidestPart(cell), kLongestWord) : DisplayWidth(cell);
    narrowest = std::max(narrowest, least);
  };
  for (const Row& row : layout.rows) hold(row[column]);
  if (!layout.total.empty()) hold(layout.total[column]);
  return std::min(narrowest, layout.widths[column]);
}

// Takes columns off the widest shrinkable one until the table fits: first off those that only their
// header makes wide. False when it does not fit.
bool Shrink(Layout* layout, size_t width) {
  size_t all = kGap * (layout->widths.empty() ? 0 : layout->widths.size() - 1);
  for (const size_t w : layout->widths) all += w;
  std::vector<size_t> narrowest;
  for (size_t c = 0; c < layout->widths.size(); ++c) narrowest.push_back(Narrowest(*layout, c));
  for (const Fit fit : {Fit::kWhole, Fit::kWrap}) {
    while (all > width) {
      size_t widest = layout->widths.size();
      for (size_t c = 0; c < layout->widths.size(); ++c) {
        if (layout->columns[c].fit != fit || layout->widths[c] <= narrowest[c]) continue;
        if (widest == layout->widths.size() || layout->widths[c] > layout->widths[widest]) {
          widest = c;
        }
      }
      if (widest == layout->widths.size()) break;
      --layout->widths[widest];
      --all;
    }
  }
  return all <= width;
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
    wrapped.push_back(Wrap(row[c], layout.widths[c]));
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

void Table::PrintBlocks(std::ostream& out, size_t width) const {
  const auto block = [&](const Row& row) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (size_t c = 0; c < row.size(); ++c) pairs.emplace_back(columns_[c].header, row[c]);
    PrintPairs(out, width, pairs);
  };
  size_t heading = 0;
  for (size_t r = 0; r < rows_.size(); ++r) {
    if (r > 0) out << '\n';
    for (; heading < headings_.size() && headings_[heading].first == r; ++heading) {
      out << headings_[heading].second << '\n';
    }
    block(rows_[r]);
  }
  if (total_.empty()) return;
  out << '\n';
  block(total_);
}

void Table::Print(std::ostream& out, size_t width) const {
  Layout layout = Prepare(columns_, rows_, total_);
  if (!Shrink(&layout, width)) return PrintBlocks(out, width);
  Row headers;
  for (const Column& column : layout.columns) headers.push_back(column.header);
  PrintRow(out, layout, headers);
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

void PrintHeading(std::ostream& out, const char* text) { out << '\n' << text << '\n'; }

void PrintPairs(std::ostream& out, size_t width,
                const std::vector<std::pair<std::string, std::string>>& pairs) {
  size_t names = 0;
  for (const auto& [name, value] : pairs) {
    if (!value.empty()) names = std::max(names, DisplayWidth(name));
  }
  const size_t indent = names + kGap;
  for (const auto& [name, value] : pairs) {
    if (value.empty()) continue;
    const std::string text = OneLine(value);
    std::string lead = name + std::string(indent - DisplayWidth(name), ' ');
    size_t room = std::max(kMinValue, width > indent ? width - indent : 0);
    size_t margin = indent;
    if (WidestPart(text) > room && indent > kValueIndent) {
      out << name << '\n';
      margin = kValueIndent;
      lead = std::string(margin, ' ');
      room = std::max(kMinValue, width > margin ? width - margin : 0);
    }
    for (const std::string& line : Wrap(text, room)) {
      out << lead << line << '\n';
      lead = std::string(margin, ' ');
    }
  }
}

}  // namespace registre::cli
