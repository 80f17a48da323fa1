// Has the checkpoints of a log cosigned by the witnesses of a trust policy (C2SP tlog-witness), so
// that everyone who fetches one sees who else vouches for it.
//
//   checkpoints -> the candidate, the same for all witnesses, at most every kWitnessInterval
//               -> each witness, by a thread of its own -> verified -> kept with the checkpoint
#ifndef REGISTRE_SERVICES_WITNESS_COLLECTOR_H_
#define REGISTRE_SERVICES_WITNESS_COLLECTOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ledger/checkpoints.h"
#include "ledger/ledger.h"
#include "ledger/proof/trust_policy.h"
#include "registre/v1/admin_service.pb.h"
#include "services/http_client.h"

namespace registre {

// While the head moves, a checkpoint is sent to the witnesses this often: those that are cosigned
// are kept for ever. Once it rests, the last one is sent.
inline constexpr absl::Duration kWitnessInterval = absl::Seconds(10);
// After a failure a witness is asked again after this time, then twice that, up to the most.
inline constexpr absl::Duration kWitnessRetry = absl::Seconds(1);
inline constexpr absl::Duration kWitnessRetryMost = absl::Minutes(5);

// Any thread.
class WitnessCollector {
 public:
  struct Options {
    Ledger* ledger = nullptr;            // borrowed
    Checkpoints* checkpoints = nullptr;  // borrowed
    TrustPolicy policy;                  // its witnesses with a URL are asked
    absl::Duration interval = kWitnessInterval;
    absl::Duration retry = kWitnessRetry;
  };

  // Starts to ask. INVALID_ARGUMENT (URL_INVALID) when a witness's URL is none.
  static absl::StatusOr<std::unique_ptr<WitnessCollector>> Start(Options options);
  ~WitnessCollector();
  WitnessCollector(const WitnessCollector&) = delete;
  WitnessCollector& operator=(const WitnessCollector&) = delete;

  // Asks no more, and ends what is under way. Once is enough.
  void Stop();

  // How each witness of the policy answers, in its order.
  std::vector<v1::WitnessStatus> Status() const;

 private:
  // A witness, with what its thread knows of it.
  struct Asked {
    VerifierKey key;
    std::unique_ptr<HttpClient> client;  // null: it has no URL and no thread
    uint64_t known_size = 0;             // its thread's: the latest it cosigned, as it said
    v1::WitnessStatus status;            // under the collector's mutex
    std::thread thread;
  };

  explicit WitnessCollector(Options options) : options_(std::move(options)) {}

  void ChooseCandidates();
  // Waits until the latest checkpoint is of another size; false when the collector stops.
  bool AwaitOtherThan(uint64_t size);
  void Ask(Asked* asked);
  // Has the candidate cosigned. Sets known_size.
  absl::Status AskOnce(const v1::StoredCheckpoint& candidate, Asked* asked);
  absl::Status Keep(const v1::StoredCheckpoint& candidate, const std::string& lines,
                    const VerifierKey& key) const;
  void Tell(const absl::Status& asked_status, uint64_t size, Asked* asked);
  // Waits; false when the collector stops.
  bool Sleep(absl::Duration time);

  const Options options_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool moved_ ABSL_GUARDED_BY(mutex_) = false;  // AwaitOtherThan was woken
  std::optional<v1::StoredCheckpoint> candidate_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Asked>> asked_;  // the same from Start on
  std::thread choosing_;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_WITNESS_COLLECTOR_H_
