// registre anomalies: flags, the gravest first.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"

namespace registre::cli {
namespace {

// A message is to be read: other columns give way first.
constexpr size_t kNarrowestMessage = 40;

struct Section {
  v1::Severity severity;
  const char* title;
  const char* one;
  const char* many;
};

// The gravest first.
constexpr std::array<Section, 3> kSections = {{
    {v1::SEVERITY_SERIOUS, "Graves", "grave", "graves"},
    {v1::SEVERITY_ATTENTION, "À regarder", "à regarder", "à regarder"},
    {v1::SEVERITY_INFORMATION, "Pour information", "pour information", "pour information"},
}};

// The anomalies of a severity, rule by rule in the order in which each first appears.
void PrintSection(const Section& section, const std::vector<v1::Anomaly>& anomalies,
                  Console& console) {
  std::vector<std::string> rules;
  std::map<std::string, std::vector<const v1::Anomaly*>> by_rule;
  size_t count = 0;
  for (const v1::Anomaly& anomaly : anomalies) {
    if (anomaly.flag().severity() != section.severity) continue;
    auto& of_rule = by_rule[anomaly.flag().rule()];
    if (of_rule.empty()) rules.push_back(anomaly.flag().rule());
    of_rule.push_back(&anomaly);
    ++count;
  }
  if (count == 0) return;
  Table table({{"Position", Align::kRight},
               {"Acte"},
               {"Objet", Align::kLeft, Fit::kWrap},
               {"Constat", Align::kLeft, Fit::kWrap, kNarrowestMessage}});
  for (const std::string& rule : rules) {
    table.AddHeading(fmt::format("{} : {}", rule, by_rule[rule].size()));
    for (const v1::Anomaly* anomaly : by_rule[rule]) {
      table.AddRow({fmt::format("#{}", anomaly->position()), anomaly->type(),
                    anomaly->flag().subject(), anomaly->flag().message()});
    }
  }
  console.out << fmt::format("{} : {}\n", section.title, count);
  table.Print(console.out, console.width);
  console.out << '\n';
}

void PrintCounts(const std::vector<v1::Anomaly>& anomalies, Console& console) {
  std::string counts;
  for (const Section& section : kSections) {
    int64_t count = 0;
    for (const v1::Anomaly& anomaly : anomalies) {
      if (anomaly.flag().severity() == section.severity) ++count;
    }
    if (count == 0) continue;
    counts +=
        fmt::format("{}{}", counts.empty() ? " : " : ", ", Count(count, section.one, section.many));
  }
  console.out << Count(static_cast<int64_t>(anomalies.size()), "anomalie") << counts << '\n';
}

// The gravest first, those of a severity by position.
void PrintJsonLines(std::vector<v1::Anomaly> anomalies, Console& console) {
  std::stable_sort(anomalies.begin(), anomalies.end(),
                   [](const v1::Anomaly& a, const v1::Anomaly& b) {
                     return a.flag().severity() > b.flag().severity();
                   });
  for (const v1::Anomaly& anomaly : anomalies) PrintJson(console.out, anomaly);
}

}  // namespace

int RunAnomalies(const Args& args, Client& client, Console& console) {
  std::vector<v1::Anomaly> anomalies;
  std::optional<uint64_t> position;
  v1::ListAnomaliesRequest request;
  if (!args.tags.empty()) request.set_tag(args.tags.front());
  request.set_min_severity(args.min_severity);
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status = ForEachPage(
      *client.anomalies, &v1::AnomalyService::Stub::ListAnomalies, request,
      [&](const v1::ListAnomaliesResponse& page) {
        position = PositionOf(page);
        anomalies.insert(anomalies.end(), page.anomalies().begin(), page.anomalies().end());
        return true;
      });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJsonLines(std::move(anomalies), console);
    return kExitDone;
  }
  for (const Section& section : kSections) PrintSection(section, anomalies, console);
  PrintCounts(anomalies, console);
  PrintEnd(args, position, Footnote(), client, console);
  return kExitDone;
}

}  // namespace registre::cli
