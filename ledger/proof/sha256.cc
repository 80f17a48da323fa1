#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "ledger/base/check.h"
#include "ledger/proof/merkle.h"

namespace registre {
namespace {

// OpenSSL 3 would have SHA-256 called through EVP, which costs half as much again as hashing a node
// does: an inclusion proof hashes 250 of them. Its older functions are the same code.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

// SHA-256 of the concatenation.
Hash HashOf(std::string_view first, std::string_view second = {}) {
  SHA256_CTX context;
  Hash hash;
  const bool done = SHA256_Init(&context) == 1 &&
                    SHA256_Update(&context, first.data(), first.size()) == 1 &&
                    SHA256_Update(&context, second.data(), second.size()) == 1 &&
                    SHA256_Final(hash.data(), &context) == 1;
  REGISTRE_CHECK(done, "OpenSSL gives no SHA-256; its installation is broken");
  return hash;
}

#pragma GCC diagnostic pop

std::string_view ViewOf(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

Hash Sha256(std::string_view bytes) { return HashOf(bytes); }

Hash LeafHash(std::string_view event_bytes) {
  return HashOf(std::string_view("\x00", 1), ViewOf(HashOf(event_bytes)));
}

Hash NodeHash(const Hash& left, const Hash& right) {
  std::array<char, 65> node;
  node[0] = 1;
  std::copy(left.begin(), left.end(), node.begin() + 1);
  std::copy(right.begin(), right.end(), node.begin() + 33);
  return HashOf({node.data(), node.size()});
}

Hash EmptyRoot() { return HashOf({}); }

std::string HexOf(const Hash& hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * hash.size());
  for (const uint8_t byte : hash) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace registre
