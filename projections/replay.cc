#include "projections/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/acts/rules.h"
#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"

namespace registre {
namespace {

absl::Status TooWide(size_t acts) {
  return Error(absl::StatusCode::kResourceExhausted, "CORRECTION_TOO_WIDE",
               fmt::format("more than {} later acts would have to be judged again; follow the act "
                           "with an act of consequence instead (a reduction, an amendment, ...)",
                           acts));
}

// A refusal is what a rule says of an act; anything else is an error of ours.
bool IsRefusal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsNotFound(status) ||
         absl::IsAlreadyExists(status) || absl::IsInvalidArgument(status);
}

bool Sets(const v1::Act& act, const RowValue& value) {
  const std::vector<RowValue> values = ValuesSetBy(act);
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::string WhyRefused(const absl::Status& status) {
  constexpr size_t kMaxBytes = 1'900;
  const std::string why = fmt::format("{}: {}", ReasonOf(status), std::string(status.message()));
  return why.size() <= kMaxBytes ? why : std::string(FirstBytes(why, kMaxBytes)) + "...";
}

v1::Event BareEvent(uint64_t position, const std::string& subject, const v1::Act& act) {
  v1::Event event;
  event.set_position(position);
  event.mutable_actor()->set_subject(subject);
  *event.mutable_act() = act;
  for (std::string& tag : TagsOf(act)) event.add_tags()->set_tag(std::move(tag));
  return event;
}

Replay::Replay(const EventStore& log, const Index& index, uint64_t size)
    : log_(log), index_(index), state_(log, index, RegistreProjection()), size_(size) {}

absl::StatusOr<std::shared_ptr<const v1::Row>> Replay::Present(std::string_view key) const {
  return state_.RowAt(key, Point{.size = size_});
}

// The row as it stands before the moment, were nothing corrected now.
absl::StatusOr<std::shared_ptr<const v1::Row>> Replay::RowBefore(std::string_view key) const {
  return past_ ? past_->RowBefore(key, moment_) : Present(key);
}

const v1::Row* Replay::Find(std::string_view key) const {
  if (const auto it = rows_.find(key); it != rows_.end()) {
    return it->second.row_case() == v1::Row::ROW_NOT_SET ? nullptr : &it->second;
  }
  auto it = read_.find(key);
  if (it == read_.end()) {
    auto row = RowBefore(key);
    if (!row.ok() && status_.ok()) status_ = row.status();
    it = read_.emplace(std::string(key), row.ok() ? *row : nullptr).first;
  }
  return it->second.get();
}

// Those of the present: which rows there were at the moment, Find says.
void Replay::ForEachKey(std::string_view prefix,
                        const std::function<bool(std::string_view key)>& visit) const {
  std::set<std::string> keys;
  const absl::Status read = index_.Read()->ForEachKeyName(prefix, "", [&](std::string_view key) {
    keys.emplace(key);
    return true;
  });
  if (!read.ok() && status_.ok()) status_ = read;
  for (auto it = rows_.lower_bound(prefix); it != rows_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    keys.insert(it->first);
  }
  for (const std::string& key : keys) {
    if (!visit(key)) return;
  }
}

absl::Status Replay::Touch(const v1::Event& event) {
  for (const std::string& key : RowKeysOf(event)) {
    if (rows_.count(key) > 0) continue;
    auto row = RowBefore(key);
    if (!row.ok()) return row.status();
    rows_.emplace(key, *row == nullptr ? v1::Row() : **row);
    REGISTRE_RETURN_IF_ERROR(Queue(key));
  }
  return QueueFarther(event.act());
}

absl::Status Replay::Queue(const std::string& key) {
  // A correction may have put a later act on the row that was recorded on others.
  if (past_) {
    past_->ForEachCorrected(key, [&](uint64_t position) {
      if (position > moment_) queue_.insert(position);
    });
  }
  REGISTRE_RETURN_IF_ERROR(
      VisitPostingsFrom(index_, key, moment_ + 1, [&](uint64_t, const Posting& posting) {
        if (posting.position >= size_) return false;
        if (!IsControl(static_cast<v1::Act::ActCase>(posting.act))) queue_.insert(posting.position);
        return queue_.size() <= kMaxCorrectionScan;
      }));
  return queue_.size() > kMaxCorrectionScan ? TooWide(kMaxCorrectionScan) : absl::OkStatus();
}

absl::Status Replay::QueueFarther(const v1::Act& act) {
  if (act.has_deliberation_annulled()) {
    return QueueConventionsOf(DeliberationKey(act.deliberation_annulled().deliberation_number()));
  }
  if (act.has_deliberation_withdrawn()) {
    return QueueConventionsOf(DeliberationKey(act.deliberation_withdrawn().deliberation_number()));
  }
  if (!act.has_structures_merged()) return absl::OkStatus();
  // Whoever it had absorbed before passes its conventions on as well.
  std::vector<std::string> absorbed = {act.structures_merged().absorbed_structure_id()};
  std::set<std::string> seen;
  while (!absorbed.empty()) {
    const std::string id = absorbed.back();
    absorbed.pop_back();
    if (!seen.insert(id).second) continue;
    REGISTRE_RETURN_IF_ERROR(QueueConventionsOf(StructureKey(id)));
    auto row = Present(StructureKey(id));
    if (!row.ok()) return row.status();
    if (*row == nullptr) continue;
    const auto& more = (*row)->structure().absorbed_structure_ids();
    absorbed.insert(absorbed.end(), more.begin(), more.end());
  }
  return absl::OkStatus();
}

absl::Status Replay::QueueConventionsOf(const std::string& key) {
  std::vector<uint64_t> positions;
  REGISTRE_RETURN_IF_ERROR(
      VisitPostings(index_, key, 1, /*backward=*/false, [&](uint64_t, const Posting& posting) {
        if (posting.position >= size_) return false;
        const auto type = static_cast<v1::Act::ActCase>(posting.act);
        const bool contract = type == v1::Act::kConventionSigned ||
                              type == v1::Act::kOpeningConventionRecorded ||
                              type == v1::Act::kAvenantSigned || type == v1::Act::kActRectified;
        if (contract) positions.push_back(posting.position);
        return positions.size() <= kMaxCorrectionScan;
      }));
  if (positions.size() > kMaxCorrectionScan) return TooWide(kMaxCorrectionScan);
  std::set<std::string> conventions;
  absl::Status failed;
  REGISTRE_RETURN_IF_ERROR(VisitEvents(log_, positions, [&](size_t i, const std::string& bytes) {
    auto event = ParseEvent(positions[i], bytes);
    failed = event.status();
    if (!event.ok()) return false;
    for (const v1::TagLink& link : event->tags()) {
      if (std::string_view(link.tag()).starts_with("convention:")) conventions.insert(link.tag());
    }
    return true;
  }));
  REGISTRE_RETURN_IF_ERROR(failed);
  for (const std::string& convention : conventions) {
    watched_.insert(convention);
    REGISTRE_RETURN_IF_ERROR(Queue(convention));
  }
  return absl::OkStatus();
}

void Replay::AddCorrectedValues(const v1::Act& act) {
  for (RowValue& value : ValuesSetBy(act)) corrected_values_.insert(std::move(value));
}

bool Replay::SetsCorrectedValue(const v1::Act& act) const {
  if (corrected_values_.empty()) return false;
  const std::vector<RowValue> values = ValuesSetBy(act);
  return std::any_of(values.begin(), values.end(),
                     [this](const RowValue& value) { return corrected_values_.count(value) > 0; });
}

// What sets a corrected value on its row: acts, and corrections of acts.
absl::StatusOr<std::vector<Replay::Setter>> Replay::SettersOfCorrectedValues() const {
  std::set<std::string> keys;
  for (const RowValue& value : corrected_values_) keys.insert(value.key);
  std::set<uint64_t> found;
  for (const std::string& key : keys) {
    REGISTRE_RETURN_IF_ERROR(
        VisitPostings(index_, key, 1, /*backward=*/false, [&](uint64_t, const Posting& posting) {
          if (posting.position >= size_) return false;
          const auto type = static_cast<v1::Act::ActCase>(posting.act);
          const std::string_view kind = KindSetBy(type);
          const bool sets = !kind.empty() && key.starts_with(kind);
          const bool corrects = type == v1::Act::kActReversed || type == v1::Act::kActRectified;
          if (sets || corrects) found.insert(posting.position);
          return found.size() <= kMaxCorrectionScan;
        }));
    if (found.size() > kMaxCorrectionScan) {
      return Error(
          absl::StatusCode::kResourceExhausted, "CORRECTION_TOO_WIDE",
          fmt::format("{} and what else the correction touches have more than {} acts and "
                      "corrections that it would have to be dated against; follow the act "
                      "with an act of consequence instead (a reduction, an amendment, ...)",
                      key, kMaxCorrectionScan));
    }
  }
  const std::vector<uint64_t> positions(found.begin(), found.end());
  std::vector<Setter> setters;
  absl::Status failed;
  REGISTRE_RETURN_IF_ERROR(VisitEvents(log_, positions, [&](size_t i, const std::string& bytes) {
    auto event = ParseEvent(positions[i], bytes);
    failed = event.status();
    if (!event.ok()) return false;
    const v1::Act& act = event->act();
    Setter setter{.position = event->position(), .date = EffectiveDateOf(act)};
    if (act.has_act_reversed()) {
      setter = {.position = act.act_reversed().target_position(),
                .from = ToDays(act.act_reversed().effective_on())};
      for (Setter& earlier : setters) {
        if (earlier.position == setter.position) earlier.date = kAlways;
      }
    } else if (act.has_act_rectified()) {
      setter.position = act.act_rectified().target_position();
      setter.from = ToDays(act.act_rectified().effective_on());
    }
    for (RowValue& value :
         ValuesSetBy(IsCorrection(act) ? CompensationOf(*event).event.act() : act)) {
      if (corrected_values_.count(value) > 0) setter.values.insert(std::move(value));
    }
    if (!setter.values.empty()) setters.push_back(std::move(setter));
    return true;
  }));
  REGISTRE_RETURN_IF_ERROR(failed);
  return setters;
}

// As of a date before that of an earlier correction of the value one finds what that correction
// undid, and what was said over it: an act beneath cannot be undone there. Nor can one, unless it
// is done again on the same day, as of a date on which an act beneath it does not count yet:
// undoing puts that one's value back.
absl::StatusOr<EarliestDate> Replay::Earliest(const std::vector<ReplayedAct>& touched) const {
  EarliestDate earliest;
  const auto not_before = [&](Days from, uint64_t position, bool is_correction) {
    if (from > earliest.from) earliest = {from, position, is_correction};
  };
  for (const ReplayedAct& act : touched) {
    not_before(act.before.counts_from, act.before.position, true);
  }
  auto setters = SettersOfCorrectedValues();
  if (!setters.ok()) return setters.status();
  for (const Setter& setter : *setters) {
    not_before(setter.from, setter.position, true);
    for (const ReplayedAct& act : touched) {
      if (act.before.position <= setter.position) continue;
      const Days date = EffectiveDateOf(act.before.act);
      if (date >= setter.date) continue;
      const bool again = act.after && EffectiveDateOf(*act.after) <= date;
      for (const RowValue& value : ValuesSetBy(act.before.act)) {
        if (setter.values.count(value) == 0 || (again && Sets(*act.after, value))) continue;
        not_before(setter.date, setter.position, false);
      }
    }
  }
  return earliest;
}

void Replay::FoldTouched(const v1::Event& event) {
  for (const std::string& key : RowKeysOf(event)) {
    if (const auto it = rows_.find(key); it != rows_.end()) {
      Fold(Direction::kApply, event, key, &it->second);
    }
  }
}

absl::Status Replay::Decide(const std::string& subject, absl::Time recorded_at, v1::Act* act,
                            std::vector<v1::Flag>* flags) {
  status_ = absl::OkStatus();
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(Ledger().opened().time_zone(), &zone);
  const absl::Status decided = registre::Decide(
      {.view = *this, .today = DayIn(zone, recorded_at), .actor = subject, .flags = flags}, act);
  return status_.ok() ? decided : status_;
}

absl::Status Replay::ReplayOne(StandingAct standing, std::vector<ReplayedAct>* touched) {
  const v1::Event before = BareEvent(standing.position, standing.subject, standing.act);
  v1::Act again = standing.act;
  ClearFilled(&again);
  std::vector<v1::Flag> flags;
  const absl::Status decided = Decide(standing.subject, standing.recorded_at, &again, &flags);
  if (!decided.ok() && !IsRefusal(decided)) return decided;
  if (!decided.ok()) {
    REGISTRE_RETURN_IF_ERROR(Touch(before));
    AddCorrectedValues(standing.act);
    touched->push_back({.before = std::move(standing),
                        .effect = v1::CORRECTION_EFFECT_REVERSED,
                        .because = WhyRefused(decided),
                        .after = std::nullopt,
                        .flags = {}});
    return absl::OkStatus();
  }
  if (again.SerializeAsString() == standing.act.SerializeAsString() && !SetsCorrectedValue(again)) {
    FoldTouched(before);
    return absl::OkStatus();
  }
  const v1::Event after = BareEvent(standing.position, standing.subject, again);
  REGISTRE_RETURN_IF_ERROR(Touch(before));
  REGISTRE_RETURN_IF_ERROR(Touch(after));
  FoldTouched(after);
  AddCorrectedValues(standing.act);
  AddCorrectedValues(again);
  touched->push_back({.before = std::move(standing),
                      .effect = v1::CORRECTION_EFFECT_REFILLED,
                      .because = "",
                      .after = std::move(again),
                      .flags = std::move(flags)});
  return absl::OkStatus();
}

absl::Status Replay::Run(const StandingAct& target, const std::optional<v1::Act>& replacement,
                         std::vector<ReplayedAct>* touched) {
  touched->clear();
  rows_.clear();
  queue_.clear();
  watched_.clear();
  corrected_values_.clear();
  read_.clear();
  moment_ = target.position;
  auto past = CorrectedPast::Load(log_, index_, state_, Point{.size = size_}, target.position);
  if (!past.ok()) return past.status();
  past_ = *std::move(past);
  REGISTRE_RETURN_IF_ERROR(Touch(BareEvent(target.position, target.subject, target.act)));
  AddCorrectedValues(target.act);
  ReplayedAct first{.before = target,
                    .effect = v1::CORRECTION_EFFECT_REVERSED,
                    .because = "",
                    .after = std::nullopt,
                    .flags = {}};
  if (replacement) {
    v1::Act act = *replacement;
    REGISTRE_RETURN_IF_ERROR(Decide(target.subject, target.recorded_at, &act, &first.flags));
    const v1::Event event = BareEvent(target.position, target.subject, act);
    REGISTRE_RETURN_IF_ERROR(Touch(event));
    FoldTouched(event);
    AddCorrectedValues(act);
    first.effect = v1::CORRECTION_EFFECT_REPLACED;
    first.after = std::move(act);
  }
  touched->push_back(std::move(first));
  size_t judged = 0;
  while (!queue_.empty()) {
    if (++judged > kMaxCorrectionScan) return TooWide(kMaxCorrectionScan);
    moment_ = *queue_.begin();
    queue_.erase(queue_.begin());
    read_.clear();
    auto standing = Standing(moment_);
    if (!standing.ok()) return standing.status();
    if (!standing->has_value()) continue;
    REGISTRE_RETURN_IF_ERROR(ReplayOne(**std::move(standing), touched));
  }
  GoToPresent();
  return absl::OkStatus();
}

void Replay::GoToPresent() {
  moment_ = size_;
  read_.clear();
}

absl::Status Replay::Record(const std::string& subject, absl::Time now, v1::Act* act,
                            std::vector<v1::Flag>* flags) {
  REGISTRE_RETURN_IF_ERROR(Decide(subject, now, act, flags));
  const v1::Event event = BareEvent(moment_, subject, *act);
  REGISTRE_RETURN_IF_ERROR(Touch(event));
  FoldTouched(event);
  moment_ += 1;
  read_.clear();
  return absl::OkStatus();
}

}  // namespace registre
