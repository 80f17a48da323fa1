// The payment feed: its consumers by name, and who is attached to them.
#ifndef REGISTRE_LEDGER_FEED_PAYMENT_FEED_H_
#define REGISTRE_LEDGER_FEED_PAYMENT_FEED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/clock.h"
#include "ledger/feed/consumer.h"
#include "ledger/feed/recent_events.h"
#include "ledger/ledger.h"
#include "registre/v1/payment_feed_service.pb.h"

namespace registre {

// Consumers of a ledger.
inline constexpr size_t kMaxConsumers = 256;
// Connections of all consumers, those not attached yet and those that have lost theirs included.
inline constexpr size_t kMaxFeedStreams = 512;
// Events of one message to a consumer, and their bytes.
inline constexpr size_t kMaxFeedEvents = 256;
inline constexpr size_t kMaxFeedBytes = 1024 * 1024;
// Largest window, and the one of a consumer that states none.
inline constexpr int kMaxWindow = 4'096;
inline constexpr int kDefaultWindow = 256;
// Bytes of events that all consumers together keep in memory until they are answered; what does not
// fit is read again when it is sent.
inline constexpr size_t kMaxKeptBytes = 64 * 1024 * 1024;

// Any thread. Methods block on disk: they are for a pool's threads.
class PaymentFeed {
  struct Entry;

 public:
  // Borrows both, which outlive it. Errors: those of EventStore::ReadConsumers; DATA_LOSS
  // (CONSUMER_DAMAGED).
  static absl::StatusOr<std::unique_ptr<PaymentFeed>> Open(Ledger* ledger, const Clock* clock);
  // Writes what is not written yet. Nothing is attached any more.
  ~PaymentFeed();
  PaymentFeed(const PaymentFeed&) = delete;
  PaymentFeed& operator=(const PaymentFeed&) = delete;

  // ---- Consumers. What they change is durable on return. NOT_FOUND (CONSUMER_UNKNOWN);
  // INVALID_ARGUMENT with every violation; UNAVAILABLE (WRITER_STOPPED, DRAINING).

  // ALREADY_EXISTS (CONSUMER_EXISTS); RESOURCE_EXHAUSTED (TOO_MANY_CONSUMERS).
  absl::StatusOr<v1::Consumer> Create(const v1::CreateConsumerRequest& request);
  absl::Status Delete(const std::string& name);
  absl::StatusOr<v1::Consumer> Get(const std::string& name) const;
  // Without the positions and texts of their states, of which there may be much.
  absl::StatusOr<std::vector<v1::Consumer>> List() const;
  absl::StatusOr<v1::Consumer> SetPaused(const std::string& name, bool paused);
  absl::StatusOr<v1::Consumer> Rewind(const v1::RewindConsumerRequest& request);
  absl::StatusOr<v1::Consumer> Retry(const v1::RetryParkedRequest& request);
  absl::StatusOr<v1::Consumer> Skip(const v1::SkipParkedRequest& request,
                                    const std::string& subject);

  // What a connection may send now.
  struct Message {
    std::vector<Outgoing> deliveries;
    // With no deliveries: nothing is to be sent before `next_time`, an answer, a wake, or, when it
    // is caught up, an event of the log at or past `looked_at`.
    bool paused = false;
    bool caught_up = false;  // every payment event of the log was looked at; false while paused
    uint64_t looked_at = 0;
    uint64_t held = 0;
    absl::Time next_time = absl::InfiniteFuture();
  };

  // A client's hold on a consumer. Ends with its destruction.
  class Connection {
   public:
    // ABORTED (CONSUMER_TAKEN_OVER, CONSUMER_CHANGED) once it holds the consumer no more;
    // FAILED_PRECONDITION (POSITION_AHEAD); DATA_LOSS; INTERNAL. One thread at a time.
    absl::StatusOr<Message> Next();
    // Never block. Errors: those of Consumer; late answers are none.
    absl::Status Acknowledge(const v1::Acknowledge& message);
    absl::Status Refuse(const v1::Refuse& message);
    // The client went away without saying so, before the destruction: see Consumer::Detach.
    void MarkLost() { lost_ = true; }
    ~Connection();

   private:
    friend class PaymentFeed;
    Connection(PaymentFeed* feed, std::shared_ptr<Entry> entry, uint64_t id)
        : feed_(feed), entry_(std::move(entry)), id_(id) {}

    absl::Status LoadHeld();
    // Offers further events, if there is room; false when there are none now.
    absl::StatusOr<bool> ReadAhead(uint64_t size);
    absl::Status Fill(std::vector<Outgoing>* deliveries) const;
    absl::Status Answer(const std::function<absl::Status(Consumer*, absl::Time)>& answer);

    PaymentFeed* const feed_;
    const std::shared_ptr<Entry> entry_;
    const uint64_t id_;
    // Of Next.
    bool held_loaded_ = false;
    uint64_t next_sequence_ = 0;  // in the postings of kPaymentsKey; 0: not known yet
    bool lost_ = false;
  };

  // Takes the consumer over from who held it. `wake` is called, on any thread and until the
  // connection is destroyed, when an admin's action gives Next something to do: it must not block.
  // FAILED_PRECONDITION: POSITION_AHEAD; ORIGIN_CHANGED, when the ledger was restored from a backup
  // that may lack events, until the consumer is rewound.
  absl::StatusOr<std::unique_ptr<Connection>> Attach(const v1::Attach& request,
                                                     std::function<void()> wake);

 private:
  PaymentFeed(Ledger* ledger, const Clock* clock) : ledger_(ledger), clock_(clock) {}

  absl::StatusOr<std::shared_ptr<Entry>> Find(const std::string& name) const;
  // Changes a consumer, makes it durable, wakes its connection.
  absl::StatusOr<v1::Consumer> Change(const std::string& name,
                                      const std::function<absl::Status(Entry*)>& change);
  void MarkChanged(const std::string& name);
  absl::StatusOr<v1::Consumer> Describe(const Entry& entry) const;
  std::vector<ConsumerWrite> TakeWrites();
  size_t KeptShare() const;
  // The events at the positions, ascending, each with its bytes; the log holds `size` events.
  absl::Status ReadEvents(const std::vector<uint64_t>& positions, uint64_t size,
                          std::vector<FeedEvent>* events);

  Ledger* const ledger_;
  const Clock* const clock_;
  RecentEvents recent_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> changed_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_connection_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_FEED_PAYMENT_FEED_H_
