// The evidence bundle as a file (deploy/BUNDLE.md): its parts, read and written. What they prove is
// for ledger/bundle_verifier.h. Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_BUNDLE_H_
#define REGISTRE_LEDGER_PROOF_BUNDLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/proof/directory.h"
#include "ledger/proof/shared_proof.h"

namespace registre {

// Largest bundle, most events in it, largest event, and largest schema, packed and unpacked.
inline constexpr size_t kMaxBundleBytes = 64 * 1024 * 1024;
inline constexpr size_t kMaxBundleEvents = 100'000;
inline constexpr size_t kMaxBundleEventBytes = 4 * 1024 * 1024;
inline constexpr size_t kMaxPackedSchemaBytes = 1024 * 1024;
inline constexpr size_t kMaxSchemaBytes = 8 * 1024 * 1024;

struct Bundle {
  std::string tag;
  std::string summary;
  std::string checkpoint;           // the note
  std::vector<std::string> stamps;  // DER tokens
  std::string seal;                 // stored bytes of the event
  std::vector<ProvenEntry> entries;
  std::vector<std::string> events;  // stored bytes
  SharedProof proof;                // of the seal and the events
  std::string schema;               // packed (PackSchema)

  bool operator==(const Bundle&) const = default;
};

// INVALID_ARGUMENT (BUNDLE_INVALID), with the part, unless FormatBundle of the result is these very
// bytes. What the parts hold is not looked into further than their layout.
absl::StatusOr<Bundle> ParseBundle(std::string_view bytes);
// RESOURCE_EXHAUSTED (BUNDLE_TOO_LARGE) when it is over a limit.
absl::StatusOr<std::string> FormatBundle(const Bundle& bundle);

// A serialized FileDescriptorSet as it stands in a bundle (zlib, RFC 1950), and back.
// INVALID_ARGUMENT (BUNDLE_INVALID) when it is no zlib stream, is not whole, or unpacks to more
// than kMaxSchemaBytes.
std::string PackSchema(std::string_view schema);
absl::StatusOr<std::string> UnpackSchema(std::string_view packed);

// INVALID_ARGUMENT (BUNDLE_INVALID): what is wrong with a part.
[[nodiscard]] absl::Status BundleInvalid(std::string_view part, std::string_view why);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_BUNDLE_H_
