#include "cmd/registre/json_error.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/registre/text.h"
#include "google/protobuf/descriptor.h"

namespace registre::cli {
namespace {

// Takes `text` up to `mark` off its front, with the mark; false, leaving it, when there is none.
bool TakeUpTo(std::string_view mark, std::string_view* text, std::string_view* taken) {
  const size_t at = text->find(mark);
  if (at == std::string_view::npos) return false;
  *taken = text->substr(0, at);
  text->remove_prefix(at + mark.size());
  return true;
}

// What a field of that type takes: "type.googleapis.com/registre.v1.Body", "TYPE_INT64".
std::string Accepted(std::string_view type) {
  if (type == "TYPE_INT64" || type == "TYPE_UINT64") {
    return "a whole number of at most 64 bits (amounts are in cents, without separators)";
  }
  if (type == "TYPE_INT32" || type == "TYPE_UINT32") return "a whole number of at most 32 bits";
  if (type == "TYPE_STRING") return "a string, in double quotes";
  if (type == "TYPE_BOOL") return "true or false";
  if (type == "TYPE_BYTES") return "bytes in base64";
  const std::string name(type.substr(type.rfind('/') + 1));
  const auto* values = google::protobuf::DescriptorPool::generated_pool()->FindEnumTypeByName(name);
  if (values == nullptr) return fmt::format("an object ({})", name);
  std::string text = "one of";
  for (int i = 0; i < values->value_count(); ++i) {
    if (values->value(i)->number() != 0) text += " " + values->value(i)->name();
  }
  return text;
}

// "(act.payment_ordered.amount_cents): invalid value 1.5 for type TYPE_INT64"
bool ExplainValue(std::string_view message, std::string* out) {
  std::string_view path;
  std::string_view value;
  if (!message.starts_with('(')) return false;
  message.remove_prefix(1);
  if (!TakeUpTo("): invalid value ", &message, &path)) return false;
  if (!TakeUpTo(" for type ", &message, &value)) return false;
  *out = message == "oneof" ? fmt::format("{}: {}; a line holds one act", path, value)
                            : fmt::format("{}: {} is not accepted; the field takes {}", path, value,
                                          Accepted(message));
  return true;
}

// "(act.payment_ordered) amout_cents: Cannot find field."
bool ExplainField(std::string_view message, std::string* out) {
  std::string_view path;
  std::string_view field;
  if (message.starts_with('(')) {
    message.remove_prefix(1);
    if (!TakeUpTo(") ", &message, &path)) return false;
  }
  if (!TakeUpTo(": Cannot find field.", &message, &field)) return false;
  *out =
      fmt::format("unknown field {}{}{}; the fields are those of the contract, proto/registre/v1",
                  path, path.empty() ? "" : ".", field);
  return true;
}

}  // namespace

std::string ExplainJsonError(std::string_view message) {
  // Behind the first line stands a piece of the input with a caret under it; the name of a field
  // that is not known may hold line feeds, though.
  const std::string line = OneLine(message.substr(0, message.find('\n')));
  std::string out;
  if (ExplainValue(line, &out) || ExplainField(OneLine(message), &out)) return out;
  if (line.starts_with("Unexpected end of string") || line.starts_with("Closing quote expected")) {
    return fmt::format("the line is truncated ({}); an act stands whole on its line", line);
  }
  const size_t begin = std::min(line.find_first_not_of(": "), line.size());
  return fmt::format("not a JSON object of the contract: {}", line.substr(begin));
}

}  // namespace registre::cli
