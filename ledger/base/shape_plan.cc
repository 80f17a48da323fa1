#include "ledger/base/shape_plan.h"

#include <memory>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/common.pb.h"

namespace registre {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Plans of every message type met, kept for the life of the process: descriptors never change.
class Plans {
 public:
  const MessagePlan& Of(const Descriptor* descriptor) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      if (const auto it = plans_.find(descriptor); it != plans_.end()) return *it->second;
    }
    absl::MutexLock lock(&mutex_);
    return *Build(descriptor);
  }

 private:
  // Entered in the map before its fields are read, so that a recursive message ends.
  MessagePlan* Build(const Descriptor* descriptor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto& slot = plans_[descriptor];
    if (slot != nullptr) return slot.get();
    slot = std::make_unique<MessagePlan>();
    MessagePlan* plan = slot.get();
    if (descriptor == v1::Date::descriptor()) plan->kind = MessagePlan::Kind::kDate;
    if (descriptor == v1::Period::descriptor()) plan->kind = MessagePlan::Kind::kPeriod;
    if (descriptor == v1::Act::descriptor()) plan->kind = MessagePlan::Kind::kAct;
    const bool one_required =
        descriptor == v1::Act::descriptor() || descriptor == v1::DeliberationRef::descriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      if (descriptor->field(i)->real_containing_oneof() == nullptr) {
        plan->fields.push_back(BuildField(descriptor->field(i)));
      }
    }
    for (int i = 0; i < descriptor->real_oneof_decl_count(); ++i) {
      OneofPlan oneof{descriptor->oneof_decl(i), one_required, {}};
      for (int j = 0; j < oneof.oneof->field_count(); ++j) {
        oneof.members.push_back(BuildField(oneof.oneof->field(j)));
      }
      plan->oneofs.push_back(std::move(oneof));
    }
    return plan;
  }

  FieldPlan BuildField(const FieldDescriptor* field) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    FieldPlan plan;
    plan.field = field;
    plan.check = field->options().GetExtension(v1::check);
    if (plan.check.max_len() > 0) plan.max_bytes = plan.check.max_len();
    if (plan.check.max_items() > 0) plan.max_items = static_cast<int>(plan.check.max_items());
    plan.is_cents = EndsWith(field->name(), "_cents");
    plan.is_year = EndsWith(field->name(), "_year");
    plan.is_sha256 = field->name() == "sha256" && field->type() == FieldDescriptor::TYPE_BYTES;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      plan.message = Build(field->message_type());
    }
    return plan;
  }

  absl::Mutex mutex_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<MessagePlan>> plans_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace

const MessagePlan& PlanOf(const Descriptor* descriptor) {
  static Plans* plans = new Plans;  // never destroyed: threads may outlive static destructors
  return plans->Of(descriptor);
}

}  // namespace registre
