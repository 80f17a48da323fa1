// What an evidence bundle proves (deploy/BUNDLE.md): verified from its bytes and from whom one
// trusts, with no ledger behind.
#ifndef REGISTRE_LEDGER_BUNDLE_VERIFIER_H_
#define REGISTRE_LEDGER_BUNDLE_VERIFIER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ledger/proof/bundle.h"
#include "ledger/proof/trust_policy.h"
#include "registre/v1/event.pb.h"

namespace registre {

// A bundle of which everything holds.
struct VerifiedBundle {
  std::string tag;
  std::string summary;
  TrustedCheckpoint trusted;
  size_t stamps = 0;                // in the bundle
  std::vector<absl::Time> stamped;  // when each says; empty where no CA was given
  // The seal: its position, when the ledger says it recorded it, and what it counted.
  uint64_t seal_position = 0;
  absl::Time sealed_at;
  uint64_t through_position = 0;
  uint64_t tags = 0;
  // The history. The first `sealed_events` are all that the tag has through the seal.
  std::vector<v1::Event> events;
  uint64_t sealed_events = 0;
  // The summary reads the events by the very schema of this program; where not, by another one that
  // this program knows, or else by one that the caller accepts.
  bool same_schema = false;
  bool known_schema = false;
};

// Verifies all of it; time stamps where `tsa_ca_pem` is given, and then each of them. Pure; any
// thread; takes some ten times the memory of the bundle. A schema must be known (IsKnownSchema), or
// its digest be one of `other_schemas`. INVALID_ARGUMENT, the first that is wrong: BUNDLE_INVALID
// with the part, SCHEMA_UNKNOWN, those of VerifyCheckpoint, VerifyTimeStamp and VerifyTag.
absl::StatusOr<VerifiedBundle> VerifyBundle(std::string_view bytes, const TrustPolicy& policy,
                                            std::optional<std::string_view> tsa_ca_pem,
                                            absl::Span<const Hash> other_schemas = {});

// The summary of a bundle, out of what was verified, or will be. `event_lines` are those of
// DescribeEvent.
std::string SummaryOfBundle(const VerifiedBundle& bundle,
                            const std::vector<std::string>& event_lines);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BUNDLE_VERIFIER_H_
