// The schema that this program reads events by, as bytes: what a seal commits to (DirectorySealed
// in control.proto) and a bundle carries.
#ifndef REGISTRE_LEDGER_SCHEMA_H_
#define REGISTRE_LEDGER_SCHEMA_H_

#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "ledger/proof/merkle.h"

namespace registre {

// The serialized google.protobuf.FileDescriptorSet of registre/v1/event.proto and all that it
// imports, each file after those that it imports. The same for every run of a program. Any thread.
const std::string& SerializedSchema();

// Its SHA-256.
const Hash& SchemaDigest();

// The digests, in hexadecimal, of every schema that a version of this program sealed with; the
// newest, which is this program's, comes last. A digest is never taken off: a bundle made under it
// stays verifiable. It changes with the descriptors, also with those of Timestamp, which are
// protobuf's; verify_bundle.py and BUNDLE.md have the same list.
absl::Span<const std::string_view> KnownSchemaDigests();

// Whether it is one of these, or this program's own.
bool IsKnownSchema(const Hash& digest);

}  // namespace registre

#endif  // REGISTRE_LEDGER_SCHEMA_H_
