// Private to projections/: the acts recorded after one that is corrected, judged again in their
// order.
#ifndef REGISTRE_PROJECTIONS_REPLAY_H_
#define REGISTRE_PROJECTIONS_REPLAY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/date.h"
#include "ledger/view.h"
#include "projections/fold.h"
#include "projections/standing.h"
#include "projections/state_reader.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/control.pb.h"

namespace registre {

// What a correction makes of it.
struct ReplayedAct {
  StandingAct before;
  v1::CorrectionEffect effect = v1::CORRECTION_EFFECT_UNSPECIFIED;
  std::string because;           // why it cannot stand
  std::optional<v1::Act> after;  // what takes its place; unset: nothing
  std::vector<v1::Flag> flags;   // what is odd about that
};

// From when a correction may count, and because of what it may not count before.
struct EarliestDate {
  Days from = kAlways;
  uint64_t position = 0;       // of an act
  bool is_correction = false;  // the day is that of a correction of it, else its own
};

// The state as it would be, moved forward from the act that is corrected to the present. A row is
// `touched` from the moment that a correction changes it; every later act on a touched row is
// judged again, all others are as they were. One thread; blocks on disk.
class Replay final : public LedgerView {
 public:
  // Borrows both; at the first `size` events.
  Replay(const EventStore& log, const Index& index, uint64_t size);

  // Starts before the target and goes to the present, with `replacement` in its place, or nothing.
  // The target comes first in `*touched`, what else changes after it, in order of position. Each
  // act is judged as of the day it was recorded. An error that is no refusal, or the refusal of the
  // replacement. CORRECTION_TOO_WIDE.
  absl::Status Run(const StandingAct& target, const std::optional<v1::Act>& replacement,
                   std::vector<ReplayedAct>* touched);

  // Goes to the present with nothing touched.
  void GoToPresent();
  // Judges an act at the present, after Run or GoToPresent, fills it and moves the state on.
  absl::Status Record(const std::string& subject, absl::Time now, v1::Act* act,
                      std::vector<v1::Flag>* flags);

  // What stands at a position below size (standing.h).
  absl::StatusOr<std::optional<StandingAct>> Standing(uint64_t position) const {
    return StandingAt(log_, state_, Point{.size = size_}, position);
  }
  // After Run, of what it touched: from when the correction may count at the earliest.
  // CORRECTION_TOO_WIDE.
  absl::StatusOr<EarliestDate> Earliest(const std::vector<ReplayedAct>& touched) const;
  // Touched rows by key, as they are after Run and Record; and one as it is without.
  const std::map<std::string, v1::Row, std::less<>>& rows() const { return rows_; }
  // Keys of rows that are not touched, whose later acts were judged again all the same.
  const std::set<std::string>& watched() const { return watched_; }
  absl::StatusOr<std::shared_ptr<const v1::Row>> Present(std::string_view key) const;

  // LedgerView, at the moment of the replay.
  const v1::Row* Find(std::string_view key) const override;
  void ForEachKey(std::string_view prefix,
                  const std::function<bool(std::string_view key)>& visit) const override;

 private:
  absl::StatusOr<std::shared_ptr<const v1::Row>> RowBefore(std::string_view key) const;
  absl::Status Touch(const v1::Event& event);
  // Has the later acts on the row judged again.
  absl::Status Queue(const std::string& key);
  // The same for acts that rest on the act without a tag in common: orders on the conventions of a
  // structure that was absorbed, or that draw on a deliberation that no longer stands.
  absl::Status QueueFarther(const v1::Act& act);
  absl::Status QueueConventionsOf(const std::string& key);
  absl::Status Decide(const std::string& subject, absl::Time recorded_at, v1::Act* act,
                      std::vector<v1::Flag>* flags);
  // Folds into the rows that are touched.
  void FoldTouched(const v1::Event& event);
  absl::Status ReplayOne(StandingAct standing, std::vector<ReplayedAct>* touched);
  // Of a corrected act: what sets the same values after it is corrected with it.
  void AddCorrectedValues(const v1::Act& act);
  bool SetsCorrectedValue(const v1::Act& act) const;
  // An act that sets corrected values, or a correction of one.
  struct Setter {
    uint64_t position = 0;  // of the act
    Days date = kAlways;    // effective date of what still stands there
    Days from = kAlways;    // from when the correction counts; kAlways for an act
    std::set<RowValue> values = {};
  };
  absl::StatusOr<std::vector<Setter>> SettersOfCorrectedValues() const;

  const EventStore& log_;
  const Index& index_;
  const StateReader state_;
  const uint64_t size_;

  std::optional<CorrectedPast> past_;  // from the target on; unset: at the present
  uint64_t moment_ = 0;                // what is before this position has happened
  std::map<std::string, v1::Row, std::less<>> rows_;
  std::set<uint64_t> queue_;  // positions of later acts to be judged again
  std::set<std::string> watched_;
  std::set<RowValue> corrected_values_;  // set by corrected acts (fold.h)
  // Rows read at the moment.
  mutable std::map<std::string, std::shared_ptr<const v1::Row>, std::less<>> read_;
  mutable absl::Status status_;  // of these reads
};

// A refusal as it is told in a plan: its rule and its message, cut to what a plan holds.
std::string WhyRefused(const absl::Status& status);

// An event around an act, as far as folds look at it: no chain, no salt.
v1::Event BareEvent(uint64_t position, const std::string& subject, const v1::Act& act);

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_REPLAY_H_
