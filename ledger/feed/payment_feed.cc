#include "ledger/feed/payment_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"
#include "ledger/layers.h"
#include "ledger/view.h"

namespace registre {
namespace {

// Payment events read at a time.
constexpr size_t kReadAtOnce = 512;
// Events behind the head within which consumers share what they read.
constexpr uint64_t kSharedBehind = 2 * RecentEvents::kMaxEvents;
constexpr size_t kMaxReasonBytes = 200;

absl::Status ConsumerUnknown(const std::string& name) {
  return Error(absl::StatusCode::kNotFound, "CONSUMER_UNKNOWN",
               fmt::format("there is no consumer \"{:.80}\"; look at those there are with "
                           "'registre admin consumers list', or make it with 'registre admin "
                           "consumers create'",
                           name),
               {{"consumer", std::string(FirstBytes(name, 80))}});
}

absl::Status HoldLost(std::string_view reason, const std::string& message) {
  return Error(absl::StatusCode::kAborted, reason, message);
}

Violation Invalid(const char* field, std::string message) {
  return {field, "FIELD_INVALID", std::move(message)};
}

absl::Status CheckName(const std::string& name) {
  if (IsId(name)) return absl::OkStatus();
  return ShapeError(
      {Invalid("name", fmt::format("\"{:.80}\" is no name; a consumer's name has 1 to "
                                   "64 of 0-9 A-Z a-z . _ -",
                                   name))});
}

void CheckRange(const char* field, int64_t value, int64_t low, int64_t high,
                std::vector<Violation>* violations) {
  if (value == 0 || (value >= low && value <= high)) return;
  violations->push_back(
      Invalid(field, fmt::format("{} is not between {} and {}", value, low, high)));
}

absl::Status CheckSettings(const v1::ConsumerSettings& settings) {
  std::vector<Violation> violations;
  CheckRange("settings.answer_within_ms", settings.answer_within_ms(), 100, 3'600'000, &violations);
  CheckRange("settings.max_tries", settings.max_tries(), 1, 1'000, &violations);
  return violations.empty() ? absl::OkStatus() : ShapeError(violations);
}

absl::Status CheckReason(const std::string& reason) {
  if (!reason.empty() && reason.size() <= kMaxReasonBytes) return absl::OkStatus();
  return ShapeError({Invalid("reason", fmt::format("it has {} bytes, and is to have 1 to {}: say "
                                                   "why",
                                                   reason.size(), kMaxReasonBytes))});
}

absl::Status PositionMissing() {
  return ShapeError({Invalid("position", "it is not set; 0 is a position, so it is to be said")});
}

// A log that is shorter than what a consumer reached: it may be a backup that was restored.
absl::Status Ahead(const std::string& name, uint64_t position, uint64_t size) {
  return Error(absl::StatusCode::kFailedPrecondition, "POSITION_AHEAD",
               fmt::format("consumer {} would go on from position {}, but the log holds {} events: "
                           "what it reached is not in this log, which may be a backup that was "
                           "restored; compare it with the log, then rewind it to {} or below",
                           name, position, size, size),
               {{"position", fmt::format("{}", position)}, {"size", fmt::format("{}", size)}});
}

// The ledger was restored, and may lack events that the consumer has done: what the feed holds of
// it is as old as the backup.
absl::Status OriginChanged(const Consumer& consumer, const v1::Ledger& ledger) {
  const std::string& known =
      consumer.origin().empty() ? ledger.opened().origin() : consumer.origin();
  const uint64_t shared = EventsSharedWith(ledger, known);
  const uint64_t back_to = std::min(shared, consumer.low_water());
  return Error(
      absl::StatusCode::kFailedPrecondition, "ORIGIN_CHANGED",
      fmt::format("the ledger was restored from a backup: its first {} events are those of {}, and "
                  "it goes on as {}. Consumer {} may have done payments that it does not hold any "
                  "more. Compare the two, then have an admin say that it may go on: registre admin "
                  "consumers rewind {} {}",
                  shared, known, OriginOf(ledger), consumer.name(), consumer.name(), back_to),
      {{"consumer", consumer.name()},
       {"consumer_origin", known},
       {"origin", OriginOf(ledger)},
       {"shared_events", fmt::format("{}", shared)}});
}

bool KnowsThisLog(const Consumer& consumer, const v1::Ledger& ledger) {
  return consumer.origin() == OriginOf(ledger) ||
         (consumer.origin().empty() && ledger.restorations().empty());
}

}  // namespace

struct PaymentFeed::Entry {
  explicit Entry(v1::ConsumerState state) : name(state.name()), consumer(std::move(state)) {}

  const std::string name;
  mutable absl::Mutex mutex;
  Consumer consumer ABSL_GUARDED_BY(mutex);
  // Who holds it; 0: nobody. `lost` says why the one before does not any more.
  uint64_t connection ABSL_GUARDED_BY(mutex) = 0;
  absl::Status lost ABSL_GUARDED_BY(mutex);
  std::function<void()> wake ABSL_GUARDED_BY(mutex);
  // It is none of the feed's any more: who has found it before must not use it.
  bool deleted ABSL_GUARDED_BY(mutex) = false;

  // Takes the consumer from who holds it. `why` is an error.
  void Release(const absl::Status& why, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (connection == 0) return;
    consumer.Detach(/*lost=*/false, now);
    connection = 0;
    lost = why;
    if (wake) wake();
    wake = nullptr;
  }
};

absl::StatusOr<std::unique_ptr<PaymentFeed>> PaymentFeed::Open(Ledger* ledger, const Clock* clock) {
  auto stored = ledger->log().ReadConsumers();
  if (!stored.ok()) return stored.status();
  std::unique_ptr<PaymentFeed> feed(new PaymentFeed(ledger, clock));
  {
    absl::MutexLock lock(&feed->mutex_);
    for (const ConsumerWrite& write : *stored) {
      v1::ConsumerState state;
      if (!state.ParseFromString(write.state) || state.name() != write.name) {
        return Error(absl::StatusCode::kDataLoss, "CONSUMER_DAMAGED",
                     fmt::format("what is stored of consumer {} cannot be read; restore the last "
                                 "backup, and keep the damaged folder",
                                 write.name));
      }
      feed->entries_[write.name] = std::make_shared<Entry>(std::move(state));
    }
  }
  ledger->recorder().SetConsumerSource([feed = feed.get()] { return feed->TakeWrites(); });
  return feed;
}

PaymentFeed::~PaymentFeed() { ledger_->recorder().SetConsumerSource(nullptr); }

absl::StatusOr<std::shared_ptr<PaymentFeed::Entry>> PaymentFeed::Find(
    const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return ConsumerUnknown(name);
  return found->second;
}

void PaymentFeed::MarkChanged(const std::string& name) {
  {
    absl::MutexLock lock(&mutex_);
    changed_.insert(name);
  }
  ledger_->recorder().ConsumersChanged();
}

std::vector<ConsumerWrite> PaymentFeed::TakeWrites() {
  std::vector<std::pair<std::string, std::shared_ptr<Entry>>> changed;
  {
    absl::MutexLock lock(&mutex_);
    for (const std::string& name : changed_) {
      const auto found = entries_.find(name);
      changed.emplace_back(name, found == entries_.end() ? nullptr : found->second);
    }
    changed_.clear();
  }
  std::vector<ConsumerWrite> writes;
  for (const auto& [name, entry] : changed) {
    ConsumerWrite& write = writes.emplace_back();
    write.name = name;
    if (entry == nullptr) continue;
    v1::ConsumerState state;
    {
      absl::MutexLock lock(&entry->mutex);
      state = entry->consumer.State();
    }
    write.state = state.SerializeAsString();
  }
  return writes;
}

absl::StatusOr<v1::Consumer> PaymentFeed::Create(const v1::CreateConsumerRequest& request) {
  REGISTRE_RETURN_IF_ERROR(CheckName(request.name()));
  REGISTRE_RETURN_IF_ERROR(CheckSettings(request.settings()));
  v1::ConsumerState state;
  state.set_name(request.name());
  *state.mutable_settings() = request.settings();
  *state.mutable_created_at() = ToTimestamp(clock_->Now());
  const auto ledger = ledger_->Row();
  if (!ledger.ok()) return ledger.status();
  state.set_origin(OriginOf(*ledger));
  if (request.start() == v1::CONSUMER_START_NOW) state.set_low_water(ledger_->log().size());
  {
    absl::MutexLock lock(&mutex_);
    if (entries_.contains(request.name())) {
      return Error(absl::StatusCode::kAlreadyExists, "CONSUMER_EXISTS",
                   fmt::format("there is a consumer {} already; attach to it, or give this one "
                               "another name",
                               request.name()),
                   {{"consumer", request.name()}});
    }
    if (entries_.size() >= kMaxConsumers) {
      return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_CONSUMERS",
                   fmt::format("there are {} consumers, and no more may be; delete one that is "
                               "not used any more",
                               entries_.size()));
    }
    entries_[request.name()] = std::make_shared<Entry>(std::move(state));
  }
  return Change(request.name(), [](Entry*) { return absl::OkStatus(); });
}

absl::Status PaymentFeed::Delete(const std::string& name) {
  auto entry = Find(name);
  if (!entry.ok()) return entry.status();
  {
    absl::MutexLock lock(&mutex_);
    entries_.erase(name);
  }
  {
    absl::MutexLock lock(&(*entry)->mutex);
    (*entry)->deleted = true;
    (*entry)->Release(
        HoldLost("CONSUMER_CHANGED", fmt::format("consumer {} was deleted; make it again, or "
                                                 "attach to another",
                                                 name)),
        clock_->Now());
  }
  MarkChanged(name);
  return ledger_->recorder().SyncConsumers();
}

absl::StatusOr<v1::Consumer> PaymentFeed::Describe(const Entry& entry) const {
  v1::Consumer description;
  uint64_t low_water = 0;
  uint64_t done_ahead = 0;
  {
    absl::MutexLock lock(&entry.mutex);
    *description.mutable_state() = entry.consumer.State();
    description.set_attached(entry.consumer.attached());
    description.set_under_way(entry.consumer.under_way());
    low_water = entry.consumer.low_water();
    done_ahead = entry.consumer.done_ahead();
  }
  const v1::ConsumerState& state = description.state();
  description.set_held(static_cast<uint64_t>(state.held_size()));
  description.set_parked(static_cast<uint64_t>(state.parked_size()));
  const std::shared_ptr<Index> index = ledger_->index();
  std::optional<uint64_t> oldest;
  if (state.held_size() > 0) oldest = state.held(0);
  uint64_t ahead = 0;
  {
    const auto reader = index->Read();
    auto head = reader->Get(kPaymentsKey);
    if (!head.ok()) return head.status();
    if (head->has_value()) {
      auto sequence = SequenceAtOrAfter(*reader, kPaymentsKey, (*head)->count, low_water);
      if (!sequence.ok()) return sequence.status();
      ahead = (*head)->count + 1 - *sequence;
      if (!oldest && ahead > done_ahead) {
        REGISTRE_RETURN_IF_ERROR(reader->Postings(kPaymentsKey, *sequence, /*backward=*/false,
                                                  [&](uint64_t, const Posting& posting) {
                                                    oldest = posting.position;
                                                    return false;
                                                  }));
      }
    }
  }
  description.set_lag(ahead - std::min(ahead, done_ahead) +
                      static_cast<uint64_t>(state.held_size()));
  if (oldest && *oldest < ledger_->log().size()) {
    auto bytes = ledger_->log().Get({*oldest});
    if (!bytes.ok()) return bytes.status();
    auto event = ParseEvent(*oldest, bytes->front());
    if (!event.ok()) return event.status();
    *description.mutable_oldest_recorded_at() = event->recorded_at();
  }
  return description;
}

absl::StatusOr<v1::Consumer> PaymentFeed::Get(const std::string& name) const {
  auto entry = Find(name);
  if (!entry.ok()) return entry.status();
  return Describe(**entry);
}

absl::StatusOr<std::vector<v1::Consumer>> PaymentFeed::List() const {
  std::vector<std::shared_ptr<Entry>> entries;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [name, entry] : entries_) entries.push_back(entry);
  }
  std::vector<v1::Consumer> consumers;
  for (const auto& entry : entries) {
    auto consumer = Describe(*entry);
    if (!consumer.ok()) return consumer.status();
    v1::ConsumerState* state = consumer->mutable_state();
    state->clear_acknowledged();
    state->clear_tried();
    state->clear_held();
    state->clear_parked();
    state->clear_skipped();
    consumers.push_back(*std::move(consumer));
  }
  return consumers;
}

absl::StatusOr<v1::Consumer> PaymentFeed::Change(
    const std::string& name, const std::function<absl::Status(Entry*)>& change) {
  auto entry = Find(name);
  if (!entry.ok()) return entry.status();
  {
    absl::MutexLock lock(&(*entry)->mutex);
    if ((*entry)->deleted) return ConsumerUnknown(name);
    REGISTRE_RETURN_IF_ERROR(change(entry->get()));
    if ((*entry)->wake) (*entry)->wake();
  }
  MarkChanged(name);
  REGISTRE_RETURN_IF_ERROR(ledger_->recorder().SyncConsumers());
  return Describe(**entry);
}

absl::StatusOr<v1::Consumer> PaymentFeed::SetPaused(const std::string& name, bool paused) {
  return Change(name, [&](Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(entry->mutex) {
    entry->consumer.SetPaused(paused);
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Consumer> PaymentFeed::Rewind(const v1::RewindConsumerRequest& request) {
  if (!request.has_position()) return PositionMissing();
  const uint64_t size = ledger_->log().size();
  if (request.position() > size) return Ahead(request.name(), request.position(), size);
  const auto ledger = ledger_->Row();
  if (!ledger.ok()) return ledger.status();
  return Change(request.name(), [&](Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(entry->mutex) {
    entry->Release(
        HoldLost("CONSUMER_CHANGED", fmt::format("consumer {} was set to position {}; attach again",
                                                 request.name(), request.position())),
        clock_->Now());
    REGISTRE_RETURN_IF_ERROR(entry->consumer.Rewind(request.position()));
    entry->consumer.SetOrigin(OriginOf(*ledger));
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Consumer> PaymentFeed::Retry(const v1::RetryParkedRequest& request) {
  if (!request.has_position()) return PositionMissing();
  return Change(request.name(), [&](Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(entry->mutex) {
    return entry->consumer.Retry(request.position());
  });
}

absl::StatusOr<v1::Consumer> PaymentFeed::Skip(const v1::SkipParkedRequest& request,
                                               const std::string& subject) {
  if (!request.has_position()) return PositionMissing();
  REGISTRE_RETURN_IF_ERROR(CheckReason(request.reason()));
  return Change(request.name(), [&](Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(entry->mutex) {
    return entry->consumer.Skip(request.position(), subject, request.reason(), clock_->Now());
  });
}

absl::StatusOr<std::unique_ptr<PaymentFeed::Connection>> PaymentFeed::Attach(
    const v1::Attach& request, std::function<void()> wake) {
  std::vector<Violation> violations;
  CheckRange("attach.window", request.window(), 1, kMaxWindow, &violations);
  if (!violations.empty()) return ShapeError(violations);
  auto found = Find(request.consumer());
  if (!found.ok()) return found.status();
  const auto ledger = ledger_->Row();
  if (!ledger.ok()) return ledger.status();
  uint64_t id = 0;
  {
    absl::MutexLock lock(&mutex_);
    id = next_connection_++;
  }
  {
    Entry& entry = **found;
    absl::MutexLock lock(&entry.mutex);
    if (entry.deleted) return ConsumerUnknown(entry.name);
    const uint64_t size = ledger_->log().size();
    if (entry.consumer.low_water() > size) {
      return Ahead(entry.name, entry.consumer.low_water(), size);
    }
    if (!KnowsThisLog(entry.consumer, *ledger)) return OriginChanged(entry.consumer, *ledger);
    entry.Release(HoldLost("CONSUMER_TAKEN_OVER",
                           fmt::format("another client attached to consumer {}; one at a time is "
                                       "served: give each its own consumer",
                                       entry.name)),
                  clock_->Now());
    entry.connection = id;
    entry.wake = std::move(wake);
    entry.consumer.Attach(
        static_cast<size_t>(request.window() == 0 ? kDefaultWindow : request.window()));
  }
  MarkChanged(request.consumer());
  return std::unique_ptr<Connection>(new Connection(this, *found, id));
}

size_t PaymentFeed::KeptShare() const {
  absl::MutexLock lock(&mutex_);
  return kMaxKeptBytes / std::max<size_t>(entries_.size(), 1);
}

PaymentFeed::Connection::~Connection() {
  {
    absl::MutexLock lock(&entry_->mutex);
    if (entry_->connection != id_) return;
    entry_->consumer.Detach(lost_, feed_->clock_->Now());
    entry_->connection = 0;
    entry_->wake = nullptr;
  }
  feed_->MarkChanged(entry_->name);
}

absl::Status PaymentFeed::Connection::LoadHeld() {
  std::vector<uint64_t> positions;
  {
    absl::MutexLock lock(&entry_->mutex);
    positions.assign(entry_->consumer.held().begin(), entry_->consumer.held().end());
  }
  std::vector<FeedEvent> events;
  absl::Status damaged;
  REGISTRE_RETURN_IF_ERROR(
      VisitEvents(feed_->ledger_->log(), positions, [&](size_t i, const std::string& bytes) {
        auto event = ParseEvent(positions[i], bytes);
        damaged = event.status();
        if (!event.ok()) return false;
        events.push_back({positions[i], LanesOf(*event), bytes.size(), nullptr});
        return true;
      }));
  REGISTRE_RETURN_IF_ERROR(damaged);
  absl::MutexLock lock(&entry_->mutex);
  if (entry_->connection != id_) return entry_->lost;
  for (FeedEvent& event : events) entry_->consumer.Offer(std::move(event));
  return absl::OkStatus();
}

absl::Status PaymentFeed::ReadEvents(const std::vector<uint64_t>& positions, uint64_t size,
                                     std::vector<FeedEvent>* events) {
  // Far behind nobody else reads what this consumer does.
  const bool shared = !positions.empty() && size - positions.front() <= kSharedBehind;
  const std::vector<uint64_t> unread = shared ? recent_.Take(positions, events) : positions;
  absl::Status damaged;
  REGISTRE_RETURN_IF_ERROR(
      VisitEvents(ledger_->log(), unread, [&](size_t i, const std::string& bytes) {
        auto event = ParseEvent(unread[i], bytes);
        damaged = event.status();
        if (!event.ok()) return false;
        events->push_back(
            {unread[i], LanesOf(*event), bytes.size(), std::make_shared<const std::string>(bytes)});
        if (shared) recent_.Put(events->back());
        return true;
      }));
  std::sort(events->begin(), events->end(),
            [](const FeedEvent& a, const FeedEvent& b) { return a.position < b.position; });
  return damaged;
}

absl::StatusOr<bool> PaymentFeed::Connection::ReadAhead(uint64_t size) {
  const std::shared_ptr<Index> index = feed_->ledger_->index();
  uint64_t from = 0;
  size_t room = feed_->KeptShare();
  {
    absl::MutexLock lock(&entry_->mutex);
    if (entry_->connection != id_) return entry_->lost;
    from = entry_->consumer.next_position();
    room -= std::min(room, entry_->consumer.kept_bytes());
    if (!entry_->consumer.WantsMore() || from >= size) return false;
  }
  if (next_sequence_ == 0) {
    const auto reader = index->Read();
    auto head = reader->Get(kPaymentsKey);
    if (!head.ok()) return head.status();
    auto sequence =
        SequenceAtOrAfter(*reader, kPaymentsKey, head->has_value() ? (*head)->count : 0, from);
    if (!sequence.ok()) return sequence.status();
    next_sequence_ = *sequence;
  }
  std::vector<uint64_t> positions;
  REGISTRE_RETURN_IF_ERROR(VisitPostings(*index, kPaymentsKey, next_sequence_, /*backward=*/false,
                                         [&](uint64_t, const Posting& posting) {
                                           if (posting.position >= size) return false;
                                           positions.push_back(posting.position);
                                           return positions.size() < kReadAtOnce;
                                         }));
  std::vector<FeedEvent> events;
  REGISTRE_RETURN_IF_ERROR(feed_->ReadEvents(positions, size, &events));
  for (FeedEvent& event : events) {
    if (event.size <= room) {
      room -= event.size;
    } else {
      event.bytes = nullptr;
    }
  }
  const bool all = positions.size() < kReadAtOnce;
  next_sequence_ += positions.size();
  absl::MutexLock lock(&entry_->mutex);
  if (entry_->connection != id_) return entry_->lost;
  for (FeedEvent& event : events) entry_->consumer.Offer(std::move(event));
  if (all) entry_->consumer.LookedAt(size);
  return true;
}

absl::Status PaymentFeed::Connection::Fill(std::vector<Outgoing>* deliveries) const {
  for (Outgoing& delivery : *deliveries) {
    for (auto& [position, bytes] : delivery.events) {
      if (bytes != nullptr) continue;
      auto read = feed_->ledger_->log().Get({position});
      if (!read.ok()) return read.status();
      bytes = std::make_shared<const std::string>(std::move(read->front()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PaymentFeed::Message> PaymentFeed::Connection::Next() {
  if (!std::exchange(held_loaded_, true)) REGISTRE_RETURN_IF_ERROR(LoadHeld());
  // What is in the index is in the log.
  const uint64_t size = feed_->ledger_->index()->Read()->size();
  Message message;
  size_t events = 0;
  size_t bytes = 0;
  bool expired = false;
  while (true) {
    {
      absl::MutexLock lock(&entry_->mutex);
      if (entry_->connection != id_) return entry_->lost;
      Consumer& consumer = entry_->consumer;
      const absl::Time now = feed_->clock_->Now();
      expired = consumer.Expire(now) || expired;
      for (Outgoing& out : consumer.Next(now, kMaxFeedEvents - events, kMaxFeedBytes - bytes)) {
        events += out.events.size();
        bytes += out.bytes;
        message.deliveries.push_back(std::move(out));
      }
      message.paused = consumer.paused();
      message.looked_at = consumer.next_position();
      message.caught_up = !message.paused && message.looked_at >= size;
      message.held = consumer.held().size();
      message.next_time = consumer.NextTime();
      if (message.paused || !consumer.HasRoom()) break;
    }
    if (events >= kMaxFeedEvents / 2 || bytes >= kMaxFeedBytes / 2) break;
    auto more = ReadAhead(size);
    if (!more.ok()) return more.status();
    if (!*more) break;
  }
  if (expired) feed_->MarkChanged(entry_->name);
  REGISTRE_RETURN_IF_ERROR(Fill(&message.deliveries));
  return message;
}

absl::Status PaymentFeed::Connection::Answer(
    const std::function<absl::Status(Consumer*, absl::Time)>& answer) {
  {
    absl::MutexLock lock(&entry_->mutex);
    if (entry_->connection != id_) return entry_->lost;
    REGISTRE_RETURN_IF_ERROR(answer(&entry_->consumer, feed_->clock_->Now()));
  }
  feed_->MarkChanged(entry_->name);
  return absl::OkStatus();
}

absl::Status PaymentFeed::Connection::Acknowledge(const v1::Acknowledge& message) {
  return Answer([&](Consumer* consumer, absl::Time now) {
    return consumer->Acknowledge(message.delivery_id(), message.through_position(), now);
  });
}

absl::Status PaymentFeed::Connection::Refuse(const v1::Refuse& message) {
  REGISTRE_RETURN_IF_ERROR(CheckReason(message.reason()));
  return Answer([&](Consumer* consumer, absl::Time now) {
    return consumer->Refuse(message.delivery_id(), message.position(), message.reason(), now);
  });
}

}  // namespace registre
