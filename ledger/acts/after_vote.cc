#include "ledger/acts/after_vote.h"

#include <fmt/format.h>

#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre {

absl::Status AlreadyDone(std::string_view reason, std::string_view what,
                         const v1::Deliberation& deliberation, const v1::Date& on) {
  return Error(absl::StatusCode::kAlreadyExists, reason,
               fmt::format("deliberation {} was {} on {} already; it is recorded once",
                           deliberation.number(), what, FormatDate(on)),
               {{"deliberation", deliberation.number()}, {"date", FormatIsoDate(on)}});
}

absl::Status CheckNotBeforeVote(std::string_view reason, std::string_view what,
                                const v1::Date& date, const v1::Deliberation& deliberation) {
  if (ToDays(date) >= ToDays(deliberation.date())) return absl::OkStatus();
  return Refused(
      reason,
      fmt::format("deliberation {} of {} cannot be {} on {}, before it was taken; correct "
                  "the date",
                  deliberation.number(), FormatDate(deliberation.date()), what, FormatDate(date)),
      {{"deliberation", deliberation.number()}, {"date", FormatIsoDate(date)}});
}

absl::Status CheckStands(const v1::Deliberation& deliberation, const std::string& what) {
  const bool withdrawn = deliberation.has_withdrawn_on();
  if (!withdrawn && !deliberation.has_annulled_on()) return absl::OkStatus();
  const v1::Date& on = withdrawn ? deliberation.withdrawn_on() : deliberation.annulled_on();
  return Refused(
      "NOT_AUTHORISED",
      fmt::format(
          "deliberation {} was {} on {}: {} cannot rest on it any more; name a deliberation "
          "that stands, and terminate what rests on this one",
          deliberation.number(), withdrawn ? "withdrawn" : "annulled", FormatDate(on), what),
      {{"deliberation", deliberation.number()}, {"date", FormatIsoDate(on)}});
}

}  // namespace registre
