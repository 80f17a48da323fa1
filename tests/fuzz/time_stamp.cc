// Time stamp tokens, and an authority's answers.
#include "ledger/proof/time_stamp.h"

#include "tests/fuzz/fuzz.h"

namespace registre {
namespace {

// Over this text the corpus has tokens, of an authority whose CA is not known here.
constexpr char kStampedText[] = "test data\n";

void FuzzToken(std::string_view token) {
  const auto time = TimeStampedAt(token, kStampedText);
  REGISTRE_CHECK(!time.ok() || !TimeStampedAt(token, "other").ok(), "over one text alone");
  REGISTRE_CHECK(!VerifyTimeStamp(token, kStampedText, "").ok(), "nobody is trusted");
}

// A request and an answer, one behind the other.
void FuzzAnswer(FuzzInput input) {
  const std::string_view request = input.Take(input.Number(2));
  const auto token = TokenOfAnswer(request, input.Take(kMaxTimeStampAnswerBytes + 1));
  REGISTRE_CHECK(!token.ok() || token->size() <= kMaxTimeStampBytes, "within the limit");
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  registre::FuzzToken(registre::FuzzText(data, size));
  registre::FuzzAnswer({data, size});
  return 0;
}
