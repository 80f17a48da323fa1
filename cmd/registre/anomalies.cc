// registre anomalies: flags, the gravest first.
#include <fmt/format.h>

#include <array>
#include <map>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/table.h"
#include "cmd/registre/words.h"

namespace registre::cli {
namespace {

// A message is to be read: other columns give way first.
constexpr size_t kNarrowestMessage = 40;

struct Section {
  v1::Severity severity;
  const char* title;
};

// The gravest first; the word that --min-severity takes stands beside the French one.
constexpr std::array<Section, 3> kSections = {{
    {v1::SEVERITY_SERIOUS, "Graves (serious)"},
    {v1::SEVERITY_ATTENTION, "À regarder (attention)"},
    {v1::SEVERITY_INFORMATION, "Pour information (information)"},
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
               {"Objet", Align::kLeft, Fit::kCut},
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
    counts += fmt::format("{}{} {}", counts.empty() ? " : " : ", ", count, Word(section.severity));
  }
  console.out << Count(static_cast<int64_t>(anomalies.size()), "anomalie") << counts << '\n';
}

}  // namespace

int RunAnomalies(const Args& args, Client& client, Console& console) {
  std::vector<v1::Anomaly> anomalies;
  std::optional<uint64_t> position;
  v1::ListAnomaliesRequest request;
  if (!args.tags.empty()) request.set_tag(args.tags.front());
  request.set_min_severity(args.min_severity);
  *request.mutable_options() = OptionsOf(args);
  const absl::Status status =
      ForEachPage(*client.anomalies, &v1::AnomalyService::Stub::ListAnomalies, request,
                  [&](const v1::ListAnomaliesResponse& page) {
                    position = PositionOf(page);
                    for (const v1::Anomaly& anomaly : page.anomalies()) {
                      if (args.json) {
                        PrintJson(console.out, anomaly);
                      } else {
                        anomalies.push_back(anomaly);
                      }
                    }
                    return true;
                  });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  for (const Section& section : kSections) PrintSection(section, anomalies, console);
  PrintCounts(anomalies, console);
  PrintEnd(args, position, Footnote(), console);
  return kExitDone;
}

}  // namespace registre::cli
