#include "tests/support/oracle_world.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "ledger/acts/act.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "projections/correction_plan.h"
#include "projections/state_reader.h"
#include "tests/support/error_info.h"
#include "tests/support/fake_view.h"

namespace registre::testing {
namespace {

// Kinds of rows that add something up.
constexpr const char* kKinds[] = {"budget_line:", "structure:",   "convention:", "deliberation:",
                                  "call:",        "application:", "payment:"};

[[noreturn]] void Abort(const std::string& why) {
  std::fprintf(stderr, "oracle: %s\n", why.c_str());
  std::abort();
}

// Thousands of worlds are opened: where memory is a folder, they do not wait for the disk.
std::filesystem::path MemoryFolder() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

// What differs. Without `all`, figures that acts overwrite are passed over (IsOverwritten).
std::string Differences(const Balances& expected, const Balances& read, bool all) {
  std::string differences;
  const auto compare = [&](const std::string& figure, int64_t model, int64_t reader) {
    if (model == reader || (!all && IsOverwritten(figure))) return;
    differences += fmt::format("{}: {} by the model, {} read\n", figure, model, reader);
  };
  for (const auto& [figure, amount] : expected) {
    const auto found = read.find(figure);
    compare(figure, amount, found == read.end() ? 0 : found->second);
  }
  for (const auto& [figure, amount] : read) {
    if (!expected.contains(figure)) compare(figure, 0, amount);
  }
  return differences;
}

// A plan names every figure that its correction changes, as it is before and after.
std::string PlanDifferences(const v1::CorrectionPlan& plan, const Balances& before,
                            const Balances& after) {
  const auto in = [](const Balances& balances, const std::string& figure) {
    const auto found = balances.find(figure);
    return found == balances.end() ? 0 : found->second;
  };
  Balances planned_before = before;
  Balances planned_after = before;
  for (const v1::CorrectedBalance& balance : plan.balances()) {
    const std::string figure = balance.key() + " " + balance.figure();
    if (!before.contains(figure) && !after.contains(figure)) continue;  // none of the model's
    planned_before[figure] = balance.before_cents();
    planned_after[figure] = balance.after_cents();
  }
  std::string differences;
  for (const Balances& figures : {before, after}) {
    for (const auto& [figure, amount] : figures) {
      if (!figure.ends_with("_cents") || IsOverwritten(figure)) continue;
      if (in(planned_before, figure) == in(before, figure) &&
          in(planned_after, figure) == in(after, figure)) {
        continue;
      }
      differences +=
          fmt::format("{}: from {} to {}, planned from {} to {}\n", figure, in(before, figure),
                      in(after, figure), in(planned_before, figure), in(planned_after, figure));
    }
  }
  return differences;
}

}  // namespace

OracleWorld::OracleWorld(uint64_t seed, bool final_acts)
    : ledger_(MemoryFolder()), acts_(seed, final_acts), final_acts_(final_acts) {
  if (!Record(acts_.Founding())) Abort("the founding unit was refused");
  founding_ = events_.size();
}

bool OracleWorld::Record(const std::vector<v1::Act>& acts) {
  ledger_.clock.Advance(absl::Minutes(1 + static_cast<int64_t>(acts_.Below(3'000))));
  const Outcome outcome = ledger_.Record(UnitOf(fmt::format("u{}", unit_++), acts));
  if (!outcome.ok()) return false;
  TakeNewEvents();
  return true;
}

void OracleWorld::TakeNewEvents() {
  while (events_.size() < ledger_.log.size()) {
    events_.push_back(ledger_.EventAt(events_.size()));
    acts_.Learn(events_.back());
    ++recorded_[std::string(ActType(events_.back().act()))];
  }
}

std::string OracleWorld::Correct(uint64_t position, Days effective_on,
                                 const std::vector<v1::Act>& replacements) {
  CorrectionRequest request{.correction_number = fmt::format("{}", ++corrections_),
                            .target_position = position,
                            .effective_on = FromDays(effective_on),
                            .replacements = replacements,
                            .subject = "approver",
                            .now = ledger_.clock.Now()};
  auto planned = PlanCorrection(ledger_.log, *ledger_.index, request);
  if (ReasonOf(planned.status()) == "CORRECTION_EFFECTIVE_DATE") {
    // From the date that the refusal names, it is made.
    const std::string earliest = InfoOf(planned.status()).metadata().at("earliest");
    if (!ParseDate(earliest, &request.effective_on)) return "no date: " + earliest;
    planned = PlanCorrection(ledger_.log, *ledger_.index, request);
    if (ReasonOf(planned.status()) == "CORRECTION_EFFECTIVE_DATE") {
      return planned.status().ToString();
    }
  }
  if (absl::IsDataLoss(planned.status()) || absl::IsInternal(planned.status())) {
    return fmt::format("the act at {} cannot be corrected: {}", position,
                       planned.status().ToString());
  }
  if (!planned.ok()) return "";
  auto command =
      MakeCommand("approver", UnitOf(fmt::format("u{}", unit_++), planned->unit), AnyRole);
  if (!command.ok()) return command.status().ToString();
  command->correction_number = planned->correction_number;
  command->untouched_keys = planned->keys;
  command->untouched_since = planned->size;
  const Balances before = NaiveBalances(events_, v1::ReadOptions());
  const Outcome outcome = ledger_.Submit(*std::move(command))->Get();
  if (!outcome.ok()) {
    return fmt::format("a correction of {} was planned and refused: {}", position,
                       outcome.status().ToString());
  }
  TakeNewEvents();
  last_effective_ = std::max(last_effective_, ToDays(request.effective_on));
  return PlanDifferences(planned->plan, before, NaiveBalances(events_, v1::ReadOptions()));
}

std::string OracleWorld::CorrectSome() {
  // Where everything is reversed, the founding unit is what is left.
  const uint64_t first = final_acts_ && acts_.Chance(10) ? 0 : founding_;
  if (first == events_.size()) return "";
  const uint64_t position = first + acts_.Below(events_.size() - first);
  std::vector<v1::Act> replacements;
  v1::Act replacement;
  if (acts_.Chance(60) && acts_.Instead(events_[position].act(), &replacement)) {
    ClearFilled(&replacement);
    replacements.push_back(replacement);
  }
  return Correct(position, acts_.AnyDay(), replacements);
}

std::string OracleWorld::ReverseEverything() {
  const Balances start = NaiveBalances({events_.begin(), events_.begin() + founding_}, {});
  for (uint64_t position = events_.size(); position-- > 0;) {
    if (position + 1 == founding_ && !final_acts_) {
      if (const std::string why = Differences(start, Read({}), true); !why.empty()) {
        return "after all but the founding unit was reversed:\n" + why;
      }
    }
    const std::string wrong = Correct(position, last_effective_, {});
    if (!wrong.empty()) return wrong;
  }
  if (final_acts_) return "";
  const std::string why = Differences({}, Read({}), true);
  return why.empty() ? "" : "after everything was reversed:\n" + why;
}

std::string OracleWorld::Step() {
  if (acts_.Chance(10)) return CorrectSome();
  std::vector<v1::Act> unit = {acts_.Next()};
  // Acts of one unit are decided one after the other, and all or none is recorded.
  while (acts_.Chance(8)) unit.push_back(acts_.Next());
  const size_t before = ledger_.log.size();
  if (Record(unit) || ledger_.log.size() == before) return "";
  return fmt::format("a unit was refused, and the log grew from {} to {} events", before,
                     ledger_.log.size());
}

Balances OracleWorld::Read(const v1::ReadOptions& options) const {
  const StateReader reader(ledger_.log, *ledger_.index, RegistreProjection());
  const auto point = reader.Resolve(options);
  if (!point.ok()) Abort(point.status().ToString());
  Balances balances;
  for (const char* kind : kKinds) {
    const absl::Status status =
        reader.ForEachRow(kind, "", *point, [&](std::string_view key, const v1::Row* row) {
          if (row != nullptr) AddBalances(std::string(key), *row, &balances);
          return true;
        });
    if (!status.ok()) Abort(status.ToString());
  }
  return balances;
}

std::string OracleWorld::Check(const v1::ReadOptions& options) const {
  const std::string differences =
      Differences(NaiveBalances(events_, options), Read(options),
                  !options.as_of().has_effective_on() && !options.as_recorded());
  if (differences.empty()) return "";
  return fmt::format("at {{{}}} of {} events:\n{}", options.ShortDebugString(), events_.size(),
                     differences);
}

std::string OracleWorld::CheckPresent() const { return Check(v1::ReadOptions()); }

std::string OracleWorld::CheckSomePoint() {
  v1::ReadOptions options;
  v1::AsOf* as_of = options.mutable_as_of();
  const uint64_t known = acts_.Below(events_.size());
  if (acts_.Chance(50)) {
    as_of->set_position(known);
  } else if (acts_.Chance(30)) {
    *as_of->mutable_instant() = events_[known].recorded_at();
  }
  // From before the oldest act to after the newest.
  if (acts_.Chance(65)) {
    *as_of->mutable_effective_on() =
        FromDays(ToDays(On("2022-05-01")) + static_cast<Days>(acts_.Below(4 * 366 + 366)));
  }
  options.set_as_recorded(acts_.Chance(25));
  return Check(options);
}

std::string OracleWorld::History() const {
  std::string history;
  for (const v1::Event& event : events_) {
    history += fmt::format(
        "{}{} on {}: {}\n", event.position(), event.unit_index() > 0 ? " (same unit)" : "",
        FormatIsoDate(FromDays(EffectiveDateOf(event.act()))), event.act().ShortDebugString());
  }
  return history;
}

}  // namespace registre::testing
