// Stands in for time_stamp.cc, which takes its place.
#include "ledger/proof/time_stamp.h"

namespace registre {

absl::StatusOr<absl::Time> TimeStampedAt(std::string_view, std::string_view) {
  return absl::UnimplementedError("time stamps are not built yet");
}

}  // namespace registre
