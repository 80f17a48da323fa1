// SHA-256 of what comes in parts.
#ifndef REGISTRE_LEDGER_PROOF_SHA256_STREAM_H_
#define REGISTRE_LEDGER_PROOF_SHA256_STREAM_H_

#include <memory>
#include <string_view>

#include "ledger/proof/merkle.h"

namespace registre {

// One thread.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void Add(std::string_view part);
  // Of all that was added. Once, the last call.
  Hash Finish();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_SHA256_STREAM_H_
