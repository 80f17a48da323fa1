#include "ledger/recorder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/condition.h"
#include "ledger/event_query.h"

namespace registre {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr size_t kUuidRandomBytes = 10;
constexpr size_t kRandomPoolBytes = 16 * 1024;
// Groups that are durable and wait to be answered.
constexpr size_t kMaxUnanswered = 4;

absl::Status Unavailable(std::string_view reason, std::string message) {
  return Error(absl::StatusCode::kUnavailable, reason, std::move(message));
}

// What the client read is not in this log, which may be a backup that was restored.
absl::Status ConditionAhead(uint64_t from_position, uint64_t size) {
  return Refused(
      "POSITION_AHEAD",
      fmt::format("the condition starts at position {}, but the log holds {} events: "
                  "what the client read is not in this log, which may be a backup that "
                  "was restored; read again, then decide",
                  from_position, size),
      {{"from_position", fmt::format("{}", from_position)}, {"size", fmt::format("{}", size)}});
}

absl::Status Draining() {
  return Unavailable("DRAINING",
                     "the server is stopping; send the command again, with the same id, when it "
                     "is back");
}

v1::RecordResponse MakeReceipt(const v1::Event* first, size_t count) {
  v1::RecordResponse response;
  for (size_t i = 0; i < count; ++i) {
    v1::ActReceipt* receipt = response.add_receipts();
    receipt->set_position(first[i].position());
    receipt->set_event_id(first[i].event_id());
    *receipt->mutable_flags() = first[i].flags();
  }
  *response.mutable_recorded_at() = first[0].recorded_at();
  return response;
}

absl::Status CheckUntouched(const Command& command, const Layers& layers) {
  for (const std::string& key : command.untouched_keys) {
    const Layers::Head head = layers.HeadOf(key);
    if (head.count == 0 || head.last_position < command.untouched_since) continue;
    return Error(absl::StatusCode::kAborted, "CONDITION_BROKEN",
                 fmt::format("{} was touched at position {} while the unit was worked out; send it "
                             "again",
                             key, head.last_position),
                 {{"position", fmt::format("{}", head.last_position)}});
  }
  return layers.status();
}

}  // namespace

Recorder::Recorder(const Parts& parts, const Projection& projection, MerkleTree tree,
                   std::optional<absl::Time> last_recorded_at)
    : log_(parts.log),
      tail_(parts.tail),
      clock_(parts.clock),
      random_(parts.random),
      layers_(parts.index, projection),
      tree_(std::move(tree)),
      last_recorded_at_(last_recorded_at),
      time_zone_(absl::UTCTimeZone()) {
  const absl::Time now = clock_->Now();
  head_ = {tree_.size(), tree_.Root()};
  {
    absl::MutexLock lock(&mutex_);
    wall_reference_ = now;
    boot_reference_ = clock_->BootTime();
    // A machine that starts with a clock behind its own ledger would date acts before those
    // recorded.
    if (last_recorded_at && now < *last_recorded_at - kMaxClockDrift) {
      wall_reference_ = *last_recorded_at;
    }
    status_.head = head_;
    status_.last_recorded_at = last_recorded_at;
  }
  // The status says it from the start; every command is answered with it.
  CheckClock(now).IgnoreError();
  thread_ = std::thread([this] { Run(); });
  answering_thread_ = std::thread([this] { RunAnswers(); });
}

Recorder::~Recorder() { Drain(); }

void Recorder::Submit(Command&& command, Done done) {
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) {
      refused = Draining();
    } else if (queue_.size() >= kMaxQueuedUnits || queued_bytes_ >= kMaxQueuedBytes) {
      refused =
          Error(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                fmt::format("{} units of {} bytes are waiting; send the command again, with the "
                            "same id, in a moment",
                            queue_.size(), queued_bytes_));
    } else {
      queued_bytes_ += command.bytes;
      queue_.push_back({std::move(command), std::move(done), absl::UnknownError("not decided")});
      status_.queued_units = queue_.size();
      return;
    }
  }
  done(std::move(refused));
}

void Recorder::RunExclusive(const std::function<void(Layers* layers, const LogHead& head)>& task) {
  absl::Notification finished;
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) return;
    tasks_.push_back([&] {
      task(&layers_, head_);
      finished.Notify();
    });
  }
  finished.WaitForNotification();
}

void Recorder::SetConsumerSource(ConsumerSource source) {
  RunExclusive([&](Layers*, const LogHead&) {
    WriteConsumers();
    consumer_source_ = std::move(source);
  });
}

void Recorder::ConsumersChanged() {
  absl::MutexLock lock(&mutex_);
  consumers_changed_ = true;
}

absl::Status Recorder::SyncConsumers() {
  bool written = false;
  RunExclusive([&](Layers*, const LogHead&) {
    WriteConsumers();
    written = true;
  });
  absl::MutexLock lock(&mutex_);
  if (status_.state == RecorderStatus::State::kStopped) return StoppedError();
  return written ? absl::OkStatus() : Draining();
}

void Recorder::WriteConsumers() {
  Group group;
  group.consumers_changed = true;
  RecordGroup(&group);
}

absl::Status Recorder::StoppedError() const {
  return Unavailable("WRITER_STOPPED",
                     fmt::format("recording has stopped: {}; free the cause and restart the "
                                 "server, then send the command again with the same id",
                                 status_.message));
}

void Recorder::AcceptClock() {
  absl::MutexLock lock(&mutex_);
  wall_reference_ = clock_->Now();
  boot_reference_ = clock_->BootTime();
  if (status_.state == RecorderStatus::State::kClockSuspect) {
    status_.state = RecorderStatus::State::kRecording;
    status_.message.clear();
  }
}

void Recorder::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) return;
    draining_ = true;
    if (status_.state == RecorderStatus::State::kRecording) {
      status_.state = RecorderStatus::State::kDraining;
    }
  }
  thread_.join();
  {
    absl::MutexLock lock(&answers_mutex_);
    no_more_answers_ = true;
  }
  answering_thread_.join();
}

RecorderStatus Recorder::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

void Recorder::TakeItems(Group* group) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !queue_.empty() || !tasks_.empty() || draining_;
  };
  const auto ready_or_changed = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return consumers_changed_ || ready();
  };
  mutex_.Await(absl::Condition(&ready_or_changed));
  if (!ready()) mutex_.AwaitWithTimeout(absl::Condition(&ready), kConsumerDelay);
  group->consumers_changed = std::exchange(consumers_changed_, false);
  std::vector<Item>& items = group->items;
  size_t acts = 0;
  size_t bytes = 0;
  while (!queue_.empty() && acts < kMaxGroupEvents && bytes < kMaxGroupBytes) {
    acts += static_cast<size_t>(queue_.front().command.request.acts_size());
    bytes += queue_.front().command.bytes;
    queued_bytes_ -= queue_.front().command.bytes;
    items.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  status_.queued_units = queue_.size();
}

void Recorder::Run() {
  while (true) {
    auto group = std::make_unique<Group>();
    TakeItems(group.get());
    if (!group->items.empty() || group->consumers_changed) RecordGroup(group.get());
    if (!group->items.empty()) Answer(std::move(group));
    std::deque<std::function<void()>> tasks;
    bool over = false;
    {
      absl::MutexLock lock(&mutex_);
      tasks.swap(tasks_);
      over = draining_ && queue_.empty() && tasks.empty();
    }
    for (const auto& task : tasks) task();
    if (over) return;
  }
}

void Recorder::RecordGroup(Group* group) {
  group->first_position = tree_.size();
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (status_.state == RecorderStatus::State::kStopped) {
      refused = StoppedError();
    }
  }
  if (refused.ok() && group->consumers_changed && consumer_source_) {
    group->batch.consumers = consumer_source_();
  }
  const absl::Time now = clock_->Now();
  if (refused.ok()) refused = CheckClock(now);
  if (const absl::Status flushed = layers_.index()->status(); refused.ok() && !flushed.ok()) {
    Stop(flushed);
    refused = Unavailable("WRITER_STOPPED", std::string(flushed.message()));
  }
  group->recorded_at = std::max(now, last_recorded_at_.value_or(now));
  for (Item& item : group->items) {
    item.outcome = refused.ok() ? Process(&item.command, group) : refused;
  }

  const size_t recorded = group->batch.events.size();
  size_t refusals = 0;
  if (recorded > 0 || !group->batch.consumers.empty()) {
    for (const Hash& leaf : group->batch.leaf_hashes) tree_.Append(leaf, &group->batch.tiles);
    const absl::Status appended = log_->Append(group->first_position, group->batch);
    if (appended.ok()) {
      if (recorded > 0) last_recorded_at_ = group->recorded_at;
      head_ = {tree_.size(), tree_.Root()};
      layers_.PublishGroup(head_);
    } else {
      layers_.DropGroup();
      Stop(appended);
      for (Item& item : group->items) {
        item.outcome = Unavailable(
            "WRITER_STOPPED",
            fmt::format(
                "the group could not be written: {}; whether it is recorded is known after a "
                "restart: send the command again then, with the same id",
                std::string(appended.message())));
      }
    }
  } else {
    layers_.DropGroup();
  }
  for (const Item& item : group->items) refusals += item.outcome.ok() ? 0 : 1;
  bool grown = false;
  {
    absl::MutexLock lock(&mutex_);
    grown = head_.size > status_.head.size;
    status_.recorded_groups += grown ? 1 : 0;
    status_.recorded_acts += head_.size - status_.head.size;
    status_.head = head_;
    status_.last_recorded_at = last_recorded_at_;
    status_.refused_units += refusals;
  }
  if (grown) tail_->Wake();
}

void Recorder::Answer(std::unique_ptr<Group> group) {
  absl::MutexLock lock(&answers_mutex_);
  const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(answers_mutex_) {
    return unanswered_.size() < kMaxUnanswered;
  };
  answers_mutex_.Await(absl::Condition(&room));
  unanswered_.push_back(std::move(group));
}

void Recorder::RunAnswers() {
  while (true) {
    std::unique_ptr<Group> group;
    {
      absl::MutexLock lock(&answers_mutex_);
      const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(answers_mutex_) {
        return !unanswered_.empty() || no_more_answers_;
      };
      answers_mutex_.Await(absl::Condition(&ready));
      if (unanswered_.empty()) return;
      group = std::move(unanswered_.front());
      unanswered_.pop_front();
    }
    for (Item& item : group->items) item.done(std::move(item.outcome));
  }
}

absl::StatusOr<v1::RecordResponse> Recorder::Process(Command* command, Group* group) {
  layers_.ResetStatus();
  const v1::RecordRequest& request = command->request;
  const auto known = layers_.FindCommand(CommandKey(command->subject, request.command_id()));
  REGISTRE_RETURN_IF_ERROR(layers_.status());
  if (known) return ReceiptAgain(*command, *known, *group);
  if (request.has_condition()) {
    const uint64_t size = group->first_position + group->events.size();
    if (request.condition().from_position() > size) {
      return ConditionAhead(request.condition().from_position(), size);
    }
    REGISTRE_RETURN_IF_ERROR(CheckCondition(
        request.condition(), layers_,
        [&](const std::vector<uint64_t>& positions) { return EventsAt(positions, *group); }));
  }
  REGISTRE_RETURN_IF_ERROR(CheckUntouched(*command, layers_));
  auto unit = DecideUnit(command, *group);
  if (!unit.ok() || !layers_.status().ok()) {
    layers_.DropUnit();
    return layers_.status().ok() ? unit.status() : layers_.status();
  }
  if (request.validate_only()) {
    layers_.DropUnit();
    v1::RecordResponse response;
    for (const v1::Event& event : *unit) {
      *response.add_receipts()->mutable_flags() = event.flags();
    }
    return response;
  }
  layers_.CommitUnit();
  v1::RecordResponse response = MakeReceipt(unit->data(), unit->size());
  for (v1::Event& event : *unit) {
    group->batch.events.push_back(event.SerializeAsString());
    group->batch.leaf_hashes.push_back(LeafHash(group->batch.events.back()));
    group->events.push_back(std::move(event));
  }
  return response;
}

absl::StatusOr<v1::RecordResponse> Recorder::ReceiptAgain(const Command& command,
                                                          const CommandRecord& record,
                                                          const Group& group) {
  if (record.fingerprint != command.fingerprint) {
    return Error(
        absl::StatusCode::kAlreadyExists, "COMMAND_ID_REUSED",
        fmt::format("command id {} was used at position {} for other acts; give this unit an "
                    "id of its own",
                    command.request.command_id(), record.first_position),
        {{"command_id", command.request.command_id()},
         {"position", fmt::format("{}", record.first_position)}});
  }
  auto first = EventsAt({record.first_position}, group);
  if (!first.ok()) return first.status();
  std::vector<uint64_t> positions;
  for (uint64_t i = 0; i < first->front().unit_size(); ++i) {
    positions.push_back(record.first_position + i);
  }
  auto events = EventsAt(positions, group);
  if (!events.ok()) return events.status();
  v1::RecordResponse response = MakeReceipt(events->data(), events->size());
  response.set_already_recorded(true);
  return response;
}

absl::StatusOr<std::vector<v1::Event>> Recorder::EventsAt(const std::vector<uint64_t>& positions,
                                                          const Group& group) const {
  std::vector<uint64_t> in_log;
  for (const uint64_t position : positions) {
    if (position < group.first_position) in_log.push_back(position);
  }
  auto bytes = log_->Get(in_log);
  if (!bytes.ok()) return bytes.status();
  std::vector<v1::Event> events;
  events.reserve(positions.size());
  auto next = bytes->begin();
  for (const uint64_t position : positions) {
    if (position >= group.first_position) {
      events.push_back(group.events[position - group.first_position]);
      continue;
    }
    auto event = ParseEvent(position, *next++);
    if (!event.ok()) return event.status();
    events.push_back(*std::move(event));
  }
  return events;
}

absl::StatusOr<std::vector<v1::Event>> Recorder::DecideUnit(Command* command, const Group& group) {
  std::vector<v1::Event> events;
  events.reserve(static_cast<size_t>(command->request.acts_size()));
  for (int i = 0; i < command->request.acts_size(); ++i) {
    v1::Event event;
    event.mutable_act()->Swap(command->request.mutable_acts(i));
    std::vector<v1::Flag> flags;
    const absl::Status decided = Decide({.view = layers_,
                                         .today = DayOf(group.recorded_at),
                                         .actor = command->subject,
                                         .flags = &flags,
                                         .log_head = [&] { return HeadBeforeUnit(group); }},
                                        event.mutable_act());
    if (!decided.ok()) {
      return command->request.acts_size() == 1 ? decided
                                               : Annotate(decided, fmt::format("acts[{}]: ", i));
    }
    event.mutable_flags()->Add(flags.begin(), flags.end());
    event.set_position(group.first_position + group.events.size() + static_cast<uint64_t>(i));
    StampEvent(*command, i, group, &event);
    layers_.Apply(event);
    events.push_back(std::move(event));
  }
  return events;
}

LogHead Recorder::HeadBeforeUnit(const Group& group) const {
  MerkleTree tree = tree_;
  std::vector<Tile> tiles;  // they are written with the group
  for (const Hash& leaf : group.batch.leaf_hashes) tree.Append(leaf, &tiles);
  return {tree.size(), tree.Root()};
}

void Recorder::StampEvent(const Command& command, int index, const Group& group, v1::Event* event) {
  if (random_pool_.size() < kSaltBytes + kUuidRandomBytes) {
    random_pool_ = random_->Bytes(kRandomPoolBytes);
  }
  const auto take = [this](size_t count) {
    std::string bytes = random_pool_.substr(random_pool_.size() - count);
    random_pool_.erase(random_pool_.size() - count);
    return bytes;
  };
  event->set_event_id(MakeUuid7(group.recorded_at, take(kUuidRandomBytes)));
  event->set_unit_index(static_cast<uint32_t>(index));
  event->set_unit_size(static_cast<uint32_t>(command.request.acts_size()));
  event->set_command_id(command.request.command_id());
  event->set_fingerprint(command.fingerprint);
  *event->mutable_recorded_at() = ToTimestamp(group.recorded_at);
  event->mutable_actor()->set_subject(command.subject);
  event->mutable_actor()->set_role(command.roles[static_cast<size_t>(index)]);
  for (std::string& tag : TagsOf(event->act(), kSchemaVersion)) {
    const Layers::Head head = layers_.HeadOf(tag);
    v1::TagLink* link = event->add_tags();
    link->set_sequence(head.count + 1);
    if (head.count > 0) link->set_previous_position(head.last_position);
    link->set_tag(std::move(tag));
  }
  event->set_salt(take(kSaltBytes));
  event->set_schema_version(kSchemaVersion);
  event->set_correction_number(command.correction_number);
}

absl::Status Recorder::CheckClock(absl::Time now) {
  const absl::Duration boot = clock_->BootTime();
  absl::MutexLock lock(&mutex_);
  const absl::Duration drift = (now - wall_reference_) - (boot - boot_reference_);
  if (absl::AbsDuration(drift) > kMaxClockDrift) {
    status_.state = RecorderStatus::State::kClockSuspect;
    status_.message = fmt::format(
        "the system clock is {} off what it should be; set it right if it is wrong, then resume "
        "with "
        "'registre admin clock accept'",
        absl::FormatDuration(drift));
  }
  if (status_.state == RecorderStatus::State::kClockSuspect) {
    return Unavailable("CLOCK_SUSPECT", status_.message);
  }
  return absl::OkStatus();
}

Days Recorder::DayOf(absl::Time time) {
  const std::string& name = layers_.Ledger().opened().time_zone();
  if (name != time_zone_name_ && absl::LoadTimeZone(name, &time_zone_)) time_zone_name_ = name;
  return DayIn(time_zone_, time);
}

void Recorder::Stop(const absl::Status& why) {
  spdlog::error("recording stopped: {}", std::string(why.message()));
  absl::MutexLock lock(&mutex_);
  status_.state = RecorderStatus::State::kStopped;
  status_.message = std::string(why.message());
}

}  // namespace registre
