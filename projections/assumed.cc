// Assumed fields in rows: what of an act's paths a row is about, and how often it is mentioned.
#include <algorithm>
#include <charconv>

#include "projections/fold_rows.h"

namespace registre {

void FoldAssumedFields(Direction direction, const v1::Act& act,
                       google::protobuf::RepeatedPtrField<std::string>* fields) {
  if (direction == Direction::kApply) {
    fields->MergeFrom(act.assumed_fields());
  } else {
    for (int i = act.assumed_fields_size() - 1; i >= 0; --i) {
      Appended(direction, act.assumed_fields(i), fields);
    }
  }
}

void MentionPath(Direction direction, std::string_view path,
                 google::protobuf::RepeatedPtrField<std::string>* paths,
                 google::protobuf::RepeatedField<uint32_t>* mentions) {
  int at = paths->size() - 1;
  while (at >= 0 && paths->Get(at) != path) --at;
  if (direction == Direction::kApply) {
    if (at < 0) {
      paths->Add(std::string(path));
      mentions->Add(1);
    } else {
      mentions->Set(at, mentions->Get(at) + 1);
    }
    return;
  }
  if (at < 0) return;
  if (mentions->Get(at) > 1) {
    mentions->Set(at, mentions->Get(at) - 1);
  } else {
    paths->DeleteSubrange(at, 1);
    mentions->erase(mentions->begin() + at);
  }
}

std::string WithoutIndexes(std::string_view path) {
  std::string plain;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) plain += c;
    if (c == ']') inside = false;
  }
  return plain;
}

int ElementOf(std::string_view path, std::string_view list) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return kEvery;
  path.remove_prefix(dot + 1);
  if (!path.starts_with(list)) return kNone;
  path.remove_prefix(list.size());
  if (path.empty() || path.starts_with('.')) return kEvery;
  if (!path.starts_with('[')) return kNone;
  int index = kNone;
  std::from_chars(path.data() + 1, path.data() + path.size(), index);
  return index;
}

std::string OfElement(std::string_view path, std::string_view list, int index) {
  const int element = ElementOf(path, list);
  if (element == kEvery) return std::string(path);
  if (element != index) return "";
  const size_t list_end = path.find('.') + 1 + list.size();
  std::string out(path.substr(0, list_end));
  const size_t rest = path.find('.', list_end);
  if (rest != std::string_view::npos) out += path.substr(rest);
  return out;
}

}  // namespace registre
