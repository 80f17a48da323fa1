// What the options of check.proto say of a message type, read once: the plan of shape.cc's walk.
#ifndef REGISTRE_LEDGER_BASE_SHAPE_PLAN_H_
#define REGISTRE_LEDGER_BASE_SHAPE_PLAN_H_

#include <cstddef>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "ledger/base/limits.h"
#include "registre/v1/check.pb.h"

namespace registre {

struct MessagePlan;

struct FieldPlan {
  const google::protobuf::FieldDescriptor* field = nullptr;
  v1::Check check;
  size_t max_bytes = kMaxStringBytes;
  int max_items = static_cast<int>(kMaxListItems);
  bool is_cents = false;                 // *_cents
  bool is_year = false;                  // *_year
  bool is_sha256 = false;                // bytes sha256
  const MessagePlan* message = nullptr;  // of a message field
};

struct OneofPlan {
  const google::protobuf::OneofDescriptor* oneof = nullptr;
  bool required = false;
  std::vector<FieldPlan> members;  // by index_in_oneof
};

struct MessagePlan {
  enum class Kind { kOther, kDate, kPeriod, kAct };
  Kind kind = Kind::kOther;
  std::vector<FieldPlan> fields;  // outside oneofs
  std::vector<OneofPlan> oneofs;
};

// The plan of a message type; it lives as long as the process. Any thread; the first call for a
// type builds its plan and those of the messages below it.
const MessagePlan& PlanOf(const google::protobuf::Descriptor* descriptor);

}  // namespace registre

#endif  // REGISTRE_LEDGER_BASE_SHAPE_PLAN_H_
