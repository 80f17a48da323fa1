// Stored events: any bytes are an event or none; what can be said of an event is said of each; and
// acts of the shape that the ledger takes are folded, one after the other.
#include <map>

#include "google/protobuf/stubs/logging.h"
#include "ledger/acts/act.h"
#include "ledger/base/shape.h"
#include "ledger/event_query.h"
#include "projections/fold.h"
#include "tests/fuzz/fuzz.h"

namespace registre {
namespace {

constexpr size_t kMaxFuzzEvents = 16;

void FuzzEvents(FuzzInput input) {
  std::map<std::string, v1::Row> rows;
  for (uint64_t position = 0; position < kMaxFuzzEvents && !input.empty(); ++position) {
    const std::string_view bytes = input.Take(input.Number(2));
    const auto event = ParseEvent(position, bytes);
    if (!event.ok()) continue;
    (void)EffectiveDateOf(event->act());
    (void)ActType(event->act());
    (void)ValuesSetBy(event->act());
    REGISTRE_CHECK(TagsOf(event->act()) == TagsOf(event->act()), "pure");
    const std::vector<std::string> keys = RowKeysOf(*event);
    // As the ledger does before it records; the rest is never folded.
    std::vector<Violation> violations;
    CheckShape(event->act(), "act", &violations);
    if (!violations.empty()) continue;
    for (const std::string& key : keys) Fold(Direction::kApply, *event, key, &rows[key]);
  }
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // What protobuf says of each text that is not UTF-8 would be all that is read.
  static const bool silent = (google::protobuf::SetLogHandler(nullptr), true);
  (void)silent;
  registre::FuzzEvents({data, size});
  return 0;
}
