// Cursors: the page tokens that clients send back.
#include "services/page_token.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto token = registre::DecodePageToken(std::string(registre::FuzzText(data, size)));
  if (!token.ok()) return 0;
  const auto again = registre::DecodePageToken(registre::EncodePageToken(*token));
  // What a client made up may be longer in our form than one that we take.
  if (!again.ok()) return 0;
  REGISTRE_CHECK(
      again->size == token->size && again->next == token->next && again->after == token->after,
      "a token says what it said");
  return 0;
}
