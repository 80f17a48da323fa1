// The seed of a random test.
#ifndef REGISTRE_TESTS_SUPPORT_TEST_SEED_H_
#define REGISTRE_TESTS_SUPPORT_TEST_SEED_H_

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace registre {

// The value of REGISTRE_TEST_SEED, or one drawn now. Prints it: a failure is repeated by setting
// it.
inline uint64_t TestSeed() {
  const char* const given = std::getenv("REGISTRE_TEST_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("REGISTRE_TEST_SEED=%" PRIu64 "\n", seed);
  std::fflush(stdout);  // a crash must not swallow it
  return seed;
}

}  // namespace registre

#endif  // REGISTRE_TESTS_SUPPORT_TEST_SEED_H_
