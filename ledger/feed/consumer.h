// One consumer of the payment feed: what it has answered, and what may be sent to it next.
//
//   payment events of the log, in order of position
//        |  Offer (as far as there is room)
//        v
//   a queue a lane (convention:<number>, payment:<year>-<mandat>); an event stands in all of its
//   own
//        |  Next: events that are first in each of their lanes, with those behind them that wait
//        for v        nothing else
//   sent --- Acknowledge ---> done: the low-water mark moves over it
//    |  \--- Refuse, no answer in time, a lost connection ---> tried: sent again after a pause
//    v                                                          |  after max_tries
//   ...                                                         v
//                                          parked: it and what stands behind it in its lanes is
//                                          held, below the low-water mark, until it is retried or
//                                          skipped
#ifndef REGISTRE_LEDGER_FEED_CONSUMER_H_
#define REGISTRE_LEDGER_FEED_CONSUMER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "registre/v1/consumer.pb.h"
#include "registre/v1/event.pb.h"

namespace registre {

// Events from the low-water mark on that are in memory: sent, waiting to be, or done out of order.
inline constexpr size_t kMaxOutstanding = 8'192;
// Events held behind parked ones, and parked ones. When either is full nothing more is parked: what
// fails is tried again, and its consumer comes to a stop behind it, which its lag shows.
inline constexpr size_t kMaxHeld = 10'000;
inline constexpr size_t kMaxParked = 1'000;
// Skipped events that the state remembers.
inline constexpr int kMaxSkipped = 1'000;
// Events of one delivery.
inline constexpr size_t kMaxDeliveryEvents = 64;
// The pause before another try: this, twice as long after each, at most kMaxPause.
inline constexpr absl::Duration kFirstPause = absl::Milliseconds(250);
inline constexpr absl::Duration kMaxPause = absl::Seconds(30);

// A payment event: one with a tag payment:<year>-<mandat>, but for a correction that is only
// proposed.
struct FeedEvent {
  uint64_t position = 0;
  // Its tags of conventions, then of payments: the queues in which it keeps its place.
  std::vector<std::string> lanes;
  size_t size = 0;  // of its stored bytes
  // Those bytes; null when they were not kept, and are read again before they are sent.
  std::shared_ptr<const std::string> bytes;
};

bool IsPaymentEvent(const v1::Event& event);

// The lanes of an event; empty for one that is no payment event.
std::vector<std::string> LanesOf(const v1::Event& event);

// Events to be sent together, in order.
struct Outgoing {
  uint64_t delivery_id = 0;
  int tries = 0;     // of the first event, before this one
  size_t bytes = 0;  // of the events, also of those that are read again
  std::vector<std::pair<uint64_t, std::shared_ptr<const std::string>>> events;
};

// No I/O, no clock. One thread at a time.
class Consumer {
 public:
  // Goes on from what was stored; not attached.
  explicit Consumer(v1::ConsumerState state);

  // What to store: everything but what is sent and waiting, which is sent again.
  v1::ConsumerState State() const;
  const std::string& name() const { return state_.name(); }
  bool paused() const { return state_.paused(); }

  // ---- A connection, of at most `window` events sent and not answered

  void Attach(size_t window);
  // What is under way comes again. Where the connection was lost, each delivery's first event has
  // one try more: it may be what the client dies of.
  void Detach(bool lost, absl::Time now);
  bool attached() const { return attached_; }
  size_t under_way() const { return under_way_; }
  // The window has room for another event.
  bool HasRoom() const { return under_way_ < window_; }
  // Bytes of events kept in memory.
  size_t kept_bytes() const { return kept_bytes_; }

  // ---- What there is to send. Nothing is offered unless attached.

  // Positions to be offered first, in this order.
  const std::set<uint64_t>& held() const { return held_; }
  // There is room for another event.
  bool WantsMore() const { return items_.size() < kMaxOutstanding + held_.size(); }
  // Every payment event from here on is to be offered, in order.
  uint64_t next_position() const { return next_position_; }
  void Offer(FeedEvent event);
  // All payment events before `position` were offered.
  void LookedAt(uint64_t position);

  // What may be sent now, up to the window and these limits; at least one event, if any may.
  std::vector<Outgoing> Next(absl::Time now, size_t max_events, size_t max_bytes);
  // When Next, or Expire, has something to do that it has not now; infinite when nothing is
  // awaited.
  absl::Time NextTime() const;

  // ---- Answers. One to a delivery that is not under way any more is no error and changes nothing.

  // INVALID_ARGUMENT (FIELD_INVALID) for a position that is not in the delivery.
  absl::Status Acknowledge(uint64_t delivery_id, uint64_t through_position, absl::Time now);
  absl::Status Refuse(uint64_t delivery_id, uint64_t position, const std::string& reason,
                      absl::Time now);
  // Deliveries whose time is over are unanswered; whether there was one.
  bool Expire(absl::Time now);

  // ---- By an admin

  void SetPaused(bool paused) { state_.set_paused(paused); }
  // Of the log that it is taken to know from here on.
  void SetOrigin(const std::string& origin) { state_.set_origin(origin); }
  // NOT_FOUND (NOT_PARKED) unless the event is parked.
  absl::Status Retry(uint64_t position);
  absl::Status Skip(uint64_t position, const std::string& subject, const std::string& reason,
                    absl::Time now);
  // Detached only, and backward: all from `position` on comes again, but for what was skipped. What
  // is held below it stays held. FAILED_PRECONDITION (REWIND_FORWARD) past the low-water mark,
  // since payments are skipped by name only.
  absl::Status Rewind(uint64_t position);

  // Positions from the low-water mark on that are done.
  size_t done_ahead() const { return acknowledged_.size() + done_; }
  uint64_t low_water() const { return state_.low_water(); }
  // Of the log whose events it answered for; empty: the first of the ledger.
  const std::string& origin() const { return state_.origin(); }

 private:
  enum class Where { kWaiting, kSent, kDone };
  struct Item {
    std::vector<std::string> lanes;
    size_t size = 0;
    std::shared_ptr<const std::string> bytes;
    Where where = Where::kWaiting;
    absl::Time not_before = absl::InfinitePast();
  };
  struct Delivery {
    std::deque<uint64_t> positions;  // not yet answered
    absl::Time deadline;
  };
  struct Tried {
    int tries = 0;
    std::string reason;
  };
  struct Parked {
    Tried tried;
    absl::Time since;
    std::vector<std::string> lanes;
  };
  using Deliveries = std::map<uint64_t, Delivery>;

  absl::Duration AnswerWithin() const;
  int MaxTries() const;
  bool IsFirst(uint64_t position, const Item& item) const;
  // Whether it may go behind `before`, which are the events of a delivery being made.
  bool MayFollow(uint64_t position, const Item& item, const std::vector<uint64_t>& before) const;
  // The event, if it is first in its lanes, is sent next, or after its pause.
  void Consider(uint64_t position, const Item& item);
  void Done(uint64_t position);
  void LeaveLanes(Item* item);
  void DropBytes(Item* item);
  void Fail(uint64_t position, const std::string& reason, absl::Time now);
  // The delivery is over: its first event failed, the others wait again.
  void Return(Deliveries::iterator delivery, const std::string& reason, absl::Time now);
  // The events that wait again.
  std::deque<uint64_t> TakeBack(Deliveries::iterator delivery);
  // The low-water mark moves over what is done, and over what is held behind parked events.
  void Advance();
  bool IsBlocked(uint64_t position, const Item& item) const;
  void Unpark(uint64_t position);

  // Name, settings, low-water mark, skipped, paused, totals, created_at; the rest stands below.
  v1::ConsumerState state_;
  absl::flat_hash_set<uint64_t> acknowledged_;  // from next_position_ on
  std::map<uint64_t, Tried> tried_;
  std::set<uint64_t> held_;
  std::map<uint64_t, Parked> parked_;

  // While attached.
  bool attached_ = false;
  size_t window_ = 0;
  uint64_t next_position_ = 0;
  absl::btree_map<uint64_t, Item> items_;
  size_t done_ = 0;  // of items_
  absl::flat_hash_map<std::string, std::deque<uint64_t>> lanes_;
  absl::flat_hash_set<std::string> blocked_lanes_;  // of held events that wait for a parked one
  std::set<uint64_t> ready_;
  std::set<std::pair<absl::Time, uint64_t>> later_;
  Deliveries deliveries_;
  std::set<std::pair<absl::Time, uint64_t>> deadlines_;  // of deliveries_
  uint64_t next_delivery_id_ = 1;
  size_t under_way_ = 0;  // events of deliveries_
  size_t kept_bytes_ = 0;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_FEED_CONSUMER_H_
