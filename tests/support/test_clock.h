// A clock and randomness that a test holds in its hand.
#ifndef REGISTRE_TESTS_SUPPORT_TEST_CLOCK_H_
#define REGISTRE_TESTS_SUPPORT_TEST_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "ledger/base/clock.h"

namespace registre::testing {

// Starts on 20 September 2023, noon UTC. Any thread.
class TestClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMicros(now_.load()); }
  absl::Duration BootTime() const override { return absl::Microseconds(boot_.load()); }

  // Time goes by.
  void Advance(absl::Duration by) {
    now_ += absl::ToInt64Microseconds(by);
    boot_ += absl::ToInt64Microseconds(by);
  }
  // Someone sets the wall clock.
  void Jump(absl::Duration by) { now_ += absl::ToInt64Microseconds(by); }

 private:
  std::atomic<int64_t> now_ = 1'695'211'200'000'000;
  std::atomic<int64_t> boot_ = 1'000'000'000;
};

// The same bytes each time: a counter.
class TestRandom final : public Random {
 public:
  std::string Bytes(size_t count) override {
    std::string bytes(count, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(state_ = state_ * 6364136223846793005u + 1442695040888963407u);
    return bytes;
  }

 private:
  uint64_t state_ = 42;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_TEST_CLOCK_H_
