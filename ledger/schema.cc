#include "ledger/schema.h"

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

}  // namespace registre
