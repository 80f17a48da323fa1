#include "tests/support/workload.h"

#include <fmt/format.h>

#include "ledger/view.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {
namespace {

constexpr int kCalls = 3;
constexpr int kMaxApplications = 6;
constexpr int64_t kRequestedCents = 100'00;

std::string CallId(int call) { return fmt::format("appel-{}", call); }

void SetDate(int year, int month, int day, v1::Date* date) {
  date->set_year(year);
  date->set_month(month);
  date->set_day(day);
}

v1::Act OpenCall(const std::string& id) {
  v1::Act act;
  v1::CallForProjectsOpened* call = act.mutable_call_for_projects_opened();
  call->set_call_id(id);
  call->set_title("Appel d'essai");
  v1::Thematic* thematic = call->add_thematics();
  thematic->set_code("1");
  thematic->set_title("Thématique d'essai");
  v1::Operation* operation = thematic->add_operations();
  operation->set_code("1");
  operation->set_title("Opération d'essai");
  SetDate(2023, 1, 2, call->mutable_date());
  return act;
}

v1::Act Apply(const std::string& number, const std::string& call, const std::string& structure) {
  v1::Act act;
  v1::ApplicationSubmitted* application = act.mutable_application_submitted();
  application->set_number(number);
  application->set_call_id(call);
  application->set_thematic("1");
  application->set_operation("1");
  application->set_structure_id(structure);
  application->set_requested_cents(kRequestedCents);
  application->set_pledge_signed(true);
  SetDate(2023, 2, 1, application->mutable_date());
  return act;
}

const std::string& StructureOf(const v1::RecordRequest& unit) {
  return unit.acts(0).structure_registered().structure_id();
}

// splitmix64: the bits of a unit, the same in every run.
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

v1::RecordRequest WorkloadSetup() {
  v1::RecordRequest unit = UnitOf("setup", {OpenTestLedger()});
  for (int call = 0; call < kCalls; ++call) *unit.add_acts() = OpenCall(CallId(call));
  return unit;
}

v1::RecordRequest WorkloadUnit(int writer, uint64_t number, size_t padding) {
  const std::string id = fmt::format("{}-{}", writer, number);
  const uint64_t bits = Mix(static_cast<uint64_t>(writer) << 32 | number);
  v1::RecordRequest unit = UnitOf(id, {RegisterStructure("s-" + id)});
  if (padding > 0) {
    v1::StructureRegistered* act = unit.mutable_acts(0)->mutable_structure_registered();
    act->mutable_identity()->set_commune(std::string(padding, 'x'));
  }
  const uint64_t kind = bits % 8;
  if (kind < 3) {
    const int applications = 1 + static_cast<int>(bits / 8 % kMaxApplications);
    for (int i = 0; i < applications; ++i) {
      const std::string call = CallId(static_cast<int>((bits / 64 + i) % kCalls));
      *unit.add_acts() = Apply(fmt::format("d-{}-{}", id, i), call, "s-" + id);
    }
  } else if (kind == 3) {
    unit.mutable_condition()->mutable_query()->add_items()->add_tags(StructureTag(unit));
  }
  return unit;
}

v1::RecordRequest WithOtherActs(const v1::RecordRequest& unit) {
  return UnitOf(unit.command_id(), {RegisterStructure("autre-" + unit.command_id())});
}

v1::RecordRequest UnlessRecorded(const v1::RecordRequest& unit, const std::string& command_id) {
  v1::RecordRequest other = UnitOf(command_id, {RegisterStructure("s-" + command_id)});
  other.mutable_condition()->mutable_query()->add_items()->add_tags(StructureTag(unit));
  return other;
}

v1::RecordRequest SameStructure(const v1::RecordRequest& unit, const std::string& command_id) {
  return UnitOf(command_id, {RegisterStructure(StructureOf(unit))});
}

std::vector<std::string> WorkloadTags() {
  std::vector<std::string> tags;
  for (int call = 0; call < kCalls; ++call) tags.push_back(CallKey(CallId(call)));
  return tags;
}

std::string StructureTag(const v1::RecordRequest& unit) { return StructureKey(StructureOf(unit)); }

}  // namespace registre::testing
