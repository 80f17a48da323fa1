#include "ledger/base/shape.h"

#include <fmt/format.h>

#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "ledger/base/date.h"
#include "ledger/base/field_path.h"
#include "ledger/base/limits.h"
#include "ledger/base/money.h"
#include "ledger/base/shape_plan.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/check.pb.h"
#include "registre/v1/common.pb.h"

namespace registre {
namespace {

using google::protobuf::DynamicCastToGenerated;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kSha256Bytes = 32;

// ---- Where the walk is

// A step of the path to a field. Text is only made of it when something is wrong.
struct Step {
  const Step* above = nullptr;
  std::string_view name;
  int index = -1;  // of a list item
};

std::string PathOf(const Step& step) {
  std::string path = step.above == nullptr ? std::string() : PathOf(*step.above);
  if (!path.empty() && !step.name.empty()) path += '.';
  path += step.name;
  if (step.index >= 0) path += fmt::format("[{}]", step.index);
  return path;
}

// Text shown in a message: cut, and no byte of it that would break a terminal or a string field.
std::string Shown(std::string_view text) {
  constexpr size_t kMaxShown = 64;
  std::string shown;
  for (const char c : text.substr(0, kMaxShown)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    shown += control ? '?' : c;
  }
  while (!shown.empty() && !IsUtf8(shown)) shown.pop_back();
  if (text.size() > kMaxShown) shown += "...";
  return shown;
}

// Which control character the text holds, if any; `text` is UTF-8. C1 controls are U+0080 to
// U+009F.
bool HasControlCharacter(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 ? c != '\t' && c != '\n' : c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

bool IsPlainAscii(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) return false;
  }
  return true;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\n") == std::string_view::npos;
}

bool IsCtesNumber(std::string_view text) {
  constexpr std::string_view kChars = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  return !text.empty() && text.size() <= 15 &&
         text.find_first_not_of(kChars) == std::string_view::npos;
}

// ---- The walk

class Walk {
 public:
  explicit Walk(std::vector<Violation>* violations) : violations_(violations) {}

  void CheckMessage(const MessagePlan& plan, const Message& message, const Step& at) {
    if (Full()) return;
    const Reflection& reflection = *message.GetReflection();
    if (!reflection.GetUnknownFields(message).empty()) {
      const int number = reflection.GetUnknownFields(message).field(0).number();
      Add(at, "UNKNOWN_FIELD",
          fmt::format("field number {} is not in the contract of {}; send only fields it knows",
                      number, message.GetDescriptor()->name()));
    }
    if (plan.kind == MessagePlan::Kind::kDate) return CheckDate(message, at);
    for (const FieldPlan& field : plan.fields) CheckField(field, message, reflection, at);
    for (const OneofPlan& oneof : plan.oneofs) CheckOneof(oneof, message, reflection, at);
    if (plan.kind == MessagePlan::Kind::kPeriod) CheckPeriod(message, at);
    if (plan.kind == MessagePlan::Kind::kAct) CheckAssumedFields(message, at);
  }

 private:
  bool Full() const { return violations_->size() >= kMaxViolations; }

  void Add(const Step& at, std::string_view reason, std::string message) {
    if (Full()) return;
    violations_->push_back({PathOf(at), std::string(reason), std::move(message)});
  }

  void CheckOneof(const OneofPlan& plan, const Message& message, const Reflection& reflection,
                  const Step& at) {
    const FieldDescriptor* set = reflection.GetOneofFieldDescriptor(message, plan.oneof);
    if (set != nullptr) {
      return CheckField(plan.members[set->index_in_oneof()], message, reflection, at);
    }
    if (!plan.required) return;
    std::string names;
    for (const FieldPlan& member : plan.members) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", member.field->name());
    }
    Add(Step{&at, plan.oneof->name()}, "FIELD_INVALID", fmt::format("set one of {}", names));
  }

  void CheckField(const FieldPlan& plan, const Message& message, const Reflection& reflection,
                  const Step& above) {
    const Step at{&above, plan.field->name()};
    if (plan.field->is_repeated()) return CheckList(plan, message, reflection, at);
    switch (plan.field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        return CheckString(plan, reflection.GetStringReference(message, plan.field, &scratch), at);
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (reflection.HasField(message, plan.field)) {
          CheckMessage(*plan.message, reflection.GetMessage(message, plan.field), at);
        } else if (plan.check.required()) {
          AddRequired(at);
        }
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        return CheckInt64(plan, reflection.GetInt64(message, plan.field), at);
      case FieldDescriptor::CPPTYPE_INT32:
        return CheckInt32(plan, reflection.GetInt32(message, plan.field), at);
      case FieldDescriptor::CPPTYPE_ENUM:
        return CheckEnum(plan, reflection.GetEnumValue(message, plan.field), at);
      default:
        return;
    }
  }

  void CheckList(const FieldPlan& plan, const Message& message, const Reflection& reflection,
                 const Step& at) {
    const int size = reflection.FieldSize(message, plan.field);
    if (size == 0 && plan.check.required()) return AddRequired(at);
    if (size > plan.max_items) {
      return Add(
          at, "FIELD_INVALID",
          fmt::format("{} items, at most {} are accepted; split the act", size, plan.max_items));
    }
    for (int i = 0; i < size && !Full(); ++i) {
      const Step item{at.above, at.name, i};
      switch (plan.field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING: {
          std::string scratch;
          const std::string& text =
              reflection.GetRepeatedStringReference(message, plan.field, i, &scratch);
          if (text.empty()) AddRequired(item);
          CheckString(plan, text, item);
          break;
        }
        case FieldDescriptor::CPPTYPE_MESSAGE:
          CheckMessage(*plan.message, reflection.GetRepeatedMessage(message, plan.field, i), item);
          break;
        case FieldDescriptor::CPPTYPE_INT64:
          CheckInt64(plan, reflection.GetRepeatedInt64(message, plan.field, i), item);
          break;
        case FieldDescriptor::CPPTYPE_INT32:
          CheckInt32(plan, reflection.GetRepeatedInt32(message, plan.field, i), item);
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          CheckEnum(plan, reflection.GetRepeatedEnumValue(message, plan.field, i), item);
          break;
        default:
          break;
      }
    }
  }

  void AddRequired(const Step& at) { Add(at, "FIELD_INVALID", "is empty; it must be given"); }

  void CheckString(const FieldPlan& plan, const std::string& text, const Step& at) {
    if (text.empty()) {
      if (plan.check.required() && !plan.field->is_repeated()) AddRequired(at);
      return;
    }
    if (text.size() > plan.max_bytes) {
      return Add(at, "FIELD_INVALID",
                 fmt::format("{} bytes, at most {} are accepted", text.size(), plan.max_bytes));
    }
    if (plan.is_sha256 && text.size() != kSha256Bytes) {
      return Add(
          at, "FIELD_INVALID",
          fmt::format("{} bytes; a SHA-256 has 32, leave it empty when unknown", text.size()));
    }
    if (plan.field->type() == FieldDescriptor::TYPE_BYTES) return;
    if (!IsPlainAscii(text)) {
      if (!IsUtf8(text)) return Add(at, "FIELD_INVALID", "is not valid UTF-8; send UTF-8 text");
      if (HasControlCharacter(text)) {
        return Add(at, "FIELD_INVALID",
                   fmt::format("'{}' holds a control character; only tab and line feed may stand "
                               "in a text",
                               Shown(text)));
      }
    }
    if (plan.check.required() && IsBlank(text)) return AddRequired(at);
    CheckForm(plan.check.form(), text, at);
  }

  void CheckForm(v1::Form form, const std::string& text, const Step& at) {
    switch (form) {
      case v1::FORM_ID:
        if (IsId(text)) return;
        return Add(at, "FIELD_INVALID",
                   fmt::format("'{}' is no id; use 1 to 64 of 0-9 A-Z a-z . _ -", Shown(text)));
      case v1::FORM_SIRET:
        if (IsSiret(text)) return;
        return Add(
            at, "SIRET_INVALID",
            fmt::format("'{}' is no SIRET: 14 digits whose check holds; correct it, or leave "
                        "it empty when it is not known",
                        Shown(text)));
      case v1::FORM_SIREN:
        if (IsSiren(text)) return;
        return Add(at, "SIRET_INVALID",
                   fmt::format("'{}' is no SIREN: 9 digits whose check holds; correct it, or leave "
                               "it empty when it is not known",
                               Shown(text)));
      case v1::FORM_RNA:
        if (IsRna(text)) return;
        return Add(at, "RNA_INVALID",
                   fmt::format("'{}' is no RNA number: W and 9 characters, for example W621000001; "
                               "correct it, or leave it empty when it is not known",
                               Shown(text)));
      case v1::FORM_CTES:
        if (IsCtesNumber(text)) return;
        return Add(
            at, "TRANSMISSION_FORM",
            fmt::format("'{}' is no @CTES number: 1 to 15 of 0-9 A-Z _, for example 2023_405",
                        Shown(text)));
      default:
        return;
    }
  }

  void CheckInt64(const FieldPlan& plan, int64_t value, const Step& at) {
    if (!plan.is_cents) return;
    const bool small_enough = value <= kMaxCents && value >= -kMaxCents;
    const bool sign_fits = plan.check.positive()           ? value > 0
                           : plan.check.negative_allowed() ? true
                                                           : value >= 0;
    if (small_enough && sign_fits) return;
    const std::string_view bound = plan.check.positive()           ? "more than 0"
                                   : plan.check.negative_allowed() ? "of either sign"
                                                                   : "0 or more";
    Add(at, "AMOUNT_INVALID",
        fmt::format("{} EUR; the amount must be {} and at most {} EUR, in cents",
                    FormatCents(value), bound, FormatCents(kMaxCents)));
  }

  void CheckInt32(const FieldPlan& plan, int32_t value, const Step& at) {
    const bool given = value != 0 || plan.check.positive();
    if (plan.is_year && given && (value < kMinYear || value > kMaxYear)) {
      return Add(at, "FIELD_INVALID",
                 fmt::format("{} is no year; give one from {} to {}", value, kMinYear, kMaxYear));
    }
    if (value < 0 || (value == 0 && plan.check.positive())) {
      Add(at, "FIELD_INVALID",
          fmt::format("{}; the number must be {}", value,
                      plan.check.positive() ? "more than 0" : "0 or more"));
    }
  }

  void CheckEnum(const FieldPlan& plan, int value, const Step& at) {
    if (plan.field->enum_type()->FindValueByNumber(value) == nullptr) {
      return Add(at, "FIELD_INVALID",
                 fmt::format("{} is no value of {}; use one of its names", value,
                             plan.field->enum_type()->name()));
    }
    if (value == 0 && plan.check.required()) AddRequired(at);
  }

  void CheckDate(const Message& message, const Step& at) {
    const auto* date = DynamicCastToGenerated<v1::Date>(&message);
    if (date == nullptr || IsValidDate(*date)) return;
    Add(at, "PERIOD_INVALID",
        fmt::format("{} is not in the calendar of the years 1800 to 2200; give a full date",
                    FormatDate(*date)));
  }

  void CheckPeriod(const Message& message, const Step& at) {
    const auto* period = DynamicCastToGenerated<v1::Period>(&message);
    if (period == nullptr || !IsValidDate(period->start()) || !IsValidDate(period->end())) return;
    if (ToDays(period->start()) <= ToDays(period->end())) return;
    Add(at, "PERIOD_INVALID",
        fmt::format("starts on {} after its end on {}; exchange or correct the dates",
                    FormatDate(period->start()), FormatDate(period->end())));
  }

  void CheckAssumedFields(const Message& message, const Step& at) {
    const auto* act = DynamicCastToGenerated<v1::Act>(&message);
    if (act == nullptr) return;
    for (int i = 0; i < act->assumed_fields_size(); ++i) {
      if (NamesField(*act, act->assumed_fields(i))) continue;
      Add(Step{&at, "assumed_fields", i}, "FIELD_INVALID",
          fmt::format("'{}' names no field of the act; write its path from the act, for example "
                      "convention_signed.signatures.authority_signed_on",
                      Shown(act->assumed_fields(i))));
    }
  }

  std::vector<Violation>* const violations_;
};

}  // namespace

void CheckShape(const Message& message, std::string path, std::vector<Violation>* violations) {
  const Step root{nullptr, path};
  Walk(violations).CheckMessage(PlanOf(message.GetDescriptor()), message, root);
}

void ClearFilled(google::protobuf::Message* message) {
  const auto* reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (field->options().GetExtension(v1::check).filled()) {
      reflection->ClearField(message, field);
    } else if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        ClearFilled(reflection->MutableRepeatedMessage(message, field, i));
      }
    } else {
      ClearFilled(reflection->MutableMessage(message, field));
    }
  }
}

}  // namespace registre
