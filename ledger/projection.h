// How events become rows. The ledger moves state forward through this; projections/ implements it.
#ifndef REGISTRE_LEDGER_PROJECTION_H_
#define REGISTRE_LEDGER_PROJECTION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registre/v1/event.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// Two pure functions and their version; any thread.
struct Projection {
  // Raised when rows change their meaning: the index is then rebuilt.
  uint32_t version;
  // Keys of the rows an event touches, each once.
  std::vector<std::string> (*row_keys)(const v1::Event& event);
  // Folds an event into the row of one of its keys.
  void (*apply)(const v1::Event& event, std::string_view key, v1::Row* row);
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROJECTION_H_
