#include "tests/support/oracle_world.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "ledger/acts/act.h"
#include "ledger/base/date.h"
#include "projections/state_reader.h"
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

// Figures that the folds do not have yet.
bool IsNotFolded(const std::string& figure) {
  const bool payment = figure.starts_with("payment:");
  const bool year = figure.find(" fiscal_years[") != std::string::npos;
  return ((payment || year) && figure.ends_with("paid_cents")) ||
         figure.ends_with("unanswered_orders");
}

// What differs; figures that have no meaning on an earlier date are passed over there.
std::string Differences(const Balances& expected, const Balances& read, bool dated) {
  std::string differences;
  const auto compare = [&](const std::string& figure, int64_t model, int64_t reader) {
    if (model == reader || (dated && IsOverwritten(figure)) || IsNotFolded(figure)) return;
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

}  // namespace

OracleWorld::OracleWorld(uint64_t seed, bool final_acts)
    : ledger_(MemoryFolder()), acts_(seed, final_acts) {
  if (!Record(acts_.Founding())) Abort("the founding unit was refused");
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

std::string OracleWorld::Step() {
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
  const std::string differences = Differences(NaiveBalances(events_, options), Read(options),
                                              options.as_of().has_effective_on());
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
