#include "cmd/registre/json.h"

#include <string>

#include "google/protobuf/util/json_util.h"

namespace registre::cli {

namespace {

std::string ToJson(const google::protobuf::Message& message, bool defaults = true) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = defaults;
  std::string line;
  // Fails only on an Any of a type that this program does not have: the rest is printed.
  (void)google::protobuf::util::MessageToJsonString(message, &line, options);
  return line;
}

}  // namespace

void PrintJson(std::ostream& out, const google::protobuf::Message& message) {
  out << ToJson(message) << '\n';
}

void PrintSparseJson(std::ostream& out, const google::protobuf::Message& message) {
  out << ToJson(message, /*defaults=*/false) << '\n';
}

void PrintJsonError(std::ostream& out, const google::rpc::Status& status) {
  out << "{\"error\":" << ToJson(status) << "}\n";
}

}  // namespace registre::cli
