// What the fuzz targets share. Each has one function, which must take any bytes and return 0: it
// ends the process where what it was given breaks a promise of the code (tests/README.md says how
// they run).
#ifndef REGISTRE_TESTS_FUZZ_FUZZ_H_
#define REGISTRE_TESTS_FUZZ_FUZZ_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "ledger/base/check.h"
#include "ledger/proof/merkle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace registre {

inline std::string_view FuzzText(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes values off the front of the input; zero once it is used up.
class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : rest_(FuzzText(data, size)) {}

  uint64_t Number(size_t bytes) {
    uint64_t number = 0;
    for (const char byte : Take(bytes)) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }
  std::string_view Take(size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Root of the perfect subtree of that height in a log, of any size, whose entries are all the same.
inline const Hash& RepeatedHash(int height) {
  static const auto* const hashes = [] {
    auto* made = new std::array<Hash, 64>;
    (*made)[0] = LeafHash("test data");
    for (size_t i = 1; i < made->size(); ++i) (*made)[i] = NodeHash((*made)[i - 1], (*made)[i - 1]);
    return made;
  }();
  return hashes->at(height);
}

}  // namespace registre

#endif  // REGISTRE_TESTS_FUZZ_FUZZ_H_
