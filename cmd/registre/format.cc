#include "cmd/registre/format.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/time.h"
#include "cmd/registre/table.h"
#include "ledger/base/date.h"

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

std::string DateText(const v1::Date& date) {
  return ToDaysOrAlways(date) == kAlways ? "" : FormatDate(date);
}

std::string PeriodText(const v1::Period& period) {
  if (!period.has_start() && !period.has_end()) return "";
  return fmt::format("{} – {}", DateText(period.start()), DateText(period.end()));
}

std::string InstantText(const google::protobuf::Timestamp& instant) {
  if (instant.seconds() == 0 && instant.nanos() == 0) return "";
  const absl::Time time =
      absl::FromUnixSeconds(instant.seconds()) + absl::Nanoseconds(instant.nanos());
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string DeliberationText(const v1::DeliberationRef& ref) {
  if (!ref.has_before_opening()) return ref.number();
  return fmt::format("{} du {} (avant l'ouverture du registre)", ref.before_opening().number(),
                     DateText(ref.before_opening().date()));
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return out;
}

std::string Count(int64_t count, std::string_view one, std::string_view many) {
  if (count >= -1 && count <= 1) return fmt::format("{} {}", count, one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::string RowMarks::Cell(std::string text, absl::Span<const std::string_view> paths) {
  if (text.empty()) return text;
  for (const std::string& field : fields_) {
    for (const std::string_view path : paths) {
      if (!Overlap(field, path)) continue;
      shown_ = true;
      return text + "*";
    }
  }
  return text;
}

std::string RowMarks::Key(std::string text) const {
  return fields_.empty() || shown_ ? text : text + "*";
}

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

std::string PositionText(std::optional<uint64_t> position, const v1::AsOf& as_of) {
  std::string text =
      position ? fmt::format("à la position #{}", *position) : "le registre est vide";
  if (as_of.known_at_case() == v1::AsOf::kPosition) {
    text += fmt::format(", connu à #{}", as_of.position());
  } else if (as_of.known_at_case() == v1::AsOf::kInstant) {
    text += fmt::format(", connu au {}", InstantText(as_of.instant()));
  }
  if (as_of.has_effective_on()) {
    text += fmt::format(", en vigueur au {}", DateText(as_of.effective_on()));
  }
  return text;
}

}  // namespace registre::cli
