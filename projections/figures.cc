#include "projections/figures.h"

#include <fmt/format.h>

#include <string_view>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ledger/base/date.h"

namespace registre {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kIdFields[] = {
    "tranche_id", "allotment_id",   "line_id", "recovery_number",     "fiscal_year",
    "year",       "avenant_number", "code",    "budget_code",         "report_number",
    "with_code",  "date",           "number",  "deliberation_number", "label"};

// What an element of a list is known by; empty when it has no such field.
std::string IdOf(const Message& element) {
  const auto* descriptor = element.GetDescriptor();
  const auto* reflection = element.GetReflection();
  for (const std::string_view name : kIdFields) {
    const FieldDescriptor* field = descriptor->FindFieldByName(std::string(name));
    if (field == nullptr || field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      return reflection->GetString(element, field);
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      return fmt::format("{}", reflection->GetInt32(element, field));
    }
    if (field->message_type() == v1::Date::descriptor()) {
      const Message& date = reflection->GetMessage(element, field);
      return FormatIsoDate(static_cast<const v1::Date&>(date));
    }
  }
  // An element may wrap what has the id: a tranche's state, an allotment's.
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (std::string id = IdOf(reflection->GetMessage(element, field)); !id.empty()) return id;
  }
  return "";
}

// What an act said, kept in the row beside what it adds up to.
bool IsTerms(const FieldDescriptor* field) {
  const auto* type = field->message_type();
  return type == v1::Tranche::descriptor() || type == v1::Allotment::descriptor() ||
         type == v1::AvenantState::descriptor() || type == v1::SessionHeld::descriptor() ||
         type == v1::Report::descriptor() || type == v1::CorrectionProposed::descriptor();
}

void Collect(const Message& message, const std::string& path,
             std::map<std::string, int64_t>* figures) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string name = path.empty() ? field->name() : path + "." + field->name();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 && !field->is_repeated()) {
      if (std::string_view(field->name()).ends_with("_cents")) {
        (*figures)[name] += reflection->GetInt64(message, field);
      }
    } else if (field->message_type() == v1::Tranche::descriptor()) {
      const auto& terms = static_cast<const v1::Tranche&>(reflection->GetMessage(message, field));
      (*figures)[path + ".ceiling_cents"] += terms.ceiling_cents();
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsTerms(field)) {
      continue;
    } else if (!field->is_repeated()) {
      Collect(reflection->GetMessage(message, field), name, figures);
    } else {
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        const Message& element = reflection->GetRepeatedMessage(message, field, i);
        Collect(element, fmt::format("{}[{}]", name, IdOf(element)), figures);
      }
    }
  }
}

}  // namespace

std::map<std::string, int64_t> FiguresOf(const v1::Row& row) {
  std::map<std::string, int64_t> figures;
  if (row.row_case() == v1::Row::ROW_NOT_SET) return figures;
  const auto* reflection = row.GetReflection();
  const FieldDescriptor* kind =
      reflection->GetOneofFieldDescriptor(row, row.GetDescriptor()->oneof_decl(0));
  Collect(reflection->GetMessage(row, kind), "", &figures);
  return figures;
}

}  // namespace registre
