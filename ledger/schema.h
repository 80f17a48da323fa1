// The schema that this program reads events by, as bytes: what a seal commits to (DirectorySealed
// in control.proto) and a bundle carries.
#ifndef REGISTRE_LEDGER_SCHEMA_H_
#define REGISTRE_LEDGER_SCHEMA_H_

#include <string>

#include "ledger/proof/merkle.h"

namespace registre {

// The serialized google.protobuf.FileDescriptorSet of registre/v1/event.proto and all that it
// imports, each file after those that it imports. The same for every run of a program. Any thread.
const std::string& SerializedSchema();

// Its SHA-256.
const Hash& SchemaDigest();

}  // namespace registre

#endif  // REGISTRE_LEDGER_SCHEMA_H_
