#include "cmd/registre/marks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cmd/registre/table.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

// A step of a path: "tranches[0]" is the name and an index.
struct Step {
  std::string_view name;
  std::string_view index;
};

// Takes the first step off the path.
Step TakeStep(std::string_view* path) {
  const std::string_view step = path->substr(0, path->find('.'));
  path->remove_prefix(std::min(path->size(), step.size() + 1));
  const size_t bracket = step.find('[');
  if (bracket == std::string_view::npos) return {step, ""};
  return {step.substr(0, bracket), step.substr(bracket)};
}

// One path is the other, or leads to it. A step without an index stands for all of its list.
bool Overlap(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const Step left = TakeStep(&a);
    const Step right = TakeStep(&b);
    if (left.name != right.name) return false;
    if (!left.index.empty() && !right.index.empty() && left.index != right.index) return false;
  }
  return true;
}

}  // namespace

bool IsAssumed(const AssumedFields& fields, Paths paths) {
  return std::any_of(fields.begin(), fields.end(), [paths](const std::string& field) {
    return std::any_of(paths.begin(), paths.end(),
                       [&](std::string_view path) { return Overlap(field, path); });
  });
}

std::string Starred(std::string text, bool assumed) {
  if (assumed && !text.empty()) text += '*';
  return text;
}

std::string Cell(const AssumedFields& fields, std::string text, Paths paths) {
  return Starred(std::move(text), IsAssumed(fields, paths));
}

std::string Sum::Text() const { return Starred(FormatCents(cents), assumed); }

void Footnote::Add(const AssumedFields& fields) {
  for (const std::string& field : fields) {
    std::string_view path = field;
    std::set<std::string>& of_act = fields_[std::string(TakeStep(&path).name)];
    std::string plain;
    while (!path.empty()) {
      plain += plain.empty() ? "" : ".";
      plain += TakeStep(&path).name;
    }
    of_act.insert(std::move(plain));
  }
}

void Footnote::Print(std::ostream& out, size_t width) const {
  if (fields_.empty()) return;
  out << "* supposé : le document ne le dit pas\n";
  std::vector<std::pair<std::string, std::string>> acts;
  for (const auto& [act, fields] : fields_) {
    std::string text;
    for (const std::string& field : fields) text += (text.empty() ? "" : ", ") + field;
    acts.emplace_back("  " + act, fields.contains("") ? "tout l'acte" : text);
  }
  PrintPairs(out, width, acts);
}

}  // namespace registre::cli
