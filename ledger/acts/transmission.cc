// Rules of what makes a deliberation executory: its transmission and its publication.
#include <fmt/format.h>

#include "ledger/acts/after_vote.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/rules.h"

namespace registre {
namespace {

// A number of @CTES has at most 15 characters.
constexpr size_t kMaxCtesNumber = 15;

// The number with every character that @CTES does not take replaced: 2023-405 becomes 2023_405.
std::string CtesNumberOf(const std::string& number) {
  std::string out = number;
  for (char& c : out) {
    const bool kept = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!kept) c = '_';
  }
  return out;
}

}  // namespace

absl::Status Judge(const RuleContext& context, v1::DeliberationTransmitted* act) {
  const auto deliberation = FindDeliberation(context, act->number());
  if (!deliberation.ok()) return deliberation.status();
  if ((*deliberation)->has_transmitted_on()) {
    return AlreadyDone("ALREADY_TRANSMITTED", "transmitted", **deliberation,
                       (*deliberation)->transmitted_on());
  }
  REGISTRE_RETURN_IF_ERROR(
      CheckNotBeforeVote("TRANSMISSION_FORM", "transmitted", act->date(), **deliberation));
  // A number that is too long is shortened by who transmits it, in no way that can be foreseen.
  const std::string expected = CtesNumberOf(act->number());
  if (act->ctes_number() == expected || expected.size() > kMaxCtesNumber) return absl::OkStatus();
  return Refused("TRANSMISSION_FORM",
                 fmt::format("deliberation {} is transmitted under the number {}, not {}: every "
                             "character but 0-9 A-Z _ becomes _; correct the number",
                             act->number(), expected, act->ctes_number()),
                 {{"expected", expected}, {"ctes_number", act->ctes_number()}});
}

absl::Status Judge(const RuleContext& context, v1::DeliberationPublished* act) {
  const auto deliberation = FindDeliberation(context, act->number());
  if (!deliberation.ok()) return deliberation.status();
  if ((*deliberation)->has_published_on()) {
    return AlreadyDone("ALREADY_PUBLISHED", "published", **deliberation,
                       (*deliberation)->published_on());
  }
  return CheckNotBeforeVote("PERIOD_INVALID", "published", act->date(), **deliberation);
}

}  // namespace registre
