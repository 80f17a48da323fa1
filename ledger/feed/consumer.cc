#include "ledger/feed/consumer.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "ledger/base/clock.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

constexpr int64_t kDefaultAnswerMs = 30'000;
constexpr int kDefaultTries = 10;
constexpr char kConventionKind[] = "convention:";
constexpr char kPaymentKind[] = "payment:";

absl::Duration PauseAfter(int tries) {
  const int doublings = std::min(tries - 1, 10);
  return std::min(kFirstPause * (1 << std::max(doublings, 0)), kMaxPause);
}

absl::Status NotInDelivery(uint64_t delivery_id, uint64_t position) {
  return ShapeError({{"position", "FIELD_INVALID",
                      fmt::format("position {} is not in delivery {}, or was answered before; "
                                  "answer with a position of the delivery",
                                  position, delivery_id)}});
}

absl::Status NotParked(const std::string& name, uint64_t position) {
  return Error(absl::StatusCode::kNotFound, "NOT_PARKED",
               fmt::format("event {} is not parked for consumer {}; look at what is with "
                           "'registre admin consumers show {}'",
                           position, name, name),
               {{"consumer", name}, {"position", fmt::format("{}", position)}});
}

}  // namespace

bool IsPaymentEvent(const v1::Event& event) {
  if (event.act().has_correction_proposed()) return false;
  return std::any_of(event.tags().begin(), event.tags().end(), [](const v1::TagLink& link) {
    return absl::StartsWith(link.tag(), kPaymentKind);
  });
}

std::vector<std::string> LanesOf(const v1::Event& event) {
  std::vector<std::string> lanes;
  if (!IsPaymentEvent(event)) return lanes;
  for (const char* kind : {kConventionKind, kPaymentKind}) {
    for (const v1::TagLink& link : event.tags()) {
      if (absl::StartsWith(link.tag(), kind)) lanes.push_back(link.tag());
    }
  }
  return lanes;
}

Consumer::Consumer(v1::ConsumerState state) : state_(std::move(state)) {
  acknowledged_.insert(state_.acknowledged().begin(), state_.acknowledged().end());
  held_.insert(state_.held().begin(), state_.held().end());
  for (const v1::TriedPayment& tried : state_.tried()) {
    tried_[tried.position()] = {tried.tries(), tried.reason()};
  }
  for (const v1::ParkedPayment& parked : state_.parked()) {
    parked_[parked.position()] = {{parked.tries(), parked.reason()},
                                  FromTimestamp(parked.parked_at()),
                                  {parked.tags().begin(), parked.tags().end()}};
  }
  state_.clear_acknowledged();
  state_.clear_held();
  state_.clear_tried();
  state_.clear_parked();
}

v1::ConsumerState Consumer::State() const {
  v1::ConsumerState state = state_;
  std::vector<uint64_t> done(acknowledged_.begin(), acknowledged_.end());
  for (auto it = items_.lower_bound(state_.low_water()); it != items_.end(); ++it) {
    if (it->second.where == Where::kDone) done.push_back(it->first);
  }
  std::sort(done.begin(), done.end());
  state.mutable_acknowledged()->Add(done.begin(), done.end());
  state.mutable_held()->Add(held_.begin(), held_.end());
  for (const auto& [position, tried] : tried_) {
    v1::TriedPayment* out = state.add_tried();
    out->set_position(position);
    out->set_tries(tried.tries);
    out->set_reason(tried.reason);
  }
  for (const auto& [position, parked] : parked_) {
    v1::ParkedPayment* out = state.add_parked();
    out->set_position(position);
    out->set_tries(parked.tried.tries);
    out->set_reason(parked.tried.reason);
    *out->mutable_parked_at() = ToTimestamp(parked.since);
    out->mutable_tags()->Add(parked.lanes.begin(), parked.lanes.end());
  }
  return state;
}

absl::Duration Consumer::AnswerWithin() const {
  const int64_t ms = state_.settings().answer_within_ms();
  return absl::Milliseconds(ms == 0 ? kDefaultAnswerMs : ms);
}

int Consumer::MaxTries() const {
  const int tries = state_.settings().max_tries();
  return tries == 0 ? kDefaultTries : tries;
}

void Consumer::Attach(size_t window) {
  attached_ = true;
  window_ = window;
  next_position_ = state_.low_water();
}

void Consumer::Detach(bool lost, absl::Time now) {
  while (!deliveries_.empty()) {
    if (lost) {
      state_.mutable_totals()->set_unanswered(state_.totals().unanswered() + 1);
      Return(deliveries_.begin(), "the connection was lost", now);
    } else {
      TakeBack(deliveries_.begin());
    }
  }
  for (const auto& [position, item] : items_) {
    if (item.where == Where::kDone) acknowledged_.insert(position);
  }
  attached_ = false;
  items_.clear();
  kept_bytes_ = 0;
  done_ = 0;
  lanes_.clear();
  blocked_lanes_.clear();
  ready_.clear();
  later_.clear();
}

bool Consumer::IsFirst(uint64_t position, const Item& item) const {
  return std::all_of(item.lanes.begin(), item.lanes.end(), [&](const std::string& lane) {
    return lanes_.find(lane)->second.front() == position;
  });
}

bool Consumer::MayFollow(uint64_t position, const Item& item,
                         const std::vector<uint64_t>& before) const {
  if (item.where != Where::kWaiting || parked_.contains(position) || tried_.contains(position)) {
    return false;
  }
  return std::all_of(item.lanes.begin(), item.lanes.end(), [&](const std::string& lane) {
    for (const uint64_t earlier : lanes_.find(lane)->second) {
      if (earlier == position) return true;
      if (!std::binary_search(before.begin(), before.end(), earlier)) return false;
    }
    return false;
  });
}

void Consumer::Consider(uint64_t position, const Item& item) {
  if (item.where != Where::kWaiting || parked_.contains(position)) return;
  if (!IsFirst(position, item)) return;
  if (item.not_before == absl::InfinitePast()) {
    ready_.insert(position);
  } else {
    later_.insert({item.not_before, position});
  }
}

void Consumer::Offer(FeedEvent event) {
  const uint64_t position = event.position;
  // Skipped while it was read.
  if (position < state_.low_water() && !held_.contains(position)) return;
  next_position_ = std::max(next_position_, position + 1);
  Item& item = items_[position];
  if (acknowledged_.erase(position) > 0) {
    item.where = Where::kDone;
    ++done_;
    Advance();
    return;
  }
  item.lanes = std::move(event.lanes);
  item.size = event.size;
  item.bytes = std::move(event.bytes);
  if (item.bytes != nullptr) kept_bytes_ += item.bytes->size();
  for (const std::string& lane : item.lanes) lanes_[lane].push_back(position);
  if (held_.contains(position) && IsBlocked(position, item)) {
    blocked_lanes_.insert(item.lanes.begin(), item.lanes.end());
  }
  Consider(position, item);
  Advance();
}

void Consumer::LookedAt(uint64_t position) {
  next_position_ = std::max(next_position_, position);
  Advance();
}

std::vector<Outgoing> Consumer::Next(absl::Time now, size_t max_events, size_t max_bytes) {
  std::vector<Outgoing> sending;
  if (!attached_ || state_.paused()) return sending;
  while (!later_.empty() && later_.begin()->first <= now) {
    ready_.insert(later_.begin()->second);
    later_.erase(later_.begin());
  }
  size_t events = 0;
  size_t bytes = 0;
  // What one more event adds; whether there is room for it.
  const auto take = [&](uint64_t position, Item* item, Outgoing* out) {
    const bool room = under_way_ < window_ && events < max_events &&
                      (events == 0 || bytes + item->size <= max_bytes);
    if (!room) return false;
    item->where = Where::kSent;
    out->events.emplace_back(position, item->bytes);
    out->bytes += item->size;
    ++under_way_;
    ++events;
    bytes += item->size;
    return true;
  };
  while (!ready_.empty()) {
    const uint64_t first = *ready_.begin();
    Item& head = items_.find(first)->second;
    Outgoing out;
    if (!take(first, &head, &out)) break;
    ready_.erase(ready_.begin());
    out.delivery_id = next_delivery_id_++;
    if (const auto tried = tried_.find(first); tried != tried_.end()) {
      out.tries = tried->second.tries;
    }
    std::vector<uint64_t> positions{first};
    // What failed goes alone, so that it is known what fails.
    const std::deque<uint64_t>& lane = lanes_.find(head.lanes.front())->second;
    for (size_t i = 1; i < lane.size() && out.tries == 0 && i < kMaxDeliveryEvents; ++i) {
      Item& item = items_.find(lane[i])->second;
      if (!MayFollow(lane[i], item, positions) || !take(lane[i], &item, &out)) break;
      positions.push_back(lane[i]);
    }
    Delivery& delivery = deliveries_[out.delivery_id];
    delivery.positions.assign(positions.begin(), positions.end());
    delivery.deadline = now + AnswerWithin();
    deadlines_.insert({delivery.deadline, out.delivery_id});
    v1::ConsumerTotals* totals = state_.mutable_totals();
    totals->set_delivered(totals->delivered() + positions.size());
    if (out.tries > 0) totals->set_redelivered(totals->redelivered() + 1);
    sending.push_back(std::move(out));
  }
  return sending;
}

absl::Time Consumer::NextTime() const {
  absl::Time next = absl::InfiniteFuture();
  if (!later_.empty() && !state_.paused()) next = later_.begin()->first;
  if (!deadlines_.empty()) next = std::min(next, deadlines_.begin()->first);
  return next;
}

absl::Status Consumer::Acknowledge(uint64_t delivery_id, uint64_t through_position,
                                   absl::Time now) {
  const auto found = deliveries_.find(delivery_id);
  if (found == deliveries_.end()) return absl::OkStatus();
  Delivery& delivery = found->second;
  if (!std::binary_search(delivery.positions.begin(), delivery.positions.end(), through_position)) {
    return NotInDelivery(delivery_id, through_position);
  }
  while (!delivery.positions.empty() && delivery.positions.front() <= through_position) {
    const uint64_t position = delivery.positions.front();
    delivery.positions.pop_front();
    --under_way_;
    Done(position);
  }
  deadlines_.erase({delivery.deadline, delivery_id});
  if (delivery.positions.empty()) {
    deliveries_.erase(found);
  } else {
    delivery.deadline = now + AnswerWithin();
    deadlines_.insert({delivery.deadline, delivery_id});
  }
  return absl::OkStatus();
}

absl::Status Consumer::Refuse(uint64_t delivery_id, uint64_t position, const std::string& reason,
                              absl::Time now) {
  const auto found = deliveries_.find(delivery_id);
  if (found == deliveries_.end()) return absl::OkStatus();
  std::deque<uint64_t>& positions = found->second.positions;
  if (!std::binary_search(positions.begin(), positions.end(), position)) {
    return NotInDelivery(delivery_id, position);
  }
  while (positions.front() < position) {
    const uint64_t done = positions.front();
    positions.pop_front();
    --under_way_;
    Done(done);
  }
  state_.mutable_totals()->set_refused(state_.totals().refused() + 1);
  Return(found, reason, now);
  return absl::OkStatus();
}

bool Consumer::Expire(absl::Time now) {
  bool expired = false;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    state_.mutable_totals()->set_unanswered(state_.totals().unanswered() + 1);
    Return(deliveries_.find(deadlines_.begin()->second),
           fmt::format("no answer within {}", absl::FormatDuration(AnswerWithin())), now);
    expired = true;
  }
  return expired;
}

void Consumer::Return(Deliveries::iterator delivery, const std::string& reason, absl::Time now) {
  Fail(TakeBack(delivery).front(), reason, now);
}

std::deque<uint64_t> Consumer::TakeBack(Deliveries::iterator delivery) {
  std::deque<uint64_t> positions = std::move(delivery->second.positions);
  deadlines_.erase({delivery->second.deadline, delivery->first});
  deliveries_.erase(delivery);
  under_way_ -= positions.size();
  for (const uint64_t position : positions) {
    items_.find(position)->second.where = Where::kWaiting;
  }
  return positions;
}

void Consumer::Fail(uint64_t position, const std::string& reason, absl::Time now) {
  Item& item = items_.find(position)->second;
  Tried& tried = tried_[position];
  tried.tries += 1;
  tried.reason = reason;
  const bool park =
      tried.tries >= MaxTries() && parked_.size() < kMaxParked && held_.size() < kMaxHeld;
  if (park) {
    parked_[position] = {std::move(tried), now, item.lanes};
    tried_.erase(position);
    state_.mutable_totals()->set_parked(state_.totals().parked() + 1);
    if (held_.contains(position)) {
      blocked_lanes_.insert(item.lanes.begin(), item.lanes.end());
    }
    Advance();
    return;
  }
  item.not_before = now + PauseAfter(tried.tries);
  Consider(position, item);
}

void Consumer::DropBytes(Item* item) {
  if (item->bytes != nullptr) kept_bytes_ -= item->bytes->size();
  item->bytes.reset();
}

void Consumer::LeaveLanes(Item* item) {
  const std::vector<std::string> lanes = std::move(item->lanes);
  item->lanes.clear();
  DropBytes(item);
  for (const std::string& lane : lanes) {
    const auto found = lanes_.find(lane);
    found->second.pop_front();
    if (found->second.empty()) {
      lanes_.erase(found);
    } else {
      const uint64_t next = found->second.front();
      Consider(next, items_.find(next)->second);
    }
  }
}

void Consumer::Done(uint64_t position) {
  const auto found = items_.find(position);
  LeaveLanes(&found->second);
  tried_.erase(position);
  state_.mutable_totals()->set_acknowledged(state_.totals().acknowledged() + 1);
  if (held_.erase(position) > 0) {
    items_.erase(found);
    return;
  }
  found->second.where = Where::kDone;
  ++done_;
  Advance();
}

bool Consumer::IsBlocked(uint64_t position, const Item& item) const {
  return parked_.contains(position) ||
         std::any_of(item.lanes.begin(), item.lanes.end(),
                     [&](const std::string& lane) { return blocked_lanes_.contains(lane); });
}

void Consumer::Advance() {
  for (auto it = items_.lower_bound(state_.low_water());;) {
    if (it == items_.end()) {
      state_.set_low_water(std::max(state_.low_water(), next_position_));
      return;
    }
    if (it->second.where == Where::kDone) {
      --done_;
      it = items_.erase(it);
    } else if (IsBlocked(it->first, it->second) && held_.size() < kMaxHeld) {
      held_.insert(it->first);
      blocked_lanes_.insert(it->second.lanes.begin(), it->second.lanes.end());
      DropBytes(&it->second);
      ++it;
    } else {
      state_.set_low_water(it->first);
      return;
    }
  }
}

void Consumer::Unpark(uint64_t position) {
  parked_.erase(position);
  blocked_lanes_.clear();
  for (const uint64_t held : held_) {
    const auto item = items_.find(held);
    if (item == items_.end() || !IsBlocked(held, item->second)) continue;
    blocked_lanes_.insert(item->second.lanes.begin(), item->second.lanes.end());
  }
}

absl::Status Consumer::Retry(uint64_t position) {
  if (!parked_.contains(position)) return NotParked(name(), position);
  Unpark(position);
  if (const auto item = items_.find(position); item != items_.end()) {
    item->second.not_before = absl::InfinitePast();
    Consider(position, item->second);
  }
  return absl::OkStatus();
}

absl::Status Consumer::Skip(uint64_t position, const std::string& subject,
                            const std::string& reason, absl::Time now) {
  if (!parked_.contains(position)) return NotParked(name(), position);
  Unpark(position);
  v1::SkippedPayment* skipped = state_.add_skipped();
  skipped->set_position(position);
  skipped->set_subject(subject);
  skipped->set_reason(reason);
  *skipped->mutable_skipped_at() = ToTimestamp(now);
  if (state_.skipped_size() > kMaxSkipped) state_.mutable_skipped()->DeleteSubrange(0, 1);
  state_.mutable_totals()->set_skipped(state_.totals().skipped() + 1);
  const auto item = items_.find(position);
  if (item != items_.end()) LeaveLanes(&item->second);
  if (held_.erase(position) > 0) {
    if (item != items_.end()) items_.erase(item);
  } else if (item != items_.end()) {
    item->second.where = Where::kDone;
    ++done_;
    Advance();
  } else {
    acknowledged_.insert(position);
  }
  return absl::OkStatus();
}

absl::Status Consumer::Rewind(uint64_t position) {
  if (position > state_.low_water()) {
    return Refused("REWIND_FORWARD",
                   fmt::format("consumer {} has answered for what is below position {}: {} would "
                               "pass over payments; rewind it to {} or below, or skip those that "
                               "are parked one by one",
                               name(), state_.low_water(), position, state_.low_water()),
                   {{"low_water", fmt::format("{}", state_.low_water())}});
  }
  state_.set_low_water(position);
  acknowledged_.clear();
  tried_.erase(tried_.lower_bound(position), tried_.end());
  held_.erase(held_.lower_bound(position), held_.end());
  parked_.erase(parked_.lower_bound(position), parked_.end());
  for (const v1::SkippedPayment& skipped : state_.skipped()) {
    if (skipped.position() >= position) acknowledged_.insert(skipped.position());
  }
  return absl::OkStatus();
}

}  // namespace registre
