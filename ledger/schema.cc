#include "ledger/schema.h"

#include <algorithm>
#include <set>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "registre/v1/event.pb.h"

namespace registre {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;

void AddSchemaFile(const FileDescriptor& file, std::set<const FileDescriptor*>* added,
                   FileDescriptorSet* files) {
  if (!added->insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddSchemaFile(*file.dependency(i), added, files);
  }
  file.CopyTo(files->add_file());
}

constexpr std::string_view kKnownSchemaDigests[] = {
    "d6ecc1c95fdad10b3be4ccbc6828d8e25fab5275c85fb8f7c0bfe5d365e5bb10",
};

std::string SerializeSchema() {
  FileDescriptorSet files;
  std::set<const FileDescriptor*> added;
  AddSchemaFile(*v1::Event::descriptor()->file(), &added, &files);
  return files.SerializeAsString();
}

}  // namespace

const std::string& SerializedSchema() {
  static const auto* schema = new std::string(SerializeSchema());
  return *schema;
}

const Hash& SchemaDigest() {
  static const Hash digest = Sha256(SerializedSchema());
  return digest;
}

absl::Span<const std::string_view> KnownSchemaDigests() { return kKnownSchemaDigests; }

bool IsKnownSchema(const Hash& digest) {
  const absl::Span<const std::string_view> known = KnownSchemaDigests();
  return digest == SchemaDigest() ||
         std::find(known.begin(), known.end(), HexOf(digest)) != known.end();
}

}  // namespace registre
