#include "ledger/base/field_path.h"

#include <charconv>
#include <optional>
#include <string>

#include "google/protobuf/descriptor.h"

namespace registre {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// One segment: a name, and an index where it has one.
struct Segment {
  std::string_view name;
  std::optional<int> index;
};

std::optional<Segment> ParseSegment(std::string_view text) {
  Segment segment;
  const size_t bracket = text.find('[');
  segment.name = text.substr(0, bracket);
  if (segment.name.empty()) return std::nullopt;
  if (bracket == std::string_view::npos) return segment;
  if (text.back() != ']') return std::nullopt;
  const std::string_view digits = text.substr(bracket + 1, text.size() - bracket - 2);
  int index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size() || digits[0] == '-') {
    return std::nullopt;
  }
  segment.index = index;
  return segment;
}

// The rest of a path below `descriptor`; `message` is null below a list without an index, where
// only the names can be checked.
bool NamesFieldBelow(const Descriptor* descriptor, const Message* message, std::string_view path) {
  const size_t dot = path.find('.');
  const auto segment = ParseSegment(path.substr(0, dot));
  if (!segment) return false;
  const FieldDescriptor* field = descriptor->FindFieldByName(std::string(segment->name));
  if (field == nullptr || (segment->index && !field->is_repeated())) return false;
  const Reflection* reflection = message == nullptr ? nullptr : message->GetReflection();
  if (message != nullptr) {
    if (segment->index && *segment->index >= reflection->FieldSize(*message, field)) return false;
    const auto* oneof = field->real_containing_oneof();
    if (oneof != nullptr && reflection->HasOneof(*message, oneof) &&
        !reflection->HasField(*message, field)) {
      return false;
    }
  }
  if (dot == std::string_view::npos) return true;
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return false;
  const Message* below = nullptr;
  if (message != nullptr && field->is_repeated()) {
    if (segment->index) below = &reflection->GetRepeatedMessage(*message, field, *segment->index);
  } else if (message != nullptr) {
    below = &reflection->GetMessage(*message, field);
  }
  return NamesFieldBelow(field->message_type(), below, path.substr(dot + 1));
}

}  // namespace

bool NamesField(const Message& message, std::string_view path) {
  return NamesFieldBelow(message.GetDescriptor(), &message, path);
}

}  // namespace registre
