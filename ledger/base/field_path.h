// Paths of fields in a message: allotments[3].period.start.
#ifndef REGISTRE_LEDGER_BASE_FIELD_PATH_H_
#define REGISTRE_LEDGER_BASE_FIELD_PATH_H_

#include <string_view>

#include "google/protobuf/message.h"

namespace registre {

// The path names a field of `message`: names of the contract joined by dots, a list item by its
// 0-based index in brackets; a list without an index means all of its items. The item must exist,
// and a member of a oneof that is set must be the one that is set; otherwise the field may be
// unset. Pure.
bool NamesField(const google::protobuf::Message& message, std::string_view path);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_FIELD_PATH_H_
