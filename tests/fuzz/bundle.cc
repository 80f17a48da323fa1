// Evidence bundles, and what they are made of. The first byte says what the rest is.
#include <string>

#include "ledger/bundle_verifier.h"
#include "ledger/schema.h"
#include "ledger/summary.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/test_keys.h"

namespace registre {
namespace {

// That of the corpus (tests/support/bundle_world.h).
constexpr char kFuzzOrigin[] = "example.org/registre";

// The rest of a bundle, without its last line.
void FuzzBundle(std::string_view text) {
  const std::string bytes = std::string(text) + "sha256 " + HexOf(Sha256(text)) + "\n";
  const auto bundle = ParseBundle(bytes);
  if (!bundle.ok()) return;
  REGISTRE_CHECK(*FormatBundle(*bundle) == bytes, "a bundle has one form");
  static const auto* policy =
      new TrustPolicy(TrustPolicy::OfKeys({TestLogKey(kFuzzOrigin, TestKey('L'))}));
  const auto verified = VerifyBundle(bytes, *policy, std::nullopt);
  REGISTRE_CHECK(!verified.ok() || verified->summary == bundle->summary, "the summary is rendered");
}

void FuzzBundledEvent(std::string_view bytes, std::string_view descriptors) {
  const auto schema = EventSchema::Parse(descriptors);
  if (!schema.ok()) return;
  const auto event = (*schema)->Read(bytes);
  if (event.ok()) REGISTRE_CHECK(!DescribeEvent(**event, true).empty(), "it has a line");
}

void FuzzPacked(std::string_view packed) {
  const auto schema = UnpackSchema(packed);
  REGISTRE_CHECK(!schema.ok() || schema->size() <= kMaxSchemaBytes, "within the limit");
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  registre::FuzzInput input(data, size);
  const uint64_t kind = input.Number(1);
  const std::string_view rest = registre::FuzzText(data, size).substr(size > 0 ? 1 : 0);
  if (kind == 'b') registre::FuzzBundle(rest);
  if (kind == 'e') registre::FuzzBundledEvent(rest, registre::SerializedSchema());
  if (kind == 's') registre::FuzzBundledEvent("", rest);
  if (kind == 'z') registre::FuzzPacked(rest);
  return 0;
}
