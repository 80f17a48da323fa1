#include "ledger/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/unknown_field_set.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"

namespace registre {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::string_view kEventName = "registre.v1.Event";
constexpr std::string_view kDateName = "registre.v1.Date";
constexpr std::string_view kInstantName = "google.protobuf.Timestamp";
// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;

absl::Status EventMalformed(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "EVENT_MALFORMED", std::move(why));
}

bool IsOf(const Message& message, std::string_view name) {
  return message.GetDescriptor()->full_name() == name;
}

// A value by the name of its field; 0 or empty where the message has none of that name.
int64_t IntegerOf(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  const Reflection* reflection = message.GetReflection();
  if (field == nullptr || field->is_repeated()) return 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<int64_t>(reflection->GetUInt64(message, field));
    default:
      return 0;
  }
}

const Message* MessageOf(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return nullptr;
  }
  return &message.GetReflection()->GetMessage(message, field);
}

// The character that the text starts with, where it is one that a terminal may obey: U+0080 to
// U+009F, U+2028 to U+202E and U+2066 to U+2069, which move, end or turn lines. 0 otherwise.
uint32_t SteeringCharacter(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  if (text.size() >= 2 && byte(0) == 0xC2 && byte(1) < 0xA0) return byte(1);
  if (text.size() < 3 || byte(0) != 0xE2) return 0;
  const uint32_t character = 0x2000 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  const bool steers =
      (character >= 0x2028 && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
  return steers ? character : 0;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else if (const uint32_t character = SteeringCharacter(text.substr(at)); character != 0) {
      quoted += fmt::format("\\u{:04x}", character);
      at += character < 0x800 ? 1 : 2;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

template <class Integer>
std::string NumberText(const FieldDescriptor* field, Integer number) {
  std::string text = fmt::format("{}", number);
  if (!std::string_view(field->name()).ends_with("_cents")) return text;
  const bool negative = text.front() == '-';
  std::string digits = text.substr(negative ? 1 : 0);
  if (digits.size() < 3) digits.insert(0, 3 - digits.size(), '0');
  return fmt::format("{} ({}{}.{} EUR)", text, negative ? "-" : "",
                     digits.substr(0, digits.size() - 2), digits.substr(digits.size() - 2));
}

std::string EnumText(const FieldDescriptor* field, int number) {
  const EnumValueDescriptor* value = field->enum_type()->FindValueByNumber(number);
  return value == nullptr ? fmt::format("{}", number) : value->name();
}

// The value at `index` of a list, or the only one (-1); not a message.
std::string ScalarText(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* reflection = message.GetReflection();
  const bool one = index < 0;
  std::string scratch;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return NumberText(field, one ? reflection->GetInt32(message, field)
                                   : reflection->GetRepeatedInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return NumberText(field, one ? reflection->GetInt64(message, field)
                                   : reflection->GetRepeatedInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return NumberText(field, one ? reflection->GetUInt32(message, field)
                                   : reflection->GetRepeatedUInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return NumberText(field, one ? reflection->GetUInt64(message, field)
                                   : reflection->GetRepeatedUInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? reflection->GetBool(message, field)
                  : reflection->GetRepeatedBool(message, field, index))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(field, one ? reflection->GetEnumValue(message, field)
                                 : reflection->GetRepeatedEnumValue(message, field, index));
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& bytes =
          one ? reflection->GetStringReference(message, field, &scratch)
              : reflection->GetRepeatedStringReference(message, field, index, &scratch);
      return field->type() == FieldDescriptor::TYPE_STRING
                 ? Quote(bytes)
                 : fmt::format("<{}>", absl::BytesToHexString(bytes));
    }
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // refused by CheckReadable; not a scalar
  }
  return "";
}

void DescribeFields(const Message& message, const std::string& prefix, std::string* text);

// A message that stands in one line, or nothing.
std::string OneLineMessage(const Message& message) {
  if (IsOf(message, kDateName)) {
    return fmt::format("{:04d}-{:02d}-{:02d}", IntegerOf(message, "year"),
                       IntegerOf(message, "month"), IntegerOf(message, "day"));
  }
  if (IsOf(message, kInstantName)) {
    return SummaryInstant(IntegerOf(message, "seconds"),
                          static_cast<int32_t>(IntegerOf(message, "nanos")));
  }
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields.empty() ? "{}" : "";
}

void DescribeValue(const Message& message, const FieldDescriptor* field, int index,
                   const std::string& prefix, std::string* text) {
  std::string path = prefix + field->name();
  if (index >= 0) path += fmt::format("[{}]", index);
  std::string value;
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    value = ScalarText(message, field, index);
  } else {
    const Reflection* reflection = message.GetReflection();
    const Message& inner = index < 0 ? reflection->GetMessage(message, field)
                                     : reflection->GetRepeatedMessage(message, field, index);
    value = OneLineMessage(inner);
    if (value.empty()) return DescribeFields(inner, path + ".", text);
  }
  *text += fmt::format("  {} = {}\n", path, value);
}

void DescribeField(const Message& message, const FieldDescriptor* field, const std::string& prefix,
                   std::string* text) {
  if (!field->is_repeated()) return DescribeValue(message, field, -1, prefix, text);
  const int count = message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < count; ++i) DescribeValue(message, field, i, prefix, text);
}

// In order of field number.
void DescribeFields(const Message& message, const std::string& prefix, std::string* text) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) DescribeField(message, field, prefix, text);
}

// What of the envelope stands in the first line, is only there to be verified, or says how the
// event is stored.
bool IsLeftOut(std::string_view name) {
  constexpr std::string_view kLeftOut[] = {
      "position",    "event_id", "unit_index", "unit_size",      "fingerprint",
      "recorded_at", "tags",     "salt",       "schema_version", "act"};
  return std::find(std::begin(kLeftOut), std::end(kLeftOut), name) != std::end(kLeftOut);
}

// The field of `act` that is set; nullptr when none is.
const FieldDescriptor* ActField(const Message& event) {
  const Message* act = MessageOf(event, "act");
  if (act == nullptr) return nullptr;
  const auto* oneof = act->GetDescriptor()->FindOneofByName("act");
  return oneof == nullptr ? nullptr : act->GetReflection()->GetOneofFieldDescriptor(*act, oneof);
}

absl::Status CheckType(const FieldDescriptor* field) {
  const bool is_read = !field->is_map() && field->type() != FieldDescriptor::TYPE_GROUP &&
                       field->cpp_type() != FieldDescriptor::CPPTYPE_FLOAT &&
                       field->cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE;
  if (is_read) return absl::OkStatus();
  return EventMalformed(fmt::format("field {} is of a type that no event has", field->full_name()));
}

absl::Status CheckStrings(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
  std::string scratch;
  for (int i = 0; i < count; ++i) {
    const std::string& text =
        field->is_repeated() ? reflection->GetRepeatedStringReference(message, field, i, &scratch)
                             : reflection->GetStringReference(message, field, &scratch);
    if (!IsUtf8(text)) return EventMalformed(fmt::format("{} is not UTF-8", field->full_name()));
  }
  return absl::OkStatus();
}

absl::Status CheckMessages(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  if (!field->is_repeated()) return CheckReadable(reflection->GetMessage(message, field));
  const int count = reflection->FieldSize(message, field);
  for (int i = 0; i < count; ++i) {
    REGISTRE_RETURN_IF_ERROR(CheckReadable(reflection->GetRepeatedMessage(message, field, i)));
  }
  return absl::OkStatus();
}

absl::Status CheckInstant(const Message& instant) {
  const int64_t seconds = IntegerOf(instant, "seconds");
  const int64_t nanos = IntegerOf(instant, "nanos");
  if (seconds >= kFirstSecond && seconds <= kLastSecond && nanos >= 0 && nanos < 1'000'000'000) {
    return absl::OkStatus();
  }
  return EventMalformed(fmt::format(
      "{} s and {} ns since 1970 is no instant of the years 1 to 9999", seconds, nanos));
}

}  // namespace

// In the order of construction: each rests on those before.
struct EventSchema::Pool {
  // What is wrong with a schema goes nowhere: that it cannot be read is enough.
  class SilentErrors final : public google::protobuf::DescriptorPool::ErrorCollector {
   public:
    void AddError(const std::string&, const std::string&, const Message*, ErrorLocation,
                  const std::string&) override {}
  };

  google::protobuf::SimpleDescriptorDatabase files;
  SilentErrors errors;
  google::protobuf::DescriptorPool pool{&files, &errors};
  google::protobuf::DynamicMessageFactory messages{&pool};
  const Message* event = nullptr;  // the prototype
};

EventSchema::EventSchema(std::unique_ptr<Pool> pool) : pool_(std::move(pool)) {}
EventSchema::~EventSchema() = default;

absl::StatusOr<std::unique_ptr<EventSchema>> EventSchema::Parse(std::string_view descriptors) {
  const auto invalid = [](std::string_view why) {
    return Error(absl::StatusCode::kInvalidArgument, "SCHEMA_INVALID",
                 fmt::format("the schema of the events is malformed: {}", why));
  };
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromArray(descriptors.data(), static_cast<int>(descriptors.size()))) {
    return invalid("it is no FileDescriptorSet");
  }
  auto pool = std::make_unique<Pool>();
  for (const google::protobuf::FileDescriptorProto& file : set.file()) {
    if (!pool->files.Add(file)) return invalid("it defines a name twice");
  }
  const Descriptor* event = pool->pool.FindMessageTypeByName(std::string(kEventName));
  if (event == nullptr) return invalid("it does not define registre.v1.Event, with all it imports");
  pool->event = pool->messages.GetPrototype(event);
  return std::unique_ptr<EventSchema>(new EventSchema(std::move(pool)));
}

absl::StatusOr<std::unique_ptr<Message>> EventSchema::Read(std::string_view event) const {
  std::unique_ptr<Message> message(pool_->event->New());
  if (!message->ParseFromArray(event.data(), static_cast<int>(event.size()))) {
    return EventMalformed("its bytes are no event of the schema");
  }
  REGISTRE_RETURN_IF_ERROR(CheckReadable(*message));
  if (ActField(*message) == nullptr) return EventMalformed("it holds no act of the schema");
  return message;
}

absl::Status CheckReadable(const Message& message) {
  const Reflection* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) {
    return EventMalformed(fmt::format("a {} holds a field that the schema does not know",
                                      message.GetDescriptor()->full_name()));
  }
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    REGISTRE_RETURN_IF_ERROR(CheckType(field));
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      REGISTRE_RETURN_IF_ERROR(CheckMessages(message, field));
    } else if (field->type() == FieldDescriptor::TYPE_STRING) {
      REGISTRE_RETURN_IF_ERROR(CheckStrings(message, field));
    }
  }
  return IsOf(message, kInstantName) ? CheckInstant(message) : absl::OkStatus();
}

std::string DescribeEvent(const Message& event, bool after_seal) {
  const FieldDescriptor* act_field = ActField(event);
  const Message* recorded_at = MessageOf(event, "recorded_at");
  std::string text = fmt::format(
      "#{} {} {}{}\n", static_cast<uint64_t>(IntegerOf(event, "position")),
      recorded_at == nullptr ? "" : OneLineMessage(*recorded_at),
      act_field == nullptr ? "" : act_field->name(), after_seal ? " (after the seal)" : "");
  std::vector<const FieldDescriptor*> fields;
  event.GetReflection()->ListFields(event, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!IsLeftOut(field->name())) DescribeField(event, field, "", &text);
  }
  if (act_field == nullptr) return text;
  const Message& act = *MessageOf(event, "act");
  fields.clear();
  act.GetReflection()->ListFields(act, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field != act_field) DescribeField(act, field, "", &text);
  }
  DescribeFields(act.GetReflection()->GetMessage(act, act_field), "", &text);
  return text;
}

std::string SummaryInstant(int64_t seconds, int32_t nanos) {
  const absl::CivilSecond civil = absl::UTCTimeZone().At(absl::FromUnixSeconds(seconds)).cs;
  std::string text =
      fmt::format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}", static_cast<int64_t>(civil.year()),
                  civil.month(), civil.day(), civil.hour(), civil.minute(), civil.second());
  if (nanos != 0) text += fmt::format(".{:09d}", nanos);
  return text + "Z";
}

}  // namespace registre
