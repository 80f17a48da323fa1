// Time and randomness, passed in: nothing else in the ledger asks the system for either.
#ifndef REGISTRE_LEDGER_BASE_CLOCK_H_
#define REGISTRE_LEDGER_BASE_CLOCK_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "ledger/base/date.h"

namespace registre {

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // UTC, as the system believes it to be (CLOCK_REALTIME).
  virtual absl::Time Now() const = 0;
  // Since the machine started, asleep or not; never set by anyone (CLOCK_BOOTTIME).
  virtual absl::Duration BootTime() const = 0;
};

// The system's clock. It lives for ever.
const Clock& SystemClock();

// Any thread.
class Random {
 public:
  virtual ~Random() = default;
  // `count` unpredictable bytes.
  virtual std::string Bytes(size_t count) = 0;
};

// getrandom(2).
class SystemRandom final : public Random {
 public:
  std::string Bytes(size_t count) override;
};

// A UUIDv7 (RFC 9562): 48 bits of milliseconds, version and variant, the rest from `random` (10
// bytes). 16 bytes.
std::string MakeUuid7(absl::Time time, std::string random);

// The day that it is in a time zone.
Days DayIn(const absl::TimeZone& zone, absl::Time time);

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_CLOCK_H_
