#include "cmd/registre/record_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/registre/text.h"
#include "cmd/registre/words.h"

namespace registre::cli {
namespace {

// By number of v1::Severity.
constexpr std::array<const char*, 4> kSeverities = {"unknown", "information", "attention",
                                                    "serious"};

size_t IndexOf(v1::Severity severity) {
  const auto index = static_cast<size_t>(severity);
  return index < kSeverities.size() ? index : 0;
}

std::string Plural(uint64_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::string FlagText(const v1::Flag& flag) {
  return OneLine(fmt::format("{} {}{}{} : {}", Word(flag.severity()), flag.rule(),
                             flag.subject().empty() ? "" : " ", flag.subject(), flag.message()));
}

void RecordReport::Acts::Add(const v1::RecordResponse& receipt) {
  for (const v1::ActReceipt& act : receipt.receipts()) {
    ++acts;
    if (!act.has_position()) continue;
    first = std::min(first.value_or(act.position()), act.position());
    last = std::max(last.value_or(act.position()), act.position());
  }
}

std::string RecordReport::Acts::Positions() const {
  if (!first || !last) return "";
  if (*first == *last) return fmt::format(" at position {}", *first);
  // Others may have recorded in between.
  if (*last - *first + 1 != acts) return fmt::format(" between positions {} and {}", *first, *last);
  return fmt::format(" at positions {}–{}", *first, *last);
}

void RecordReport::Add(const v1::RecordResponse& receipt) {
  (receipt.already_recorded() ? again_ : new_).Add(receipt);
  if (receipt.already_recorded()) return;
  for (const v1::ActReceipt& act : receipt.receipts()) {
    for (const v1::Flag& flag : act.flags()) ++flags_[IndexOf(flag.severity())];
  }
}

std::string RecordReport::FlagsText() const {
  uint64_t count = 0;
  std::string parts;
  for (size_t i = flags_.size(); i-- > 0;) {
    count += flags_[i];
    if (flags_[i] == 0) continue;
    parts += fmt::format("{} {} {}", parts.empty() ? ":" : ",", flags_[i], kSeverities[i]);
  }
  if (count == 0) return ", no flag";
  return fmt::format(", {}{}{}", Plural(count, "flag"), parts,
                     validate_only_ ? "" : " (registre anomalies)");
}

std::string RecordReport::Summary() const {
  std::string text;
  if (validate_only_ && new_.acts == 0) {
    text = "no act can be recorded";
  } else if (validate_only_) {
    text = fmt::format("{} can be recorded, nothing was{}", Plural(new_.acts, "act"), FlagsText());
  } else if (new_.acts > 0) {
    text = Plural(new_.acts, "act") + " recorded" + new_.Positions() + FlagsText();
  } else {
    text = "nothing recorded";
  }
  if (again_.acts > 0) {
    text += fmt::format("; {} already recorded{}", Plural(again_.acts, "act"), again_.Positions());
  }
  if (refused_ > 0) text += fmt::format("; {} refused", Plural(refused_, "unit"));
  return text;
}

}  // namespace registre::cli
