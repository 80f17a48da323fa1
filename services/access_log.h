// The access log: who was refused, and who saw what. One JSON object a line; README.md has the
// fields.
#ifndef REGISTRE_SERVICES_ACCESS_LOG_H_
#define REGISTRE_SERVICES_ACCESS_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "ledger/base/clock.h"

namespace registre {

// Refused calls noted in a second, of subjects and of nobody known each; the rest of them is
// counted.
inline constexpr int kMaxRefusedLines = 100;
// Lines that wait for the disk; what comes when there are so many is counted.
inline constexpr size_t kMaxQueuedLines = 4'096;
// Bytes of a request, as JSON, and of a refusal's message.
inline constexpr size_t kMaxLoggedBytes = 2'000;

// A call.
struct AccessEntry {
  std::string subject;  // empty when it is not known
  std::vector<std::string> roles;
  std::string peer;
  std::string method;
  absl::Status refusal;  // OK: the call was allowed
  // What was asked for, read within Note as LoggedRequest does; null: nothing is said.
  const google::protobuf::Message* request = nullptr;
};

// What was asked for, as JSON: without the acts of a unit. What is longer than
// kMaxLoggedBytes becomes {"cut": "its first bytes"}, what is much longer {"bytes": its size}.
std::string LoggedRequest(const google::protobuf::Message& request);

// Any thread. The file is only ever appended to.
class AccessLog {
 public:
  // Opens the file, or makes it, readable by its owner alone. UNAVAILABLE (ACCESS_LOG_UNWRITABLE).
  // `clock` outlives the log.
  static absl::StatusOr<std::unique_ptr<AccessLog>> Open(const std::string& path,
                                                         const Clock* clock);
  // Writes what is queued.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Queues a line; a thread of the log's own writes it. Never waits for the disk.
  void Note(const AccessEntry& entry);

 private:
  AccessLog(int fd, const Clock* clock);
  void Run();
  // Queues a line that says how many were left out, if any were.
  void TellLeftOut(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Write(const std::string& line);

  const int fd_;
  const Clock* const clock_;

  absl::Mutex mutex_;
  std::deque<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
  // The second whose refusals are counted, and how many of it are noted.
  absl::Time second_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  uint64_t refused_known_ ABSL_GUARDED_BY(mutex_) = 0;    // of subjects, in that second
  uint64_t refused_unknown_ ABSL_GUARDED_BY(mutex_) = 0;  // of nobody known
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_ACCESS_LOG_H_
