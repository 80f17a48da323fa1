#include "ledger/base/clock.h"

#include <sys/random.h>
#include <time.h>

#include <cstdint>
#include <cstdlib>

#include "absl/time/clock.h"

namespace registre {
namespace {

class RealClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  absl::Duration BootTime() const override {
    timespec now = {};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

std::string SystemRandom::Bytes(size_t count) {
  std::string bytes(count, '\0');
  size_t done = 0;
  while (done < count) {
    const ssize_t got = getrandom(bytes.data() + done, count - done, 0);
    if (got > 0) done += static_cast<size_t>(got);
    // The kernel gives randomness once it has any: a salt must never be weak, so there is no way
    // on.
    if (got < 0 && errno != EINTR) std::abort();
  }
  return bytes;
}

std::string MakeUuid7(absl::Time time, std::string random) {
  const uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(time));
  std::string id(16, '\0');
  for (int i = 0; i < 6; ++i) id[i] = static_cast<char>(millis >> (8 * (5 - i)));
  id.replace(6, 10, random, 0, 10);
  id[6] = static_cast<char>((id[6] & 0x0f) | 0x70);
  id[8] = static_cast<char>((id[8] & 0x3f) | 0x80);
  return id;
}

Days DayIn(const absl::TimeZone& zone, absl::Time time) {
  return static_cast<Days>(absl::ToCivilDay(time, zone) - absl::CivilDay(1970, 1, 1));
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t nanos = absl::ToUnixNanos(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(nanos / 1'000'000'000);
  timestamp.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

}  // namespace registre
