#include "cmd/registre/act_fields.h"

#include <fmt/format.h>

#include <map>

#include "cmd/registre/format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "ledger/base/money.h"
#include "ledger/base/shape.h"

namespace registre::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string ScalarText(const Message& message, const FieldDescriptor* field, int index) {
  const auto* reflection = message.GetReflection();
  const bool repeated = index >= 0;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 && field->name().ends_with("_cents")) {
    return FormatCents(repeated ? reflection->GetRepeatedInt64(message, field, index)
                                : reflection->GetInt64(message, field));
  }
  if (field->type() == FieldDescriptor::TYPE_BYTES) {
    return Hex(repeated ? reflection->GetRepeatedString(message, field, index)
                        : reflection->GetString(message, field));
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return repeated ? reflection->GetRepeatedString(message, field, index)
                    : reflection->GetString(message, field);
  }
  std::string text;
  google::protobuf::TextFormat::PrintFieldValueToString(message, field, index, &text);
  return text;
}

void Collect(const Message& message, const std::string& prefix, std::vector<ActField>* fields) {
  if (message.GetDescriptor() == v1::Date::descriptor()) {
    fields->push_back({prefix, DateText(static_cast<const v1::Date&>(message))});
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const std::string path = prefix.empty() ? field->name() : prefix + "." + field->name();
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!field->is_repeated()) {
      if (nested) {
        Collect(reflection->GetMessage(message, field), path, fields);
      } else {
        fields->push_back({path, ScalarText(message, field, -1)});
      }
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      const std::string at = fmt::format("{}[{}]", path, i);
      if (nested) {
        Collect(reflection->GetRepeatedMessage(message, field, i), at, fields);
      } else {
        fields->push_back({at, ScalarText(message, field, i)});
      }
    }
  }
}

}  // namespace

std::vector<ActField> FieldsOf(v1::Act act) {
  ClearFilled(&act);
  std::vector<ActField> fields;
  Collect(act, "", &fields);
  return fields;
}

std::vector<ActChange> ChangesBetween(const v1::Act& before, const v1::Act& after) {
  const std::vector<ActField> was = FieldsOf(before);
  const std::vector<ActField> is = FieldsOf(after);
  std::map<std::string, std::string> now;
  for (const ActField& field : is) now.emplace(field.path, field.text);
  std::vector<ActChange> changes;
  std::map<std::string, bool> seen;
  for (const ActField& field : was) {
    seen[field.path] = true;
    const auto at = now.find(field.path);
    const std::string text = at == now.end() ? "" : at->second;
    if (text != field.text) changes.push_back({field.path, field.text, text});
  }
  for (const ActField& field : is) {
    if (!seen[field.path]) changes.push_back({field.path, "", field.text});
  }
  return changes;
}

}  // namespace registre::cli
