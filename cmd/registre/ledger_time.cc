#include "cmd/registre/ledger_time.h"

#include "registre/v1/event.pb.h"

namespace registre::cli {

std::string LedgerTime::Text(const google::protobuf::Timestamp& instant) {
  if (instant.seconds() == 0 && instant.nanos() == 0) return "";
  if (!zone_) Ask();
  const absl::Time time = absl::FromUnixSeconds(instant.seconds());
  return absl::FormatTime(known_ ? "%d/%m/%Y %H:%M:%S" : "%d/%m/%Y %H:%M:%S UTC", time, *zone_);
}

void LedgerTime::Ask() {
  zone_ = absl::UTCTimeZone();
  // The first act opens the ledger.
  v1::GetEventRequest request;
  v1::GetEventResponse response;
  const absl::Status status =
      Call(*client_.ledger, &v1::LedgerService::Stub::GetEvent, request, &response);
  v1::Event event;
  if (!status.ok() || !event.ParseFromString(response.event().event())) return;
  absl::TimeZone zone;
  known_ = absl::LoadTimeZone(event.act().ledger_opened().time_zone(), &zone);
  if (known_) zone_ = zone;
}

}  // namespace registre::cli
