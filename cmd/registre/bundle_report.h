// What a verified bundle proves, in plain words, and the state that its events add up to.
#ifndef REGISTRE_CMD_REGISTRE_BUNDLE_REPORT_H_
#define REGISTRE_CMD_REGISTRE_BUNDLE_REPORT_H_

#include <optional>
#include <string>

#include "cmd/registre/console.h"
#include "google/protobuf/struct.pb.h"
#include "ledger/bundle_verifier.h"
#include "registre/v1/state.pb.h"

namespace registre::cli {

// What is proven and what is not, and under whose signatures.
void PrintBundleReport(const VerifiedBundle& verified, const TrustPolicy& policy, Console& console);

// What others put on its checkpoint, counted and not verified: "checkpoint of 124 events, 1
// cosignature, not stamped yet".
std::string AttestationText(const VerifiedBundle& verified);

// The same as an object: verified, tag, events, sealed_events, through_position, seal_position,
// sealed_at, cosignatures, stamps (both counted), stamped_at, same_schema, known_schema, and the
// fields of DescribeCheckpoint.
google::protobuf::Struct BundleJson(const VerifiedBundle& verified, const TrustPolicy& policy);

// The convention that the events add up to, folded here; nothing where the bundle is of another
// kind, or holds no such convention.
std::optional<v1::Convention> ConventionOf(const VerifiedBundle& verified);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_BUNDLE_REPORT_H_
