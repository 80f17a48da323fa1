#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "ledger/base/check.h"
#include "ledger/proof/merkle.h"

namespace registre {
namespace {

// OpenSSL 3 looks the algorithm up by name whenever it is not given a fetched one, which costs more
// than hashing an event does. So it is fetched once, for ever, and each thread keeps its context.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

struct Context {
  Context() : md(EVP_MD_CTX_new()) {}
  ~Context() { EVP_MD_CTX_free(md); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* const md;
};

// SHA-256 of the concatenation.
Hash HashOf(std::string_view first, std::string_view second = {}) {
  thread_local Context context;
  Hash hash;
  const bool done = EVP_DigestInit_ex2(context.md, Algorithm(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.md, first.data(), first.size()) == 1 &&
                    EVP_DigestUpdate(context.md, second.data(), second.size()) == 1 &&
                    EVP_DigestFinal_ex(context.md, hash.data(), nullptr) == 1;
  REGISTRE_CHECK(done, "OpenSSL gives no SHA-256; its installation is broken");
  return hash;
}

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
