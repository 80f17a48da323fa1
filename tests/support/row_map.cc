#include "tests/support/row_map.h"

#include <utility>
#include <vector>

#include "ledger/acts/act.h"
#include "tests/support/subjects.h"

namespace registre::testing {

void RowMap::ForEachKey(std::string_view prefix,
                        const std::function<bool(std::string_view key)>& visit) const {
  for (auto it = rows_.lower_bound(prefix); it != rows_.end(); ++it) {
    if (!it->first.starts_with(prefix) || !visit(it->first)) return;
  }
}

const v1::Row* RowMap::Find(std::string_view key) const {
  const auto row = rows_.find(key);
  return row == rows_.end() ? nullptr : &row->second;
}

void RowMap::Fold(Direction direction, const v1::Event& event) {
  for (const std::string& key : RowKeysOf(event)) {
    v1::Row& row = rows_[key];
    registre::Fold(direction, event, key, &row);
    if (row.row_case() == v1::Row::ROW_NOT_SET) rows_.erase(key);
  }
}

v1::Event EventOf(uint64_t position, v1::Act act) {
  v1::Event event;
  event.set_position(position);
  event.set_schema_version(kSchemaVersion);
  event.mutable_actor()->set_subject(SubjectOf(act));
  for (std::string& tag : TagsOf(act)) event.add_tags()->set_tag(std::move(tag));
  *event.mutable_act() = std::move(act);
  return event;
}

}  // namespace registre::testing
