// Keys of tests: the same at each run.
#ifndef REGISTRE_TESTS_SUPPORT_TEST_KEYS_H_
#define REGISTRE_TESTS_SUPPORT_TEST_KEYS_H_

#include <string>

#include "ledger/proof/ed25519.h"
#include "ledger/proof/note.h"

namespace registre {

// Test data: the key whose seed is 32 times that byte.
inline SigningKey TestKey(char byte) { return *SigningKey::FromSeed(std::string(32, byte)); }

inline VerifierKey TestLogKey(const std::string& name, const SigningKey& key) {
  return {.name = name, .use = KeyUse::kLog, .public_key = key.public_key()};
}
inline VerifierKey TestWitnessKey(const std::string& name, const SigningKey& key) {
  return {.name = name, .use = KeyUse::kWitness, .public_key = key.public_key()};
}

}  // namespace registre

#endif  // REGISTRE_TESTS_SUPPORT_TEST_KEYS_H_
