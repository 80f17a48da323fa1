#include "ledger/proof/sha256_stream.h"

#include <openssl/evp.h>

#include "ledger/base/check.h"

namespace registre {

struct Sha256Stream::State {
  State() : md(EVP_MD_CTX_new()) {}
  ~State() { EVP_MD_CTX_free(md); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  EVP_MD_CTX* const md;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  REGISTRE_CHECK(EVP_DigestInit_ex2(state_->md, EVP_sha256(), nullptr) == 1,
                 "OpenSSL gives no SHA-256; its installation is broken");
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(std::string_view part) {
  REGISTRE_CHECK(EVP_DigestUpdate(state_->md, part.data(), part.size()) == 1,
                 "OpenSSL hashes no more");
}

Hash Sha256Stream::Finish() {
  Hash hash;
  REGISTRE_CHECK(EVP_DigestFinal_ex(state_->md, hash.data(), nullptr) == 1, "OpenSSL ends no hash");
  return hash;
}

}  // namespace registre
