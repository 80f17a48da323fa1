// What a log asks of a witness, and what the witness decides.
#include "ledger/proof/witness_request.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/test_keys.h"

namespace registre {
namespace {

void FuzzRequest(std::string_view body) {
  const auto request = ParseWitnessRequest(body);
  if (!request.ok()) return;
  REGISTRE_CHECK(
      FormatWitnessRequest(request->old_size, request->proof, FormatNote(request->note)) == body,
      "a request has one form");
  const std::vector<VerifierKey> keys = {TestLogKey("registre.example/interop", TestKey(1))};
  for (const uint64_t size : {uint64_t{0}, uint64_t{257}, request->old_size}) {
    // Nobody knows a log with that root, but an empty one.
    const CosignedHead latest{size, size == 0 ? EmptyRoot() : Hash{}};
    const WitnessVerdict verdict = JudgeWitnessRequest(*request, keys, latest);
    REGISTRE_CHECK(verdict.status != 200 || size == 0, "no log is the continuation of another");
    REGISTRE_CHECK(verdict.status != 200 || !verdict.cosigned.signatures.empty(), "signed");
  }
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  registre::FuzzRequest(registre::FuzzText(data, size));
  const auto old = registre::ParseWitnessSize(registre::FuzzText(data, size));
  if (old) {
    REGISTRE_CHECK(registre::FormatWitnessSize(*old) == registre::FuzzText(data, size),
                   "a size has one form");
  }
  return 0;
}
